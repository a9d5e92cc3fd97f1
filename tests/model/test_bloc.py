"""Eastern Europe: hazards, answers, Moscow's decision, refugees, coded liberties, rivals."""

import dataclasses
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from many_draws import run_many

from thaw import record
from thaw.model import parameters
from thaw.model.clock import month_index
from thaw.model.places import BLOC_STATES
from thaw.model.randomness import Keys
from thaw.model.subsystem import Names
from thaw.model.subsystems import bloc_decision, bloc_inputs, bloc_unrest
from thaw.model.subsystems.bloc import SUBSYSTEM

DRAWS, MONTHS = 128, 144
SPEECH = month_index("1956-03")


def _line(rise):
    return lambda m: 0.25 * (m >= 3) + 0.2 * (m >= 16) + rise * (m >= SPEECH)


def thaw_abroad(speech):
    """What bloc reads in a world with or without the text of the Speech."""

    def fresh(m):
        return speech * (m >= SPEECH) * np.exp(-max(m - SPEECH, 0) / 6.0)

    return {
        "leadership": {"line": _line(0.55 * speech), "leader_changed": lambda m: (m == 3) * 1.0},
        "information": {
            "news": fresh,
            "leak": lambda m: speech * 0.5 * (m > SPEECH) * np.ones(7),
            "public_abroad": lambda m: speech * (m >= SPEECH + 3) * 1.0,
        },
    }


@cache
def world(speech=1.0, decided=0.0, rival=None, forced=True, **params):
    levers = {} if forced else {"intervene": np.zeros((MONTHS, 7))}
    choice = {"intervene": np.full((MONTHS, 7), decided)}
    return run_many(SUBSYSTEM, DRAWS, MONTHS, thaw_abroad(speech), levers, choice, params, rival)


def mode():
    sample = {k: float(v[0]) for k, v in parameters.modes().items() if k.startswith("bloc.")}
    return Names("bloc", {k.split(".")[1]: v for k, v in sample.items()})


def case(**changes):
    return bloc_decision.Covariates(
        **dict.fromkeys((f.name for f in dataclasses.fields(bloc_decision.Covariates)), 0.5)
        | changes
    )


def test_every_number_is_finite_and_bounded():
    states, info, series, _ = world(decided=1.0)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves((states, info, series)))
    assert ((states.unrest >= 0) & (states.unrest <= 1)).all()
    assert ((info.odds > 0) & (info.odds < 1)).all()
    assert (info.hazard >= 0).all()
    liberties = [v for (name, _), v in series.items() if name == "bloc.civil_liberties_index"]
    assert len(liberties) == 3 and all(((v > 0) & (v < 1)).all() for v in liberties)
    np.testing.assert_array_equal(states.crisis, states.unrest.max(axis=2))


def test_the_lever_clamps_each_state_in_its_own_months():
    info = world()[1]
    history = {("gdr", "1953-06"), ("hungary", "1956-10"), ("hungary", "1956-11")}
    forced = {(BLOC_STATES[s], m) for m, s in np.argwhere(info.intervened[0] > 0)}
    assert forced == {(state, month_index(stamp)) for state, stamp in history}
    assert (info.intervened == info.intervened[:1]).all()
    counted = [{k[1]: v[0].sum() for k, v in world()[3].items() if k[0] == "intervention"}]
    assert {place: n for place, n in counted[0].items() if n} == {"East Germany": 1, "Hungary": 1}
    states = world()[0]
    np.testing.assert_array_equal(states.intervened[:, 1:], info.intervened[:, :-1])


def test_when_moscow_decides_it_decides_only_where_control_is_lost():
    _, info, _, events = world(decided=1.0)
    sent = info.intervened > 0
    assert 0 < sent.sum() < (info.started > 0).sum() * 3
    quiet = world(decided=1.0, base=0.0)[1]
    assert quiet.intervened.sum() == 0 and quiet.started.sum() == 0
    first = sent[:, :, 2] & ~np.roll(sent[:, :, 2], 1, axis=1)
    np.testing.assert_array_equal(events["intervention", "Hungary"], first)


def test_without_the_speech_unrest_is_rarer():
    after = slice(SPEECH + 1, SPEECH + 12)
    with_it, without = world()[1].hazard[:, after], world(speech=0.0)[1].hazard[:, after]
    ratio = np.median(with_it.mean(axis=1) / without.mean(axis=1), axis=0)
    assert (ratio > 1.0).all()
    assert (ratio[[BLOC_STATES.index(s) for s in ("poland", "hungary")]] > 1.1).all()
    before = slice(0, SPEECH)
    np.testing.assert_array_equal(world()[1].started[:, before], world(0.0)[1].started[:, before])


def test_the_speech_moves_the_odds_of_force_through_line_and_opening():
    odds = [world(speech, 1.0)[1].odds[:, SPEECH + 6] for speech in (0.0, 1.0)]
    assert np.abs(odds[1] - odds[0]).max() > 0.01


@pytest.mark.parametrize(("field", "sign"), [
    ("loss_of_control", 1), ("expected_exit", 1), ("open_border", 1), ("credible_leader", -1),
    ("resistance", -1), ("west_busy", 1), ("line", -1), ("spread", 1),
])  # fmt: skip
def test_decision_has_the_sign_of_its_mechanism(field, sign):
    low, high = (bloc_decision.decision_probability(mode(), case(**{field: v})) for v in (0.0, 1.0))
    assert sign * (float(high) - float(low)) > 0


