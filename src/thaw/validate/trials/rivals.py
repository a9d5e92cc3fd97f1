"""Rivals weighed: each subsystem's rivals against its main mechanism on values of 1959-64.

Main and rival run on the same draws: the prior for the subsystem on trial, so that neither was
fitted, the set until 1958 for the others. A rival that wins is compared again with the whole set
until 1958 in both (its shared parameters were fitted under the main mechanism). All run in one
compiled world in which mechanisms are data. The errors of a series are scaled by the mean of both,
so that no series outweighs the rest; the interval resamples blocks of years, all series together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from thaw.calibrate import posteriors
from thaw.experiment.variants import DRAWS as BATCH
from thaw.experiment.variants import Variant, laboratory
from thaw.model import registry, simulate
from thaw.model.clock import FIRST_YEAR
from thaw.model.observation import observe
from thaw.model.parameters import Sample
from thaw.validate import scores
from thaw.validate.splits import NEAR, Case, held_out
from thaw.validate.trials import worlds
from thaw.validate.validation import HONEST

DRAWS = 64
MAIN, RIVAL, UNDECIDED, SAME = "main", "rival", "undecided", "no difference"
SMALL = 1e-9
"""Relative difference of scores below which two mechanisms say the same."""
MATTERS = 0.01
"""Skill of either sign below which no mechanism is preferred, however regular the difference."""
FEWEST = 2 * scores.BLOCK
"""Recorded values below which there is no interval and no verdict."""

Errors = Float[np.ndarray, "series year"]
"""CRPS by series and year; nan where the record has no value."""


def result() -> dict[str, Any]:
    """Return the trial: one row a subsystem and rival."""
    honest = posteriors.load(HONEST)
    rows = []
    for name, subsystem in registry.subsystems().items():
        if subsystem.rivals:
            rows += against_main(name, tuple(subsystem.rivals), worlds.without(honest, name))
    for row in rows:
        if row["verdict"] == RIVAL:
            (again,) = against_main(row["subsystem"], (row["rival"],), honest)
            row["fitted"] = again["own"]
    return {"posterior": HONEST, "draws": DRAWS, "years": NEAR, "rivals": rows}


def against_main(
    name: str, rivals: Sequence[str], found: posteriors.PosteriorSet
) -> list[dict[str, Any]]:
    """Return one row for each rival of a subsystem, with the draws of a set in main and rivals."""
    cases = held_out(NEAR)
    sample = posteriors.sample(found, worlds.SEED, DRAWS)
    main = errors(run(sample, Variant()), cases)
    return [
        {
            "subsystem": name,
            "rival": rival,
            **weighed(name, cases, main, errors(run(sample, Variant({name: rival})), cases)),
        }
        for rival in rivals
    ]


def run(sample: Sample, variant: Variant) -> simulate.Trace:
    """Return the trace of a sample under a variant, batch by batch."""
    parts = []
    for start in range(0, DRAWS, BATCH):
        part = {name: values[start : start + BATCH] for name, values in sample.items()}
        parts.append(laboratory().run(variant=variant, sample=part, first_draw=start))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def errors(trace: simulate.Trace, cases: list[Case]) -> Errors:
    """Return the CRPS of the mechanism alone for every held-out value."""
    found = np.full((len(cases), NEAR[1] - NEAR[0] + 1), np.nan)
    for at, case in enumerate(cases):
        for target in case.targets:
            shown = observe(trace, case.observable, target.month, worlds.SEED)
            year = FIRST_YEAR + target.month // 12 - NEAR[0]
            found[at, year] = scores.crps(shown[np.isfinite(shown)], target.value)
    return found


def weighed(name: str, cases: list[Case], main: Errors, other: Errors) -> dict[str, Any]:
    """Return skill and verdict of a rival on its subsystem's series, and on all others."""
    own = np.array([case.observable.subsystem == name for case in cases])
    mine, rest = compared(main[own], other[own]), compared(main[~own], other[~own])
    judged = mine if mine.get("moved") else rest
    return {"own": mine, "others": rest, "verdict": judged["verdict"]}


def compared(main: Errors, other: Errors) -> dict[str, Any]:
    """Return skill of ``other`` against ``main`` with its interval; nothing without values."""
    if not main.size:
        return {}
    a, b = np.nanmean(main, axis=1), np.nanmean(other, axis=1)
    moved = np.abs(a - b) > SMALL * np.maximum(a, b)
    values = int(np.isfinite(main).sum())
    counts = {"series": len(main), "moved": int(moved.sum()), "values": values}
    if not moved.any():
        return {**counts, "skill": 0.0, "interval90": None, "verdict": SAME}
    scale = ((a + b) / 2.0)[moved, None]
    first, second = main[moved] / scale, other[moved] / scale
    skill = _skill(first, second)
    chosen = scores.blocks(main.shape[1], worlds.SEED)
    found = np.array([_skill(first[:, years], second[:, years]) for years in chosen])
    bounds = scores.interval(found[np.isfinite(found)]) if values >= FEWEST else None
    return {**counts, "skill": skill, "interval90": bounds, "verdict": verdict(skill, bounds)}


def verdict(skill: float, bounds: tuple[float, float] | None) -> str:
    """Return which mechanism is preferred: only where the interval excludes zero, and it matters.

    No interval, no verdict.
    """
    low, high = bounds or (0.0, 0.0)
    if abs(skill) < MATTERS:
        return UNDECIDED
    return RIVAL if low > 0.0 else MAIN if high < 0.0 else UNDECIDED


def _skill(main: Errors, other: Errors) -> float:
    """Return 1 - error of the rival / error of the main mechanism, each series weighing alike."""
    there = np.isfinite(main).any(axis=1)
    if not there.any():
        return float("nan")
    means = [np.nanmean(each[there], axis=1).mean() for each in (main, other)]
    return float(1.0 - means[1] / means[0])
