"""The twelve questions as written, and their answers: comparisons, alone and given history."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pandas as pd

from thaw import reforms
from thaw.calibrate import DEFAULT
from thaw.experiment import abduction, effects, executor, labels
from thaw.experiment.compare import Comparison, compare
from thaw.experiment.outcomes import Outcome, outcomes
from thaw.experiment.run import PRIOR, Settings
from thaw.model.simulate import Trace

DRAWS = 128
TEXTS = Path(__file__).with_name("questions.toml")


@dataclasses.dataclass(frozen=True)
class Question:
    """One question: what is asked, which worlds answer it, and the written parts of its page.

    ``history`` names, by scenario, the facts that a draw must reproduce before it counts as given
    history; ``times`` is how many times the usual draws are made, where these facts are rare.
    """

    number: int
    slug: str
    title: str
    ask: str
    scenarios: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    events: tuple[tuple[str, str], ...]
    history: Mapping[str, tuple[abduction.Fact, ...]]
    times: int
    literature: str
    change: str

    @property
    def page(self) -> str:
        """File name of its page."""
        return f"{self.number:02d}-{self.slug}.md"


@dataclasses.dataclass(frozen=True)
class Answer:
    """A comparison, and what those of its draws say that reproduce the question's facts.

    ``differs`` is the share of draws in which the worlds differ in any state; ``effective`` the
    effective sample size given history; ``given`` and ``given_events`` are effects and events over
    that many draws, empty where they are too few.
    """

    comparison: Comparison
    differs: float
    effective: float
    given: pd.DataFrame
    given_events: pd.DataFrame

    @property
    def decidable(self) -> bool:
        """Whether enough draws reproduce the history."""
        return self.effective >= abduction.FEWEST


def texts() -> dict[str, Any]:
    """Return the written parts as they stand."""
    return tomllib.loads(TEXTS.read_text(encoding="utf-8"))


def questions() -> list[Question]:
    """Return the twelve questions."""
    return [_question(row) for row in texts()["question"]]


def _question(row: Mapping[str, Any]) -> Question:
    by_world = isinstance(row["history"], dict)
    return Question(
        number=row["number"],
        slug=row["slug"],
        title=row["title"],
        ask=row["ask"],
        scenarios=tuple(row["scenarios"]),
        outcomes=tuple(found for text in row["outcomes"] for found in outcomes(text)),
        events=tuple((family, place) for family, place in (e.split("@") for e in row["events"])),
        history={
            name: tuple(map(abduction.fact, row["history"][name] if by_world else row["history"]))
            for name in row["scenarios"]
        },
        times=row.get("times", 1),
        literature=row["literature"].strip(),
        change=row["change"].strip(),
    )


class _Keeping:
    """An executor that keeps the traces of the worlds that it ran."""

    def __init__(self) -> None:
        self._blocks: list[tuple[executor.Task, Trace]] = []

    def results(
        self, work: executor.Work, tasks: Sequence[executor.Task]
    ) -> Iterator[tuple[int, Any]]:
        for index, block in executor.Local().results(work, tasks):
            self._blocks.append((tasks[index], block))
            yield index, block

    def pair(self, worlds: Sequence[Settings], posterior: str) -> tuple[Trace, Trace]:
        first, second = (self._trace(world.scenario, posterior) for world in worlds)
        return first, second

    def _trace(self, scenario: reforms.Scenario, posterior: str) -> Trace:
        mine = [
            (task.first_draw, block)
            for task, block in self._blocks
            if task.settings.scenario == scenario and task.settings.posterior == posterior
        ]
        return executor.join([block for _, block in sorted(mine, key=lambda found: found[0])])


def answered(question: Question, scenario: str, draws: int = DRAWS, rivals: bool = True) -> Answer:
    """Return history against a scenario, alone and given the question's facts.

    ``rivals`` asks other mechanisms for their signs besides, which costs most of the time.
    """
    states = [outcome for outcome in question.outcomes if outcome.kind == "state"]
    keeping = _Keeping()
    found = compare(
        "historical",
        scenario,
        draws * question.times,
        posterior=DEFAULT,
        runner=keeping,
        also=states,
    )
    worlds = (found.a, found.b)
    pair, prior = keeping.pair(worlds, found.a.posterior), keeping.pair(worlds, PRIOR)
    weights = abduction.weights(pair[0], question.history[scenario])
    size = abduction.effective(weights)
    rows = [pd.DataFrame(), pd.DataFrame()]
    if size >= abduction.FEWEST:
        kept = abduction.thinned(weights)
        thin: Any = jax.tree.map(lambda values: values[kept], pair)
        months = found.a.months
        rows = [
            effects.effect_table(thin, question.outcomes, months, found.changed_from, prior),
            effects.event_table(thin, months, prior, found.changed_from),
        ]
    whole = found.with_rivals(question.outcomes) if rivals else found
    return Answer(whole, _differs(pair), size, *rows)


def _differs(pair: tuple[Trace, Trace]) -> float:
    first, second = (trace["latent"] for trace in pair)
    moved = [(first[name] != second[name]).any(axis=1) for name in first]
    return float(np.any(moved, axis=0).mean())


@dataclasses.dataclass(frozen=True)
class Sign:
    """A sign that no serious reader disputes, and the effect that the model has there."""

    statement: str
    wanted: float
    effect: Mapping[str, Any]
    comparison: Comparison

    @property
    def key(self) -> tuple[str, str]:
        """Outcome and place."""
        return self.effect["outcome"], self.effect["place"]

    @property
    def label(self) -> str:
        """The label of the effect, rivals apart."""
        found = self.effect
        return labels.of_effect(found["p_sign"], found["p_beyond"], found["prior_only"]["p_sign"])

    @property
    def comes_out(self) -> bool:
        """Whether the median has the sign, and enough draws with it."""
        sure = self.effect["p_sign"] >= labels.SIGN_THRESHOLD
        return bool(self.effect["median"] * self.wanted > 0 and sure)


def undisputed(known: Mapping[str, Comparison], draws: int = DRAWS) -> Iterator[Sign]:
    """Yield the signs that no serious reader disputes.

    ``known`` holds comparisons with history that were made already, by the name of the scenario.
    """
    history = reforms.load_scenario("historical")
    for item in texts()["undisputed"]:
        found = known.get(item.get("scenario", ""))
        if found is None:
            other = item.get("scenario") or history.without(item["without"])
            found = compare(history, other, draws, posterior=DEFAULT)
        rows = found.table
        asked = (rows["outcome"] == item["outcome"]) & (rows["month"] == item["month"])
        effect = rows[asked].iloc[0].to_dict()
        yield Sign(item["statement"], float(item["sign"]), effect, found)
