"""Industry alone: growth, claimants, money of households, prices, levers, rivals."""

from functools import cache
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest
from alone import run as run_shared
from fakes import P, run_alone, world

from thaw.model import parameters, places
from thaw.model.subsystems import industry_market, industry_production, pipeline
from thaw.model.subsystems.industry import SUBSYSTEM

MONTHS = 144
INPUTS = SUBSYSTEM.inputs()


def rising(start, yearly):
    """Return a path that grows by a constant yearly rate."""
    return lambda month: start * np.exp(yearly * month / 12.0)


GROWING = {
    "people": {
        "urban": rising(np.linspace(0.2e6, 1.2e6, P), 0.037),
        "civil": rising(np.full(P, 186e6 / P), 0.017),
        "working_age": rising(np.full(P, 110e6 / P), 0.011),
    },
    "agriculture": {
        "food": rising(1.0, 0.025),
        "farm_income": rising(4.6, 0.1),
        "meat": rising(5.8, 0.035),
        "harvest": rising(90.0, 0.03),
    },
}


@cache
def run(rival=None, draw=None, **levers):
    """Return states and emissions of a run in a growing country; levers are constants."""
    paths = {name: np.full(MONTHS, value) for name, value in levers.items()}
    return run_shared(SUBSYSTEM, MONTHS, others=GROWING, rival=rival, draw=draw, levers=paths)


def same(first, second):
    """Return the fields of two runs' states that differ anywhere."""
    names = [name for name, _, _ in SUBSYSTEM.variables()]
    return [n for n in names if not np.array_equal(getattr(first, n), getattr(second, n))]


def test_everything_stays_finite_and_in_bounds():
    for rival in (None, *SUBSYSTEM.rivals):
        states, shown = run(rival)
        for name, _, _ in SUBSYSTEM.variables():
            assert np.isfinite(getattr(states, name)).all(), (rival, name)
        assert all(np.isfinite(v).all() for v in shown["series"].values())
        assert (states.shortage >= 0).all() and (states.hardship > 0).all()
        assert (states.panel >= 0).all() and (states.panel <= 1).all()


def test_indices_start_at_one_and_outputs_have_contract_shapes():
    states, _ = run()
    assert states.output.shape == (MONTHS + 1, 3)
    assert states.hardship.shape == (MONTHS + 1, len(places.units()))
    for name in ("output", "consumption", "crowding", "print_capacity", "tractors"):
        np.testing.assert_allclose(getattr(states, name)[0], 1.0)


def test_household_money_balances_every_month():
    states, shown = run()
    params = _params()
    total = states.deposits + states.overhang + states.cash
    sales = shown["series"][("living.retail_turnover", "USSR")]
    income = np.diff(total) + sales
    others = industry_market.income_1953(params, INPUTS) - params.farm_cash * INPUTS.farm_income
    wage = states.wage / states.wage[0]
    farm = params.farm_cash * 4.6 * np.exp(0.1 * np.arange(MONTHS) / 12.0)
    transfers = np.exp(0.017 * np.arange(MONTHS) / 12.0) * (
        1.0 + params.transfer_gain * states.executed[1:, 2]
    )
    fund = (12 * income - farm) / others - (1.0 - params.wage_share) * transfers
    employed = fund / params.wage_share / wage[:-1]
    urban_workers = np.exp((0.037 + 0.011 - 0.017) * np.arange(MONTHS) / 12.0)
    people = 110e6 * np.linspace(0.2e6, 1.2e6, P).mean() / (186e6 / P) * urban_workers
    np.testing.assert_allclose(employed, (people - 5.4e6) / (people[0] - 5.4e6), rtol=1e-6)


def _params():
    modes = {k: v[0] for k, v in parameters.modes().items() if k.startswith("industry.")}
    return SimpleNamespace(**{name.split(".")[1]: value for name, value in modes.items()})


def test_a_delay_loses_nothing_and_keeps_steady_growth():
    content, inflow = pipeline.filled(jnp.ones(2), jnp.array([24.0, 9.0]), 0.01, 3)
    before = content
    for month in range(5):
        entering = inflow * 1.01**month
        after, out = pipeline.advance(before, entering, jnp.array([24.0, 9.0]))
        np.testing.assert_allclose(after.sum(0) - before.sum(0), entering - out, rtol=1e-12)
        np.testing.assert_allclose(out, 1.01**month, rtol=1e-12)
        before = after


def test_shares_of_investment_never_exceed_the_whole():
    params = _params()
    for shift, housing, plan, virgin in ((0, 0, 0, 0), (-0.1, 1.1, 1, 45), (0.2, 0, 1, 0)):
        claims = industry_production.claims(params, shift, housing, plan, virgin)
        total = claims.departments.sum() + claims.housing
        assert 0 < total < 1 - params.share_other + 1e-9
        assert (claims.departments > 0).all()


