"""Production of industry: investment, capital under construction, output, and two simpler rivals.

Contract: docs/model/industry.md. Departments are heavy (producer goods), consumer, farm inputs.
All quantities are relative to January 1953; capital in building has housing as a fourth column.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.subsystem import View
from thaw.model.subsystems import pipeline

STAGES = 3
SMALLEST_SHARE = 0.02
"""No claimant falls below this share of investment, whatever the levers say (keeps logs finite)."""


class Production(eqx.Module):
    """What production hands on: next month's capacity, and housing finished in the month."""

    output: Float[Array, "3"]
    capital: Float[Array, "3"]
    building: Float[Array, "stage 4"]
    productivity: Float[Array, ""]
    housing: Float[Array, ""]


class Claims(eqx.Module):
    """Shares of total investment going to the three departments and to housing."""

    departments: Float[Array, "3"]
    housing: Float[Array, ""]


def claims(
    params: Any, heavy_shift: Any = 0.0, housing: Any = 0.0, plan: Any = 0.0, virgin: Any = 0.0
) -> Claims:
    """Return the division of investment.

    ``heavy_shift`` is a change of the heavy share, ``housing`` and ``plan`` 0-1 how far the housing
    programme and the seven-year plan are in force, ``virgin`` Mha of new land to be equipped.
    """
    to_housing = (
        params.share_housing_1953 + params.housing_gain * housing + params.plan_housing * plan
    )
    to_housing = jnp.maximum(to_housing, SMALLEST_SHARE)
    to_farms = params.share_agriculture + params.virgin_claim * virgin - params.plan_farm * plan
    to_industry = 1.0 - params.share_other - to_housing - jnp.maximum(to_farms, SMALLEST_SHARE)
    heavy = params.share_heavy + heavy_shift - params.plan_consumer * plan
    light = 1.0 - heavy
    parts = jnp.stack([heavy, light * (1 - params.farm_inputs), light * params.farm_inputs])
    parts = jnp.maximum(parts, SMALLEST_SHARE)
    return Claims(jnp.maximum(to_industry, SMALLEST_SHARE) * parts, to_housing)


def investable(heavy: Any, defence: Any, params: Any) -> Float[Array, ""]:
    """Return producer goods left for investment after defence took its share, 1953 = 1."""
    left = heavy - params.share_defence * defence
    return jnp.maximum(left / (1.0 - params.share_defence), SMALLEST_SHARE)


def lags(params: Any) -> Float[Array, "4"]:
    """Return mean months from outlay to finished capacity: three departments, then housing."""
    plant = jnp.asarray(params.gestation)
    return jnp.stack([plant, plant, plant, jnp.asarray(params.housing_gestation)])


def building_1953(params: Any) -> tuple[Float[Array, "stage 4"], Float[Array, "4"]]:
    """Return work in progress of January 1953 in steady growth, and the outlay that keeps it so."""
    return pipeline.filled(jnp.ones(4), lags(params), params.capital_growth / 12.0, STAGES)


def employed(view: View, params: Any) -> Float[Array, ""]:
    """Return free persons at work outside farming: townspeople of working age less soldiers."""
    people = view.people
    urban_share = people.urban / jnp.maximum(people.civil, 1.0)
    townspeople = jnp.sum(people.working_age * urban_share)
    free = jnp.maximum(townspeople - 1000.0 * view.east_west.manpower, 0.1 * townspeople)
    return params.participation * free


def labour(view: View, params: Any) -> Float[Array, ""]:
    """Return labour in units of a free worker, forced labour weighted by its productivity."""
    return employed(view, params) + params.forced_productivity * view.camps.forced_labour


def ces(
    capital: Float[Array, "..."], labour_index: Any, alpha: Any, sigma: Any
) -> Float[Array, "..."]:
    """Return constant-elasticity output, 1 at capital = labour = 1; ``sigma`` is kept below 1."""
    rho = 1.0 - 1.0 / jnp.minimum(sigma, 0.999)
    inside = alpha * capital**rho + (1.0 - alpha) * labour_index**rho
    return inside ** (1.0 / rho)


def _relative_outlay(view: View, params: Any, executed: Any, plan: Any) -> Float[Array, "4"]:
    at_start = claims(params)
    now = claims(params, executed[0], executed[1], plan, view.agriculture.virgin_area)
    ratio = jnp.append(now.departments / at_start.departments, now.housing / at_start.housing)
    goods = investable(view.own.output[0], view.east_west.defence_demand, params)
    return goods * ratio * building_1953(params)[1]


def _productivity(view: View, params: Any, graduates: Any) -> Float[Array, ""]:
    points = params.tfp + view.administration.growth_effect / 100.0 + params.skill_gain * graduates
    return view.own.productivity + points / 12.0


def two_departments(
    view: View, params: Any, executed: Any, plan: Any, labour_index: Any, graduates: Any
) -> Production:
    """Advance capital and output: low substitution, slow gestation, claimants compete.

    ``graduates`` is the proportional rise of the yearly flow of graduates since January 1953.
    """
    own = view.own
    outlay = _relative_outlay(view, params, executed, plan)
    building, finished = pipeline.advance(own.building, outlay, lags(params))
    renewal = (params.depr + params.capital_growth) / 12.0
    capital = own.capital * (1.0 - params.depr / 12.0) + renewal * finished[:3]
    productivity = _productivity(view, params, graduates)
    level = jnp.exp(productivity) * view.administration.efficiency
    output = level * ces(capital, labour_index, params.alpha, params.sigma)
    return Production(output, capital, building, productivity, finished[3])


def one_sector(
    view: View, params: Any, executed: Any, plan: Any, labour_index: Any, graduates: Any
) -> Production:
    """Rival: one Cobb-Douglas sector, no gestation of plant; shares of departments do nothing."""
    own = view.own
    outlay = _relative_outlay(view, params, executed, plan)
    building, finished = pipeline.advance(own.building, outlay, lags(params))
    goods = investable(own.output[0], view.east_west.defence_demand, params)
    renewal = (params.depr + params.capital_growth) / 12.0
    capital = own.capital * (1.0 - params.depr / 12.0) + renewal * goods
    productivity = _productivity(view, params, graduates)
    level = jnp.exp(productivity) * view.administration.efficiency
    output = level * capital**params.alpha * labour_index ** (1.0 - params.alpha)
    return Production(output, capital, building, productivity, finished[3])


def trend(
    view: View, params: Any, executed: Any, plan: Any, labour_index: Any, graduates: Any
) -> Production:
    """Rival: every output grows at the record's growth of 1952-53, less official overstatement."""
    own = view.own
    outlay = _relative_outlay(view, params, executed, plan)
    building, finished = pipeline.advance(own.building, outlay, lags(params))
    monthly = (view.inputs.official_growth - params.official_bias) / 12.0
    output = own.output * jnp.exp(monthly)
    return Production(output, own.capital, building, own.productivity + monthly, finished[3])
