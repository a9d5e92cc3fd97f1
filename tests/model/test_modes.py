"""Modes: replay is history; where the model decides, every decision is open and can be forced."""

from functools import cache

import numpy as np
import pytest
from many_draws import run_many

from thaw import reforms
from thaw.experiment.run import Settings, trace_of, trace_on
from thaw.model import registry
from thaw.model.clock import month_index, stamp
from thaw.model.places import BLOC_STATES
from thaw.model.simulate import own
from thaw.model.subsystems.leadership_people import names as persons
from thaw.model.subsystems.leadership_people import targets

HISTORY = reforms.load_scenario("historical")
MONTHS = 168
FROM = month_index("1953-04")
DRAWS = 48


def levers_of(scenario, name, since=FROM, months=MONTHS):
    """Return values and deciders of one subsystem's levers in mode do from a month on."""
    paths = reforms.lever_paths(scenario.with_mode("do"), months, since)
    return own(paths.value, f"lever.{name}"), own(paths.decided, f"lever.{name}")


@cache
def left_to_the_model(name, forced=(), since=FROM, trouble=()):
    """Return (states, infos, series, events) of one subsystem in a world that decides itself."""
    scenario = HISTORY
    for slug, word in forced:
        scenario = scenario.force(slug, word)
    value, decided = levers_of(scenario, name, since)
    others = {}
    for variable, given in trouble:
        owner, short = variable.split(".")
        others.setdefault(owner, {})[short] = given
    subsystem = registry.subsystems()[name]
    return run_many(subsystem, DRAWS, MONTHS, others, value, decided)


OUSTER = (("leadership.ouster", lambda m: (m == month_index("1957-07")) * 1.0),)
CHANGE = (("leadership.leader_changed", lambda m: (m == month_index("1957-07")) * 1.0),)
ALARM = (("backlash.order_demand", 0.5), ("bloc.crisis", lambda m: (m % 60 == 40) * 1.0))
OPENING = (("leadership.line", 1.0), ("information.news", 0.8), ("information.public_abroad", 1.0))
END = month_index("1966-12")


def removed(target):
    return lambda out: out[0].demoted[:, END, persons().index(target)]


DECISIONS = {
    "leadership.removal khrushchev": ("leadership", removed("khrushchev"), ()),
    "leadership.removal beria": ("leadership", removed("beria"), ()),
    "leadership.removal malenkov": ("leadership", removed("malenkov"), ()),
    "leadership.removal zhukov": ("leadership", removed("zhukov"), ()),
    "leadership.challenge": ("leadership", lambda out: out[1].challenge.any(axis=1), ()),
    "leadership.turnover_rule": ("leadership", lambda out: out[0].dropped[:, END], ()),
    "administration.m_form": (
        "administration", lambda out: out[0].form_undone[:, month_index("1958-01")], OUSTER,
    ),
    "administration.bifurcation": (
        "administration", lambda out: out[0].split_undone[:, month_index("1963-06")], OUSTER,
    ),
    "public.repression_order": (
        "public", lambda out: out[0].order_decided[:, month_index("1958-01")], ALARM,
    ),
    "arts.threshold": ("arts", lambda out: (np.diff(out[0].freeze) < 0).any(axis=1), ()),
    "agriculture.import": ("agriculture", lambda out: (out[1].imports > 0).any(axis=1), ()),
    "agriculture.maize_area": ("agriculture", lambda out: out[0].dropped[:, END, 0], OUSTER),
    "agriculture.plot_restrict": (
        "agriculture", lambda out: out[0].dropped[:, END, 1],
        (("leadership.ouster", lambda m: (m == month_index("1961-07")) * 1.0),),
    ),
    "science.lysenko": ("science", lambda out: out[0].favour[:, END] < 1.0, CHANGE),
    "bloc.intervene": ("bloc", lambda out: out[1].sent_in.any(axis=(1, 2)), OPENING),
}  # fmt: skip
"""Lever left to the model: its owner, what counts as one outcome by draw, the trouble it meets."""


def test_every_lever_of_a_response_is_tested():
    moved = {m.lever for r in reforms.reforms() if r.kind == "response" for m in r.moves}
    tested = {"lever." + name.split(" ")[0] for name in DECISIONS}
    assert tested == moved - {"lever.administration.regions"}  # goes with m_form
    of_persons = {name.split(" ")[1] for name in DECISIONS if " " in name}
    assert of_persons == set(targets())


@pytest.mark.parametrize("lever", DECISIONS)
def test_a_decision_left_to_the_model_can_go_either_way(lever):
    name, outcome, trouble = DECISIONS[lever]
    happened = np.asarray(outcome(left_to_the_model(name, trouble=trouble)), float)
    assert happened.shape == (DRAWS,)
    assert 0.0 < happened.mean() < 1.0


def month_of(slug):
    return month_index(reforms.reform(slug).start[:7])


