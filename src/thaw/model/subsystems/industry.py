"""Industry: two-department growth, claimants on investment, shortage, prices, housing, durables.

Purpose, equations and limits: docs/model/industry.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.randomness import Keys
from thaw.model.subsystem import Emission, Levers, Step, Subsystem, View, variable
from thaw.model.subsystems import industry_market as market
from thaw.model.subsystems import industry_production as production
from thaw.model.subsystems import pipeline
from thaw.model.subsystems.industry_inputs import DURABLES, Inputs, inputs

OLD_ROUBLES = 10.0
"""Old roubles in one of the roubles in which everything here is counted (law of 1961)."""
COUNTS = 6
"""Counts of January 1953 kept as references: employed, labour, urban, rural, all, graduates."""


class State(eqx.Module):
    """What industry writes; money in post-1961 roubles."""

    output: Float[Array, "3"] = variable("1953 = 1", "output of heavy, consumer, farm inputs")
    growth: Float[Array, ""] = variable("percent a year", "growth of industrial output")
    shortage: Float[Array, ""] = variable("share of supply", "excess demand in state shops")
    premium: Float[Array, ""] = variable("ratio", "collective-farm market to state prices")
    consumption: Float[Array, ""] = variable("1953 = 1", "consumption per head")
    consumption_growth: Float[Array, ""] = variable("percent a year", "growth of consumption")
    crowding: Float[Array, ""] = variable("1953 = 1", "townspeople per dwelling space")
    hardship: Float[Array, " unit"] = variable("units", "everyday hardship, 0.5 in January 1953")
    wage: Float[Array, ""] = variable("roubles a month", "average wage of workers and employees")
    price_rise: Float[Array, ""] = variable("share", "rise of state retail prices, last month")
    print_capacity: Float[Array, ""] = variable("1953 = 1", "printing and paper capacity")
    tractors: Float[Array, ""] = variable("1953 = 1", "supply of machines to farms")
    wages_gap: Float[Array, ""] = variable("ratio", "urban to rural income")
    capital: Float[Array, "3"] = variable("1953 = 1", "capital by department")
    building: Float[Array, "stage 4"] = variable("1953 months", "capacity under construction")
    productivity: Float[Array, ""] = variable("log, 1953 = 0", "total factor productivity")
    executed: Float[Array, "3"] = variable("lever units", "heavy shift, housing, transfers done")
    start: Float[Array, "6"] = variable("persons", "counts of January 1953, references")
    urban_space: Float[Array, ""] = variable("million m2", "urban housing stock")
    space_1953: Float[Array, ""] = variable("million m2", "urban housing stock of January 1953")
    panel: Float[Array, ""] = variable("share", "spread of large-panel building")
    dearer: Float[Array, ""] = variable("log, 1953 = 0", "cost of a dwelling without panels")
    built: Float[Array, ""] = variable("thousand a year", "dwellings finished last month")
    deposits: Float[Array, ""] = variable("bn roubles", "voluntary savings")
    overhang: Float[Array, ""] = variable("bn roubles", "savings forced by shortage")
    cash: Float[Array, ""] = variable("bn roubles", "cash left with market sellers")
    price_level: Float[Array, ""] = variable("1953 = 1", "state retail prices")
    felt_price: Float[Array, ""] = variable("share", "price rises still resented")
    durables: Float[Array, "3"] = variable("thousand a year", "TV sets, refrigerators, washers")
    durable_stock: Float[Array, "3"] = variable("thousand", "the same in homes")
    past: Float[Array, "13 3"] = variable(
        "log", "output, consumption, product of the year now and 12 months back"
    )
    town_product: Float[Array, "12"] = variable("1953=1", "product outside farming, last 12 months")
    official_drift: Float[Array, ""] = variable("log", "overstatement in the official index")


class Info(eqx.Module):
    """What observation needs beside the state."""

    sales: Float[Array, ""]
    old_roubles: Float[Array, ""]


def init(params: Any, inputs: Inputs) -> State:
    """Return January 1953: every index 1, work in progress and money in steady growth."""
    one, zero = jnp.ones(()), jnp.zeros(())
    built = market.dwellings(params, inputs, 1.0, 0.0, 0.0)
    space = (
        inputs.urban_space
        + (market.urban_floor(params, built) - params.housing_depr * inputs.urban_space)
        * inputs.urban_space_age
    )
    money = market.money_1953(params, inputs)
    growth = 100.0 * (inputs.official_growth - params.official_bias)
    yearly = jnp.stack([growth, params.consumption_growth_1953, params.gdp_growth_1953]) / 100.0
    return State(
        output=jnp.ones(3),
        growth=growth,
        shortage=one * params.shortage_1953,
        premium=jnp.exp(params.market_premium * params.shortage_1953),
        consumption=one,
        consumption_growth=one * params.consumption_growth_1953,
        crowding=one,
        hardship=jnp.full(_unit_count(), market.HARDSHIP_1953),
        wage=_wage_1953(params, inputs),
        price_rise=zero,
        print_capacity=one,
        tractors=one,
        wages_gap=one * params.wages_gap_1953,
        capital=jnp.ones(3),
        building=production.building_1953(params)[0],
        productivity=zero,
        executed=jnp.zeros(3),
        start=jnp.zeros(COUNTS),
        urban_space=space,
        space_1953=space,
        panel=zero,
        dearer=zero,
        built=built,
        deposits=money.deposits,
        overhang=money.overhang,
        cash=money.cash,
        price_level=one,
        felt_price=zero,
        durables=inputs.durables,
        durable_stock=inputs.durables / inputs.durables_growth,
        past=yearly * (jnp.arange(13)[:, None] - 12.0) / 12.0 + _mid_year(yearly, params),
        town_product=(1.0 - params.gdp_farming)
        * jnp.exp(yearly[2] * (jnp.arange(12) - 11.0) / 12.0),
        official_drift=zero,
    )


def _unit_count() -> int:
    from thaw.model.places import units

    return len(units())


def _counts(view: View, params: Any) -> Float[Array, "6"]:
    """Return employed, labour, urban, rural, all persons, and graduates of the month."""
    people = view.people
    urban, everyone = jnp.sum(people.urban), jnp.sum(people.civil)
    free, work = production.employed(view, params), production.labour(view, params)
    return jnp.stack([free, work, urban, everyone - urban, everyone, view.science.graduates])


def _executed(own: State, levers: Levers, params: Any) -> Float[Array, "3"]:
    orders = jnp.stack(
        [
            params.new_course_share * levers.value("share_heavy"),
            params.housing_decree_1957_share * levers.value("share_housing"),
            levers.value("transfers"),
        ]
    )
    lags = jnp.stack(
        [params.new_course_lag, params.housing_decree_1957_lag, params.pensions_1956_lag]
    )
    return pipeline.toward(own.executed, orders, lags)


def _total(output: Float[Array, "3"], params: Any, inputs: Inputs) -> Float[Array, ""]:
    light = 1.0 - inputs.heavy_share
    farm = params.farm_inputs_weight
    return (
        inputs.heavy_share * (1 - farm) * output[0]
        + light * output[1]
        + (inputs.heavy_share * farm * output[2])
    )


def _mid_year(yearly: Float[Array, "3"], params: Any) -> Float[Array, "3"]:
    """Return the log gap between the product of a year and its last month, before 1953."""
    return jnp.array([0.0, 0.0, -5.5 / 12.0]) * yearly * (1.0 - params.gdp_farming)


def _town_product(total: Any, labour: Any, params: Any) -> Float[Array, ""]:
    """Return value added outside farming, a month at yearly rate, over all product of 1953."""
    services = labour * (total / labour) ** params.rest_elasticity
    rest = 1.0 - params.gdp_industry - params.gdp_farming
    return params.gdp_industry * total + rest * services


def _product(view: View, town: Float[Array, "12"], params: Any) -> Float[Array, ""]:
    """Return national product of the last 12 months, with the last harvest, January 1953 = 1."""
    farm = view.agriculture
    farming = 0.5 * farm.harvest / view.inputs.harvest + 0.5 * farm.meat / view.inputs.meat
    return jnp.mean(town) + params.gdp_farming * farming


def _dwellings(
    own: State, made: production.Production, urban: Any, executed: Any, params: Any, given: Inputs
) -> dict[str, Array]:
    pace = params.panel_speed / 12.0 * executed[1]
    panel = own.panel + pace * (own.panel + params.panel_seed) * (1.0 - own.panel)
    dearer = own.dearer + params.building_cost / 12.0
    built = market.dwellings(params, given, made.housing, panel, dearer)
    added = market.urban_floor(params, built) - params.housing_depr * own.urban_space
    space = own.urban_space + added / 12.0
    crowding = urban * own.space_1953 / space
    return {
        "panel": panel,
        "dearer": dearer,
        "built": built,
        "urban_space": space,
        "crowding": crowding,
    }


def _prices(own: State, levers: Levers, params: Any) -> dict[str, Array]:
    meat = params.meat_weight * levers.value("retail_price_meat")
    level = 1.0 + meat + params.butter_weight * levers.value("retail_price_butter")
    rise = level / own.price_level - 1.0
    felt = own.felt_price * jnp.exp(-1.0 / params.price_memory) + rise
    return {"price_level": level, "price_rise": rise, "felt_price": felt}


def _wage_1953(params: Any, given: Inputs) -> Float[Array, ""]:
    return given.wage * jnp.exp(params.wage_drift * given.wage_age)


def _incomes(view: View, executed: Any, ratios: Any, params: Any) -> dict[str, Array]:
    own, farm = view.own, view.agriculture
    raised = params.minimum_wage_gain * (executed[2] - own.executed[2])
    wage = own.wage * jnp.exp(params.wage_drift / 12.0 + raised)
    cash = farm.farm_income / view.inputs.farm_income / ratios[3]
    rural = jnp.maximum(params.own_produce + (1.0 - params.own_produce) * cash, 0.05)
    gap = params.wages_gap_1953 * wage / _wage_1953(params, view.inputs) / rural
    return {"wage": wage, "wages_gap": gap}


def _trade(
    view: View, executed: Any, ratios: Any, params: Any
) -> tuple[dict[str, Array], Float[Array, ""]]:
    """Return shortage and household money next month, and the month's sales (bn a year)."""
    own, given = view.own, view.inputs
    wages = ratios[0] * own.wage / _wage_1953(params, given)
    transfers = ratios[4] * (1.0 + params.transfer_gain * executed[2])
    earned = market.income(params, given, wages, transfers, view.agriculture.farm_income)
    food = (1.0 - params.goods_share) * view.agriculture.food * ratios[2]  # eaten in towns
    supply = given.turnover * own.price_level * (params.goods_share * own.output[1] + food)
    money = market.Money(own.deposits, own.overhang, own.cash)
    shop = market.market(params, money, earned, supply)
    after = market.next_money(params, money, shop, supply)
    parts = {"deposits": after.deposits, "overhang": after.overhang, "cash": after.cash}
    premium = jnp.exp(params.market_premium * shop.shortage)
    return {**parts, "shortage": shop.shortage, "premium": premium}, shop.sales


