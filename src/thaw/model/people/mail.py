"""Moves between units: citizens as eight-byte records, put into mailboxes by unit (host, NumPy).

Who leaves is a bit plane; the k-th arrival of a unit takes the k-th vacant slot after a keyed
starting word. Where a unit has no vacant slot left, the record goes back to its sender, so nobody
is ever lost.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Int64, UInt32

from thaw.model.people import words as w
from thaw.model.people.hashing import draw
from thaw.model.people.layout import WORDS, Layout

CAMPS, HOME_OF_FREED, TOWNS, NEW_LANDS, SETTLERS = 0, 1, 2, 3, 4
"""Rows of the destination table; settlers' groups stand from row 4 on."""

Slots = Int64[np.ndarray, " record"]
Records = UInt32[np.ndarray, " record"]


class Mail(NamedTuple):
    """What the month's mail writes: slots with their new words (vacated ones are 0).

    The first ``moved`` slots are those that were left, the last ``moved`` their new ones.
    """

    slots: Slots
    first: Records
    second: Records
    refused: int
    returned: Slots
    moved: int


def set_bits(plane: UInt32[np.ndarray, "cell 32"], at: Slots) -> None:
    """Set bits of a plane in place, one per slot."""
    np.bitwise_or.at(plane.reshape(-1), at >> 5, np.uint32(1) << (at & 31).astype(np.uint32))


def slots_of(plane: UInt32[np.ndarray, "cell 32"]) -> Slots:
    """Return the slots whose bits are set, ascending."""
    flat = plane.reshape(-1)
    where = np.flatnonzero(flat)
    bits = (flat[where, None] >> np.arange(32, dtype=np.uint32)) & np.uint32(1)
    row, lane = np.nonzero(bits)
    return where[row].astype(np.int64) * 32 + lane


def kinds(first: Records) -> Int64[np.ndarray, " record"]:
    """Return the row of the destination table for each leaving record."""
    code = w.penal(first).astype(np.int64)
    status = w.bit(first, w.STATUS_MOVE) == 1
    moving = np.where(w.bit(first, w.URBAN) == 1, TOWNS, NEW_LANDS)
    settler = np.where(code >= w.FIRST_SETTLER, SETTLERS + code - w.FIRST_SETTLER, HOME_OF_FREED)
    return np.where(status, np.where(w.held(first), CAMPS, settler), moving)


def cleaned(first: Records, kind: Int64[np.ndarray, " record"], arrived: bool) -> Records:
    """Return records without their marks; who arrives from outside counts as a newcomer."""
    out = first & ~np.uint32((1 << w.LEAVING) | (1 << w.STATUS_MOVE))
    settler = kind >= SETTLERS
    out = np.where(settler, out & ~np.uint32(15 << w.PENAL), out)
    if arrived:
        new = (kind != CAMPS) & (kind != HOME_OF_FREED)
        out = out | new.astype(np.uint32) << np.uint32(w.NEWCOMER)
        out = out | settler.astype(np.uint32) << np.uint32(w.HOMECOMER)
    return out.astype(np.uint32)


def deliver(
    slots: Slots,
    first: Records,
    second: Records,
    vacant: UInt32[np.ndarray, "cell 32"],
    destinations: UInt32[np.ndarray, "kind unit"],
    keys: UInt32[np.ndarray, "3 purpose"],
    layout: Layout,
    generator: str,
) -> Mail:
    """Return what to write so that every record stands in its new unit, or at home if refused."""
    with np.errstate(over="ignore"):
        luck = draw(slots.astype(np.uint32), keys, "destination", generator)
        start = draw(np.arange(len(layout.slots), dtype=np.uint32), keys, "place", generator)
    kind = kinds(first)
    unit = np.zeros(len(slots), np.int64)
    for row in np.unique(kind):
        here = kind == row
        unit[here] = np.searchsorted(destinations[row], luck[here], side="right")
    unit = np.minimum(unit, len(layout.slots) - 1)
    target = np.full(len(slots), -1, np.int64)
    order = np.argsort(unit, kind="stable")
    edges = np.searchsorted(unit[order], np.arange(len(layout.slots) + 1))
    for place in np.flatnonzero(np.diff(edges)):
        who = order[edges[place] : edges[place + 1]]
        found = vacancies(vacant, layout, int(place), len(who), int(start[place]))
        target[who[: len(found)]] = found
    placed = target >= 0
    stays = cleaned(first[~placed], kind[~placed], arrived=False)
    comes = cleaned(first[placed], kind[placed], arrived=True)
    nobody = np.zeros(int(placed.sum()), np.uint32)
    returned = (kind == HOME_OF_FREED) & (w.penal(first) == w.POLITICAL_RETURNEE)
    return Mail(
        slots=np.concatenate([slots[placed], slots[~placed], target[placed]]),
        first=np.concatenate([nobody, stays, comes]),
        second=np.concatenate([nobody, second[~placed], second[placed]]),
        refused=int((~placed).sum()),
        returned=np.where(placed, target, slots)[returned],
        moved=len(nobody),
    )


def vacancies(
    vacant: UInt32[np.ndarray, "cell 32"], layout: Layout, unit: int, wanted: int, start: int
) -> Slots:
    """Return up to ``wanted`` vacant slots of a unit, in order from a keyed word around it."""
    low = int(layout.first[unit]) * WORDS
    size = int(layout.first[unit + 1]) * WORDS - low
    flat = vacant.reshape(-1)[low : low + size].astype("<u4", copy=False)
    begin, step = start % size, max(16, wanted // 4)
    found: list[np.ndarray] = []
    count = 0
    for first, end in ((begin, size), (0, begin)):
        for at in range(first, end, step):
            chunk = flat[at : min(at + step, end)].view(np.uint8)
            lanes = np.flatnonzero(np.unpackbits(chunk, bitorder="little"))
            found.append((low + at) * 32 + lanes)
            count += len(lanes)
            if count >= wanted:
                return np.concatenate(found)[:wanted]
    return np.concatenate(found)
