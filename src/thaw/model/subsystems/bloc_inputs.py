"""What the record says of the seven allied states: data that starts or drives them, no outcomes.

Used by bloc.py. Missing values take the mean of the states that have one, the neutral value.
"""

from __future__ import annotations

from functools import cache

import equinox as eqx
import numpy as np
from jaxtyping import Float

from thaw import record
from thaw.model import exogenous, tables
from thaw.model.clock import FIRST_YEAR, LAST_MONTH
from thaw.model.places import BLOC_STATES

STATES_FILE = "subsystems/bloc_states.csv"
_YEARS = range(FIRST_YEAR, FIRST_YEAR + LAST_MONTH // 12)
_START_YEARS = (1949, 1952)
"""Years over which growth before the start is taken."""
_WEST, _EAST = "Germany (both states)", "Czechoslovakia"
"""The record has no income of the two German states: Maddison's Germany, mostly the Federal
Republic, stands for the west, the eastern neighbour nearest in level for the east."""


class Inputs(eqx.Module):
    """Data by state, in the order of ``BLOC_STATES``; month axis from January 1953."""

    economy: Float[np.ndarray, " state"]
    terror: Float[np.ndarray, " state"]
    pace: Float[np.ndarray, "month state"]
    pace_before: Float[np.ndarray, " state"]
    income_gap: Float[np.ndarray, " month"]
    deaths_of_leaders: Float[np.ndarray, "month state"]
    distance: Float[np.ndarray, "state state"]
    open_border: Float[np.ndarray, " state"]
    army: Float[np.ndarray, " state"]
    population: Float[np.ndarray, " state"]
    liberties: Float[np.ndarray, " state"]
    refugees: float


def places() -> tuple[str, ...]:
    """Return the record's words for the states, in the order of ``BLOC_STATES``."""
    return tuple(row["place"] for row in _states())


def _states() -> list[dict[str, str]]:
    rows = {row["state"]: row for row in tables.rows(STATES_FILE)}
    return [rows[state] for state in BLOC_STATES]


@cache
def known(series_id: str, place: str) -> dict[int, float]:
    """Return yearly record values of a series at a place, by year; seen before recalled."""
    rows = record.series(series_id)
    rows = rows[rows["place"] == place].sort_values("provenance", ascending=True)
    return dict(zip(rows["start"].dt.year, rows["value"].astype(float), strict=True))


def standardised(values: Float[np.ndarray, " state"]) -> Float[np.ndarray, " state"]:
    """Return z-scores across states; 0, the mean, where a value is missing."""
    z = (values - np.nanmean(values)) / np.nanstd(values)
    return np.where(np.isnan(z), 0.0, z)


def at_year(series_id: str, year: int) -> Float[np.ndarray, " state"]:
    """Return the value of one year by state, NaN where the record has none."""
    return np.array([known(series_id, place).get(year, np.nan) for place in places()])


def growth_before() -> Float[np.ndarray, " state"]:
    """Return yearly log growth of output per head over the years before the start."""
    first, last = (at_year("bloc.gdp_per_head", year) for year in _START_YEARS)
    return np.log(last / first) / (_START_YEARS[1] - _START_YEARS[0])


def pace_of_year(year: int) -> Float[np.ndarray, " state"]:
    """Return the yearly rise of the collectivised share of land (points), never below 0.

    Years between recorded ones lie on a straight line and the last value is held; states without a
    value before the year take the median of the others.
    """
    pace = np.full(len(BLOC_STATES), np.nan)
    for position, place in enumerate(places()):
        points = known("bloc.collective_share", place)
        if points and min(points) < year:
            years, shares = zip(*sorted(points.items()), strict=True)
            pace[position] = np.interp(year, years, shares) - np.interp(year - 1, years, shares)
    return np.maximum(np.where(np.isnan(pace), np.nanmedian(pace), pace), 0.0)


def income_gap() -> Float[np.ndarray, " month"]:
    """Return the log of western over eastern income per head, less its value of 1952."""
    west, east = (known("bloc.gdp_per_head", place) for place in (_WEST, _EAST))
    yearly = [np.log(west[y] / east[y] * east[1952] / west[1952]) for y in _YEARS]
    middles = np.arange(len(yearly)) * 12.0 + 5.5
    return np.interp(np.arange(LAST_MONTH), middles, yearly)


def distances() -> Float[np.ndarray, "state state"]:
    """Return great-circle distances between capitals in kilometres."""
    at = np.radians([[float(row["latitude"]), float(row["longitude"])] for row in _states()])
    lat, lon = at[:, None, 0] - at[None, :, 0], at[:, None, 1] - at[None, :, 1]
    chord = np.sin(lat / 2) ** 2
    chord += np.cos(at[:, None, 0]) * np.cos(at[None, :, 0]) * np.sin(lon / 2) ** 2
    return 2.0 * 6371.0 * np.arcsin(np.sqrt(chord))


def leaders_lost() -> Float[np.ndarray, "month state"]:
    """Return 1 in the month a party leader died, from rows ``bloc_leader_death__<state>``."""
    dated = exogenous.monthly()
    none = np.zeros(LAST_MONTH)
    return np.stack([dated.get(f"bloc_leader_death__{s}", none) for s in BLOC_STATES], axis=1)


def first_since_start(series_id: str) -> Float[np.ndarray, " state"]:
    """Return the first recorded value since the start year by state; the mean where none is."""
    series = [known(series_id, place) for place in places()]
    found = [next((v for y, v in sorted(s.items()) if y >= FIRST_YEAR), np.nan) for s in series]
    return np.where(np.isnan(found), np.nanmean(found), found)


def inputs() -> Inputs:
    """Load everything once."""
    gdr = places()[BLOC_STATES.index("gdr")]
    army = first_since_start("eastwest.military_personnel")
    return Inputs(
        economy=-standardised(growth_before()),
        terror=-standardised(at_year("bloc.human_rights_protection", 1952)),
        pace=np.repeat([pace_of_year(year) for year in _YEARS], 12, axis=0),
        pace_before=pace_of_year(FIRST_YEAR - 1),
        income_gap=income_gap(),
        deaths_of_leaders=leaders_lost(),
        distance=distances(),
        open_border=np.array([float(row["open_border"]) for row in _states()]),
        army=army / army.max(),
        population=first_since_start("bloc.population") / 1000.0,
        liberties=at_year("bloc.civil_liberties_index", 1952),
        refugees=known("eastwest.gdr_refugees", gdr)[1952] / 12.0,
    )
