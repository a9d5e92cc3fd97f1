"""What is fitted: recorded values of each observable with the operator that reads them off a path.

Rows of use ``fit`` enter; ``driver`` and ``check`` never do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Literal

import numpy as np
from jaxtyping import Float

from thaw.errors import unknown
from thaw.model.observation import Observable, observables, read_off
from thaw.model.recorded import Recorded, recorded

NINETY = 3.29
"""Width of a central 90 % band of the normal distribution, in standard deviations."""
DISCREPANCY_RATIO = 5.0
"""Prior scale of a series' discrepancy over its error of reading (2 % of reading: 10 %)."""
COUNT_DISCREPANCY = 0.3
"""Prior scale of the relative over-dispersion of counts and shares (judgement)."""
SHARES = {
    "release.review_1954_55_refused": ("release.review_1954_55_reviewed", None),
    "release.review_1954_55_released": (
        "release.review_1954_55_reviewed",
        "release.review_1954_55_refused",
    ),
    "release.commissions_1956_released": ("release.commissions_1956_reviewed", None),
}
"""Commission tables: the series of trials, and the outcome that is taken out of it first, so that
the multinomial table is a product of binomials."""

Key = tuple[str, str]
Kind = Literal["log", "linear", "count", "share"]
_KINDS: dict[str, Kind] = {"log": "log", "linear": "linear", "exact": "count"}


@dataclasses.dataclass(frozen=True)
class Series:
    """Recorded values of one observable at its stamps, and how they are read off a monthly path.

    ``operator @ path`` gives the predicted values. ``kind`` is ``log``, ``linear``, ``count`` or
    ``share``; ``error`` is the s.d. of reading (log or linear), ``discrepancy`` the scale of the
    half-normal prior of the model's own error; ``trials`` (numbers) and ``base`` (series added and
    taken away to get them from the model) belong to shares.
    """

    key: Key
    kind: Kind
    months: tuple[int, ...]
    values: Float[np.ndarray, " value"]
    error: Float[np.ndarray, " value"]
    operator: Float[np.ndarray, "value month"]
    discrepancy: float
    trials: Float[np.ndarray, " value"] | float = np.inf
    base: tuple[tuple[Key, float], ...] = ()

    @property
    def name(self) -> str:
        """``series_id@place``."""
        return "@".join(self.key)


def fitted_series(
    subsystem: str, until: int, months: int, leave_out: Collection[str] = ()
) -> list[Series]:
    """Return the fitted series of a subsystem with values at stamps within ``until`` months.

    They are read off paths of ``months``. ``leave_out`` holds ``series_id`` or
    ``series_id@place``.
    """
    found = []
    for observable in observables().values():
        if observable.subsystem != subsystem or observable.use != "fit":
            continue
        if {observable.series_id, "@".join(observable.key)} & set(leave_out):
            continue
        if observable.stamp == "waiting_time":
            continue  # a waiting time has no path of expectations
        series = _series(observable, until, months)
        if series is not None:
            found.append(series)
    return found


def last_months(subsystem: str, until: int) -> list[int]:
    """Return the last recorded month of each observable of a subsystem within ``until`` months."""
    own = [o for o in observables().values() if o.subsystem == subsystem and o.use == "fit"]
    months = [[r.month for r in recorded(o, until)] for o in own]
    return [max(each) for each in months if each]


def _series(observable: Observable, until: int, months: int) -> Series | None:
    known = [r for r in recorded(observable, until) if _readable(observable, r, months)]
    if not known:
        return None
    values = np.array([r.value for r in known])
    kind: Kind = _KINDS[observable.error_scale]
    base: tuple[tuple[Key, float], ...] = ()
    trials: Float[np.ndarray, " value"] | float = np.inf
    if observable.series_id in SHARES:
        tried, before = SHARES[observable.series_id]
        kind, base = "share", (((tried, observable.place), 1.0),)
        trials = _at(observable, tried, until, known)
        if before is not None:
            base = (*base, ((before, observable.place), -1.0))
            trials = trials - _at(observable, before, until, known)
    error = np.array([reading_error(observable, r) for r in known])
    operator = np.stack([read_off(observable, np.eye(months), r.month) for r in known])
    relative = kind in ("count", "share")
    scale = COUNT_DISCREPANCY if relative else DISCREPANCY_RATIO * float(np.median(error))
    return Series(
        key=observable.key,
        kind=kind,
        months=tuple(r.month for r in known),
        values=values,
        error=error,
        operator=operator,
        discrepancy=scale,
        trials=trials,
        base=base,
    )


def _readable(observable: Observable, value: Recorded, months: int) -> bool:
    last = value.month + (observable.stamp == "year_end")
    return last < months and (observable.error_scale != "log" or value.value > 0.0)


def _at(
    observable: Observable, series_id: str, until: int, known: list[Recorded]
) -> Float[np.ndarray, " value"]:
    other = observables()[series_id, observable.place]
    values = {r.month: r.value for r in recorded(other, until)}
    return np.array([values[r.month] for r in known])


def reading_error(observable: Observable, value: Recorded) -> float:
    """Return the s.d. of reading: that of the observable, or the spread of sources if wider."""
    if observable.error_scale == "log" and value.low > 0.0:
        return max(observable.error_sd, float(np.log(value.high / value.low)) / NINETY)
    if observable.error_scale == "linear":
        return max(observable.error_sd, (value.high - value.low) / NINETY)
    return observable.error_sd


def check_left_out(names: Collection[str], families: Collection[str]) -> None:
    """Raise InputError for a name that is no fitted series, case of one, or family of events."""
    fitted = [o for o in observables().values() if o.use == "fit"]
    allowed = {o.series_id for o in fitted} | {"@".join(o.key) for o in fitted} | set(families)
    for name in names:
        if name not in allowed:
            raise unknown("series or case to leave out", name, allowed)
