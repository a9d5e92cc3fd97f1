"""The discrepancy of the mechanism: what the record may still do around it (Kennedy, O'Hagan 2001).

A random walk, on logs where errors are relative. It starts at the gap between the last fitted value
and the mechanism, draw by draw, and widens with the distance from there. Its s.d. a year comes from
the posterior set where one holds it, else from the spread of the sources: half the width from low
to high read as a 90 % band, and never below the error of reading.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from thaw.model.observation import Observable, read_off, with_error
from thaw.model.randomness import name_code
from thaw.model.recorded import Recorded
from thaw.model.simulate import Trace

BAND90 = 1.645
"""Half the width of a 90 % band in standard deviations."""

Samples = Float[np.ndarray, " draw"]


def yearly_sd(
    observable: Observable,
    training: tuple[Recorded, ...],
    fitted: Mapping[tuple[str, str], float],
) -> float:
    """Return the s.d. of one year's step, on the scale of the observable's errors."""
    if observable.key in fitted:
        return max(fitted[observable.key], observable.error_sd)
    relative = observable.error_scale == "log"
    halves = [
        (r.high - r.low) / 2.0 / BAND90 / (abs(r.value) if relative else 1.0)
        for r in training
        if r.high > r.low and not (relative and r.value == 0.0)
    ]
    return max([observable.error_sd, *([float(np.median(halves))] if halves else [])])


def with_discrepancy(
    trace: Trace,
    observable: Observable,
    training: tuple[Recorded, ...],
    at: int,
    seed: int,
    fitted: Mapping[tuple[str, str], float],
) -> Samples:
    """Return what the record would show at month ``at``, one value per draw, discrepancy included.

    ``training`` are the fitted values; without one before ``at`` the walk starts at no gap.
    """
    monthly = trace["series"][observable.key]
    clean = read_off(observable, monthly, at)
    sd = yearly_sd(observable, training, fitted)
    earlier = [r for r in training if r.month < at]
    if sd == 0.0 or not earlier:
        return with_error(observable, clean, at, seed)
    last = earlier[-1]
    start = read_off(observable, monthly, last.month)
    walk = sd * np.sqrt((at - last.month) / 12.0) * _normals(seed, observable, at, len(clean))
    if observable.error_scale == "log":
        usable = (start > 0.0) & (last.value > 0.0)
        gap = np.log(np.where(usable, last.value / np.where(usable, start, 1.0), 1.0))
        return with_error(observable, clean * np.exp(gap + walk), at, seed)
    return with_error(observable, clean + (last.value - start) + walk, at, seed)


def _normals(seed: int, observable: Observable, at: int, draws: int) -> Samples:
    label = name_code("|".join(("discrepancy", *observable.key, str(at))))
    return np.random.Generator(np.random.Philox(key=[seed, label])).standard_normal(draws)
