"""East-West: reciprocity, concessions, crises, arms, troops, tests, rival."""

from functools import cache

import jax
import numpy as np
import pytest
from many_draws import run_many

from thaw import record
from thaw.model.clock import month_index
from thaw.model.subsystem import Names
from thaw.model.subsystems.east_west import STABLE, SUBSYSTEM, reciprocity

DRAWS, MONTHS = 128, 144
SUMMIT = month_index("1955-05")


@cache
def world(line=0.5, rival=None, off=(), on=(), refugees=20.0, unrest=0.0, prestige=0.0, **params):
    levers = {name: np.zeros(MONTHS) for name in off} | {name: np.ones(MONTHS) for name in on}
    others = {
        "leadership": {"line": line},
        "bloc": {
            "refugees": refugees,
            "unrest": lambda m: (m == 5) * unrest * np.ones(7),
        },
        "science": {"prestige": prestige},
    }
    return run_many(SUBSYSTEM, DRAWS, MONTHS, others, levers, {}, params, rival)


def test_every_number_is_finite_and_bounded():
    states, info, series, _ = world()
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves((states, info, series)))
    assert (states.manpower > 0).all() and (states.defence_demand > 0).all()
    assert ((states.lesson >= 0) & (states.lesson <= 1)).all()
    assert (np.abs(states.cooperation) < 20.0).all()


@pytest.mark.parametrize("tension", [-3.0, 0.0, 3.0])
def test_reciprocity_grows_with_tension_and_never_explodes(tension):
    strong = Names("east_west", {"inertia": 0.8, "reciprocity": 0.35, "recip_tension": 3.0})
    weak = Names("east_west", {"inertia": 0.3, "reciprocity": 0.1, "recip_tension": 2.0})
    assert float(reciprocity(strong, tension)) + 0.8 <= STABLE + 1e-12
    expected = 0.2 if tension > 1 else 0.1
    assert float(reciprocity(weak, tension)) == pytest.approx(expected)


def test_a_concession_warms_both_sides_and_dose_zero_does_nothing():
    acts, none = world()[0], world(off=("unilateral_concession",))[0]
    gain = acts.cooperation - none.cooperation
    np.testing.assert_array_equal(gain[:, : SUMMIT + 1], 0.0)
    assert (gain[:, SUMMIT + 3] > 0).all()
    assert (acts.tension[:, SUMMIT + 6] <= none.tension[:, SUMMIT + 6]).mean() > 0.9


def test_the_line_warms_relations_through_soviet_acts():
    hard, soft = world(line=0.0)[0], world(line=1.0)[0]
    assert (soft.cooperation[:, 60].mean(axis=0) > hard.cooperation[:, 60].mean(axis=0)).all()
    assert soft.tension[:, 60].mean() < hard.tension[:, 60].mean()


@pytest.mark.parametrize("lever", ["crisis_berlin", "crisis_cuba"])
def test_an_issue_raises_the_hazard_only_while_it_stands(lever):
    hazard, none = world()[1].hazard, world(off=(lever,))[1].hazard
    start = month_index({"crisis_berlin": "1958-11", "crisis_cuba": "1962-05"}[lever])
    np.testing.assert_array_equal(hazard[:, :start], none[:, :start])
    assert (hazard[:, start] >= none[:, start]).all()
    assert (hazard[:, start] > none[:, start]).mean() > 0.95


def test_refugees_raise_the_hazard_and_firsts_make_bold():
    base = world()[1].hazard[:, 0]
    assert (world(refugees=60.0)[1].hazard[:, 0] >= base).all()
    assert (world(prestige=1.0)[1].hazard[:, 0] >= base).all()


def test_a_bloc_episode_may_count_as_a_soviet_crisis():
    quiet, stirred = world()[1], world(unrest=0.6, bloc_crisis=1.0)[1]
    assert (stirred.icb_crises[:, 5] - quiet.icb_crises[:, 5] == 7).all()
    np.testing.assert_array_equal(stirred.crises[:, :6], quiet.crises[:, :6])


def test_humiliation_follows_only_a_crisis():
    states, info, _, _ = world()
    rise = np.diff(states.humiliation, axis=1) > 0
    assert rise.any()
    assert (info.crises[:, :-1][rise] > 0).all()
    assert world(crisis_base=0.0)[0].humiliation.max() == 0.0


def test_cuts_are_carried_out_late_and_in_part_and_a_halt_calls_nobody_back():
    states = world(alarm=0.0)[0]
    start, halt = month_index("1955-08"), month_index("1961-08")
    np.testing.assert_array_equal(states.gone[:, : start + 1], 0.0)
    assert (np.diff(states.gone, axis=1) >= 0).all()
    assert (np.diff(states.gone[:, halt:], axis=1) == 0).all()
    lost = states.manpower[:, :1] - states.manpower
    np.testing.assert_allclose(lost, states.gone)
    assert (states.gone[:, -1] < 3340.0).all()
    kept = world(alarm=0.0, off=("troops_cut",))[0]
    np.testing.assert_array_equal(kept.manpower, kept.manpower[:, :1] * np.ones(MONTHS))


def test_cuts_of_the_last_year_add_up():
    states = world()[0]
    gone = states.gone
    last_year = (gone[:, 12:] - gone[:, :-12]) / 1000.0
    np.testing.assert_allclose(states.cuts[:, 12:], last_year, atol=1e-9)


def test_moratorium_stops_tests_and_its_backlog_is_made_up():
    made, never = world()[1].tests, world(off=("moratorium",))[1].tests
    first, last = month_index("1958-11"), month_index("1961-08")
    assert made[:, first : last + 1].sum() == 0
    after = slice(last + 1, last + 13)
    assert made[:, after].mean() > never[:, after].mean() > 0


def test_defence_answers_rival_spending_and_tension():
    tense = world(tension_1953=1.5, coop_noise=0.3)[0].defence_demand[:, 12]
    calm = world(tension_1953=0.3, coop_noise=0.3)[0].defence_demand[:, 12]
    assert (tense >= calm).all() and tense.mean() > calm.mean()


def test_prior_bands_hold_recorded_men_and_crises():
    _, _, series, _ = world(refugees=20.0)
    men = series["eastwest.military_personnel", "USSR"].reshape(DRAWS, 12, 12).mean(axis=2)
    low, high = np.quantile(men, (0.05, 0.95), axis=0)
    rows = record.series("eastwest.military_personnel", place="USSR")
    seen = {int(d): v for d, v in zip(rows["date"], rows["value"], strict=True)}
    assert all(low[y - 1953] * 0.9 <= seen[y] <= high[y - 1953] * 1.1 for y in (1953, 1955, 1957))
    crises = series["eastwest.icb_crises_ussr_actor", "USSR"].sum(axis=1)
    assert np.quantile(crises, 0.05) <= 5 <= np.quantile(crises, 0.95)


def test_the_rival_repeats_itself():
    calm, warm = (world(line=line, rival="autoregressive") for line in (0.0, 1.0))
    np.testing.assert_array_equal(calm[0].cooperation, warm[0].cooperation)
    hazard = calm[1].hazard
    np.testing.assert_allclose(hazard, hazard[:, :1] * np.ones(MONTHS))
