"""A cheap refit: draws of a pool, weighted by how near they come to a synthetic record.

Nearness is measured in one number, the effect as the record predicts it (Fearnhead and Prangle
2012): over all values at once no draw of a small pool is near to any history.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from thaw.experiment import abduction
from thaw.model import observation
from thaw.model.simulate import Trace

PENALTIES = np.logspace(-1, 4, 16)
NARROWEST = 0.05
"""Least width of the kernel, in s.d. of the prediction's error."""

Records = Float[np.ndarray, "draw value"]
Numbers = Float[np.ndarray, " draw"]


def records(trace: Trace, keys: Sequence[tuple[str, str]], months: int, seed: int) -> Records:
    """Return what the record would show of some series at their regular stamps, with its error."""
    columns = [
        observation.observe(trace, observable, at, seed)
        for observable in (observation.observables()[key] for key in keys)
        for at in observation.stamps(observable, months)
    ]
    return np.stack(columns, axis=1)


def predicted(pool: Records, effect: Numbers, truth: Records) -> tuple[Numbers, Numbers]:
    """Return the effect that the record predicts, for draws of a pool and for true histories.

    Ridge regression on standardised values. Every draw of the pool is predicted without itself,
    with the penalty that is best so; both are in s.d. of the error of that prediction, and zero
    where the effect is the same in all draws.
    """
    centre, spread = pool.mean(axis=0), pool.std(axis=0)
    moving = spread > 1e-9 * np.maximum(np.abs(centre), 1e-9)
    if not moving.any() or np.ptp(effect) == 0.0:
        return np.zeros(len(pool)), np.zeros(len(truth))
    x, z = ((a[:, moving] - centre[moving]) / spread[moving] for a in (pool, truth))
    left, size, right = np.linalg.svd(x, full_matrices=False)
    mean, turned = effect.mean(), left.T @ effect
    found = []
    for penalty in PENALTIES:
        shrunk = size**2 / (size**2 + penalty)
        own = np.square(left) @ shrunk + 1.0 / len(pool)
        miss = (effect - mean - left @ (shrunk * turned)) / (1.0 - own)
        found.append((float(np.square(miss).mean()), penalty, effect - miss))
    error, penalty, alone = min(found, key=lambda one: one[0])
    told = mean + z @ (right.T @ (size / (size**2 + penalty) * turned))
    scale = max(float(np.sqrt(error)), 1e-12)
    return alone / scale, told / scale


def tempered(far: Numbers, fewest: float) -> tuple[abduction.Weights, float]:
    """Return Gaussian weights of distances, and their width.

    The width is the smallest at which ``fewest`` draws count, or half of a pool that is smaller.
    """
    wanted = min(fewest, 0.5 * len(far))
    low, high = NARROWEST, NARROWEST
    while abduction.effective(_kernel(far, high)) < wanted:
        low, high = high, 2.0 * high
    for _ in range(30):
        middle = 0.5 * (low + high)
        enough = abduction.effective(_kernel(far, middle)) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return _kernel(far, high), high


def _kernel(far: Numbers, width: float) -> abduction.Weights:
    return abduction.normalised(-0.5 * np.square(far / width))
