from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from fakes import run_alone, world

from thaw import record
from thaw.model import parameters
from thaw.model.people import attitudes, census, cohorts, demography, initial, rates, statuses
from thaw.model.people.tables import load
from thaw.model.randomness import Keys
from thaw.model.simulate import own
from thaw.model.subsystem import Levers, Names, View

MODE_VALUES = {k: float(v[0]) for k, v in own(parameters.modes(), "people").items()}
MODES = Names("people", MODE_VALUES)
SHORT = 24


@partial(jax.jit, static_argnames=("months", "first"))
def scan(changes, values, months, first):
    """Run people alone among constant others; one compilation serves every test of a length."""
    params, inputs = Names("people", values), load()
    start = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), cohorts.init(params, inputs))

    def body(state, month):
        states = world() | {"people": state}
        for (owner, name), value in changes.items():
            setattr(states[owner], name, value)
        view = View(cohorts.SUBSYSTEM, states, month, {}, inputs, set())
        keys = Keys.of(jax.random.key(7), month, "people")
        after, info = cohorts.step(view, Levers({}, {}, set()), params, keys)
        shown = cohorts.observe(state, info, params, inputs)
        return after, (state, shown.series, shown.events)

    end, (states, series, events) = jax.lax.scan(body, start, first + jnp.arange(months))
    return (
        jax.tree.map(lambda s, last: jnp.concatenate([s, last[None]]), states, end),
        series,
        events,
    )


def march(months=SHORT, first=1, params=None, **changes):
    """Return states, series and events; ``changes`` are written owner_name=value.

    The start is month 1 unless said: the income gap of January 1953 then counts as 1.
    """
    quiet = {
        ("camps", "release_hazard"): jnp.full(4, 0.03),
        ("camps", "settler_release"): jnp.zeros(8),
        ("agriculture", "recruits"): jnp.zeros(121),
        ("information", "official"): jnp.zeros(3),
        ("information", "talk"): jnp.zeros((121, 3)),
        ("information", "reactance"): jnp.full((121, 3), 0.1),
        ("industry", "wages_gap"): jnp.asarray(1.0),
        ("industry", "crowding"): jnp.asarray(1.0),
        ("industry", "hardship"): jnp.full(121, 0.5),
        ("leadership", "performance"): jnp.asarray(0.0),
        ("public", "disturbance_hazard"): jnp.full(121, 1e-3),
    }
    for key, value in changes.items():
        owner = tuple(key.split("__"))
        quiet[owner] = np.broadcast_to(value, quiet[owner].shape)
    given = (quiet, MODE_VALUES | (params or {}))
    given = jax.tree.map(lambda value: np.array(value, np.float64), given)
    return jax.tree.map(np.asarray, scan(*given, months, first))


BUSY = {
    "camps__release_hazard": [0.2, 0.05, 0.01, 0.02],
    "camps__settler_release": 0.03,
    "agriculture__recruits": np.where(np.arange(121) < 5, 2000.0, 0.0),
    "information__official": [0.15, 0.1, 0.02],
    "information__talk": 0.05,
}


@pytest.fixture(scope="module")
def quiet():
    return march(months=205, first=0)


@pytest.fixture(scope="module")
def busy():
    return march(**BUSY)


@jax.jit
def closed_forward(persons, values):
    inputs, params = load(), Names("people", values)
    moves = rates.base_moves(inputs, params)

    def body(people, month):
        people = demography.shifted(people, month % 12 == 0)
        alive = rates.survival(inputs, params, month)
        return demography.survive_and_move(people, alive, moves)[0], None

    return jax.lax.scan(body, persons, jnp.arange(rates.TABLE_MONTH))[0]


def test_census_by_unit_adds_up_to_the_person():
    assert load().census.sum() == pytest.approx(208_826_650, abs=1e-3)
    assert load().census[:, :, 0].sum() == pytest.approx(99_977_695, abs=1e-3)
    assert load().census.min() >= 0


@pytest.mark.parametrize("draw", [None, 0, 1])
def test_way_forward_returns_the_census(draw):
    sample = parameters.modes() if draw is None else parameters.sample_prior(5, 2)
    values = {k: jnp.asarray(v[draw or 0]) for k, v in own(sample, "people").items()}
    params, inputs = Names("people", values), load()
    home = initial.census_at_home(inputs, params.custody_women)
    assert float(home.sum()) == pytest.approx(inputs.census.sum(), rel=1e-12)
    start = initial.back_cast(home, inputs, params)
    assert float(start.min()) > 0
    end = np.asarray(closed_forward(start, values))
    younger = np.asarray(home)[6:100]
    np.testing.assert_allclose(end[6:100], younger, rtol=1e-9)
    np.testing.assert_allclose(end[100:].sum(axis=0), home[100:].sum(axis=0), rtol=1e-9)