def _growth(view: View, output: Any, ratios: Any, params: Any) -> dict[str, Array]:
    own = view.own
    total = _total(output, params, view.inputs)
    goods = params.goods_share * output[1] / ratios[4]
    consumption = goods + (1.0 - params.goods_share) * view.agriculture.food
    month = _town_product(total, ratios[1], params)
    town = jnp.concatenate([own.town_product[1:], month[None]])
    now = jnp.log(jnp.stack([total, consumption, _product(view, town, params)]))
    year = 100.0 * (jnp.exp(now - own.past[1]) - 1.0)
    return {
        "growth": year[0],
        "consumption": consumption,
        "consumption_growth": year[1],
        "past": jnp.concatenate([own.past[1:], now[None]]),
        "town_product": town,
    }


def _homes(view: View, output: Any, persons: Any, params: Any) -> dict[str, Array]:
    own = view.own
    households = persons / params.household_size / 1000.0
    faster = output[1] / own.output[1]
    made, stock = market.durables(params, own.durables, own.durable_stock, households, faster)
    return {"durables": made, "durable_stock": stock}


def _step(produce: Callable[..., production.Production]) -> Step:
    """Return the step of industry with a given rule of production."""

    def step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
        own = view.own
        counts = _counts(view, params)
        start = jnp.where(own.start > 0.0, own.start, jnp.maximum(counts, 1e-9))
        ratios = counts / start
        executed = _executed(own, levers, params)
        plan = levers.value("plan_shares")
        made = produce(view, params, executed, plan, ratios[1], ratios[5] - 1.0)
        trade, sales = _trade(view, executed, ratios, params)
        parts = {
            **_dwellings(own, made, ratios[2], executed, params, view.inputs),
            **_prices(own, levers, params),
            **_incomes(view, executed, ratios, params),
            **_growth(view, made.output, ratios, params),
            **_homes(view, made.output, counts[4], params),
            **trade,
        }
        urban_share = view.people.urban / jnp.maximum(view.people.civil, 1.0)
        hardship = market.hardship(
            params,
            urban_share * counts[4] / counts[2],
            parts["shortage"],
            parts["felt_price"],
            parts["crowding"],
            view.agriculture.food,
            parts["consumption_growth"],
        )
        after = State(
            **parts,
            output=made.output,
            capital=made.capital,
            building=made.building,
            productivity=made.productivity,
            executed=executed,
            start=start,
            hardship=hardship,
            print_capacity=made.output[1] ** params.print_elasticity,
            tractors=made.output[2],
            space_1953=own.space_1953,
            official_drift=own.official_drift + params.official_bias / 12.0,
        )
        return after, Info(sales, OLD_ROUBLES / levers.value("redenomination"))

    return step


