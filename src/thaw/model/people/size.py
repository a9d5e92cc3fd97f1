"""The size of the population: ``--people N|PERCENT|all|cohorts``."""

from __future__ import annotations

import re

from thaw.errors import InputError, near_match

SMALLEST = 1_000
EVERYONE = 190_944_000
"""About everybody of January 1953, only to turn a percentage into a number."""


def parse_people(text: str) -> str | int:
    """Return ``"cohorts"``, ``"all"`` or a number of citizens from an option's text.

    Raises InputError for anything else, with the allowed forms.
    """
    word = text.strip().lower().replace("_", "").replace(",", "")
    if word in ("cohorts", "all"):
        return word
    number = re.fullmatch(r"(\d+(?:\.\d+)?(?:e\d+)?)(%?)", word)
    if number is None:
        raise InputError(
            f"--people '{text}'{near_match(word, ['cohorts', 'all'])} is not one of cohorts, all,"
            " a number such as 1000000, a percentage such as 1%"
        )
    value = float(number[1])
    if number[2]:
        if not 0 < value <= 100:
            raise InputError(f"--people '{text}': a percentage is above 0% and at most 100%")
        if value == 100:
            return "all"
        value *= EVERYONE / 100
    if not SMALLEST <= value <= EVERYONE:
        raise InputError(f"--people '{text}' is outside {SMALLEST} to {EVERYONE} (or write all)")
    return round(value)
