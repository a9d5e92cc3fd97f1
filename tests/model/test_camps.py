"""Camps: identities of cases, signs of the mechanisms, levers, rivals, and the recorded stocks."""

from functools import cache
from types import SimpleNamespace

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

MONTHS, DRAWS = 97, 48
START = np.array([868_000.0, 1_061_000.0, 269_750.0, 269_750.0])
"""Stocks of January 1953: totals of the record, split by term as people splits them."""
LEVERS = (
    "amnesty_total", "amnesty_political", "review_cap_1954", "review_cap_1956", "exit_after",
    "special_settlers_exit", "inflow", "inflow_political",
)  # fmt: skip


@cache
def plan():
    paths = reforms.lever_paths(reforms.load_scenario("historical"), MONTHS)
    return own(paths.value, "lever.camps")


def setting(**changes):
    """Paths of what camps reads: a line that opens to 1956, news of March 1956, no open acts."""
    month = np.arange(MONTHS)
    steps = ("1953-04", 0.25), ("1954-05", 0.2), ("1956-03", 0.55), ("1956-11", -0.3)
    quiet = {
        "line": sum(height * (month >= month_index(stamp)) for stamp, height in steps),
        "news": np.where(month >= 38, np.exp(-np.maximum(month - 38, 0) / 6.0), 0.0),
        "severity": np.ones(MONTHS),
        "convictions": np.zeros(MONTHS),
    }
    return quiet | {name: np.full(MONTHS, float(value)) for name, value in changes.items()}


@cache
def compiled(rival):
    """Compile camps joined to a bare stock account in place of people, over draws."""
    inputs, step = SUBSYSTEM.inputs(), step_of(SUBSYSTEM, rival)

    def month_of(carry, slices, number, mine):
        state, stock, free, settlers = carry
        month, levers, outside = slices
        states = world() | {"camps": state}
        people = states["people"]
        people.prisoners = jnp.broadcast_to(stock[:, None] / 121, (4, 121))
        people.returnees = jnp.stack([jnp.zeros(121), jnp.full(121, free / 121)])
        people.settlers = jnp.broadcast_to(settlers[:, None] / 121, (8, 121))
        people.convictions = jnp.full(121, outside["convictions"] / 121)
        states["leadership"].line = outside["line"]
        states["information"].news = outside["news"]
        states["public"].severity = outside["severity"]
        view = View(SUBSYSTEM, states, month, {}, inputs, set())
        after, info = step(view, Levers(levers, {}, set()), mine, Keys.of(number, month, "camps"))
        shown = SUBSYSTEM.observe(state, info, mine, inputs)
        left = state.release_hazard * stock
        stock = (stock - left) * (1.0 - state.death_hazard) + state.admission
        carry = after, stock, free + jnp.sum(left[2:]), settlers * (1.0 - state.settler_release)
        series = {name: value for (name, _), value in shown.series.items()}
        return carry, (series, state, dict(shown.latent), shown.events["camp_revolt", "USSR"])

    def one(number, params, levers, outside):
        mine = Names("camps", params)
        begin = SUBSYSTEM.init(mine, inputs), jnp.asarray(START), jnp.zeros(()), jnp.full(8, 3.4e5)
        begin = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), begin)
        slices = jnp.arange(MONTHS), levers, outside
        return jax.lax.scan(lambda c, s: month_of(c, s, number, mine), begin, slices)[1]

    return jax.jit(jax.vmap(one, in_axes=(0, 0, None, None)))


def loop(rival="main", params=None, levers=None, **outside):
    """Run DRAWS prior draws; ``params`` fixes parameters, ``levers`` replaces lever paths."""
    sample = own(parameters.sample_prior(0, DRAWS), "camps")
    sample |= {name: np.full(DRAWS, float(number)) for name, number in (params or {}).items()}
    keys = draw_keys(0, np.arange(DRAWS))
    out = compiled(rival)(keys, sample, plan() | (levers or {}), setting(**outside))
    series, state, latent, revolts = jax.device_get(out)
    return SimpleNamespace(
        series=series, state=state, latent=latent, revolts=revolts, sample=sample
    )


@pytest.fixture(scope="module")
def base():
    return loop()


def band(values, stamp):
    return np.quantile(values[:, month_index(stamp)], [0.05, 0.5, 0.95])


def recorded(series_id, stamp):
    rows = record.series(series_id, place="USSR")
    return float(rows[rows["date"].str.startswith(stamp)]["value"].astype(float).iloc[-1])


