"""Abduction: how far each draw's own world reproduces named facts of the observed history.

A counterfactual starts from the draws that reproduce what happened (Pearl 2009). Events are facts
that a draw has or has not; a series weighs a draw by its distance from the record. Weighted draws
are thinned to equal weight, as many as the effective sample size, so that the labels, made for
equal draws, hold for them as they stand.
"""

from __future__ import annotations

import dataclasses
import re

import numpy as np
from jaxtyping import Float, Int

from thaw.errors import InputError
from thaw.experiment.outcomes import Outcome, outcomes
from thaw.experiment.run import record_of
from thaw.experiment.support import TOLERANCE
from thaw.model.clock import month_index
from thaw.model.observation import observables
from thaw.model.simulate import Trace

FEWEST = 10
"""Effective draws below which nothing is said given history."""
TOO_FEW = "undecided: too few draws reproduce the history"

Weights = Float[np.ndarray, " draw"]


@dataclasses.dataclass(frozen=True)
class Fact:
    """What happened: an event at a place, or the recorded values of a series, in some months.

    ``dates`` are those months as they were written.
    """

    outcome: Outcome
    first: int
    last: int
    dates: str

    def log_weight(self, trace: Trace) -> Weights:
        """Return the log weight of every draw: 0 where it has the fact, minus infinity at worst.

        The values of a series err together, so the series counts as one observation: the mean
        square of its deviations, in units of the wider of the record's range and a quarter of it.
        """
        if self.outcome.kind == "event":
            counts = trace["events"][self.outcome.name, self.outcome.place]
            happened = (counts[:, self.first : self.last + 1] > 0).any(axis=1)
            return np.where(happened, 0.0, -np.inf)
        observable = observables()[self.outcome.name, self.outcome.place]
        known = record_of(observable, self.last + 1)
        far = [
            (self.outcome.read(trace, at) - value.value)
            / max(TOLERANCE * abs(value.value), (value.high - value.low) / 2)
            for at, value in known.items()
            if at >= self.first
        ]
        if not far:
            raise InputError(f"{self.outcome.label} {self.dates}: nothing is recorded then")
        return -0.5 * np.mean(np.square(far), axis=0)


def fact(text: str) -> Fact:
    """Return the fact that a text names, as in ``event.bloc_unrest@Hungary:1955-1957``.

    Dates are years or months (``1956-10/1956-11``). Raises InputError for unknown outcomes, for
    states, and for dates that are none.
    """
    name, _, dates = text.partition(":")
    years = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", dates)
    months = re.fullmatch(r"(\d{4}-\d{2})/(\d{4}-\d{2})", dates)
    if years is not None:
        first, last = f"{years[1]}-01", f"{years[2] or years[1]}-12"
    elif months is not None:
        first, last = months[1], months[2]
    else:
        raise InputError(
            f"fact '{text}': dates '{dates}', allowed: YYYY, YYYY-YYYY, YYYY-MM/YYYY-MM"
        )
    found = outcomes(name)
    if len(found) != 1 or found[0].kind == "state":
        raise InputError(f"fact '{text}': name one series or event at one place")
    return Fact(found[0], month_index(first), month_index(last), dates)


def weights(trace: Trace, facts: tuple[Fact, ...]) -> Weights:
    """Return the weight of every draw given all facts, adding up to 1; zeros where none fits."""
    draws = len(next(iter(trace["latent"].values())))
    return normalised(sum((one.log_weight(trace) for one in facts), np.zeros(draws)))


def normalised(log_weights: Weights) -> Weights:
    """Return weights that add up to 1; zeros where every log weight is minus infinity."""
    top = np.max(log_weights)
    if not np.isfinite(top):
        return np.zeros_like(log_weights)
    raw = np.exp(log_weights - top)
    return raw / raw.sum()


def effective(chosen: Weights) -> float:
    """Return the effective sample size (Kish 1965): 1 / sum of squared weights; 0 without any."""
    squares = float(np.square(chosen).sum())
    return 1.0 / squares if squares > 0.0 else 0.0


def thinned(chosen: Weights) -> Int[np.ndarray, " kept"]:
    """Return draws of equal weight, as many as the effective size, by systematic resampling."""
    count = int(effective(chosen) + 1e-9)
    if count == 0:
        return np.zeros(0, int)
    points = (np.arange(count) + 0.5) / count
    return np.minimum(np.searchsorted(np.cumsum(chosen), points), len(chosen) - 1)
