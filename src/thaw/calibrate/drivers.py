"""One subsystem driven by a reference world: what the fit runs, differentiable in its parameters.

The other subsystems stand on a reference trajectory of the coupled model in replay, so information
flows into the fitted subsystem and not back (cut; Plummer 2015). Random events are replaced by
their expectations, and, where the record holds the event, by what happened.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from thaw import reforms
from thaw.calibrate import companions
from thaw.model import exogenous, parameters, registry, simulate
from thaw.model.clock import LAST_MONTH
from thaw.model.randomness import Keys
from thaw.model.subsystem import Levers, Names, View

LUCKS = 16
"""Random streams over which the reference trajectory is averaged."""

Numbers = Mapping[str, Any]
Happened = Mapping[str, Any]
"""Recorded outcomes by purpose, month first: they replace the random event of that purpose."""


class Expected(Keys):
    """Keys of the mean path: events have their probability, counts their rate, noise is 0.

    ``happened`` fixes the events of some purposes at what the record says of this month.
    """

    def __init__(self, happened: Mapping[str, Array] | None = None) -> None:
        super().__init__(None, happened=happened)

    def happens(self, purpose: str, probability: Float[ArrayLike, "..."]) -> Array:
        """Return the recorded outcome of ``purpose``, else the probability itself."""
        return jnp.asarray(self._happened.get(purpose, probability), jnp.float64)

    def poisson(self, purpose: str, rate: Float[ArrayLike, "..."]) -> Array:
        """Return the rate: the expected count."""
        return jnp.maximum(jnp.asarray(rate, jnp.float64), 0.0)


@dataclasses.dataclass(frozen=True)
class Reference:
    """The world that drives a fit: what others show by month, plan and the values behind it.

    ``until`` is the number of months whose recorded values are fitted, ``months`` that of the
    paths: one more where inputs reach, because year-end stocks are read there. ``reads`` maps
    ``subsystem.variable`` to its path (month first).
    """

    until: int
    months: int
    plan: Mapping[str, Mapping[str, np.ndarray]]
    reads: Mapping[str, np.ndarray]
    values: Mapping[str, float]


class Driven(NamedTuple):
    """What a driven subsystem shows: series by (id, place), and watched variables, by month."""

    series: dict[tuple[str, str], Float[Array, " month"]]
    watched: dict[str, Float[Array, "month ..."]]


def replay(months: int) -> dict[str, dict[str, np.ndarray]]:
    """Return levers and exogenous inputs of the historical scenario in replay, month first."""
    paths = reforms.lever_paths(reforms.load_scenario("historical"), months)
    plan = simulate.plan_of(paths, months, exogenous.replayed_years(1, months))
    rain = {name: path[0] for name, path in plan.rain.items()}
    return {
        "value": dict(plan.value),
        "decided": dict(plan.decided),
        "exogenous": {**plan.exogenous, **rain},
    }


def read_names() -> tuple[str, ...]:
    """Return every variable that some subsystem or companion reads, as ``subsystem.variable``."""
    declared = {r for s in registry.subsystems().values() for r in s.reads}
    extra = {f"people.{name}" for name in companions.PEOPLE_READS}
    return tuple(sorted({r for r in declared if not r.startswith("exogenous.")} | extra))


@cache
def _recorder(months: int) -> Callable[..., dict[str, Array]]:
    structure = simulate.Structure(months)

    def one(key: Array, params: Numbers, plan: Any, inputs: Any) -> dict[str, Array]:
        def body(states: Any, slices: Any) -> tuple[Any, dict[str, Array]]:
            month, now = slices
            after, _ = simulate.one_month(structure, states, month, now, params, inputs, key)
            return after, pick(states)

        start = simulate.initial_states(structure, params, inputs)
        start = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), start)
        return jax.lax.scan(body, start, (jnp.arange(months), plan))[1]

    return jax.jit(jax.vmap(one, in_axes=(0, None, None, None)))


def pick(states: Mapping[str, Any]) -> dict[str, Array]:
    """Return the variables that others read, by ``subsystem.variable``."""
    return {name: getattr(states[name.split(".")[0]], name.split(".")[1]) for name in read_names()}


def trajectory(months: int, values: Numbers, draws: np.ndarray, seed: int = 0) -> Any:
    """Return the read variables of the coupled model, draw first, then month."""
    keys, inputs = simulate.draw_keys(seed, draws), simulate.all_inputs()
    plan = jax.tree.map(jnp.asarray, replay(months))
    params = {name: jnp.asarray(value, jnp.float64) for name, value in values.items()}
    return jax.device_get(_recorder(months)(keys, params, plan, inputs))


def reference(until: int, fitted: Mapping[str, float] | None = None, seed: int = 0) -> Reference:
    """Return the mean world of ``LUCKS`` random streams at the prior modes.

    ``fitted`` puts the posterior means of subsystems that were fitted before in their place.
    """
    months = min(until + 1, LAST_MONTH)
    values = {name: float(v[0]) for name, v in parameters.modes().items()} | dict(fitted or {})
    paths = trajectory(months, values, np.arange(LUCKS), seed)
    mean = {name: path.mean(axis=0) for name, path in paths.items()}
    return Reference(until, months, replay(months), mean, values)


def shortened(world: Reference, months: int) -> Reference:
    """Return the first months of a reference world."""
    plan = {kind: {k: v[:months] for k, v in each.items()} for kind, each in world.plan.items()}
    reads = {key: path[:months] for key, path in world.reads.items()}
    return dataclasses.replace(world, months=months, plan=plan, reads=reads)


def driven(
    name: str,
    world: Reference,
    happened: Happened | None = None,
    watch: Callable[[Any, Any], dict[str, Array]] | None = None,
) -> Callable[[Numbers], Driven]:
    """Return the map from parameters (by full name) to what subsystem ``name`` shows.

    Parameters that are not given stand at the reference's values. ``happened`` holds recorded
    events by purpose; ``watch(state, info)`` names further variables to keep.
    """
    subsystem, inputs = registry.subsystems()[name], simulate.all_inputs()
    companion = companions.COMPANIONS.get(name)
    months = world.months
    reads = {key: jnp.asarray(path) for key, path in world.reads.items()}
    later = {key: jnp.concatenate([path[1:], path[-1:]]) for key, path in reads.items()}
    given = {key: jnp.asarray(path) for key, path in (happened or {}).items()}
    slices = (jnp.arange(months), jax.tree.map(jnp.asarray, world.plan), (reads, later), given)

    def run(changed: Numbers) -> Driven:
        everything = {**world.values, **changed}
        params = {n: Names(n, simulate.own(everything, n)) for n in (name, "people")}

        def body(carry: Any, now: Any) -> tuple[Any, Any]:
            month, plan, (frozen, following), events = now
            own, beside = carry
            others = _world(frozen)
            if companion is not None:
                vars(others["people"]).update(beside)
            others[name] = own
            view = View(subsystem, others, month, plan["exogenous"], inputs[name], set())
            levers = Levers(
                simulate.own(plan["value"], f"lever.{name}"),
                simulate.own(plan["decided"], f"lever.{name}"),
                set(),
            )
            after, info = subsystem.step(view, levers, params[name], Expected(events))
            if companion is not None:
                beside = companion.step(
                    others["people"], own, _world(following)["people"], params["people"],
                    inputs["people"],
                )  # fmt: skip
            shown = subsystem.observe(own, info, params[name], inputs[name])
            kept = watch(own, info) if watch is not None else {}
            return (after, beside), (dict(shown.series), kept)

        first = _world({key: path[0] for key, path in reads.items()})["people"]
        beside = companion.start(first) if companion is not None else {}
        start = (subsystem.init(params[name], inputs[name]), beside)
        start = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), start)
        series, watched = jax.lax.scan(body, start, slices)[1]
        return Driven(series, watched)

    return run


def _world(reads: Mapping[str, Array]) -> dict[str, Any]:
    states: dict[str, Any] = {}
    for key, value in reads.items():
        owner, variable = key.split(".")
        setattr(states.setdefault(owner, SimpleNamespace()), variable, value)
    return states
