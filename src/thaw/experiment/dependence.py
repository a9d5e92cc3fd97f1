"""What moves an observable: levers, the state of other subsystems, or neither.

An observable that neither moves repeats its own trend whatever is decided, so it cannot count among
what the model explains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw import reforms
from thaw.model import exogenous, parameters, simulate
from thaw.model.observation import observables

TOLERANCE = 1e-9
"""Relative difference of monthly values below which two worlds are the same."""

Monthly = dict[tuple[str, str], Float[np.ndarray, "draw month"]]
Moved = dict[tuple[str, str], dict[str, bool]]


def moved(draws: int = 8, months: int = 144, names: Sequence[str] | None = None) -> Moved:
    """Return, per observable, whether levers and whether other subsystems move it.

    Levers: history against a world in which every lever stands at its neutral value. Others: the
    world as it is against one in which all subsystems but the observable's own stay in their first
    state. ``names`` chooses the subsystems (all when absent).
    """
    structure = simulate.Structure(months, names=tuple(names or simulate.registry.NAMES))
    plan = simulate.plan_of(
        reforms.lever_paths(reforms.load_scenario("historical"), months),
        months,
        exogenous.replayed_years(draws, months),
    )
    world = _worlds(structure, draws)
    base, quiet = world(plan, ()), world(neutral(plan), ())
    alone = {
        name: world(plan, [n for n in structure.names if n != name]) for name in structure.names
    }
    return {
        key: {
            "levers": differ(base[key], quiet[key]),
            "others": differ(base[key], alone[o.subsystem][key]),
        }
        for key, o in observables().items()
        if key in base and o.subsystem in alone
    }


def neutral(plan: simulate.Plan) -> simulate.Plan:
    """Return a plan with every lever at its neutral value and nothing left to the model."""
    levers = {lever.name: lever.neutral for lever in reforms.levers()}
    value = {name: np.full_like(array, levers[name]) for name, array in plan.value.items()}
    decided = {name: np.zeros_like(array) for name, array in plan.decided.items()}
    return simulate.Plan(value, decided, plan.exogenous, plan.rain)


def differ(a: Float[np.ndarray, "..."], b: Float[np.ndarray, "..."]) -> bool:
    """Return whether two worlds show different values, beyond the relative tolerance."""
    scale = np.nanmax(np.abs(np.stack([a, b])), initial=0.0)
    both_missing = np.isnan(a) & np.isnan(b)
    close = np.abs(a - b) <= TOLERANCE * scale
    return not bool(np.all(close | both_missing))


def _worlds(
    structure: simulate.Structure, draws: int
) -> Callable[[simulate.Plan, Sequence[str]], Monthly]:
    """Return a function from a plan and frozen subsystems to series; compiled once.

    The same worlds as ``Structure(frozen=...)`` gives, but what is frozen is an array, because
    compiling each choice anew would take most of an hour.
    """
    inputs = simulate.all_inputs(structure.names)
    sample = parameters.sample_prior(0, draws)
    keys = simulate.draw_keys(0, np.arange(draws))

    def one(key: Array, params: Any, rain: Any, plan: Any, kept: dict[str, Array]) -> Any:
        def body(states: Any, slices: Any) -> tuple[Any, Any]:
            month, now = slices
            after, shown = simulate.one_month(structure, states, month, now, params, inputs, key)
            mixed = {n: _choose(kept[n], states[n], after[n]) for n in states}
            return mixed, simulate.merge(shown, structure.names, states)["series"]

        start = jax.tree.map(
            lambda leaf: jnp.asarray(leaf, jnp.float64),
            simulate.initial_states(structure, params, inputs),
        )
        full = {**plan, "exogenous": {**plan["exogenous"], **rain}}
        return jax.lax.scan(body, start, (jnp.arange(structure.months), full))[1]

    batch = jax.jit(jax.vmap(one, in_axes=(0, 0, 0, None, None)))

    def world(plan: simulate.Plan, frozen: Sequence[str]) -> Monthly:
        shared = {"value": plan.value, "decided": plan.decided, "exogenous": plan.exogenous}
        kept = {name: jnp.asarray(name in frozen) for name in structure.names}
        return jax.device_get(batch(keys, sample, plan.rain, shared, kept))

    return world


def _choose(kept: Array, old: Any, new: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(kept, a, b), old, new)
