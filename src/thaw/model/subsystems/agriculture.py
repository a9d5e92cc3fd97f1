"""Farms: new and old land, harvests, herds, state grain, food and farm income.

Contract: docs/model/agriculture.md. Weights are true barn weight; the official series appear only
in :func:`observe`.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.randomness import Keys
from thaw.model.subsystem import Emission, Levers, Subsystem, View, variable
from thaw.model.subsystems import agriculture_animals as animals
from thaw.model.subsystems import agriculture_balance as balance
from thaw.model.subsystems import agriculture_decisions as decisions
from thaw.model.subsystems import agriculture_land as land
from thaw.model.subsystems import agriculture_yields as yields
from thaw.model.subsystems.agriculture_inputs import REGIONS, Inputs, load

Scalar = Float[Array, ""]
Region = Float[Array, " region"]
_AUGUST, _OCTOBER, _JANUARY = 7, 9, 0
_CENTNERS = 10.0  # centners per tonne


class State(eqx.Module):
    """Farms at the start of a month; regions: see ``agriculture_inputs.REGIONS``."""

    fresh: Region = variable("Mha", "new land ploughed and not yet sown")
    cohorts: Float[Array, "region age"] = variable("Mha", "new land by crops taken")
    virgin_area: Scalar = variable("Mha", "new land broken since January 1954")
    maize_area: Scalar = variable("Mha", "area under maize")
    maize_peak: Scalar = variable("Mha", "largest maize area so far")
    area: Scalar = variable("Mha", "grain area of the last harvest")
    damaged: Region = variable("share", "new arable damaged by wind, by region")
    erosion: Scalar = variable("share", "new arable damaged by wind, all regions")
    crop: Region = variable("Mt", "grain harvest of the year, by region")
    harvest: Scalar = variable("Mt", "last completed harvest")
    trend: Scalar = variable("Mt", "harvest to be expected from past years")
    harvest_gap: Scalar = variable("share", "shortfall of the last harvest below trend")
    price: Scalar = variable("1952 = 1", "grain price, memory of two years")
    stations: Scalar = variable("share", "machine stations sold to the farms")
    disrupted: Scalar = variable("share", "loss of machine service not yet made good")
    fertiliser: Scalar = variable("share", "fertiliser programme carried out")
    squeeze: Scalar = variable("index", "restriction of household plots carried out")
    dropped: Float[Array, " campaign"] = variable("0/1", "ended by the model, for good")
    grain_feed: Scalar = variable("Mt a year", "grain fed on farms from the last harvest")
    herd: Scalar = variable("million head", "cows, standing for all stock")
    meat: Scalar = variable("Mt a year", "meat produced")
    meat_reported: Scalar = variable("Mt", "meat reported since January")
    meat_plan: Scalar = variable("Mt a year", "meat plan of the year")
    stock: Scalar = variable("Mt", "grain held by the state")
    imports: Scalar = variable("Mt a year", "grain bought abroad, leaky sum of twelve months")
    food: Scalar = variable("1953 = 1", "food per head")
    farm_income: Scalar = variable("bn roubles a year", "money of collective farms and pensions")
    recruits: Float[Array, " place"] = variable("persons a month", "called to the new lands")
    people_1953: Float[Array, " 2"] = variable("persons", "all and urban people of month 0")


class Info(eqx.Module):
    """Flows of the month (Mt, milliard eggs, bn roubles) and what lies behind them."""

    harvest: Region
    procured: Scalar
    imports: Scalar
    exports: Scalar
    sold_back: Scalar
    served: Scalar
    meat: Scalar
    milk: Scalar
    eggs: Scalar
    income: Scalar
    feed: Scalar


def init(params: Any, inputs: Inputs) -> State:
    """Return the farms of January 1953, as after average harvests of 1950-52."""
    none, zeros = jnp.asarray(0.0), jnp.zeros(len(REGIONS))
    harvest = inputs.harvest_before / (1.0 + params.bunker_bias)
    return State(
        fresh=zeros,
        cohorts=jnp.zeros((len(REGIONS), land.AGES)),
        virgin_area=none,
        maize_area=inputs.maize_area,
        maize_peak=inputs.maize_area,
        area=inputs.grain_area,
        damaged=zeros,
        erosion=none,
        crop=harvest * land.base_areas(params, inputs) / inputs.grain_area,
        harvest=harvest,
        trend=harvest,
        harvest_gap=none,
        price=jnp.asarray(1.0),
        stations=none,
        disrupted=none,
        fertiliser=none,
        squeeze=none,
        dropped=jnp.zeros(len(decisions.CAMPAIGNS)),
        grain_feed=_feed_before(params, inputs),
        herd=jnp.asarray(params.herd_1953),
        meat=params.meat_per_cow * params.herd_1953,
        meat_reported=none,
        meat_plan=inputs.meat_before * (1.0 + params.plan_growth),
        stock=params.reserve_1953 + params.need_1953 * 7.0 / 12.0,
        imports=none,
        food=jnp.asarray(1.0),
        farm_income=inputs.income_before,
        recruits=jnp.zeros_like(inputs.unit_share),
        people_1953=jnp.ones(2),
    )


def step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Advance by one month under the main hypothesis of yields."""
    return _advance(view, levers, params, keys, yields.by_age_and_soil)


