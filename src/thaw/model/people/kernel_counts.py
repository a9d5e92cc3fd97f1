"""What is read off citizens after a month: bit planes, flows, sums by cell, the age histogram.

Everything is integer; sums over the slots of a cell fit into 20 or 16 bits, two to a word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int32, UInt32

from thaw.model.people import kernel_tables as kt
from thaw.model.people import words as w
from thaw.model.people.kernel import LETTER_CLASS, Month, Word, audience
from thaw.model.people.layout import WORDS


def _u(value: Any) -> Array:
    return jnp.uint32(value)


def _int(value: Any) -> Array:
    return value.astype(jnp.int32)


def _one(condition: Any) -> Array:
    return condition.astype(jnp.uint32)


def pack(lanes: Word) -> UInt32[Array, "cell 32"]:
    """Return the bit plane of 0/1 lanes."""
    shifted = lanes.reshape(lanes.shape[0], WORDS, 32) << jnp.arange(32, dtype=jnp.uint32)
    return jnp.sum(shifted, axis=-1, dtype=jnp.uint32)


def row_sums(values: Sequence[Array]) -> tuple[Array, ...]:
    """Return the sum of each array over its last axis, all in one pass over the slots.

    XLA on CPU runs one reduction of many arrays seven times faster than many reductions.
    """
    zeros = tuple(_u(0) for _ in values)

    def add(a: tuple[Array, ...], b: tuple[Array, ...]) -> tuple[Array, ...]:
        return tuple(x + y for x, y in zip(a, b, strict=True))

    return tuple(jax.lax.reduce(tuple(values), zeros, add, (values[0].ndim - 1,)))


PLANES = ("informed", "arrested", "returned", "vacant", "leaving", "open")


def planes(
    word: Word, after: Word, second_after: Word, month: Month
) -> tuple[UInt32[Array, "cell 32"], ...]:
    """Return the bit planes of PLANES and the three planes of open ties needed."""
    scalar = [month.national[kt.SCALARS + kt.SCALAR_NAMES.index(n)] for n in ("year", "elapsed")]
    elapsed = scalar[1] % _u(12) + _u(1)
    alive, leaving = w.bit(after, w.ALIVE), w.bit(after, w.LEAVING) & w.bit(after, w.ALIVE)
    settled = alive & ~leaving & _one(~w.held(after))
    was_held = _one(w.held(word)) & w.bit(word, w.ALIVE)
    arrested = alive & _one(w.held(after)) & (_u(1) - was_held) & w.bit(word, w.ALIVE)
    returned = settled & was_held & _one(w.penal(after) == w.POLITICAL_RETURNEE)
    adult = _one(w.age(after, second_after, scalar[0], elapsed) >= _u(16)) & settled
    need = month.national[_int(_u(kt.NEED) + w.field(second_after, w.THRESHOLD, 63))] * adult
    lanes = (
        settled & _one(w.sources(after) > 0),
        arrested,
        returned,
        _u(1) - alive,
        leaving,
        settled & (w.bit(after, w.STRIKE) | w.bit(after, w.CROWD)),
        need & _u(1),
        need >> _u(1) & _u(1),
        need >> _u(2),
    )
    bits = jnp.arange(32, dtype=jnp.uint32)
    return row_sums([lane.reshape(-1, WORDS, 32) << bits for lane in lanes])


FLOWS = ("births", "deaths", "infant_losses", "deaths_at_one", "letters_convicted", "arrests")


def flows(word: Word, after: Word, month: Month) -> tuple[UInt32[Array, " cell"], ...]:
    """Return births, deaths and their parts, convictions for letters and arrests, packed."""
    year = month.national[kt.SCALARS + kt.SCALAR_NAMES.index("year")]
    was, is_ = w.bit(word, w.ALIVE), w.bit(after, w.ALIVE)
    lost = (_u(1) - is_) & w.bit(after, w.STATUS_MOVE)
    born = ((_u(1) - was) & is_) | lost
    died = was & (_u(1) - is_)
    at_one = died & _one(year - w.birth_year(word) == 1)
    taken = was & is_ & _one(w.held(after)) & _one(~w.held(word))
    written = taken & w.bit(after, w.LETTER) & _one(w.penal(after) == LETTER_CLASS)

    halves = ((born, died), (lost, at_one), (written, taken))
    return row_sums([low | high << _u(16) for low, high in halves])


FIELDS = (
    *(f"{name}_{g}" for g in range(3) for name in ("esteem", "adults", "trust", "informed")),
    "grievance",
    "kin_returned",
    "kin_cleared",
    "newcomers",
    "homecomers",
    "kin_held",
    *(f"settlers_{s}" for s in range(8)),
    "returnees_0",
    "returnees_1",
    "grumble",
    "letter",
    "strike",
    "crowd",
)
"""Counts and sums by cell, of citizens at liberty unless said."""


def marks(word: Word, second: Word, year: Array, elapsed: Array) -> Word:
    """Return what the sums need in one word: bits 0-1 audience (3 none), 2 free, 3 informed.

    Bits 4-6 tell kin who returned, kin cleared, newcomer; 7 homecomer; 8 kin in custody; 9-12 the
    penal code of those at liberty; 13-16 acts. All but 2, 7 and 9-12 stand for adults only.
    """
    free = w.bit(word, w.ALIVE) & _one(~w.held(word))
    group = jnp.where(free == 1, audience(word, w.age(word, second, year, elapsed)), _u(3))
    adult = _one(group != 3)
    return (
        group
        | free << _u(2)
        | (adult & _one(w.sources(word) > 0)) << _u(3)
        | (adult & w.bit(word, w.KIN_RETURNED)) << _u(4)
        | (adult & w.bit(word, w.KIN_CLEARED)) << _u(5)
        | (adult & w.bit(word, w.NEWCOMER)) << _u(6)
        | (free & w.bit(word, w.HOMECOMER)) << _u(7)
        | (adult & w.bit(word, w.KIN_HELD)) << _u(8)
        | (free * w.penal(word)) << _u(9)
        | (adult * w.field(word, w.GRUMBLE, 15)) << _u(13)
    )


def sums(marked: Word, second: Word) -> tuple[UInt32[Array, " cell"], ...]:
    """Return the fields of FIELDS by cell from the marks, two packed into each array."""

    def pair(low: Word, high: Word, shift: int) -> list[Array]:
        return [low | high << _u(shift)]

    out: list[Array] = []
    group, code = marked & _u(3), w.field(marked, 9, 15)
    esteem, trust = w.field(second, w.ESTEEM, 255), w.field(second, w.TRUST, 255)
    for g in range(3):
        here = _one(group == g)
        out += pair(esteem * here, here, 20) + pair(trust * here, here & w.bit(marked, 3), 20)
    sore = w.field(second, w.GRIEVANCE, 255) * _one(group != 3)
    out += pair(sore, w.bit(marked, 4), 20)
    out += pair(w.bit(marked, 5), w.bit(marked, 6), 16)
    out += pair(w.bit(marked, 7), w.bit(marked, 8), 16)
    for s in range(0, 8, 2):
        out += pair(_one(code == w.FIRST_SETTLER + s), _one(code == w.FIRST_SETTLER + s + 1), 16)
    out += pair(_one(code == w.ORDINARY_RETURNEE), _one(code == w.POLITICAL_RETURNEE), 16)
    for act in (13, 15):
        out += pair(w.bit(marked, act), w.bit(marked, act + 1), 16)
    return row_sums(out)


SUM_SHIFTS = (20,) * 7 + (16,) * 9
"""Position of the upper field in each array of :func:`sums`."""


def unpacked(packed: Sequence[Any], shifts: Sequence[int]) -> UInt32[np.ndarray, "field cell"]:
    """Return the fields of packed sums, lower then upper, as one array."""
    out: list[np.ndarray] = []
    for array, shift in zip(packed, shifts, strict=True):
        numbers = np.asarray(array)
        out += [numbers & np.uint32((1 << shift) - 1), numbers >> np.uint32(shift)]
    return np.stack(out)


BINS = 512
HELD_BIN = 102
"""Bins 102-105 of the first group of 128 count prisoners by class; the rest are (woman, urban)."""


def histogram(
    word: Word, unit: Int32[Array, " cell"], year: Array, units: int
) -> Int32[Array, " n"]:
    """Return persons at liberty by unit, sex, locality, place of the age axis; prisoners too."""
    place = jnp.minimum(year - w.birth_year(word), _u(101))
    group = w.bit(word, w.WOMAN) << _u(1) | w.bit(word, w.URBAN)
    free = group << _u(7) | place
    at = _int(jnp.where(w.held(word), _u(HELD_BIN - 1) + w.penal(word), free))
    at = unit[:, None] * jnp.int32(BINS) + at
    alive = _int(w.bit(word, w.ALIVE))
    return (
        jnp.zeros(units * BINS, jnp.int32)
        .at[at.reshape(-1)]
        .add(alive.reshape(-1), mode="promise_in_bounds")
    )


def digest_words(numbers: Iterable[np.ndarray]) -> str:
    """Return the SHA-256 of arrays of uint32 in order, little-endian."""
    total = hashlib.sha256()
    for array in numbers:
        total.update(np.ascontiguousarray(array, dtype="<u4").tobytes())
    return total.hexdigest()
