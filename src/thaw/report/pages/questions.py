"""The twelve questions: a page for each, and a table of all with the undisputed signs.

The numbers are made by comparing worlds; the written parts stand in ``questions.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from thaw.experiment import abduction, labels
from thaw.experiment.compare import Comparison
from thaw.experiment.effects import at_horizons
from thaw.experiment.outcomes import Outcome
from thaw.experiment.rivals import MAIN
from thaw.experiment.run import Progress
from thaw.model import parameters
from thaw.model.clock import stamp
from thaw.report.comparison import verdict
from thaw.report.pages.answers import DRAWS, Answer, Question, answered, questions, undisputed
from thaw.report.pages.markdown import NOTE, table
from thaw.report.text import number

HORIZONS = {"6": "6 months", "12": "12 months", "36": "36 months", "end": "end"}
SIGNS = ("largest in", "sign", "prior sign", "given history", "rivals", "credible to", "label")
EFFECTS = ("outcome", "unit", *HORIZONS.values(), *SIGNS)
ODDS = ("history", "other world", "necessity", "sufficiency", "label", "given history")
SUMMARY = (
    "",
    "world",
    "outcome",
    "effect",
    "sign",
    "label",
    "prior-only effect",
    "rivals",
    "support",
    "given history",
    "in words",
)

CERTAIN = ("statement", "effect", "sign", "prior sign", "label", "rivals", "comes out")
UNITLESS = ("0-1", "state", "index")

INTRODUCTION = """# Twelve questions

History with one decision changed: {draws} draws or more of the posterior `{posterior}`, and draws
of the prior beside them, on common random numbers. *Effect*: median (90 % band) of the first
outcome of the page, at the stamp where the median is largest; *sign*: share of draws with the sign
of the median. *Prior-only*: the same before any fit; where the two agree the answer came from the
prior. *Rivals*: how many other mechanisms keep the sign. *Support*: draws that reproduce the record
before the change. *Given history*: sign share over the draws that reproduce the facts named on the
page, and their effective number. `sign assumed`: the direction was put in with the priors and is no
finding. Draws of a posterior share its fit; whether the model forecasts at all is told in
[how far to trust thaw](../trust.md), how often labels are wrong in
[placebos](../model/placebos.md).

