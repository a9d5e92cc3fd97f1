"""Which parameters move an outcome: screening of all, indices of the top ones, shares of priors.

Three designs are simulated (``thaw.experiment.designs``): Morris trajectories over every sampled
parameter; Saltelli blocks in which judgement priors, priors with evidence, and luck are exchanged
as wholes; and Saltelli blocks in which each of the top parameters is exchanged alone. In the last
two all parameters vary over their priors, so every index is a share of the whole variance.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from thaw import reforms
from thaw.errors import InputError
from thaw.experiment import executor, pieces
from thaw.experiment.designs import LUCK, Design
from thaw.experiment.question import JUDGEMENT, Question
from thaw.experiment.run import Progress, Settings, weather_years
from thaw.model import parameters, simulate

HALF = 0.5
"""Share of variance above which an answer is called driven by judgement priors."""
Values = Float[np.ndarray, "target point"]


@dataclasses.dataclass(frozen=True)
class Answer:
    """What was found, as tables: one row per target and factor or group (``targets``: per target).

    ``targets`` has mean and s.d. over priors and luck, the share of variance from judgement priors
    and the label; ``runs`` counts the simulated points.
    """

    question: Question
    targets: pd.DataFrame
    screening: pd.DataFrame
    shares: pd.DataFrame
    indices: pd.DataFrame
    runs: int

    @cached_property
    def digest(self) -> str:
        """SHA-256 of every number of the answer."""
        tables = (self.targets, self.screening, self.shares, self.indices)
        text = "".join(table.to_csv(index=False) for table in tables)
        return hashlib.sha256(text.encode()).hexdigest()


def sensitivity(
    question: Question,
    folder: Path,
    resume: bool = False,
    runner: executor.Executor | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Simulate what is not yet in ``folder`` and return the answer.

    With ``resume`` the finished blocks of the same question are kept; InputError if the folder
    holds those of another one, or if a target is not finite. ``progress`` counts points.
    """
    store = pieces.opened(folder, question.hash(), resume, "sensitivity")
    bench = Bench(question, store, runner or executor.Local(), progress)
    screening, shares = question.screening(), question.shares()
    most = question.most_index_points()
    bench.total = bench.left(screening) + bench.left(shares) + most
    screened = table_of(question, screening, bench.values(screening))
    screened["rank"] = ranks(screened)
    top = set(screened.loc[screened["rank"] <= question.top, "parameter"])
    indices = question.indices(top)
    bench.total += bench.left(indices) - most
    shared = bench.values(shares)
    shares_table = table_of(question, shares, shared)
    return Answer(
        question,
        summary(question, shares.base(shared), shares_table),
        screened,
        shares_table,
        table_of(question, indices, bench.values(indices)),
        sum(len(design.points()) for design in (screening, shares, indices)),
    )


class Bench:
    """Evaluates designs block by block, keeps finished blocks, and counts points."""

    def __init__(
        self,
        question: Question,
        store: Path,
        runner: executor.Executor,
        progress: Progress | None,
    ) -> None:
        self.question, self.store, self.runner = question, store, runner
        self.progress = progress
        self.done, self.total = 0, 0

    def left(self, design: Design) -> int:
        """Return the number of points of a design that have yet to be simulated."""
        tasks = self._tasks(design)
        return sum(tasks[index].draws for index in self._missing(design, tasks))

    def values(self, design: Design) -> Values:
        """Return every target at every point of a design."""
        tasks = self._tasks(design)
        missing = self._missing(design, tasks)
        work = Reading(self.question, design)
        for place, found in self.runner.results(work, [tasks[index] for index in missing]):
            pieces.write(self._piece(design, missing[place]), found)
            self.done += tasks[missing[place]].draws
            if self.progress is not None:
                self.progress(self.done, self.total)
        parts = [pieces.read(self._piece(design, index)) for index in range(len(tasks))]
        return _finite(self.question, np.concatenate(parts, axis=1))

    def _tasks(self, design: Design) -> list[executor.Task]:
        points = len(design.points())
        return executor.tasks_of(dataclasses.replace(self.question.settings, draws=points))

    def _missing(self, design: Design, tasks: Sequence[executor.Task]) -> list[int]:
        return [i for i in range(len(tasks)) if not self._piece(design, i).is_file()]

    def _piece(self, design: Design, index: int) -> Path:
        return self.store / f"{design.name}-{index:06d}.npy"


@dataclasses.dataclass(frozen=True)
class Reading:
    """Work on a block of points of a design: simulate them and keep the targets."""

    question: Question
    design: Design

    def __call__(self, task: executor.Task) -> Values:
        """Return every target at the points that the task calls draws."""
        block = self.design.points()[task.first_draw : task.first_draw + task.draws]
        trace = simulated(self.question.settings, *self.question.sample(block))
        return np.stack([t.outcome.read(trace, t.month) for t in self.question.targets])


def simulated(
    settings: Settings, sample: parameters.Sample, streams: Int[np.ndarray, " point"]
) -> simulate.Trace:
    """Return the trace of one batch of points: each has its parameters and a stream of luck.

    A stream is what a run calls a draw: the same number gives the same random numbers and, where
    it is sampled, the same weather.
    """
    months = settings.months + 1
    paths = reforms.lever_paths(settings.scenario, months)
    plan = simulate.plan_of(paths, months, weather_years(settings)[streams])
    structure = simulate.Structure(months, settings.rivals())
    return simulate.simulate(structure, plan, sample, settings.seed, streams)


def table_of(question: Question, design: Design, values: Values) -> pd.DataFrame:
    """Return the analysis of a design for every target, one below the other.

    Parameters come with their provenance; so do groups of one.
    """
    priors, frames = parameters.priors(), []
    for target, own in zip(question.targets, values, strict=True):
        found = design.analysis(own)
        who = found.columns[0]
        known = [priors[name].provenance if name in priors else "" for name in found[who]]
        found.insert(1, "provenance", known)
        for column, value in reversed(target.row().items()):
            found.insert(0, column, value)
        frames.append(found)
    return pd.concat(frames, ignore_index=True)


def _finite(question: Question, values: Values) -> Values:
    for target, own in zip(question.targets, values, strict=True):
        if not np.isfinite(own).all():
            at = " ".join(target.row().values())
            raise InputError(
                f"{at} is not finite in {(~np.isfinite(own)).sum()} of {own.size} runs"
            )
    return values


def ranks(screened: pd.DataFrame) -> pd.Series:
    """Return ranks by ``mu_star`` within a target, 1 the largest; NaN for luck and no effect."""
    ranked = screened["mu_star"].where((screened["parameter"] != LUCK) & (screened["mu_star"] > 0))
    keys = [screened[name] for name in ("outcome", "place", "month")]
    return ranked.groupby(keys, sort=False).rank(method="first", ascending=False)


def summary(
    question: Question, drawn: Float[np.ndarray, "target draw"], shares: pd.DataFrame
) -> pd.DataFrame:
    """Return one row per target: mean and s.d. of draws, share of judgement priors, label."""
    rows = pd.DataFrame(
        [{**target.row(), "unit": target.outcome.unit} for target in question.targets]
    )
    total = shares.loc[shares["group"] == JUDGEMENT, "total"].to_numpy()
    rows["mean"], rows["sd"] = drawn.mean(axis=1), drawn.std(axis=1, ddof=1)
    rows["judgement_share"] = total if len(total) else 0.0
    rows["label"] = np.where(rows["judgement_share"] > HALF, "prior-driven", "")
    return rows
