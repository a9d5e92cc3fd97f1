import json

import jsonschema
import numpy as np
import pytest
from near_record import trace

from thaw.cli import validate as command
from thaw.model.observation import observables
from thaw.model.recorded import Recorded
from thaw.record import HEADER
from thaw.report.contract import dumps, schema
from thaw.report.pages import trust
from thaw.report.scores import headline, summary_lines
from thaw.validate import discrepancy, results, validation
from thaw.validate.figure import draw
from thaw.validate.marks import marks_of
from thaw.validate.splits import Case, held_out
from thaw.validate.summary import summary

KEYS = (("industry.electricity", "USSR"), ("agriculture.grain_harvest", "USSR"),
        ("vital.birth_rate", "USSR"), ("gulag.prisoners_total", "USSR"),
        ("expert.polity5_polity2", "USSR"), ("agriculture.livestock_cows", "USSR"))  # fmt: skip


@pytest.fixture(scope="module")
def close():
    return trace(draws=30, only=KEYS)


@pytest.fixture
def simulated(monkeypatch, close):
    asked = []
    monkeypatch.setattr(
        validation, "trace_of", lambda run, progress=None: (asked.append(run), (close, None))[1]
    )
    return asked


@pytest.fixture(scope="module")
def document(close):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validation, "trace_of", lambda run, progress=None: (close, None))
        return validation.validate(draws=30)


def test_the_document_follows_its_schema(document):
    plain = json.loads(dumps(document))
    jsonschema.validate(plain, schema("validate"))
    assert plain["fit_until"] == "1958-12"
    assert {row["series_id"] for row in plain["series"]} <= {name for name, _ in KEYS}


def test_skill_follows_its_definition_and_sign(document):
    rows = {row["series_id"]: row for row in document["series"]}
    for row in rows.values():
        best = min(row["baselines"].values())
        assert row["skill"] is None or row["skill"] == pytest.approx(1 - row["crps"] / best)
    assert rows["gulag.prisoners_total"]["skill"] > 0.5
    assert rows["expert.polity5_polity2"]["skill"] is None


def test_a_mechanism_far_from_the_record_loses(close):
    key = ("vital.birth_rate", "USSR")
    wrong = {**close, "series": {key: close["series"][key] * 3.0}}
    cases = [case for case in held_out((1959, 1964)) if case.observable.key == key]
    (row,) = validation.score_cases(wrong, cases, 0)
    assert row["skill"] < 0
    assert row["coverage90"] == 0.0
    assert summary([row], 0)["share_beating_best_baseline"] == 0.0
    assert row["crps_with_discrepancy"] < row["crps"]


def test_an_exact_naive_forecast_counts_as_lost(document):
    exact = [row for row in document["series"] if row["series_id"] == "expert.polity5_polity2"]
    found = summary(exact, 0)
    assert found["skill_median"] is None
    assert found["share_beating_best_baseline"] == 0.0


def test_no_fitted_set_is_said_on_the_first_line_and_in_the_document(monkeypatch, simulated):
    monkeypatch.setattr(validation, "HONEST", "no-such-set")
    found = validation.validate(draws=30)
    assert found["posterior"] == "prior"
    assert "nothing was fitted" in headline(found)
    assert simulated[0].scenario.mode == "replay"
    with pytest.raises(validation.InputError, match="posterior"):
        validation.validate("no-such-set")


def saved(folder, *lines):
    path = folder / "mine.csv"
    path.write_text("\n".join([",".join(HEADER), *lines]) + "\n", encoding="utf-8")
    return path


def test_a_readers_file_is_scored_alone_and_extends_the_run(tmp_path, simulated):
    path = saved(
        tmp_path,
        "vital.birth_rate,,per 1000,USSR,1955,25.7,,,own,mine,",
        "vital.birth_rate,,per 1000,USSR,1970,17.4,,,own,mine,",
        "agriculture.livestock_cows,,million head,USSR,1962,36.0,,,own,mine,",
    )
    found = validation.validate(draws=30, against=path)
    assert simulated[0].scenario.end == "1970-12"
    rows = {row["series_id"]: row for row in found["series"]}
    assert rows["vital.birth_rate"]["n"] == 2
    few = rows["agriculture.livestock_cows"]
    assert few["baselines"] is None and few["skill"] is None
    assert found["summary"]["values"] == 3
    jsonschema.validate(json.loads(dumps(found)), schema("validate"))
    assert draw(found).axes


