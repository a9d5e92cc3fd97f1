"""Backlash: a leaky stock, its sources, and the fixed composite."""

import jax.numpy as jnp
import numpy as np
import pytest
from fakes import run_alone

from thaw.model.clock import month_index
from thaw.model.subsystems.backlash import SUBSYSTEM, composite

SOURCES = {
    "bloc": {"losses": lambda m: jnp.where(m >= 5, 1.0, 0.0)},
    "east_west": {"humiliation": lambda m: jnp.where(m >= 5, 1.0, 0.0)},
    "agriculture": {"harvest_gap": lambda m: jnp.where(m >= 5, 0.2, 0.0)},
    "arts": {"boldness": lambda m: jnp.where(m >= 5, 2.0, 0.0)},
    "administration": {"stake_ministry": lambda m: jnp.where(m >= 5, -1.5, 0.0)},
}


def pressure(others=None, months=24, **options):
    return run_alone(SUBSYSTEM, others=others, months=months, **options)[0].pressure


def test_a_quiet_world_has_no_pressure():
    np.testing.assert_array_equal(pressure(), 0.0)


@pytest.mark.parametrize("owner", SOURCES)
def test_every_injury_adds_pressure(owner):
    path = pressure({owner: SOURCES[owner]})
    assert path[5] == 0.0 and path[6] > 0.0


def test_troop_cuts_add_pressure_and_increases_do_not():
    assert pressure({"east_west": {"cuts": 1.0}})[-1] > 0.0
    assert pressure({"east_west": {"cuts": -1.0}})[-1] == 0.0


def test_a_decaying_index_counts_once_and_pressure_halves():
    fading = {"bloc": {"losses": lambda m: jnp.where(m >= 5, 0.9 ** (m - 5.0), 0.0)}}
    path = pressure(fading, months=40, params={"decay": 10.0, "bloc_unrest": 1.0})
    assert path[6] == pytest.approx(1.0)
    assert path[16] == pytest.approx(0.5)
    assert path[26] == pytest.approx(0.25)


def test_demand_for_orders_rises_with_pressure_and_falls_with_the_line():
    hit = {"bloc": SOURCES["bloc"]}
    soft = hit | {"leadership": {"line": 1.0}}
    quiet, _ = run_alone(SUBSYSTEM, months=12)
    hard, _ = run_alone(SUBSYSTEM, others=hit, months=12)
    mild, _ = run_alone(SUBSYSTEM, others=soft, months=12)
    assert quiet.order_demand[8] < hard.order_demand[8]
    assert mild.order_demand[8] < hard.order_demand[8]
    assert ((hard.order_demand >= 0) & (hard.order_demand <= 1)).all()


def test_composite_reads_each_component_in_its_direction():
    base = (30_000.0, 500.0, 5.0, 0.2, 0.0)
    assert float(composite(*map(jnp.asarray, base))) == pytest.approx(0.0)
    for place, (worse, sign) in enumerate(((3e3, 1), (5e3, 1), (0.0, 1), (0.1, 1), (-1.0, 1))):
        changed = [jnp.asarray(worse if i == place else v) for i, v in enumerate(base)]
        assert sign * float(composite(*changed)) > 0.0
    extreme = [jnp.asarray(v) for v in (0.0, 1e9, 0.0, 0.0, -99.0)]
    assert float(composite(*extreme)) <= 3.0


def test_index_rises_when_rehabilitation_stops():
    busy = {"camps": {"rehabilitated": jnp.array([5_000.0, 2_000.0])}}
    assert (
        run_alone(SUBSYSTEM, others=busy, months=24)[0].restalinization[-1]
        < (run_alone(SUBSYSTEM, months=24)[0].restalinization[-1])
    )


def test_rivals_run_on_the_same_state():
    everything = {"bloc": SOURCES["bloc"]}
    np.testing.assert_array_equal(pressure(everything, rival="ideal_point_only"), 0.0)
    trend = pressure(months=144, rival="trend_break")
    start = month_index("1962-12")
    assert (trend[: start + 1] == 0.0).all() and trend[-1] > 0.0


def test_prior_draws_stay_finite():
    for draw in (0, 4):
        states, shown = run_alone(SUBSYSTEM, others=SOURCES, months=144, draw=draw)
        assert np.isfinite(states.pressure).all() and np.isfinite(states.restalinization).all()
        assert np.isfinite(shown["latent"]["injuries"]).all()
