"""The twelve questions: a page for each, and a table of all with the undisputed signs.

The numbers are made by comparing worlds; the written parts stand in ``questions.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from thaw import reforms
from thaw.experiment import labels
from thaw.experiment.compare import Comparison, compare
from thaw.experiment.effects import at_horizons
from thaw.experiment.outcomes import Outcome, outcomes
from thaw.experiment.run import Progress
from thaw.model import parameters
from thaw.model.clock import stamp
from thaw.report.pages.markdown import NOTE, table
from thaw.report.text import number

DRAWS = 64
TEXTS = Path(__file__).with_name("questions.toml")
HORIZONS = ("6 months", "12 months", "36 months", "end")
EFFECTS = ("outcome", "unit", *HORIZONS, "sign", "near history", "label")
EVENTS = ("event by the end", "history", "other world", "necessity", "sufficiency", "label")
SURE = {
    labels.SIGN_ASSUMED: "the direction was already assumed",
    labels.CONTRIBUTORY: "a contributory cause",
    labels.UNDECIDED: "undecided",
    labels.MODEL_DEPENDENT: "depends on the mechanism chosen",
    labels.NO_EFFECT: "no effect in this model",
}


@dataclass(frozen=True)
class Question:
    """One question: what is asked, which worlds answer it, and the written parts of its page."""

    number: int
    slug: str
    title: str
    ask: str
    scenarios: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    events: tuple[tuple[str, str], ...]
    literature: str
    change: str

    @property
    def page(self) -> str:
        """File name of its page."""
        return f"{self.number:02d}-{self.slug}.md"


def questions() -> list[Question]:
    """Return the twelve questions as written."""
    return [_question(row) for row in _texts()["question"]]


def _texts() -> dict[str, Any]:
    return tomllib.loads(TEXTS.read_text(encoding="utf-8"))


def _question(row: dict[str, Any]) -> Question:
    shown = tuple(found for text in row["outcomes"] for found in outcomes(text))
    events = tuple(tuple(text.split("@")) for text in row["events"])
    texts = {key: row[key].strip() for key in ("literature", "change")}
    plain = {key: row[key] for key in ("number", "slug", "title", "ask")}
    scenarios = tuple(row["scenarios"])
    return Question(**plain, **texts, scenarios=scenarios, outcomes=shown, events=events)


def write(folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write ``questions/NN-*.md`` and ``questions/index.md``; return the paths."""
    room = folder / "questions"
    room.mkdir(exist_ok=True)
    paths, rows = [], []
    asked = questions()
    for done, question in enumerate(asked, start=1):
        found = [answered(question, scenario) for scenario in question.scenarios]
        paths.append(room / question.page)
        paths[-1].write_text(text(question, found), encoding="utf-8")
        rows += [row(question, answer) for answer in found]
        if progress is not None:
            progress(done, len(asked) + 1)
    index = room / "index.md"
    index.write_text(index_text(rows, list(undisputed())), encoding="utf-8")
    if progress is not None:
        progress(len(asked) + 1, len(asked) + 1)
    return [*paths, index]


def answered(question: Question, scenario: str) -> Comparison:
    """Return history against a scenario, with the rivals' signs on the question's outcomes."""
    states = [outcome for outcome in question.outcomes if outcome.kind == "state"]
    found = compare("historical", scenario, DRAWS, also=states)
    return found.with_rivals(question.outcomes)


def text(question: Question, found: list[Comparison]) -> str:
    """Return the page of a question."""
    parts = [NOTE, f"# {question.number}. {question.title}\n\n{question.ask}\n\n"]
    parts.append(f"## What the literature says\n\n{question.literature}\n\n")
    parts.append("## What the model says\n\n")
    for answer in found:
        parts += _answer(question, answer)
    parts.append("## How sure\n\n")
    parts += [line for answer in found for line in _sure(question, answer)]
    parts.append(f"\n## What would change the answer\n\n{question.change}\n")
    return "".join(parts)


def _answer(question: Question, answer: Comparison) -> Iterable[str]:
    yield f"`thaw compare historical {answer.b.scenario.name} --rivals`: "
    yield f"{answer.b.scenario.title.lower()}, against history. {answer.sentence()}\n\n"
    yield f"Effects counted from {stamp(answer.changed_from)}: median of {DRAWS} draws "
    yield "(90 % band).\n\n"
    yield table(EFFECTS, [_effect(answer, outcome) for outcome in question.outcomes]) + "\n"
    yield table(EVENTS, _events(question, answer)) + "\n"


def _effect(answer: Comparison, outcome: Outcome) -> tuple[str, ...]:
    mine = _rows(answer, outcome)
    if mine.empty:
        return (outcome.title, outcome.unit, *[""] * len(HORIZONS), "", "", "no value then")
    found = at_horizons(mine, answer.changed_from)
    cells = [_cell(found[name]) if name in found else "" for name in ("6", "12", "36", "end")]
    top = telling(mine)
    near = f"{top['near_history']['p_sign']:.2f}"
    return (outcome.title, outcome.unit, *cells, f"{top['p_sign']:.2f}", near, top["label"])


def _rows(answer: Comparison, outcome: Outcome) -> pd.DataFrame:
    rows = answer.table
    return rows[(rows["outcome"] == outcome.label) & (rows["place"] == outcome.place)]


