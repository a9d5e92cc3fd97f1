"""Two worlds compared: paired differences on common random numbers, and what may be said of them.

Both worlds run in mode ``do``: until the first month in which they differ everything is history;
from there on policies keep their dates unless changed, and responses are decided by the model in
both. A difference of one draw compares the same parameters under the same luck.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from thaw import reforms
from thaw.calibrate import DEFAULT
from thaw.errors import InputError
from thaw.experiment import effects, executor, rivals, support
from thaw.experiment.outcomes import Outcome, observed
from thaw.experiment.run import Progress, Settings
from thaw.experiment.summaries import sign_probability
from thaw.model.clock import stamp
from thaw.model.simulate import Trace, digest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 12
"""Outcomes shown where none is named."""
PRIOR_DRAWS = 64
"""Draws, at most, of what the prior alone would say: it only guards labels and signs."""

__all__ = ["Comparison", "compare", "sign_probability"]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Effects of world B against world A.

    ``table`` has one row per observable and stamp from the first difference on; ``event_table`` one
    per family and place. ``changed_from`` is the first month in which the worlds differ, ``held``
    and ``decided`` the reforms at their dates and those left to the model. ``near_draws`` is the
    number of draws near history behind the columns ``near_history``; ``rivals`` what other
    structures say, where they were asked.
    """

    a: Settings
    b: Settings
    changed_from: int
    held: tuple[str, ...]
    decided: tuple[str, ...]
    table: pd.DataFrame
    event_table: pd.DataFrame
    support: float
    extrapolation: float
    near_draws: int
    digest: str
    rivals: rivals.Rivals | None = None

    def effects(self) -> pd.DataFrame:
        """Return every effect: observable, place, month, quantiles, sign probability, label."""
        return self.table

    def largest(self, count: int = SHOWN) -> pd.DataFrame:
        """Return the outcomes that move most, at the stamp where each moves most."""
        from thaw.report.comparison import largest

        return largest(self, count)

    def sentence(self) -> str:
        """Return the answer in one plain sentence."""
        from thaw.report.comparison import sentence

        return sentence(self)

    def plot(self) -> Figure:
        """Return a figure of the outcomes that move most."""
        from thaw.report.comparison import figure

        return figure(self)

    def with_rivals(
        self, outcomes: Sequence[Outcome] = (), progress: Progress | None = None
    ) -> Comparison:
        """Return the comparison with the rivals' signs on some outcomes (default: those shown).

        Effects that a rival contradicts are relabelled ``model-dependent``.
        """
        top = self.largest()
        shown = zip(top["outcome"], top["place"], strict=True)
        chosen = list(outcomes) or [Outcome("series", *key) for key in shown]
        worlds = (self.a.scenario, self.b.scenario)
        decided = executor.decided_from(worlds)
        since = self.changed_from
        found = rivals.compared(*worlds, chosen, since, decided or since, progress)
        table = rivals.relabelled(self.table, found)
        return dataclasses.replace(self, table=table, rivals=found)


def compare(
    a: reforms.Scenario | str,
    b: reforms.Scenario | str,
    draws: int = 64,
    seed: int = 0,
    people: str = "cohorts",
    posterior: str = DEFAULT,
    weather: str = "replay",
    progress: Progress | None = None,
    runner: executor.Executor | None = None,
    also: Sequence[Outcome] = (),
) -> Comparison:
    """Return the effects of scenario ``b`` against ``a`` on common random numbers.

    Every observable is compared; ``also`` names states of the model to compare besides. ``runner``
    runs the draws elsewhere (see :mod:`thaw.experiment.executor`); the numbers are the same. Raises
    InputError when the worlds do not differ, or end in different months.
    """
    first, second = (
        Settings(_world(s).with_mode("do"), draws, seed, people, posterior, weather) for s in (a, b)
    )
    since = _first_difference(first, second)
    decided = executor.decided_from([first.scenario, second.scenario])
    worlds = [first, second]
    if posterior != "prior":
        fewer = min(draws, PRIOR_DRAWS)
        worlds += [dataclasses.replace(s, posterior="prior", draws=fewer) for s in worlds]
    found = executor.traces(worlds, decided, runner, progress)
    pair, prior = (found[0], found[1]), tuple(found[2:]) or None
    near = support.nearest(pair[0], first.months)
    paths = reforms.lever_paths(second.scenario, first.months + 1, decided)
    return Comparison(
        a=first,
        b=second,
        changed_from=since,
        held=tuple(paths.held),
        decided=tuple(paths.decided_rows),
        table=effects.effect_table(
            pair,
            [*observed(), *also],
            first.months,
            since,
            prior,  # type: ignore[arg-type]
            near,
        ),
        event_table=effects.event_table(pair, first.months, prior, since),  # type: ignore[arg-type]
        support=support.support(pair[0], since),
        extrapolation=support.extrapolation(*pair, since),
        near_draws=len(near),
        digest=_digest(*pair),
    )


def _world(given: reforms.Scenario | str) -> reforms.Scenario:
    return reforms.load_scenario(given) if isinstance(given, str) else given


def _first_difference(first: Settings, second: Settings) -> int:
    ends = first.scenario.end, second.scenario.end
    if ends[0] != ends[1]:
        raise InputError(f"the worlds end in different months: {ends[0]}, {ends[1]}")
    since = second.scenario.first_changed_month(first.scenario)
    if since is None:
        raise InputError(f"'{second.scenario.name}' does not differ from '{first.scenario.name}'")
    if since >= first.months:
        raise InputError(f"the worlds differ only from {stamp(since)}, after the end of the run")
    return since


def _digest(*traces: Trace) -> str:
    return hashlib.sha256("".join(map(digest, traces)).encode()).hexdigest()


def manifest(found: Comparison) -> dict[str, Any]:
    """Return what is needed to repeat a comparison, and its digest."""
    return {
        "kind": "compare",
        "a": found.a.scenario.table(),
        "b": found.b.scenario.table(),
        "draws": found.a.draws,
        "seed": found.a.seed,
        "people": found.a.people,
        "posterior": found.a.posterior,
        "weather": found.a.weather,
        "rivals": [".".join(pair) for pair in found.rivals.structures] if found.rivals else [],
        "outcomes_shown": sorted(set(found.largest()["outcome"])),
        "digest": found.digest,
    }
