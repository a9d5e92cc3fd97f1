"""The shapes in which a reform puts its value in force: step, ramp, pulse, path, window.

Everything is averaged over the days of each month, so a reform of the 25th of February acts in
February with the share of days that remain.
"""

from __future__ import annotations

import numpy as np

from thaw.reforms.dates import day_after, first_day, month_of, move_months
from thaw.reforms.objects import Lever, LeverPath

RAMP_MONTHS = 24
"""Length of a ramp whose completion is not known (R27); a convention, not a finding."""


def start_day(move: LeverPath, shift: int) -> int:
    """Return the day number on which ``move`` begins, ``shift`` months later than recorded."""
    return move_months(first_day(move.points[0][0]), shift)


def end_day(move: LeverPath, shift: int) -> float:
    """Return the day number after the last day in force; infinite where there is no end."""
    if move.path in ("pulse", "window"):
        last = move.until or move.points[0][0]
        return move_months(day_after(last), shift)
    if move.path in ("ramp", "path") or not move.until:
        return np.inf
    return move_months(day_after(move.until), shift)


def in_force(move: LeverPath, shift: int, edges: np.ndarray) -> np.ndarray:
    """Return, for each month, whether ``move`` is in force on at least one day (bool, [months])."""
    return _days(start_day(move, shift), end_day(move, shift), edges) > 0


def applied(
    below: np.ndarray, move: LeverPath, lever: Lever, shift: int, dose: float, edges: np.ndarray
) -> np.ndarray:
    """Return the lever after ``move``, given the lever ``below`` it (both [months]).

    Values are neutral + dose * (value - neutral). ``last`` blends by the share of days in force,
    so that a later reform rules while it lasts; ``add`` and pulses add; ``union`` takes the larger.
    """
    if move.path == "pulse":
        return below + dose * (move.points[0][1] - lever.neutral) * _spread(move, shift, edges)
    if lever.combine == "last":
        return _blended(below, move, lever, shift, dose, edges)
    alone = _blended(np.full_like(below, lever.neutral), move, lever, shift, dose, edges)
    if lever.combine == "union":
        return np.maximum(below, alone)
    return below + (alone - lever.neutral)


def _blended(
    below: np.ndarray, move: LeverPath, lever: Lever, shift: int, dose: float, edges: np.ndarray
) -> np.ndarray:
    for day, value in move.points:
        share = _share(move, move_months(first_day(day), shift), shift, edges)
        dosed = value if dose == 1 else lever.neutral + dose * (value - lever.neutral)
        below = (1 - share) * below + share * dosed
    return below


def _share(move: LeverPath, start: int, shift: int, edges: np.ndarray) -> np.ndarray:
    if move.path == "ramp":
        return _risen(move, start, shift, edges)
    days = _days(start, end_day(move, shift), edges)
    return (days > 0).astype(np.float64) if move.path == "window" else days / np.diff(edges)


def _days(start: float, end: float, edges: np.ndarray) -> np.ndarray:
    return np.maximum(np.minimum(end, edges[1:]) - np.maximum(start, edges[:-1]), 0.0)


def _spread(move: LeverPath, shift: int, edges: np.ndarray) -> np.ndarray:
    start, end = start_day(move, shift), end_day(move, shift)
    return _days(start, end, edges) / (end - start)


def _risen(move: LeverPath, start: int, shift: int, edges: np.ndarray) -> np.ndarray:
    complete = (
        move_months(day_after(move.until), shift) if move.until else move_months(start, RAMP_MONTHS)
    )
    length = complete - start
    inside = np.clip(edges - start, 0, length)
    area = inside**2 / (2 * length) + np.maximum(edges - complete, 0)
    return np.clip(np.diff(area) / np.diff(edges), 0.0, 1.0)


def first_month(moves: tuple[LeverPath, ...], shift: int) -> int:
    """Return the month index in which the first of ``moves`` begins (negative before 1953)."""
    return min(month_of(start_day(move, shift)) for move in moves)
