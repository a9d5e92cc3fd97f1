"""Who did how much: Shapley shares of an outcome among reforms, over all worlds with some of them.

A reform's share is its contribution averaged over every order in which the reforms could have been
added (Shapley 1953); the shares of all add up to the whole difference, draw by draw.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from thaw import reforms
from thaw.calibrate import DEFAULT
from thaw.errors import InputError
from thaw.experiment import executor
from thaw.experiment.outcomes import Outcome, Reading, single
from thaw.experiment.run import Progress, Settings
from thaw.experiment.summaries import summary
from thaw.model.clock import stamp

MAX_REFORMS = 6
RESAMPLES = 2000
"""Resamples of the draws behind the interval of a share."""

Values = dict[frozenset[str], Float[np.ndarray, " draw"]]


def shapley(players: Sequence[str], value: Values) -> dict[str, Float[np.ndarray, " draw"]]:
    """Return every player's Shapley value, draw by draw, from the value of each set of players."""
    number = len(players)
    found = {}
    for player in players:
        others = [other for other in players if other != player]
        total = np.zeros_like(value[frozenset()])
        for size in range(number):
            weight = factorial(size) * factorial(number - size - 1) / factorial(number)
            for some in combinations(others, size):
                before = frozenset(some)
                total = total + weight * (value[before | {player}] - value[before])
        found[player] = total
    return found


@dataclasses.dataclass(frozen=True)
class Attribution:
    """Shares of reforms in the difference between the world with all and the world with none.

    ``table`` has one row per reform: mean, median, quantiles and sign probability of its
    contribution over draws, and ``share`` of the whole with a 90 % interval (None where the whole
    is not clearly different from zero). ``total`` summarises the whole difference.
    """

    outcome: Outcome
    month: str
    settings: Settings
    reforms: tuple[str, ...]
    decided_from: int
    table: pd.DataFrame
    total: dict[str, float]
    contributions: dict[str, Float[np.ndarray, " draw"]]

    def sentence(self) -> str:
        """Return the answer in one plain sentence."""
        from thaw.report.attribution import sentence

        return sentence(self)


def attribute(
    outcome: str,
    among: Sequence[str],
    scenario: reforms.Scenario | str = "historical",
    month: str | None = None,
    draws: int = 64,
    seed: int = 0,
    posterior: str = DEFAULT,
    weather: str = "replay",
    runner: executor.Executor | None = None,
    progress: Progress | None = None,
) -> Attribution:
    """Return Shapley shares of ``outcome`` among 2 to 6 policies, on common random numbers.

    ``month`` is the stamp at which the outcome is read (default: its last). All worlds run in mode
    ``do``, decided by the model from the first month in which any of them differs. Raises
    InputError for unknown names, responses (the model decides those), and months without a value.
    """
    what, dated = single(outcome)
    slugs = checked(among)
    base = reforms.load_scenario(scenario) if isinstance(scenario, str) else scenario
    settings = Settings(base.with_mode("do"), draws, seed, "cohorts", posterior, weather)
    last = what.stamps(settings.months)[-1:]
    given = month or dated or (stamp(last[0]) if last else base.end)
    at = what.checked(given, settings.months)
    sets = [frozenset(some) for k in range(len(slugs) + 1) for some in combinations(slugs, k)]
    worlds = [dataclasses.replace(settings, scenario=_with(base, slugs, some)) for some in sets]
    since = executor.decided_from([world.scenario for world in worlds])
    if worlds[-1].scenario.changes == worlds[0].scenario.changes or since is None:
        raise InputError("--reforms: the scenario leaves these reforms out already")
    if since > at:
        raise InputError(f"the worlds differ only from {stamp(since)}, after {stamp(at)}")
    blocks = executor.gather(Reading((what,), (at,)), worlds, since, runner, progress)
    value = {
        some: executor.join([block[what][:, 0] for block in parts])
        for some, parts in zip(sets, blocks, strict=True)
    }
    value = _known(value, what)
    found = shapley(slugs, value)
    whole = value[frozenset(slugs)] - value[frozenset()]
    return Attribution(
        outcome=what,
        month=given,
        settings=settings,
        reforms=tuple(slugs),
        decided_from=since,
        table=pd.DataFrame([_row(slug, found[slug], whole) for slug in slugs]),
        total={"mean": float(whole.mean()), **summary(whole)},
        contributions=found,
    )


def _known(value: Values, what: Outcome) -> Values:
    """Return the values of the draws in which every world has one."""
    known = np.isfinite(np.stack(list(value.values()))).all(axis=0)
    if not known.any():
        raise InputError(f"{what.label}: no draw has a value in all of these worlds")
    return {some: values[known] for some, values in value.items()}


def checked(among: Sequence[str]) -> list[str]:
    """Return the slugs of 2 to 6 different policies; raise InputError for anything else."""
    found = [reforms.reform(name) for name in among]
    slugs = [reform.slug for reform in found]
    if len(set(slugs)) != len(slugs) or not 2 <= len(slugs) <= MAX_REFORMS:
        raise InputError(
            f"--reforms names {len(slugs)} reforms, allowed: 2 to {MAX_REFORMS} different ones"
        )
    for reform in found:
        if reform.kind != "policy":
            raise InputError(
                f"--reforms: {reform.slug} is of kind {reform.kind}, allowed: policy (see "
                f"`thaw reforms`; a decision is compared with --force)"
            )
    return slugs


def _with(base: reforms.Scenario, slugs: Sequence[str], kept: frozenset[str]) -> reforms.Scenario:
    world = base
    for slug in slugs:
        if slug not in kept:
            world = world.without(slug)
    return world.with_mode("do")


def _row(slug: str, part: np.ndarray, whole: np.ndarray) -> dict[str, Any]:
    share, low, high = share_of(part, whole)
    return {
        "reform": slug,
        "mean": float(part.mean()),
        **summary(part),
        "share": share,
        "share_lo90": low,
        "share_hi90": high,
    }


def share_of(
    part: Float[np.ndarray, " draw"], whole: Float[np.ndarray, " draw"]
) -> tuple[float | None, float | None, float | None]:
    """Return mean(part) / mean(whole) with a 90 % bootstrap interval over draws.

    None where the interval of the whole includes zero: a share of nothing has no meaning.
    """
    generator = np.random.Generator(np.random.Philox(key=len(part)))
    chosen = generator.integers(0, len(part), size=(RESAMPLES, len(part)))
    wholes = whole[chosen].mean(axis=1)
    low, high = np.quantile(wholes, (0.05, 0.95))
    if low <= 0.0 <= high:
        return None, None, None
    shares = part[chosen].mean(axis=1) / wholes
    bounds = np.quantile(shares, (0.05, 0.95))
    return float(part.mean() / whole.mean()), float(bounds[0]), float(bounds[1])
