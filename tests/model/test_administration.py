"""Administration: supply losses, stakes, costs of change, reversals."""

import jax.numpy as jnp
import numpy as np
import pytest
from fakes import run_alone

from thaw.model import parameters
from thaw.model.clock import month_index
from thaw.model.simulate import own
from thaw.model.subsystem import Names
from thaw.model.subsystems.administration import SUBSYSTEM, reversal, supply

MONTHS = 168
PARAMS = Names(
    "administration",
    {k: float(v[0]) for k, v in own(parameters.modes(), "administration").items()},
)
OFF = {name: np.zeros(MONTHS) for name in ("m_form", "bifurcation", "regions")}


@pytest.fixture(scope="module")
def history():
    return run_alone(SUBSYSTEM, months=MONTHS)


def test_supply_is_one_under_ministries_and_worsens_with_localism():
    zero, one = jnp.asarray(0.0), jnp.asarray(1.0)
    assert float(supply(zero, one, PARAMS)) == pytest.approx(1.0)
    assert supply(one, zero, PARAMS) > 1.0 > supply(one, one, PARAMS)


def test_without_levers_nothing_moves():
    states, _ = run_alone(SUBSYSTEM, months=MONTHS, levers=OFF)
    for name in ("m_form", "split", "regions", "localism", "growth_effect", "stake_ministry",
                 "stake_obkom", "unrest"):  # fmt: skip
        np.testing.assert_array_equal(getattr(states, name), 0.0)
    np.testing.assert_allclose(states.efficiency, 1.0, atol=1e-15)


def test_councils_hurt_ministries_and_the_split_hurts_secretaries(history):
    states, _ = history
    before, councils, split = (month_index(m) for m in ("1957-01", "1960-01", "1964-01"))
    assert states.stake_ministry[before] == 0.0 > states.stake_ministry[councils]
    assert states.stake_obkom[councils] > 0.0
    assert states.stake_obkom[split] < states.stake_obkom[councils]
    assert states.growth_effect[split] < states.growth_effect[councils]
    assert states.regions[councils] == pytest.approx(105, abs=1)
    assert states.regions[split] == pytest.approx(47, abs=1)
    assert states.m_form[-1] < 0.05 and states.split[-1] < 0.05


def test_each_change_costs_efficiency_for_about_a_year():
    free = {"local_gain": 0.0, "cross_loss": 0.01, "effort": 0.0, "localism_tau": 36}
    states, _ = run_alone(SUBSYSTEM, months=MONTHS, params=free, rival="reorganisation_cost")
    assert states.efficiency[month_index("1957-12")] < states.efficiency[month_index("1960-12")]
    assert states.efficiency[month_index("1960-12")] == pytest.approx(1.0, abs=2e-3)


def test_localism_grows_with_the_number_of_councils_and_falls_under_the_law(history):
    few = {"regions": np.where(np.arange(MONTHS) >= 52, 20.0, 0.0)}
    strict = {"penalty": 0.4}
    month = month_index("1961-01")
    assert (
        run_alone(SUBSYSTEM, months=MONTHS, levers=few)[0].localism[month]
        < (history[0].localism[month])
    )
    assert (
        run_alone(SUBSYSTEM, months=MONTHS, params=strict)[0].localism[month]
        < (history[0].localism[month])
    )
    assert ((history[0].localism >= 0) & (history[0].localism <= 1)).all()


def test_reversal_needs_a_mandate_and_an_injury():
    one = jnp.asarray(1.0)
    assert float(reversal(-one, 0.0 * one, one, PARAMS)) == 0.0
    assert float(reversal(one, one, one, PARAMS)) == 0.0
    assert float(reversal(-one, one, 0.0 * one, PARAMS)) == 0.0
    assert reversal(-2 * one, one, one, PARAMS) > reversal(-one, one, one, PARAMS) > 0.0


def test_the_model_reverses_only_after_an_ouster():
    ones = {name: np.ones(MONTHS) for name in ("m_form", "bifurcation")}
    standing = {
        "m_form": np.where(np.arange(MONTHS) >= 52, 1.0, 0.0),
        "regions": np.where(np.arange(MONTHS) >= 52, 105.0, 0.0),
        "bifurcation": np.where(np.arange(MONTHS) >= 118, 1.0, 0.0),
    }
    quick = {"reversal_base": 0.3}
    given = {"levers": standing, "decided": ones, "params": quick, "draw": 1, "months": MONTHS}
    calm, _ = run_alone(SUBSYSTEM, **given)
    fallen = {"leadership": {"ouster": lambda m: jnp.where(m == 120, 1.0, 0.0)}}
    undone, _ = run_alone(SUBSYSTEM, others=fallen, **given)
    assert calm.form_undone[-1] == 0.0 and calm.split_undone[-1] == 0.0
    assert undone.form_undone[-1] == 1.0 and undone.split_undone[-1] == 1.0
    assert undone.form_undone[120] == 0.0 and undone.m_form[-1] < 0.5


def test_rivals_keep_the_switches_and_drop_the_effect(history):
    states, _ = run_alone(SUBSYSTEM, months=MONTHS, rival="no_effect")
    np.testing.assert_array_equal(states.m_form, history[0].m_form)
    np.testing.assert_array_equal(states.efficiency, 1.0)
    np.testing.assert_array_equal(states.growth_effect, 0.0)


def test_driver_follows_the_record_and_apparatus_is_of_the_recorded_size(history):
    series = history[1]["series"]
    share = series["decentral.republic_industry_share", "USSR"]
    assert share[month_index("1955-06")] == 47.0
    assert share[month_index("1960-06")] == pytest.approx(94.0, abs=0.1)
    staff = series["decentral.state_apparatus", "Belorussian SSR"]
    assert staff[month_index("1956-06")] == pytest.approx(41.6, rel=0.2)
    assert staff[month_index("1964-06")] == pytest.approx(46.6, rel=0.2)


def test_prior_draws_stay_finite():
    for draw in (0, 5):
        states, shown = run_alone(SUBSYSTEM, months=MONTHS, draw=draw)
        assert all(np.isfinite(v).all() for v in shown["series"].values())
        assert ((states.efficiency > 0.8) & (states.efficiency < 1.1)).all()
