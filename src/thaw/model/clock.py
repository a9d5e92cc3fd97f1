"""Months are the clock: t = 0 is January 1953. Conversions between months, dates and stamps."""

from __future__ import annotations

import re

from thaw.errors import InputError

FIRST_YEAR = 1953
LAST_MONTH = (1970 - FIRST_YEAR) * 12 + 12
"""Number of months from January 1953 to December 1970, the last for which inputs exist."""


def month_index(stamp: str) -> int:
    """Return the month index of a stamp ``YYYY-MM`` (0 = 1953-01; negative before).

    Raises InputError when the text is not a month.
    """
    match = re.fullmatch(r"(\d{4})-(\d{2})", stamp)
    if match is None or not 1 <= int(match[2]) <= 12:
        raise InputError(f"month '{stamp}' is not of the form YYYY-MM, for example 1956-02")
    return (int(match[1]) - FIRST_YEAR) * 12 + int(match[2]) - 1


def stamp(index: int) -> str:
    """Return the stamp ``YYYY-MM`` of a month index."""
    return f"{FIRST_YEAR + index // 12}-{index % 12 + 1:02d}"


def months_until(until: str) -> int:
    """Return the number of months of a run from January 1953 to ``until`` inclusive.

    Raises InputError outside 1953-02 to 1970-12.
    """
    months = month_index(until) + 1
    if not 2 <= months <= LAST_MONTH:
        raise InputError(f"until '{until}' is outside 1953-02 to 1970-12")
    return months
