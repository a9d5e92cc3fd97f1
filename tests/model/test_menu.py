"""Endogenous mode: templates of reforms, the rule that adopts them, and the frame's addition."""

from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest
from many_draws import run_many
from test_leadership import PARAMS, ROSTER, situation

from thaw import reforms
from thaw.experiment.run import Settings, parameter_sample, trace_of
from thaw.model import exogenous, parameters, registry, simulate
from thaw.model.clock import month_index
from thaw.model.menu import with_adopted
from thaw.model.subsystem import View
from thaw.model.subsystems import leadership_menu, leadership_menu_inputs
from thaw.model.subsystems.leadership import SUBSYSTEM
from thaw.reforms import menu
from thaw.reforms.shapes import first_month

HISTORY = reforms.load_scenario("historical")
ENDOGENOUS = HISTORY.with_mode("endogenous")
IDS = [reform.id for reform in menu.policies()]
FROM = month_index("1953-04")
MONTHS = 144


def place(name):
    return IDS.index(reforms.reform(name).id)


def value_of(month, ages, scenario=ENDOGENOUS):
    paths = reforms.lever_paths(scenario, month + 1)
    values = {name: jnp.asarray(array[month]) for name, array in paths.value.items()}
    return with_adopted(values, jnp.asarray(paths.menu[month]), jnp.asarray(ages, jnp.float64))


def test_reforms_adopted_at_their_own_dates_are_history():
    """Only the days of the month differ: a template begins on the same day of another month."""
    without_responses = HISTORY
    for reform in reforms.reforms():
        if reform.kind == "response" and "no" in reform.words:
            without_responses = without_responses.force(reform.id, "no")
    recorded = reforms.lever_paths(without_responses.with_mode("replay"), MONTHS).value
    start = np.array([first_month(reform.moves, 0) for reform in menu.policies()])
    scale = {lever.name: np.ptp(recorded[lever.name]) for lever in reforms.levers()}
    for month in range(0, MONTHS, 7):
        found = value_of(month, np.where(month >= start, month - start, -1))
        for name, value in found.items():
            if name not in ("lever.bloc.intervene", "lever.leadership.removal"):
                gap = np.abs(np.asarray(value) - recorded[name][month]).max()
                assert gap <= 0.08 * max(scale[name], 1e-12), (name, month)


def test_nothing_adopted_changes_no_bit():
    paths = reforms.lever_paths(HISTORY, MONTHS)
    for month in (0, 50, 143):
        values = {name: jnp.asarray(array[month]) for name, array in paths.value.items()}
        for doses, ages in ((0.0, 5.0), (1.0, -1.0), (0.0, -1.0)):
            given = jnp.full(len(IDS), doses), jnp.full(len(IDS), ages)
            for name, value in with_adopted(values, *given).items():
                np.testing.assert_array_equal(value, values[name], name)


def test_the_later_reform_rules_and_the_earlier_returns_after_it():
    ages = np.full(len(IDS), -1.0)
    name = "lever.agriculture.plot_restrict"
    ages[place("plot_deliveries_ended")] = 5.0
    assert value_of(20, ages)[name] == -1.0
    ages[place("plot_squeeze")] = 60.0
    assert value_of(20, ages)[name] == -1.0
    ages[place("plot_deliveries_ended")] = 90.0
    assert value_of(20, ages)[name] == pytest.approx(1.0)


def test_doses_scale_what_is_adopted_and_reforms_left_out_are_not_on_the_menu():
    half = ENDOGENOUS.dose("virgin_lands", 0.5)
    ages = np.full(len(IDS), -1.0)
    ages[place("virgin_lands")] = 40.0
    name = "lever.agriculture.vl_target_area"
    assert 2 * value_of(50, ages, half)[name] == value_of(50, ages)[name] > 0
    off = reforms.lever_paths(ENDOGENOUS.without("virgin_lands"), 60).menu
    assert not off[:, place("virgin_lands")].any() and off.any()


def test_the_menu_opens_at_its_month_only_and_never_in_other_modes():
    late = reforms.lever_paths(ENDOGENOUS.set("endogenous_from", "1958-01"), MONTHS).menu
    start = month_index("1958-01")
    assert not late[:start].any() and (late[start:] == late[start]).all()
    assert late[start, place("secret_speech")] == 0 and late[start, place("price_rise_1962")] == 1
    for mode in ("replay", "do"):
        assert not reforms.lever_paths(HISTORY.with_mode(mode), MONTHS).menu.any()


def test_every_policy_is_coded_by_its_group_or_left_out_with_a_reason():
    coded = leadership_menu_inputs.rows()
    assert set(coded) == set(IDS)
    groups = {}
    for name, row in coded.items():
        left_out = row["group"] == leadership_menu_inputs.LEFT_OUT
        assert left_out == bool(row["reason"]), name
        assert row["pressure"] in leadership_menu_inputs.PRESSURES
        assert row["after"] in ("", *IDS)
        rule = tuple(row[c] for c in ("position", "pressure", "army", "ministry", "party"))
        assert groups.setdefault(row["group"], rule) == rule, name


