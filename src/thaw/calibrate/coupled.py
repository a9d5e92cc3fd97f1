"""The check of a posterior set in the coupled model: do the fits by subsystem hold together?

Each subsystem was fitted alone, in a reference world. Here all run together, with draws of the
prior and of the set, and each fitted series is compared with the values that it was fitted to. A
series that the coupled model misses by more than before is named in the log of the set.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from jaxtyping import Float

from thaw import reforms
from thaw.calibrate import data, posteriors
from thaw.calibrate.data import Series
from thaw.calibrate.posteriors import PosteriorSet
from thaw.model import parameters, simulate
from thaw.model.clock import LAST_MONTH, months_until

DRAWS = 64
_SMALLEST = 1e-6
WORSE = 0.5
"""Growth of the mean miss, in errors, above which a series is named."""


@dataclasses.dataclass(frozen=True)
class Missed:
    """One fitted series in the coupled model: mean distance of the median, in errors of a datum.

    ``inside`` is the share of recorded values within the 90 % band of the draws of the set, the
    model's own error included.
    """

    name: str
    subsystem: str
    prior: float
    posterior: float
    inside: float


def check(found: PosteriorSet, draws: int = DRAWS, seed: int = 0) -> list[Missed]:
    """Return how the coupled model meets every series to which a set was fitted.

    Raises ValueError when a draw of the set gives a number that is not finite.
    """
    until = months_until(found.fit_until)
    months = min(until + 1, LAST_MONTH)
    before = coupled(parameters.sample_prior(seed, draws), months, seed)
    after = coupled(posteriors.sample(found, seed, draws), months, seed)
    rows = []
    for name, fit in found.fitted().items():
        for series in data.fitted_series(name, until, months, found.left_out):
            if series.kind == "share":
                continue
            shown = after[series.key]
            if not np.isfinite(shown).all():
                raise ValueError(f"{series.name}: not finite under set '{found.name}'")
            own = fit.discrepancy[series.name].sd
            inside = np.mean(_inside(series, shown, own, seed))
            rows.append(
                Missed(
                    series.name,
                    name,
                    _miss(series, before[series.key]),
                    _miss(series, shown),
                    float(inside),
                )
            )
    return rows


def coupled(
    sample: parameters.Sample, months: int, seed: int
) -> dict[tuple[str, str], Float[np.ndarray, "draw month"]]:
    """Return the monthly series of the coupled model in replay."""
    paths = reforms.lever_paths(reforms.load_scenario("historical"), months)
    return simulate.replayed(paths, months, sample, seed)["series"]


def _scaled(series: Series, values: np.ndarray) -> np.ndarray:
    if series.kind == "linear":
        return np.asarray(values)
    half = 0.5 if series.kind == "count" else _SMALLEST
    return np.asarray(np.log(np.maximum(values, 0.0) + half))


def _miss(series: Series, shown: Float[np.ndarray, "draw month"]) -> float:
    median = np.median(shown @ series.operator.T, axis=0)
    luck = 1.0 / np.sqrt(median + 0.5) if series.kind == "count" else series.error
    spread = np.hypot(luck, series.discrepancy)
    return float(np.mean(np.abs(_scaled(series, median) - _scaled(series, series.values)) / spread))


def _inside(
    series: Series, shown: Float[np.ndarray, "draw month"], own: float, seed: int
) -> np.ndarray:
    read = _scaled(series, shown @ series.operator.T)
    noise = np.random.default_rng(seed).standard_t(4, read.shape)
    low, high = np.quantile(read + noise * np.hypot(series.error, own), [0.05, 0.95], axis=0)
    return (low <= _scaled(series, series.values)) & (_scaled(series, series.values) <= high)


def lines(rows: list[Missed]) -> list[str]:
    """Return the check in words: one line a subsystem, and one for each series that got worse."""
    said = []
    for name in dict.fromkeys(row.subsystem for row in rows):
        own = [row for row in rows if row.subsystem == name]
        said.append(
            f"coupled {name}: mean miss {np.mean([r.prior for r in own]):.2f} errors under the"
            f" prior, {np.mean([r.posterior for r in own]):.2f} under the set;"
            f" {np.mean([r.inside for r in own]):.0%} of values in the 90 % band"
        )
    worse = (r for r in rows if r.posterior > r.prior + WORSE)
    return said + [
        f"coupled {r.name}: worse than under the prior, {r.prior:.2f} to {r.posterior:.2f} errors"
        for r in worse
    ]
