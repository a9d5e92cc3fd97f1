import dataclasses

import jsonschema
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import thaw
from thaw.cli import compare as command
from thaw.errors import InputError
from thaw.experiment import labels, rivals
from thaw.experiment.compare import compare, sign_probability
from thaw.experiment.effects import at_horizons, event_table
from thaw.experiment.outcomes import Outcome, outcomes
from thaw.experiment.run import record_of
from thaw.experiment.support import nearest, support
from thaw.model.clock import month_index
from thaw.model.observation import observables
from thaw.report import comparison as report
from thaw.report import contract


@pytest.fixture(scope="module")
def no_virgin_lands():
    return compare("historical", "no_virgin_lands", draws=16)


def rows(result, outcome, month):
    table = result.effects()
    return table[(table["outcome"] == outcome) & (table["month"] == month)]


def test_without_the_virgin_lands_there_is_less_virgin_land_grain(no_virgin_lands):
    (row,) = rows(no_virgin_lands, "agriculture.virgin_lands_grain", "1956-12").to_dict("records")
    assert row["median"] < -5.0
    assert row["p_sign"] == 1.0
    assert row["label"] == labels.SIGN_ASSUMED


def test_effects_begin_with_the_first_difference(no_virgin_lands):
    first = no_virgin_lands.changed_from
    assert (no_virgin_lands.effects()["month"].map(month_index) >= first).all()


def test_what_cannot_respond_does_not(no_virgin_lands):
    assert (
        rows(no_virgin_lands, "leadership.presidium_full", "1954-06")["label"] == "no effect"
    ).all()


def test_document_meets_its_schema(no_virgin_lands):
    document = report.document(no_virgin_lands)
    jsonschema.validate(document, contract.schema("compare"))
    assert document["answer"].startswith("In this model")
    contract.dumps(document)


def test_same_command_same_digest(no_virgin_lands):
    again = compare("historical", "no_virgin_lands", draws=16)
    assert again.digest == no_virgin_lands.digest


def test_figure_is_drawn(no_virgin_lands, tmp_path):
    no_virgin_lands.plot().savefig(tmp_path / "effects.png")
    assert (tmp_path / "effects.png").stat().st_size > 10_000


def test_the_path_from_the_speech_to_the_bloc_exists():
    result = compare("historical", thaw.scenario("historical").without("secret_speech"), draws=64)
    events = result.event_table
    unrest = events[events["family"].isin(["bloc_unrest", "intervention"])]
    unrest = unrest[unrest["place"].isin(["Poland", "Hungary"])]
    assert len(unrest)
    assert ((unrest["probability_a"] - unrest["probability_b"]).abs() > 0).any()


def test_equal_worlds_are_refused():
    with pytest.raises(InputError, match="does not differ"):
        compare("historical", "historical")


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        ([1.0, 2.0, 3.0, -1.0], 0.75),
        ([-1.0, -2.0, -3.0], 1.0),
        ([0.0, 0.0, 0.0], 0.0),
        ([0.0, 0.0, 0.0, 5.0], 0.25),
        ([], 0.0),
    ],
)
def test_sign_probability(effect, expected):
    assert sign_probability(np.array(effect)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("p_sign", "beyond", "prior", "expected"),
    [
        (0.95, 0.92, 0.6, "contributory"),
        (0.95, 0.92, 0.9, "sign assumed"),
        (0.85, 0.85, 0.6, "undecided"),
        (1.0, 0.5, 0.6, "undecided"),
        (0.0, 0.0, 0.0, "no effect"),
    ],
)
def test_label_of_an_effect(p_sign, beyond, prior, expected):
    assert labels.of_effect(p_sign, beyond, prior) == expected


def test_an_effect_within_the_error_of_reading_is_not_worth_naming():
    meat = Outcome("series", "agriculture.meat", "USSR")  # read with an error of 3 %
    assert meat.least(-200.0) == pytest.approx(6.0)
    index = Outcome("series", "bloc.civil_liberties_index", "Poland")  # linear
    assert index.least(0.5) == index.least(0.0) > 0.0
    counted = Outcome("series", "cc.occupation.regional_party", "USSR")
    assert counted.least(100.0) == pytest.approx(1.0)
    small = np.full(20, 0.01)
    assert sign_probability(small) == 1.0
    assert sign_probability(small, 0.02) == 0.0
    assert sign_probability(np.array([-3.0, -2.0, -0.5, 1.0]), 1.0) == 0.5


def test_label_of_an_event():
    a, b = np.ones(40, bool), np.zeros(40, bool)
    assert labels.of_event((1.0, 0.93), (1.0, 0.93), a, b) == "necessary"
    assert labels.of_event((0.5, 0.3), (1.0, 0.93), a, b) == "sufficient"
    assert labels.of_event((0.9, 0.4), (0.1, 0.0), a, a) == "no effect"
    assert labels.of_event((1.0, 0.93), (1.0, 0.93), a, b, (a, b)) == "sign assumed"
    few = a.copy()
    few[:3] = False
    assert labels.of_event((0.1, 0.0), (0.1, 0.0), a, few) == "undecided"
    few[3] = False
    assert labels.of_event((0.1, 0.0), (0.1, 0.0), a, few) == "contributory"


