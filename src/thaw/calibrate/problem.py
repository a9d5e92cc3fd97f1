"""The fit of one subsystem as a function: from parameters to predictions and log likelihood."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from thaw.calibrate import data, drivers, events, likelihoods
from thaw.calibrate.data import Series
from thaw.calibrate.events import Events
from thaw.model.parameters import Prior, all_rows, priors

Data = tuple[list[Array], list[Array]]
"""Values of each series, and counts of each list of events."""


class Prediction(NamedTuple):
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

    @property
    def recorded(self) -> Data:
        """Return the recorded values of the series and counts of the lists."""
        return [jnp.asarray(s.values) for s in self.series], [
            jnp.asarray(e.counts) for e in self.events
        ]

    def log_likelihood(
        self,
        prediction: Prediction,
        discrepancy: Float[ArrayLike, " series"],
        detection: Float[ArrayLike, " list"],
        observed: Data | None = None,
    ) -> Float[Array, ""]:
        """Return the tempered log likelihood of all series and lists of events.

        ``observed`` puts other values in the place of the recorded ones.
        """
        values, counts = observed if observed is not None else self.recorded
        sizes, chances = jnp.asarray(discrepancy), jnp.asarray(detection)
        total = jnp.asarray(0.0)
        for at, (series, mean) in enumerate(zip(self.series, prediction.series, strict=True)):
            each = log_density(series, values[at], mean, sizes[at])
            total = total + self.weights[at] * jnp.sum(each)
        hazards = thinned(self.events, prediction.hazards, chances)
        for at, (listed, (hazard, at_risk)) in enumerate(zip(self.events, hazards, strict=True)):
            total = total + jnp.sum(_events_density(listed, counts[at], hazard, at_risk))
        return total


def thinned(
    lists: Sequence[Events], hazards: Sequence[tuple[Array, Array]], chances: ArrayLike
) -> list[tuple[Array, Array]]:
    """Return hazards times the detection probability of the lists that miss events."""
    found, missed = [], 0
    for listed, (hazard, at_risk) in zip(lists, hazards, strict=True):
        if listed.detection is not None:
            hazard, missed = hazard * jnp.asarray(chances)[missed], missed + 1
        found.append((hazard, at_risk))
    return found


def predicted(series: Series, shown: Mapping[Any, Array]) -> Float[Array, " value"]:
    """Return the values of a series read off the shown paths; for shares the probability."""
    mean = _read(series, shown[series.key])
    if not series.base:
        return mean
    trials = sum(sign * _read(series, shown[key]) for key, sign in series.base)
    return jnp.clip(mean / jnp.maximum(trials, 1e-6), 1e-6, 1.0 - 1e-6)


def _read(series: Series, path: Array) -> Float[Array, " value"]:
    return jnp.asarray(series.operator) @ path


def log_density(
    series: Series, values: Array, mean: Array, discrepancy: ArrayLike
) -> Float[Array, " value"]:
    """Return the log density of each value of a series."""
    if series.kind == "log":
        return likelihoods.logarithmic(values, mean, series.error, discrepancy)
    if series.kind == "linear":
        return likelihoods.student(values - mean, series.error, discrepancy)
    if series.kind == "share":
        return likelihoods.share(values, series.trials, mean, discrepancy)
    return likelihoods.count(values, mean, discrepancy)


def _events_density(listed: Events, counts: Array, hazard: Array, at_risk: Array) -> Array:
    if listed.rule == "hazard":
        return likelihoods.hazard(counts, hazard, at_risk)
    return at_risk * likelihoods.poisson(counts, hazard)


def of_subsystem(name: str, world: drivers.Reference, leave_out: Collection[str] = ()) -> Problem:
    """Return the fit of a subsystem to values at stamps within the reference's months."""
    last = 1 + max(
        [*data.last_months(name, world.until), events.last_month(name, world.until)], default=0
    )
    world = drivers.shortened(world, min(last + 1, world.months))
    series = data.fitted_series(name, world.until, world.months, leave_out)
    lists = events.fitted_events(name, world.until, world.months, leave_out)
    run = drivers.driven(name, world, events.happened(lists), events.WATCH.get(name))
    return Problem(name, series, lists, run, tuple(1.0 for _ in series))
