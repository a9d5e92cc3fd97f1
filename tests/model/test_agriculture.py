"""Farms: conservation, signs of the mechanisms, levers, rivals, bounds, the record."""

from functools import cache
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from fakes import run_alone, world

from thaw import record, reforms
from thaw.model import exogenous, parameters
from thaw.model.randomness import Keys
from thaw.model.simulate import draw_keys, own
from thaw.model.subsystem import Levers, Names, View
from thaw.model.subsystems import agriculture_animals as animals
from thaw.model.subsystems import agriculture_balance as balance
from thaw.model.subsystems import agriculture_land as land
from thaw.model.subsystems import agriculture_yields as yields
from thaw.model.subsystems.agriculture import SUBSYSTEM
from thaw.model.subsystems.agriculture_inputs import load

MONTHS = 144
USSR = "USSR"


def mode(**changes):
    """Return the parameters at their modes, some of them changed."""
    values = {k: v[0] for k, v in own(parameters.modes(), "agriculture").items()}
    return SimpleNamespace(**jax.tree.map(jnp.asarray, values | changes))


@cache
def history():
    """Return states and emissions of the historical plan without random numbers."""
    return run_alone(SUBSYSTEM, months=MONTHS)


@cache
def lucky():
    """Return a random draw of the historical plan."""
    return run_alone(SUBSYSTEM, months=MONTHS, draw=3)


def yearly(emissions, series_id, place=USSR):
    return emissions["series"][f"agriculture.{series_id}", place].reshape(-1, 12).sum(axis=1)


def season(**changes):
    quiet = {
        "rain": jnp.zeros(4),
        "luck": jnp.zeros(4),
        "cohorts": jnp.zeros((4, land.AGES)).at[:, 0].set(1.0),
        "erosion": jnp.zeros(4),
        "fallow": jnp.asarray(mode().fallow_share_hist),
        "years": jnp.asarray(0.0),
        "price": jnp.asarray(1.0),
        "farm_inputs": jnp.asarray(1.0),
        "machinery": jnp.asarray(1.0),
        "fertiliser": jnp.asarray(0.0),
    }
    return yields.Season(**(quiet | changes))


# inputs -------------------------------------------------------------------------------------------


def test_weather_is_the_recorded_composites():
    weather = exogenous.weather()
    dry = exogenous.WEATHER_YEARS.index(1955)
    assert weather["rain_core"][dry] == pytest.approx(-2.261)
    assert weather["rain_old"][dry] == pytest.approx(1.001)
    assert all(len(years) == len(exogenous.WEATHER_YEARS) for years in weather.values())


def test_sampled_weather_keeps_regions_together():
    years = exogenous.sampled_years(seed=1, draws=5, months=24)
    paths = exogenous.weather_paths(years, 24)
    weather = exogenous.weather()
    for name, path in paths.items():
        np.testing.assert_array_equal(path[:, ::12], weather[name][years])
        np.testing.assert_array_equal(path[:, 0], path[:, 11])


def test_new_land_is_shared_as_recorded_and_by_units_of_the_belt():
    inputs = load()
    assert inputs.new_share.sum() == pytest.approx(1.0)
    assert inputs.new_share[0] == pytest.approx(25.5 / 41.8)
    units = record.places(kind="unit").sort_values("place_id")
    share = np.asarray(inputs.unit_share)
    assert share.sum() == pytest.approx(1.0)
    kazakh = (units["parent"] == "kazakh_ssr").to_numpy()
    assert share[kazakh].sum() == pytest.approx(25.5 / 41.8)
    assert (units["lat"].to_numpy()[share > 0] >= 50.0).all()


# conservation -------------------------------------------------------------------------------------


def test_every_hectare_broken_is_in_one_age_class():
    states, _ = lucky()
    held = states.fresh.sum(axis=1) + states.cohorts.sum(axis=(1, 2))
    np.testing.assert_allclose(held, states.virgin_area, rtol=1e-9, atol=1e-12)
    broken = np.diff(states.virgin_area)
    assert (broken >= 0).all()
    assert broken[12:24].sum() > 5.0
    called = parameters.sample_prior(0, 4)["agriculture.recruits_per_mha"][3]
    np.testing.assert_allclose(states.recruits[1:].sum(axis=1), broken * called, atol=1e-6)


def test_state_grain_balances_every_month():
    states, shown = lucky()
    series, latent = shown["series"], shown["latent"]
    came = series["agriculture.grain_procurement", USSR] + series["agriculture.grain_imports", USSR]
    went = latent["served"] + latent["exported"] + latent["sold_back"]
    np.testing.assert_allclose(np.diff(states.stock), came - went, rtol=1e-9, atol=1e-9)
    assert (states.stock >= 0).all()


