"""What the reforms say in each month: lever values, and the months in which decisions are fixed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from thaw.reforms.changes import Change, SetValue
from thaw.reforms.dates import HORIZON, month_edges
from thaw.reforms.objects import Lever, LeverPath, Reform
from thaw.reforms.shapes import applied, in_force, start_day
from thaw.reforms.tables import find_lever, levers, reforms

Arrays = dict[str, np.ndarray]
Changes = Mapping[str, Change]
Settings = Mapping[str, SetValue]
AS_IT_HAPPENED = Change()


def change_of(changes: Changes, reform: Reform) -> Change:
    """Return how ``reform`` is changed; unchanged where nothing is said."""
    return changes.get(reform.id, AS_IT_HAPPENED)


def lever_values(
    changes: Changes, settings: Settings, months: int, left_out: Collection[str]
) -> Arrays:
    """Return the value of every lever by month, without the reforms in ``left_out``."""
    edges = month_edges(months)
    acting = [
        (_coded(move, change_of(changes, reform)), change_of(changes, reform))
        for reform in reforms()
        if reform.id not in left_out and change_of(changes, reform).acts
        for move in reform.moves
    ]
    acting.sort(key=lambda entry: start_day(entry[0], entry[1].shift))
    values = {lever.name: _filled(lever, months, lever.neutral) for lever in levers()}
    for move, change in acting:
        lever = find_lever(move.lever)
        for column in _columns(values[lever.name], lever, move.target):
            column[:] = applied(column, move, lever, change.shift, change.dose, edges)
    for name in values.keys() & settings.keys():
        values[name][:] = settings[name]
    return values


def _coded(move: LeverPath, change: Change) -> LeverPath:
    """Return ``move`` with the value of a forced categorical decision in place of history's."""
    if change.force is None or move.path != "window":
        return move
    code = find_lever(move.lever).words[change.force]
    return move.model_copy(update={"points": ((move.points[0][0], code),)})


def _filled(lever: Lever, months: int, value: float) -> np.ndarray:
    shape = (months, len(lever.targets)) if lever.targets else (months,)
    return np.full(shape, value, dtype=np.float64)


def _columns(array: np.ndarray, lever: Lever, target: str) -> list[np.ndarray]:
    """Return views on the columns of one target; of all where none is named."""
    if not lever.targets:
        return [array]
    targets = [target] if target else lever.targets
    return [array[:, lever.targets.index(name)] for name in targets]


def decisions_fixed(changes: Changes, months: int, left_out: Collection[str]) -> Arrays:
    """Return 1.0 where a response row speaks, for every lever."""
    edges = month_edges(months)
    clamped = {lever.name: _filled(lever, months, 0.0) for lever in levers()}
    for reform in reforms():
        change = change_of(changes, reform)
        if reform.kind != "response" or change.absent or reform.id in left_out:
            continue
        for move in reform.moves:
            lever = find_lever(move.lever)
            for column in _columns(clamped[lever.name], lever, move.target):
                column[in_force(move, change.shift, edges)] = 1.0
    return clamped


def first_difference(
    changes: Changes,
    settings: Settings,
    base: Changes | None = None,
    base_set: Settings | None = None,
) -> int | None:
    """Return the first month in which levers or decisions differ from ``base`` (history)."""
    ours = _fingerprint(changes, settings)
    theirs = _fingerprint(base or {}, base_set or {})
    differs = np.zeros(HORIZON, dtype=bool)
    for name, array in ours.items():
        differs |= (array != theirs[name]).reshape(HORIZON, -1).any(axis=1)
    return int(np.argmax(differs)) if differs.any() else None


def _fingerprint(changes: Changes, settings: Settings) -> Arrays:
    spoken = decisions_fixed(changes, HORIZON, frozenset())
    values = lever_values(changes, settings, HORIZON, frozenset())
    return {**values, **{f"decision {name}": array for name, array in spoken.items()}}
