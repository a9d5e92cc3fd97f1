"""The driven subsystem against the coupled model, and the companions against people."""

import dataclasses
from functools import cache
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from thaw.calibrate import companions, drivers
from thaw.model import parameters, simulate
from thaw.model.randomness import Keys
from thaw.model.subsystem import Names

MONTHS = 15


@cache
def coupled():
    """Run the coupled model on the skeleton path; return states by month, series, and values."""
    structure = simulate.Structure(MONTHS)
    values = {name: jnp.asarray(v[0]) for name, v in parameters.modes().items()}
    inputs, plan = simulate.all_inputs(), drivers.replay(MONTHS)

    @jax.jit
    def month(states, at, now):
        after, shown = simulate.one_month(structure, states, at, now, values, inputs, None)
        return after, {key: v for emission in shown for key, v in emission.series.items()}

    states = jax.tree.map(
        lambda leaf: jnp.asarray(leaf, jnp.float64),
        simulate.initial_states(structure, values, inputs),
    )
    path, shown = [states], []
    for at in range(MONTHS):
        now = jax.tree.map(lambda leaf, at=at: leaf[at], plan)
        states, series = month(states, at, now)
        path.append(states)
        shown.append(series)
    return path, shown, values


def world():
    path, _, values = coupled()
    picked = [drivers.pick(states) for states in path[:MONTHS]]
    reads = {name: np.stack([p[name] for p in picked]) for name in picked[0]}
    return drivers.Reference(MONTHS - 1, MONTHS, drivers.replay(MONTHS), reads, values)


@pytest.mark.parametrize("name", ["agriculture", "industry"])
def test_driven_by_coupled_states_a_subsystem_shows_what_it_shows_coupled(name):
    shown = coupled()[1]
    series = jax.jit(drivers.driven(name, world()))({}).series
    assert series
    for key, path in series.items():
        assert np.allclose(path, [s[key] for s in shown], rtol=1e-9, atol=1e-12), key


def test_a_shorter_world_gives_the_same_months():
    full = jax.jit(drivers.driven("industry", world()))({}).series
    part = jax.jit(drivers.driven("industry", drivers.shortened(world(), 8)))({}).series
    assert all(np.allclose(part[key], full[key][:8], rtol=1e-12) for key in full)


def test_a_parameter_moves_the_driven_subsystem():
    run = jax.jit(drivers.driven("industry", dataclasses.replace(world(), reads=world().reads)))
    base, moved = run({}).series, run({"industry.wage_drift": 0.06}).series
    key = ("living.average_wage", "USSR")
    assert not np.allclose(base[key], moved[key])


@pytest.mark.parametrize(
    ("writer", "variables"),
    [("camps", ("prisoners", "settlers", "returnees")), ("public", ("acting", "convictions"))],
)
def test_companions_do_what_people_do(writer, variables):
    path, _, values = coupled()
    params, inputs = Names("people", simulate.own(values, "people")), simulate.all_inputs()
    for at in (0, 5, MONTHS - 2):
        people, later = path[at]["people"], path[at + 1]["people"]
        found = companions.COMPANIONS[writer].step(
            people, path[at][writer], later, params, inputs["people"]
        )
        assert set(found) == set(variables)
        for name in variables:
            expected = np.asarray(getattr(later, name))
            assert np.allclose(found[name], expected, rtol=1e-6, atol=1e-9), (name, at)


def test_expected_keys_return_probabilities_rates_and_what_happened():
    keys = drivers.Expected({"onset": jnp.array([1.0, 0.0])})
    assert keys.happens("fire", 0.3) == 0.3
    assert keys.poisson("calls", 2.5) == 2.5
    assert list(keys.happens("onset", jnp.array([0.1, 0.1]))) == [1.0, 0.0]
    assert keys.normal("noise") == Keys(None).normal("noise") == 0.0


def test_the_world_knows_what_companions_read():
    assert {f"people.{name}" for name in companions.PEOPLE_READS} <= set(drivers.read_names())
    assert SimpleNamespace(**drivers.pick(coupled()[0][0]))
