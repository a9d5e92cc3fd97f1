from types import SimpleNamespace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float

from thaw.experiment import dependence
from thaw.model import registry, simulate
from thaw.model.subsystem import Emission, Subsystem, variable


class Level(eqx.Module):
    level: Float[Array, ""] = variable("1", "a level")


def toy(name, change, reads=()):
    """Return a subsystem with one level, shown as the series ``toy.<name>``."""

    def step(view, levers, params, keys):
        return Level(change(view, levers, view.own.level)), None

    def observe(state, info, params, inputs):
        return Emission(series={(f"toy.{name}", "USSR"): state.level})

    return Subsystem(name, name, Level, reads, lambda p, i: Level(jnp.asarray(1.0)), step, observe)


TOYS = {
    "camps": toy("camps", lambda view, levers, x: x + levers.value("amnesty_total")),
    "public": toy(
        "public", lambda view, levers, x: 0.9 * x + 0.1 * view.camps.level, ("camps.level",)
    ),
    "legacy": toy("legacy", lambda view, levers, x: 1.01 * x),
}


@pytest.fixture
def toys(monkeypatch):
    monkeypatch.setattr(registry, "subsystems", lambda: TOYS)
    shown = {(f"toy.{n}", "USSR"): SimpleNamespace(subsystem=n) for n in TOYS}
    monkeypatch.setattr(dependence, "observables", lambda: shown)
    simulate.all_inputs.cache_clear()
    yield
    simulate.all_inputs.cache_clear()


def test_levers_others_and_neither(toys):
    found = dependence.moved(draws=2, months=24, names=tuple(TOYS))
    assert found == {
        ("toy.camps", "USSR"): {"levers": True, "others": False},
        ("toy.public", "USSR"): {"levers": True, "others": True},
        ("toy.legacy", "USSR"): {"levers": False, "others": False},
    }


def test_differences_within_tolerance_and_shared_gaps_are_none():
    a = np.array([[1.0, np.nan, 1e6]])
    assert not dependence.differ(a, a * (1.0 + 1e-12))
    assert dependence.differ(a, a * (1.0 + 1e-6))
    assert dependence.differ(a, np.array([[1.0, 2.0, 1e6]]))
    assert not dependence.differ(np.zeros((2, 3)), np.zeros((2, 3)))
