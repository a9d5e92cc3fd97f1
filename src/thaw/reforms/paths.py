"""From a scenario to arrays: what each lever says in each month, and what the model decides.

This is all that the model sees of reforms. Shapes depend on the number of months only.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from thaw.errors import InputError
from thaw.reforms.changes import Change
from thaw.reforms.dates import HORIZON, month_index
from thaw.reforms.menu import open_doses
from thaw.reforms.objects import Reform
from thaw.reforms.shapes import first_month
from thaw.reforms.tables import reforms
from thaw.reforms.values import (
    Arrays,
    Changes,
    change_of,
    decisions_fixed,
    first_difference,
    lever_values,
)

if TYPE_CHECKING:
    from thaw.reforms.scenario import Scenario

ENDOGENOUS_FROM = "1953-04"
"""Month from which the leadership decides everything, unless ``endogenous_from`` is set."""


@dataclass(frozen=True)
class LeverPaths:
    """The numeric interface to the model.

    ``value`` and ``decided`` map lever names to float64 arrays [months], or [months, targets] for
    levers with targets. ``decided`` is 1.0 where the model decides; ``value`` is then the standing
    order left by the rows still in force. ``held`` and ``decided_rows`` list the reforms that begin
    within these months and keep their dates, or are left to the model; ``decided_from`` is the
    month index from which the model decides (None: never). ``menu`` [months, policies] holds the
    dose at which the model's leadership may adopt each policy itself, 0 outside mode endogenous.
    """

    value: Arrays
    decided: Arrays
    held: list[str]
    decided_rows: list[str]
    decided_from: int | None
    menu: np.ndarray


def lever_paths(scenario: Scenario, months: int, decided_from: int | None = None) -> LeverPaths:
    """Return the levers of ``scenario`` for ``months`` months from January 1953.

    In mode ``do`` the model decides from the first month in which the scenario differs from
    history, or from ``decided_from``, so that history can be compared on the same terms.
    Raises InputError when ``months`` is not between 1 and 228 (a year after the last end).
    """
    if not 1 <= months <= HORIZON + 12:
        raise InputError(f"months is {months}, allowed: 1 to {HORIZON + 12}")
    start = decision_month(scenario, decided_from)
    freed = _freed_kinds(scenario.mode)
    left_out = _left_to_model(scenario.changes, start, freed)
    value = lever_values(scenario.changes, scenario.set_values, months, left_out)
    decided = _decided(scenario, months, start, freed, left_out)
    held, free = _lists(scenario.changes, months, left_out, start)
    menu = open_doses(scenario, months, start)
    return LeverPaths(value, decided, held, free, start, menu)


def decision_month(scenario: Scenario, decided_from: int | None = None) -> int | None:
    """Return the month index from which the model decides, or None where it never does."""
    if scenario.mode == "replay":
        return None
    if scenario.mode == "endogenous":
        stamp = scenario.set_values.get("endogenous_from", ENDOGENOUS_FROM)
        return month_index(stamp, "endogenous_from")
    if decided_from is not None:
        return decided_from
    return first_difference(scenario.changes, scenario.set_values)


def _freed_kinds(mode: str) -> frozenset[str]:
    return {
        "replay": frozenset[str](),
        "do": frozenset({"response"}),
        "endogenous": frozenset({"response", "policy"}),
    }[mode]


def _pinned(reform: Reform, change: Change) -> bool:
    """Say whether the user fixed this decision: forced, or moved to another date."""
    return change.force is not None or (reform.kind == "response" and change.shift != 0)


def _left_to_model(changes: Changes, start: int | None, freed: Collection[str]) -> frozenset[str]:
    if start is None:
        return frozenset()
    return frozenset(
        reform.id
        for reform in reforms()
        if reform.kind in freed
        and not _pinned(reform, change_of(changes, reform))
        and first_month(reform.moves, change_of(changes, reform).shift) >= start
    )


def _decided(
    scenario: Scenario,
    months: int,
    start: int | None,
    freed: Collection[str],
    left_out: Collection[str],
) -> Arrays:
    clamped = decisions_fixed(scenario.changes, months, left_out)
    movable = {move.lever for found in reforms() if found.kind in freed for move in found.moves}
    decided = {name: np.zeros_like(array) for name, array in clamped.items()}
    if start is None:
        return decided
    for name in movable - scenario.set_values.keys():
        decided[name][start:] = 1.0 - clamped[name][start:]
    return decided


def _lists(
    changes: Changes, months: int, left_out: Collection[str], start: int | None
) -> tuple[list[str], list[str]]:
    held, free = [], []
    for reform in reforms():
        change = change_of(changes, reform)
        if first_month(reform.moves, change.shift) >= months:
            continue
        absent_decision = change.absent and reform.kind == "response" and start is not None
        if reform.id in left_out or absent_decision:
            free.append(reform.id)
        elif not change.absent:
            held.append(reform.id)
    return held, free
