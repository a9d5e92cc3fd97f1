"""Observation layer: from monthly state to what each series of the record would show at its stamps.

Every observable has a kind of stamp (``observables.csv``): a January stock belongs to YYYY-01, an
annual flow or index to YYYY-12, a school year to YYYY-09 of its start, a period total to the
period's last month, a single dated value to its month. Bias and official distortion are written by
the subsystem that emits the series; this layer adds the error of reading.
"""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
from jaxtyping import Float

from thaw.model import tables
from thaw.model.clock import month_index, stamp
from thaw.model.randomness import name_code
from thaw.model.simulate import Trace

EPISODE_MONTHS = 3
"""A dated toll is the sum of its month and the next two."""


@dataclasses.dataclass(frozen=True)
class Observable:
    """One series at one place, as the record words it, and how it is read off the state."""

    series_id: str
    place: str
    place_id: str
    unit: str
    subsystem: str
    use: str
    kind: str
    stamp: str
    period_start: str
    error_scale: str
    error_sd: float
    error_basis: str

    @property
    def key(self) -> tuple[str, str]:
        """Series id and place: the name under which a subsystem emits it."""
        return self.series_id, self.place

    @property
    def monthly(self) -> bool:
        """Whether every month is a possible stamp (stocks and dated counts)."""
        return self.stamp in ("stock", "month")


@cache
def observables() -> dict[tuple[str, str], Observable]:
    """Return every observable by (series id, place)."""
    found = {}
    for row in tables.rows("observables.csv"):
        del row["file"]
        observable = Observable(**{**row, "error_sd": float(row["error_sd"])})  # type: ignore[arg-type]
        found[observable.key] = observable
    return found


def stamps(observable: Observable, months: int) -> list[int]:
    """Return the month indices at which a run of ``months`` shows this observable by default."""
    if observable.stamp in ("annual_sum", "annual_mean", "december", "year_end"):
        return list(range(11, months, 12))
    if observable.stamp == "september":
        return list(range(8, months, 12))
    if observable.stamp == "stock":
        return list(range(0, months, 12))
    return []


def read_off(
    observable: Observable, monthly: Float[np.ndarray, "draw month"], at: int
) -> Float[np.ndarray, " draw"]:
    """Return the observable at stamp ``at`` from its monthly values, without error of reading.

    ``monthly`` must reach one month beyond a year-end stamp. Raises ValueError for a stamp that
    the observable cannot have.
    """
    kind = observable.stamp
    year = at - at % 12
    if kind in ("stock", "month"):
        return monthly[:, at]
    if kind == "year_end":
        return monthly[:, at + 1]
    if kind in ("september", "december"):
        return monthly[:, at]
    if kind == "annual_sum":
        return monthly[:, year : year + 12].sum(axis=1)
    if kind == "annual_mean":
        return monthly[:, year : year + 12].mean(axis=1)
    if kind == "period_sum":
        return monthly[:, month_index(observable.period_start) : at + 1].sum(axis=1)
    if kind == "episode_sum":
        return monthly[:, at : at + EPISODE_MONTHS].sum(axis=1)
    if kind == "waiting_time":
        total = monthly.sum(axis=1)
        return np.where(total > 0, total, np.nan)
    raise ValueError(f"{observable.key}: no rule for stamp kind '{kind}'")


def with_error(
    observable: Observable,
    values: Float[np.ndarray, " draw"],
    at: int,
    seed: int,
    first_draw: int = 0,
) -> Float[np.ndarray, " draw"]:
    """Return values with the error of reading, keyed by (seed, series, place, stamp, draw)."""
    if observable.error_scale == "exact" or observable.error_sd == 0.0:
        return values
    label = name_code("|".join((*observable.key, stamp(at))))
    generator = np.random.Generator(np.random.Philox(key=[seed, label]))
    noise = generator.standard_normal(first_draw + len(values))[first_draw:] * observable.error_sd
    if observable.error_scale == "linear":
        return values + noise
    return values * np.exp(noise)


def observe(
    trace: Trace, observable: Observable, at: int, seed: int, first_draw: int = 0
) -> Float[np.ndarray, " draw"]:
    """Return what the record would show of ``observable`` at month ``at``, one value per draw."""
    clean = read_off(observable, trace["series"][observable.key], at)
    return with_error(observable, clean, at, seed, first_draw)
