"""What the record gives east_west: levels of the start, and the other side's arms by month."""

from __future__ import annotations

import equinox as eqx
import numpy as np
from jaxtyping import Float

from thaw import record, reforms
from thaw.model.clock import FIRST_YEAR, LAST_MONTH

_USA = 2
"""Correlates of War code of the United States."""
_YEARS = np.arange(FIRST_YEAR, FIRST_YEAR + LAST_MONTH // 12)


class Inputs(eqx.Module):
    """Levels at the start and yearly arms, held on straight lines between years."""

    manpower: float
    distance: float
    rival_spending: Float[np.ndarray, " month"]
    rival_arsenal: Float[np.ndarray, " month"]
    first_programme: float
    own_arsenal: Float[np.ndarray, " month"]


def by_month(years: Float[np.ndarray, " year"], values: Float[np.ndarray, " year"]) -> np.ndarray:
    """Return yearly values at the middles of their years, on straight lines between."""
    middles = (np.asarray(years) - FIRST_YEAR) * 12.0 + 5.5
    return np.interp(np.arange(LAST_MONTH), middles, values)


def yearly(series_id: str, place: str) -> tuple[np.ndarray, np.ndarray]:
    """Return years and values of a yearly series of the record."""
    rows = record.series(series_id)
    rows = rows[rows["place"] == place].sort_values("start")
    return rows["start"].dt.year.to_numpy(float), rows["value"].to_numpy(float)


def level(series_id: str, place: str, year: int) -> float:
    """Return the value of one year."""
    years, values = yearly(series_id, place)
    return float(values[years == year][0])


def rival_spending() -> Float[np.ndarray, " month"]:
    """Return US military expenditure, 1953 = 1 (Correlates of War, current dollars)."""
    table = record.table("cow_nmc")
    rows = table[(table["ccode"] == _USA) & table["year"].isin(_YEARS)].sort_values("year")
    spending = rows["milex"].to_numpy(float)
    return by_month(rows["year"].to_numpy(float), spending / spending[0])


def first_programme() -> float:
    """Return the running total of the first programme of troop cuts, as announced (thousand)."""
    orders = [move for reform in reforms.reforms() for move in reform.moves]
    cuts = [move for move in orders if move.lever == "lever.east_west.troops_cut"]
    return max(total for _, total in cuts[0].points)


def inputs() -> Inputs:
    """Load everything once."""
    return Inputs(
        manpower=level("eastwest.military_personnel", "USSR", FIRST_YEAR),
        distance=level("eastwest.unga_distance_usa_ussr", "USA-USSR", FIRST_YEAR - 1),
        rival_spending=rival_spending(),
        rival_arsenal=by_month(*yearly("eastwest.nuclear_warheads", "USA")),
        first_programme=first_programme(),
        own_arsenal=by_month(*yearly("eastwest.nuclear_warheads", "USSR")),
    )
