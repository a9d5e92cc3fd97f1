"""Are ranks uniform? The test and the band of Säilynoja, Bürkner and Vehtari (2022).

The statistic is the smallest tail probability, over all rank values, of the number of ranks up to
that value. Its distribution under uniform ranks is simulated, so one test covers every rank value
and the band of the figure holds for the whole curve at once.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Float, Int
from scipy import stats

SIMULATED = 40_000
"""Simulated sets of uniform ranks: p-values are multiples of 1 / 40000."""
HIGH, LOW = "ranks too high", "ranks too low"
ENDS, MIDDLE = "ranks at both ends", "ranks in the middle"
UNEVEN = "ranks uneven"
CLEAR = 2.0
"""Standard errors from which a shift or a spread of the ranks gives a failure its name."""


def p_value(ranks: Int[np.ndarray, " truth"], most: int) -> float:
    """Return the p-value of ranks 0 to ``most`` being uniform; 1 without ranks."""
    if len(ranks) == 0:
        return 1.0
    counts = np.bincount(ranks, minlength=most + 1)[None, :]
    return float(np.mean(_simulated(len(ranks), most) <= _smallest_tail(counts)[0]))


def band(truths: int, most: int, level: float) -> Float[np.ndarray, "2 rank"]:
    """Return the lowest and highest share of ranks up to 0, ..., ``most`` - 1 at a joint level."""
    tail = np.quantile(_simulated(truths, most), 1.0 - level) / 2.0
    shares = np.arange(1, most + 1) / (most + 1)
    return np.stack([stats.binom.ppf(q, truths, shares) for q in (tail, 1.0 - tail)]) / truths


def words(ranks: Int[np.ndarray, " truth"], most: int) -> str:
    """Return how ranks differ from uniform ones most: too high, too low, crowded, or uneven."""
    middle, levels = most / 2.0, np.arange(most + 1)
    square = (levels - middle) ** 2
    size = np.sqrt(len(ranks))
    shift = (ranks.mean() - middle) / np.sqrt(square.mean()) * size
    spread = (np.var(ranks) - square.mean()) / square.std() * size
    if max(abs(shift), abs(spread)) < CLEAR:
        return UNEVEN
    if abs(shift) >= abs(spread):
        return HIGH if shift > 0 else LOW
    return ENDS if spread > 0 else MIDDLE


@cache
def _simulated(truths: int, most: int) -> Float[np.ndarray, " set"]:
    generator = np.random.Generator(np.random.Philox(truths))
    even = np.full(most + 1, 1.0 / (most + 1))
    return _smallest_tail(generator.multinomial(truths, even, size=SIMULATED))


def _smallest_tail(counts: Int[np.ndarray, "set rank"]) -> Float[np.ndarray, " set"]:
    truths, levels = int(counts[0].sum()), counts.shape[1]
    below = np.cumsum(counts, axis=1)[:, :-1]
    shares = np.arange(1, levels) / levels
    lower = stats.binom.cdf(np.arange(truths + 1)[:, None], truths, shares)
    upper = stats.binom.sf(np.arange(-1, truths)[:, None], truths, shares)
    tails = np.minimum(lower, upper)
    return 2.0 * tails[below, np.arange(levels - 1)].min(axis=1)