@pytest.mark.parametrize(
    ("slug", "target"),
    [("beria_removed_1953", "beria"), ("malenkov_removed_1955", "malenkov"),
     ("zhukov_removed_1957", "zhukov"), ("ouster_1964", "khrushchev")],
)  # fmt: skip
def test_a_forced_removal_happens_and_a_forced_keep_prevents_it(slug, target):
    month, who = month_of(slug), persons().index(target)
    for word, after in (("remove", 1.0), ("keep", 0.0)):
        states, info, _, _ = left_to_the_model("leadership", ((slug, word),), month)
        present = states.seat[:, month, who] * (1.0 - states.demoted[:, month, who])
        assert present.all()
        assert (states.demoted[:, month + 1, who] == after).all()
        if target == "khrushchev":
            assert (info.ouster[:, month] == after).all()


def test_a_forced_contest_ends_as_forced():
    month = month_of("challenge_rejected_1957")
    for word, falls in (("accepted", 1.0), ("rejected", 0.0)):
        forced = (("challenge_rejected_1957", word),)
        info, events = left_to_the_model("leadership", forced, month)[1::2]
        assert (info.ouster[:, month] == falls).all()
        assert (events["leader_removed", "USSR"][:, month] == falls).all()
        assert (events["leadership_challenge", "USSR"][:, month] == 1.0 - falls).all()


@pytest.mark.parametrize(
    ("slug", "word", "sent"),
    [("hungary_intervention_1956", "accept", 0.0), ("hungary_intervention_1956", "intervene", 1.0),
     ("poland_accepted_1956", "intervene", 1.0), ("force_gdr_1953", "accept", 0.0)],
)  # fmt: skip
def test_a_forced_answer_to_an_ally_is_given(slug, word, sent):
    state = BLOC_STATES.index(reforms.reform(slug).moves[0].target)
    info = left_to_the_model("bloc", ((slug, word),), trouble=OPENING)[1]
    assert (info.intervened[:, month_of(slug), state] == sent).all()


def test_forced_switches_stand_in_the_months_of_their_row_whatever_the_model_had_decided():
    form = "reversal_administration_1964"
    month = month_index("1965-10") + 2
    for word, order in (("yes", 0.0), ("no", 1.0)):
        states = left_to_the_model("administration", ((form, word),), trouble=OUSTER)[0]
        assert states.form_undone[:, month].any()
        drift = (states.m_form[:, month + 1] - order) / (states.m_form[:, month] - order + 1e-300)
        assert ((drift < 1.0) & (drift >= 0.0)).all()
    order = ("december_letter_1956", "yes"), ("december_letter_1956", "no")
    for forced in order:
        out = left_to_the_model("public", (forced,), trouble=ALARM)[0]
        assert (out.order_decided[:, month_of(forced[0]) + 1] == 0.0).all()


def test_campaigns_end_by_ouster_only_and_stay_ended():
    calm = left_to_the_model("agriculture")[0]
    assert not calm.dropped.any()
    ended = left_to_the_model("agriculture", trouble=OUSTER)[0]
    assert (np.diff(ended.dropped, axis=1) >= 0).all()
    kept, lost = (ended.maize_area[ended.dropped[:, END, 0] == x, END] for x in (0.0, 1.0))
    assert lost.mean() < kept.mean()


def test_who_follows_a_leader_that_died_as_recorded_is_data():
    states = left_to_the_model("leadership", since=0)[0]
    recorded = registry.subsystems()["leadership"].inputs().leader
    assert (
        states.leader[:, month_index("1953-04")] == float(recorded[month_index("1953-04")])
    ).all()


@cache
def whole(mode):
    settings = Settings(HISTORY, draws=4)
    if mode == "replay":
        return trace_of(settings)[0]
    paths = reforms.lever_paths(HISTORY.with_mode(mode), settings.months + 1, FROM)
    return trace_on(settings, paths)


def test_replay_equals_the_record():
    events = whole("replay")["events"]

    def dates(family, place="USSR"):
        counts = events[family, place]
        assert (counts == counts[:1]).all(), "decisions of the record differ by draw"
        return {stamp(m): counts[0, m] for m in np.flatnonzero(counts[0])}

    assert dates("leadership_challenge") == {"1957-06": 1.0}
    assert dates("leader_removed") == {"1964-10": 1.0}
    single = {"1953-06": 1.0, "1955-01": 1.0, "1957-10": 1.0}
    assert single.items() <= dates("presidium_removal").items()
    assert dates("presidium_removal").keys() - single.keys() == {"1957-06"}
    assert dates("intervention", "East Germany") == {"1953-06": 1.0}
    assert dates("intervention", "Hungary") == {"1956-10": 1.0}
    others = [p for f, p in events if f == "intervention" and p not in ("East Germany", "Hungary")]
    assert len(others) == 5 and not any(dates("intervention", place) for place in others)


def test_worlds_in_mode_do_are_history_until_they_decide_and_differ_by_draw_after():
    free, history = whole("do"), whole("replay")
    for name, values in history["latent"].items():
        np.testing.assert_array_equal(values[:, : FROM + 1], free["latent"][name][:, : FROM + 1])
    removals = free["events"]["presidium_removal", "USSR"]
    assert not (removals == removals[:1]).all()
