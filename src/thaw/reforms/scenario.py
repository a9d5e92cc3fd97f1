"""A scenario: a window of months, a mode, and how its reforms differ from history."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from thaw.errors import InputError, near_match
from thaw.reforms.changes import Change, SetValue, checked_change, checked_set
from thaw.reforms.dates import month_index
from thaw.reforms.messages import shown
from thaw.reforms.tables import find_lever, reform
from thaw.reforms.values import first_difference

Mode = Literal["replay", "do", "endogenous"]
MODES = ("replay", "do", "endogenous")
START = "1953-01"
ROOT = "historical"


def checked_mode(mode: object, where: str) -> Mode:
    """Return ``mode``; anything but replay, do, endogenous raises InputError."""
    if mode not in MODES:
        hint = near_match(mode, MODES) if isinstance(mode, str) else ""
        raise InputError(f"{where} is {shown(mode)}{hint}, allowed: {', '.join(MODES)}")
    return mode  # type: ignore[return-value]


def mode_after(mode: Mode, changes: Mapping[str, Change], settings: Mapping[str, SetValue]) -> Mode:
    """Return ``do`` in place of ``replay`` once a reform or a lever differs from history."""
    moved = any(change.table() for change in changes.values())
    moved = moved or any(key.startswith("lever.") for key in settings)
    return "do" if moved and mode == "replay" else mode


class Scenario(BaseModel):
    """History or a world that differs from it; every method returns a new scenario.

    ``changes`` maps reform ids to their changes against history, ``set_values`` parameters or
    levers to values. A change of reforms or levers turns mode ``replay`` into ``do``: responses to
    events are then left to the model from the first changed month on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    base: str | None = None
    start: Literal["1953-01"] = "1953-01"
    end: str = "1964-12"
    mode: Mode = "replay"
    changes: dict[str, Change] = {}
    set_values: dict[str, SetValue] = {}

    @property
    def months(self) -> int:
        """Return the number of months from January 1953 to the end, inclusive."""
        return month_index(self.end, "end") + 1

    def without(self, name: str) -> Scenario:
        """Leave a reform out; a response is then left to the model."""
        return self._changed(name, {"off": True}, fresh=True)

    def shift(self, name: str, months: int) -> Scenario:
        """Move every date of a reform by whole months (-120 to 120)."""
        return self._changed(name, {"shift": months})

    def dose(self, name: str, dose: float) -> Scenario:
        """Scale a reform (0 to 3; decisions 0 or 1): neutral + dose * (value - neutral)."""
        return self._changed(name, {"dose": dose})

    def force(self, name: str, value: str) -> Scenario:
        """Fix a decision (a row of kind response), for example ``accept`` or ``keep``.

        Rows that move switches or numbers take ``yes`` (as in history) or ``no`` (it does not
        happen and the model does not decide it).
        """
        return self._changed(name, {"force": value})

    def set(self, key: str, value: SetValue) -> Scenario:
        """Set a parameter, a rival, a lever (constant over the run) or ``endogenous_from``."""
        checked, number = checked_set(key, value, "set")
        settings = {**self.set_values, checked: number}
        return self._copy(f"set {checked} = {number}", self.changes, settings)

    def until(self, end: str) -> Scenario:
        """End in month ``YYYY-MM``, from 1953-02 to 1970-12."""
        month_index(end, "until")
        return self.model_copy(update={"end": end})

    def with_mode(self, mode: str) -> Scenario:
        """Run in mode ``replay``, ``do`` or ``endogenous``."""
        return self.model_copy(update={"mode": checked_mode(mode, "mode")})

    def _changed(self, name: str, values: dict[str, object], fresh: bool = False) -> Scenario:
        found = reform(name)
        old = {} if fresh else self.changes.get(found.id, Change()).table()
        change = checked_change(found, {**old, **values}, f"reform {found.slug}")
        changes = {key: other for key, other in self.changes.items() if key != found.id}
        if change.table():
            changes[found.id] = change
        if changes == self.changes:
            return self
        phrase = f"{found.slug} {change.describe()}"
        return self._copy(phrase, dict(sorted(changes.items())), self.set_values)

    def _copy(self, phrase: str, changes: Mapping, settings: Mapping) -> Scenario:
        update = {
            "name": self.name.removesuffix("_changed") + "_changed",
            "title": f"{self.title}; {phrase}",
            "mode": mode_after(self.mode, changes, settings),
            "changes": changes,
            "set_values": settings,
        }
        return self.model_copy(update=update)

    def first_changed_month(self, base: Scenario | None = None) -> int | None:
        """Return the first month index (0 = 1953-01) that differs from ``base`` (history).

        None where levers and decisions are the same throughout.
        """
        theirs = (base.changes, base.set_values) if base else (None, None)
        return first_difference(self.changes, self.set_values, *theirs)

    def settings(self) -> dict[str, SetValue]:
        """Return the parameters and rivals of ``[set]``, without levers and modes."""
        return {
            key: value
            for key, value in self.set_values.items()
            if not key.startswith("lever.") and key != "endogenous_from"
        }

    def table(self) -> dict[str, object]:
        """Return the whole scenario against history, in the layout of a scenario file."""
        return {
            "name": self.name,
            "title": self.title,
            "base": ROOT,
            "start": self.start,
            "end": self.end,
            "mode": self.mode,
            "change": {reform(key).slug: change.table() for key, change in self.changes.items()},
            "set": dict(self.set_values),
        }

    def hash(self) -> str:
        """Return the sha256 of what the scenario does; name, title and base do not count."""
        whole = self.table()
        content = {key: whole[key] for key in ("start", "end", "mode", "change", "set")}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def diff(self, other: Scenario) -> list[str]:
        """Return one line for each difference, as ``what: here -> there``."""
        pairs = [
            (key, str(getattr(self, key)), str(getattr(other, key))) for key in ("end", "mode")
        ]
        for key in sorted(self.changes.keys() | other.changes.keys()):
            ours, theirs = (side.changes.get(key, Change()) for side in (self, other))
            pairs.append((f"{key} {reform(key).slug}", ours.describe(), theirs.describe()))
        for key in sorted(self.set_values.keys() | other.set_values.keys()):
            ours_set, theirs_set = (side.set_values.get(key, "unset") for side in (self, other))
            pairs.append((key, str(ours_set), str(theirs_set)))
        return [f"{what}: {here} -> {there}" for what, here, there in pairs if here != there]

    def describe(self) -> str:
        """Return the scenario in words, one line for each change."""
        lines = [f"{self.name}: {self.title}", f"{self.start} to {self.end}, mode {self.mode}"]
        for key, change in self.changes.items():
            lines.append(f"  {key} {reform(key).slug}: {change.describe()}")
        lines += [f"  set {key} = {value}" for key, value in self.set_values.items()]
        return "\n".join(lines)


def waits_for(scenario: Scenario, available: set[str]) -> list[str]:
    """Return the subsystems whose levers the scenario changes and that are not ``available``."""
    touched = {
        find_lever(move.lever).subsystem for key in scenario.changes for move in reform(key).moves
    }
    keys = [key.removeprefix("lever.") for key in scenario.set_values if "." in key]
    return sorted((touched | {key.split(".")[0] for key in keys}) - available)


def unknown_set_keys(scenario: Scenario, allowed: set[str]) -> list[str]:
    """Return the parameter keys of ``[set]`` that are not among the model's ``allowed`` names.

    Levers and ``endogenous_from`` are checked when they are set and never listed.
    """
    return sorted(scenario.settings().keys() - allowed)
