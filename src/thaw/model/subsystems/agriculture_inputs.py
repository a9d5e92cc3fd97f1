"""Static inputs of the farms: areas and shares by grain region, and where new land lies.

Grain regions, in this order: the virgin-land belt of Kazakhstan, of Siberia (with the Far East), of
the Urals and the Volga, and the old grain lands. The first three make up the yearbooks' group
"Virgin Lands", wider than the land ploughed after 1953. What differs between regions is data.
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw import record, reforms

REGIONS = ("kazakh", "siberia", "urals_volga", "old")
NEW = np.array([1.0, 1.0, 1.0, 0.0])
"""1 for the three regions of the virgin-land belt."""
_PLOUGHED = (("Kazakh SSR",), ("Siberia and Far East",), ("Urals", "Volga"))
_WHEAT = (("Siberia",), ("Urals", "Volga"))
_BELT = ((50.0, 55.0, 50.0, 85.0), (55.0, 60.0, 60.0, 65.0), (55.0, 60.0, 70.0, 80.0))
"""South, north, west and east of the ten weather cells of the virgin-land composites (degrees)."""
_URALS_EAST = 65.0


class Inputs(eqx.Module):
    """What the record says and the model does not move (areas in million hectares)."""

    grain_area: Float[Array, ""]
    kazakh_area: Float[Array, ""]
    eastern_wheat: Float[Array, " 2"]
    new_share: Float[Array, " region"]
    unit_share: Float[Array, " place"]
    maize_area: Float[Array, ""]
    harvest_before: Float[Array, ""]
    meat_before: Float[Array, ""]
    income_before: Float[Array, ""]
    fallow_neutral: Float[Array, ""]


def load() -> Inputs:
    """Read the inputs from the record and from the registry of levers."""
    ploughed = np.array([_sum("agriculture.virgin_lands_ploughed_1954_60", p) for p in _PLOUGHED])
    new_share = np.append(ploughed / ploughed.sum(), 0.0)
    harvests = [_value("agriculture.grain_harvest", "USSR", year) for year in range(1950, 1953)]
    return Inputs(
        grain_area=jnp.asarray(_value("agriculture.grain_area", "USSR", 1953)),
        kazakh_area=jnp.asarray(_value("regional.grain_area", "Kazakh SSR", 1953) / 1000.0),
        eastern_wheat=jnp.asarray([_sum("agriculture.wheat_area", p, 1953) for p in _WHEAT]),
        new_share=jnp.asarray(new_share),
        unit_share=jnp.asarray(new_share[:3] @ unit_shares()),
        maize_area=jnp.asarray(_value("agriculture.maize_area_all", "USSR", 1954)),
        harvest_before=jnp.asarray(np.mean(harvests)),
        meat_before=jnp.asarray(_value("agriculture.meat", "USSR", 1952)),
        income_before=jnp.asarray(_value("agriculture.kolkhoz_money_income", "USSR", 1952)),
        fallow_neutral=jnp.asarray(_neutral("lever.agriculture.fallow_share")),
    )


def unit_shares() -> Float[np.ndarray, "3 place"]:
    """Return each belt region's new land by unit, rows summing to 1.

    Units whose centre lies in the belt share alike: the record holds no table by oblast.
    """
    units = record.places(kind="unit").sort_values("place_id")
    lat, lon = units["lat"].to_numpy(float), units["lon"].to_numpy(float)
    belt = np.zeros(len(units), dtype=bool)
    for south, north, west, east in _BELT:
        belt |= (south <= lat) & (lat < north) & (west <= lon) & (lon < east)
    kazakh = (units["parent"] == "kazakh_ssr").to_numpy()
    western = lon < _URALS_EAST
    groups = (belt & kazakh, belt & ~kazakh & ~western, belt & ~kazakh & western)
    return np.array([inside / inside.sum() for inside in groups])


def _value(series_id: str, place: str, year: int) -> float:
    """Return the recorded value of one year; a seen row wins over a recalled one."""
    rows = record.series(series_id)
    rows = rows[(rows["place"] == place) & (rows["date"].str[:4] == str(year))]
    return float(rows.sort_values("provenance", ascending=False)["value"].iloc[0])


def _sum(series_id: str, places: tuple[str, ...], year: int = 1960) -> float:
    return sum(_value(series_id, place, year) for place in places)


def _neutral(lever: str) -> float:
    return next(row.neutral for row in reforms.levers() if row.name == lever)
