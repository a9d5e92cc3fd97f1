"""Lever paths: month shares, shapes, overlaps, doses, shifts, and what the model decides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thaw.errors import InputError
from thaw.reforms import Scenario, lever_paths, levers, load_scenario, reform, reforms
from thaw.reforms.changes import Change
from thaw.reforms.dates import month_edges
from thaw.reforms.shapes import applied
from thaw.reforms.values import lever_values

HISTORY = load_scenario("historical")
MONTHS = 144
QUICK = settings(max_examples=25, deadline=None)
slugs = st.sampled_from([found.slug for found in reforms()])
policies = st.sampled_from([found.slug for found in reforms() if found.kind == "policy"])


def month(stamp):
    return (int(stamp[:4]) - 1953) * 12 + int(stamp[5:]) - 1


def value(name, scenario=HISTORY, months=MONTHS):
    return lever_paths(scenario, months).value[f"lever.{name}"]


def decided(name, scenario):
    return lever_paths(scenario, MONTHS).decided[f"lever.{name}"]


def same(ours, theirs):
    return all(
        np.array_equal(getattr(ours, side)[name], getattr(theirs, side)[name])
        for side in ("value", "decided")
        for name in ours.value
    )


def column(name, target, array):
    lever = next(lever for lever in levers() if lever.name == f"lever.{name}")
    return array[:, lever.targets.index(target)]


def test_a_step_acts_with_the_days_that_remain():
    closed = column("information.read_on", "closed", value("information.read_on"))
    assert closed[month("1956-01")] == 0
    assert closed[month("1956-02")] == 5 / 29
    assert closed[month("1956-03")] == closed[month("1956-06")] == 1
    assert closed[month("1956-07")] == 0


def test_a_pulse_sums_to_its_value():
    amnesty = value("camps.amnesty_total")
    assert amnesty.sum() == pytest.approx(1, abs=1e-12)
    days = 5 + 30 + 31 + 30 + 31 + 31 + 30
    assert amnesty[month("1953-03")] == pytest.approx(5 / days)
    assert amnesty[month("1953-10")] == 0


def test_a_pulse_without_end_falls_in_one_month():
    assert value("leadership.death")[month("1953-03")] == 1
    assert value("leadership.death").sum() == 1


def test_a_ramp_rises_in_a_straight_line_and_stays():
    housing = value("industry.share_housing", months=216)
    rise = np.diff(housing[month("1958-01") : month("1958-04") + 1])
    assert rise == pytest.approx(np.array([29.5, 29.5, 30.5]) / 3076, rel=1e-3)
    assert housing[month("1965-12")] == pytest.approx(1, abs=0.01)
    assert np.all(housing[month("1966-01") :] == 1)


def test_a_path_holds_each_value_until_the_next():
    land = value("agriculture.vl_target_area")
    assert land[month("1954-02")] == 0
    assert np.all(land[month("1954-04") : month("1955-01")] == 13)
    assert land[month("1955-12")] == 28
    assert np.all(land[month("1956-01") :] == 30)


def test_the_later_reform_rules_and_the_earlier_returns_without_it():
    heavy = "industry.share_heavy"
    assert value(heavy)[month("1955-03")] == 0
    longer = HISTORY.without("heavy_priority_restored_1955")
    assert np.all(value(heavy, longer)[month("1955-03") :] == -0.02)
    assert np.all(value("administration.regions")[month("1962-12") :] == 47)
    assert np.all(
        value("administration.regions", HISTORY.without("R35"))[month("1957-06") :] == 105
    )


def test_additive_reforms_add_and_a_withdrawn_order_falls_back():
    men = value("east_west.troops_cut")
    assert men[month("1960-06")] == 2140 + 1200
    assert men[month("1961-08")] == 2140


def test_settlers_are_released_group_by_group():
    exits = value("camps.special_settlers_exit")
    assert exits.shape == (MONTHS, 8)
    assert column("camps.special_settlers_exit", "germans", exits)[month("1956-01")] == 1
    assert np.all(exits[month("1958-06")] == 1)
    assert np.all(np.diff(exits, axis=0) >= 0)


def test_a_rule_is_dropped_for_every_level():
    rule = value("leadership.turnover_rule", months=216)
    assert rule[month("1962-01")].tolist() == [0.25, 0.333333, 0.5]
    assert rule[month("1966-05")].tolist() == [0, 0, 0]


def test_a_reform_before_the_start_is_in_force_from_the_first_month():
    assert value("bloc.border_control")[0] == 1


def test_history_is_held_in_full():
    paths = lever_paths(HISTORY, MONTHS)
    assert HISTORY.first_changed_month() is None
    assert all(not array.any() for array in paths.decided.values())
    assert paths.decided_rows == [] and "R16" in paths.held and "X03" not in paths.held
    assert all(np.isfinite(array).all() for array in paths.value.values())


@QUICK
@given(slugs, st.integers(1, 228), st.sampled_from(["do", "replay", "endogenous"]))
def test_shapes_depend_on_the_months_only(slug, months, mode):
    paths = lever_paths(HISTORY.without(slug).with_mode(mode), months)
    for lever in levers():
        shape = (months, len(lever.targets)) if lever.targets else (months,)
        for array in (paths.value[lever.name], paths.decided[lever.name]):
            assert array.shape == shape and array.dtype == np.float64
            assert np.isfinite(array).all()


@QUICK
@given(slugs, st.sampled_from(["do", "replay", "endogenous"]))
def test_dose_0_is_absence_bit_for_bit(slug, mode):
    absent = HISTORY.without(slug).with_mode(mode)
    assert same(lever_paths(HISTORY.dose(slug, 0).with_mode(mode), 216), lever_paths(absent, 216))


@QUICK
@given(slugs)
def test_absence_is_as_if_the_row_did_not_exist(slug):
    row = reform(slug).id
    off = lever_values({row: Change(off=True)}, {}, 216, frozenset())
    none = lever_values({}, {}, 216, frozenset({row}))
    assert all(np.array_equal(off[name], none[name]) for name in none)


@QUICK
@given(slugs, st.floats(0, 3))
def test_shift_0_and_dose_1_change_nothing(slug, dose):
    assert HISTORY.shift(slug, 0) == HISTORY == HISTORY.dose(slug, 1)
    if reform(slug).kind == "policy":
        assert HISTORY.dose(slug, dose).dose(slug, 1).changes == {}


@QUICK
@given(policies, st.integers(-120, 120))
def test_a_shift_and_its_return_are_history(slug, months):
    back = HISTORY.shift(slug, months).shift(slug, 0).with_mode("replay")
    assert same(lever_paths(back, MONTHS), lever_paths(HISTORY, MONTHS))


@QUICK
@given(st.floats(0.01, 3))
def test_dose_scales_from_the_neutral_value(dose):
    maize = value("agriculture.maize_area", HISTORY.dose("maize_campaign", dose))
    assert maize[month("1956-01")] == pytest.approx(4.4 + dose * (18 - 4.4))


def test_a_shift_moves_every_date_of_the_row():
    later = value("agriculture.vl_target_area", HISTORY.shift("virgin_lands", 24))
    history = value("agriculture.vl_target_area")
    assert np.array_equal(later[24 + 15 :], history[15:-24])
    assert later[month("1956-02")] == 0


def test_the_first_changed_month_is_the_reforms_month():
    assert HISTORY.without("secret_speech").first_changed_month() == month("1956-02")
    assert HISTORY.shift("secret_speech", -6).first_changed_month() == month("1955-08")
    assert HISTORY.without("poland_accepted_1956").first_changed_month() == month("1956-10")
    assert HISTORY.set("camps.amnesty_tau", 2).first_changed_month() is None
    speech = HISTORY.without("R16")
    assert speech.without("R35").first_changed_month(speech) == month("1962-11")


def test_responses_are_decided_from_the_first_changed_month_on():
    scenario = HISTORY.without("secret_speech")
    paths = lever_paths(scenario, MONTHS)
    start = month("1956-02")
    assert scenario.mode == "do" and paths.decided_from == start
    intervene = paths.decided["lever.bloc.intervene"]
    assert not intervene[:start].any() and intervene[start:].all()
    assert not paths.value["lever.bloc.intervene"][start:].any()
    for name in ("public.repression_order", "agriculture.import", "administration.m_form"):
        assert paths.decided[f"lever.{name}"][start:].all()
    assert not paths.decided["lever.camps.amnesty_total"].any()
    assert {"B02", "B03", "D02", "X01", "X02"} <= set(paths.decided_rows)
    assert {"B01", "D01", "D08", "R21"} <= set(paths.held) and "R16" not in paths.held


def test_responses_that_began_before_keep_acting():
    scenario = HISTORY.without("sovnarkhozy")
    order = value("public.repression_order", scenario)
    free = decided("public.repression_order", scenario)
    assert np.all(order[month("1957-01") : month("1959-01")] == 1)
    assert not free[: month("1959-01")].any() and free[month("1959-01") :].all()
    assert value("bloc.intervene", scenario)[month("1956-11")].sum() == 1


def test_a_policy_stands_where_the_model_may_reverse_it():
    scenario = HISTORY.without("secret_speech")
    assert value("administration.m_form", scenario)[month("1960-01")] == 1
    assert decided("administration.m_form", scenario)[month("1960-01")] == 1


def test_a_forced_decision_is_held_in_its_window():
    scenario = HISTORY.force("hungary_intervention_1956", "accept")
    free = column("bloc.intervene", "hungary", decided("bloc.intervene", scenario))
    assert free[month("1956-10") : month("1956-12")].tolist() == [0, 0]
    assert free[month("1956-12") :].all()
    assert not value("bloc.intervene", scenario)[month("1956-10") :].any()
    poland = HISTORY.force("poland_accepted_1956", "intervene")
    column_of_poland = column("bloc.intervene", "poland", value("bloc.intervene", poland))
    assert column_of_poland.nonzero()[0].tolist() == [month("1956-10")]


def test_a_refused_response_neither_acts_nor_is_decided():
    scenario = HISTORY.force("december_letter_1956", "no")
    free = decided("public.repression_order", scenario)
    assert not value("public.repression_order", scenario).any()
    assert not free[: month("1959-01")].any() and free[month("1959-01") :].all()


def test_forcing_what_happened_holds_it_in_another_world():
    scenario = HISTORY.without("secret_speech").force("ouster_1964", "remove")
    removal = column("leadership.removal", "khrushchev", value("leadership.removal", scenario))
    assert removal.nonzero()[0].tolist() == [month("1964-10")]
    assert "X01" in lever_paths(scenario, MONTHS).held
    assert HISTORY.force("ouster_1964", "remove").first_changed_month() is None


def test_a_response_left_out_is_left_to_the_model():
    paths = lever_paths(HISTORY.without("ouster_1964"), MONTHS)
    removal = paths.decided["lever.leadership.removal"]
    assert not removal[: month("1964-10")].any() and removal[month("1964-10") :].all()
    assert paths.decided_rows == ["X01", "X02", "X05"]


def test_a_moved_response_is_held_at_its_new_date():
    scenario = HISTORY.shift("ouster_1964", -12)
    removal = column("leadership.removal", "khrushchev", value("leadership.removal", scenario))
    assert removal.nonzero()[0].tolist() == [month("1963-10")]


def test_history_can_be_decided_on_the_same_terms():
    paths = lever_paths(HISTORY.with_mode("do"), MONTHS, decided_from=37)
    other = lever_paths(HISTORY.without("secret_speech"), MONTHS)
    assert all(np.array_equal(paths.decided[name], other.decided[name]) for name in paths.decided)
    assert not any(
        array.any() for array in lever_paths(HISTORY.with_mode("do"), 144).decided.values()
    )


def test_endogenous_mode_leaves_everything_to_the_model():
    scenario = HISTORY.with_mode("endogenous").set("endogenous_from", "1956-01")
    paths = lever_paths(scenario, MONTHS)
    assert paths.value["lever.agriculture.vl_target_area"][-1] == 30
    assert not paths.value["lever.information.read_on"].any()
    assert paths.decided["lever.information.read_on"][36:].all()
    assert not paths.decided["lever.leadership.death"].any()
    assert lever_paths(HISTORY.with_mode("endogenous"), 24).decided_from == 3


def test_a_set_lever_is_constant_and_never_decided():
    scenario = HISTORY.set("lever.agriculture.import", 1)
    assert scenario.mode == "do"
    assert value("agriculture.import", scenario).tolist() == [1] * MONTHS
    assert not decided("agriculture.import", scenario).any()


@pytest.mark.parametrize("months", [0, -1, 229])
def test_months_outside_the_clock_are_refused(months):
    with pytest.raises(InputError, match="months is"):
        lever_paths(HISTORY, months)


def test_scenarios_are_not_changed_by_their_methods():
    before = Scenario.model_validate(HISTORY.model_dump())
    HISTORY.without("R16").dose("R07", 0.5).set("camps.amnesty_tau", 2).until("1968-12")
    assert before == HISTORY


def test_a_response_of_the_changed_month_itself_is_decided():
    scenario = HISTORY.force("hungary_intervention_1956", "accept")
    assert "B02" in lever_paths(scenario, MONTHS).decided_rows


def test_moved_reforms_rule_in_the_order_of_their_new_dates():
    regions = value("administration.regions", HISTORY.shift("bifurcation_1962", -72))
    assert regions[month("1957-01")] == 47 and regions[month("1957-06")] == 105


def test_union_keeps_a_group_released_when_two_decrees_overlap():
    lever = next(lever for lever in levers() if lever.combine == "union")
    decree, edges = reform("special_settlement_lifted").moves[0], month_edges(36)
    once = applied(np.zeros(36), decree, lever, 0, 1, edges)
    assert np.array_equal(applied(once, decree, lever, 0, 1, edges), once)
