"""What a subsystem is: a state with declared variables, two pure functions, and what it shows.

A subsystem reads only the frozen world of month t through a :class:`View` that refuses everything
it did not declare, moves only by its own levers and parameters, and returns its own next state.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from thaw.model.randomness import Keys


def variable(unit: str, meaning: str) -> Any:
    """Declare a state variable with its unit and one sentence of meaning."""
    return eqx.field(metadata={"unit": unit, "meaning": meaning})


class Names:
    """Read-only named values that remember which names were asked for.

    Used for parameters, levers, exogenous inputs and frozen states: asking for a name that is not
    there is a programming error and raises AttributeError.
    """

    def __init__(self, owner: str, values: Mapping[str, Any], seen: set[str] | None = None) -> None:
        self._owner, self._values = owner, values
        self._seen = seen if seen is not None else set()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._values:
            raise AttributeError(f"{self._owner} has no '{name}' here: not declared or not known")
        self._seen.add(f"{self._owner}.{name}")
        return self._values[name]


class Levers:
    """The levers of one subsystem in one month: planned value, and whether the model decides."""

    def __init__(
        self,
        values: Mapping[str, Array],
        decided: Mapping[str, Array],
        seen: set[str],
        doses: ArrayLike = 0.0,
    ) -> None:
        self._values, self._decided, self._seen = values, decided, seen
        self._doses = jnp.asarray(doses, jnp.float64)

    def value(self, name: str) -> Float[Array, "..."]:
        """Return the value of lever ``name`` this month (shape () or one per target)."""
        self._seen.add(name)
        return self._values[name]

    def decided(self, name: str) -> Float[Array, "..."]:
        """Return 1.0 where the model decides this lever's response rows, else 0.0."""
        self._seen.add(name)
        return self._decided[name]

    def menu(self) -> Float[Array, "..."]:
        """Return the dose at which each reform may be adopted by the model, 0 where it may not.

        The order is that of ``thaw.reforms.menu.policies``; a plain 0 where there is no menu.
        """
        return self._doses


class View:
    """The frozen world of month t as one subsystem may see it.

    ``view.month`` is the month index, ``view.calendar`` the calendar month 0-11, ``view.own`` the
    subsystem's own state, ``view.inputs`` its static inputs, ``view.exogenous.<name>`` this month's
    exogenous values, and ``view.<subsystem>.<variable>`` what it declared in ``reads``.
    """

    def __init__(
        self,
        subsystem: Subsystem,
        states: Mapping[str, Any],
        month: Array,
        exogenous: Mapping[str, Array],
        inputs: Any,
        seen: set[str],
    ) -> None:
        self.own = states[subsystem.name]
        self.month, self.calendar = month, month % 12
        self.inputs = inputs
        self.exogenous = Names("exogenous", exogenous, seen)
        allowed: dict[str, dict[str, Any]] = {}
        for read in subsystem.reads:
            owner, name = read.split(".")
            if owner != "exogenous":
                allowed.setdefault(owner, {})[name] = getattr(states[owner], name)
        self._others = {owner: Names(owner, names, seen) for owner, names in allowed.items()}

    def __getattr__(self, owner: str) -> Names:
        others = self.__dict__.get("_others", {})
        if owner not in others:
            raise AttributeError(f"'{owner}' is not among the declared reads of this subsystem")
        return others[owner]


@dataclasses.dataclass(frozen=True)
class Emission:
    """What one subsystem shows in one month.

    ``series`` maps (series id, place) to the monthly value: the stock at the start of the month, or
    the flow during it. ``events`` maps (family, place) to the number of events in the month.
    ``latent`` maps names to scalars worth looking at.
    """

    series: Mapping[tuple[str, str], Float[ArrayLike, ""]] = dataclasses.field(default_factory=dict)
    events: Mapping[tuple[str, str], Float[ArrayLike, ""]] = dataclasses.field(default_factory=dict)
    latent: Mapping[str, Float[ArrayLike, ""]] = dataclasses.field(default_factory=dict)


Init = Callable[[Any, Any], Any]
Step = Callable[[View, Levers, Any, Keys], tuple[Any, Any]]
Observe = Callable[[Any, Any, Any, Any], Emission]


@dataclasses.dataclass(frozen=True)
class Subsystem:
    """One mechanism of the model.

    ``init(params, inputs) -> State``; ``step(view, levers, params, keys) -> (State, Info)``;
    ``observe(state, info, params, inputs) -> Emission`` where ``state`` is the frozen state of the
    month and ``info`` what ``step`` returned beside the next state. ``inputs()`` loads the static
    inputs from the record once. ``rivals`` maps a name to another ``step`` on the same State.
    """

    name: str
    title: str
    state: type[eqx.Module]
    reads: tuple[str, ...]
    init: Init
    step: Step
    observe: Observe
    inputs: Callable[[], Any] = lambda: None
    rivals: Mapping[str, Step] = dataclasses.field(default_factory=dict)

    def variables(self) -> list[tuple[str, str, str]]:
        """Return (name, unit, meaning) of every state variable."""
        return [
            (field.name, field.metadata.get("unit", ""), field.metadata.get("meaning", ""))
            for field in dataclasses.fields(self.state)
        ]
