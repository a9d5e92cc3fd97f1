"""Science alone: cohorts of students, the law of 1958, research stock, launches and firsts."""

from functools import cache, partial
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from alone import run as run_shared

from thaw.model.randomness import Keys
from thaw.model.subsystems import science_space
from thaw.model.subsystems.science import COURSE, SUBSYSTEM

MONTHS = 204


def hole(month):
    """Return persons aged 17 with a hole of wartime size arriving in 1959-63."""
    return 4.0e6 * (0.5 if 72 <= month < 120 else 1.0)


@cache
def run(rival=None, draw=None, small_cohorts=False, changed=0.0, decided=False, **levers):
    """Return a run; levers are constants, ``changed`` a change of leader every month."""
    others = {
        "industry": {"output": lambda month: np.exp(0.08 * month / 12.0) * np.ones(3)},
        "leadership": {"leader_changed": changed},
        "people": {"age17": hole if small_cohorts else 4.0e6},
    }
    return run_shared(
        SUBSYSTEM,
        MONTHS,
        others=others,
        rival=rival,
        draw=draw,
        levers={name: np.full(MONTHS, value) for name, value in levers.items()},
        decided={"lysenko": np.full(MONTHS, float(decided))},
    )


def test_everything_stays_finite_and_not_negative():
    for rival in (None, *SUBSYSTEM.rivals):
        states, shown = run(rival, draw=1)
        for name, _, _ in SUBSYSTEM.variables():
            values = getattr(states, name)
            assert np.isfinite(values).all(), (rival, name)
            if name != "schooled":
                assert (values >= 0).all(), (rival, name)
        assert all((v >= 0).all() for v in shown["series"].values())


def test_students_start_from_the_record_and_flow_five_years():
    states, shown = run(reform_1958=0.0)
    inputs = SUBSYSTEM.inputs()
    assert states.students[0].sum() == pytest.approx(inputs.students, rel=1e-12)
    entered = states.students[1:, :, 0].sum(1)
    graduates = states.graduates[COURSE:-1] / 12.0
    share = graduates[1:] / entered[: len(graduates) - 1]
    np.testing.assert_allclose(share, 0.72, rtol=0.02)  # completion at its mode
    assert shown["series"][("education.graduates_higher", "USSR")][0] * 12 == pytest.approx(
        states.graduates[0]
    )


def test_law_of_1958_displaces_but_does_not_lose_entrants():
    free, _ = run(reform_1958=0.0)
    bound, _ = run(reform_1958=1.0)
    assert bound.students[40, 0].sum() < free.students[40, 0].sum()
    assert bound.students[40, 1].sum() > free.students[40, 1].sum()
    entered = bound.students[1:, :, 0].sum((1,)).cumsum() + bound.waiting[1:]
    np.testing.assert_allclose(entered, free.students[1:, :, 0].sum(1).cumsum(), rtol=1e-9)


def test_small_wartime_cohorts_leave_fewer_students_and_then_graduates():
    usual, _ = run()
    small, _ = run(small_cohorts=True)
    assert np.array_equal(usual.students[:72], small.students[:72])
    assert small.students[120].sum() < 0.95 * usual.students[120].sum()
    np.testing.assert_allclose(small.graduates[:132], usual.graduates[:132])
    assert small.graduates[160] < usual.graduates[160]


def test_protection_costs_the_life_sciences_only():
    kept, _ = run(lysenko=1.0)
    dropped, _ = run(lysenko=0.0)
    assert dropped.stock[-1, 1] > 1.05 * kept.stock[-1, 1]
    assert np.array_equal(dropped.stock[:, 0], kept.stock[:, 0])
    np.testing.assert_allclose(kept.stock[:, 1], kept.stock[:, 0])


def test_decided_protection_ends_only_with_a_change_of_leader():
    same_leader, _ = run(draw=0, decided=True)
    np.testing.assert_allclose(same_leader.favour, 1.0)
    new_leaders, _ = run(draw=0, decided=True, changed=1.0)
    assert new_leaders.favour[-1] == 0.0
    assert (np.diff(new_leaders.favour) <= 0).all()


