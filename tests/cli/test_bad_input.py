"""Bad input of every kind ends with exit status 2, one line, no traceback and no file."""

import itertools

import pytest

from thaw.cli.main import main

RUN = ["run", "--quiet", "--draws", "1", "--until", "1953-03"]

OPTIONS = [
    ["rn"],
    ["run", "--drws", "3"],
    ["run", "--draws", "x"],
    ["run", "--draws", "0"],
    ["run", "--draws", "-4"],
    ["run", "--draws", "1.5"],
    ["run", "--draws", "1000000000"],
    ["run", "--seed", "x"],
    ["run", "--seed", "-1"],
    ["run", "--seed", "99999999999"],
    ["run", "--until", "1953"],
    ["run", "--until", "1952-12"],
    ["run", "--until", "1971-01"],
    ["run", "--until", "1953-13"],
    ["run", "--until", ""],
    ["run", "--posterior", "best"],
    ["run", "--posterior", "../../etc"],
    ["run", "--weather", "sunny"],
    ["run", "--mode", "god"],
    ["run", "--people", "many"],
    ["run", "--people", "-3"],
    ["run", "--people", "0"],
    ["run", "--people", "150%"],
    ["run", "nowhere"],
    ["run", "historcal"],
    ["run", "missing.toml"],
    ["run", "--without", "secret_speach"],
    ["run", "--without", ""],
    ["run", "--shift", "virgin_lands"],
    ["run", "--shift", "virgin_lands=much"],
    ["run", "--shift", "virgin_lands=1.5"],
    ["run", "--shift", "virgin_lands=999"],
    ["run", "--shift", "=3"],
    ["run", "--dose", "virgin_lands"],
    ["run", "--dose", "virgin_lands=x"],
    ["run", "--dose", "virgin_lands=-1"],
    ["run", "--dose", "virgin_lands=nan"],
    ["run", "--dose", "virgin_lands=inf"],
    ["run", "--dose", "virgin_lands=7"],
    ["run", "--force", "hungary_intervention_1956"],
    ["run", "--force", "hungary_intervention_1956=perhaps"],
    ["run", "--force", "virgin_lands=yes"],
    ["run", "--set", "camps.exit_after"],
    ["run", "--set", "camps.exit_aftr=0.06"],
    ["run", "--set", "camps.exit_after=soon"],
    ["run", "--set", "camps.exit_after=99"],
    ["run", "--set", "camps.exit_after=nan"],
    ["run", "--set", "camps.rival=best"],
    ["run", "--set", "camp.rival=line_only"],
    ["run", "--set", "lever.camps.nothing=1"],
    ["run", "--set", "=1"],
    ["run", "--repeat", "/nonexistent"],
    ["run", "--out"],
    ["run", "a", "b"],
    ["compare", "historical"],
    ["compare", "historical", "historical"],
    ["compare", "historical", "nowhere"],
    ["compare", "historical", "--without", "nothing"],
    ["compare", "historical", "no_virgin_lands", "--draws", "0"],
    ["compare", "historical", "no_virgin_lands", "--outcome", "bread"],
    ["compare", "historical", "no_virgin_lands", "--until", "1953-06"],
    ["compare", "nowhere", "historical"],
    ["record"],
    ["record", "seris"],
    ["record", "series", "gulag.prisoner_total"],
    ["record", "series", "gulag.prisoners_total", "--place", "Atlantis"],
    ["record", "series", "gulag.prisoners_total", "--csv", "--json"],
    ["record", "series", "gulag.prisoners_total", "--plot", "x.bmp"],
    ["record", "series", "gulag.prisoners_total", "--plot", "no/such/folder/x.png"],
    ["record", "series", "--add", "missing.csv"],
    ["record", "events", "--domain", "sport"],
    ["record", "events", "--start", "yesterday"],
    ["record", "people", "--body", "orchestra"],
    ["record", "people", "--on", "1953-99"],
    ["record", "places", "Atlantis"],
    ["record", "places", "--kind", "planet"],
    ["record", "sources", "nobody"],
    ["reforms", "R99"],
    ["scenarios", "show", "nowhere"],
    ["scenarios", "shw", "historical"],
]

