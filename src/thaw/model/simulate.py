"""The month loop: every subsystem computes month t+1 from the frozen month t, inside one scan.

Scenarios, parameters, keys and weather are arrays, so another scenario never recompiles; only the
number of months and the chosen rivals are structure. Draws run in padded batches of fixed size, so
a draw has the same bits wherever and with whomever it runs on the same build.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from thaw.model import exogenous, menu, registry
from thaw.model.clock import LAST_MONTH
from thaw.model.packing import Packed, grouped, pack, pack_groups
from thaw.model.parameters import Sample
from thaw.model.places import BLOC_STATES
from thaw.model.programs import Program, kept_value
from thaw.model.randomness import Keys, Shapes, drawn_ahead
from thaw.model.subsystem import Emission, Levers, Names, Subsystem, View
from thaw.reforms.menu import policies

BATCH = 8
"""Draws per compiled batch: two of them, with their cohorts, stay in a processor's cache."""

States = dict[str, Any]
Trace = dict[str, dict[Any, Float[np.ndarray, "draw month"]]]
KINDS = ("series", "events", "latent")
"""Of each kind, a trace has monthly values by draw, by name."""


@dataclasses.dataclass(frozen=True)
class Structure:
    """What is compiled: the number of months, and what replaces the main mechanisms.

    ``rivals`` names the rival of some subsystems; ``frozen`` subsystems stay in their first state,
    which cuts every loop through them; ``order`` changes the order of evaluation (for tests).
    """

    months: int
    rivals: tuple[tuple[str, str], ...] = ()
    frozen: tuple[str, ...] = ()
    names: tuple[str, ...] = registry.NAMES
    order: tuple[str, ...] | None = None

    def steps(self) -> list[tuple[Subsystem, Any]]:
        """Return (subsystem, step function) in the order of evaluation."""
        chosen = dict(self.rivals)
        return [
            (
                registry.subsystems()[name],
                registry.step_of(registry.subsystems()[name], chosen.get(name)),
            )
            for name in (self.order or self.names)
        ]


@dataclasses.dataclass
class Accesses:
    """Names and random draws actually touched while a month was traced, per subsystem."""

    reads: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    levers: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    parameters: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    draws: dict[str, Shapes] = dataclasses.field(default_factory=dict)

    def of(self, name: str) -> tuple[set[str], set[str], set[str]]:
        """Return the three sets of one subsystem, made on first use."""
        return (
            self.reads.setdefault(name, set()),
            self.levers.setdefault(name, set()),
            self.parameters.setdefault(name, set()),
        )


