"""The fit of one subsystem as a function: from parameters to predictions and log likelihood."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from thaw.calibrate import data, drivers, events, likelihoods
from thaw.calibrate.data import Series
from thaw.calibrate.events import Events
from thaw.model.parameters import Prior, all_rows, priors


@dataclasses.dataclass(frozen=True)
class Prediction:
    """Predicted values of each series, and hazards with months at risk of each list of events."""

    series: list[Float[Array, " value"]]
    hazards: list[tuple[Array, Array]]


@dataclasses.dataclass(frozen=True)
class Problem:
    """Data of one subsystem, the map from its parameters to them, and the weights of series.

    ``weights`` tempers each series by n_eff / n (1 before it is known).
    """

    name: str
    series: list[Series]
    events: list[Events]
    run: Callable[[Mapping[str, Any]], drivers.Driven]
    weights: tuple[float, ...]

    @property
    def candidates(self) -> dict[str, Prior]:
        """Return the parameters that may be fitted: those of the subsystem with a width."""
        own = {n: p for n, p in priors().items() if p.subsystem == self.name}
        return {n: p for n, p in own.items() if p.high > p.low}

    @property
    def detections(self) -> list[Prior]:
        """Return the prior of the detection probability of each list that misses events."""
        return [all_rows()[e.detection] for e in self.events if e.detection is not None]

    @property
    def scales(self) -> Float[np.ndarray, " series"]:
        """Return the prior scale of the discrepancy of each series."""
        return np.array([s.discrepancy for s in self.series])

    def predict(self, values: Mapping[str, Any]) -> Prediction:
        """Return what the driven subsystem predicts at the stamps of the record."""
        shown = self.run(values)
        return Prediction(
            [predicted(s, shown.series) for s in self.series],
            [events.hazard_of(e, shown.watched) for e in self.events],
        )

    def log_likelihood(
        self,
        prediction: Prediction,
        discrepancy: Float[ArrayLike, " series"],
        detection: Float[ArrayLike, " list"],
    ) -> Float[Array, ""]:
        """Return the tempered log likelihood of all series and lists of events."""
        sizes, chances = jnp.asarray(discrepancy), jnp.asarray(detection)
        total = jnp.asarray(0.0)
        for at, (series, mean) in enumerate(zip(self.series, prediction.series, strict=True)):
            total = total + self.weights[at] * jnp.sum(log_density(series, mean, sizes[at]))
        missed = 0
        for listed, (hazard, at_risk) in zip(self.events, prediction.hazards, strict=True):
            if listed.detection is not None:
                hazard, missed = hazard * chances[missed], missed + 1
            total = total + jnp.sum(_events_density(listed, hazard, at_risk))
        return total


def predicted(series: Series, shown: Mapping[Any, Array]) -> Float[Array, " value"]:
    """Return the values of a series read off the shown paths; for shares the probability."""
    mean = _read(series, shown[series.key])
    if not series.base:
        return mean
    trials = sum(sign * _read(series, shown[key]) for key, sign in series.base)
    return jnp.clip(mean / jnp.maximum(trials, 1e-6), 1e-6, 1.0 - 1e-6)


def _read(series: Series, path: Array) -> Float[Array, " value"]:
    return jnp.asarray(series.operator)[:, : path.shape[0]] @ path


def log_density(series: Series, mean: Array, discrepancy: ArrayLike) -> Float[Array, " value"]:
    """Return the log density of each recorded value of a series."""
    if series.kind == "log":
        return likelihoods.logarithmic(series.values, mean, series.error, discrepancy)
    if series.kind == "linear":
        return likelihoods.student(series.values - mean, series.error, discrepancy)
    if series.kind == "share":
        return likelihoods.share(series.values, series.trials, mean, discrepancy)
    return likelihoods.count(series.values, mean, discrepancy)


def _events_density(listed: Events, hazard: Array, at_risk: Array) -> Array:
    if listed.rule == "hazard":
        return likelihoods.hazard(listed.counts, hazard, at_risk)
    return at_risk * likelihoods.poisson(listed.counts, hazard)


def of_subsystem(
    name: str, world: drivers.Reference, leave_out: Collection[str] = ()
) -> Problem:
    """Return the fit of a subsystem to values at stamps within the reference's months."""
    series = data.fitted_series(name, world.months - 1, leave_out)
    lists = events.fitted_events(name, world.months - 1, leave_out)
    padded = [
        dataclasses.replace(e, counts=_longer(e.counts), covered=_longer(e.covered)) for e in lists
    ]
    run = drivers.driven(name, world, events.happened(padded), events.WATCH.get(name))
    return Problem(name, series, padded, run, tuple(1.0 for _ in series))


def _longer(table: np.ndarray) -> np.ndarray:
    """Return a table by month with one more month, in which nothing is covered."""
    return np.concatenate([table, np.zeros_like(table[:1])])