def test_launches_are_counts_and_grow():
    _, shown = run(draw=2)
    won = shown["series"][("science.space_launches_success", "USSR")]
    lost = shown["series"][("science.space_launches_failure", "USSR")]
    assert np.array_equal(won, np.round(won)) and np.array_equal(lost, np.round(lost))
    assert won[-60:].sum() > won[:60].sum()
    assert won[-60:].sum() > lost[-60:].sum()


def test_readiness_and_learning_are_probabilities():
    params = SimpleNamespace(
        launcher_years=12.0,
        launcher_spread=1.0,
        success_first=0.4,
        success_learning=0.35,
        launch_growth=0.35,
        launch_ceiling=90.0,
    )
    ready = jax.vmap(partial(science_space.readiness, params))(jnp.linspace(0.0, 40.0, 20))
    odds = jax.vmap(partial(science_space.success_probability, params))(jnp.arange(500.0))
    for values in (np.asarray(ready), np.asarray(odds)):
        assert (np.diff(values) >= 0).all() and (values >= 0).all() and (values <= 1).all()
    assert odds[0] == pytest.approx(0.4)
    capacity = jnp.asarray(2.0)
    for _ in range(600):
        capacity = science_space.next_capacity(params, capacity, 1.0)
    assert 80 < capacity <= 90.0


def _race(successes, rival, taken, n=4000):
    params = SimpleNamespace(launcher_advantage=2.0, first_decay=1.5)

    def one(key):
        return jnp.stack(
            science_space.race(params, jnp.asarray(successes), rival, jnp.asarray(taken), Keys(key))
        )

    return np.asarray(jax.vmap(one)(jax.random.split(jax.random.key(0), n))).mean(0)


def test_race_goes_to_whoever_succeeds_first():
    assert _race(1.0, 0.0, 0.0) == pytest.approx([1.0, 1.0])
    assert _race(0.0, 0.0, 3.0) == pytest.approx([0.0, 0.0])
    won, anybody = _race(0.0, 0.5, 0.0)
    assert won == 0.0 and anybody == pytest.approx(1 - np.exp(-0.5), abs=0.03)
    ours, anybody = _race(1.0, 3.0, 4.0)
    assert 0.0 < ours < anybody < 1.0


def test_every_first_needs_a_launch_and_adds_prestige():
    states, shown = run(draw=2)
    firsts = shown["events"][("space_first", "USSR")]
    won = shown["series"][("science.space_launches_success", "USSR")]
    assert firsts.sum() > 0
    assert (won[firsts > 0] > 0).all()
    np.testing.assert_allclose(states.firsts[1:], firsts)
    rose = np.diff(states.prestige) > 0
    assert np.array_equal(rose, firsts > 0)


def test_inheritance_rival_cuts_the_flows_of_the_thaw():
    inherited, _ = run("inheritance_only", draw=1)
    main, _ = run(draw=1)
    np.testing.assert_allclose(inherited.stock, 1.0)
    assert main.programme[-1] > inherited.programme[-1]
    np.testing.assert_allclose(inherited.researchers, main.researchers)


def test_constant_hazard_rival_flies_before_the_rocket_is_ready():
    _, shown = run("constant_hazard", draw=1)
    _, main = run(draw=1)
    key = ("science.space_launches_failure", "USSR")
    assert shown["series"][key][:36].sum() > main["series"][key][:36].sum()


def test_prior_mode_stands_near_the_record_of_1956():
    """Levels of 1956 are held out: only points up to 1953 set the start."""
    states, _ = run()
    assert states.students[44].sum() == pytest.approx(2001, rel=0.12)
    assert states.graduates[42] == pytest.approx(259.9, rel=0.1)
    assert states.researchers[47] == pytest.approx(239.9, rel=0.1)