def test_low_substitution_slows_capital_led_growth():
    fast = industry_production.ces(jnp.array(3.0), 1.5, 0.45, 1.0)
    slow = industry_production.ces(jnp.array(3.0), 1.5, 0.45, 0.4)
    assert slow < fast
    np.testing.assert_allclose(fast, 3.0**0.45 * 1.5**0.55, rtol=1e-3)


def test_consumer_shift_helps_consumers_later_and_costs_heavy_industry():
    plain, _ = run(share_heavy=0.0)
    shifted, _ = run(share_heavy=-0.05)
    year = 12
    early = shifted.output[year, 1] / plain.output[year, 1] - 1
    late = shifted.output[-1, 1] / plain.output[-1, 1] - 1
    assert late > 3 * early > 0
    assert shifted.output[-1, 0] < plain.output[-1, 0]


def test_housing_programme_builds_homes_at_the_cost_of_output():
    none, _ = run(share_housing=0.0)
    full, _ = run(share_housing=1.0)
    assert full.built[-1] > 1.1 * none.built[-1]
    assert full.crowding[-1] < none.crowding[-1]
    assert full.output[-1, 0] < none.output[-1, 0]


def test_price_rise_lowers_shortage_and_raises_hardship_at_once():
    """The two signs of June 1962 (model contract, section 7.2)."""
    before, _ = run(retail_price_meat=0.0, retail_price_butter=0.0)
    after, _ = run()
    june = 113
    assert after.price_rise[june + 1] > 0.02 and after.price_rise[june + 3] == 0.0
    assert (after.hardship[june + 1] > before.hardship[june + 1]).all()
    assert after.shortage[june + 2] < before.shortage[june + 2]
    assert np.array_equal(after.hardship[:june], before.hardship[:june])


def test_price_rise_weighs_on_towns():
    before, _ = run(retail_price_meat=0.0, retail_price_butter=0.0)
    after, _ = run()
    effect = np.log(after.hardship[114] / before.hardship[114])
    assert np.all(np.diff(effect) > 0)  # units are ordered here by urban share


def test_pensions_raise_incomes_and_shortage():
    without, _ = run(transfers=0.0)
    lawful, _ = run(transfers=1.0)
    assert lawful.wage[-1] > without.wage[-1]
    assert lawful.shortage[-1] > without.shortage[-1]


def test_seven_year_plan_acts_through_investment_only():
    none, _ = run(plan_shares=0.0)
    plan, _ = run(plan_shares=1.0)
    changed = set(same(none, plan))
    assert {"building", "capital", "output"} <= changed
    assert not changed & {"wage", "price_level", "executed"}


def test_redenomination_changes_the_unit_of_account_only():
    """The one reform that moves no observable: money is counted in post-1961 roubles throughout."""
    (old, shown_old), (new, shown_new) = (
        run_alone(SUBSYSTEM, months=24, levers={"redenomination": np.full(24, value)})
        for value in (1.0, 10.0)
    )
    assert same(old, new) == []
    name = "wage_in_money_of_the_month"
    np.testing.assert_allclose(shown_old["latent"][name], 10 * shown_new["latent"][name])
    for key, values in shown_old["series"].items():
        assert np.array_equal(values, shown_new["series"][key]), key


@pytest.mark.parametrize(
    ("owner", "variable", "value", "sign"),
    [
        ("east_west", "defence_demand", 1.5, -1),
        ("administration", "growth_effect", 1.0, 1),
        ("agriculture", "virgin_area", 40.0, -1),
        ("camps", "forced_labour", 0.0, -1),
    ],
)
def test_what_others_write_moves_output_with_the_right_sign(owner, variable, value, sign):
    usual, _ = run()
    start = getattr(world()[owner], variable)
    path = {variable: lambda month: np.where(month > 0, value, start)}
    changed = {**GROWING, owner: {**GROWING.get(owner, {}), **path}}
    moved, _ = run_shared(SUBSYSTEM, MONTHS, others=changed)
    assert sign * (moved.output[-1, 1] - usual.output[-1, 1]) > 1e-4


def test_durables_saturate_below_one_a_household():
    states, _ = run()
    households = 186e6 * np.exp(0.017 * np.arange(MONTHS + 1) / 12) / 3.5 / 1000
    assert (states.durable_stock < households[:, None]).all()
    assert states.durables[-1, 0] > 10 * states.durables[0, 0]


def test_trend_rival_ignores_investment_levers():
    none, _ = run("trend", share_heavy=0.0)
    shifted, _ = run("trend", share_heavy=-0.05)
    assert np.array_equal(none.output, shifted.output)
    assert not np.array_equal(run()[0].output, none.output)


def test_first_year_stands_near_the_record():
    """Initial levels come from the record; these three are seen a year later, not fitted."""
    _, shown = run()
    yearly = {name: values[:12].sum() for (name, _), values in shown["series"].items()}
    assert yearly["industry.output_index_official"] / 12 == pytest.approx(252, rel=0.03)
    assert yearly["industry.electricity"] == pytest.approx(134.3, rel=0.04)
    assert yearly["living.retail_turnover"] == pytest.approx(43.1, rel=0.05)
