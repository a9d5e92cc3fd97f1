"""Lists of events summed by year and republic: their likelihood at a hundredth of the cost.

Sums of Poisson counts are Poisson counts of the summed rates, so a summed list is a smaller list
with the same kind of likelihood; only where and when within its cells an event fell is lost.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from thaw import record
from thaw.calibrate.drivers import Driven
from thaw.calibrate.events import Events
from thaw.calibrate.problem import Problem
from thaw.model.places import units

YEAR = 12


def coarse(problem: Problem) -> Problem:
    """Return a problem with its lists of rule ``poisson`` summed by year and republic.

    Raises ValueError for another rule: a hazard of one event cannot be summed.
    """
    for listed in problem.events:
        if listed.rule != "poisson":
            raise ValueError(f"{listed.family}: only Poisson counts can be summed")
    fine = {listed.family: listed for listed in problem.events}

    def run(values: Mapping[str, Any]) -> Driven:
        shown = problem.run(values)
        summed = {name: _summed(shown.watched[name], listed) for name, listed in fine.items()}
        return Driven(shown.series, {**shown.watched, **summed})

    lists = [
        dataclasses.replace(
            listed,
            counts=np.asarray(_summed(listed.counts, listed)),
            covered=np.asarray(_summed(listed.covered, listed) > 0.0, float),
        )
        for listed in problem.events
    ]
    return dataclasses.replace(problem, events=lists, run=run)


def _summed(cells: Float[ArrayLike, "month unit"], listed: Events) -> Float[Array, "year republic"]:
    covered = jnp.asarray(cells) * listed.covered
    years = -(-covered.shape[0] // YEAR)
    full = jnp.pad(covered, ((0, years * YEAR - covered.shape[0]), (0, 0)))
    return full.reshape(years, YEAR, -1).sum(axis=1) @ membership()


def membership() -> Float[np.ndarray, "unit republic"]:
    """Return 1 where a unit belongs to a republic."""
    parents = record.places().set_index("place_id")["parent"]
    owners = [parents[unit] for unit in units()]
    return np.array([[owner == one for one in dict.fromkeys(owners)] for owner in owners], float)
