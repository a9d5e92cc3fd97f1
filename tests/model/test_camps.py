"""Camps: identities of cases, signs of the mechanisms, levers, rivals, and the recorded stocks."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from fakes import run_alone, world

from thaw import record, reforms
from thaw.errors import InputError
from thaw.model import parameters
from thaw.model.clock import month_index
from thaw.model.randomness import Keys
from thaw.model.registry import step_of
from thaw.model.simulate import draw_keys, own
from thaw.model.subsystem import Levers, Names, View
from thaw.model.subsystems import camps_exits, camps_queue
from thaw.model.subsystems.camps import SUBSYSTEM

MONTHS = 97
POLITICALS = 539_500.0
START = np.array([570_000.0, 1_359_000.0, 0.5 * POLITICALS, 0.5 * POLITICALS])
"""Stocks of January 1953: totals of the record, split by term as the decree's preparers counted."""


def line(month):
    """A line that opens in steps and is highest in 1956: a stand-in for leadership."""
    stamps = ["1953-04", "1954-05", "1956-03", "1956-11"]
    level = jnp.array([0.0, 0.25, 0.45, 1.0, 0.7])
    return level[sum((month >= month_index(s)).astype(int) for s in stamps)]


def news(month):
    """Fresh news of the denunciation from March 1956, fading over half a year."""
    return jnp.where(month >= 38, jnp.exp(-jnp.maximum(month - 38.0, 0.0) / 6.0), 0.0)


def plan(months, without=()):
    scenario = reforms.load_scenario("historical")
    for name in without:
        scenario = scenario.without(name)
    return own(reforms.lever_paths(scenario, months).value, "lever.camps")


@cache
def looped(step, months):
    """Compile camps joined to a minimal stock account in place of people, over draws."""
    inputs = SUBSYSTEM.inputs()

    def one(number, params, value):
        mine = Names("camps", params)

        def body(carry, slices):
            state, stock, free, settlers = carry
            month, now = slices
            states = world()
            people = states["people"]
            people.prisoners = jnp.broadcast_to(stock[:, None] / 121, (4, 121))
            people.returnees = jnp.stack([jnp.zeros(121), jnp.full(121, free / 121)])
            people.settlers = jnp.broadcast_to(settlers[:, None] / 121, (8, 121))
            states["leadership"].line, states["information"].news = line(month), news(month)
            states["camps"] = state
            view = View(SUBSYSTEM, states, month, {}, inputs, set())
            key = Keys.of(number, month, "camps")
            after, info = step(view, Levers(now, {}, set()), mine, key)
            shown = SUBSYSTEM.observe(state, info, mine, inputs)
            left, died = state.release_hazard * stock, state.death_hazard * stock
            carry = (
                after,
                stock + state.admission - left - died,
                free + jnp.sum(left[2:]),
                settlers * (1.0 - state.settler_release),
            )
            series = {name: value for (name, _), value in shown.series.items()}
            return carry, (series, state, jnp.sum(info.revolts))

        scale = params["stock0_total"] / START.sum()
        begin = (SUBSYSTEM.init(mine, inputs), START * scale, jnp.zeros(()), jnp.full(8, 2.75e6 / 8))
        begin = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), begin)
        return jax.lax.scan(body, begin, (jnp.arange(months), value))[1]

    return jax.jit(jax.vmap(one, in_axes=(0, 0, None)))


def loop(draws=32, step=SUBSYSTEM.step, months=MONTHS, without=()):
    sample = own(parameters.sample_prior(0, draws), "camps")
    return looped(step, months)(draw_keys(0, np.arange(draws)), sample, plan(months, without))


def band(values, stamp):
    return np.quantile(np.asarray(values)[:, month_index(stamp)], [0.05, 0.5, 0.95])


def test_every_recorded_series_of_camps_is_shown():
    _, shown = run_alone(SUBSYSTEM, months=3)
    wanted = {
        "gulag.prisoners_total", "gulag.counterrev_total", "gulag.prisoners_itl",
        "gulag.prisoners_itk", "gulag.deaths", "special_settlers.total", "rehab.total_1954_61",
        "rehab.refused_1954_61", "release.review_1954_55_reviewed",
        "release.review_1954_55_refused", "release.review_1954_55_released",
        "release.commissions_1956_reviewed", "release.commissions_1956_released",
        "crime.registered",
    }  # fmt: skip
    assert {name for name, _ in shown["series"]} == wanted
    assert {place for _, place in shown["series"]} == {"USSR"}
    assert wanted <= set(record.series()["series_id"])
    total = shown["series"]["gulag.prisoners_total", "USSR"]
    parts = [shown["series"][f"gulag.prisoners_{kind}", "USSR"] for kind in ("itl", "itk")]
    np.testing.assert_allclose(sum(parts), total, rtol=1e-12)


