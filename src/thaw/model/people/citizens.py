"""All citizens of a run: blocks of words on the device, bit planes on the host; their counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Int64, UInt32

from thaw.model.people import blocks, kernel_counts
from thaw.model.people.layout import CELL, WORDS, Layout

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
class Sheet:
    """What a month finds out about every cell, written block by block.

    The arrays are kept from month to month: if each month took new ones between the blocks of
    words, the heap would fill with holes.
    """

    informed: Planes
    arrested: Planes
    returned: Planes
    vacant: Planes
    open: Planes
    need: UInt32[np.ndarray, "cell 3 32"]
    flows: UInt32[np.ndarray, "flow cell"]

    @classmethod
    def empty(cls, cells: int) -> Sheet:
        """Return a sheet of zeros."""
        return cls(
            **{name: no_bits(cells) for name in ("informed", "arrested", "returned")},
            vacant=no_bits(cells),
            open=no_bits(cells),
            need=np.zeros((cells, 3, WORDS), np.uint32),
            flows=np.zeros((len(kernel_counts.FLOWS), cells), np.uint32),
        )


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

    def __post_init__(self) -> None:
        """Make room for what a month finds out, and a spare block of words for each thread."""
        self.sheet = Sheet.empty(self.layout.cells)
        self.places = blocks.places(self.layout, self.block)
        self.spare: SimpleQueue[Any] = SimpleQueue()
        for _ in range(blocks.THREADS):
            self.spare.put(jnp.zeros((self.block, CELL), jnp.uint32))

    @property
    def run(self) -> dict[str, Callable[..., Any]]:
        """The compiled functions of a month."""
        return blocks.stages(self.generator, len(self.layout.slots))

    @property
    def vacant(self) -> Int64[np.ndarray, " unit"]:
        """Vacant slots by unit."""
        alive = [np.asarray(self.run["alive"](first)) for first, _ in self.words]
        return self.layout.slots - by_unit(np.concatenate(alive)[: self.layout.cells], self.layout)

    def digest(self) -> str:
        """Return the SHA-256 of the whole state in the order of slots."""
        return kernel_counts.digest_words(self._arrays())

    def _arrays(self) -> Iterator[np.ndarray]:
        for k in (0, 1):
            for i, pair in enumerate(self.words):
                here = blocks.rows(self.layout, self.block, i)
                yield np.asarray(pair[k])[: here.stop - here.start]
        yield from (self.informed, self.arrested, self.returned)

    def nbytes(self) -> int:
        """Return the bytes of the state."""
        held = sum(a.nbytes + b.nbytes for a, b in self.words)
        return held + self.informed.nbytes + self.arrested.nbytes + self.returned.nbytes


def no_bits(cells: int) -> Planes:
    """Return a plane of zeros."""
    return np.zeros((cells, WORDS), np.uint32)


def by_unit(cells: np.ndarray, layout: Layout) -> Int64[np.ndarray, "... unit"]:
    """Return sums over the cells of each unit (last axis)."""
    return np.add.reduceat(np.asarray(cells, np.int64), layout.first[:-1], axis=-1)


def begin(
    layout: Layout,
    make: Callable[[int], tuple[np.ndarray, np.ndarray]],
    block: int | None = None,
    generator: str = "mix",
) -> Citizens:
    """Return the citizens of January 1953; ``make(unit)`` gives the words of a unit's slots."""
    size = block or blocks.usual_size(layout)
    made = [np.zeros((2, size, CELL), np.uint32) for _ in range(-(-layout.cells // size))]

    def settle(unit: int) -> None:
        words = np.stack(make(unit)).reshape(2, -1, CELL)
        start, end = int(layout.first[unit]), int(layout.first[unit + 1])
        for k in range(start // size, -(-end // size)):
            low, high = max(start, k * size), min(end, (k + 1) * size)
            made[k][:, low - k * size : high - k * size] = words[:, low - start : high - start]

    for _ in blocks.each(settle, range(len(layout.slots))):
        pass
    pairs = []
    while made:
        first, second = made.pop(0)
        pairs.append((jnp.asarray(first), jnp.asarray(second)))
    none = no_bits(layout.cells)
    return Citizens(layout, size, pairs, none, none.copy(), none.copy(), generator)


def count_all(people: Citizens, year: int, elapsed: int) -> Counts:
    """Return the counts of the present state; ``year`` is less 1850, ``elapsed`` its months."""
    layout, units = people.layout, len(people.layout.slots)
    run, when = people.run, (np.uint32(year), np.uint32(elapsed))
    cells = np.zeros((len(kernel_counts.FIELDS), layout.cells), np.uint32)

    def one(k: int) -> np.ndarray:
        first, second = people.words[k]
        here = blocks.rows(layout, people.block, k)
        sums = run["sums"](run["marks"](first, second, *when), second)
        bins = run["histogram"](first, people.places[k].block.unit, when[0])
        found = kernel_counts.unpacked(sums, kernel_counts.SUM_SHIFTS)
        cells[:, here] = found[:, : here.stop - here.start]
        return np.asarray(bins)

    bins = np.zeros((units + 1) * kernel_counts.BINS, np.int64)
    for part in blocks.each(one, range(len(people.words))):
        bins += part
    sums = by_unit(cells, layout)
    none = np.zeros(units, np.int64)
    informed = by_unit(np.bitwise_count(people.informed).sum(axis=1), layout)
    return Counts(
        bins.reshape(units + 1, kernel_counts.BINS)[:units],
        dict(zip(kernel_counts.FIELDS, sums, strict=True)),
        {},
        none,
        none,
        informed,
        0,
    )