def test_months_of_a_harvest_sum_to_the_harvest():
    states, shown = lucky()
    claimed = 1.0 + parameters.sample_prior(0, 4)["agriculture.bunker_bias"][3]
    total = yearly(shown, "grain_harvest")
    np.testing.assert_allclose(total, states.crop[11::12].sum(axis=1) * claimed)
    np.testing.assert_allclose(total, states.harvest[11::12] * claimed)
    belt = yearly(shown, "virgin_lands_grain", "Virgin Lands")
    kazakh = yearly(shown, "grain_harvest", "Kazakh SSR")
    assert (kazakh < belt).all() and (belt < total).all()


def test_land_ages_each_january_and_the_last_class_keeps_all():
    cohorts = jnp.zeros((4, land.AGES)).at[0, 0].set(2.0).at[0, -1].set(3.0).at[0, -2].set(1.0)
    fresh = jnp.asarray([5.0, 0.0, 0.0, 0.0])
    _, january = land.next_land(fresh, cohorts, jnp.zeros(4), jnp.asarray(0))
    assert january[0, 0] == 0.0 and january[0, 1] == 2.0 and january[0, -1] == 4.0
    kept, may = land.next_land(fresh, cohorts, jnp.ones(4), jnp.asarray(4))
    assert may[0, 0] == 7.0 and kept[0] == 1.0


# levers -------------------------------------------------------------------------------------------


def test_no_order_breaks_no_land_and_leaves_old_lands_their_luck():
    nothing = {"vl_target_area": jnp.zeros(MONTHS)}
    states, _ = run_alone(SUBSYSTEM, months=MONTHS, draw=3, levers=nothing)
    with_land, _ = lucky()
    assert (states.virgin_area == 0).all() and (states.recruits == 0).all()
    np.testing.assert_array_equal(states.crop[:, 3], with_land.crop[:, 3])
    assert with_land.crop[100, :3].sum() > 1.2 * states.crop[100, :3].sum()


def test_all_levers_neutral_move_nothing_by_order():
    levers = {
        name.name.split(".")[-1]: jnp.full(60, name.neutral)
        for name in reforms.levers()
        if name.subsystem == "agriculture"
    }
    states, _ = run_alone(SUBSYSTEM, months=60, levers=levers)
    for name in ("virgin_area", "stations", "disrupted", "fertiliser", "squeeze", "imports"):
        assert (getattr(states, name) == 0).all(), name
    assert np.ptp(states.maize_area) == 0 and np.ptp(states.price) == 0
    np.testing.assert_allclose(states.area, states.area[0])


def test_maize_rises_to_a_share_of_the_order_and_falls_by_degrees():
    states, _ = history()
    asked = own(reforms.lever_paths(reforms.load_scenario("historical"), MONTHS).value, "lever")
    ask = asked["agriculture.maize_area"]
    assert (states.maize_area[1:] <= np.maximum.accumulate(ask) * 1.1).all()
    assert 4.4 < states.maize_area[-1] < states.maize_area[142]


def test_station_sale_costs_output_for_a_time_only():
    states, _ = history()
    assert states.disrupted[70:80].max() > 0.3
    assert states.disrupted[-1] < 0.1 * states.disrupted.max()


def test_more_fallow_takes_area_from_grain():
    params, inputs = mode(), load()
    cohorts = jnp.ones((4, land.AGES))
    share = land.fallow_share(jnp.asarray(0.2), params, inputs)
    assert share == pytest.approx(params.fallow_share_hist + 0.12)
    usual, _ = land.sown_areas(
        cohorts, inputs.maize_area, jnp.asarray(params.fallow_share_hist), params, inputs
    )
    less, _ = land.sown_areas(cohorts, inputs.maize_area, share, params, inputs)
    assert (less < usual).all()


# signs of the mechanisms --------------------------------------------------------------------------


def test_new_land_tires_unless_the_floor_is_one():
    old_age = jnp.zeros((4, land.AGES)).at[:, 8].set(1.0)
    young, _ = yields.by_age_and_soil(season(), mode())
    tired, _ = yields.by_age_and_soil(season(cohorts=old_age), mode())
    same, _ = yields.by_age_and_soil(season(cohorts=old_age), mode(fert_floor=1.0))
    assert (tired < young).all()
    np.testing.assert_allclose(same, young)


@pytest.mark.parametrize("rule", [yields.by_age_and_soil, yields.by_weather_only])
def test_rain_moves_yields_and_too_much_helps_less(rule):
    new, old = (
        jnp.stack([rule(season(rain=jnp.full(4, z)), mode())[k] for z in (-2.0, 0.0, 2.0)])
        for k in (0, 1)
    )
    assert (new[0] < new[1]).all() and (old[0] < old[1]).all()
    assert (jnp.log(new[2] / new[1]) < jnp.log(new[1] / new[0])).all()


