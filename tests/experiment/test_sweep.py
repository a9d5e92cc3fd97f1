import json
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from thaw import reforms
from thaw.cli import sweep as command
from thaw.errors import InputError
from thaw.experiment import executor, storage
from thaw.experiment import sweep as module
from thaw.experiment.outcomes import outcomes
from thaw.experiment.pieces import PARTS, finished
from thaw.experiment.run import dataset_digest
from thaw.experiment.sweep import Sweep, axis, sweep
from thaw.model.simulate import BATCH
from thaw.report import sweeps

DRAWS = BATCH + 4
"""Two blocks a world."""

STUB = textwrap.dedent(
    """
    import numpy as np

    def trace_block(task):
        change = task.settings.scenario.changes.get("R07")
        dose, shift = (1.0, 0) if change is None else (change.dose, change.shift)
        level = 100.0 * dose + shift + 0.01 * task.settings.seed
        draw = np.arange(task.first_draw, task.first_draw + task.draws)[:, None] * 1e-6
        monthly = level + draw + np.arange(145) / 12
        return {"series": {("agriculture.meat", "USSR"): monthly}}
    """
)


@pytest.fixture
def stub(monkeypatch):
    """Replace the model by a line whose level shows dose, shift and seed; count its calls."""
    names = {}
    exec(STUB, names)
    calls = []

    def trace_block(task):
        calls.append(task)
        return names["trace_block"](task)

    monkeypatch.setattr(executor, "trace_block", trace_block)
    return calls


def some(**changes):
    given = dict(
        base=reforms.load_scenario("historical"),
        axes=dict([axis("dose", "virgin_lands=0,0.5,1"), axis("shift", "R07=-12,0")]),
        outcomes=tuple(outcomes("agriculture.meat")),
        seeds=(0, 1),
        draws=DRAWS,
    )
    return Sweep(**{**given, **changes})


def test_every_world_stands_at_its_place(stub, tmp_path):
    data = sweep(some(), tmp_path)
    found = data["agriculture.meat"].sel(
        dose_virgin_lands=0.5, shift_virgin_lands=-12, seed=1, draw=BATCH + 1, place="USSR"
    )
    assert found.dims == ("month",)
    first = 12 * (50.0 - 12 + 0.01 + (BATCH + 1) * 1e-6) + np.arange(12).sum() / 12
    assert float(found[0]) == pytest.approx(first)
    assert str(data["month"].values[0])[:7] == "1953-12"
    assert data["agriculture.meat"].shape == (3, 2, 2, DRAWS, 12, 1)
    assert len(stub) == 12 * 2


def test_all_worlds_are_decided_from_the_same_month(stub, tmp_path):
    sweep(some(), tmp_path)
    since = {task.decided_from for task in stub}
    earliest = reforms.load_scenario("historical").shift("virgin_lands", -12).first_changed_month()
    assert since == {earliest}


def test_a_killed_sweep_goes_on_where_it_stopped(stub, tmp_path):
    program = STUB + textwrap.dedent(
        f"""
        import os, signal
        from pathlib import Path
        from thaw.experiment import executor, sweep
        from tests_sweep import some

        executor.trace_block = trace_block
        def die(done, total):
            if done >= {10 * DRAWS}:
                os.kill(os.getpid(), signal.SIGKILL)
        sweep.sweep(some(), Path({str(tmp_path)!r}), progress=die)
        """
    )
    path = tmp_path / "code"
    path.mkdir()
    source = __import__("pathlib").Path(__file__).read_text(encoding="utf-8")
    (path / "tests_sweep.py").write_text(source, encoding="utf-8")
    killed = subprocess.run([sys.executable, "-c", program], cwd=path, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    kept = len(list((tmp_path / PARTS).rglob("*.npy")))
    assert 10 <= kept < 24
    data = sweep(some(), tmp_path, resume=True)
    assert len(stub) == 24 - kept
    assert dataset_digest(data) == dataset_digest(sweep(some(), tmp_path / "whole"))


def test_resume_refuses_another_sweep(stub, tmp_path):
    sweep(some(), tmp_path)
    with pytest.raises(InputError, match="other settings"):
        sweep(some(draws=DRAWS + 1), tmp_path, resume=True)
    sweep(some(draws=DRAWS + 1), tmp_path)
    assert len(list((tmp_path / PARTS).iterdir())) == 1


def test_a_half_written_block_does_not_count(stub, tmp_path):
    what = some()
    sweep(what, tmp_path)
    (block,) = (tmp_path / PARTS).glob("*/000003.npy")
    block.rename(block.with_suffix(".writing"))
    stub.clear()
    sweep(what, tmp_path, resume=True)
    assert [task.first_draw for task in stub] == [BATCH]


def test_command_writes_dataset_and_table(stub, tmp_path, capsys):
    command.sweep(
        "historical",
        dose=["virgin_lands=0,1"],
        outcome=["agriculture.meat"],
        draws=20,
        out=tmp_path,
        json_=True,
    )
    document = json.loads(capsys.readouterr().out)
    with xr.open_dataset(tmp_path / "sweep.nc", engine="h5netcdf") as data:
        assert dataset_digest(data.load()) == document["digest"]
    table = pd.read_csv(tmp_path / "sweep.csv")
    assert set(table["dose_virgin_lands"]) == {0.0, 1.0}
    assert {"median", "lo90", "hi90"} <= set(table)
    assert storage.read_manifest(tmp_path)["axes"] == {"dose.virgin_lands": [0.0, 1.0]}
    assert not (tmp_path / PARTS).exists()


def test_text_shows_the_end_of_every_world(stub, tmp_path):
    data = sweep(some(), tmp_path)
    shown = sweeps.at_the_end(sweeps.table(data), data)
    assert len(shown) == 12
    assert set(shown["month"]) == {"1964-12"}
    finished(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(dose=["virgin_lands=0,x"]), "numbers with commas"),
        (dict(dose=["virgin_lands"]), "REFORM=VALUE"),
        (dict(dose=["virgin_land=0,1"]), "did you mean"),
        (dict(dose=["virgin_lands=0,9"]), "0 to 3"),
        (dict(dose=["virgin_lands=1,1"]), "twice"),
        (dict(dose=["virgin_lands=0", "R07=1"]), "twice"),
        (dict(shift=["virgin_lands=0.5,1"]), "whole numbers"),
        (dict(dose=["virgin_lands=1"]), "two worlds"),
        (dict(seed="0,1", outcome=[]), "--outcome is missing"),
        (dict(seed="0,1", outcome=["agriculture.meet"]), "did you mean"),
        (dict(seed="0,1", format_=["excel"]), "unknown --format"),
    ],
    ids=str,
)
def test_bad_options_are_one_line(options, message, tmp_path):
    with pytest.raises(InputError, match=message):
        command.sweep("historical", **{"outcome": ["agriculture.meat"], **options}, out=tmp_path)


def test_a_missing_library_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("thaw.report.exports.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"thaw\[export\]"):
        command.sweep("historical", seed="0,1", outcome=["agriculture.meat"], format_=["zarr"])


def test_too_many_worlds_are_refused():
    with pytest.raises(InputError, match="allowed: up to"):
        _ = some(seeds=tuple(range(module.MAX_WORLDS))).worlds