def test_every_recorded_series_of_camps_is_shown_at_the_union():
    states, shown = run_alone(SUBSYSTEM, months=12)
    wanted = {
        "gulag.prisoners_total", "gulag.counterrev_total", "gulag.prisoners_itl",
        "gulag.prisoners_itk", "gulag.deaths", "special_settlers.total", "rehab.total_1954_61",
        "rehab.refused_1954_61", "release.review_1954_55_reviewed",
        "release.review_1954_55_refused", "release.review_1954_55_released",
        "release.commissions_1956_reviewed", "release.commissions_1956_released",
        "crime.registered",
    }  # fmt: skip
    assert set(shown["series"]) == {(name, "USSR") for name in wanted}
    assert wanted <= set(record.series()["series_id"])
    assert set(shown["events"]) == {("camp_revolt", "USSR")}
    total = np.sum(world()["people"].prisoners)
    np.testing.assert_allclose(shown["series"]["gulag.prisoners_total", "USSR"], total)
    assert states.habit.std() == 0.0  # the path without random numbers has no regional habit


def test_camps_and_colonies_add_up(base):
    parts = base.series["gulag.prisoners_itl"] + base.series["gulag.prisoners_itk"]
    np.testing.assert_allclose(parts, base.series["gulag.prisoners_total"], rtol=1e-12)


def test_cases_of_the_dead_are_conserved_and_no_stock_is_negative(base):
    state = base.state
    total = state.unasked + state.queue[..., 1] + state.refused[..., 1] + state.closed[..., 1]
    np.testing.assert_allclose(total, np.broadcast_to(total[:, :1], total.shape), rtol=1e-9)
    for stock in (state.queue, state.refused, state.closed, state.entitled, state.unasked):
        assert np.min(stock) >= -1e-6


def test_everything_is_finite_and_hazards_are_between_zero_and_one(base):
    for leaf in jax.tree.leaves((base.series, base.state, base.latent)):
        assert np.all(np.isfinite(leaf))
    state = base.state
    for hazard in (state.release_hazard, state.death_hazard, state.settler_release):
        assert np.min(hazard) >= 0.0
        assert np.max(hazard) <= camps_exits.LARGEST_HAZARD


@pytest.mark.parametrize("capacity", [0.0, 500.0, 3500.0, 1e6])
def test_serving_never_exceeds_queue_or_capacity(capacity):
    queue = jnp.array([1000.0, 3000.0])
    served = camps_queue.serve(queue, jnp.asarray(capacity), jnp.array([1.0, 0.0]))
    assert np.all(served <= queue + 1e-9)
    np.testing.assert_allclose(jnp.sum(served), min(capacity, 4000.0), rtol=1e-9)


def test_serving_follows_priority():
    queue, capacity = jnp.array([1000.0, 3000.0]), jnp.asarray(400.0)
    np.testing.assert_allclose(camps_queue.serve(queue, capacity, jnp.zeros(2)), [100.0, 300.0])
    assert camps_queue.serve(queue, capacity, jnp.array([1.0, 0.0]))[0] > 150.0


def test_execution_reaches_the_ordered_share_after_its_lag():
    value = jnp.zeros(())
    for _ in range(40):
        value = camps_exits.delayed(value, jnp.ones(()), jnp.asarray(0.8), jnp.asarray(3.0))
    np.testing.assert_allclose(value, 0.8, rtol=1e-4)
    at_once = camps_exits.delayed(jnp.zeros(()), jnp.ones(()), jnp.ones(()), jnp.zeros(()))
    np.testing.assert_allclose(at_once, 1.0, atol=1e-8)


def test_without_orders_and_line_the_old_regime_goes_on():
    idle = loop(levers={name: 0.0 * plan()[name] for name in LEVERS}, line=0.0, news=0.0)
    for name in ("review_1954_55_reviewed", "commissions_1956_reviewed"):
        assert np.all(idle.series[f"release.{name}"] == 0.0)
    assert np.all(idle.state.entitled == 0.0)
    assert np.all(idle.state.rehabilitated == 0.0)
    assert np.all(idle.state.settler_release == 0.0)
    hazard = idle.state.release_hazard
    np.testing.assert_allclose(hazard, np.broadcast_to(hazard[:, :1], hazard.shape), rtol=1e-12)


@pytest.mark.parametrize("name", LEVERS)
def test_each_lever_moves_the_state(name, base):
    gone = loop(levers={name: 0.0 * plan()[name]})
    first = int(np.argmax(np.abs(plan()[name]).reshape(MONTHS, -1).sum(1) > 0))
    leaves = zip(jax.tree.leaves(base.state), jax.tree.leaves(gone.state), strict=True)
    pairs = [(a, b) for a, b in leaves]
    assert all(np.array_equal(a[:, : first + 1], b[:, : first + 1]) for a, b in pairs)
    assert any(np.any(a != b) for a, b in pairs)


def test_an_amnesty_frees_the_entitled_once_and_not_later_convicts(base):
    sample = base.sample
    cover = np.stack([sample[f"amnesty_{k}"] for k in ("short", "long", "political", "political")])
    entitled = (base.state.decree_base[:, 20, 0] * cover.T).sum(1)
    freed = base.latent["amnestied_in_month"][:, :17].sum(1)
    assert np.all(freed < 1.0001 * entitled)
    assert np.quantile(freed / entitled, 0.05) > 0.9  # the rest left by other ways


