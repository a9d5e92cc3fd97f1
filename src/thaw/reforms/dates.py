"""Days and months: dates of the tables as day numbers, months as indices (0 = January 1953)."""

from __future__ import annotations

import calendar
import re
from datetime import date

import numpy as np

from thaw.errors import InputError
from thaw.reforms.messages import shown

FIRST_YEAR = 1953
HORIZON = 216
"""Months from January 1953 to December 1970, the longest run."""

FIRST_END, LAST_END = "1953-02", "1970-12"


def _parts(text: str) -> list[int]:
    return [int(part) for part in text.split("-")]


def first_day(text: str) -> int:
    """Return the day number of the first day of ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``."""
    year, month, day = (*_parts(text), 1, 1)[:3]
    return date(year, month, day).toordinal()


def day_after(text: str) -> int:
    """Return the day number that follows the last day of ``YYYY``, ``YYYY-MM`` or a full date."""
    parts = _parts(text)
    if len(parts) == 3:
        return first_day(text) + 1
    if len(parts) == 1:
        return date(parts[0] + 1, 1, 1).toordinal()
    return move_months(first_day(text), 1)


def move_months(day: int, months: int) -> int:
    """Return the day number ``months`` later, clipped to the length of the month it falls in."""
    start = date.fromordinal(day)
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    length = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, length)).toordinal()


def month_of(day: int) -> int:
    """Return the month index of a day number (negative before 1953)."""
    found = date.fromordinal(day)
    return (found.year - FIRST_YEAR) * 12 + found.month - 1


def month_edges(months: int) -> np.ndarray:
    """Return the first days of the ``months`` months from January 1953, and the day after."""
    days = [
        date(FIRST_YEAR + index // 12, index % 12 + 1, 1).toordinal() for index in range(months + 1)
    ]
    return np.array(days, dtype=np.float64)


def month_index(stamp: object, where: str) -> int:
    """Return the month index of ``YYYY-MM`` between 1953-02 and 1970-12.

    Raises InputError, beginning with ``where``, for anything else.
    """
    match = re.fullmatch(r"(\d{4})-(\d{2})", stamp, re.ASCII) if isinstance(stamp, str) else None
    if match and 1 <= int(match[2]) <= 12 and FIRST_END <= match[0] <= LAST_END:
        return (int(match[1]) - FIRST_YEAR) * 12 + int(match[2]) - 1
    raise InputError(
        f"{where} is {shown(stamp)}, allowed: a month YYYY-MM from {FIRST_END} to {LAST_END}"
    )
