"""Generated pages: quick ones agree with what is committed, slow ones cover everything."""

import re
from pathlib import Path

import numpy as np
import pytest

from thaw import reforms
from thaw.cli.pages import pages
from thaw.errors import InputError
from thaw.experiment import variants
from thaw.model import registry
from thaw.model.observation import observables
from thaw.model.subsystems import bloc_decision
from thaw.report.pages import (
    coupling,
    decisions_odds,
    effects,
    inputs,
    loops,
    parameters,
    rivals,
    stability,
)

DOCS = Path(__file__).parent.parent.parent / "docs"
PARTS = ("purpose", "state", "reads", "lever", "equations", "rival", "tests", "cannot show")


def committed(name):
    return (DOCS / name).read_text(encoding="utf-8")


def cells(name, column=0):
    """Return one column of every table row of a page."""
    rows = [line.split(" | ") for line in committed(name).splitlines() if line.startswith("| ")]
    return {row[column].strip("|` ") for row in rows if len(row) > column}


@pytest.mark.parametrize("module", [coupling, parameters, inputs], ids=lambda m: m.__name__)
def test_quick_pages_are_up_to_date(module, tmp_path):
    (tmp_path / "model").mkdir()
    for path in module.write(tmp_path):
        kept = DOCS / path.relative_to(tmp_path)
        if path.suffix == ".md":
            assert path.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8")
        else:
            assert kept.stat().st_size < 200_000


def test_pages_say_that_they_are_generated():
    for name in ("coupling", "parameters", "inputs", "loops", "rivals", "stability"):
        assert committed(f"model/{name}.md").startswith("<!-- Generated")


def test_rivals_page_has_every_rival():
    pairs = {(n, rival) for n, s in registry.subsystems().items() for rival in s.rivals}
    rows = [line.split(" | ") for line in committed("model/rivals.md").splitlines()]
    shown = {(row[0].strip("| "), row[1].strip("`")) for row in rows if len(row) > 4}
    assert pairs <= shown
    assert all(
        row[5].strip(" |") == "none" for row in rows if len(row) > 5 and row[1].startswith("`")
    )


def test_reform_page_has_every_reform_and_names_those_that_move_nothing():
    page = committed("model/reform_effects.md")
    assert {r.id for r in reforms.reforms()} <= cells("model/reform_effects.md")
    still = {
        row.split(" | ")[1].strip("`")
        for row in page.splitlines()
        if re.match(r"\| [A-Z]\d+ ", row) and row.split(" | ")[3] == "0"
    }
    exceptions = page.split("Move no observable at all: ")[1].split(". Move some")[0]
    assert still == set(re.findall(r"`(\w+)`", exceptions))


def test_loops_page_freezes_every_subsystem_and_cuts_every_loop():
    shown = cells("model/loops.md")
    assert set(registry.NAMES) <= shown
    assert set(loops.LOOPS) <= shown
    declared = set(variants.couplings())
    assert all(pair in declared for cut in loops.LOOPS.values() for pair in cut)


def test_odds_page_has_every_decision_case_and_state():
    shown = cells("model/decisions_odds.md")
    assert {case["case"] for case in bloc_decision.cases()} <= shown
    assert {row[0] for row in decisions_odds.LEADERSHIP} <= shown
    assert set(decisions_odds.bloc_inputs.places()) <= shown


def test_prior_predictive_page_has_every_observable():
    rows = [line.split(" | ") for line in committed("prior-predictive.md").splitlines()]
    shown = {(row[0].strip("|` "), row[1]) for row in rows if len(row) == 6}
    assert {o.key for o in observables().values()} <= shown


@pytest.mark.parametrize("name", registry.NAMES)
def test_every_subsystem_has_its_contract(name):
    page = committed(f"model/{name}.md").lower()
    assert [part for part in PARTS if part not in page] == []
    levers = [x.name.split(".")[-1] for x in reforms.levers() if x.subsystem == name]
    unnamed = [lever for lever in levers if lever not in page]
    assert not unnamed or f"lever.{name}.*" in page
    assert [r for r in registry.subsystems()[name].rivals if r.lower() not in page] == []


