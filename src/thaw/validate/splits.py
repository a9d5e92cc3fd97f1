"""What is held out: values after the fit ends, later years, rolling origins.

A case is one observable with the values a naive forecaster knows and the values to be predicted.
What enters the model, as a driver or as an input, is never scored.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from functools import cache

from thaw.model.clock import FIRST_YEAR, LAST_MONTH
from thaw.model.observation import Observable, observables
from thaw.model.recorded import Recorded, recorded
from thaw.validate.baselines import MINIMUM

FIT_UNTIL = "1958-12"
"""Last month of the values to which the set for honest prediction is fitted."""
NEAR, LATER = (1959, 1964), (1965, 1968)
"""First and last year of the two held-out periods."""
ORIGINS = (1955, 1956, 1957, 1958)
FEW = 3
"""Held-out values below which rolling origins are scored as well."""


@dataclasses.dataclass(frozen=True)
class Case:
    """One observable: known ``training`` values and the ``targets`` to be predicted."""

    observable: Observable
    training: tuple[Recorded, ...]
    targets: tuple[Recorded, ...]


def january(year: int) -> int:
    """Return the month index of January of a year."""
    return (year - FIRST_YEAR) * 12


INPUTS = {
    "leadership.presidium_full": "counts the roster, which the model takes from the record",
    "cc.occupation.regional_party": "its share of 1961 is an input of the model",
    "cc.occupation.central_state": "its share of 1961 is an input of the model",
}
"""Observables that repeat an input: a check of coding, never a prediction."""
CENSUS = (
    "population.total",
    "population.census_urban",
    "vital.birth_rate",
    "vital.death_rate",
    "vital.infant_mortality",
)
"""Observables that the census, life table and fertility of 1959, inputs of people, fix in 1959."""


def left_out(observable: Observable) -> str:
    """Return why an observable is never scored; empty where it is."""
    if observable.use == "driver":
        return "drives the model"
    return INPUTS.get(observable.series_id, "")


def known_before(observable: Observable, origin: int = 1958) -> int:
    """Return the first month that model and naive forecasts do not know, from the end of a year.

    Where inputs of 1959 hold the series, the naive forecasts know 1959 as well.
    """
    first = january(origin + 1)
    return max(first, january(1960)) if observable.series_id in CENSUS else first


def known(observable: Observable, before: int) -> tuple[Recorded, ...]:
    """Return the record's values of an observable, from 1953, at stamps before a month."""
    return tuple(r for r in _all(observable) if r.month < before)


@cache
def _all(observable: Observable) -> tuple[Recorded, ...]:
    return tuple(recorded(observable, LAST_MONTH))


def held_out(years: tuple[int, int], origin: int = 1958) -> list[Case]:
    """Return the cases of a period: three known values until ``origin``, one target at least."""
    return _cases(observables().values(), origin, years)


def rolling(origin: int, last: int = NEAR[1]) -> list[Case]:
    """Return the cases predicted from the end of year ``origin``, for observables of few points."""
    near = {c.observable.key: len(c.targets) for c in held_out(NEAR)}
    sparse = (o for key, o in observables().items() if near.get(key, 0) < FEW)
    return _cases(sparse, origin, (origin + 1, last))


def _cases(chosen: Iterable[Observable], origin: int, years: tuple[int, int]) -> list[Case]:
    first, end = january(years[0]), january(years[1] + 1)
    found = []
    for observable in chosen:
        start = known_before(observable, origin)
        training = known(observable, start)
        targets = tuple(r for r in known(observable, end) if r.month >= max(first, start))
        if len(training) >= MINIMUM and targets and not left_out(observable):
            found.append(Case(observable, training, targets))
    return found
