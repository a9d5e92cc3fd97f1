"""Legacy: parts and direction of openness, readings of the experts, rival."""

from functools import cache

import numpy as np
import pytest
from many_draws import run_many

from thaw import record
from thaw.model.clock import month_index
from thaw.model.subsystems.legacy import BOUNDS, INDICES, SUBSYSTEM

DRAWS, MONTHS = 64, 144
STOCK = 2_468_524.0
START = {
    "people": {"prisoners": np.full((4, 121), STOCK / 484.0), "convictions": np.zeros(121)},
    "public": {"severity": 1.0},
    "information": {"link": 1.0, "news": 0.0},
    "arts": {"threshold": 0.0},
}
OPENING = {
    "people": {"prisoners": np.full((4, 121), STOCK / 968.0)},
    "public": {"severity": 0.5},
    "information": {"link": 0.7, "news": 0.5},
    "arts": {"threshold": 0.5},
}


@cache
def world(changed=(), rival=None, **params):
    others = {owner: dict(variables) for owner, variables in START.items()}
    for owner in changed:
        others[owner] |= OPENING[owner]
    return run_many(SUBSYSTEM, DRAWS, MONTHS, others, {}, {}, params, rival)


def test_the_start_has_no_openness():
    states, info, series, _ = world()
    assert (states.openness[:, 0] == 0).all()
    np.testing.assert_allclose(info.parts[:, 0, [0, 2, 3, 4]], 0.0, atol=1e-12)
    assert all(np.isfinite(v).all() for v in series.values())


@pytest.mark.parametrize("owner", OPENING)
def test_every_part_opens(owner):
    base, opened = world()[0].openness, world((owner,))[0].openness
    assert (opened[:, 12] > base[:, 12]).all()


def test_openness_is_the_plain_mean_of_its_parts():
    states, info, _, _ = world(tuple(OPENING))
    np.testing.assert_allclose(states.openness[:, 1:], info.parts[:, :-1].mean(axis=2))


def test_convictions_close():
    others = {owner: dict(variables) for owner, variables in START.items()}
    others["people"]["convictions"] = np.full(121, 20.0)
    many = run_many(SUBSYSTEM, DRAWS, MONTHS, others)[0].openness
    assert (many[:, 30] < world()[0].openness[:, 30]).all()


def test_readings_stay_on_their_scales_and_rise_with_openness():
    shut, opened = world()[2], world(tuple(OPENING))[2]
    for name in INDICES:
        low, high = BOUNDS.get(name, (-np.inf, np.inf))
        value = opened[f"expert.{name}", "USSR"]
        assert ((value >= low) & (value <= high)).all()
        assert (value[:, 60] >= shut[f"expert.{name}", "USSR"][:, 60]).all()


def test_the_halo_moves_all_readings_together_and_never_changes_in_time():
    low, high = world(halo=-0.3)[2], world(halo=0.3)[2]
    for name in INDICES:
        gap = high[f"expert.{name}", "USSR"] - low[f"expert.{name}", "USSR"]
        assert (gap > 0).all()
        if name not in BOUNDS:
            np.testing.assert_allclose(gap, gap[:, :1] * np.ones(MONTHS))


def test_prior_bands_hold_the_first_year_and_a_thaw_of_recorded_order():
    series = world(tuple(OPENING))[2]
    for name in INDICES:
        rows = record.series(f"expert.{name}", place="USSR")
        values = dict(zip(rows["date"], rows["value"], strict=True))
        drawn = series[f"expert.{name}", "USSR"]
        assert np.quantile(drawn[:, 0], 0.02) - 0.4 <= values["1952"]
        assert np.quantile(drawn[:, 0], 0.98) + 0.4 >= values["1952"]
        later = drawn[:, month_index("1957-06")]
        assert np.quantile(later, 0.02) <= values["1957"] <= np.quantile(later, 0.98), name


def test_the_rival_is_three_steps_blind_to_the_world():
    shut, opened = world(rival="three_steps"), world(tuple(OPENING), rival="three_steps")
    np.testing.assert_array_equal(shut[0].openness, opened[0].openness)
    jumps = np.flatnonzero(np.abs(np.diff(shut[0].openness[0])) > 0) + 1
    assert list(jumps) == [month_index(s) for s in ("1953-04", "1956-03", "1964-11")]