def view_of(**changes):
    """Return what leadership reads in a quiet world."""
    from types import SimpleNamespace

    from alone import quiet

    states = quiet()
    for name, value in changes.items():
        owner, variable = name.split("__")
        setattr(states[owner], variable, jnp.asarray(value, jnp.float64))
    own = SimpleNamespace(watch=jnp.asarray(0.5), clients=jnp.asarray(0.5))
    return View(SUBSYSTEM, states | {"leadership": own}, jnp.asarray(0), {}, ROSTER, set())


def hazard(name, now=None, **changes):
    chosen = now or situation(line=0.5)
    return float(leadership_menu.hazard(view_of(**changes), chosen, PARAMS)[place(name)])


def test_the_rule_has_the_signs_of_its_mechanism():
    hard, soft = situation(line=0.0), situation(line=2.0)
    assert hazard("secret_speech", hard) > hazard("secret_speech", soft)
    assert hazard("plot_squeeze", hard) < hazard("plot_squeeze", soft)
    calm = hazard("virgin_lands")
    assert hazard("virgin_lands", agriculture__harvest_gap=0.2) > calm
    assert hazard("secret_speech", agriculture__harvest_gap=0.2) == hazard("secret_speech")
    assert hazard("troop_cut_1960", east_west__defence_demand=2.0) > hazard("troop_cut_1960")
    tied = situation(line=0.5, office=200.0)
    alone = situation(line=0.5, office=0.0)
    assert hazard("sovnarkhozy", tied) > hazard("sovnarkhozy", alone)


def test_offices_that_lose_are_against():
    gains = np.asarray(leadership_menu.gains(view_of(), situation(), PARAMS))
    now = situation()
    ministers = np.asarray((now.seat > 0) & (now.party == 0) & (now.defence == 0))
    secretaries = np.asarray((now.seat > 0) & (now.party > 0))
    reform = gains[:, place("sovnarkhozy")]
    assert reform[ministers].max() < reform[secretaries].min()


@cache
def alone(open_menu):
    """Return leadership in a quiet world, with a menu open from a month on."""
    subsystem = registry.subsystems()["leadership"]
    doses = reforms.lever_paths(ENDOGENOUS, MONTHS).menu if open_menu else None
    slow = {"industry": {"growth": 5.0}}
    return run_many(subsystem, 32, MONTHS, slow, menu=doses)


def test_without_a_menu_nothing_is_adopted():
    assert (alone(False)[0].adopted == -1.0).all()


def test_reforms_are_adopted_once_after_the_start_and_age_by_the_month():
    states, info = alone(True)[:2]
    assert (info.adopted.sum(axis=1) <= 1).all() and not info.adopted[:, :FROM].any()
    assert 5 < info.adopted.sum(axis=(1, 2)).mean() < len(IDS)
    running = states.adopted[:, :-1] >= 0
    np.testing.assert_array_equal(
        states.adopted[:, 1:][running], states.adopted[:, :-1][running] + 1
    )
    left_out = [p for p, r in enumerate(IDS) if not ROSTER.menu.listed[p]]
    assert left_out and not info.adopted[:, :, left_out].any()


def test_a_reform_waits_for_the_one_that_it_presupposes():
    adopted = alone(True)[1].adopted
    first, second = (
        adopted[:, :, place(n)].argmax(axis=1) for n in ("sovnarkhozy", "bifurcation_1962")
    )
    both = adopted[:, :, place("bifurcation_1962")].any(axis=1)
    assert both.any() and (second[both] > first[both]).all()


@cache
def whole(mode):
    return trace_of(Settings(HISTORY.with_mode(mode), draws=4))[0]


def test_an_open_menu_that_nobody_uses_leaves_the_bits_of_a_replay():
    settings = Settings(HISTORY, draws=4)
    months = settings.months + 1
    sample = parameter_sample(settings)
    sample["leadership.menu_rate"] = np.zeros(4)
    paths = reforms.lever_paths(HISTORY, months)
    plan = simulate.plan_of(paths, months, exogenous.replayed_years(4, months))
    opened = simulate.Plan(
        plan.value, plan.decided, plan.exogenous, plan.rain, np.ones((months, len(IDS)))
    )
    structure = simulate.Structure(months)
    unused = simulate.simulate(structure, opened, sample, 0)
    assert simulate.digest(unused) == simulate.digest(whole("replay"))


def test_history_is_replayed_before_the_start_and_reforms_act_after_it():
    free, history = whole("endogenous"), whole("replay")
    for kind in history:
        for name, values in history[kind].items():
            np.testing.assert_array_equal(values[:, :FROM], free[kind][name][:, :FROM], str(name))
            assert np.isfinite(free[kind][name]).all(), name
    adopted = sum(free["latent"][f"leadership.adopted_{r.slug}"].sum() for r in menu.policies())
    assert adopted > 0
    area = free["latent"]["agriculture.virgin_area"]
    begun = free["latent"]["leadership.adopted_virgin_lands"].cumsum(axis=1) > 0
    assert ((area[:, 1:] > 0) <= begun[:, :-1]).all() and area.any()


def test_priors_of_the_rule_are_judgement():
    named = [p for n, p in parameters.priors().items() if n.startswith("leadership.menu_")]
    assert len(named) == 5 and all(p.provenance == "judgement" for p in named)
