"""Outcomes as a user names them: a series, an odds of an event, a state of the model.

``agriculture.grain_harvest``, ``agriculture.grain_harvest@Kazakh SSR``,
``event.intervention@Hungary``, ``state.backlash.pressure``; a month may follow after a colon.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from thaw import record
from thaw.errors import InputError, unknown
from thaw.experiment import executor
from thaw.experiment.anatomy import shown
from thaw.experiment.run import all_stamps
from thaw.model import registry
from thaw.model.clock import month_index, stamp
from thaw.model.observation import observables, read_off
from thaw.model.simulate import Trace

NEGLIGIBLE = 0.01
"""Share of its level below which a difference is not worth naming where nothing tells the error."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One number per draw and stamp: of a series at a place, an event at a place, or a state."""

    kind: str
    name: str
    place: str = ""

    @property
    def unit(self) -> str:
        """Unit of the values."""
        if self.kind == "series":
            return observables()[self.name, self.place].unit
        return "probability" if self.kind == "event" else (self._declared()[0] or "state")

    @property
    def title(self) -> str:
        """What it is, in words."""
        if self.kind == "series":
            rows = record.series(self.name)
            words = str(rows["title"].iloc[0])
        elif self.kind == "event":
            words = f"{self.name.replace('_', ' ').capitalize()} by then"
        else:
            words = self._declared()[1] or self.name.split(".")[1].replace("_", " ")
        return words if self.place in ("", "USSR", "World") else f"{words}, {self.place}"

    @property
    def subsystem(self) -> str:
        """The subsystem that owns it; empty for events."""
        if self.kind == "series":
            return observables()[self.name, self.place].subsystem
        return self.name.split(".")[0] if self.kind == "state" else ""

    def _declared(self) -> tuple[str, str]:
        """Return unit and meaning of a state that its subsystem declares; empty for others."""
        owner, _, variable = self.name.partition(".")
        declared = registry.subsystems()[owner].variables()
        return next(((unit, words) for name, unit, words in declared if name == variable), ("", ""))

    @property
    def label(self) -> str:
        """The name under which results stand in files: without the place."""
        return self.name if self.kind == "series" else f"{self.kind}.{self.name}"

    def stamps(self, months: int) -> list[int]:
        """Return the months with values: the series' stamps; Decembers for events and states."""
        if self.kind == "series":
            return [m for m in all_stamps(observables()[self.name, self.place], months) if m >= 0]
        return sorted({*range(11, months, 12), months - 1})

    def stamps_since(self, since: int, months: int, after: Sequence[int] = ()) -> list[int]:
        """Return the stamps from ``since`` on, and months ``after`` it where any month may be."""
        anywhere = self.kind != "series" or observables()[self.name, self.place].monthly
        extra = [since + number for number in after] if anywhere else []
        return [at for at in sorted({*self.stamps(months), *extra}) if since <= at < months]

    def read(self, trace: Trace, at: int) -> Float[np.ndarray, " draw"]:
        """Return the values at a month; for an event whether it has happened by then (0 or 1)."""
        if self.kind == "series":
            observable = observables()[self.name, self.place]
            return read_off(observable, trace["series"][observable.key], at)
        if self.kind == "event":
            counts = trace["events"][self.name, self.place][:, : at + 1]
            return (counts > 0).any(axis=1).astype(float)
        return trace["latent"][self.name][:, at]

    def least(self, level: float) -> float:
        """Return the smallest difference worth naming where the outcome stands at ``level``.

        That is the error with which the record reads the series; one hundredth of the level for
        counts, events and states, which have no such error.
        """
        level = abs(level) if np.isfinite(level) else 0.0
        observable = observables()[self.name, self.place] if self.kind == "series" else None
        if observable is None or observable.error_scale == "exact":
            return NEGLIGIBLE * level
        return observable.error_sd * (level if observable.error_scale == "log" else 1.0)

    def checked(self, at: str, months: int) -> int:
        """Return the index of a month given as YYYY-MM; raise InputError where no value stands."""
        index = month_index(at)
        allowed = self.stamps(months)
        anywhere = self.kind != "series" or observables()[self.name, self.place].monthly
        if (anywhere and 0 <= index < months) or index in allowed:
            return index
        shown = f"{stamp(allowed[0])} ... {stamp(allowed[-1])}" if allowed else "none in this run"
        raise InputError(f"{self.label} has no value in {at}; its stamps: {shown}")


def outcomes(text: str) -> list[Outcome]:
    """Return the outcomes that a text names: all places where it names none.

    Raises InputError for unknown names and places.
    """
    name, _, place = text.partition("@")
    kind, _, rest = name.partition(".")
    if kind not in ("event", "state"):
        return _placed("series", name, place, list(observables()))
    if kind == "event":
        return _placed("event", rest, place, list(shown()["events"]))
    states = shown()["latent"]
    if rest not in states or place:
        raise unknown("state", text.removeprefix("state."), states)
    return [Outcome("state", rest)]


def _placed(kind: str, name: str, place: str, known: list[tuple[str, str]]) -> list[Outcome]:
    places = [where for found, where in known if found == name]
    if not places:
        raise unknown("outcome", name, {found for found, _ in known})
    if place and place not in places:
        raise unknown(f"place of {name}", place, places)
    return [Outcome(kind, name, where) for where in places if place in ("", where)]


def observed() -> list[Outcome]:
    """Return every observable of the model as an outcome."""
    return [Outcome("series", *key) for key in observables()]


def single(text: str) -> tuple[Outcome, str | None]:
    """Return the one outcome that a text names, and its month if a colon and a month follow.

    Raises InputError when several places fit.
    """
    name, _, month = text.partition(":")
    found = outcomes(name)
    if len(found) > 1:
        places = ", ".join(outcome.place for outcome in found)
        raise InputError(
            f"'{name}' has several places; name one, as in {name}@{found[0].place}; "
            f"allowed: {places}"
        )
    return found[0], month or None


@dataclasses.dataclass(frozen=True)
class Reading:
    """Work on a task: simulate it and keep only some outcomes at some months."""

    outcomes: tuple[Outcome, ...]
    months: tuple[int, ...]

    def __call__(self, task: executor.Task) -> dict[Outcome, Float[np.ndarray, "draw month"]]:
        """Return the values of every outcome, NaN at months that it does not have."""
        trace = executor.trace_block(task)
        return {outcome: self._read(outcome, trace, task) for outcome in self.outcomes}

    def _read(
        self, outcome: Outcome, trace: Trace, task: executor.Task
    ) -> Float[np.ndarray, "draw month"]:
        asked, regular = self.months, set(outcome.stamps(task.settings.months))
        missing = np.full(task.draws, np.nan)
        columns = [
            outcome.read(trace, at) if len(asked) == 1 or at in regular else missing for at in asked
        ]
        return np.stack(columns, axis=1)
