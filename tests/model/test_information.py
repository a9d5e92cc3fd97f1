"""Information: coverage of readings, signs of talk, radio and leaks, levers, waits, rivals."""

from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest
from alone import run

from thaw import record
from thaw.model import parameters
from thaw.model.clock import month_index
from thaw.model.subsystems.information import DAYS_A_MONTH, SUBSYSTEM

MONTHS = 140
SESSION = month_index("1956-02")
PARTY = ("speech.audience_party", "USSR")
REPORT = ("speech.days_to_first_western_report", "World")
PUBLICATION = ("speech.days_to_publication", "World")
SILENT = np.zeros((MONTHS, 2))


def order(closed=0, opened=0, start=SESSION, months=5):
    """Return a path of the lever read_on: an order of some months for each kind of attack."""
    path = np.zeros((MONTHS, 2))
    path[start : start + months] = [closed, opened]
    return path


@cache
def history(draw=None, rival=None):
    return variant(draw=draw, rival=rival)


def variant(others=None, draw=None, params=None, path=None, rival=None):
    levers = {} if path is None else {"read_on": path}
    return run(SUBSYSTEM, MONTHS, others, levers, draw=draw, params=params, rival=rival)


def aware(level):
    return {"people": {"aware": jnp.full((121, 3), level)}}


def test_readings_alone_end_at_their_coverage():
    states, shown = variant(path=order(closed=1, months=60))
    coverage = parameters.priors()["information.read_coverage"].mode
    assert states.attended[-1, 0] == pytest.approx(coverage, rel=1e-6)
    reached = shown["series"][PARTY]
    assert np.all(np.diff(reached) >= 0) and reached[SESSION] == 0
    assert reached[-1] == pytest.approx(7.0 * coverage, rel=1e-3)


def test_readings_stop_when_the_order_ends():
    states, _ = variant(path=order(closed=1, months=2))
    assert states.official[SESSION + 2].sum() > 0
    assert not states.official[SESSION + 3 :].any()


def test_the_party_hears_before_and_more_than_others():
    states, _ = history()
    first = states.official[SESSION + 1]
    assert first[0] > first[1] > first[2] > 0
    assert not states.official[: SESSION + 1].any()


def test_without_an_order_nothing_happens():
    states, shown = variant(path=SILENT)
    for name in ("official", "talk", "radio", "news", "leak", "copies", "copy_abroad", "reported"):
        assert not getattr(states, name).any(), name
    assert np.all(states.link == 1)
    assert not any(values.any() for values in shown["series"].values())


def test_only_the_orders_start_moves_the_start():
    later = variant(path=order(closed=1, start=SESSION + 12))[0]
    now = variant(path=order(closed=1))[0]
    assert np.allclose(later.official[12:], now.official[:-12], atol=0)


def test_fear_damps_talk_and_awareness_feeds_it():
    bold = variant(others=aware(0.2) | {"public": {"fear": jnp.full(121, 0.2)}})[0]
    afraid = variant(others=aware(0.2) | {"public": {"fear": jnp.full(121, 0.8)}})[0]
    few = variant(others=aware(0.05) | {"public": {"fear": jnp.full(121, 0.2)}})[0]
    after = SESSION + 2
    assert np.allclose(bold.talk[after] / afraid.talk[after], 16.0)
    assert np.all(bold.talk[after] > few.talk[after])
    assert np.all(bold.talk[after + 12] < bold.talk[after])


def test_radio_needs_the_text_abroad_and_is_jammed_in_towns():
    share = jnp.linspace(0.1, 0.9, 121)
    towns = {"people": {"urban": share * 186e6 / 121}}
    states, _ = variant(others=towns, path=order(opened=1))
    assert not states.radio[: SESSION + 1].any()
    jammed, clear = states.radio[SESSION + 12], states.radio[month_index("1963-12")]
    assert np.all(np.diff(jammed) < 0)
    assert np.ptp(clear) < 1e-12 and clear[0] > jammed[0]


