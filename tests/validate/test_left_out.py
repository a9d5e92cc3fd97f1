from pathlib import Path

import numpy as np
import pytest
from near_record import trace

from thaw.calibrate import posteriors
from thaw.errors import InputError
from thaw.model.places import BLOC_STATES
from thaw.report.pages import validation as page
from thaw.validate import trials, validation
from thaw.validate.trials import __main__ as command
from thaw.validate.trials import backlash, bloc, leadership, rivals, series, worlds

DOCS = Path(__file__).parents[2] / "docs"
SMALL = sorted(worlds.LEFT_OUT.glob("*.json"))


@pytest.fixture
def unrest():
    known = np.zeros((7, 12))
    known[0, 3] = known[1, 3] = known[2, 0] = 1.0
    return known


def test_naive_forecasts_of_unrest_never_see_the_state_itself(unrest):
    found = bloc.naive(unrest)
    assert found["constant"][0, 0] == pytest.approx((2 + 1) / (72 + 2))
    assert found["calendar"][0, 3] == pytest.approx((1 + 1) / (6 + 2))
    unrest[0] = 1.0 - unrest[0]
    again = bloc.naive(unrest)
    for name in found:
        np.testing.assert_array_equal(found[name][0], again[name][0])


def test_chance_of_a_year_cumulates_its_months_only():
    hazard = np.zeros((2, 193))
    hazard[:, 36:48] = 0.1
    hazard[:, 48] = 5.0
    found = bloc.yearly(hazard)
    assert found[0, 3] == pytest.approx(1.0 - np.exp(-1.2))
    assert found[0, 2] == 0.0 and found[0, 4] > 0.99


@pytest.mark.parametrize(("sure", "sign"), [(0.9, 1), (0.1, -1)])
def test_gain_has_the_sign_of_the_better_forecast(unrest, sure, sign):
    chances = {
        "left_out": np.where(unrest > 0, sure, 1.0 - sure),
        "prior": np.full(unrest.shape, 0.5),
        **bloc.naive(unrest),
    }
    found = bloc.summary(unrest, chances)
    assert np.sign(found["gain"]["prior"]["mean"]) == sign
    assert (found["cells"], found["episodes"]) == (84, 3)
    words = page.bloc_verdict(found)
    assert ("does not beat" in words) == (found["gain"]["constant"]["mean"] <= 0)


def test_a_family_is_scored_by_month_against_both_base_rates():
    chance = np.zeros((3, 6))
    chance[:, 2], chance[:, 4] = 0.2, 0.5
    found = leadership.family("x", [(chance, [2, 4], (4,))])
    assert found["log_score"] == pytest.approx(np.log(0.8) + np.log(0.5))
    assert found["base_log_score"] == pytest.approx(2 * np.log(0.5))
    assert found["earlier_log_score"] == pytest.approx(np.log(0.5) + np.log(1 / 3))


def test_rise_and_fall_are_counted_together_and_weighted_by_1956():
    rising = np.array([384.0, 2000.0, 1400.0, 700.0, 200.0])
    flat = np.array([4000.0, 2000.0, 1400.0, 700.0, 200.0])
    found = backlash.odds(np.stack([rising, flat, flat, flat]))
    assert (found["rise"], found["fall"], found["both"]) == (0.25, 1.0, 0.25)
    assert found["weighted"]["both"] > 0.9
    assert found["weighted"]["effective_draws"] < 1.3


def test_an_open_sign_turns_half_of_the_draws_and_nothing_else():
    sample = {"public.conv_order": np.arange(1.0, 101.0), "other": np.ones(100)}
    found = backlash.mirrored(sample, "public.conv_order")
    assert (found["public.conv_order"] < 0).sum() == 50
    np.testing.assert_array_equal(np.abs(found["public.conv_order"]), sample["public.conv_order"])
    assert found["other"] is sample["other"]


