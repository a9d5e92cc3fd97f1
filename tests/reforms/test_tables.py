"""The tables of reforms and levers: complete, consistent, and honest about their numbers."""

from collections import Counter

import pytest

from thaw.errors import InputError
from thaw.reforms import execution_parameters, levers, reform, reforms
from thaw.reforms.dates import day_after, first_day

REGISTRY = {lever.name: lever for lever in levers()}
MOVES = [(found, move) for found in reforms() for move in found.moves]


def test_there_are_59_reforms_and_49_levers():
    assert len(reforms()) == 59
    assert len(REGISTRY) == 49
    assert Counter(found.kind for found in reforms()) == {
        "policy": 43,
        "response": 15,
        "exogenous": 1,
    }


def test_ids_and_slugs_name_one_reform_each():
    names = [name for found in reforms() for name in (found.id, found.slug)]
    assert len(names) == len(set(names))
    assert all(reform(found.id) is reform(found.slug) for found in reforms())


def test_every_lever_is_moved_and_every_moved_lever_is_registered():
    assert {move.lever for _, move in MOVES} == set(REGISTRY)


def test_targets_are_the_registered_ones():
    for _, move in MOVES:
        assert not move.target or move.target in REGISTRY[move.lever].targets


def test_lever_names_begin_with_their_subsystem():
    assert all(
        name.split(".")[:2] == ["lever", lever.subsystem] for name, lever in REGISTRY.items()
    )


def test_dates_are_in_order():
    for found, move in MOVES:
        days = [first_day(day) for day, _ in move.points]
        assert days == sorted(days), found.slug
        if move.until:
            assert day_after(move.until) > days[-1], found.slug


def test_switches_are_switched_and_pulses_start_from_zero():
    for found, move in MOVES:
        lever = REGISTRY[move.lever]
        if lever.type == "switch":
            assert all(0 <= value <= 1 for _, value in move.points), found.slug
        if move.path == "pulse":
            assert lever.neutral == 0, found.slug
        if lever.type == "categorical":
            assert move.path == "window", found.slug
            assert move.points[0][1] in lever.words.values(), found.slug


def test_numbers_that_are_judged_say_why():
    assert all(move.note for _, move in MOVES if move.basis == "judgement")
    assert all(move.note for _, move in MOVES if move.lag or move.share)


def test_only_responses_can_be_forced():
    assert all(bool(found.words) == (found.kind == "response") for found in reforms())
    assert reform("hungary_intervention_1956").words == ("accept", "intervene")
    assert reform("december_letter_1956").words == ("yes", "no")


def test_sources_are_never_empty():
    assert all(found.source and found.title for found in reforms())


def test_execution_parameters_are_ranges_with_distinct_names():
    rows = execution_parameters()
    assert len({row["name"] for row in rows}) == len(rows) > 20
    for row in rows:
        assert row["low"] <= row["mode"] <= row["high"], row["name"]
        assert row["low"] >= 0 and row["provenance"] == "judgement" and row["source"]


def test_the_virgin_lands_may_overshoot_their_plan():
    share = next(
        row for row in execution_parameters() if row["name"] == "agriculture.virgin_lands_share"
    )
    assert share["high"] > 1


@pytest.mark.parametrize(("word", "meant"), [("secret_speach", "secret_speech"), ("R116", "R16")])
def test_a_misspelt_reform_gets_a_near_match(word, meant):
    with pytest.raises(InputError, match=f"unknown reform '{word}' .did you mean '{meant}'"):
        reform(word)
