import json
import subprocess
import sys

import jsonschema
import pytest

from thaw import record, reforms
from thaw.cli.main import main
from thaw.report import contract


def out(capsys, *arguments):
    assert main(list(arguments)) == 0
    streams = capsys.readouterr()
    return streams.out


def test_help_does_not_load_the_heavy_libraries():
    code = (
        "import sys; from thaw.cli.main import main; main(['--help']);"
        "sys.exit(any(m in sys.modules for m in ('jax', 'pandas', 'xarray', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_help_names_every_command(capsys):
    text = out(capsys, "--help")
    for command in ("run", "compare", "record", "reforms", "scenarios"):
        assert command in text


def test_version(capsys):
    import thaw

    assert out(capsys, "--version").strip() == f"thaw {thaw.__version__}"


def test_run_prints_one_json_document_and_writes_the_result(capsys, tmp_path):
    text = out(capsys, "run", "--draws", "16", "--json", "--out", str(tmp_path / "r"))
    document = json.loads(text)
    jsonschema.validate(document, contract.schema("run"))
    manifest = json.loads((tmp_path / "r" / "manifest.json").read_text())
    assert manifest["digest"] == document["digest"]
    assert {"run.nc", "observables.csv"} <= set(manifest["files"])
    again = out(
        capsys, "run", "--repeat", str(tmp_path / "r"), "--json", "--out", str(tmp_path / "s")
    )
    assert json.loads(again)["digest"] == document["digest"]


def test_run_prints_tables(capsys, tmp_path):
    text = out(capsys, "run", "--draws", "16", "--out", str(tmp_path / "r"))
    assert "gulag.prisoners_total" in text
    assert "90 % band" in text


def test_record_series_as_csv_reads_back_as_a_series_file(capsys, tmp_path):
    text = out(capsys, "record", "series", "gulag.prisoners_total", "--csv")
    path = tmp_path / "mine.csv"
    path.write_text(text.replace("gulag.prisoners_total", "my.prisoners"))
    assert len(record.with_files([path]).series("my.prisoners")) == 32
    shown = out(capsys, "record", "series", "my.prisoners", "--add", str(path), "--json")
    assert len(json.loads(shown)) == 32


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_record_series_is_plotted_to_a_file(capsys, tmp_path, ending):
    path = tmp_path / f"figure.{ending}"
    out(capsys, "record", "series", "gulag.prisoners_total", "--plot", str(path))
    assert path.stat().st_size > 5000


@pytest.mark.parametrize(
    "arguments",
    [
        ["record", "series"],
        ["record", "events", "--place", "Hungary", "--start", "1956-10", "--end", "1956-11"],
        ["record", "people", "khrushchev"],
        ["record", "sources"],
        ["record", "places", "--kind", "republic"],
        ["record", "search", "amnesty"],
        ["record", "licences"],
    ],
    ids=lambda a: " ".join(a),
)
def test_record_answers_as_text_csv_and_json(capsys, arguments):
    assert len(out(capsys, *arguments).splitlines()) > 2
    assert "," in out(capsys, *arguments, "--csv").splitlines()[0]
    assert isinstance(json.loads(out(capsys, *arguments, "--json")), list)


def test_reforms_are_listed_and_shown(capsys):
    listed = json.loads(out(capsys, "reforms", "--json"))
    assert len(listed) == len(reforms.reforms()) == 59
    assert "lever.information.read_on" in out(capsys, "reforms", "secret_speech")


@pytest.mark.parametrize("name", reforms.scenarios())
def test_every_scenario_is_shown(capsys, name):
    assert name in out(capsys, "scenarios", "show", name)
    assert json.loads(out(capsys, "scenarios", "show", name, "--json"))["name"] == name


def test_scenarios_are_listed(capsys):
    rows = json.loads(out(capsys, "scenarios", "--json"))
    assert [row["name"] for row in rows] == reforms.scenarios()


def test_ctrl_c_ends_with_one_line_and_its_own_status(monkeypatch, capsys):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("thaw.reforms.load_scenario", interrupted)
    assert main(["run", "--draws", "1"]) == 130
    assert capsys.readouterr().err.strip() == "thaw: interrupted"