def observe(state: State, info: Info, params: Any, inputs: Inputs) -> Emission:
    """Show output, dwellings, trade, savings, wage and product under the record's series ids."""
    total = _total(state.output, params, inputs)
    product = state.past[-1, 2]
    series = {
        "industry.output_index_official": inputs.output_index
        * total
        * jnp.exp(state.official_drift),
        "industry.electricity": inputs.electricity / 12.0 * total**params.electricity_elasticity,
        "industry.cement": inputs.cement / 12.0 * state.output[0] ** params.cement_elasticity,
        **{name: state.durables[place] / 12.0 for place, name in enumerate(DURABLES)},
        "living.dwellings_built": state.built / 12.0,
        "living.housing_built_urban": market.urban_floor(params, state.built) / 12.0,
        "living.retail_turnover": info.sales / 12.0,
        "living.savings_deposits": state.deposits + state.overhang,
        "living.average_wage": state.wage,
        "macro.gdp_maddison": inputs.gdp * jnp.exp(product),
        "macro.gnp_growth_cia": 100.0 * (jnp.exp(product - state.past[0, 2]) - 1.0),
    }
    return Emission(
        series={(name, "USSR"): value for name, value in series.items()},
        latent={
            "output_total": total,
            "heavy_share": inputs.heavy_share * state.output[0] / total,
            "wage_in_money_of_the_month": state.wage * info.old_roubles,
        },
    )


SUBSYSTEM = Subsystem(
    name="industry",
    title="Industry, consumption, shortage, housing",
    state=State,
    reads=(
        "people.civil",
        "people.urban",
        "people.working_age",
        "camps.forced_labour",
        "administration.growth_effect",
        "administration.efficiency",
        "agriculture.food",
        "agriculture.farm_income",
        "agriculture.harvest",
        "agriculture.meat",
        "agriculture.virgin_area",
        "science.graduates",
        "east_west.defence_demand",
        "east_west.manpower",
    ),
    init=init,
    step=_step(production.two_departments),
    observe=observe,
    inputs=inputs,
    rivals={
        "cobb_douglas_one_sector": _step(production.one_sector),
        "trend": _step(production.trend),
    },
)
