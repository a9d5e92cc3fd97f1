"""Dates as the record writes them: a year, a month, a day, or two years of a period."""

from __future__ import annotations

import calendar
import datetime
import re
from functools import lru_cache

from thaw.errors import InputError

_SHAPE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?|-(\d{4}))?", re.ASCII)
ALLOWED = "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-YYYY"


@lru_cache(maxsize=65536)
def parse(text: str) -> tuple[datetime.date, datetime.date, str]:
    """Return first day, last day and precision (``year``, ``month``, ``day`` or ``period``).

    Raises ``InputError`` where ``text`` is no date or a period runs backwards.
    """
    found = _SHAPE.fullmatch(text)
    if not found:
        raise InputError(f"date: found {text[:40]!r}, allowed: {ALLOWED}")
    _, month, day, last_year = (int(part) if part else None for part in found.groups())
    try:
        return _span(int(found[1]), month, day, last_year)
    except ValueError as error:
        raise InputError(f"date: found {text!r}: {error}; allowed: {ALLOWED}") from error


def _span(
    year: int, month: int | None, day: int | None, last_year: int | None
) -> tuple[datetime.date, datetime.date, str]:
    first = datetime.date(year, 1 if month is None else month, 1 if day is None else day)
    if day is not None:
        return first, first, "day"
    if month is not None:
        last_day = calendar.monthrange(year, month)[1]
        return first, datetime.date(year, month, last_day), "month"
    if last_year is not None and last_year <= year:
        raise ValueError("a period ends after it begins")
    precision = "year" if last_year is None else "period"
    return first, datetime.date(last_year or year, 12, 31), precision
