"""Which parameters are fitted: no more than the effective number of observations can carry.

The rule, fixed before any fit: the effective number of values of a series is n (1 - r) / (1 + r),
with r the first autocorrelation of the residuals about the prior mode after level and trend are
taken out, corrected for the bias of short series; events count one each. At most half as many
parameters are fitted. They are taken one by one: at each step the parameter whose prior range
moves the predictions most beyond what the parameters chosen before it already move (column
pivoting of the Jacobian, in units of the error of each datum). One that moves them by less than
half an error is not taken.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.linalg import qr

from thaw.calibrate.problem import Prediction, Problem
from thaw.model.parameters import Prior

PER_PARAMETER = 2.0
"""Effective observations for each fitted parameter."""
LEAST_EFFECT = 0.5
"""Smallest joint shift of the predictions, in errors, of a fitted parameter."""
PRIOR_POINTS = 4
"""Prior draws at which the Jacobian is taken, beside the mode."""
FEW, FEW_SHARE = 5, 0.5
"""Below ``FEW`` values autocorrelation cannot be seen: each value counts one half."""
LARGEST_CORRELATION = 0.8


def effective_number(residual: Float[np.ndarray, " value"]) -> float:
    """Return the effective number of values of a series from its residuals, at least 1."""
    n = len(residual)
    if n < FEW:
        return max(1.0, FEW_SHARE * n)
    time = np.arange(n)
    rest = residual - np.polyval(np.polyfit(time, residual, 1), time)
    variance = float(np.sum(rest**2))
    r = float(np.sum(rest[1:] * rest[:-1])) / variance if variance > 0.0 else 0.0
    r = min(max(r + (2.0 + 4.0 * r) / n, 0.0), LARGEST_CORRELATION)
    return n * (1.0 - r) / (1.0 + r)


def residuals(problem: Problem, prediction: Prediction) -> list[Float[np.ndarray, " value"]]:
    """Return residuals of each series: on logs for positive values and counts, else linear."""
    found = []
    for series, mean in zip(problem.series, prediction.series, strict=True):
        value, expected = series.values, np.asarray(mean)
        if series.kind == "share":
            found.append(value / series.trials - expected)
        elif series.kind == "linear":
            found.append(value - expected)
        else:
            half = 0.5 if series.kind == "count" else 0.0
            found.append(np.log(value + half) - np.log(np.maximum(expected + half, 1e-9)))
    return found


def tempered(problem: Problem) -> tuple[Problem, float]:
    """Return the problem with weights n_eff / n, and the effective number of all its data."""
    rest = residuals(problem, jax.jit(lambda: problem.predict({}))())
    numbers = [effective_number(r) for r in rest]
    weights = tuple(n / len(r) for n, r in zip(numbers, rest, strict=True))
    listed = sum(float((e.counts * e.covered).sum()) for e in problem.events)
    return dataclasses.replace(problem, weights=weights), float(sum(numbers) + listed)


def standardised(problem: Problem, prediction: Prediction) -> Float[Array, " datum"]:
    """Return predictions on the scale of their error, so that a difference of 1 is one error."""
    parts = []
    for at, (series, mean) in enumerate(zip(problem.series, prediction.series, strict=True)):
        spread = jnp.sqrt(jnp.square(series.error) + series.discrepancy**2)
        if series.kind == "count":
            positive = jnp.maximum(mean, 1e-9)
            spread = jnp.sqrt(1.0 / jax.lax.stop_gradient(positive) + series.discrepancy**2)
        value = mean if series.kind in ("linear", "share") else jnp.log(jnp.maximum(mean, 1e-9))
        parts.append(jnp.sqrt(problem.weights[at]) * value / spread)
    for hazard, at_risk in prediction.hazards:
        rate = jnp.maximum(jnp.sum(hazard * at_risk, axis=0), 1e-9)
        parts.append(jnp.log(rate) * jnp.sqrt(jax.lax.stop_gradient(rate)))
        months = jnp.maximum(jnp.sum(hazard * at_risk, axis=1), 1e-9)
        parts.append(jnp.log(months) * jnp.sqrt(jax.lax.stop_gradient(months)))
    return jnp.concatenate(parts)


def sensitivities(problem: Problem) -> Float[np.ndarray, "datum parameter"]:
    """Return the shift of each standardised prediction by one prior s.d. of each parameter.

    Rows of the mode and of ``PRIOR_POINTS`` prior draws stand below each other, each with the
    square root of its share of weight.
    """
    names = list(problem.candidates)
    rows = list(problem.candidates.values())
    points = np.vstack([[p.mode for p in rows], prior_points(rows, PRIOR_POINTS, seed=0)])

    def shown(values: Array) -> Array:
        return standardised(problem, problem.predict(dict(zip(names, values, strict=True))))

    each = jax.jit(lambda all_: jax.lax.map(jax.jacfwd(shown), all_))(jnp.asarray(points))
    spread = np.array([deviation(p) for p in rows])
    table = np.nan_to_num(np.asarray(each)) * spread
    return table.reshape(-1, len(names)) / np.sqrt(len(points))


def prior_points(
    rows: Sequence[Prior], count: int, seed: int
) -> Float[np.ndarray, "point parameter"]:
    """Return independent draws of some priors."""
    generator = np.random.Generator(np.random.Philox(seed))
    return np.stack([row.quantile(generator.random(count)) for row in rows], axis=1)


def deviation(prior: Prior) -> float:
    """Return the standard deviation of a prior."""
    a, b = prior.shape
    return (prior.high - prior.low) * float(np.sqrt(a * b / (a + b + 1.0))) / (a + b)


def choose(problem: Problem, effective: float) -> tuple[str, ...]:
    """Return the parameters to be fitted, the most sensitive first."""
    return ranked(list(problem.candidates), sensitivities(problem), int(effective / PER_PARAMETER))


def ranked(
    names: list[str], table: Float[np.ndarray, "datum parameter"], most: int
) -> tuple[str, ...]:
    """Return at most ``most`` names by what each adds to the columns taken before it."""
    _, triangle, order = qr(table, mode="economic", pivoting=True)
    added = np.abs(np.diag(triangle))
    return tuple(
        names[place] for place, size in list(zip(order, added, strict=False))[:most]
        if size >= LEAST_EFFECT
    )  # fmt: skip
