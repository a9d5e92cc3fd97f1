"""The record seen by the model: recorded values of each observable at their stamps.

Several values at one stamp: seen goes before recalled, a full date before a year, and the later of
equals is kept; the others widen low and high.
"""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from typing import TYPE_CHECKING

from thaw.errors import InputError
from thaw.model.clock import month_index
from thaw.model.observation import Observable

if TYPE_CHECKING:
    import pandas as pd

_YEAR_STAMP = {
    "annual_sum": 12,
    "annual_mean": 12,
    "december": 12,
    "year_end": 12,
    "september": 9,
    "stock": 1,
    "month": 1,
    "period_sum": 12,
    "episode_sum": 12,
    "waiting_time": 12,
}


@dataclasses.dataclass(frozen=True)
class Recorded:
    """One recorded value of an observable at its stamp (month index)."""

    month: int
    value: float
    low: float
    high: float
    provenance: str
    source_key: str


def stamp_of(observable: Observable, date: str) -> int:
    """Return the month index to which a dated value of an observable belongs.

    ``date`` is YYYY, YYYY-MM or YYYY-MM-DD. A year alone, or a day of January for a December kind,
    goes to the month that the kind of observable prescribes.
    """
    match = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", date)
    if match is None:
        raise InputError(
            f"{observable.series_id}: date '{date}' is not YYYY, YYYY-MM or YYYY-MM-DD"
        )
    dated_by_month = observable.stamp in (
        "stock",
        "month",
        "period_sum",
        "episode_sum",
        "waiting_time",
    )
    if match[2] and dated_by_month:
        return month_index(f"{match[1]}-{match[2]}")
    return month_index(f"{match[1]}-{_YEAR_STAMP[observable.stamp]:02d}")


def recorded(
    observable: Observable, months: int, table: pd.DataFrame | None = None
) -> list[Recorded]:
    """Return the recorded values of an observable at stamps within ``months``, by month.

    ``table`` is a series table in the record's format; the shipped record when absent.
    """
    if table is None:
        return list(_shipped(observable, months))
    return _from_table(observable, months, table)


@cache
def _shipped(observable: Observable, months: int) -> tuple[Recorded, ...]:
    from thaw import record

    return tuple(_from_table(observable, months, record.series(observable.series_id)))


def _from_table(observable: Observable, months: int, table: pd.DataFrame) -> list[Recorded]:
    same = (table["series_id"] == observable.series_id) & (table["place"] == observable.place)
    rows = table[same]
    groups: dict[int, list[dict]] = {}
    for row in rows.to_dict("records"):
        at = stamp_of(observable, str(row["date"]))
        if 0 <= at < months:
            groups.setdefault(at, []).append(row)
    return [_settle(at, groups[at]) for at in sorted(groups)]


def _settle(at: int, rows: list[dict]) -> Recorded:
    best = max(rows, key=lambda r: (r["provenance"] == "seen", len(r["date"]), r["date"]))
    values = [float(r["value"]) for r in rows]
    lows = values + [float(r["low"]) for r in rows if _given(r["low"])]
    highs = values + [float(r["high"]) for r in rows if _given(r["high"])]
    return Recorded(
        at, float(best["value"]), min(lows), max(highs), best["provenance"], best["source_key"]
    )


def _given(value: object) -> bool:
    return value is not None and value == value and value != ""