def weather_only(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Rival: area times a constant mean yield, moved by the weather only."""
    return _advance(view, levers, params, keys, yields.by_weather_only)


def fallow_variance(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Rival: weather, and fallow that only narrows the spread."""
    return _advance(view, levers, params, keys, yields.by_weather_and_fallow)


def _advance(
    view: View, levers: Levers, params: Any, keys: Keys, rule: yields.Yields
) -> tuple[State, Info]:
    own: State = view.own
    ploughing = _plough(view, levers, params)
    means = _means(view, levers, params)
    grain, flow = _harvest(view, levers, params, keys, rule)
    state_grain = _state_grain(view, levers, params, grain["crop"].sum())
    stock, feed = _animals(view, levers, params, means["squeeze"], 12.0 * state_grain.sold_back)
    products = _animal_index(stock, params)
    income = balance.money_income(
        state_grain.procured,
        levers.value("price_index"),
        levers.value("price_system"),
        products,
        params,
    )
    pensions = params.pensions / 12.0 * levers.value("kolkhoz_income")
    kept = 11.0 / 12.0  # a leaky sum settles at twelve times the monthly flow
    reported = jnp.where(view.calendar == _JANUARY, 0.0, own.meat_reported)
    after = State(
        **ploughing,
        **means,
        **grain,
        dropped=decisions.next_dropped(view, levers, view.inputs.maize_area, params, keys),
        herd=stock.herd,
        meat=stock.meat,
        meat_reported=reported + stock.reported / 12.0,
        meat_plan=_meat_plan(view, params),
        stock=state_grain.stock,
        imports=own.imports * kept + state_grain.imports,
        food=balance.food_index(products, _people(view)[0], state_grain.met, params),
        farm_income=own.farm_income * kept + income + pensions,
        people_1953=jnp.where(view.month == 0, _people_now(view), own.people_1953),
    )
    info = Info(
        harvest=flow,
        procured=state_grain.procured,
        imports=state_grain.imports,
        exports=state_grain.exports,
        sold_back=state_grain.sold_back,
        served=state_grain.served,
        meat=stock.reported / 12.0,
        milk=stock.milk / 12.0,
        eggs=stock.eggs / 12.0,
        income=income,
        feed=feed,
    )
    return after, info


def _state_grain(view: View, levers: Levers, params: Any, crop: Array) -> balance.Balance:
    return balance.state_grain(
        view.own.stock,
        crop,
        view.own.trend,
        _people(view)[1],
        levers.value("import"),
        levers.decided("import"),
        view.calendar,
        params,
    )


def _plough(view: View, levers: Levers, params: Any) -> dict[str, Array]:
    """Return new land of next month and the settlers called to it."""
    own, inputs = view.own, view.inputs
    broken = land.broken(
        own.virgin_area,
        levers.value("vl_target_area"),
        view.industry.tractors,
        view.calendar,
        params,
    )
    fresh, cohorts = land.next_land(
        own.fresh, own.cohorts, broken * inputs.new_share, view.calendar
    )
    return {
        "fresh": fresh,
        "cohorts": cohorts,
        "virgin_area": own.virgin_area + broken,
        "recruits": broken * params.recruits_per_mha * inputs.unit_share,
    }


def _means(view: View, levers: Levers, params: Any) -> dict[str, Array]:
    """Return what levers move by degrees: maize, prices, machines, fertiliser, plots."""
    own, inputs = view.own, view.inputs
    maize_kept, squeeze_kept = decisions.support(view, levers, params)
    ask = inputs.maize_area + (levers.value("maize_area") - inputs.maize_area) * maize_kept
    maize = land.next_maize(own.maize_area, own.maize_peak, ask, params, inputs)
    sold = params.mts_abolished_share * levers.value("mts_shock")
    stations = own.stations + (sold - own.stations) / params.mts_abolished_lag
    chemistry = params.chemicals_plenum_share * levers.value("fertiliser")
    restricted = jnp.maximum(levers.value("plot_restrict"), 0.0) * squeeze_kept
    squeeze = params.plot_squeeze_share * restricted - own.squeeze
    return {
        "maize_area": maize,
        "maize_peak": jnp.maximum(own.maize_peak, maize),
        "price": own.price + (levers.value("price_index") - own.price) / 24.0,
        "stations": stations,
        "disrupted": own.disrupted * jnp.exp(-1.0 / params.mts_memory) + stations - own.stations,
        "fertiliser": own.fertiliser
        + (chemistry - own.fertiliser) / jnp.maximum(params.chemicals_plenum_lag, 1.0),
        "squeeze": own.squeeze + squeeze / jnp.maximum(params.plot_squeeze_lag, 1.0),
    }


def _harvest(
    view: View, levers: Levers, params: Any, keys: Keys, rule: yields.Yields
) -> tuple[dict[str, Array], Region]:
    """Return the year's harvest as known from August on, and the part booked this month."""
    own, inputs, august = view.own, view.inputs, view.calendar == _AUGUST
    fallow = land.fallow_share(levers.value("fallow_share"), params, inputs)
    new, old = land.sown_areas(own.cohorts, own.maize_area, fallow, params, inputs)
    season = _season(view, params, keys, fallow)
    new_yield, old_yield = rule(season, params)
    crop = jnp.where(august, new * new_yield + old * old_yield, own.crop)
    done = view.calendar == _OCTOBER
    total, area = crop.sum(), jnp.where(august, (new + old).sum(), own.area)
    gap = jnp.maximum(1.0 - total / own.trend, 0.0)
    wind = 2.0 * keys.uniform("wind", own.damaged.shape)  # mean 1
    damaged = land.next_erosion(own.damaged, yields.dryness(season.rain), wind, fallow, params)
    damaged = jnp.where(august, damaged, own.damaged)
    procured = total * balance.procurement_rate(total, own.trend, params)
    feed = animals.grain_feed(total, procured, area, params)
    weight = own.cohorts.sum(axis=1)
    return {
        "area": area,
        "damaged": damaged,
        "erosion": (damaged * weight).sum() / jnp.maximum(weight.sum(), 1e-9),
        "crop": crop,
        "harvest": jnp.where(done, total, own.harvest),
        "trend": jnp.where(done, own.trend + (total - own.trend) / params.trend_memory, own.trend),
        "harvest_gap": jnp.where(done, gap, own.harvest_gap),
        "grain_feed": jnp.where(done, feed, own.grain_feed),
    }, crop * balance.booked(view.calendar)


def _season(view: View, params: Any, keys: Keys, fallow: Array) -> yields.Season:
    own, weather = view.own, view.exogenous
    rain = (weather.rain_core, weather.rain_siberia, weather.rain_urals_volga, weather.rain_old)
    return yields.Season(
        rain=jnp.stack(rain),
        luck=yields.luck(keys, params),
        cohorts=own.cohorts,
        erosion=own.damaged,
        fallow=fallow,
        years=view.month / 12.0,
        price=own.price,
        farm_inputs=view.industry.output[2],
        machinery=1.0 - params.mts_shock * own.disrupted,
        fertiliser=own.fertiliser,
    )


def _feed_before(params: Any, inputs: Inputs) -> Array:
    """Return grain fed on farms before 1953 (Mt a year), from the harvests of 1950-52."""
    harvest = inputs.harvest_before / (1.0 + params.bunker_bias)
    procured = harvest * params.procure_share
    return animals.grain_feed(harvest, procured, inputs.grain_area, params)


def _animals(
    view: View, levers: Levers, params: Any, squeeze: Array, sold_back: Array
) -> tuple[animals.Animals, Array]:
    own, inputs = view.own, view.inputs
    new_land = own.cohorts.sum()
    other = animals.other_feed(own.maize_area, new_land, params, inputs)
    before = _feed_before(params, inputs)
    feed = animals.adequacy(own.grain_feed + sold_back, other, own.herd, before, params)
    eased = jnp.minimum(levers.value("plot_restrict"), 0.0)
    plots = 1.0 - params.private_share * params.plot_restrict * (squeeze + eased)
    effort = jnp.maximum(own.price, 1e-6) ** params.price_elasticity
    return animals.produce(own.herd, feed, own.meat_plan, effort, plots, params), feed


def _animal_index(stock: animals.Animals, params: Any) -> Array:
    """Return meat and milk relative to January 1953."""
    meat = stock.meat / (params.meat_per_cow * params.herd_1953)
    return 0.5 * (meat + stock.milk / (params.milk_per_cow * params.herd_1953))


def _meat_plan(view: View, params: Any) -> Array:
    """Return the meat plan: from December to January, last year's reported output and some more."""
    own, december = view.own, view.calendar == 11
    reported = own.meat_reported * 12.0 / 11.0  # December is planned from eleven months
    return jnp.where(december, reported * (1.0 + params.plan_growth), own.meat_plan)


def _people_now(view: View) -> Array:
    return jnp.stack([view.people.civil.sum(), view.people.urban.sum()])


def _people(view: View) -> Array:
    """Return all and urban people relative to month 0."""
    now = _people_now(view)
    return now / jnp.where(view.month == 0, now, view.own.people_1953)


def observe(state: State, info: Info, params: Any, inputs: Inputs) -> Emission:
    """Return the official series: grain in the weight officially claimed, meat as reported.

    Deliveries, imports, milk, eggs, cows and money are taken as recorded.
    """
    claimed = 1.0 + params.bunker_bias
    official = info.harvest * claimed
    yearly = state.crop.sum() * claimed / jnp.maximum(state.area, 1e-9) * _CENTNERS
    series = {
        ("agriculture.grain_harvest", "USSR"): official.sum(),
        ("agriculture.grain_harvest", "Kazakh SSR"): official[0],
        ("agriculture.virgin_lands_grain", "Virgin Lands"): official[:3].sum(),
        ("agriculture.grain_area", "USSR"): state.area,
        ("agriculture.grain_yield", "USSR"): yearly,
        ("agriculture.grain_procurement", "USSR"): info.procured,
        ("agriculture.grain_imports", "USSR"): info.imports,
        ("agriculture.meat", "USSR"): info.meat,
        ("agriculture.milk", "USSR"): info.milk,
        ("agriculture.eggs", "USSR"): info.eggs,
        ("agriculture.livestock_cows", "USSR"): state.herd,
        ("agriculture.kolkhoz_money_income", "USSR"): info.income,
    }
    latent = {
        "exported": info.exports,
        "sold_back": info.sold_back,
        "served": info.served,
        "feed": info.feed,
    }
    return Emission(series=series, latent=latent)


SUBSYSTEM = Subsystem(
    name="agriculture",
    title="Farms and food",
    state=State,
    reads=(
        "people.civil",
        "people.urban",
        "industry.tractors",
        "industry.output",
        "leadership.ouster",
        "exogenous.rain_core",
        "exogenous.rain_siberia",
        "exogenous.rain_urals_volga",
        "exogenous.rain_old",
    ),
    init=init,
    step=step,
    observe=observe,
    inputs=load,
    rivals={"weather_only": weather_only, "fallow_variance": fallow_variance},
)
