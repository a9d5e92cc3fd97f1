"""The two words of a citizen, bit by bit (docs/model/people-kernel.md), for NumPy and JAX alike."""

from __future__ import annotations

from typing import Any

import numpy as np

FIRST_BIRTH_YEAR = 1850
"""Birth year 0 of the seven-bit field."""

# first word: position of each one-bit field
ALIVE, WOMAN, URBAN = 0, 1, 2
BIRTH_YEAR = 3
PARTY, KOMSOMOL = 10, 11
PENAL = 12
KIN_HELD, KIN_RETURNED, KIN_CLEARED = 16, 17, 18
NEWCOMER, HOMECOMER = 19, 20
HEARD_READING, HEARD_RADIO, HEARD_TALK = 21, 22, 23
WARY = 25
GRUMBLE, LETTER, STRIKE, CROWD = 26, 27, 28, 29
LEAVING, STATUS_MOVE = 30, 31

# second word: position of each field
ESTEEM, TRUST, GRIEVANCE, THRESHOLD, CLASS = 0, 8, 16, 24, 30
THRESHOLDS = 64

# penal codes: 0 none, 1-4 prisoners by class, 5-6 released since January 1953 (ordinary,
# political), 8-15 special settlers by group
ORDINARY_RETURNEE, POLITICAL_RETURNEE, FIRST_SETTLER = 5, 6, 8

CLASSES = ("dependant", "worker_or_employee", "collective_farmer")

GRIEVANCE_UNIT = 100.0
"""Bytes of grievance per unit of the macro index; 255 is 2.55 units."""


def bit(word: Any, position: int) -> Any:
    """Return a one-bit field as 0 or 1 (uint32)."""
    return (word >> np.uint32(position)) & np.uint32(1)


def field(word: Any, position: int, mask: int) -> Any:
    """Return a field of several bits."""
    return (word >> np.uint32(position)) & np.uint32(mask)


def birth_year(word: Any) -> Any:
    """Return the birth year less 1850."""
    return field(word, BIRTH_YEAR, 127)


def penal(word: Any) -> Any:
    """Return the penal code 0-15."""
    return field(word, PENAL, 15)


def held(word: Any) -> Any:
    """Return True for prisoners (penal codes 1-4)."""
    return (penal(word) - np.uint32(1)) < np.uint32(4)


def sources(word: Any) -> Any:
    """Return the number of distinct sources heard, 0-5."""
    return bit(word, HEARD_READING) + bit(word, HEARD_RADIO) + field(word, HEARD_TALK, 3)


def birth_month(second: Any) -> Any:
    """Return the month of birth 0-11, spread over the threshold field."""
    return (field(second, THRESHOLD, 63) * np.uint32(3)) >> np.uint32(4)


def age(word: Any, second: Any, year: Any, elapsed: Any) -> Any:
    """Return completed years when ``elapsed`` months of ``year`` (less 1850) are gone; uint32.

    Who is not yet born in ``year`` (or is in the first months of life) wraps or shows 0.
    """
    had = (birth_month(second) < elapsed).astype(np.uint32)
    at_end = year - birth_year(word)
    return at_end - (np.uint32(1) - had) * (at_end > np.uint32(0)).astype(np.uint32)
