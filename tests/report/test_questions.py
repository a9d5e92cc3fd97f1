"""Question pages: what is written for the twelve, how answers are told, what is committed."""

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from thaw import reforms
from thaw.experiment import abduction, compare, rivals
from thaw.report.pages import answers, questions

DOCS = Path(__file__).parent.parent.parent / "docs" / "questions"
PARTS = ("literature says", "model says", "How sure", "would change the answer")
ASKED = answers.questions()


def asked(number):
    return next(question for question in ASKED if question.number == number)


@pytest.fixture(scope="module")
def answer():
    """Return the answer on slower review from one batch, with every draw as history."""
    question = dataclasses.replace(asked(4), history={"slower_review": ()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare, "PRIOR_DRAWS", 8)
        return answers.answered(question, "slower_review", 16, rivals=False)


def line(page, start):
    return next(row for row in page.splitlines() if row.startswith(f"| {start}"))


def test_twelve_questions_are_written():
    assert [question.number for question in ASKED] == list(range(1, 13))
    named = [name for question in ASKED for name in question.scenarios]
    assert set(named) == set(reforms.scenarios()) - {"historical"}
    for question in ASKED:
        assert question.outcomes and question.events
        assert set(question.history) == set(question.scenarios)
        assert all(question.history.values())
        assert min(len(question.literature), len(question.change)) > 100


def test_a_page_has_its_parts_and_numbers(answer):
    page = questions.text(asked(4), [answer])
    assert [part for part in PARTS if part not in page] == []
    assert "16 draws" in page
    row = line(page, "Rehabilitated").split(" | ")
    assert len(row) == len(questions.EFFECTS)
    effect = answer.comparison.table
    mine = effect[effect["outcome"] == "rehab.total_1954_61"]
    assert f"{questions.telling(mine)['p_sign']:.2f}" == row[questions.EFFECTS.index("sign")]


def test_given_history_needs_enough_draws(answer):
    assert answer.effective == pytest.approx(16.0)
    assert abduction.TOO_FEW not in questions.text(asked(4), [answer])
    few = dataclasses.replace(
        answer, effective=9.9, given=pd.DataFrame(), given_events=pd.DataFrame()
    )
    page = questions.text(asked(4), [few])
    assert abduction.TOO_FEW in page
    assert line(page, "Rehabilitated").split(" | ")[9] == "too few draws"
    assert abduction.TOO_FEW in questions.row(asked(4), few)[9]


def test_all_draws_as_history_give_the_same_answer(answer):
    """With no fact to reproduce, given history is the comparison itself."""
    rows = answer.comparison.table.set_index(["outcome", "month"])
    given = answer.given.set_index(["outcome", "month"])
    assert given["median"].to_numpy() == pytest.approx(rows.loc[given.index, "median"].to_numpy())
    assert list(given["label"]) == list(rows.loc[given.index, "label"])
    assert 0.9 < answer.differs <= 1.0


def test_the_plain_sentence_names_world_outcome_and_verdict(answer):
    said = questions.plain(asked(4), answer)
    assert said.startswith(answer.comparison.b.scenario.title)
    assert "higher" in said and "16" not in said
    still = dataclasses.replace(answer.comparison, table=answer.comparison.table.assign(median=0.0))
    quiet = dataclasses.replace(answer, comparison=still)
    assert "does not change" in questions.plain(asked(4), quiet)


def test_telling_takes_the_largest_median():
    rows = pd.DataFrame({"median": [1.0, -3.0, 0.0], "lo90": [0, -9, 0], "hi90": [2, 9, 9]})
    assert questions.telling(rows)["median"] == -3.0
    assert questions.telling(rows.assign(median=0.0))["hi90"] == 9


def test_undisputed_signs_are_told_with_their_labels(answer):
    table = answer.comparison.table
    effect = {"p_sign": 1.0, "p_beyond": 1.0, "median": -5.0, "prior_only": {"p_sign": 1.0}}
    made = pd.DataFrame([{**table.iloc[0].to_dict(), **effect}])
    known = {
        item.get("scenario", ""): dataclasses.replace(
            answer.comparison,
            table=made.assign(outcome=item["outcome"], month=item["month"]),
        )
        for item in answers.texts()["undisputed"]
    }
    found = list(answers.undisputed(known))
    assert [sign.comes_out for sign in found] == [False, True, True]
    assert found[0].label == "sign assumed"
    page = questions.index_text([questions.row(asked(4), answer)], known, 16)
    assert line(page, found[0].statement).endswith("| no |")
    assert line(page, found[2].statement).endswith("| yes |")
    assert "](04-slower-review.md)" in page
    assert len(line(page, "4 ").split(" | ")) == len(questions.SUMMARY)


def test_rivals_that_lack_the_lever_are_counted_apart(answer):
    rows = [("main", 2.0), ("one", 1.0), ("two", -1.0), ("three", 0.0)]
    told = pd.DataFrame(rows, columns=["rival", "median"])
    told = told.assign(outcome="x", place="USSR", month="1956-12")
    asked_ = rivals.Rivals((("camps", "one"),), 16, told, {})
    found = dataclasses.replace(answer.comparison, rivals=asked_)
    said = questions.rivals_signs(found, ("x", "USSR"), "1956-12")
    assert said == "1 of 3, 1 without effect"
    assert questions.rivals_signs(found, ("x", "USSR"), "1957-12") == "none"


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.slug)
def test_committed_pages_are_of_the_questions_as_written(question):
    page = (DOCS / question.page).read_text(encoding="utf-8")
    assert page.startswith("<!-- Generated")
    for text in (question.title, question.ask, question.literature, question.change):
        assert text in page
    for name in question.scenarios:
        assert f"thaw compare historical {name} " in page
        assert [f.dates for f in question.history[name] if f" {f.dates}" not in page] == []
    shown = [row.split(" | ")[0].strip("| ") for row in page.splitlines()]
    assert [o for o in question.outcomes if questions.title(o) not in shown] == []


def test_the_committed_table_has_every_world_and_the_undisputed_signs():
    page = (DOCS / "index.md").read_text(encoding="utf-8")
    for question in ASKED:
        assert page.count(f"]({question.page})") == len(question.scenarios)
    for item in answers.texts()["undisputed"]:
        assert line(page, item["statement"]).endswith("| yes |")
