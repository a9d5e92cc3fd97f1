"""All citizens of a run: blocks of words on the device, planes on the host; one month of them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int64, UInt32

from thaw.model.people import crowds, kernel, kernel_counts, mail, ties
from thaw.model.people.hashing import keys_of
from thaw.model.people.kernel_tables import Tables
from thaw.model.people.layout import CELL, DISTRICT_TIES, LONG_TIES, WORDS, Layout

THREADS = 2
LARGEST_BLOCK = 1024
"""Cells of a block unless said: one block a thread, because calls cost, but not above this."""

Planes = UInt32[np.ndarray, "cell 32"]


@dataclasses.dataclass
class Counts:
    """What the kernel counted in a month, in citizens (not yet scaled), by unit."""

    bins: Int64[np.ndarray, "unit 512"]
    fields: dict[str, Int64[np.ndarray, " unit"]]
    flows: dict[str, Int64[np.ndarray, " unit"]]
    joined: Int64[np.ndarray, " unit"]
    crowd: Int64[np.ndarray, " unit"]
    informed_slots: Int64[np.ndarray, " unit"]
    refused: int


@dataclasses.dataclass
class Citizens:
    """The state: two words a slot in blocks of cells, and three planes of the month before."""

    layout: Layout
    block: int
    words: list[tuple[Any, Any]]
    informed: Planes
    arrested: Planes
    returned: Planes
    generator: str = "mix"

    @property
    def vacant(self) -> Int64[np.ndarray, " unit"]:
        """Vacant slots by unit."""
        alive = [np.asarray(_alive(first)) for first, _ in self.words]
        return self.layout.slots - by_unit(np.concatenate(alive)[: self.layout.cells], self.layout)

    def digest(self) -> str:
        """Return the SHA-256 of the whole state in the order of slots."""
        cells = self.layout.cells
        parts = [
            np.concatenate([np.asarray(pair[k]) for pair in self.words])[:cells] for k in (0, 1)
        ]
        return kernel_counts.digest_words([*parts, self.informed, self.arrested, self.returned])

    def nbytes(self) -> int:
        """Return the bytes of the state."""
        held = sum(a.nbytes + b.nbytes for a, b in self.words)
        return held + self.informed.nbytes + self.arrested.nbytes + self.returned.nbytes


def by_unit(cells: np.ndarray, layout: Layout) -> Int64[np.ndarray, "... unit"]:
    """Return sums over the cells of each unit (last axis)."""
    return np.add.reduceat(np.asarray(cells, np.int64), layout.first[:-1], axis=-1)


def padded(array: np.ndarray, rows: int, fill: int) -> np.ndarray:
    """Return an array with its first axis filled up to ``rows``."""
    extra = np.full((rows - len(array), *array.shape[1:]), fill, array.dtype)
    return np.concatenate([array, extra])


@cache
def stages(generator: str, units: int) -> dict[str, Callable[..., Any]]:
    """Return the compiled functions of a month, each with one kind of output."""
    return {
        "ties": jax.jit(_informed_ties),
        "household": jax.jit(lambda plane, at: ties.household(plane[at])),
        "first": jax.jit(partial(kernel.first_word, generator=generator)),
        "second": jax.jit(partial(kernel.second_word, generator=generator)),
        "planes": jax.jit(kernel_counts.planes),
        "flows": jax.jit(kernel_counts.flows),
        "take": jax.jit(lambda a, b, at: (a.reshape(-1)[at], b.reshape(-1)[at])),
        "put": jax.jit(_put, donate_argnums=(0,)),
        "marks": jax.jit(kernel_counts.marks),
        "sums": jax.jit(kernel_counts.sums),
        "histogram": jax.jit(partial(kernel_counts.histogram, units=units + 1)),
        "cascade": jax.jit(partial(ties.cascade, district_ties=DISTRICT_TIES)),
    }


@jax.jit
def _alive(first: Any) -> Any:
    return jnp.sum(first & jnp.uint32(1), axis=1, dtype=jnp.uint32)


def _informed_ties(plane: Any, at: Any, partner: Any, turn: Any) -> tuple[Any, ...]:
    near = ties.ring(plane[at], 4) + ties.far(plane, partner, turn, LONG_TIES)
    return ties.total(near)


def _put(block: Any, at: Any, values: Any) -> Any:
    return block.reshape(-1).at[at].set(values, mode="drop").reshape(block.shape)


def begin(
    layout: Layout,
    make: Callable[[int], tuple[np.ndarray, np.ndarray]],
    block: int | None = None,
    generator: str = "mix",
) -> Citizens:
    """Return the citizens of January 1953; ``make(unit)`` gives the words of a unit's slots."""
    block = block or min(-(-layout.cells // THREADS), LARGEST_BLOCK)
    blocks = [np.zeros((2, block, CELL), np.uint32) for _ in range(-(-layout.cells // block))]
    for unit in range(len(layout.slots)):
        words = [made.reshape(-1, CELL) for made in make(unit)]
        start, end = int(layout.first[unit]), int(layout.first[unit + 1])
        for k in range(start // block, -(-end // block)):
            low, high = max(start, k * block), min(end, (k + 1) * block)
            for out, made in zip(blocks[k], words, strict=True):
                out[low - k * block : high - k * block] = made[low - start : high - start]
    none = np.zeros((layout.cells, WORDS), np.uint32)
    pairs = []
    while blocks:
        first, second = blocks.pop(0)
        pairs.append((jnp.asarray(first), jnp.asarray(second)))
    return Citizens(layout, block, pairs, none, none.copy(), none.copy(), generator)


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
    layout, count = people.layout, len(people.words)
    keys = keys_of(seed, number, month, people.generator)
    now = kernel.Month(jnp.asarray(tables.unit), jnp.asarray(tables.national), jnp.asarray(keys))
    run = stages(people.generator, len(layout.slots))
    tick = clock or (lambda stage: None)
    shared = {
        name: jnp.asarray(getattr(people, name)) for name in ("informed", "arrested", "returned")
    }
    if watch is not None:
        watch("informed", people.informed)
        watch("tables", tables)

    def one(k: int) -> tuple[Any, ...]:
        block, at, partner, turn = block_of(layout, people.block, k)
        first, second = people.words[k]
        informed_ties = run["ties"](shared["informed"], at, partner, turn)
        held = run["household"](shared["arrested"], at)
        back = run["household"](shared["returned"], at)
        after = run["first"](first, second, informed_ties, held, back, block, now)
        second_after = run["second"](first, second, after, block, now)
        found = run["planes"](first, after, second_after, now)
        flow = run["flows"](first, after, now)
        found = [np.array(plane) for plane in found]
        people.words[k] = (after, second_after)
        leaving = mail.slots_of(found[kernel_counts.PLANES.index("leaving")])
        flow = kernel_counts.unpacked(flow, (16, 16, 16))
        return found, flow, _taken(run, after, second_after, leaving, k, people.block)

    parts = each(one, count)
    tick("months of citizens")
    planes = [np.concatenate([p[0][i] for p in parts])[: layout.cells] for i in range(9)]
    named = dict(zip(kernel_counts.PLANES, planes[:6], strict=True))
    flow_cells = np.concatenate([p[1] for p in parts], axis=1)[:, : layout.cells]
    slots, first, second = (np.concatenate([p[2][i] for p in parts]) for i in range(3))
    letters = mail.deliver(
        slots, first, second, named["vacant"], tables.destinations, keys, layout, people.generator
    )
    if watch is not None:
        watch("mail", letters)
    write(people, letters)
    tick("mail")
    need = np.stack(planes[6:9], axis=1)
    opened = _cascaded(run, named["open"], need, layout)
    crowd = crowds.sizes(disturbances, opened, need, keys, layout, people.generator)
    joined = by_unit(np.bitwise_count(opened & ~named["open"]).sum(axis=1), layout)
    tick("cascade")
    people.informed, people.arrested = named["informed"], named["arrested"]
    people.returned = named["returned"]
    received = letters.first != 0
    heard = received & ~kernel.w.held(letters.first) & (kernel.w.sources(letters.first) > 0)
    mail.set_bits(people.informed, letters.slots[heard])
    mail.set_bits(people.returned, letters.returned)
    counts = count_all(people, year, elapsed)
    tick("counts")
    counts.flows = {
        name: by_unit(flow_cells[i], layout) for i, name in enumerate(kernel_counts.FLOWS)
    }
    counts.joined, counts.crowd, counts.refused = joined, crowd, letters.refused
    return counts


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, THREADS))


def each(function: Callable[[int], Any], count: int) -> list[Any]:
    """Return ``function(k)`` for every block, some at a time; the order of results is fixed."""
    return list(_pool().map(function, range(count)))


_PLACES: dict[tuple[int, int, int], tuple[Any, ...]] = {}


def block_of(layout: Layout, block: int, k: int) -> tuple[Any, ...]:
    """Return the cells of block ``k`` as the kernel wants them; cells past the end have no unit."""
    key = (id(layout), block, k)
    if key not in _PLACES:
        here = slice(k * block, (k + 1) * block)
        cells = np.arange(k * block, (k + 1) * block, dtype=np.uint32)
        unit = padded(layout.unit[here], block, len(layout.slots))
        at = np.minimum(cells, layout.cells - 1).astype(np.int32)
        made = (
            kernel.Block(jnp.asarray(cells), jnp.asarray(unit)),
            jnp.asarray(at),
            jnp.asarray(padded(layout.partner[here], block, 0)),
            jnp.asarray(padded(layout.turn[here], block, 0)),
        )
        _PLACES[key] = made
    return _PLACES[key]


def _bucket(number: int) -> int:
    return max(256, 1 << (number - 1).bit_length()) if number else 256


def _taken(
    run: Any, first: Any, second: Any, leaving: np.ndarray, k: int, block: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    at = np.zeros(_bucket(len(leaving)), np.int32)
    at[: len(leaving)] = leaving
    a, b = run["take"](first, second, jnp.asarray(at))
    slots = leaving + k * block * CELL
    return slots, np.asarray(a)[: len(leaving)], np.asarray(b)[: len(leaving)]


def write(people: Citizens, letters: mail.Mail) -> None:
    """Write the mail into the blocks."""
    run = stages(people.generator, len(people.layout.slots))
    size = people.block * CELL
    which = letters.slots // size
    for k in np.unique(which):
        here = which == k
        number = int(here.sum())
        at = np.full(_bucket(number), size, np.int32)
        at[:number] = letters.slots[here] - k * size
        pair = []
        for words, values in zip(people.words[k], (letters.first, letters.second), strict=True):
            new = np.zeros(len(at), np.uint32)
            new[:number] = values[here]
            pair.append(run["put"](words, jnp.asarray(at), jnp.asarray(new)))
        people.words[k] = (pair[0], pair[1])


def _cascaded(run: Any, start: Planes, need: np.ndarray, layout: Layout) -> Planes:
    given = (start, need, layout.partner, layout.turn)
    return np.asarray(run["cascade"](*(jnp.asarray(array) for array in given)))


def count_all(people: Citizens, year: int, elapsed: int) -> Counts:
    """Return the counts of the present state."""
    layout, units = people.layout, len(people.layout.slots)
    run = stages(people.generator, units)
    when = jnp.uint32(year), jnp.uint32(elapsed)

    def one(k: int) -> tuple[np.ndarray, np.ndarray]:
        first, second = people.words[k]
        block = block_of(layout, people.block, k)[0]
        bins = run["histogram"](first, block.unit, when[0])
        sums = run["sums"](run["marks"](first, second, *when), second)
        return kernel_counts.unpacked(sums, kernel_counts.SUM_SHIFTS), np.asarray(bins)

    parts = each(one, len(people.words))
    cells = np.concatenate([p[0] for p in parts], axis=1)[:, : layout.cells]
    bins = np.sum([p[1].astype(np.int64) for p in parts], axis=0)
    bins = bins.reshape(units + 1, kernel_counts.BINS)[:units]
    sums = by_unit(cells, layout)
    none = np.zeros(units, np.int64)
    informed = by_unit(np.bitwise_count(people.informed).sum(axis=1), layout)
    return Counts(
        bins, dict(zip(kernel_counts.FIELDS, sums, strict=True)), {}, none, none, informed, 0
    )
