"""One compiled world in which rivals, frozen subsystems and cut couplings are data.

The same worlds as ``simulate.Structure(rivals=..., frozen=...)`` gives; but each choice of
structure compiles anew, and the documents compare about two hundred of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from thaw import reforms
from thaw.model import exogenous, parameters, registry, simulate

MONTHS = 193
"""January 1953 to December 1968, and the month after, in which year-end stocks are read."""
DRAWS = 16
"""Draws of a variant, which run as one batch."""


@dataclass(frozen=True)
class Variant:
    """What differs from the main model.

    ``rivals`` maps a subsystem to one of its rivals; ``frozen`` subsystems stay in their first
    state; ``cut`` lists (reader, "owner.variable"): the reader sees that variable as it was in
    January 1953.
    """

    rivals: Mapping[str, str] = field(default_factory=dict)
    frozen: Sequence[str] = ()
    cut: Sequence[tuple[str, str]] = ()


def couplings() -> list[tuple[str, str]]:
    """Return every declared coupling as (reader, "owner.variable"), without exogenous inputs."""
    return [
        (name, read)
        for name, subsystem in registry.subsystems().items()
        for read in subsystem.reads
        if not read.startswith("exogenous.")
    ]


class Laboratory:
    """Sixteen prior draws of the whole model, run again and again under variants and reforms."""

    def __init__(self, months: int = MONTHS, seed: int = 0) -> None:
        self.months, self.seed = months, seed
        self._draws = np.arange(DRAWS)

    def run(
        self,
        scenario: reforms.Scenario | None = None,
        variant: Variant | None = None,
        decided_from: int | None = None,
        sample: parameters.Sample | None = None,
        first_draw: int = 0,
    ) -> simulate.Trace:
        """Return the monthly trace of a scenario (history if None) under a variant.

        In a scenario of mode ``do`` the model decides responses from month ``decided_from`` on.
        ``sample`` (the prior if None) holds the parameters of draws from ``first_draw`` on.
        """
        chosen = scenario or reforms.load_scenario("historical")
        paths = reforms.lever_paths(chosen, self.months, decided_from)
        plan = simulate.plan_of(paths, self.months, exogenous.replayed_years(DRAWS, self.months))
        shared = {"value": plan.value, "decided": plan.decided, "exogenous": plan.exogenous}
        keys = simulate.draw_keys(self.seed, self._draws + first_draw)
        params = sample or parameters.sample_prior(self.seed, DRAWS)
        choice = chosen_arrays(variant or Variant())
        return jax.device_get(self._batch(keys, params, plan.rain, shared, choice))

    @cached_property
    def _batch(self) -> Any:
        one = _world(self.months, simulate.all_inputs())
        return jax.jit(jax.vmap(one, in_axes=(0, 0, 0, None, None)))


@cache
def laboratory() -> Laboratory:
    """Return the laboratory that all pages of one command share, so that it compiles once."""
    return Laboratory()


def chosen_arrays(variant: Variant) -> dict[str, dict[str, np.ndarray]]:
    """Return a variant as arrays: number of the step, frozen or not, cut or not."""
    numbers = {
        name: ["main", *subsystem.rivals].index(variant.rivals.get(name, "main"))
        for name, subsystem in registry.subsystems().items()
    }
    wanted = set(variant.cut)
    return {
        "step": {name: np.asarray(number) for name, number in numbers.items()},
        "frozen": {name: np.asarray(name in variant.frozen) for name in registry.NAMES},
        "cut": {_edge(*pair): np.asarray(pair in wanted) for pair in couplings()},
    }


def _edge(reader: str, read: str) -> str:
    return f"{reader} < {read}"


def _world(months: int, inputs: Mapping[str, Any]) -> Any:
    """Return the function of one draw: keys, parameters, rain, plan and choice to a trace."""

    def one(key: Array, params: Any, rain: Any, plan: Any, choice: Any) -> dict[str, Any]:
        start = simulate.initial_states(simulate.Structure(months), params, inputs)
        start = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), start)

        def body(states: Any, slices: Any) -> tuple[Any, dict[str, Any]]:
            month, now = slices
            after: dict[str, Any] = {}
            shown: dict[str, dict[Any, Array]] = {"series": {}, "events": {}, "latent": {}}
            for name in registry.NAMES:
                seen = _as_heard(name, states, start, choice["cut"])
                steps = [
                    _step(months, name, rival, seen, month, now, params, inputs, key)
                    for rival in ("main", *registry.subsystems()[name].rivals)
                ]
                moved, mine = jax.lax.switch(choice["step"][name], steps)
                after[name] = _choose(choice["frozen"][name], states[name], moved)
                for kind, values in mine.items():
                    shown[kind].update(values)
            return after, shown

        full = {**plan, "exogenous": {**plan["exogenous"], **rain}}
        return jax.lax.scan(body, start, (jnp.arange(months), full))[1]

    return one


def _step(
    months: int,
    name: str,
    rival: str,
    seen: Any,
    month: Array,
    now: Any,
    params: Any,
    inputs: Any,
    key: Array,
) -> Any:
    """Return a function without arguments: one month of one subsystem by one of its steps."""
    structure = simulate.Structure(months, rivals=((name, rival),), names=(name,))

    def step() -> tuple[Any, dict[str, Any]]:
        after, shown = simulate.one_month(structure, seen, month, now, params, inputs, key)
        moved = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), after[name])
        return moved, simulate.merge(shown, (name,), seen)

    return step


def _as_heard(name: str, states: Any, start: Any, cut: Mapping[str, Array]) -> dict[str, Any]:
    """Return the states as one subsystem sees them: cut variables stand as in January 1953."""
    seen: dict[str, Any] = {name: states[name]}
    for reader, read in couplings():
        if reader != name:
            continue
        owner, variable = read.split(".")
        value = jnp.where(
            cut[_edge(reader, read)],
            getattr(start[owner], variable),
            getattr(states[owner], variable),
        )
        setattr(seen.setdefault(owner, SimpleNamespace()), variable, value)
    return seen


def _choose(kept: Array, old: Any, new: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(kept, a, b), old, new)