SHARED = {
    "--draws": ["", "many", "0", "-1", "2.5"],
    "--seed": ["", "x", "-5"],
    "--until": ["1964", "1964-1", "64-12", "1975-01"],
    "--posterior": ["", "Prior"],
    "--weather": ["", "rain"],
    "--people": ["", "everyone"],
}
OPTIONS += [
    [*command, option, word]
    for command in (["run"], ["compare", "historical", "no_virgin_lands"])
    for option, words in SHARED.items()
    for word in words
]

SCENARIOS = [
    "",
    "name",
    "name = ",
    "name = 'x'",
    "title = 'x'\nbase = 'historical'",
    "name = 3\ntitle = 'x'\nbase = 'historical'",
    "name = 'X Y'\ntitle = 'x'\nbase = 'historical'",
    "name = 'x'\ntitle = ''\nbase = 'historical'",
    "name = 'x'\ntitle = 'a'\nbase = 'nowhere'",
    "name = 'x'\ntitle = 'a'\nbase = 4",
    "name = 'x'\ntitle = 'a'\nbase = 'bad.toml'",
    "name = 'x'\ntitle = 'a'\nbase = 'historical'\nextra = 1",
    "name = 'x'\ntitle = 'a'\nbase = 'historical'\nstart = '1950-01'",
    "name = 'x'\ntitle = 'a'\nbase = 'historical'\nend = '1999-01'",
    "name = 'x'\ntitle = 'a'\nbase = 'historical'\nend = 1960",
    "name = 'x'\ntitle = 'a'\nbase = 'historical'\nend = '1960'",
    "name = 'x'\ntitle = 'a'\nbase = 'historical'\nmode = 'dream'",
    "name = 'x'\ntitle = 'a'\nbase = 'historical'\nmode = 1",
    "name = 'x'\ntitle = 'a'\nbase = 'historical'\nchange = 1",
    "name = 'x'\ntitle = 'a'\nbase = 'historical'\n[change]\nvirgin_lands = 1",
    "name = 'x'\ntitle = 'a'\nbase = 'historical'\nset = 'y'",
    "name = 'x'\ntitle = 'a'\nbase = 'historical'\nname = 'y'",
    "\x00",
    "[[change]]",
    "name = 'x'\ntitle = 'a'\nbase = 'historical'\n" + "#" * 70_000,
    "a." * 3000 + "b = 1",
]

CHANGES = [
    "[change.virgin_land]\noff = true",
    "[change.R99]\noff = true",
    "[change.virgin_lands]\noff = 'yes'",
    "[change.virgin_lands]\noff = 1",
    "[change.virgin_lands]\nshift = 1.5",
    "[change.virgin_lands]\nshift = '3'",
    "[change.virgin_lands]\nshift = 500",
    "[change.virgin_lands]\nshift = true",
    "[change.virgin_lands]\ndose = -0.1",
    "[change.virgin_lands]\ndose = 99",
    "[change.virgin_lands]\ndose = nan",
    "[change.virgin_lands]\ndose = inf",
    "[change.virgin_lands]\ndose = 'half'",
    "[change.virgin_lands]\nforce = 'accept'",
    "[change.virgin_lands]\nwhen = '1954-01'",
    "[change.poland_accepted_1956]\nforce = 'later'",
    "[change.poland_accepted_1956]\nforce = 1",
    "[change.poland_accepted_1956]\ndose = 0.5",
    "[change.R07]\noff = true\n[change.virgin_lands]\noff = true",
    "[set]\n'camps.exit_after' = 'x'",
    "[set]\n'camps.exit_aftr' = 0.06",
    "[set]\n'camps.exit_after' = 12.0",
    "[set]\n'camps.exit_after' = true",
    "[set]\n'camps.exit_after' = [1]",
    "[set]\n'camps' = 1",
    "[set]\n'lever.camps.nothing' = 1.0",
    "[set]\n'lever.camps.inflow' = 'x'",
    "[set]\n'camps.rival' = 'nobody'",
    "[set]\n'camps.rival' = 2",
    "[set]\n'nobody.rival' = 'line_only'",
    "[set]\n'endogenous_from' = 'soon'",
]
HEAD = "name = 'x'\ntitle = 'a'\nbase = 'historical'\n"

