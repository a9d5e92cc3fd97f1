"""The menu: policies as templates that the model may adopt in a month of its own choosing.

A template is what a policy does to its levers in the months after it was adopted, with the shape
that it had in history; no date is left in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from thaw.reforms.dates import HORIZON, month_edges
from thaw.reforms.objects import LeverPath, Reform
from thaw.reforms.shapes import applied, first_month
from thaw.reforms.tables import find_lever, levers, reforms
from thaw.reforms.values import change_of

if TYPE_CHECKING:
    from thaw.reforms.scenario import Scenario


@dataclass(frozen=True)
class Templates:
    """What every policy does to each lever (and target) by months since its adoption.

    One row for each pair of a policy (``reform``, place in :func:`policies`) and a ``column``
    (place in :func:`columns`). A lever that stood at x moves to
    (1 - hold) * x + hold * neutral + change.
    """

    reform: Int[np.ndarray, " row"]
    column: Int[np.ndarray, " row"]
    hold: Float[np.ndarray, "row month"]
    change: Float[np.ndarray, "row month"]
    neutral: Float[np.ndarray, " column"]


@cache
def policies() -> tuple[Reform, ...]:
    """Return the reforms that a leadership may choose: every row of kind ``policy``."""
    return tuple(reform for reform in reforms() if reform.kind == "policy")


@cache
def columns() -> tuple[tuple[str, str], ...]:
    """Return (lever, target) of every number that a lever holds, in the order of the registry."""
    return tuple((lever.name, target) for lever in levers() for target in lever.targets or ("",))


@cache
def templates() -> Templates:
    """Return the templates of all policies."""
    rows = [
        (place, column, *_response(move, first_month(reform.moves, 0)))
        for place, reform in enumerate(policies())
        for move in reform.moves
        for column in _targets(move)
    ]
    place, column, hold, change = zip(*rows, strict=True)
    neutral = np.array([find_lever(name).neutral for name, _ in columns()])
    return Templates(np.array(place), np.array(column), np.array(hold), np.array(change), neutral)


def _targets(move: LeverPath) -> list[int]:
    wanted = {(move.lever, move.target)}
    if not move.target:
        wanted = {(move.lever, name) for name in find_lever(move.lever).targets or ("",)}
    return [place for place, key in enumerate(columns()) if key in wanted]


def _response(move: LeverPath, start: int) -> tuple[np.ndarray, np.ndarray]:
    """Return hold and change of one move, by months since its reform's first month."""
    lever, edges = find_lever(move.lever), month_edges(HORIZON)
    low, neutral, high = (
        applied(np.full(HORIZON, lever.neutral + at), move, lever, -start, 1.0, edges)
        for at in (-1.0, 0.0, 1.0)
    )
    hold = np.zeros(HORIZON) if lever.combine == "union" else 1.0 - (high - low) / 2.0
    return np.where(np.abs(hold) < 1e-12, 0.0, hold), neutral - lever.neutral


def open_doses(
    scenario: Scenario, months: int, start: int | None
) -> Float[np.ndarray, "month reform"]:
    """Return by month the dose at which each policy is on the menu, 0 where it is not.

    Only mode ``endogenous`` has a menu, from month ``start`` on. A policy that history adopted
    before, or that the user left out, is not on it.
    """
    doses = np.zeros((months, len(policies())))
    if scenario.mode != "endogenous" or start is None:
        return doses
    for place, reform in enumerate(policies()):
        change = change_of(scenario.changes, reform)
        if not change.absent and first_month(reform.moves, change.shift) >= start:
            doses[start:, place] = change.dose
    return doses
