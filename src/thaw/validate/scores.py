"""Scores of predictive samples: CRPS, log score of counts, coverage, skill, and their intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

RESAMPLES = 1000
BLOCK = 2
"""Consecutive values resampled together, because errors of neighbouring years are alike."""

Samples = Float[np.ndarray, " draw"]


def crps(samples: Samples, value: float) -> float:
    """Return the continuous ranked probability score of samples, in the unit of the value.

    The fair form (Ferro 2014): its expectation does not depend on the number of samples.
    """
    x = np.sort(np.asarray(samples, float))
    count = len(x)
    error = float(np.mean(np.abs(x - value)))
    if count < 2:
        return error
    gini = 2.0 * float(np.sum((2.0 * np.arange(1, count + 1) - count - 1.0) * x))
    return error - gini / (2.0 * count * (count - 1.0))


def inside(samples: Samples, value: float, level: float) -> bool:
    """Return whether a value lies in the central band of that probability."""
    low, high = np.quantile(samples, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return bool(low <= value <= high)


def log_score(counts: Samples, value: int) -> float:
    """Return the log probability that simulated counts give to a recorded count.

    Frequencies of the draws, with one more draw spread geometrically around their mean, so that no
    count is impossible.
    """
    number, mean = len(counts), float(np.mean(counts)) + 0.5
    rest = (mean / (1.0 + mean)) ** value / (1.0 + mean)
    return float(np.log((np.sum(np.asarray(counts) == value) + rest) / (number + 1.0)))


def skill(score: float, baselines: Mapping[str, float]) -> float | None:
    """Return 1 - score / best baseline; None where the best naive forecast has no error."""
    best = min(baselines.values())
    return 1.0 - score / best if best > 0.0 else None


def skill_interval(
    scores: Sequence[float], baselines: Mapping[str, Sequence[float]], seed: int
) -> tuple[float, float] | None:
    """Return a 90 % interval of the skill over values, by moving blocks; None below four values."""
    own = np.asarray(scores, float)
    others = np.array([baselines[name] for name in baselines], float)
    if len(own) < 2 * BLOCK:
        return None
    chosen = blocks(len(own), seed)
    best = others[:, chosen].mean(axis=2).min(axis=0)
    return interval(1.0 - own[chosen].mean(axis=1)[best > 0.0] / best[best > 0.0])


def blocks(count: int, seed: int) -> Int[np.ndarray, "resample value"]:
    """Return resampled places of ``count`` values in order: blocks of consecutive ones."""
    shape = (RESAMPLES, -(-count // BLOCK))
    starts = _generator(seed).integers(count - BLOCK + 1, size=shape)
    return (starts[:, :, None] + np.arange(BLOCK)).reshape(RESAMPLES, -1)[:, :count]


def clustered_interval(
    values: Sequence[float],
    groups: Sequence[str],
    statistic: Callable[[np.ndarray], float],
    seed: int,
) -> tuple[float, float] | None:
    """Return a 90 % interval of a statistic of observables, whole subsystems resampled together."""
    numbers, names = np.asarray(values, float), np.asarray(groups)
    members = [np.flatnonzero(names == name) for name in sorted(set(groups))]
    if len(members) < 2:
        return None

    picked = _generator(seed).integers(len(members), size=(RESAMPLES, len(members)))
    resamples = (np.concatenate([members[i] for i in row]) for row in picked)
    return interval(np.array([statistic(numbers[chosen]) for chosen in resamples]))


def _generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def interval(found: np.ndarray) -> tuple[float, float] | None:
    """Return the central 90 % interval of numbers; None without any."""
    if not len(found):
        return None
    low, high = np.quantile(found, [0.05, 0.95])
    return float(low), float(high)
