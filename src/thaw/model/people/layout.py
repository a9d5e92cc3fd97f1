"""Where citizens stand: slots, cells of 1024, districts of at most 64 cells, units; and their ties.

A cell belongs to one unit. Ties need no list: a citizen's neighbours are the next four slots on
either side of the ring of his cell, six slots of other cells of his district and two slots of cells
anywhere. Long ties come in pairs (a shift of cells and its inverse, with a roll of words and a
rotation of bits), so they are mutual, and every slot has exactly sixteen.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from jaxtyping import Int32, Int64, UInt32

from thaw.model.people.hashing import hash_words

CELL = 1024
"""Slots of a cell."""
WORDS = CELL // 32
"""32-bit words of a cell's row in a bit plane."""
DISTRICT = 64
"""Largest number of cells of a district."""
DISTRICT_TIES, NATIONAL_TIES = 6, 2
LONG_TIES = DISTRICT_TIES + NATIONAL_TIES
WORD_SHIFTS = (5, -5, 11, -11, 19, -19, 27, -27)
"""Roll of words along each long tie; a tie and its inverse stand side by side."""
_SHIFT_SALT, _TURN_SALT, _NATION_SALT = 0x1F123BB5, 0x5F356495, 0x3C6EF372


@dataclasses.dataclass(frozen=True)
class Layout:
    """The fixed geometry of a run; a function of the number of cells by unit alone."""

    first: Int64[np.ndarray, " unit_and_end"]
    unit: Int32[np.ndarray, " cell"]
    district: Int32[np.ndarray, " cell"]
    partner: Int32[np.ndarray, "cell tie"]
    turn: UInt32[np.ndarray, "cell tie"]

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.unit)

    @property
    def slots(self) -> Int64[np.ndarray, " unit"]:
        """Slots by unit."""
        return np.diff(self.first) * CELL

    def cells_of(self, district: int) -> Int64[np.ndarray, " cell"]:
        """Return the cells of a district, in order."""
        return np.flatnonzero(self.district == district)


def layout_of(cells_by_unit: Int64[np.ndarray, " unit"]) -> Layout:
    """Return the layout for a number of cells by unit."""
    first = np.concatenate([[0], np.cumsum(cells_by_unit)])
    unit = np.repeat(np.arange(len(cells_by_unit)), cells_by_unit)
    local = np.arange(first[-1]) - first[unit]
    parts = -(-cells_by_unit // DISTRICT)
    size = -(-cells_by_unit // np.maximum(parts, 1))
    inside = local // size[unit]
    district = (np.cumsum(parts) - parts)[unit] + inside
    base = first[unit] + inside * size[unit]
    end = np.minimum(base + size[unit], first[unit + 1])
    partner, turn = _long_ties(district, base, end - base)
    return Layout(
        first, unit.astype(np.int32), district.astype(np.int32), partner.astype(np.int32), turn
    )


def _long_ties(
    district: Int64[np.ndarray, " cell"],
    base: Int64[np.ndarray, " cell"],
    size: Int64[np.ndarray, " cell"],
) -> tuple[Int64[np.ndarray, "cell tie"], UInt32[np.ndarray, "cell tie"]]:
    """Return partner cell and bit rotation (0-31) of every cell along every long tie."""
    cells = np.arange(len(base))
    partner = np.zeros((len(base), LONG_TIES), np.int64)
    turn = np.zeros((len(base), LONG_TIES), np.uint32)
    for pair in range(LONG_TIES // 2):
        if 2 * pair < DISTRICT_TIES:
            start, among = base, size
            shift = 1 + hash_words(district * 4 + pair, _SHIFT_SALT) % np.maximum(among - 1, 1)
        else:
            start, among = np.zeros_like(base), np.full_like(size, len(base))
            shift = 1 + hash_words(cells * 0 + pair, _NATION_SALT) % np.maximum(among - 1, 1)
        turns = hash_words(cells * 4 + pair, _TURN_SALT) & np.uint32(31)
        ahead = start + (cells - start + shift) % among
        behind = start + (cells - start - shift) % among
        partner[:, 2 * pair], partner[:, 2 * pair + 1] = ahead, behind
        turn[:, 2 * pair] = turns
        turn[:, 2 * pair + 1] = (np.uint32(32) - turns[behind]) & np.uint32(31)
    return partner, turn
