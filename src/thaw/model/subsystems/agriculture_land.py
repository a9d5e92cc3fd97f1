"""Land: ploughing of virgin land, its age classes, the maize area, erosion, the sown area."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.subsystems.agriculture_inputs import NEW, Inputs

AGES = 13
"""Age classes of new land: crops taken before this year's, 0 to 12 and more."""
PLOUGHING_MONTHS = 7
_FIRST, _LAST = 3, 9  # April to October: the soil of the belt is frozen in the other months
_SOWING, _JANUARY = 4, 0

Region = Float[Array, " region"]


def base_areas(params: Any, inputs: Inputs) -> Region:
    """Return grain area of 1953 by region (Mha).

    East of the Volga the record has grain area for Kazakhstan only, and wheat for the rest.
    """
    kazakh, eastern = inputs.kazakh_area, inputs.eastern_wheat / params.wheat_share
    old = inputs.grain_area - kazakh - eastern.sum()
    return jnp.array([kazakh, eastern[0], eastern[1], old])


def broken(area: Array, target: Array, tractors: Array, calendar: Array, params: Any) -> Array:
    """Return virgin land ploughed this month (Mha): what is ordered, as far as machines allow.

    The lag counts calendar months; only the working months of the year among them plough.
    """
    season = (calendar >= _FIRST) & (calendar <= _LAST)
    lag = jnp.maximum(params.virgin_lands_lag * PLOUGHING_MONTHS / 12.0, 1.0)
    wanted = jnp.maximum(params.virgin_lands_share * target - area, 0.0) / lag
    limit = params.break_rate * tractors / PLOUGHING_MONTHS
    return jnp.where(season, jnp.minimum(wanted, limit), 0.0)


def next_land(
    fresh: Region, cohorts: Float[Array, "region age"], ploughed: Region, calendar: Array
) -> tuple[Region, Float[Array, "region age"]]:
    """Return unsown and sown new land of next month (Mha).

    Land ploughed before May is sown in May as age 0; every January all sown land is a crop older.
    """
    last = cohorts[:, -1] + cohorts[:, -2]
    older = jnp.concatenate(
        [jnp.zeros_like(cohorts[:, :1]), cohorts[:, :-2], last[:, None]], axis=1
    )
    aged = jnp.where(calendar == _JANUARY, older, cohorts)
    sown = jnp.where(calendar == _SOWING, fresh, 0.0)
    return fresh - sown + ploughed, aged.at[:, 0].add(sown)


def fallow_share(ordered: Array, params: Any, inputs: Inputs) -> Array:
    """Return the share of arable in the new lands left as clean fallow."""
    return jnp.clip(params.fallow_share_hist + ordered - inputs.fallow_neutral, 0.0, 0.5)


def sown_areas(
    cohorts: Float[Array, "region age"], maize: Array, fallow: Array, params: Any, inputs: Inputs
) -> tuple[Region, Region]:
    """Return grain area on new and on old land by region (Mha)."""
    shift = (1.0 - fallow) / (1.0 - params.fallow_share_hist)
    new = cohorts.sum(axis=1) * params.new_grain_share * shift
    base = base_areas(params, inputs)
    displaced = params.maize_displaces_grain * (maize - inputs.maize_area)
    return new, base * (1.0 - displaced / base.sum())


def next_maize(maize: Array, peak: Array, ask: Array, params: Any, inputs: Inputs) -> Array:
    """Return next month's maize area (Mha): up to a share of what is asked, down to what stays."""
    wanted = inputs.maize_area + params.maize_campaign_share * (ask - inputs.maize_area)
    kept = 1.0 - params.maize_campaign_dropped_1964_share
    floor = inputs.maize_area + kept * (peak - inputs.maize_area)
    target = jnp.where(wanted < maize, jnp.maximum(wanted, jnp.minimum(floor, maize)), wanted)
    lag = jnp.where(
        target < maize, params.maize_campaign_dropped_1964_lag, params.maize_campaign_lag
    )
    return maize + (target - maize) / jnp.maximum(lag, 1.0)


def next_erosion(erosion: Region, dry: Region, wind: Region, fallow: Array, params: Any) -> Region:
    """Return the damaged share of new arable after this year; dust blows in dry, windy years."""
    blown = params.erosion_rate * (1.0 - fallow) * dry * wind * (1.0 - erosion)
    return jnp.clip(erosion + NEW * blown - params.repair * erosion, 0.0, 1.0)