def test_a_waiting_time_without_end_is_as_long_as_the_run(tmp_path):
    key = ("speech.days_to_publication", "World")
    never = {"series": {key: np.zeros((5, 24))}, "events": {}, "latent": {}}
    target = Recorded(41, 101.0, 101.0, 101.0, "own", "mine")
    (row,) = validation.score_cases(never, [Case(observables()[key], (), (target,))], 0)
    assert row["crps"] == pytest.approx(24 * 30.4 - 101)


def test_the_discrepancy_starts_at_the_last_fitted_gap_and_widens():
    key = ("industry.electricity", "USSR")
    flat = {"series": {key: np.ones((4000, 217))}, "events": {}, "latent": {}}
    training = (Recorded(71, 24.0, 24.0, 24.0, "seen", "x"),)
    near, far = (
        discrepancy.with_discrepancy(flat, observables()[key], training, at, 0, {key: 0.1})
        for at in (83, 143)
    )
    assert np.median(near) == pytest.approx(24.0, rel=0.02)
    assert np.log(near).std() == pytest.approx(np.hypot(0.1, 0.018), rel=0.1)
    assert np.log(far).std() == pytest.approx(np.hypot(0.1 * np.sqrt(6), 0.018), rel=0.1)


def test_the_discrepancy_is_never_below_the_error_of_reading():
    observable = observables()["agriculture.meat", "USSR"]
    wide = (Recorded(11, 10.0, 8.0, 12.0, "seen", "x"),)
    assert discrepancy.yearly_sd(observable, (), {}) == observable.error_sd
    assert discrepancy.yearly_sd(observable, wide, {}) == pytest.approx(0.2 / 1.645)
    assert discrepancy.yearly_sd(observable, wide, {observable.key: 0.0}) == observable.error_sd


def test_marks_follow_wins_and_dependence(document):
    moved = {key: {"levers": True, "others": False} for key in observables()}
    moved["agriculture.grain_harvest", "USSR"] = {"levers": False, "others": False}
    rows = {(r["series_id"], r["place"]): r["mark"] for r in marks_of(document, moved)}
    assert set(rows) == set(observables())
    assert rows["agriculture.grain_harvest", "USSR"] == "trend only"
    assert rows["agriculture.meat", "USSR"] == "scaffold"
    assert rows["gulag.deaths", "USSR"] == ""
    assert rows["culture.book_titles", "USSR"] == "scaffold"


def test_a_subsystem_that_only_loses_is_scaffold(document):
    lost = {**document, "later": [], "series": [{**r, "crps": 1e12} for r in document["series"]]}
    moved = {key: {"levers": True, "others": True} for key in observables()}
    assert {row["mark"] for row in marks_of(lost, moved)} == {"scaffold"}


def test_every_face_tells_the_same(document, tmp_path, capsys):
    command.save(document, tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} >= {"scores.csv", "skill.png"}
    command.show(document)
    shown = capsys.readouterr().out
    assert shown.startswith("Posterior: ")
    page = trust.text({"prior": document})
    median = f"median skill {document['summary']['skill_median']:.2f}"
    assert median in shown and median in page
    assert "gulag.prisoners_total" in shown and "gulag.prisoners_total" in (
        tmp_path / "out" / "scores.csv"
    ).read_text(encoding="utf-8")
    assert "`expert.polity5_polity2` (USSR): naive exact" in page
    assert any("Later years" in line for line in summary_lines(document))


def test_stored_results_come_back_and_make_the_page(document, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path / "results")
    assert results.results() == {} and results.dependence() == {}
    results.store(document)
    moved = {("agriculture.meat", "USSR"): {"levers": True, "others": False}}
    results.store_dependence(moved)
    assert results.dependence() == moved
    stored = results.results()
    name = document["posterior"]
    assert stored[name]["summary"]["skill_median"] == document["summary"]["skill_median"]
    assert trust.text(stored) == trust.text({name: document})


def test_the_page_says_so_when_nothing_was_shown():
    assert "nothing has been shown" in trust.text({})
