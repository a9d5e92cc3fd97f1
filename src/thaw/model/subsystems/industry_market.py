"""The consumer side of industry: incomes, shortage, savings, prices, dwellings, durables, hardship.

Contract: docs/model/industry.md. Money is in billions of post-1961 roubles, flows a year.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

SOFTNESS = 0.01
"""Width of the smooth corner between slack and shortage, as a share of supply (numerical)."""
HARDSHIP_1953 = 0.5
"""Level of hardship in January 1953: a convention of the scale, not an estimate."""
CROWDING_UNIT = 0.1
"""Crowding is read in tenths of its level of 1953: a convention of the scale."""


class Money(eqx.Module):
    """Money of households: savings books by free choice, unspent because of shortage, and cash."""

    deposits: Float[Array, ""]
    overhang: Float[Array, ""]
    cash: Float[Array, ""]


class Market(eqx.Module):
    """One month of the consumer market, flows at yearly rates."""

    income: Float[Array, ""]
    sales: Float[Array, ""]
    shortage: Float[Array, ""]


def money_1953(params: Any, inputs: Any) -> Money:
    """Return household money of January 1953, carried forward from the last recorded deposits."""
    total = inputs.deposits * jnp.exp(params.deposit_growth * inputs.deposits_age)
    forced = params.overhang_share * total
    cash = forced * (1.0 - params.forced_saving) / params.forced_saving
    return Money(total - forced, forced, cash)


def income_1953(params: Any, inputs: Any) -> Float[Array, ""]:
    """Return household income solved so that demand is turnover times one plus the first shortage.

    Without this intercept every later shortage would rest on the unrecorded income of 1953.
    """
    money = money_1953(params, inputs)
    unspent = params.drawdown * money.deposits
    unspent = unspent + 12.0 * params.h_overhang * (money.overhang + money.cash)
    demand = inputs.turnover * (1.0 + params.shortage_1953)
    return (demand - unspent) / (1.0 - params.s0)


def income(params: Any, inputs: Any, wages: Any, transfers: Any, farm: Any) -> Float[Array, ""]:
    """Return household income, bn roubles a year.

    ``wages`` is the wage fund (1953 = 1), ``transfers`` other payments (1953 = 1), ``farm`` money
    income of collective farms, bn roubles a year, of which a share reaches the members.
    """
    at_farms = params.farm_cash * inputs.farm_income
    others = income_1953(params, inputs) - at_farms
    mix = params.wage_share * wages + (1.0 - params.wage_share) * transfers
    return others * mix + params.farm_cash * farm


def market(params: Any, money: Money, earned: Any, supply: Any) -> Market:
    """Return sales and the shortage index: demand that meets no goods, as a share of supply."""
    balances = params.h_overhang * (money.overhang + money.cash)
    demand = (1.0 - params.s0) * earned + params.drawdown * money.deposits + 12.0 * balances
    width = SOFTNESS * supply
    unmet = width * jax.nn.softplus((demand - supply) / width)
    return Market(earned, demand - unmet, unmet / supply)


def next_money(params: Any, money: Money, now: Market, supply: Any) -> Money:
    """Return household money a month later: income less sales stays with households, all of it.

    Unmet demand becomes deposits (``forced_saving``) or passes through the collective-farm market
    into the cash of those who sell there.
    """
    unmet = now.shortage * supply
    forced, market_spent = params.forced_saving * unmet, (1.0 - params.forced_saving) * unmet
    saved = params.s0 * now.income - params.drawdown * money.deposits
    return Money(
        money.deposits + saved / 12.0,
        money.overhang + forced / 12.0 - params.h_overhang * money.overhang,
        money.cash + market_spent / 12.0 - params.h_overhang * money.cash,
    )


def dwellings(params: Any, inputs: Any, finished: Any, panel: Any, dearer: Any) -> Float[Array, ""]:
    """Return dwellings finished, thousand a year.

    ``finished`` is completed outlay (1953 = 1); large panels (``panel``, share) make a dwelling
    cheaper, better fittings and wages (``dearer``, log) make it dearer.
    """
    base = inputs.dwellings * jnp.exp(params.dwellings_growth * inputs.dwellings_age)
    return base * finished * jnp.exp(-dearer) / (1.0 - params.housing_cost_fall * panel)


def urban_floor(params: Any, built: Any) -> Float[Array, ""]:
    """Return urban housing built, million m2 a year, for ``built`` thousand dwellings a year."""
    return built * params.urban_dwellings * params.dwelling_size / 1000.0


def durables(
    params: Any, output: Float[Array, "3"], stock: Any, households: Any, consumer_growth: Any
) -> tuple[Float[Array, "3"], Float[Array, "3"]]:
    """Return output (thousand a year) and stock in homes (thousand) of the three durables.

    Makers learn until output meets what households without one, and replacements, take up.
    ``consumer_growth`` is the month's growth factor of consumer output.
    """
    without = jnp.maximum(households - stock, 0.0)
    wanted = jnp.maximum(params.purchase_rate * without + stock / params.durable_life, 1.0)
    learned = jnp.exp(params.durable_learning / 12.0 * (1.0 - output / wanted))
    return output * learned * consumer_growth, stock + (output - stock / params.durable_life) / 12.0


def hardship(
    params: Any,
    exposure: Float[Array, " unit"],
    shortage: Any,
    felt_price: Any,
    crowding: Any,
    food: Any,
    growth: Any,
) -> Float[Array, " unit"]:
    """Return everyday hardship by unit, 0.5 in January 1953.

    Shops, prices and dwellings weigh by ``exposure``, the unit's urban share against the union's;
    food and the growth of consumption (percent a year) weigh everywhere alike. The sum of changes
    enters as an exponent, so that hardship stays positive; near 1953 it is the plain sum.
    """
    town = (
        params.hard_Z * (shortage - params.shortage_1953)
        + params.hard_Z * params.loss_aversion * felt_price
        + params.hard_crowd * (crowding - 1.0) / CROWDING_UNIT
    )
    everywhere = params.hard_food * (1.0 - food) - params.hard_growth * (
        growth - params.consumption_growth_1953
    )
    change = jnp.clip((exposure * town + everywhere) / HARDSHIP_1953, -3.0, 3.0)
    return HARDSHIP_1953 * jnp.exp(change)