def test_line_opens_the_review():
    closed, opened = loop(line=0.3), loop(line=0.9)
    assert np.all(
        opened.series["rehab.total_1954_61"].sum(1)
        > 1.5 * closed.series["rehab.total_1954_61"].sum(1)
    )


def test_news_and_granted_cases_bring_petitions():
    quiet, told = loop(line=0.5, news=0.0), loop(line=0.5, news=1.0)
    assert np.all(told.state.unasked[:, -1] < quiet.state.unasked[:, -1])
    keen, shy = (loop(line=0.5, params={"b_succ": b}).state.unasked[:, -1] for b in (1.5, 0.0))
    assert np.all(keen < shy)


def test_regional_habit_is_drawn_once_and_makes_the_inconsistency(base):
    habit = base.state.habit
    np.testing.assert_array_equal(habit[:, 1], habit[:, -1])
    assert np.all((habit[:, -1].std(1) > 0.7) & (habit[:, -1].std(1) < 1.3))
    wide, even = (loop(params={"sd_region": sd}) for sd in (1.0, 0.2))
    ratio = "grant_ratio_90_10"
    assert np.all(wide.latent[ratio] > even.latent[ratio]) and np.all(even.latent[ratio] > 1.0)
    np.testing.assert_allclose(wide.latent["icc"], 1.0 / (1.0 + np.pi**2 / 3))


def test_decrees_release_settlers_by_group_up_to_the_executed_share():
    run = loop(line=0.0)
    left = np.cumprod(1.0 - run.state.settler_release, axis=1)
    germans, kulaks, western = left[..., 0], left[..., 5], left[..., 6]
    assert np.all(germans[:, 35] == 1.0) and np.all(kulaks[:, 35] < 0.3)
    assert np.all(western[:, 64] == 1.0) and np.all(western[:, -1] < 0.2)
    share = run.sample["special_settlement_lifted_share"]
    np.testing.assert_allclose(kulaks[:, -1], 1.0 - share, atol=0.01)


def test_an_open_line_erodes_the_register():
    run = loop(line=0.5)
    np.testing.assert_allclose(
        run.state.settler_release[:, 10, 0], 0.5 * run.sample["settler_line"]
    )


def test_revolts_follow_the_gap_of_hope_and_end_with_the_special_camps(base):
    by_year = base.revolts[:, :96].reshape(DRAWS, 8, 12).sum((0, 2))
    assert by_year[:2].min() > by_year[3:].max()
    gone = loop(levers={"amnesty_total": 0.0 * plan()["amnesty_total"]})
    assert gone.revolts[:, :24].sum() < base.revolts[:, :24].sum()


def test_sentences_follow_severity_acts_crime_and_relapse(base):
    harsh, acts = loop(severity=2.0), loop(convictions=500.0)
    lenient = loop(params={"recidivism_2y": 0.08, "crime_gain": 0.0})
    assert np.all(harsh.state.admission[:, 1, :2] > base.state.admission[:, 1, :2])
    gain = acts.state.admission[:, 1, 3] - base.state.admission[:, 1, 3]
    np.testing.assert_allclose(gain, 500.0)
    assert np.all(lenient.state.admission[:, 12, 0] < base.state.admission[:, 12, 0])
    assert np.all(base.state.crime[:, 12] > 1.0) and np.all(lenient.state.crime == 1.0)


def test_fewer_prisoners_die_at_a_lower_rate(base):
    assert np.all(base.state.death_hazard[:, -1] < base.state.death_hazard[:, 1])


def test_rivals_run_and_differ_as_named():
    by_line = loop("line_only")
    assert np.max(by_line.state.queue[:, 60:]) < 1.0
    assert np.all(by_line.state.entitled == 0.0)
    by_term = loop("term_decree")
    assert np.all(by_term.state.rehabilitated == 0.0)
    assert np.any(by_term.state.entitled > 0.0)
    with pytest.raises(InputError, match="line_only"):
        step_of(SUBSYSTEM, "line_onlly")


@pytest.mark.parametrize(
    ("series_id", "stamps"),
    [
        (
            "gulag.prisoners_total",
            ("1954-01", "1955-01", "1956-01", "1957-01", "1958-01", "1960-01"),
        ),
        ("gulag.counterrev_total", ("1954-02", "1954-04", "1955-01", "1956-01")),
    ],
)
def test_prior_bands_hold_the_recorded_stocks(series_id, stamps, base):
    for stamp in stamps:
        low, _, high = band(base.series[series_id], stamp)
        assert low <= recorded(series_id, stamp) <= high, stamp


def test_the_swing_of_1956_to_1959_is_out_of_reach(base):
    """That swing of criminal policy is no lever: the model's path is smooth and must miss it."""
    total = base.series["gulag.prisoners_total"]
    rise = total[:, month_index("1959-01")] - total[:, month_index("1958-01")]
    seen = recorded("gulag.prisoners_total", "1959") - recorded("gulag.prisoners_total", "1958")
    assert np.max(rise) < 0.5 * seen
