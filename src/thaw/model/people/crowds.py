"""Local disturbances: how many take part, by a threshold cascade in one district (host, NumPy).

A disturbance begins with as many persons as make one by definition; others join when enough of
their ties in the district act openly. Everybody counts as one person whatever the sampling weight:
a sample holds fewer districts, not smaller ones.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64, UInt32

from thaw.model.people.hashing import draw
from thaw.model.people.layout import CELL, DISTRICT_TIES, WORD_SHIFTS, WORDS, Layout

SEED = 300
"""Persons at the start: the list of the record counts riots and strikes of more than 300."""
ROUNDS = 16

Rows = UInt32[np.ndarray, "cell 32"]


def sizes(
    number: np.ndarray,
    opened: Rows,
    need: UInt32[np.ndarray, "cell 3 32"],
    keys: UInt32[np.ndarray, "3 purpose"],
    layout: Layout,
    generator: str,
) -> Int64[np.ndarray, "unit"]:
    """Return the participants of the month's disturbances by unit (0 where there is none)."""
    out = np.zeros(len(layout.slots), np.int64)
    for unit in np.flatnonzero(np.asarray(number) > 0):
        for event in range(int(number[unit])):
            cells = np.arange(layout.first[unit], layout.first[unit + 1])
            with np.errstate(over="ignore"):
                word = draw(np.array([unit + 4096 * event], np.uint32), keys, "place", generator)
            centre = int(cells[int(word[0]) % len(cells)])
            out[unit] += size(centre, opened, need, layout)
    return out


def size(centre: int, opened: Rows, need: UInt32[np.ndarray, "cell 3 32"], layout: Layout) -> int:
    """Return the participants of one disturbance that begins in the cell ``centre``."""
    cells = layout.cells_of(int(layout.district[centre]))
    at = {int(cell): i for i, cell in enumerate(cells)}
    partner = np.array([[at[int(c)] for c in row[:DISTRICT_TIES]] for row in layout.partner[cells]])
    turn = layout.turn[cells][:, :DISTRICT_TIES]
    wanted = unpacked(need[cells, 0]) + 2 * unpacked(need[cells, 1]) + 4 * unpacked(need[cells, 2])
    able = np.flatnonzero(wanted[at[centre]] > 0)
    crowd = np.zeros((len(cells), CELL), np.uint8)
    crowd[at[centre], able[:SEED]] = 1
    seeds = int(crowd.sum())
    for _ in range(ROUNDS):
        open_ties = _open_ties(crowd | unpacked(opened[cells]), partner, turn)
        joined = ((wanted > 0) & (open_ties >= wanted) & (open_ties_of(crowd, partner, turn) > 0))
        grown = crowd | joined.astype(np.uint8)
        if (grown == crowd).all():
            break
        crowd = grown
    return max(SEED, SEED - seeds + int(crowd.sum()))


def open_ties_of(crowd: np.ndarray, partner: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Return how many ties of each citizen are in the crowd itself."""
    return _open_ties(crowd, partner, turn)


def unpacked(rows: Rows) -> np.ndarray:
    """Return one 0/1 byte per slot of plane rows."""
    bits = np.unpackbits(np.ascontiguousarray(rows, "<u4").view(np.uint8), bitorder="little")
    return bits.reshape(len(rows), CELL)


def _open_ties(state: np.ndarray, partner: np.ndarray, turn: np.ndarray) -> np.ndarray:
    count = sum(np.roll(state, j, axis=1) for j in (-4, -3, -2, -1, 1, 2, 3, 4))
    lanes = np.arange(CELL)
    for k in range(DISTRICT_TIES):
        source = ((lanes // 32 + WORD_SHIFTS[k]) % WORDS)[None] * 32
        source = source + (lanes[None] + turn[:, k : k + 1].astype(np.int64)) % 32
        count = count + np.take_along_axis(state[partner[:, k]], source, axis=1)
    return count
