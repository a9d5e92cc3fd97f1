"""Animals: feed, the herd, meat under a plan that ratchets up, milk and eggs."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.subsystems.agriculture_inputs import Inputs

Scalar = Float[Array, ""]


class Animals(eqx.Module):
    """Annual rates of animal output, and the herd of next month."""

    herd: Scalar
    meat: Scalar
    reported: Scalar
    milk: Scalar
    eggs: Scalar


def grain_feed(harvest: Scalar, procured: Scalar, area: Scalar, params: Any) -> Scalar:
    """Return grain left for animals on farms (Mt a year): after deliveries, seed and bread."""
    left = harvest - procured - params.seed_rate * area - params.farm_bread
    return jnp.maximum(left, 0.0)


def other_feed(maize: Scalar, new_land: Scalar, params: Any, inputs: Inputs) -> Scalar:
    """Return the change since 1953 of feed other than grain (Mt grain equivalent a year).

    Maize fills the suitable south first; it takes the place of hay, oats and fallow. The part of
    new land that is not under grain grows fodder.
    """
    extra = maize - inputs.maize_area
    south = jnp.clip(extra, 0.0, params.maize_south_area)
    grown = south * params.maize_south_yield + (extra - south) * params.maize_north_yield
    lost = (1.0 - params.maize_displaces_grain) * extra
    fodder = (1.0 - params.new_grain_share) * new_land * params.new_feed_yield
    return (grown - lost) * params.y_old0 + fodder


def adequacy(
    grain: Scalar, other: Scalar, herd: Scalar, grain_before: Scalar, params: Any
) -> Scalar:
    """Return feed per animal relative to the years before 1953 (0.3 to 1.6)."""
    rough = grain_before * params.roughage_share / (1.0 - params.roughage_share)
    feed = (grain + rough + other) / jnp.maximum(grain_before + rough, 1e-6)
    return jnp.clip(feed * params.herd_1953 / jnp.maximum(herd, 1e-6), 0.3, 1.6)


def produce(
    herd: Scalar, feed: Scalar, plan: Scalar, effort: Scalar, plots: Scalar, params: Any
) -> Animals:
    """Return output and next month's herd.

    The gap between the meat plan and ordinary output is met in part by killing stock, which lowers
    the herd, and in part on paper: what is reported exceeds what was produced.
    """
    fed = feed**params.feed_elasticity * plots
    ordinary = params.meat_per_cow * herd * fed
    pressure = jnp.clip(plan / jnp.maximum(ordinary, 1e-6) - 1.0, 0.0, 0.5)
    culled = params.ratchet * pressure
    meat = ordinary + params.carcass * culled * herd
    growth = params.feed_birth + params.feed_response * (feed - 1.0) - culled
    unmet = jnp.clip(plan / jnp.maximum(meat, 1e-6) - 1.0, 0.0, 0.5)
    return Animals(
        herd=jnp.maximum(herd * (1.0 + growth / 12.0), 0.0),
        meat=meat,
        reported=meat * (1.0 + params.meat_padding * unmet),
        milk=params.milk_per_cow * herd * fed * effort,
        eggs=params.eggs_1953 * herd / params.herd_1953 * fed * effort,
    )
