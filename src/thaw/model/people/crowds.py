"""Local disturbances: how many take part, by a threshold cascade in one district.

A disturbance begins with as many persons as make one by definition; others join when enough of
their ties in the district act openly. Everybody counts as one person whatever the sampling weight:
a sample holds fewer districts, not smaller ones.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int64, UInt32

from thaw.model.people import ties
from thaw.model.people.hashing import draw
from thaw.model.people.layout import CELL, DISTRICT, DISTRICT_TIES, WORDS, Layout

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
) -> Int64[np.ndarray, " unit"]:
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
    here = slice(0, len(cells))
    partner = np.tile(np.arange(DISTRICT, dtype=np.int32)[:, None], (1, DISTRICT_TIES))
    partner[here] = np.searchsorted(cells, layout.partner[cells][:, :DISTRICT_TIES])
    turn = np.zeros((DISTRICT, DISTRICT_TIES), np.uint32)
    turn[here] = layout.turn[cells][:, :DISTRICT_TIES]
    wanted = np.zeros((DISTRICT, 3, WORDS), np.uint32)
    wanted[here] = need[cells]
    acting = np.zeros((DISTRICT, WORDS), np.uint32)
    acting[here] = opened[cells]
    able = np.flatnonzero(unpacked(np.bitwise_or.reduce(need[centre], axis=0)[None]))[:SEED]
    crowd = np.zeros((DISTRICT, WORDS), np.uint32)
    row = crowd[int(np.searchsorted(cells, centre))]
    np.bitwise_or.at(row, able >> 5, np.uint32(1) << (able & 31).astype(np.uint32))
    grown = _grow(*(jnp.asarray(array) for array in (crowd, acting, wanted, partner, turn)))
    return max(SEED, SEED - len(able) + int(np.bitwise_count(np.asarray(grown)).sum()))


@jax.jit
def _grow(crowd: Any, acting: Any, need: Any, partner: Any, turn: Any) -> Any:
    """Return the crowd after ROUNDS: who has a tie in it, and open ties enough, joins."""

    def neighbours(rows: Any) -> list[Any]:
        return ties.ring(rows, 4) + ties.far(rows, partner, turn, DISTRICT_TIES)

    def sweep(_: Any, now: Any) -> Any:
        reached = functools.reduce(operator.or_, neighbours(now))
        return now | (reached & ties.joins(ties.total(neighbours(now | acting)), need))

    return jax.lax.fori_loop(0, ROUNDS, sweep, crowd)


def unpacked(rows: Rows) -> np.ndarray:
    """Return one 0/1 byte per slot of plane rows."""
    bits = np.unpackbits(np.ascontiguousarray(rows, "<u4").view(np.uint8), bitorder="little")
    return bits.reshape(len(rows), CELL)