def test_cases_of_the_dead_are_conserved_and_queues_never_negative():
    _, state, _ = loop()
    total = state.unasked + state.queue[..., 1] + state.refused[..., 1] + state.closed[..., 1]
    np.testing.assert_allclose(total, np.broadcast_to(total[:, :1], total.shape), rtol=1e-9)
    for stock in (state.queue, state.refused, state.closed, state.entitled):
        assert np.min(stock) >= -1e-6


def test_everything_is_finite_and_hazards_are_between_zero_and_one():
    series, state, _ = loop()
    for leaf in jax.tree.leaves((series, state)):
        assert np.all(np.isfinite(leaf))
    for hazard in (state.release_hazard, state.death_hazard, state.settler_release):
        assert np.min(hazard) >= 0.0 and np.max(hazard) <= 1.0


def test_serving_never_exceeds_queue_or_capacity_and_prefers_the_living():
    queue = jnp.array([1000.0, 3000.0])
    for capacity in (0.0, 500.0, 3500.0, 1e6):
        served = camps_queue.serve(queue, jnp.asarray(capacity), jnp.array([1.0, 0.0]))
        assert np.all(served <= queue + 1e-9)
        np.testing.assert_allclose(jnp.sum(served), min(capacity, 4000.0), rtol=1e-9)
    even = camps_queue.serve(queue, jnp.asarray(400.0), jnp.zeros(2))
    first = camps_queue.serve(queue, jnp.asarray(400.0), jnp.array([1.0, 0.0]))
    np.testing.assert_allclose(even, [100.0, 300.0])
    assert first[0] > even[0]


def test_execution_delay_reaches_the_ordered_share():
    value = jnp.zeros(())
    for _ in range(40):
        value = camps_exits.delayed(value, jnp.ones(()), jnp.asarray(0.8), jnp.asarray(3.0))
    np.testing.assert_allclose(value, 0.8, rtol=1e-4)
    at_once = camps_exits.delayed(jnp.zeros(()), jnp.ones(()), jnp.ones(()), jnp.zeros(()))
    np.testing.assert_allclose(at_once, 1.0, atol=1e-8)


def test_without_levers_nothing_is_reviewed_or_amnestied():
    names = SUBSYSTEM_LEVERS
    months = 60
    idle = {name: 0.0 * plan(months)[name] for name in names}
    states, shown = run_alone(SUBSYSTEM, months=months, levers=idle)
    for name in ("review_1954_55_reviewed", "commissions_1956_reviewed"):
        assert np.all(shown["series"][f"release.{name}", "USSR"] == 0.0)
    assert np.all(states.entitled == 0.0) and np.all(states.amnestied == 0.0)
    hazard = states.release_hazard
    np.testing.assert_allclose(hazard, np.broadcast_to(hazard[0], hazard.shape), rtol=1e-12)


SUBSYSTEM_LEVERS = (
    "amnesty_total", "amnesty_political", "review_cap_1954", "review_cap_1956", "exit_after",
    "special_settlers_exit", "inflow", "inflow_political",
)  # fmt: skip


@pytest.mark.parametrize("name", SUBSYSTEM_LEVERS)
def test_each_lever_moves_the_state_and_dose_zero_is_its_absence(name):
    months = 84
    dated = plan(months)
    base, _ = run_alone(SUBSYSTEM, months=months)
    gone, _ = run_alone(SUBSYSTEM, months=months, levers={name: 0.0 * dated[name]})
    again, _ = run_alone(SUBSYSTEM, months=months, levers={name: np.zeros_like(dated[name])})
    moved = [
        bool(np.any(a != b)) for a, b in zip(jax.tree.leaves(base), jax.tree.leaves(gone), strict=True)
    ]
    assert any(moved)
    for a, b in zip(jax.tree.leaves(gone), jax.tree.leaves(again), strict=True):
        assert np.array_equal(a, b)


def test_the_amnesty_frees_the_entitled_once_and_not_later_convicts():
    states, shown = run_alone(SUBSYSTEM, months=48)
    stock = np.sum(world()["people"].prisoners, axis=1)
    mode = {k: v.mode for k, v in parameters.priors().items()}
    cover = [mode[f"camps.amnesty_{k}"] for k in ("short", "long", "political", "political")]
    freed = shown["latent"]["amnestied_in_month"][:30].sum()
    np.testing.assert_allclose(freed, float(stock @ np.array(cover)), rtol=1e-3)
    np.testing.assert_allclose(states.decree_base[3, 0], stock)