def test_start_meets_the_record(quiet):
    states, series, _ = quiet
    held = float(own(parameters.modes(), "people")["prisoners_total"][0])
    assert states.prisoners[0].sum() == pytest.approx(held, rel=1e-12)
    assert states.settlers[0].sum() == pytest.approx(2_753_356, rel=1e-9)
    assert series[("party.cpsu_members", "USSR")][0] == pytest.approx(6_897_224)
    recorded = record.series("population.total", place="USSR").set_index("date")["value"]
    total = series[("population.total", "USSR")]
    assert total[0] == pytest.approx(recorded["1953-01-01"], rel=0.01)


def test_persons_balance_every_month(busy):
    states = busy[0]
    total = states.persons.sum(axis=(1, 2, 3, 4)) + states.prisoners.sum(axis=(1, 2))
    change = np.diff(total) - states.births[1:] + states.deaths[1:]
    assert np.abs(change).max() < 1e-9 * total.max()
    assert states.deaths[1:].min() > 1e5
    assert np.abs(states.civil.sum(axis=1) - states.persons.sum(axis=(1, 2, 3, 4))).max() < 1


def test_moves_of_status_lose_nobody(busy):
    states = busy[0]
    now = jax.tree.map(lambda x: jnp.asarray(x[20]), states)
    table = _table(now)
    flow = statuses.flows(now, table, load(), MODES)
    after = statuses.moved(now.persons, now, flow, MODES)
    expected = now.persons.sum() + flow.received.sum() - flow.taken.sum()
    assert float(after.sum()) == pytest.approx(float(expected), rel=1e-12)
    assert float(flow.received.sum()) == pytest.approx(float(flow.released.sum()), rel=1e-12)
    assert float(flow.taken.sum()) == pytest.approx(float(flow.admitted.sum()), rel=1e-12)
    assert float(flow.recruits.sum()) == pytest.approx(float(flow.recruits_from.sum()), rel=1e-12)
    assert float(flow.home.sum()) == pytest.approx(float(flow.exile.sum()), rel=1e-12)
    assert float(flow.home.sum()) > 0


def _table(state, month=20):
    states = world() | {"people": state}
    for key, value in BUSY.items():
        owner, name = key.split("__")
        shape = jnp.shape(getattr(states[owner], name))
        setattr(states[owner], name, jnp.broadcast_to(jnp.asarray(value), shape))
    view = View(cohorts.SUBSYSTEM, states, jnp.asarray(month), {}, load(), set())
    return rates.rate_table(view, jnp.asarray(1.8), MODES)


def test_rates_are_probabilities(busy):
    table = _table(jax.tree.map(lambda x: x[20], busy[0]))
    for part in (table.survival, table.birth_survival, table.moves.leaving, table.release):
        assert float(jnp.min(part)) >= 0 and float(jnp.max(part)) <= 1


def test_everything_stays_finite_and_bounded(busy):
    states = busy[0]
    for leaf in jax.tree.leaves(busy):
        assert np.isfinite(leaf).all()
    assert states.persons.min() >= 0 and states.prisoners.min() >= 0 and states.adults.min() > 0
    for name in ("aware", "esteem", "trust", "legitimacy", "uprooted", "acting"):
        assert getattr(states, name).min() >= 0 and getattr(states, name).max() <= 1, name


def test_release_empties_camps_and_makes_returnees():
    few = march(camps__release_hazard=[0.0, 0.0, 0.0, 0.0])[0]
    many = march(camps__release_hazard=[0.3, 0.1, 0.0, 0.0])[0]
    assert many.prisoners[-1].sum() < few.prisoners[-1].sum()
    assert many.returnees[-1, 0].sum() > few.returnees[-1, 0].sum() == 0
    assert many.returnees[-1, 1].sum() == 0
    assert many.kin_exposure[-1].min() > few.kin_exposure[-1].max() == 0


def test_recruits_arrive_and_are_uprooted(quiet, busy):
    states = busy[0]
    growth = states.civil[24] / states.civil[0]
    assert growth[:5].min() > np.median(growth[5:])
    assert states.uprooted[24, :5].min() > np.median(states.uprooted[24, 5:])