def test_prices_and_inputs_act_on_old_land_only():
    richer = season(price=jnp.asarray(7.0), farm_inputs=jnp.asarray(2.0))
    before, after = (yields.by_age_and_soil(s, mode()) for s in (season(), richer))
    np.testing.assert_allclose(before[0], after[0])
    assert (after[1] > 1.1 * before[1]).all()


def test_fallow_narrows_the_spread_and_its_mean_effect_has_either_sign():
    def per_arable(fallow, z, **changes):
        params = mode(k_dry=1.0, **changes)
        made = season(rain=jnp.full(4, z), fallow=jnp.asarray(fallow))
        return yields.by_age_and_soil(made, params)[0][0] * (1.0 - fallow)

    hist = mode().fallow_share_hist
    good = per_arable(hist + 0.2, 1.0, fallow_net=0.0) / per_arable(hist, 1.0, fallow_net=0.0)
    bad = per_arable(hist + 0.2, -2.0, fallow_net=0.0) / per_arable(hist, -2.0, fallow_net=0.0)
    assert bad > good
    gain = per_arable(hist + 0.2, 0.0, fallow_net=0.15)
    loss = per_arable(hist + 0.2, 0.0, fallow_net=-0.15)
    assert loss < per_arable(hist, 0.0) < gain


def test_dust_blows_on_new_land_in_dry_years_and_less_under_fallow():
    dry, wind, params = jnp.full(4, 2.0), jnp.ones(4), mode()
    bare = land.next_erosion(jnp.zeros(4), dry, wind, jnp.asarray(0.0), params)
    kept = land.next_erosion(jnp.zeros(4), dry, wind, jnp.asarray(0.3), params)
    calm = land.next_erosion(jnp.full(4, 0.1), jnp.zeros(4), wind, jnp.asarray(0.0), params)
    assert (bare[:3] > kept[:3]).all() and bare[3] == 0.0
    assert (calm < 0.1).all()


def test_luck_is_shared_in_part_and_smaller_on_old_land():
    def draw(key):
        return yields.luck(Keys.of(key, 7, "agriculture"), mode())

    drawn = np.asarray(jax.vmap(draw)(draw_keys(0, np.arange(400))))
    assert drawn[:, 3].std() < drawn[:, 0].std()
    assert 0.05 < np.corrcoef(drawn[:, 0], drawn[:, 3])[0, 1] < 0.35
    assert np.exp(drawn).mean() == pytest.approx(1.0, abs=0.02)


def test_meat_plan_kills_stock_and_pads_reports():
    def made(plan, **changes):
        one = jnp.asarray(1.0)
        return animals.produce(jnp.asarray(25.0), one, jnp.asarray(plan), one, one, mode(**changes))

    calm, pressed = made(1.0), made(8.0)
    assert pressed.herd < calm.herd and pressed.meat > calm.meat
    assert calm.reported == calm.meat and pressed.reported > pressed.meat
    assert made(8.0, ratchet=0.0, meat_padding=0.0).reported == calm.meat


def test_maize_feeds_in_the_south_and_displaces_in_the_north():
    params, inputs = mode(maize_displaces_grain=0.0), load()
    feed = [
        float(animals.other_feed(inputs.maize_area + extra, jnp.asarray(0.0), params, inputs))
        for extra in (0.0, params.maize_south_area, 32.0)
    ]
    assert feed[0] == 0.0 < feed[1] and feed[2] < 0.0


def grain(stock, allowed, decides, **changes):
    values = [jnp.asarray(float(x)) for x in (stock, 100.0, 100.0, 1.0, allowed, decides)]
    return balance.state_grain(*values, jnp.asarray(10), mode(**changes))


def test_grain_is_bought_only_where_allowed_or_decided_and_missing():
    assert grain(10, 0, 0).imports == 0.0
    assert grain(10, 1, 0).imports > 0.0
    assert grain(10, 0, 1).imports > 0.0
    assert grain(60, 1, 0).imports == 0.0 == grain(60, 0, 1).imports
    assert grain(28, 0, 1, import_tolerance=9.0).imports == 0.0 < grain(28, 1, 0).imports
    assert grain(60, 0, 0).exports > 0.0 == grain(10, 0, 0).exports
    assert grain(0.5, 0, 0).met < 1.0 == grain(10, 0, 0).met


def test_a_state_that_may_buy_does_so_after_a_bad_harvest():
    poor = {"y_old0": 0.6, "procure_share": 0.35, "need_1953": 38.0}
    kept, _ = run_alone(SUBSYSTEM, months=48, params=poor)
    decided = {"import": jnp.ones(48)}
    free, _ = run_alone(SUBSYSTEM, months=48, params=poor, decided=decided)
    assert (kept.imports == 0).all() and free.imports.max() > 2.0
    assert free.food.min() > kept.food.min()


