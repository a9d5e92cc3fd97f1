"""One month of all citizens: their words block by block, the mail, the cascade, the counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Int64, UInt32

from thaw.model.people import blocks, crowds, kernel, kernel_counts, mail
from thaw.model.people import words as w
from thaw.model.people.citizens import Citizens, Counts, Planes, by_unit, count_all
from thaw.model.people.hashing import keys_of
from thaw.model.people.kernel_tables import Tables
from thaw.model.people.layout import CELL

Keys = UInt32[np.ndarray, "3 purpose"]
Records = tuple[mail.Slots, mail.Records, mail.Records]
"""Slots of some citizens and both their words."""


def advance(
    people: Citizens,
    tables: Tables,
    month: int,
    seed: int,
    number: int,
    disturbances: np.ndarray,
    year: int,
    elapsed: int,
    watch: Callable[[str, Any], None] | None = None,
    clock: Callable[[str], None] | None = None,
) -> Counts:
    """Advance everybody by one month, in place, and return the counts at its end.

    ``year`` (less 1850) and ``elapsed`` are those at the end of the month. ``watch(name, value)``
    is told the month's inputs of single districts; ``clock(stage)`` is called after each stage.
    """
    layout, sheet = people.layout, people.sheet
    keys = keys_of(seed, number, month, people.generator)
    tick = clock or (lambda stage: None)
    if watch is not None:
        watch("informed", people.informed)
        watch("tables", tables)
    leaving = _live(people, tables, keys)
    tick("months of citizens")
    letters = mail.deliver(
        *leaving, sheet.vacant, tables.destinations, keys, layout, people.generator
    )
    if watch is not None:
        watch("mail", letters)
    write(people, letters)
    tick("mail")
    joined, crowd = _act(people, disturbances, keys)
    tick("cascade")
    _turn_over(people, letters)
    counts = count_all(people, year, elapsed)
    tick("counts")
    flows = dict(zip(kernel_counts.FLOWS, by_unit(sheet.flows, layout), strict=True))
    return dataclasses.replace(
        counts, flows=flows, joined=joined, crowd=crowd, refused=letters.refused
    )


def _live(people: Citizens, tables: Tables, keys: Keys) -> Records:
    """Replace everybody's words, fill the month's sheet, return who leaves his unit."""
    run = people.run
    now = kernel.Month(*(jnp.asarray(table) for table in (tables.unit, tables.national, keys)))
    informed, arrested, returned = (
        jnp.asarray(plane) for plane in (people.informed, people.arrested, people.returned)
    )

    def one(k: int) -> Records:
        block, at, partner, turn = people.places[k]
        first, second = people.words[k]
        told = run["ties"](informed, at, partner, turn)
        held, back = run["household"](arrested, at), run["household"](returned, at)
        after = run["first"](people.spare.get(), first, second, told, held, back, block, now)
        second_after = run["second"](first, second, after, block, now)
        people.words[k] = (after, second_after)
        planes = run["planes"](first, after, second_after, now)
        found = [np.asarray(plane) for plane in planes]
        _note(people, k, found, run["flows"](first, after, now))
        people.spare.put(first)
        away = mail.slots_of(found[kernel_counts.PLANES.index("leaving")])
        return _taken(people, k, away)

    parts = list(blocks.each(one, range(len(people.words))))
    slots, first, second = (np.concatenate([part[i] for part in parts]) for i in range(3))
    return slots, first, second


def _note(people: Citizens, k: int, found: list[np.ndarray], flows: Any) -> None:
    """Write what a block's month showed into the sheet."""
    sheet, here = people.sheet, blocks.rows(people.layout, people.block, k)
    cells = here.stop - here.start
    for name, plane in zip(kernel_counts.PLANES, found, strict=False):
        if name != "leaving":
            getattr(sheet, name)[here] = plane[:cells]
    for i, plane in enumerate(found[len(kernel_counts.PLANES) :]):
        sheet.need[here, i] = plane[:cells]
    sheet.flows[:, here] = kernel_counts.unpacked(flows, (16, 16, 16))[:, :cells]


def _taken(people: Citizens, k: int, away: np.ndarray) -> Records:
    """Return slots and words of a block's citizens who leave (``away``: slots of the block)."""
    at = np.zeros(blocks.bucket(len(away)), np.int32)
    at[: len(away)] = away
    first, second = people.run["take"](*people.words[k], at)
    slots = away + k * people.block * CELL
    return slots, np.asarray(first)[: len(away)], np.asarray(second)[: len(away)]


def write(people: Citizens, letters: mail.Mail) -> None:
    """Write the mail into the blocks."""
    size = people.block * CELL
    order = np.argsort((letters.slots // size).astype(np.uint16), kind="stable")
    slots = letters.slots[order]
    edges = np.searchsorted(slots // size, np.arange(len(people.words) + 1))
    for k in np.flatnonzero(np.diff(edges)):
        here = slice(edges[k], edges[k + 1])
        number = int(edges[k + 1] - edges[k])
        at = np.full(blocks.bucket(number), size, np.int32)
        at[:number] = slots[here] - k * size
        pair = []
        for words, values in zip(people.words[k], (letters.first, letters.second), strict=True):
            new = np.zeros(len(at), np.uint32)
            new[:number] = values[order[here]]
            pair.append(people.run["put"](words, at, new))
        people.words[k] = (pair[0], pair[1])


def _act(
    people: Citizens, disturbances: np.ndarray, keys: Keys
) -> tuple[Int64[np.ndarray, " unit"], Int64[np.ndarray, " unit"]]:
    """Return by unit who joined those acting openly, and who took part in disturbances."""
    layout, sheet = people.layout, people.sheet
    given = (sheet.open, sheet.need, layout.partner, layout.turn)
    opened: Planes = np.asarray(people.run["cascade"](*given))
    crowd = crowds.sizes(disturbances, opened, sheet.need, keys, layout, people.generator)
    joined = by_unit(np.bitwise_count(opened & ~sheet.open).sum(axis=1), layout)
    return joined, crowd


def _turn_over(people: Citizens, letters: mail.Mail) -> None:
    """Make the month's planes those of the month before, with who came by mail."""
    for name in ("informed", "arrested", "returned"):
        fresh, old = getattr(people.sheet, name), getattr(people, name)
        setattr(people, name, fresh)
        setattr(people.sheet, name, old)
    received = letters.first != 0
    heard = received & ~w.held(letters.first) & (w.sources(letters.first) > 0)
    mail.set_bits(people.informed, letters.slots[heard])
    mail.set_bits(people.returned, letters.returned)
