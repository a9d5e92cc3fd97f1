import os
import random
import signal
import subprocess
import sys
import time

import jsonschema
import numpy as np
import pytest

import thaw
from thaw.errors import InputError
from thaw.experiment import run as experiment
from thaw.model.clock import stamp
from thaw.model.observation import observables
from thaw.model.recorded import recorded, stamp_of
from thaw.report import contract


def test_dataset_has_every_observable_by_its_series_id(small_run):
    assert {o.series_id for o in observables().values()} <= set(small_run.data.data_vars)
    assert dict(small_run.data.sizes)["draw"] == 16
    assert dict(small_run.data.sizes)["month"] == 144
    assert small_run.data["gulag.prisoners_total"].attrs["units"] == "persons"


def test_flows_have_values_at_december_only(small_run):
    harvest = small_run.data["agriculture.grain_harvest"].sel(place="USSR").values
    given = np.isfinite(harvest).all(axis=0)
    assert list(np.nonzero(given)[0]) == list(range(11, 144, 12))


def test_students_stand_at_september(small_run):
    students = small_run.data["education.students_higher"].sel(place="USSR").values
    assert list(np.nonzero(np.isfinite(students).all(axis=0))[0]) == list(range(8, 144, 12))


def test_document_meets_its_schema_and_has_rows_at_stamps_only(small_run):
    document = contract.run_document(small_run)
    jsonschema.validate(document, contract.schema("run"))
    contract.dumps(document)
    for row in document["observables"]:
        observable = observables()[row["series_id"], row["place"]]
        months = [stamp(m) for m in experiment.all_stamps(observable, 144)]
        assert row["month"] in months
        assert row["lo90"] <= row["lo50"] <= row["median"] <= row["hi50"] <= row["hi90"]


def test_every_recorded_value_within_the_run_is_shown(small_run):
    shown = small_run.table().dropna(subset=["record"]).groupby(["series_id", "place"]).size()
    for key, observable in observables().items():
        expected = len(recorded(observable, 144))
        if expected and observable.stamp != "waiting_time":
            assert shown.get(key, 0) == expected, key


def test_saved_run_reads_back_and_repeats_with_the_same_digest(small_run, tmp_path):
    manifest = small_run.save(tmp_path / "out")
    opened = thaw.open_run(tmp_path / "out")
    assert opened.digest == small_run.digest == manifest["digest"]
    again = experiment.simulate_run(experiment.settings_of(manifest))
    assert again.digest == small_run.digest


def test_another_seed_gives_another_digest(small_run):
    assert thaw.run(draws=16, seed=1).digest != small_run.digest


def test_a_damaged_result_is_refused(small_run, tmp_path):
    small_run.save(tmp_path)
    with (tmp_path / "run.nc").open("ab") as handle:
        handle.write(b"x")
    with pytest.raises(InputError, match=r"run\.nc does not match"):
        thaw.open_run(tmp_path)


SAVER = """
import sys
import thaw
run = thaw.open_run(sys.argv[1])
print("ready", flush=True)
while True:
    run.save(sys.argv[2])
"""


def test_killed_while_saving_the_folder_holds_a_whole_run(small_run, tmp_path):
    small_run.save(tmp_path / "old")
    small_run.save(tmp_path / "out")
    luck = random.Random(1)
    for _ in range(4):
        saver = subprocess.Popen(
            [sys.executable, "-c", SAVER, str(tmp_path / "old"), str(tmp_path / "out")],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert saver.stdout.readline() == "ready\n"
        time.sleep(luck.uniform(0.0, 3.0))
        os.kill(saver.pid, signal.SIGKILL)
        saver.wait()
        saver.stdout.close()
        assert thaw.open_run(tmp_path / "out").digest == small_run.digest


def test_figures_are_drawn_for_every_subsystem(small_run, tmp_path):
    paths = small_run.plot(tmp_path)
    assert {p.stem for p in paths} == {o.subsystem for o in observables().values()}
    assert all(p.stat().st_size > 10_000 for p in paths)


def test_a_run_of_few_months_is_saved_with_the_figures_that_it_has(tmp_path):
    short = thaw.run(thaw.scenario("historical").until("1954-06"), draws=2)
    short.save(tmp_path)
    drawn = {p.stem for p in (tmp_path / "figures").iterdir()}
    assert "camps" in drawn and drawn < {o.subsystem for o in observables().values()}


@pytest.mark.parametrize(
    ("key", "date", "month"),
    [
        (("gulag.prisoners_total", "USSR"), "1954-01-01", "1954-01"),
        (("gulag.prisoners_total", "USSR"), "1960", "1960-01"),
        (("gulag.counterrev_total", "USSR"), "1954-04-01", "1954-04"),
        (("agriculture.grain_harvest", "USSR"), "1956", "1956-12"),
        (("education.students_higher", "USSR"), "1955", "1955-09"),
        (("living.savings_deposits", "USSR"), "1955", "1955-12"),
        (("rehab.total_1954_61", "USSR"), "1961", "1961-12"),
        (("release.review_1954_55_reviewed", "USSR"), "1955-04-29", "1955-04"),
        (("vital.birth_rate", "USSR"), "1956-07", "1956-12"),
    ],
)
def test_a_recorded_value_belongs_to_its_stamp(key, date, month):
    assert stamp(stamp_of(observables()[key], date)) == month


def test_seen_goes_before_recalled_and_the_other_widens_the_range():
    import pandas as pd

    rows = [
        dict(date="1960-01-01", value=5.0, provenance="recalled", source_key="a"),
        dict(date="1960", value=4.0, provenance="seen", source_key="b"),
    ]
    table = pd.DataFrame(
        [
            dict(series_id="gulag.prisoners_total", place="USSR", low=None, high=None) | r
            for r in rows
        ]
    )
    (found,) = recorded(observables()["gulag.prisoners_total", "USSR"], 144, table)
    assert (found.value, found.low, found.high, found.source_key) == (4.0, 4.0, 5.0, "b")


def test_unit_of_every_observable_is_the_unit_of_its_series():
    from thaw import record

    for observable in observables().values():
        assert record.series(observable.series_id)["unit"].iloc[0] == observable.unit
