"""Blocks of cells: how citizens are cut up for compiled code, what is compiled, who works on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int32, UInt32

from thaw.model.people import kernel, kernel_counts, ties
from thaw.model.people.layout import DISTRICT_TIES, LONG_TIES, Layout

THREADS = 2
LARGEST_BLOCK = 1024
"""Cells of a block unless said: one block a thread, because calls cost, but not above this."""


class Place(NamedTuple):
    """The cells of a block as the kernel wants them; cells past the end have no unit."""

    block: kernel.Block
    at: Int32[Array, " cell"]
    partner: Int32[Array, "cell tie"]
    turn: UInt32[Array, "cell tie"]


def usual_size(layout: Layout) -> int:
    """Return the cells of a block unless said."""
    return min(-(-layout.cells // THREADS), LARGEST_BLOCK)


def places(layout: Layout, block: int) -> list[Place]:
    """Return where every block stands, for blocks of ``block`` cells."""
    return [_place(layout, block, k) for k in range(-(-layout.cells // block))]


def _place(layout: Layout, block: int, k: int) -> Place:
    here = rows(layout, block, k)
    cells = np.arange(k * block, (k + 1) * block, dtype=np.uint32)
    unit = _padded(layout.unit[here], block, len(layout.slots))
    at = np.minimum(cells, layout.cells - 1).astype(np.int32)
    partner, turn = (_padded(ties[here], block, 0) for ties in (layout.partner, layout.turn))
    return Place(
        kernel.Block(jnp.asarray(cells), jnp.asarray(unit)),
        jnp.asarray(at),
        jnp.asarray(partner),
        jnp.asarray(turn),
    )


def rows(layout: Layout, block: int, k: int) -> slice:
    """Return the cells of block ``k``; the last block is shorter."""
    return slice(k * block, min((k + 1) * block, layout.cells))


def _padded(array: np.ndarray, length: int, fill: int) -> np.ndarray:
    extra = np.full((length - len(array), *array.shape[1:]), fill, array.dtype)
    return np.concatenate([array, extra])


@cache
def stages(generator: str, units: int) -> dict[str, Callable[..., Any]]:
    """Return the compiled functions of a month, each with one kind of output.

    Words stay where they are in memory: ``second`` and ``put`` write over their old words,
    ``first`` into a spare block given up to it (planes and flows still need the old word).
    """
    return {
        "ties": jax.jit(_informed_ties),
        "household": jax.jit(_household),
        "first": jax.jit(
            partial(_first_into, generator=generator), donate_argnums=(0,), keep_unused=True
        ),
        "second": jax.jit(partial(kernel.second_word, generator=generator), donate_argnums=(1,)),
        "planes": jax.jit(kernel_counts.planes),
        "flows": jax.jit(kernel_counts.flows),
        "take": jax.jit(_take),
        "put": jax.jit(_put, donate_argnums=(0,)),
        "alive": jax.jit(_alive),
        "marks": jax.jit(kernel_counts.marks),
        "sums": jax.jit(kernel_counts.sums),
        "histogram": jax.jit(partial(kernel_counts.histogram, units=units + 1)),
        "cascade": jax.jit(partial(ties.cascade, district_ties=DISTRICT_TIES)),
    }


def _first_into(spare: Any, *given: Any, generator: str) -> Any:
    del spare
    return partial(kernel.first_word, generator=generator)(*given)


def _alive(first: Any) -> Any:
    return jnp.sum(first & jnp.uint32(1), axis=1, dtype=jnp.uint32)


def _household(plane: Any, at: Any) -> Any:
    return ties.household(plane[at])


def _informed_ties(plane: Any, at: Any, partner: Any, turn: Any) -> tuple[Any, ...]:
    near = ties.ring(plane[at], 4) + ties.far(plane, partner, turn, LONG_TIES)
    return ties.total(near)


def _take(first: Any, second: Any, at: Any) -> tuple[Any, Any]:
    return first.reshape(-1)[at], second.reshape(-1)[at]


def _put(block: Any, at: Any, values: Any) -> Any:
    return block.reshape(-1).at[at].set(values, mode="drop").reshape(block.shape)


def bucket(number: int) -> int:
    """Return the length to which a list is filled up, so that few lengths are compiled."""
    return max(256, 1 << (number - 1).bit_length()) if number else 256


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, THREADS))


def each(function: Callable[[int], Any], items: Iterable[int]) -> Iterator[Any]:
    """Yield ``function(k)`` for every item, some at a time; the order of results is fixed."""
    return _pool().map(function, items)