def test_income_gap_and_crowding_move_villagers():
    def towns(gap, crowding):
        return march(industry__wages_gap=gap, industry__crowding=crowding)[0].urban[-1].sum()

    assert towns(1.5, 1.0) > towns(1.0, 1.0) > towns(1.0, 1.5)


def test_readings_inform_and_lower_esteem_but_reactance_raises_it():
    def after(reactance):
        return march(
            information__official=[1.0, 0.5, 0.1],
            information__reactance=reactance,
            params={"complex_k": 1.0},
        )[0]

    calm, proud = after(0.0), after(1.0)
    assert (calm.aware[-1, :, 0] > calm.aware[-1, :, 1]).all()
    assert (calm.esteem[-1] < calm.esteem[0]).all()
    assert (proud.esteem[-1] > proud.esteem[0]).all()


def test_belief_needs_more_sources_than_awareness():
    sources = jnp.array([0.0, 0.5, 2.0, 20.0])
    one, two, three = (attitudes.enough_sources(sources, k) for k in jnp.arange(1.0, 4.0))
    assert (np.asarray(one) == 1).all()
    assert two[0] == 0 and three[0] == 0
    assert (np.asarray(two) >= np.asarray(three)).all()
    assert float(three[-1]) == pytest.approx(1, abs=1e-6)


def test_hardship_and_lost_legitimacy_raise_grievance_and_acts():
    def last(hardship, performance):
        return march(industry__hardship=hardship, leadership__performance=performance)[0]

    base = last(0.5, 0.0)
    for worse in (last(0.9, 0.0), last(0.5, -2.0)):
        assert worse.grievance[-1].mean() > base.grievance[-1].mean()
        assert worse.acting[-1].mean() > base.acting[-1].mean()


def test_disturbances_follow_the_hazard_and_have_size():
    still, loud = march(public__disturbance_hazard=0.0), march(public__disturbance_hazard=0.05)
    assert still[2][("mass_disturbance", "USSR")].sum() == 0
    number = loud[2][("mass_disturbance", "USSR")].sum()
    assert 80 < number < 220
    republics = sum(v.sum() for (_, place), v in loud[2].items() if place != "USSR")
    assert republics == number
    assert loud[0].crowd[loud[0].crowd > 0].min() >= 300


def test_vital_rates_near_the_record(quiet):
    series = quiet[1]
    for series_id, room in (("vital.birth_rate", 0.1), ("vital.death_rate", 0.2)):
        recorded = record.series(series_id, place="USSR").set_index("date")["value"]
        yearly = series[(series_id, "USSR")][:204].reshape(17, 12).mean(axis=1)
        for year in (1953, 1957, 1961):
            assert yearly[year - 1953] == pytest.approx(recorded[str(year)], rel=room), year


@pytest.mark.parametrize(("year", "index", "room"), [(1959, 72, 0.01), (1970, 204, 0.05)])
def test_census_by_age(quiet, year, index, room):
    state = jax.tree.map(lambda x: x[index], quiet[0])
    got = np.asarray(cohorts.census_by_age(state)).sum(axis=(1, 2))
    want = census.national("USSR", year)[:101].sum(axis=(1, 2))
    misplaced = np.abs(got / got.sum() - want / want.sum()).sum() / 2
    print(year, "share of persons at the wrong age", misplaced)
    assert misplaced < room
    assert got.sum() == pytest.approx(want.sum(), rel=0.02)


def test_rival_has_constant_rates_and_no_response_of_moves():
    gap = {"industry": {"wages_gap": lambda month: 1.0 + month}}
    states, shown = run_alone(cohorts.SUBSYSTEM, others=gap, months=13, rival="constant_rates")
    born = shown["series"][("vital.birth_rate", "USSR")]
    died = shown["series"][("vital.death_rate", "USSR")]
    assert np.ptp(born) < 0.3 and born[0] == pytest.approx(1000 * 0.0266 * 0.987, rel=0.01)
    assert np.ptp(died) < 0.5
    assert np.isfinite(states.persons).all()
    towns = march(params={"gap_effect": 0.0})[0].urban.sum(axis=1)
    assert states.urban[12].sum() == pytest.approx(towns[12], rel=0.01)


def test_age_limits_move_smoothly(quiet):
    adults = quiet[0].adults.sum(axis=(1, 2))[:60]
    assert np.abs(np.diff(adults, 2)).max() < 1e-3 * adults.max()
