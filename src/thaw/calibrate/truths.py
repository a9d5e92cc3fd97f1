"""Synthetic truths: parameters drawn from the prior, and data from the likelihood at them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw.calibrate import inference
from thaw.calibrate.data import Series
from thaw.calibrate.events import Events
from thaw.calibrate.likelihoods import DEGREES
from thaw.calibrate.problem import Data, Prediction, Problem, thinned
from thaw.model.parameters import Prior

LARGEST_SPREAD = 0.99
"""Largest s.d. of the chance behind a share; its prior goes beyond once in a thousand draws."""


class Truth(NamedTuple):
    """One synthetic truth: values of the sampler's sites, parameter values, and its data."""

    sites: dict[str, Float[np.ndarray, "..."]]
    values: Float[np.ndarray, " parameter"]
    observed: Data


def truth_of(
    problem: Problem,
    names: Sequence[str],
    predict: Callable[[Array], Prediction],
    seed: int,
    number: int,
) -> Truth:
    """Return truth ``number`` of a seed: a draw of the prior of ``names``, and data drawn at it.

    Events that drive the path stay as recorded: the likelihood is conditional on them.
    """
    generator = np.random.Generator(np.random.Philox(key=[seed, number]))
    rows = [problem.candidates[name] for name in names]
    values, chances = draw(rows, generator), draw(problem.detections, generator)
    score = generator.standard_normal(len(problem.series))
    spread = np.asarray(inference.half_normal(jnp.asarray(score))) * problem.scales
    observed = synthetic(problem, predict(jnp.asarray(values)), spread, chances, generator)
    sites = {"unit": _places(rows, values), "detection": _places(problem.detections, chances)}
    sites["score"] = score
    return Truth({site: v for site, v in sites.items() if v.size}, values, observed)


def _places(rows: Sequence[Prior], values: np.ndarray) -> Float[np.ndarray, " row"]:
    return np.array([(v - r.low) / (r.high - r.low) for r, v in zip(rows, values, strict=True)])


def draw(rows: Sequence[Prior], generator: np.random.Generator) -> Float[np.ndarray, " row"]:
    """Return one draw of each prior."""
    return np.array([row.quantile(generator.random(1))[0] for row in rows])


def synthetic(
    problem: Problem,
    prediction: Prediction,
    spread: Float[np.ndarray, " series"],
    chances: Float[np.ndarray, " list"],
    generator: np.random.Generator,
) -> Data:
    """Return data drawn from the likelihood of a problem at a prediction."""
    values = [
        jnp.asarray(_values(s, np.asarray(mean), spread[at], generator))
        for at, (s, mean) in enumerate(zip(problem.series, prediction.series, strict=True))
    ]
    hazards = thinned(problem.events, prediction.hazards, chances)
    counts = [
        jnp.asarray(_counts(listed, np.asarray(hazard), generator) * np.asarray(at_risk))
        for listed, (hazard, at_risk) in zip(problem.events, hazards, strict=True)
    ]
    return values, counts


def _values(
    series: Series, mean: np.ndarray, spread: float, generator: np.random.Generator
) -> Float[np.ndarray, " value"]:
    if series.kind in ("log", "linear"):
        noise = generator.standard_t(DEGREES, len(mean)) * np.hypot(series.error, spread)
        return np.maximum(mean, 1e-9) * np.exp(noise) if series.kind == "log" else mean + noise
    if series.kind == "share":
        weight = 1.0 / min(max(spread, 1e-3), LARGEST_SPREAD) ** 2 - 1.0
        chance = generator.beta(mean * weight, (1.0 - mean) * weight)
        return generator.binomial(np.asarray(series.trials, int), chance).astype(float)
    size = 1.0 / max(spread, 1e-3) ** 2
    return generator.poisson(mean * generator.gamma(size, 1.0 / size, len(mean))).astype(float)


def _counts(listed: Events, rate: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    if listed.rule == "hazard":
        return (generator.random(rate.shape) < -np.expm1(-rate)).astype(float)
    return generator.poisson(rate).astype(float)