"""


def write(folder: Path, progress: Progress | None = None, draws: int = DRAWS) -> list[Path]:
    """Write ``questions/NN-*.md`` and ``questions/index.md``; return the paths."""
    room = folder / "questions"
    room.mkdir(exist_ok=True)
    asked = questions()
    paths, rows = [], []
    known: dict[str, Comparison] = {}
    for done, question in enumerate(asked, start=1):
        found = [answered(question, scenario, draws) for scenario in question.scenarios]
        paths.append(room / question.page)
        paths[-1].write_text(text(question, found), encoding="utf-8")
        rows += [row(question, answer) for answer in found]
        known.update({a.comparison.b.scenario.name: a.comparison for a in found})
        if progress is not None:
            progress(done, len(asked) + 1)
    index = room / "index.md"
    index.write_text(index_text(rows, known, draws), encoding="utf-8")
    if progress is not None:
        progress(len(asked) + 1, len(asked) + 1)
    return [*paths, index]


def text(question: Question, found: Sequence[Answer]) -> str:
    """Return the page of a question."""
    parts = [NOTE, f"# {question.number}. {question.title}\n\n{question.ask}\n\n"]
    parts.append(f"## What the literature says\n\n{question.literature}\n\n")
    parts.append("## What the model says\n\n")
    for answer in found:
        parts += _said(question, answer)
    parts.append("## How sure\n\n")
    parts += [line for answer in found for line in _sure(question, answer)]
    parts.append(f"\n## What would change the answer\n\n{question.change}\n")
    return "".join(parts)


def _said(question: Question, answer: Answer) -> Iterable[str]:
    found = answer.comparison
    yield f"{plain(question, answer)} The worlds differ at all in {answer.differs:.0%} of the "
    yield "draws.\n\n"
    yield f"Effects counted from {stamp(found.changed_from)}: median (90 % band) of "
    yield f"{found.a.draws} draws of the posterior `{found.a.posterior}`. Repeat with "
    yield f"`thaw compare historical {found.b.scenario.name} --draws {found.a.draws} "
    yield f"--posterior {found.a.posterior} --rivals`.\n\n"
    yield table(EFFECTS, [_effect(answer, outcome) for outcome in question.outcomes]) + "\n"
    yield table(("event, from then to the end", *ODDS), _events(question, answer)) + "\n"


def plain(question: Question, answer: Answer) -> str:
    """Return one plain sentence on the first outcome that has values."""
    outcome, top = _first(question, answer)
    world = answer.comparison.b.scenario.title
    if top["median"] == 0.0:
        return f"{world}: in this model '{title(outcome)}' does not change in most draws."
    direction = "higher" if top["median"] > 0 else "lower"
    unit = "" if outcome.unit in UNITLESS else f" {outcome.unit}"
    return (
        f"{world}: in this model '{title(outcome)}' would have been {number(abs(top['median']))}"
        f"{unit} {direction} in {top['month']}, in {top['p_sign']:.0%} of the draws, "
        f"{verdict(top)}."
    )


def title(outcome: Outcome) -> str:
    """Return an outcome in words; a state under its name, with what it means."""
    if outcome.kind != "state":
        return outcome.title.removesuffix(" by then").replace(" by then,", ",")
    name = outcome.name.split(".")[1].replace("_", " ")
    return name if outcome.title == name else f"{name} ({outcome.title})"


def _first(question: Question, answer: Answer) -> tuple[Outcome, dict[str, Any]]:
    outcome = next(o for o in question.outcomes if not _rows(answer.comparison.table, o).empty)
    return outcome, telling(_rows(answer.comparison.table, outcome))


def _effect(answer: Answer, outcome: Outcome) -> tuple[str, ...]:
    mine = _rows(answer.comparison.table, outcome)
    if mine.empty:
        return (title(outcome), outcome.unit, *[""] * (len(EFFECTS) - 3), "no value then")
    found = at_horizons(mine, answer.comparison.changed_from)
    cells = [_cell(found[name]) if name in found else "" for name in HORIZONS]
    top = telling(mine)
    rivals = answer.comparison.rivals
    horizon = "" if rivals is None else rivals.horizon.get((outcome.label, outcome.place), "")
    return (
        title(outcome),
        outcome.unit,
        *cells,
        top["month"],
        f"{top['p_sign']:.2f}",
        f"{top['prior_only']['p_sign']:.2f}",
        _given(answer, outcome, top),
        rivals_signs(answer.comparison, (outcome.label, outcome.place), top["month"]),
        horizon,
        top["label"],
    )


def _rows(rows: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    return rows[(rows["outcome"] == outcome.label) & (rows["place"] == outcome.place)]


def telling(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the row where the median is largest; where all are zero, that of the widest band."""
    size = rows["median"].abs()
    width = rows["hi90"] - rows["lo90"]
    return rows.loc[(size if size.any() else width).idxmax()].to_dict()


def _cell(found: Mapping[str, Any]) -> str:
    return f"{number(found['median'])} ({number(found['lo90'])} to {number(found['hi90'])})"


def _given(answer: Answer, outcome: Outcome, top: Mapping[str, Any]) -> str:
    """Return the sign share of the median's direction given history, or that draws are too few."""
    if not answer.decidable:
        return "too few draws"
    rows = _rows(answer.given, outcome)
    found = rows[rows["month"] == top["month"]].iloc[0]
    turned = found["median"] * top["median"] < 0
    return f"{found['p_sign']:.2f}{', other sign' if turned else ''} ({found['label']})"


def rivals_signs(found: Comparison, place: tuple[str, str], month: str) -> str:
    """Return how many rivals keep the sign of the main model's median at a month.

    ``place`` is outcome and place. Rivals in which nothing moves are counted apart: most of them do
    not know the lever.
    """
    if found.rivals is None or found.rivals.table.empty:
        return ""
    rows = found.rivals.table.set_index(["outcome", "place", "month"]).sort_index()
    rows = rows.loc[[(*place, month)]] if (*place, month) in rows.index else rows.iloc[:0]
    main = np.sign(rows.loc[rows["rival"] == MAIN[1], "median"].to_numpy())
    others = np.sign(rows.loc[rows["rival"] != MAIN[1], "median"].to_numpy())
    if not main.size or not others.size:
        return "none"
    still = int((others == 0.0).sum()) if main[0] else 0
    more = f", {still} without effect" if still else ""
    return f"{int((others == main[0]).sum())} of {others.size}{more}"