@pytest.mark.parametrize(
    ("factor", "verdict", "skill"),
    [(0.5, rivals.RIVAL, 0.5), (2.0, rivals.MAIN, -1.0), (1.0, rivals.SAME, 0.0)],
)
def test_the_verdict_on_a_rival_follows_its_errors(factor, verdict, skill):
    main = np.array([[1.0, 2.0, 1.0, 2.0, 1.0, 2.0], [9.0, 8.0, np.nan, 8.0, 9.0, 9.0]])
    found = rivals.compared(main, factor * main)
    assert found["verdict"] == verdict
    assert found["skill"] == pytest.approx(skill)


def test_a_rival_that_wins_and_loses_in_turn_is_undecided():
    main = np.ones((1, 6))
    found = rivals.compared(main, np.array([[0.4, 0.4, 0.4, 1.7, 1.7, 1.7]]))
    assert found["verdict"] == rivals.UNDECIDED
    assert rivals.compared(main[:0], main[:0]) == {}


def test_no_verdict_from_few_values_or_for_a_trifle():
    few = np.array([[1.0, 1.0, 1.0, np.nan, np.nan, np.nan]])
    found = rivals.compared(few, 0.5 * few)
    assert (found["verdict"], found["interval90"]) == (rivals.UNDECIDED, None)
    trifle = rivals.compared(np.ones((1, 6)), np.full((1, 6), 0.995))
    assert trifle["verdict"] == rivals.UNDECIDED
    assert trifle["skill"] == pytest.approx(0.005)


def test_a_series_left_out_is_scored_from_its_fourth_value():
    observable = series.chosen("agriculture")
    assert observable.series_id == "agriculture.grain_harvest"
    near = trace(draws=30, only=[observable.key])
    found = series.scored(near, observable)
    assert found["n"] == len(series.values_of(observable)) - 3
    assert all(found[name]["skill"] > 0.2 for name in series.KNOWN)
    far = {**near, "series": {observable.key: 3.0 * near["series"][observable.key]}}
    missed = series.scored(far, observable)
    assert all(missed[name]["skill"] < 0 for name in series.KNOWN)
    assert missed["coverage90"] == 0.0


def test_one_small_set_for_each_state():
    names = {path.stem for path in SMALL}
    assert {f"bloc_unrest@{state}" for state in BLOC_STATES} <= names


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_small_sets_fit_the_present_model(path):
    found = posteriors.read(path)
    (owner,) = found.subsystems
    assert worlds.path_of(*found.left_out) == path
    assert path.stat().st_size < 60_000
    sample = posteriors.sample(worlds.joined(worlds.base(), found), 0, 4)
    fit = found.subsystems[owner]
    drawn = [sample[name][0] for name in fit.parameters]
    assert drawn in fit.draws or fit.status != "fitted"


def test_a_set_steps_in_for_one_subsystem_only():
    base = worlds.base()
    bare = worlds.without(base, "bloc")
    assert set(base.subsystems) - set(bare.subsystems) == {"bloc"}
    assert worlds.joined(bare, base).subsystems.keys() == base.subsystems.keys()


def test_every_trial_is_stored_and_the_page_is_generated_from_it():
    found = trials.stored()
    assert set(found) == set(trials.NAMES)
    assert page.NOTE + page.text(found) == (DOCS / "validation.md").read_text(encoding="utf-8")
    assert "No trial" in page.text({})


def test_an_unknown_trial_is_named_with_its_near_match():
    with pytest.raises(InputError, match="leadership"):
        command.main(["leaderships"])


def test_only_steps_on_the_scale_of_the_series_widen_a_forecast():
    kinds = {k: m.kind for k, m in posteriors.load(validation.HONEST).discrepancy().items()}
    found = validation.stated(validation.HONEST)
    assert found and {kinds[key] for key in found} <= {"log", "linear"}
    assert validation.stated(validation.UNFITTED) == {}
