"""Levels of January 1953 from the record; nothing recorded for a later year than 1953 is read."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from thaw import record

START = 1953.0
LAST_YEAR = 1953
_RANK = {"seen": 0, "derived": 1, "recalled": 2}


def points(
    series_id: str, place: str = "USSR", stock: bool = False
) -> tuple[Float[np.ndarray, " point"], Float[np.ndarray, " point"]]:
    """Return times (years) and values of yearly record points up to 1953, one per year.

    A year's flow or mean stands at its middle, a year-end stock at its end. Seen values come
    before recalled ones.
    """
    rows = record.series(series_id, place=place)
    rows = rows[(rows["precision"] == "year") & (rows["start"].dt.year <= LAST_YEAR)]
    rows = rows.assign(rank=rows["provenance"].map(_RANK)).sort_values(["start", "rank"])
    rows = rows.drop_duplicates("start")
    offset = 1.0 if stock else 0.5
    return rows["start"].dt.year.to_numpy(float) + offset, rows["value"].to_numpy(float)


def level(series_id: str, place: str = "USSR", stock: bool = False) -> float:
    """Return the level of January 1953: log-linear between record points, else the last one."""
    times, values = points(series_id, place, stock)
    return float(np.exp(np.interp(START, times, np.log(values))))


def years_since(series_id: str, place: str = "USSR", stock: bool = False) -> float:
    """Return the years from the last record point to January 1953 (0 where one follows it)."""
    times, _ = points(series_id, place, stock)
    return float(max(START - times[-1], 0.0))


def growth(series_id: str, place: str = "USSR") -> float:
    """Return the yearly log growth between the last two record points up to 1953."""
    times, values = points(series_id, place)
    return float(np.log(values[-1] / values[-2]) / (times[-1] - times[-2]))
