"""Exogenous inputs: what the model never explains, only conditions on (model contract, list 17.2).

Everything comes from two places: dated rows in ``exogenous/*.csv``, and the observed weather of the
record. Weather is read by year, so that another world may replay the same rain or meet the rain of
other years (whole years at a time, so that regions stay dependent as they were).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Float, Int

from thaw.model import tables
from thaw.model.clock import FIRST_YEAR, LAST_MONTH, month_index

WEATHER_YEARS = tuple(range(1945, 1971))
_COMPOSITES = {
    "rain_core": ("weather.prcp_mjj_z", "rain_virgin_lands_core"),
    "rain_siberia": ("weather.prcp_mjj_z", "rain_virgin_lands_siberia"),
    "rain_urals_volga": ("weather.prcp_mjj_z", "rain_virgin_lands_urals_volga"),
    "rain_old": ("weather.prcp_sep_jul_z", "rain_old_grain_lands"),
}


@cache
def dated_rows() -> tuple[dict[str, str], ...]:
    """Return every dated exogenous row: name, start, end, value, unit, provenance, source, note."""
    return tuple(tables.rows("exogenous"))


@cache
def monthly() -> dict[str, Float[np.ndarray, " month"]]:
    """Return each dated input as months from January 1953 to December 1970, 0 where no row holds.

    A later row of the same name replaces an earlier one in the months where both hold.
    """
    values: dict[str, Float[np.ndarray, " month"]] = {}
    for row in dated_rows():
        series = values.setdefault(row["name"], np.zeros(LAST_MONTH))
        start = max(month_index(row["start"]), 0)
        end = month_index(row["end"]) + 1 if row["end"] else LAST_MONTH
        series[start:end] = float(row["value"])
    return values


@cache
def weather() -> dict[str, Float[np.ndarray, " year"]]:
    """Return standardised rain by year 1945-1970 for the four composites of the record."""
    from thaw import record

    found: dict[str, Float[np.ndarray, " year"]] = {}
    for name, (series_id, place) in _COMPOSITES.items():
        rows = record.series(series_id, place=place)
        by_year = dict(zip(rows["start"].dt.year, rows["value"], strict=True))
        found[name] = np.array([by_year[year] for year in WEATHER_YEARS])
    return found


def replayed_years(draws: int, months: int) -> Int[np.ndarray, "draw year"]:
    """Return, for every draw and model year, the position in WEATHER_YEARS of the same year."""
    years = -(-months // 12)
    return np.tile(np.arange(years) + FIRST_YEAR - WEATHER_YEARS[0], (draws, 1))


def sampled_years(seed: int, draws: int, months: int) -> Int[np.ndarray, "draw year"]:
    """Return years drawn at random from 1945-1970, whole years, keyed by (seed, draw)."""
    years = -(-months // 12)
    generator = np.random.Generator(np.random.Philox(key=[seed, 0x5EED]))
    table = generator.integers(0, len(WEATHER_YEARS), size=(draws, LAST_MONTH // 12))
    return table[:, :years]


def weather_paths(
    years: Int[np.ndarray, "draw year"], months: int
) -> dict[str, Float[np.ndarray, "draw month"]]:
    """Return monthly rain paths by name: each year's value stands in all its months."""
    return {
        name: np.repeat(table[years], 12, axis=1)[:, :months] for name, table in weather().items()
    }