def test_openness_prints_and_printing_leaks():
    states = variant(others={"bloc": {"opening": jnp.array([-2.0, 2, 0, 0, 0, 0, 0])}})[0]
    printed = states.copies[SESSION + 6]
    assert printed[1] > 10 * printed[0]
    assert states.leak[SESSION + 6, 1] > states.leak[SESSION + 6, 0]

    def published(opening):
        others = {"bloc": {"opening": jnp.full(7, opening)}}
        runs = [variant(others=others, draw=d)[1]["series"][PUBLICATION] for d in (1, 2, 3)]
        return np.array([r.sum() if r.any() else 9999.0 for r in runs])

    assert np.all(published(3.0) <= published(-3.0))
    assert published(3.0).sum() < published(-3.0).sum()


def test_waiting_times_are_shown_once_in_the_month_of_the_event():
    for draw in (1, 2):
        _, shown = history(draw)
        for key in (REPORT, PUBLICATION):
            months = np.flatnonzero(shown["series"][key])
            assert len(months) <= 1
            for month in months:
                days = shown["series"][key][month]
                begun = (month - SESSION - 1) * DAYS_A_MONTH
                assert begun <= days <= begun + 2 * DAYS_A_MONTH
        assert shown["events"]["text_public_abroad", "World"].sum() == bool(
            shown["series"][PUBLICATION].any()
        )
        report, text = (shown["series"][key].sum() for key in (REPORT, PUBLICATION))
        assert text == 0 or 0 < report <= text + DAYS_A_MONTH


def test_an_open_attack_is_public_at_once_and_reaches_most_adults():
    states, shown = variant(path=order(opened=1, months=6))
    assert states.public_abroad[SESSION + 1] == 1
    assert shown["series"][PUBLICATION][SESSION] > 0
    assert states.official[SESSION + 1].min() > 0.5
    assert states.link[-1] < variant(path=order(closed=1))[0].link[-1] < 1


def test_persuasion_follows_trust_and_a_reading_needs_the_line():
    talk, reading, radio = history()[0].persuasion[-1]
    assert reading > radio > talk > 0
    backed = variant(others={"leadership": {"line": jnp.ones(())}})[0].persuasion[-1]
    assert backed[1] > reading and backed[0] == talk


def test_reactance_belongs_to_promoted_and_veterans_of_older_units():
    youth = jnp.linspace(0.2, 0.4, 121) * 186e6 / 121
    states = variant(others={"people": {"youth": youth}})[0]
    last = states.reactance[-1]
    assert np.all(last[:, 0] > last[:, 2]) and not last[:, 1].any()
    assert np.all(np.diff(last[:, 2]) < 0)


@pytest.mark.parametrize("rival", ["bass", "instant"])
def test_rivals_run_on_the_same_state(rival):
    states, shown = history(rival=rival)
    assert not states.official[: SESSION + 1].any() and states.official.any()
    assert all(np.isfinite(values).all() for values in shown["series"].values())


@pytest.mark.parametrize("draw", [0, 5])
def test_hazards_stay_bounded(draw):
    states, _ = variant(others=aware(1.0) | {"public": {"fear": jnp.zeros(121)}}, draw=draw)
    for name in ("official", "talk", "radio"):
        values = getattr(states, name)
        assert np.isfinite(values).all() and values.min() >= 0 and values.max() <= 10
    for name in ("leak", "news", "attended", "reactance", "public_abroad", "persuasion", "link"):
        values = getattr(states, name)
        assert values.min() >= 0 and values.max() <= 1


def test_prior_predictive_reaches_the_recorded_waiting_times():
    """The recorded 20-21 and 101 days lie inside the range of a few prior draws."""
    for key in (REPORT, PUBLICATION):
        rows = record.series(key[0])
        recorded = float(rows["value"].iloc[0])
        days = [history(draw)[1]["series"][key].sum() for draw in (1, 2, 3, 4, 5, 6)]
        assert min(days) / 1.5 < recorded < max(days) * 1.5