def test_line_news_and_grants_open_the_review():
    quiet, shown = run_alone(SUBSYSTEM, months=60, others={"leadership": {"line": 0.3}})
    opened, more = run_alone(SUBSYSTEM, months=60, others={"leadership": {"line": 0.9}})
    assert more["series"]["rehab.total_1954_61", "USSR"].sum() > 1.5 * (
        shown["series"]["rehab.total_1954_61", "USSR"].sum()
    )
    told, _ = run_alone(
        SUBSYSTEM, months=60, others={"leadership": {"line": 0.3}, "information": {"news": 1.0}}
    )
    assert told.unasked[-1] < quiet.unasked[-1]
    shy, _ = run_alone(
        SUBSYSTEM, months=60, others={"leadership": {"line": 0.9}}, params={"b_succ": 0.0}
    )
    assert opened.unasked[-1] < shy.unasked[-1]


def test_regional_habit_is_drawn_once_and_its_spread_is_the_inconsistency():
    states, shown = run_alone(SUBSYSTEM, months=20, draw=3, params={"sd_region": 0.6})
    np.testing.assert_array_equal(states.habit[1], states.habit[-1])
    assert 0.7 < states.habit[-1].std() < 1.3
    _, even = run_alone(SUBSYSTEM, months=20, draw=3, params={"sd_region": 0.2})
    assert shown["latent"]["grant_ratio_90_10"][-1] > even["latent"]["grant_ratio_90_10"][-1] > 1.0
    np.testing.assert_allclose(shown["latent"]["icc"][0], 0.36 / (0.36 + np.pi**2 / 3))


def test_decrees_release_settlers_by_group_and_an_open_line_erodes_the_register():
    states, _ = run_alone(SUBSYSTEM, months=48)
    release = states.settler_release
    assert release[24, 5] > 0.3 and release[24, 0] == 0.0
    assert release[47, 0] > 0.5 and release[47, 6] == 0.0
    opened, _ = run_alone(SUBSYSTEM, months=4, others={"leadership": {"line": 0.5}})
    np.testing.assert_allclose(opened.settler_release[-1], 0.02)


def test_revolts_follow_the_gap_of_hope_and_vanish_with_the_special_camps():
    _, _, revolts = loop(draws=64)
    by_year = np.asarray(revolts)[:, :96].reshape(64, 8, 12).sum((0, 2))
    assert by_year[0] > by_year[1] > by_year[4]
    _, _, without = loop(draws=64, without=("amnesty_1953",))
    assert np.asarray(without)[:, :24].sum() < np.asarray(revolts)[:, :24].sum()


def test_sentences_follow_severity_acts_and_relapse():
    base, _ = run_alone(SUBSYSTEM, months=3)
    harsh, _ = run_alone(SUBSYSTEM, months=3, others={"public": {"severity": 2.0}})
    acts, _ = run_alone(SUBSYSTEM, months=3, others={"people": {"convictions": np.ones(121)}})
    assert np.all(harsh.admission[-1, :2] > base.admission[-1, :2])
    np.testing.assert_allclose(acts.admission[-1, 3] - base.admission[-1, 3], 121.0)
    after, _ = run_alone(SUBSYSTEM, months=10)
    assert after.admission[-1, 0] > base.admission[-1, 0] and after.crime[-1] > 1.0


def test_crowding_raises_deaths():
    few, _ = run_alone(SUBSYSTEM, months=2, others={"people": {"prisoners": np.full((4, 121), 500.0)}})
    many, _ = run_alone(SUBSYSTEM, months=2)
    assert np.all(few.death_hazard[-1] < many.death_hazard[-1])


def test_rivals_run_and_differ_as_named():
    _, queue, _ = loop(draws=8, step=step_of(SUBSYSTEM, "line_only"))
    assert np.max(queue.queue[:, 60:]) < 1.0 and np.all(queue.entitled == 0.0)
    _, terms, _ = loop(draws=8, step=step_of(SUBSYSTEM, "term_decree"))
    assert np.all(terms.rehabilitated == 0.0)
    with pytest.raises(InputError, match="line_only"):
        step_of(SUBSYSTEM, "line_onlly")


INSIDE = {
    "gulag.prisoners_total": ("1954-01", "1955-01", "1956-01", "1957-01", "1958-01"),
    "gulag.counterrev_total": ("1954-02", "1954-04", "1955-01", "1956-01"),
}


@pytest.mark.parametrize("series_id", INSIDE)
def test_prior_bands_hold_the_recorded_stocks(series_id):
    series, _, _ = loop(draws=64)
    rows = record.series(series_id)
    for stamp in INSIDE[series_id]:
        at = rows[rows["date"].str.startswith(stamp)]["value"].astype(float).iloc[-1]
        low, _, high = band(series[series_id], stamp)
        assert low <= at <= high, (stamp, low, at, high)


def test_the_rise_to_1959_is_out_of_reach():
    """The swing of criminal policy in 1956-59 is no lever: the model must miss it, not fake it."""
    series, _, _ = loop(draws=64)
    low, middle, high = band(series["gulag.prisoners_total"], "1959-01")
    assert middle < 947_447