def own(mapping: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return the entries whose name starts with ``prefix.``, without it."""
    start = prefix + "."
    return {name[len(start) :]: value for name, value in mapping.items() if name.startswith(start)}


def one_month(
    structure: Structure,
    states: States,
    month: Array,
    plan: Mapping[str, Any],
    params: Mapping[str, Array],
    inputs: Mapping[str, Any],
    key: Array | None,
    accesses: Accesses | None = None,
    drawn: Mapping[str, Mapping[str, Array]] | None = None,
) -> tuple[States, list[Emission]]:
    """Return the states of the next month and what every subsystem shows of this one.

    ``plan`` holds this month's slice of ``value`` and ``decided`` (levers) and ``exogenous``, and
    in ``menu`` the doses of the reforms that the leadership may adopt (absent: none), in
    ``happened`` the outcomes of events that are given, by subsystem and purpose. ``drawn`` holds
    this month's uniforms by subsystem and purpose where they were drawn before.
    """
    seen = accesses or Accesses()
    doses, values = plan.get("menu", 0.0), plan["value"]
    if "menu" in plan and "leadership" in states:
        values = menu.with_adopted(values, doses, states["leadership"].adopted)
    after: States = dict(states)
    shown = []
    for subsystem, step in structure.steps():
        name = subsystem.name
        reads, lever_names, parameter_names = seen.of(name)
        view = View(subsystem, states, month, plan["exogenous"], inputs[name], reads)
        levers = Levers(
            own(values, f"lever.{name}"),
            own(plan["decided"], f"lever.{name}"),
            lever_names,
            doses,
        )
        mine = Names(name, own(params, name), parameter_names)
        asked = seen.draws.setdefault(name, {})
        given = plan.get("happened", {}).get(name)
        keys = Keys.of(key, month, name, (drawn or {}).get(name), asked, given)
        following, info = step(view, levers, mine, keys)
        after[name] = states[name] if name in structure.frozen else following
        shown.append(subsystem.observe(states[name], info, mine, inputs[name]))
    return after, shown


def initial_states(
    structure: Structure, params: Mapping[str, Array], inputs: Mapping[str, Any]
) -> States:
    """Return the world of January 1953 under one draw's parameters."""
    return {
        s.name: s.init(Names(s.name, own(params, s.name)), inputs[s.name])
        for s, _ in structure.steps()
    }


def merge(emissions: Sequence[Emission], names: Sequence[str], states: States) -> dict[str, Any]:
    """Return one month's ``series``, ``events``, ``latent``; scalars of states are latent."""
    series: dict[Any, Any] = {}
    events: dict[Any, Any] = {}
    latent: dict[str, Any] = {}
    for name, emission in zip(names, emissions, strict=True):
        series.update(emission.series)
        events.update(emission.events)
        latent.update({f"{name}.{key}": value for key, value in emission.latent.items()})
        for variable, _, _ in registry.subsystems()[name].variables():
            value = getattr(states[name], variable)
            if jnp.ndim(value) == 0:
                latent[f"{name}.{variable}"] = value
    return {
        kind: {key: jnp.asarray(value, jnp.float64) for key, value in group.items()}
        for kind, group in zip(KINDS, (series, events, latent), strict=True)
    }


def run_one(
    structure: Structure,
    key: Array | None,
    params: Mapping[str, Array],
    rain: Mapping[str, Array],
    plan: Mapping[str, Any],
    inputs: Mapping[str, Any],
) -> Packed:
    """Return the trace of one draw over all months, side by side: a scan of :func:`one_month`."""
    names = [subsystem.name for subsystem, _ in structure.steps()]

    def body(states: States, slices: Any) -> tuple[States, Packed]:
        month, now, luck = slices
        after, shown = one_month(structure, states, month, now, params, inputs, key, None, luck)
        return after, pack_groups(merge(shown, names, states))

    start = jax.tree.map(
        lambda leaf: jnp.asarray(leaf, jnp.float64), initial_states(structure, params, inputs)
    )
    months = jnp.arange(structure.months)
    full = {**plan, "exogenous": {**plan["exogenous"], **rain}}
    luck = {}
    if key is not None:
        seen, first = Accesses(), jax.tree.map(lambda path: path[0], full)
        jax.eval_shape(
            lambda: one_month(structure, start, months[0], first, params, inputs, key, seen)[0]
        )
        luck = drawn_ahead(key, structure.months, seen.draws)
    return jax.lax.scan(body, start, (months, full, luck))[1]


@cache
def compiled(structure: Structure) -> Program:
    """Return the compiled batch function of a structure: draws are vmapped, the plan is shared.

    Its arguments are keys, parameters (packed) and weather by draw, then plan and inputs.
    """

    def batch(keys: Array, params: Packed, rain: Any, plan: Any, inputs: Any) -> Packed:
        return jax.vmap(
            lambda k, p, r: run_one(structure, k, p.single(), r, plan, inputs), in_axes=(0, 0, 0)
        )(keys, params, rain)

    return Program(batch, repr(structure))


@cache
def all_inputs(names: tuple[str, ...] = registry.NAMES) -> dict[str, Any]:
    """Return the static inputs of every subsystem, loaded once."""
    found = registry.subsystems()
    return kept_value(f"inputs: {names}", lambda: {name: found[name].inputs() for name in names})


@dataclasses.dataclass(frozen=True)
class Plan:
    """The arrays of one scenario: lever values, who decides, exogenous inputs, weather by draw.

    ``menu`` holds the doses of the reforms that the leadership may adopt itself (default: none),
    ``outbreaks`` the unrest abroad that is given: 1 where it began, 0 where not, not a number where
    it is left to the model (default: everywhere).
    """

    value: Mapping[str, np.ndarray]
    decided: Mapping[str, np.ndarray]
    exogenous: Mapping[str, np.ndarray]
    rain: Mapping[str, Float[np.ndarray, "draw month"]]
    menu: Float[np.ndarray, "month reform"] | None = None
    outbreaks: Float[np.ndarray, "month state"] | None = None

    def shared(self) -> dict[str, Any]:
        """Return what all draws have in common, as the compiled months take it."""
        lengths = [len(path) for path in (*self.exogenous.values(), *self.value.values())]
        months = lengths[0] if lengths else LAST_MONTH
        doses = np.zeros((months, len(policies()))) if self.menu is None else self.menu
        begun = self.outbreaks
        if begun is None:
            begun = np.full((months, len(BLOC_STATES)), np.nan)
        return {
            "value": self.value,
            "decided": self.decided,
            "exogenous": self.exogenous,
            "menu": doses,
            "happened": {"bloc": {"onset": begun}},
        }


def plan_of(paths: Any, months: int, years: np.ndarray) -> Plan:
    """Return the plan of ``thaw.reforms.lever_paths`` output over weather ``years`` by draw."""
    dated = {name: series[:months] for name, series in exogenous.monthly().items()}
    rain = exogenous.weather_paths(years, months)
    return Plan(paths.value, paths.decided, dated, rain, paths.menu)


def replayed(paths: Any, months: int, sample: Sample, seed: int) -> Trace:
    """Return the trace of lever paths over a parameter sample, under the observed weather."""
    draws = len(next(iter(sample.values())))
    plan = plan_of(paths, months, exogenous.replayed_years(draws, months))
    return simulate(Structure(months), plan, sample, seed)


def draw_keys(seed: int, draws: np.ndarray) -> Array:
    """Return one key per draw; it depends on the seed and on the draw's number only."""
    root = jax.random.key(seed)
    return jax.vmap(lambda d: jax.random.fold_in(root, d))(jnp.asarray(draws, jnp.uint32))


def simulate(
    structure: Structure,
    plan: Plan,
    params: Sample,
    seed: int,
    numbers: Int[np.ndarray, " draw"] | None = None,
    threads: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Trace:
    """Return the trace of all draws of a parameter sample under a plan.

    ``numbers`` are those of the draws, which key their random numbers (default: from 0 on).
    ``progress(done, total)`` is called after each batch.
    """
    count = len(next(iter(params.values())))
    draws = np.arange(count) if numbers is None else numbers
    function, inputs, shared = compiled(structure), all_inputs(structure.names), plan.shared()

    def batch(start: int) -> dict[str, Any]:
        chosen = np.minimum(np.arange(start, start + BATCH), count - 1)
        part = pack({name: values[chosen] for name, values in params.items()}, np)
        rain = {name: values[chosen] for name, values in plan.rain.items()}
        found = function(draw_keys(seed, draws[chosen]), part, rain, shared, inputs)
        shown = Packed(np.asarray(found.values)[: count - start], found.names)
        return grouped(shown.single(), KINDS)

    starts = range(0, count, BATCH)
    parts = []
    with ThreadPoolExecutor(max_workers=threads) as pool:
        for done, part in enumerate(pool.map(batch, starts), start=1):
            parts.append(part)
            if progress is not None:
                progress(min(done * BATCH, count), count)
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def digest(trace: Trace) -> str:
    """Return the SHA-256 of every number of a trace, in the order of names."""
    total = hashlib.sha256()
    for kind in sorted(trace):
        for name in sorted(trace[kind]):
            total.update(repr((kind, name)).encode())
            total.update(np.ascontiguousarray(trace[kind][name], dtype="<f8").tobytes())
    return total.hexdigest()