def test_no_case_is_settled_by_the_prior():
    coded = {row["case"]: row for row in bloc_decision.cases()}
    found = bloc_decision.prior_probabilities(2000)
    assert set(found) == set(coded)
    for name, kinds in found.items():
        if float(coded[name]["loss_of_control"]) > 0:
            assert 0.02 < kinds["given_due"].mean() < 0.98, name
    poland = found["poland_october_1956"]["given_due"]
    hungary = found["hungary_october_24_1956"]["given_due"]
    assert (poland < hungary).mean() > 0.8


def test_coding_of_cases_is_complete_and_blind_to_the_outcome():
    for row in bloc_decision.cases():
        assert row["state"] in BLOC_STATES and row["source"] and row["provenance"]
        assert month_index(row["month"]) >= 0
        values = dataclasses.asdict(bloc_decision.covariates_of(row))
        assert "outcome" not in values
        assert all(0.0 <= value <= 1.0 for value in values.values())


def test_answers_are_one_of_three_and_only_in_an_episode():
    level = jnp.array([0.0, 0.4, 0.8, 0.2, 0.0, 0.6, 0.3])
    given = bloc_unrest.answer(mode(), level, 0.5, Keys(jax.random.key(1)))
    total = given.concede + given.repress + given.paralysis
    np.testing.assert_array_equal(total, (level > 0) * 1.0)


def test_concession_calms_if_believed_and_inflames_if_not():
    none = jnp.zeros(7)
    own = jax.tree.map(jnp.zeros_like, SUBSYSTEM.init(mode(), bloc_inputs.inputs()))
    level = none + 0.8
    yielding = bloc_unrest.Answer(none + 1, none, none)
    split = bloc_unrest.Answer(none, none, none + 1)

    def later(given, credible):
        return bloc_unrest.next_unrest(mode(), own, level, given, none + credible, none)[0]

    assert later(yielding, 1.0) < later(split, 1.0) < later(yielding, 0.0)


def test_unrest_spreads_by_distance():
    data = bloc_inputs.inputs()
    one = jnp.zeros(7).at[BLOC_STATES.index("poland")].set(1.0)
    near = bloc_unrest.neighbourhood(mode(), data, one)
    assert near[BLOC_STATES.index("poland")] == 0.0
    assert near[BLOC_STATES.index("hungary")] > near[BLOC_STATES.index("albania")] > 0.0
    np.testing.assert_allclose(data.distance, data.distance.T)


def test_refugees_follow_border_land_and_income():
    open_border = run_many(
        SUBSYSTEM, DRAWS, MONTHS, thaw_abroad(1.0), {"border_control": np.zeros(MONTHS)},
        {"intervene": np.zeros((MONTHS, 7))},
    )[0].refugees  # fmt: skip
    history = world()[0].refugees
    assert (open_border[:, 24] > history[:, 24]).all()
    wall = month_index("1961-08")
    assert np.median(history[:, wall + 9] / history[:, wall - 1]) < 0.1
    poor = world(ref_gap=0.0)[0].refugees
    assert np.median(history[:, 80] / poor[:, 80]) > 1.0


def test_prior_bands_of_refugees_hold_most_recorded_years():
    yearly = world()[2]["eastwest.gdr_refugees", "East Germany"].reshape(DRAWS, 12, 12).sum(axis=2)
    low, high = np.quantile(yearly, (0.05, 0.95), axis=0)
    seen = record.series("eastwest.gdr_refugees")
    years = {int(d): v for d, v in zip(seen["date"], seen["value"], strict=True) if d >= "1953"}
    inside = [low[y - 1953] <= value <= high[y - 1953] for y, value in years.items()]
    assert sum(inside) >= 3


def test_prior_number_of_episodes_is_of_the_recorded_order():
    per_draw = world()[1].started.sum(axis=(1, 2))
    assert 1.0 < np.median(per_draw) < 12.0


def test_force_costs_lives_and_closes_the_state():
    _, info, _, _ = world(decided=1.0)
    killed, sent = info.killed, info.intervened > 0
    assert (killed[sent & (world(decided=1.0)[0].unrest > 0)] > 0).all()
    never = world(decided=0.0, forced=False)[0]
    decided = world(decided=1.0)[0]
    hit = info.intervened.sum(axis=1) > 0
    assert (decided.liberty[:, -1][hit] <= never.liberty[:, -1][hit]).mean() > 0.6
    assert decided.losses.mean() > never.losses.mean()


def test_rivals_run_and_differ():
    diffusion = world(decided=1.0, rival="diffusion_only")[1].hazard
    alone = diffusion[:, 0, 0]
    np.testing.assert_allclose(diffusion[:, 0], np.repeat(alone[:, None], 7, axis=1))
    rule = world(decided=1.0, rival="loss_of_control_rule", rule_threshold=1.0)[1]
    assert rule.intervened.sum() == 0
    strict = world(decided=1.0, rival="loss_of_control_rule", rule_threshold=0.0)[1]
    assert (strict.intervened >= strict.started).all()


def test_missing_values_are_neutral():
    data = bloc_inputs.inputs()
    assert data.economy[BLOC_STATES.index("gdr")] == 0.0
    assert (data.pace >= 0).all() and np.isfinite(data.pace).all()
    np.testing.assert_allclose(bloc_inputs.standardised(np.array([1.0, np.nan, 3.0])), [-1, 0, 1])