def _events(question: Question, answer: Answer) -> Iterable[tuple[str, ...]]:
    index = ["family", "place"]
    rows = answer.comparison.event_table.set_index(index)
    given = answer.given_events.set_index(index) if answer.decidable else None
    for key in question.events:
        found = rows.loc[key]
        yield (
            title(Outcome("event", *key)),
            f"{found['probability_a']:.2f}",
            f"{found['probability_b']:.2f}",
            _odds(found["necessity"], found["necessity_draws"]),
            _odds(found["sufficiency"], found["sufficiency_draws"]),
            found["label"],
            "too few draws" if given is None else _change(given.loc[key]),
        )


def _odds(value: float | None, draws: int) -> str:
    return "" if value is None or pd.isna(value) else f"{value:.2f} (of {draws})"


def _change(found: Any) -> str:
    return f"{found['probability_a']:.2f} to {found['probability_b']:.2f} ({found['label']})"


def _sure(question: Question, answer: Answer) -> Iterable[str]:
    found, name = answer.comparison, answer.comparison.b.scenario.name
    yield f"- `{name}`: {_support(found.support)} of {found.a.draws} draws "
    yield f"reproduce the record before {stamp(found.changed_from)}; {found.extrapolation:.0%} of "
    yield "the months of the other world lie outside what history visits.\n"
    facts = "; ".join(f"{title(fact.outcome)} {fact.dates}" for fact in question.history[name])
    yield f"- Given history ({facts}): effective sample size {answer.effective:.0f}"
    yield ".\n" if answer.decidable else f", so {abduction.TOO_FEW}.\n"
    if found.rivals is not None:
        names = ", ".join(f"`{'.'.join(pair)}`" for pair in found.rivals.structures) or "none"
        against = ", ".join(_against(question, found))
        verdict = f"they disagree on {against}" if against else "none turns a sign"
        yield f"- Rival mechanisms asked ({found.rivals.draws} prior draws each): {names}; "
        yield f"{verdict}.\n"
    owners = {outcome.subsystem for outcome in question.outcomes}
    mine = [prior for prior in parameters.priors().values() if prior.subsystem in owners]
    judged = sum(prior.provenance == "judgement" for prior in mine)
    yield f"- {judged} of {len(mine)} parameters of the subsystems concerned are judgements.\n"


def _support(share: float) -> str:
    return "an unknown share (nothing is recorded)" if pd.isna(share) else f"{share:.0%}"


def _against(question: Question, found: Comparison) -> list[str]:
    hit = found.table[found.table["label"] == labels.MODEL_DEPENDENT]
    return [f"`{o.label}`" for o in question.outcomes if not _rows(hit, o).empty]


def row(question: Question, answer: Answer) -> tuple[str, ...]:
    """Return the line of an answer in the table of all twelve."""
    found = answer.comparison
    outcome, top = _first(question, answer)
    prior = top["prior_only"]
    given = f"{_given(answer, outcome, top)}, of {answer.effective:.0f}"
    return (
        str(question.number),
        f"[{found.b.scenario.title}]({question.page})",
        f"{title(outcome)}, {top['month']}",
        f"{_cell(top)} {outcome.unit}",
        f"{top['p_sign']:.2f}",
        top["label"],
        f"{_cell(prior)}, sign {prior['p_sign']:.2f}",
        rivals_signs(found, (outcome.label, outcome.place), top["month"]),
        "" if pd.isna(found.support) else f"{found.support:.0%}",
        given if answer.decidable else f"{abduction.TOO_FEW} ({answer.effective:.0f})",
        plain(question, answer),
    )


def index_text(rows: Sequence[Sequence[str]], known: Mapping[str, Comparison], draws: int) -> str:
    """Return the page with the table of all questions and that of the undisputed signs.

    ``known`` holds the comparisons of the questions by the name of the scenario.
    """
    certain = [
        (
            sign.statement,
            f"{_cell(sign.effect)} {sign.effect['unit']}",
            f"{sign.effect['p_sign']:.2f}",
            f"{sign.effect['prior_only']['p_sign']:.2f}",
            sign.label,
            rivals_signs(sign.comparison, sign.key, sign.effect["month"]),
            "yes" if sign.comes_out else "no",
        )
        for sign in undisputed(known, draws)
    ]
    used = next(iter(known.values())).a.posterior
    return "".join(
        [
            NOTE,
            INTRODUCTION.format(draws=draws, posterior=used),
            table(SUMMARY, rows),
            "\n## Signs that no serious reader disputes\n\n",
            "They show that the model does not contradict the obvious; where the label is `sign "
            "assumed` they show nothing more.\n\n",
            table(CERTAIN, certain),
            "\n```{toctree}\n:hidden:\n:glob:\n\n[01]*\n```\n",
        ]
    )
