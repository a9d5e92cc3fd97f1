"""What one month of the model shows and touches, found by tracing it without computing it."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp

from thaw import reforms
from thaw.model import exogenous, parameters, registry, simulate


@cache
def shown() -> dict[str, Any]:
    """Return the names of all series, events and latent states, by tracing one month unrun."""
    return anatomy(simulate.Structure(2), simulate.Accesses())


def anatomy(structure: simulate.Structure, seen: simulate.Accesses) -> dict[str, Any]:
    """Trace one month without computing it; return what it shows, note in ``seen`` what it used.

    All subsystems begin; those of the structure's order make their step.
    """
    sample = {name: jnp.asarray(v[0]) for name, v in parameters.modes().items()}
    paths = reforms.lever_paths(reforms.load_scenario("historical"), 1)
    outside = {**exogenous.monthly(), **exogenous.weather()}
    plan = {
        "value": {name: jnp.asarray(v[0]) for name, v in paths.value.items()},
        "decided": {name: jnp.asarray(v[0]) for name, v in paths.decided.items()},
        "exogenous": {name: jnp.asarray(v[0]) for name, v in outside.items()},
    }
    inputs = simulate.all_inputs()
    names = [subsystem.name for subsystem, _ in structure.steps()]

    def month(params: Any) -> dict[str, Any]:
        states = {
            name: subsystem.init(_own(name, params, seen), inputs[name])
            for name, subsystem in registry.subsystems().items()
        }
        key, at = jax.random.key(0), jnp.asarray(3)
        _, emitted = simulate.one_month(structure, states, at, plan, params, inputs, key, seen)
        return simulate.merge(emitted, names, states)

    return jax.eval_shape(month, sample)


def _own(name: str, params: Any, seen: simulate.Accesses) -> simulate.Names:
    return simulate.Names(name, simulate.own(params, name), seen.of(name)[2])


def parameters_used(rivals: tuple[tuple[str, str], ...], asked: tuple[str, ...] = ()) -> set[str]:
    """Return the parameters that a world with some rivals reads.

    ``asked`` are further rivals ("camps.line_only") whose step alone counts.
    """
    seen = simulate.Accesses()
    anatomy(simulate.Structure(2, rivals), seen)
    for text in asked:
        name, _, rival = text.partition(".")
        anatomy(simulate.Structure(2, ((name, rival),), order=(name,)), seen)
    return {name for names in seen.parameters.values() for name in names}
