"""How much one world differs from another, observable by observable, on a common scale."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from thaw.experiment.run import all_stamps
from thaw.model.observation import observables, read_off
from thaw.model.simulate import Trace

Key = tuple[str, str]
Stamped = dict[Key, Float[np.ndarray, "draw stamp"]]
Changes = dict[Key, float]

READABLE = 0.01
"""A change below a hundredth of the standard deviation is not shown as one."""
LEAST_ODDS = 0.15


def stamped(trace: Trace) -> Stamped:
    """Return every observable at its stamps, without error of reading."""
    months = len(next(iter(trace["latent"].values()))[0]) - 1
    found = {}
    for key, observable in observables().items():
        if key in trace["series"]:
            at = all_stamps(observable, months)
            found[key] = np.stack(
                [read_off(observable, trace["series"][key], month) for month in at], axis=1
            )
    return found


def changes(base: Stamped, other: Stamped) -> Changes:
    """Return the standardised change of each observable, with the sign of the largest.

    At each stamp the median over draws of the paired difference; the largest of the stamps, in
    standard deviations of the base over all its draws and stamps. NaN where nothing was shown.
    """
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # stamps without a value in any draw
        for key, values in base.items():
            median = np.nanmedian(other[key] - values, axis=0)
            spread = np.nanstd(values)
            largest = median[np.nanargmax(np.abs(median))] if np.isfinite(median).any() else np.nan
            found[key] = float(largest / spread) if spread > 0 else float(np.sign(largest)) + 0.0
    return found


def moved(base: Stamped, other: Stamped) -> set[Key]:
    """Return the observables that differ in any draw at any stamp, beyond rounding."""
    return {
        key
        for key, values in base.items()
        if not np.allclose(other[key], values, rtol=1e-9, atol=0.0, equal_nan=True)
    }


def strongest(found: Mapping[Key, float], count: int = 3) -> list[tuple[Key, float]]:
    """Return the observables that change most, those that change readably only."""
    known = [(key, value) for key, value in found.items() if abs(value) >= READABLE]
    return sorted(known, key=lambda item: -abs(item[1]))[:count]


def by_subsystem(found: Mapping[Key, float]) -> dict[str, float]:
    """Return the largest absolute change among the observables of each subsystem."""
    largest: dict[str, float] = {}
    for key, value in found.items():
        owner = observables()[key].subsystem
        if np.isfinite(value):
            largest[owner] = max(largest.get(owner, 0.0), abs(value))
    return largest


def words(items: list[tuple[Key, float]]) -> str:
    """Return strongest changes as text for a table cell."""
    return "; ".join(f"`{name}`{_place(place)} {value:+.2f}" for (name, place), value in items)


def _place(place: str) -> str:
    return "" if place in ("USSR", "World") else f" ({place})"


def event_changes(base: Trace, other: Trace, count: int = 4) -> list[str]:
    """Return the families whose probability of at least one event moves most, by 0.15 or more."""
    found = []
    for (family, place), counts in sorted(base["events"].items()):
        before = float((counts > 0).any(axis=1).mean())
        after = float((other["events"][family, place] > 0).any(axis=1).mean())
        if abs(after - before) >= LEAST_ODDS:
            found.append((abs(after - before), f"{family} in {place} {before:.2f} to {after:.2f}"))
    return [line for _, line in sorted(found, key=lambda item: -item[0])[:count]]