@pytest.fixture(scope="module")
def asked(no_virgin_lands):
    """The comparison with two rivals in place of those of the model: one agrees, one does not."""
    table = no_virgin_lands.effects()
    mine = table[table["outcome"] == "agriculture.meat"]
    rows = [
        {**row, "subsystem": "agriculture", "rival": rival, "median": sign * row["median"]}
        for row in mine[["outcome", "place", "month", "median", "p_sign"]].to_dict("records")
        for rival, sign in (("main", 1), ("agrees", 2), ("denies", -1))
    ]
    structures = (("agriculture", "agrees"), ("agriculture", "denies"))
    horizon = {("agriculture.meat", "USSR"): "1958-12"}
    found = rivals.Rivals(structures, 16, pd.DataFrame(rows), horizon)
    relabelled = rivals.relabelled(table, found)
    return dataclasses.replace(no_virgin_lands, table=relabelled, rivals=found)


def test_rivals_of_another_sign_make_an_effect_model_dependent(asked, no_virgin_lands):
    table = asked.effects()
    moved = table["label"] != no_virgin_lands.effects()["label"]
    assert set(table[moved]["outcome"]) == {"agriculture.meat"}
    assert set(table[moved]["label"]) == {"model-dependent"}
    assert "they disagree on agriculture.meat" in report.rivals_sentence(asked)
    document = report.document(asked)
    jsonschema.validate(document, contract.schema("compare"))
    assert document["rivals"]["credibility_horizon"][0]["month"] == "1958-12"


def test_every_rival_of_the_subsystems_is_asked():
    found = rivals.structures({"camps", "people"})
    assert found == [
        ("people", "constant_rates"),
        ("camps", "line_only"),
        ("camps", "term_decree"),
    ]


def test_credibility_ends_where_structures_differ_more_than_draws():
    draws = np.random.default_rng(5).normal(size=(4, 200))
    apart = np.array([0.0, 0.1, 5.0, 0.0])[:, None]
    effects = {("", "main"): draws, ("camps", "line_only"): draws + apart}
    assert rivals.credibility(effects, [11, 23, 35, 47]) == "1954-12"
    assert rivals.credibility({("", "main"): draws}, [11, 23, 35, 47]) == ""
    assert rivals.credibility({**effects, ("a", "b"): draws + 99}, [11, 23, 35, 47]) == ""


def test_horizons_are_the_first_stamps_after_6_12_36_months_and_the_end():
    yearly = pd.DataFrame({"month": [f"{year}-12" for year in range(1954, 1965)]})
    since = month_index("1954-03")
    found = {name: row["month"] for name, row in at_horizons(yearly, since).items()}
    assert found == {"6": "1954-12", "12": "1955-12", "36": "1957-12", "end": "1964-12"}
    assert list(at_horizons(yearly[:1], since)) == ["6"]


def test_nearest_draws_are_those_beside_the_record():
    months, draws = 145, 20
    (observable,) = [o for o in observables().values() if o.series_id == "gulag.prisoners_total"]
    record = np.zeros(months)
    for at, known in record_of(observable, months).items():
        record[at:] = known.value
    off = np.linspace(0.0, 0.95, draws)[::-1, None]
    trace = {
        "series": {observable.key: record * (1 + off)},
        "latent": {"x": np.zeros((draws, months))},
        "events": {},
    }
    assert nearest(trace, 144).tolist() == [15, 16, 17, 18, 19]
    assert support(trace, 144) == pytest.approx(np.mean(off <= 0.25), abs=0.06)


def test_files_hold_every_effect(asked, tmp_path, capsys):
    command.save(asked, tmp_path, [])
    flat = pd.read_csv(tmp_path / "effects.csv")
    assert len(flat) == len(asked.effects())
    assert {"prior_p_sign", "near_median"} <= set(flat)
    with xr.open_dataset(tmp_path / "effects.nc", engine="h5netcdf") as data:
        value = data["agriculture.virgin_lands_grain"].sel(
            statistic="median", month="1956-12-01", place="Virgin Lands"
        )
        (row,) = rows(asked, "agriculture.virgin_lands_grain", "1956-12").to_dict("records")
        assert float(value) == pytest.approx(row["median"])
    for name in ("effects.pdf", "slide.png", "events.csv", "rivals.csv", "compare.json"):
        assert (tmp_path / name).stat().st_size > 100
    command.show(asked, outcomes("agriculture.meat"))
    text = capsys.readouterr().out
    assert "36 months" in text and "1958-12" in text


def test_a_rival_without_any_effect_abstains(asked):
    table = asked.rivals.table
    still = table["rival"] == "denies"
    silent = table.assign(
        median=table["median"].mask(still, 0.0), p_sign=table["p_sign"].mask(still, 0.0)
    )
    assert rivals.disagreeing(asked.rivals)
    assert not rivals.disagreeing(dataclasses.replace(asked.rivals, table=silent))


def test_events_count_from_the_month_in_which_worlds_part():
    months = np.zeros((2, 12))
    months[0, 4] = months[1, 6] = 1.0
    trace = {"events": {(family, "Hungary"): months for family in ("bloc_unrest", "intervention")}}
    odds = {
        since: event_table((trace, trace), 12, since=since).set_index("family")["probability_a"]
        for since in (0, 4, 6)
    }
    assert [odds[at]["bloc_unrest"] for at in (0, 4, 6)] == [1, 0.5, 0]
    assert [odds[0]["intervention"], odds[4]["intervention"], odds[6]["intervention"]] == [
        1,
        1,
        0.5,
    ]
