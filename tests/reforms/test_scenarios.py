"""Scenarios: shipped files, derivation, hashes, differences, options."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thaw.errors import InputError
from thaw.reforms import (
    apply_options,
    lever_paths,
    load_scenario,
    read_table,
    reforms,
    scenarios,
    unknown_set_keys,
    waits_for,
)
from thaw.reforms.files import SHIPPED

HISTORY = load_scenario("historical")
QUESTIONS = scenarios()[1:]


def written(folder, name, text):
    path = folder / f"{name}.toml"
    path.write_text(f'name = "{name}"\ntitle = "A world"\n{text}', encoding="utf-8")
    return path


def test_history_and_the_twelve_questions_ship():
    assert scenarios()[0] == "historical" and len(QUESTIONS) == 13
    texts = "".join((SHIPPED / f"{name}.toml").read_text(encoding="utf-8") for name in QUESTIONS)
    assert all(f"# Question {number} of the twelve." in texts for number in range(1, 13))


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_question_differs_from_history_and_runs(name):
    scenario = load_scenario(name)
    assert scenario.name == name and scenario.mode == "do" and scenario.changes
    assert scenario.first_changed_month() is not None
    assert lever_paths(scenario, scenario.months).decided_rows
    assert scenario.hash() != HISTORY.hash()


def test_what_a_question_waits_for():
    available = {"people", "camps", "agriculture"}
    assert waits_for(load_scenario("no_amnesty"), available) == []
    assert waits_for(load_scenario("malenkov_keeps_power"), available) == ["industry", "leadership"]
    assert waits_for(HISTORY.set("lever.arts.threshold", 1), available) == ["arts"]


def test_files_derive_from_each_other(tmp_path):
    written(tmp_path, "a", 'base = "no_secret_speech"\nend = "1960-12"\n[set]\ncamps.x = 1\n')
    b = written(tmp_path, "b", 'base = "a.toml"\n[change.R07]\ndose = 0.5\n[set]\n"camps.y" = 2\n')
    found = load_scenario(b)
    assert found.mode == "do" and found.end == "1960-12" and found.base == "a.toml"
    by_hand = HISTORY.without("R16").dose("R07", 0.5).set("camps.x", 1).set("camps.y", 2)
    assert found.hash() == by_hand.until("1960-12").hash()


def test_a_derived_file_can_return_to_history(tmp_path):
    path = written(tmp_path, "a", 'base = "no_secret_speech"\n[change.secret_speech]\n')
    assert load_scenario(path).changes == {}


def test_a_changed_file_is_compared_in_mode_do_unless_it_says_so(tmp_path):
    text = 'base = "historical"\n[change.R07]\noff = true\n'
    assert load_scenario(written(tmp_path, "a", text)).mode == "do"
    assert load_scenario(written(tmp_path, "b", 'mode = "replay"\n' + text)).mode == "replay"
    assert load_scenario(written(tmp_path, "c", 'base = "historical"\n')).mode == "replay"


def test_a_circle_of_files_is_refused(tmp_path):
    path = written(tmp_path, "a", 'base = "b.toml"\n')
    written(tmp_path, "b", 'base = "./../' + tmp_path.name + '/a.toml"\n')
    with pytest.raises(InputError, match="circle: a -> b -> a"):
        load_scenario(path)


def test_a_very_long_chain_is_refused(tmp_path):
    for number in range(20):
        written(tmp_path, f"s{number}", f'base = "s{number + 1}.toml"\n')
    with pytest.raises(InputError, match="16 files deep"):
        load_scenario(tmp_path / "s0.toml")


def test_names_do_not_enter_the_hash_but_contents_do():
    speech = HISTORY.without("secret_speech")
    assert (
        speech.hash() == load_scenario("no_secret_speech").hash() == HISTORY.without("R16").hash()
    )
    others = [speech.until("1965-01"), speech.with_mode("replay"), speech.set("camps.x", 1)]
    assert len({other.hash() for other in [speech, HISTORY, *others]}) == 5


def test_the_hash_is_stable():
    assert HISTORY.hash() == HASH


HASH = "4414c957385f9e59b17f28f1725f2cdb78da9b4d5fcb4ca7cffa30046db355b7"


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from([r.slug for r in reforms() if r.kind == "policy"]), max_size=4),
    st.integers(-120, 120),
    st.floats(0, 3),
)
def test_a_scenario_returns_from_its_table(slugs, months, dose):
    scenario = HISTORY.set("camps.x", dose).set("endogenous_from", "1956-01")
    for slug in slugs:
        scenario = scenario.shift(slug, months).dose(slug, dose)
    back = read_table(scenario.table())
    assert back.hash() == scenario.hash() and back.changes == scenario.changes


def test_differences_are_named():
    other = HISTORY.without("R16").set("camps.amnesty_tau", 2).until("1968-12")
    assert HISTORY.diff(other) == [
        "end: 1964-12 -> 1968-12",
        "mode: replay -> do",
        "R16 secret_speech: as it happened -> left out",
        "camps.amnesty_tau: unset -> 2.0",
    ]
    assert HISTORY.diff(HISTORY) == []
    assert "R16 secret_speech: left out" in other.describe()


def test_options_do_what_the_methods_do():
    changed = apply_options(
        HISTORY,
        without=["R16"],
        shift=["virgin_lands=-6"],
        dose=["maize_campaign=.5"],
        force=["hungary_intervention_1956=accept"],
        set_=["camps.rival=simple", "agriculture.fert_floor=0.7"],
        until="1968-12",
        mode="endogenous",
    )
    by_hand = HISTORY.without("R16").shift("R07", -6).dose("R10", 0.5).force("B03", "accept")
    by_hand = by_hand.set("camps.rival", "simple").set("agriculture.fert_floor", 0.7)
    assert changed.hash() == by_hand.until("1968-12").with_mode("endogenous").hash()
    assert changed.settings() == {"camps.rival": "simple", "agriculture.fert_floor": 0.7}
    assert apply_options(HISTORY) == HISTORY


def test_unknown_parameters_are_for_the_model_to_refuse():
    scenario = HISTORY.set("camps.x", 1).set("camps.y", 2).set("lever.camps.inflow", 1)
    assert unknown_set_keys(scenario, {"camps.x"}) == ["camps.y"]
