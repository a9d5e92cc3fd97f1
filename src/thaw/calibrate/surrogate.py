"""A polynomial response surface of predictions, for what is too heavy for so many runs.

People carry 49,000 cohorts. Their yearly totals answer smoothly to the few fitted parameters, so
the fit uses a quadratic in those parameters, fitted to runs at prior draws and checked at others.
Simulation-based calibration refits more than the model itself could stand, on surfaces of a higher
degree. Surfaces of hazards need a list whose window the parameters do not move.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement
from math import comb
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw.calibrate.data import Series
from thaw.calibrate.problem import Prediction, Problem
from thaw.calibrate.selection import prior_points
from thaw.errors import InputError
from thaw.model.parameters import Prior

HEAVY = ("people",)
"""Subsystems fitted through a surrogate."""
RUNS_PER_TERM, CHECKS = 2, 24
LARGEST_ERROR = 0.25
"""Largest allowed error of a surrogate, in errors of reading, at 95 % of the checked values."""
HAZARD_DEGREE = 2
"""Logs of hazards are smooth enough for quadratics."""


@dataclasses.dataclass(frozen=True)
class Surface:
    """A polynomial of some degree, one row of coefficients a term, one column a value."""

    degree: int
    coefficients: Float[np.ndarray, "term value"]

    def __call__(self, unit: Float[Array, " parameter"]) -> Float[Array, " value"]:
        """Return the values at places of the parameters in their ranges."""
        return terms(unit, self.degree) @ self.coefficients


@dataclasses.dataclass(frozen=True)
class Emulated(Problem):
    """A problem whose predictions come from response surfaces.

    ``hazards`` holds a surface for the logs of the covered cells of each list, and where it covers.
    """

    rows: tuple[Prior, ...] = ()
    surfaces: tuple[Surface, ...] = ()
    hazards: tuple[tuple[Surface, Float[np.ndarray, "month entity"]], ...] = ()
    largest_error: float = 0.0

    def predict(self, values: Mapping[str, Any]) -> Prediction:
        """Return predictions from the surfaces; other parameters stand at their modes."""
        unit = jnp.stack([(values[r.name] - r.low) / (r.high - r.low) for r in self.rows])
        shown = zip(self.series, self.surfaces, strict=True)
        return Prediction(
            [_back(s.kind, surface(unit)) for s, surface in shown],
            [(_spread_out(surface(unit), at), jnp.asarray(at)) for surface, at in self.hazards],
        )


def terms(unit: Float[Array, " parameter"], degree: int = 2) -> Float[Array, " term"]:
    """Return all products of at most ``degree`` parameters: 1, the parameters, their pairs, ..."""
    extended = jnp.concatenate([jnp.ones(1), unit])
    places = np.array(list(combinations_with_replacement(range(len(extended)), degree)))
    picked = np.eye(len(extended))[places]  # products with it are faster than gathers
    product = extended @ picked[:, 0].T
    for factor in range(1, degree):
        product = product * (extended @ picked[:, factor].T)
    return product


def emulate(
    problem: Problem,
    names: Sequence[str],
    degree: int = 2,
    runs_per_term: int = RUNS_PER_TERM,
    largest: float = LARGEST_ERROR,
) -> Emulated:
    """Return the problem with response surfaces in ``names``.

    Raises InputError when the surfaces miss the runs held back by more than ``largest``.
    """
    rows = tuple(problem.candidates[name] for name in names)
    runs = runs_per_term * comb(len(rows) + degree, degree)
    points = prior_points(rows, runs + CHECKS, seed=1)
    covered = [listed.covered > 0 for listed in problem.events]

    def one(values: Array) -> tuple[list[Array], list[Array]]:
        found = problem.predict(dict(zip(names, values, strict=True)))
        series = [_out(s.kind, v) for s, v in zip(problem.series, found.series, strict=True)]
        logs = [jnp.log(h)[at] for (h, _), at in zip(found.hazards, covered, strict=True)]
        return series, logs

    shown, logs = jax.jit(lambda table: jax.lax.map(one, table))(jnp.asarray(points))
    low, width = np.array([r.low for r in rows]), np.array([r.high - r.low for r in rows])
    units = (points - low) / width
    surfaces = [_fitted(units[:runs], np.asarray(values[:runs]), degree) for values in shown]
    checks = zip(problem.series, surfaces, shown, strict=True)
    missed = [_missed(f, units[runs:], np.asarray(v[runs:])) / _error(s) for s, f, v in checks]
    worst = float(np.quantile(np.concatenate([m.ravel() for m in missed]), 0.95))
    if worst > largest:
        raise InputError(f"the response surface of {problem.name} errs by {worst:.2f} errors")
    hazards = [_fitted(units[:runs], np.asarray(v[:runs]), HAZARD_DEGREE) for v in logs]
    fields = {f.name: getattr(problem, f.name) for f in dataclasses.fields(Problem)}
    return Emulated(
        **fields,
        rows=rows,
        surfaces=tuple(surfaces),
        hazards=tuple((f, e.covered) for f, e in zip(hazards, problem.events, strict=True)),
        largest_error=worst,
    )


def _design(units: Float[np.ndarray, "run parameter"], degree: int) -> np.ndarray:
    return np.asarray(jax.vmap(lambda unit: terms(unit, degree))(jnp.asarray(units)))


def _fitted(units: np.ndarray, values: np.ndarray, degree: int) -> Surface:
    return Surface(degree, np.linalg.lstsq(_design(units, degree), values, rcond=None)[0])


def _missed(surface: Surface, units: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.abs(_design(units, surface.degree) @ surface.coefficients - values)


def _error(series: Series) -> Float[np.ndarray, " value"]:
    """Return the error of reading; for counts, which are read exactly, the s.d. of chance."""
    if series.kind == "count":
        return np.asarray(1.0 / np.sqrt(np.maximum(series.values, 1.0)))
    return series.error


def _spread_out(logs: Array, covered: np.ndarray) -> Array:
    return jnp.zeros(covered.shape).at[covered > 0].set(jnp.exp(logs))


def _out(kind: str, value: Array) -> Array:
    return jnp.log(jnp.maximum(value, 1e-9)) if kind in ("log", "count") else value


def _back(kind: str, value: Array) -> Array:
    return jnp.exp(value) if kind in ("log", "count") else value