def test_campaigns_lose_support_after_bad_harvests_only_when_decided_by_the_model():
    start = SUBSYSTEM.init(mode(), load())
    failed = type(start)(**(vars(start) | {"harvest_gap": jnp.asarray(0.4)}))
    decided = {"maize_area": jnp.ones(6), "plot_restrict": jnp.ones(6)}
    orders = {"maize_area": jnp.full(6, 30.0), "plot_restrict": jnp.ones(6)}
    held, _ = run_alone(SUBSYSTEM, months=6, levers=orders, start=failed)
    let, _ = run_alone(SUBSYSTEM, months=6, levers=orders, decided=decided, start=failed)
    assert let.maize_area[-1] < held.maize_area[-1]
    assert let.squeeze[-1] < held.squeeze[-1]


# rivals, bounds, parameters, record ---------------------------------------------------------------


def test_rivals_have_one_mean_yield_and_run():
    old_age = season(cohorts=jnp.zeros((4, land.AGES)).at[:, 9].set(1.0), price=jnp.asarray(7.0))
    for rule in (yields.by_weather_only, yields.by_weather_and_fallow):
        for first, second in zip(rule(season(), mode()), rule(old_age, mode()), strict=True):
            np.testing.assert_allclose(first, second)
    for rival in SUBSYSTEM.rivals:
        _, shown = run_alone(SUBSYSTEM, months=24, rival=rival)
        assert np.isfinite(yearly(shown, "grain_harvest")).all()


def test_states_stay_finite_and_in_bounds():
    for states, shown in (history(), lucky()):
        for name, _, _ in SUBSYSTEM.variables():
            values = getattr(states, name)
            assert np.isfinite(values).all(), name
            assert (values >= -1e-12).all(), name
        assert (states.erosion <= 1).all() and (states.harvest_gap <= 1).all()
        assert all(np.isfinite(v).all() and (v >= 0).all() for v in shown["series"].values())


def test_every_row_of_the_observables_is_emitted():
    wanted = {
        ("grain_harvest", USSR), ("grain_harvest", "Kazakh SSR"),
        ("virgin_lands_grain", "Virgin Lands"), ("grain_area", USSR), ("grain_yield", USSR),
        ("grain_procurement", USSR), ("grain_imports", USSR), ("meat", USSR), ("milk", USSR),
        ("eggs", USSR), ("livestock_cows", USSR), ("kolkhoz_money_income", USSR),
    }  # fmt: skip
    shown = history()[1]["series"]
    assert {(name.removeprefix("agriculture."), place) for name, place in shown} == wanted


def test_every_parameter_is_used_and_every_read_is_declared():
    seen: set[str] = set()
    values = own(parameters.modes(), "agriculture")
    params = Names("agriculture", {k: jnp.asarray(float(v[0])) for k, v in values.items()}, seen)
    inputs, states = load(), world()
    states["agriculture"] = SUBSYSTEM.init(params, inputs)
    rain = {name: jnp.asarray(0.0) for name in exogenous.weather()}
    neutral = {
        lever.name.split(".")[-1]: jnp.asarray(lever.neutral)
        for lever in reforms.levers()
        if lever.subsystem == "agriculture"
    }
    moved: set[str] = set()
    levers = Levers(neutral, dict.fromkeys(neutral, jnp.asarray(0.0)), moved)
    reads: set[str] = set()
    view = View(SUBSYSTEM, states, jnp.asarray(7), rain, inputs, reads)
    for step in (SUBSYSTEM.step, *SUBSYSTEM.rivals.values()):
        after, info = step(view, levers, params, Keys(None))
        SUBSYSTEM.observe(after, info, params, inputs)
    assert seen == {f"agriculture.{name}" for name in values}
    assert moved == set(neutral)
    assert reads == set(SUBSYSTEM.reads)


def test_modes_give_harvests_of_the_recorded_size():
    """A coarse check before any fit: the belt and the union in an early and a good year."""
    _, shown = history()
    belt = yearly(shown, "virgin_lands_grain", "Virgin Lands")
    union = yearly(shown, "grain_harvest")
    for values, series_id, place in (
        (belt, "agriculture.virgin_lands_grain", "Virgin Lands"),
        (union, "agriculture.grain_harvest", USSR),
    ):
        rows = record.series(series_id, place=place)
        for year in (1953, 1956):
            known = rows[rows["date"] == str(year)]["value"].iloc[0]
            assert values[year - 1953] == pytest.approx(known, rel=0.2)