def test_odd_has_the_headings_of_the_protocol():
    page = committed("model/odd.md")
    headings = (
        "1. Purpose and patterns",
        "2. Entities, state variables, and scales",
        "3. Process overview and scheduling",
        "4. Design concepts",
        "5. Initialization",
        "6. Input data",
        "7. Submodels",
    )
    assert re.findall(r"^## (\d.*)$", page, re.MULTILINE) == list(headings)
    for name in ("coupling", "parameters", "inputs", *registry.NAMES):
        assert f"({name}.md)" in page


def test_links_between_documents_lead_somewhere():
    for page in DOCS.rglob("*.md"):
        if "_build" in page.parts:
            continue
        for target in re.findall(r"\]\(([^)#:\s]+\.(?:md|png|csv))\)", page.read_text("utf-8")):
            assert (page.parent / target).is_file(), f"{page.name}: {target}"


SOME = [key for key, o in observables().items() if o.stamp == "stock"][:2]


def test_change_is_the_largest_paired_median_in_standard_deviations():
    base = {SOME[0]: np.array([[1.0, 3.0], [1.0, 3.0], [1.0, 3.0]])}
    other = {SOME[0]: base[SOME[0]] + np.array([[0.0, -2.0], [0.5, -2.0], [9.0, 0.0]])}
    assert effects.changes(base, other)[SOME[0]] == pytest.approx(-2.0)
    assert effects.moved(base, other) == {SOME[0]}
    assert effects.moved(base, base) == set()


def test_strongest_leaves_out_what_cannot_be_read():
    found = {SOME[0]: -0.5, SOME[1]: 0.001}
    assert effects.strongest(found) == [(SOME[0], -0.5)]
    assert "-0.50" in effects.words(effects.strongest(found))


def test_events_are_listed_when_their_odds_move():
    counts = np.zeros((10, 3))
    more = counts.copy()
    more[:4, 1] = 1
    key = ("bloc_unrest", "Poland")
    assert effects.event_changes({"events": {key: counts}}, {"events": {key: more}}) == [
        "bloc_unrest in Poland 0.00 to 0.40"
    ]
    assert effects.event_changes({"events": {key: counts}}, {"events": {key: counts}}) == []


def test_not_finite_values_are_named():
    good = {"series": {("a", "USSR"): np.ones((2, 2))}, "latent": {}}
    bad = {"series": {("a", "USSR"): np.array([[1.0, np.nan], [1.0, 1.0]])}, "latent": {}}
    assert rivals.infinite(good, good) == ""
    assert "a" in rivals.infinite(good, bad)


def test_modes_know_growth_alternation_and_whose_they_are():
    names = ["a.x", "a.y", "b.z"]
    driven = 5.0  # moves much, takes no part
    matrix = np.array([[1.05, 0.0, 0.0], [0.0, -1.5, 0.0], [driven, 0.0, 0.5]])
    _, found = stability.modes(matrix, names)
    assert sorted((round(v.real, 2), who) for v, who in found) == [
        (-1.5, ("a.y",)),
        (1.05, ("a.x",)),
    ]
    loop = np.array([[0.9, 0.0, 0.5], [0.0, 0.1, 0.0], [0.5, 0.0, 0.9]])
    assert stability.own_radius(loop, names) == pytest.approx(0.9)
    assert np.abs(stability.modes(loop, names)[0]).max() == pytest.approx(1.4)
    assert stability.modes(loop, names)[1][0][1] == ("a.x", "b.z")


def test_shift_and_project_are_inverse_directions():
    import jax.numpy as jnp

    states = {"s": {"small": jnp.array([1.0, 2.0]), "large": jnp.arange(1.0, 31.0)}}
    assert stability.direction_names(states) == ["s.large", "s.small", "s.small"]
    shift = jnp.array([0.1, -0.5, 0.25])
    moved = stability.project(stability.shifted(states, shift), states)
    still = stability.project(states, states)
    assert np.allclose(moved - still, shift)


def test_a_variant_is_data():
    chosen = variants.chosen_arrays(
        variants.Variant(
            rivals={"arts": "line_only"}, frozen=("camps",), cut=(("public", "camps.crime"),)
        )
    )
    assert chosen["step"]["arts"] == 1
    assert chosen["step"]["camps"] == 0
    assert [name for name, on in chosen["frozen"].items() if on] == ["camps"]
    assert [name for name, on in chosen["cut"].items() if on] == ["public < camps.crime"]


def test_unknown_page_and_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match="loops"):
        pages(["loop"], out=DOCS)
    with pytest.raises(InputError, match="model"):
        pages(["coupling"], out=tmp_path)
