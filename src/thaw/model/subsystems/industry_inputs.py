"""Levels of January 1953 with which industry starts, from the record.

Contract: docs/model/industry.md.
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.subsystems import starting_levels

DURABLES = ("industry.tv_sets", "industry.refrigerators", "industry.washing_machines")


class Inputs(eqx.Module):
    """Levels of January 1953 from the record (no later value is read)."""

    output_index: float
    official_growth: float
    electricity: float
    cement: float
    gdp: float
    heavy_share: float
    turnover: float
    deposits: float
    deposits_age: float
    dwellings: float
    dwellings_age: float
    urban_space: float
    urban_space_age: float
    wage: float
    wage_age: float
    farm_income: float
    harvest: float
    meat: float
    durables: Float[Array, "3"]
    durables_growth: Float[Array, "3"]


def inputs() -> Inputs:
    """Load the levels of 1953."""
    level, age = starting_levels.level, starting_levels.years_since
    deposits, space = "living.savings_deposits", "living.housing_urban_stock"
    return Inputs(
        output_index=level("industry.output_index_official"),
        official_growth=starting_levels.growth("industry.output_index_official"),
        electricity=level("industry.electricity"),
        cement=level("industry.cement"),
        gdp=level("macro.gdp_maddison"),
        heavy_share=level("industry.group_a_share") / 100.0,
        turnover=level("living.retail_turnover"),
        deposits=level(deposits, stock=True),
        deposits_age=age(deposits, stock=True),
        dwellings=level("living.dwellings_built"),
        dwellings_age=age("living.dwellings_built"),
        urban_space=level(space, stock=True),
        urban_space_age=age(space, stock=True),
        wage=level("living.average_wage"),
        wage_age=age("living.average_wage"),
        farm_income=level("agriculture.kolkhoz_money_income"),
        harvest=level("agriculture.grain_harvest"),
        meat=level("agriculture.meat"),
        durables=jnp.array([level(name) for name in DURABLES]),
        durables_growth=jnp.array([starting_levels.growth(name) for name in DURABLES]),
    )
