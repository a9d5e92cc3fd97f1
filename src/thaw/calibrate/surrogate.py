"""A quadratic response surface of predictions, for a subsystem too heavy for thousands of runs.

People carry 49,000 cohorts. Their yearly totals answer smoothly to the few fitted parameters, so
the fit uses a quadratic in those parameters, fitted to runs at prior draws and checked at others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw.calibrate.problem import Prediction, Problem
from thaw.calibrate.selection import prior_points
from thaw.errors import InputError
from thaw.model.parameters import Prior

HEAVY = ("people",)
"""Subsystems fitted through a surrogate."""
RUNS_PER_TERM, CHECKS = 2, 24
LARGEST_ERROR = 0.25
"""Largest allowed error of a surrogate, in errors of reading, at 95 % of the checked values."""


@dataclasses.dataclass(frozen=True)
class Emulated(Problem):
    """A problem whose predictions come from response surfaces, one row of numbers per term."""

    rows: tuple[Prior, ...] = ()
    coefficients: tuple[Float[np.ndarray, "term value"], ...] = ()
    largest_error: float = 0.0

    def predict(self, values: Mapping[str, Any]) -> Prediction:
        """Return predictions from the surfaces; other parameters stand at their modes."""
        unit = jnp.stack([(values[r.name] - r.low) / (r.high - r.low) for r in self.rows])
        surfaces = [terms(unit) @ c for c in self.coefficients]
        return Prediction([_back(s.kind, v) for s, v in zip(self.series, surfaces, strict=True)],
                          [])  # fmt: skip


def terms(unit: Float[Array, " parameter"]) -> Float[Array, " term"]:
    """Return 1, the parameters, and their products of two."""
    pairs = combinations_with_replacement(range(unit.shape[0]), 2)
    products = [unit[i] * unit[j] for i, j in pairs]
    return jnp.concatenate([jnp.ones(1), unit, jnp.stack(products)])


def emulate(problem: Problem, names: Sequence[str]) -> Emulated:
    """Return the problem with quadratic surfaces in ``names``.

    Raises InputError when the surfaces miss the runs held back by too much.
    """
    rows = tuple(problem.candidates[name] for name in names)
    count = (len(rows) + 1) * (len(rows) + 2) // 2
    runs = RUNS_PER_TERM * count
    points = prior_points(rows, runs + CHECKS, seed=1)

    def one(values: Array) -> list[Array]:
        found = problem.predict(dict(zip(names, values, strict=True))).series
        return [_out(s.kind, v) for s, v in zip(problem.series, found, strict=True)]

    shown = jax.jit(lambda table: jax.lax.map(one, table))(jnp.asarray(points))
    low, width = np.array([r.low for r in rows]), np.array([r.high - r.low for r in rows])
    design = np.asarray(jax.vmap(terms)(jnp.asarray((points - low) / width)))
    surfaces, missed = [], []
    for series, path in zip(problem.series, shown, strict=True):
        values = np.asarray(path)
        surface = np.linalg.lstsq(design[:runs], values[:runs], rcond=None)[0]
        surfaces.append(surface)
        missed.append(np.abs(design[runs:] @ surface - values[runs:]) / series.error)
    worst = float(np.quantile(np.concatenate([m.ravel() for m in missed]), 0.95))
    if worst > LARGEST_ERROR:
        raise InputError(f"the response surface of {problem.name} errs by {worst:.2f} errors")
    fields = {f.name: getattr(problem, f.name) for f in dataclasses.fields(Problem)}
    return Emulated(**fields, rows=rows, coefficients=tuple(surfaces), largest_error=worst)


def _out(kind: str, value: Array) -> Array:
    return jnp.log(jnp.maximum(value, 1e-9)) if kind in ("log", "count") else value


def _back(kind: str, value: Array) -> Array:
    return jnp.exp(value) if kind in ("log", "count") else value