def telling(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the row where an effect is largest against its own 90 % band."""
    width = (rows["hi90"] - rows["lo90"]).clip(lower=1e-12)
    return rows.loc[(rows["median"].abs() / width).idxmax()].to_dict()


def _cell(row_: dict[str, Any]) -> str:
    return f"{number(row_['median'])} ({number(row_['lo90'])} to {number(row_['hi90'])})"


def _events(question: Question, answer: Comparison) -> Iterable[tuple[str, ...]]:
    rows = answer.event_table.set_index(["family", "place"])
    for family, place in question.events:
        found = rows.loc[family, place]
        yield (
            Outcome("event", family, place).title.replace(" by then", ""),
            f"{found['probability_a']:.2f}",
            f"{found['probability_b']:.2f}",
            _odds(found["necessity"], found["necessity_draws"]),
            _odds(found["sufficiency"], found["sufficiency_draws"]),
            found["label"],
        )


def _odds(value: float | None, draws: int) -> str:
    return "" if value is None or pd.isna(value) else f"{value:.2f} (of {draws})"


def _sure(question: Question, answer: Comparison) -> Iterable[str]:
    name = answer.b.scenario.name
    yield f"- `{name}`: {DRAWS} draws of the {answer.a.posterior}; {answer.support:.0%} of them "
    yield f"reproduce the record before {stamp(answer.changed_from)}. "
    yield f"The column near history keeps the {answer.near_draws} draws whose own world comes "
    yield f"nearest to the whole record (effective sample size {answer.near_draws}). "
    yield f"{answer.extrapolation:.0%} of the months lie outside what history visits.\n"
    if answer.rivals is not None and answer.rivals.structures:
        names = ", ".join(f"`{'.'.join(pair)}`" for pair in answer.rivals.structures)
        against = _against(question, answer)
        verdict = f"they disagree on {', '.join(against)}" if against else "all keep the signs"
        yield f"- Rival mechanisms asked: {names}; {verdict}.\n"
    owners = {outcome.subsystem for outcome in question.outcomes}
    mine = [prior for prior in parameters.priors().values() if prior.subsystem in owners]
    judged = sum(prior.provenance == "judgement" for prior in mine)
    yield f"- {judged} of {len(mine)} parameters of the subsystems concerned are judgements.\n"


def _against(question: Question, answer: Comparison) -> list[str]:
    names = []
    for outcome in question.outcomes:
        if (_rows(answer, outcome)["label"] == labels.MODEL_DEPENDENT).any():
            names.append(f"`{outcome.label}`")
    return names


def row(question: Question, answer: Comparison) -> tuple[str, ...]:
    """Return the line of an answer in the table of all twelve."""
    first = next(o for o in question.outcomes if not _rows(answer, o).empty)
    top = telling(_rows(answer, first))
    events = answer.event_table.set_index(["family", "place"]).loc[list(question.events)]
    gap = events["probability_b"] - events["probability_a"]
    family, place = gap.abs().idxmax()
    odds = events.loc[(family, place)]
    return (
        str(question.number),
        f"[{answer.b.scenario.title}]({question.page})",
        f"{first.title}, {top['month']}",
        f"{_cell(top)} {first.unit}",
        f"{top['p_sign']:.2f}",
        SURE[top["label"]],
        f"{family.replace('_', ' ')}, {place}: {odds['probability_a']:.2f} to "
        f"{odds['probability_b']:.2f} ({odds['label']})",
    )


def undisputed() -> Iterable[tuple[str, ...]]:
    """Return a line for each sign that no serious reader disputes."""
    for item in _texts()["undisputed"]:
        history = reforms.load_scenario("historical")
        other = (
            reforms.load_scenario(item["scenario"])
            if "scenario" in item
            else history.without(item["without"])
        )
        rows = compare(history, other, DRAWS).table
        asked = (rows["outcome"] == item["outcome"]) & (rows["month"] == item["month"])
        found = rows[asked].iloc[0].to_dict()
        comes_out = found["median"] * item["sign"] > 0 and found["p_sign"] >= labels.SIGN_THRESHOLD
        yield (
            item["statement"],
            f"{_cell(found)} {found['unit']}",
            f"{found['p_sign']:.2f}",
            found["label"],
            "yes" if comes_out else "no",
        )


def index_text(rows: list[tuple[str, ...]], certain: list[tuple[str, ...]]) -> str:
    """Return the page with the table of all questions and that of the undisputed signs."""
    headings = ("", "world", "outcome", "effect", "sign", "how sure", "event that moves most")
    known = ("statement", "effect", "sign", "label", "comes out")
    return "".join(
        [
            NOTE,
            "# Twelve questions\n\n",
            f"History with one decision changed, {DRAWS} draws of the prior on common random "
            "numbers. Effect: median (90 % band) of the first outcome of each page, at the stamp "
            "where it is clearest; sign: share of draws with the sign of the median. "
            "`sign assumed` means that the direction was put in with the priors and is not a "
            "finding; under the prior alone that holds for every clear direction.\n\n",
            table(headings, rows),
            "\n## Signs that no serious reader disputes\n\n",
            table(known, certain),
            "\n```{toctree}\n:hidden:\n:glob:\n\n[01]*\n```\n",
        ]
    )
