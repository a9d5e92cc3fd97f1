"""Yields by region: the main hypothesis (age of land, erosion, fallow, prices) and its rivals.

Each takes the same :class:`Season` and returns yields on new and on old land (t/ha, true weight).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.randomness import Keys
from thaw.model.subsystems.agriculture_inputs import NEW
from thaw.model.subsystems.agriculture_land import AGES, Region

_MEAN_DRYNESS = 0.4  # mean of max(0, -z) for a standard normal z: 1 / sqrt(2 pi)


class Season(eqx.Module):
    """What a harvest depends on, apart from parameters."""

    rain: Region
    luck: Region
    cohorts: Float[Array, "region age"]
    erosion: Region
    fallow: Float[Array, ""]
    years: Float[Array, ""]
    price: Float[Array, ""]
    farm_inputs: Float[Array, ""]
    machinery: Float[Array, ""]
    fertiliser: Float[Array, ""]


Yields = Callable[[Season, Any], tuple[Region, Region]]


def luck(keys: Keys, params: Any) -> Region:
    """Return the year's residual of log yield by region, mean of the factor 1.

    One part is common to all regions; heat, harvest rain and pests are not in the rain record.
    """
    share = params.residual_common
    common = jnp.sqrt(share) * keys.normal("residual, common")
    eps = common + jnp.sqrt(1.0 - share) * keys.normal("residual, region", NEW.shape)
    scale = NEW * params.residual_sd_new + (1.0 - NEW) * params.residual_sd_old
    return scale * eps - 0.5 * scale**2


def dryness(rain: Region) -> Region:
    """Return standard deviations of rain below the mean, 0 in wet years."""
    return jnp.maximum(-rain, 0.0)


def _weather(season: Season, params: Any) -> Region:
    """Return the factor of rain and luck; rain helps less, or harms, the more there is of it."""
    slope = NEW * params.rain_new + (1.0 - NEW) * params.rain_old
    effective = season.rain - params.rain_curvature * (season.rain**2 - 1.0)
    return jnp.exp(slope * effective + season.luck)


def _fallow_factor(more: Array, net: Any, season: Season, params: Any) -> Region:
    """Return grain per arable hectare with ``more`` of it fallow, relative to none more.

    ``net`` is the effect of 20 % fallow in a mean year (sign open); beyond it, fallow helps more in
    dry years and so narrows the spread.
    """
    guard = params.fallow_yield * params.k_dry * (dryness(season.rain) - _MEAN_DRYNESS)
    return jnp.maximum(1.0 + more * (net / 0.2 + guard), 0.1)


def _per_sown(season: Season, params: Any) -> Array:
    """Return the ratio that turns grain per arable into grain per sown hectare."""
    return (1.0 - params.fallow_share_hist) / (1.0 - season.fallow)


def fertility(params: Any) -> Float[Array, " age"]:
    """Return yield of new land by age relative to its first crop: an early flush, then decline."""
    flush = jnp.exp(-jnp.arange(AGES) / params.fert_tau)
    return params.fert_floor + (1.0 - params.fert_floor) * flush


def by_age_and_soil(season: Season, params: Any) -> tuple[Region, Region]:
    """Main hypothesis: new land tires and blows away, old land answers prices and inputs."""
    sown = jnp.maximum(season.cohorts.sum(axis=1), 1e-12)
    age = (season.cohorts * fertility(params)).sum(axis=1) / sown
    soil = age * (1.0 - params.erosion_yield * season.erosion)
    more = season.fallow - params.fallow_share_hist
    fallow = _fallow_factor(more, params.fallow_net, season, params) * _per_sown(season, params)
    chemistry = 1.0 + params.fertiliser_gain * season.fertiliser
    common = _weather(season, params) * season.machinery * chemistry
    effort = jnp.maximum(season.price, 1e-6) ** params.price_elasticity
    bought = jnp.maximum(season.farm_inputs, 1e-6) ** params.input_elasticity
    old = params.y_old0 * jnp.exp(params.g_y * season.years) * effort * bought
    return params.y0 * soil * fallow * common, old * common


def by_weather_only(season: Season, params: Any) -> tuple[Region, Region]:
    """Rival: one constant mean yield everywhere, moved by the weather only."""
    same = params.mean_yield * _weather(season, params)
    return same, same


def by_weather_and_fallow(season: Season, params: Any) -> tuple[Region, Region]:
    """Rival: as weather only, but all fallow there is evens out dry years (no mean effect)."""
    same = params.mean_yield * _weather(season, params)
    fallow = _fallow_factor(season.fallow, 0.0, season, params) * _per_sown(season, params)
    return same * fallow, same