COLUMNS = "series_id,title,unit,place,date,value,low,high,provenance,source_key,note"
GOOD = dict(
    series_id="gulag.prisoners_total",
    title="Prisoners",
    unit="persons",
    place="USSR",
    date="1961-01-01",
    value="1",
    low="1",
    high="2",
    provenance="seen",
    source_key="mine",
    note="",
)
CELLS = {
    "series_id": ["", "a b", "x" * 500, "../x"],
    "unit": ["", "roubles", "million persons"],
    "place": ["", "Atlantis"],
    "date": ["", "1961-13", "61", "1961-1", "yesterday", "1961-02-30", "1962-1961", "9999999"],
    "value": ["", "x", "nan", "inf", "1,5", "1e999", "--1"],
    "low": ["2", "x", "nan", "-inf"],
    "high": ["0.5", "x", "inf"],
    "provenance": ["", "guessed", "Seen", "seen "],
    "source_key": [""],
}


def series_files():
    yield ""
    yield "\n"
    yield COLUMNS.replace("value", "valu") + "\n"
    yield COLUMNS + ",extra\n"
    yield COLUMNS.replace("series_id,title", "title,series_id") + "\n"
    yield COLUMNS + "\n" + ",".join(list(GOOD.values())[:-2]) + "\n"
    yield COLUMNS + "\n" + ",".join(GOOD.values()) + ",more\n"
    yield COLUMNS + "\n" + '"unclosed\n'
    yield COLUMNS.replace(",", ";") + "\n"
    yield "\x00\x01\x02"
    for column, words in CELLS.items():
        for word in words:
            yield COLUMNS + "\n" + ",".join({**GOOD, column: word}.values()) + "\n"


FILES = [
    *[("scenario", text) for text in SCENARIOS],
    *[("scenario", HEAD + text) for text in CHANGES],
    *[("series", text) for text in series_files()],
    ("scenario", b"\xff\xfe\x00name"),
    ("series", b"\xff\xfe\x00series_id"),
]


def one_line(capsys, status):
    streams = capsys.readouterr()
    assert status == 2
    assert streams.out == ""
    assert streams.err.startswith("thaw: ")
    assert streams.err.count("\n") == 1, streams.err
    assert "Traceback" not in streams.err
    assert len(streams.err) < 500, "too long for one line"


@pytest.mark.parametrize("arguments", OPTIONS, ids=lambda a: " ".join(a))
def test_option(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status = main(arguments)
    one_line(capsys, status)
    left = [p for p in tmp_path.rglob("*") if p.is_file() or p.is_symlink()]
    assert left == []


@pytest.mark.parametrize(("kind", "content"), FILES, ids=itertools.count())
def test_file(kind, content, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ("bad.toml" if kind == "scenario" else "bad.csv")
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    arguments = (
        [*RUN[:1], "bad.toml"] if kind == "scenario" else ["record", "series", "--add", "bad.csv"]
    )
    status = main(arguments)
    one_line(capsys, status)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_there_are_at_least_two_hundred_cases():
    assert len({str(case) for case in (*OPTIONS, *FILES)}) >= 200


def test_an_out_folder_that_is_a_file_is_refused(capsys, tmp_path):
    (tmp_path / "file").write_text("x")
    status = main([*RUN, "--out", str(tmp_path / "file")])
    one_line(capsys, status)
    assert (tmp_path / "file").read_text() == "x"
