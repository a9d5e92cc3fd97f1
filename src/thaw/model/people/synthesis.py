"""The first citizens: the whole persons of January 1953 as words in slots, unit by unit.

Labels (party, settlers, Komsomol, kin) are exact by unit. Families stand side by side: slots are
ordered by household, not by age.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64, UInt32

from thaw.model.people import words as w
from thaw.model.people.hashing import hash_words
from thaw.model.people.layout import CELL, Layout
from thaw.model.people.margins import Margins

HOUSEHOLD = 6
"""Persons of a household block (one generation of children with parents of matching ages)."""
GENERATION = 27
"""Years between parents and children when households are put together."""
_ORDER_SALT, _LABEL_SALT, _BLOCK_SALT = 0x2C1B3C6D, 0x297A2D39, 0x1B56C4E9

Number = int | np.integer
"""A whole number, of Python or out of an array."""


def unit_words(
    found: Margins, layout: Layout, unit: int, params: dict[str, float], seed: int
) -> tuple[UInt32[np.ndarray, " slot"], UInt32[np.ndarray, " slot"]]:
    """Return both words of every slot of a unit in January 1953; a function of its arguments."""
    first = int(layout.first[unit]) * CELL
    slots = int(layout.slots[unit])
    free, second_free = _at_liberty(found, unit, params, first, seed)
    held = _prisoners(found, unit, first, seed)
    word = np.concatenate([free, held])
    start = _attitudes(len(word), params, first, seed)
    start[: len(free)] |= second_free
    at = np.arange(len(word), dtype=np.int64) * slots // max(len(word), 1)
    out, second = np.zeros(slots, np.uint32), np.zeros(slots, np.uint32)
    out[at], second[at] = word, start
    return out, second


def _ids(first: int, number: int) -> UInt32[np.ndarray, " person"]:
    return np.arange(first, first + number, dtype=np.uint32)


def _bins(number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return place, woman, urban of each bin of (age, sex, locality), as short integers."""
    age, sex, locality = np.unravel_index(np.arange(number), (number // 4, 2, 2))
    return age.astype(np.int16), sex.astype(np.int16), (1 - locality).astype(np.int16)


def _base(age: np.ndarray, sex: np.ndarray, urban: np.ndarray) -> UInt32[np.ndarray, " person"]:
    birth = (1952 - w.FIRST_BIRTH_YEAR - age).astype(np.uint32) << np.uint32(w.BIRTH_YEAR)
    word = birth | sex.astype(np.uint32) << np.uint32(w.WOMAN) | np.uint32(1)
    return np.asarray(word | urban.astype(np.uint32) << np.uint32(w.URBAN))


def _at_liberty(
    found: Margins, unit: int, params: dict[str, float], first: int, seed: int
) -> tuple[UInt32[np.ndarray, " person"], UInt32[np.ndarray, " person"]]:
    place, sex, urban = (np.repeat(x, found.bins[unit]) for x in _bins(found.bins.shape[1]))
    order = _households(place, urban, first, seed)
    place, sex, urban = place[order], sex[order], urban[order]
    word = _base(place, sex, urban)
    ids = _ids(first, len(word))
    luck = hash_words(ids, _LABEL_SALT ^ seed)
    household = np.arange(len(word), dtype=np.uint32) // HOUSEHOLD
    block = hash_words(np.uint32(first) + household, _BLOCK_SALT ^ seed)
    word = _label(word, place >= 19, found.party[unit], luck, 1 << w.PARTY)
    young = (place >= 17) & (place < 29) & (word >> w.PARTY & 1 == 0)
    word = _label(word, young, found.komsomol[unit], luck, 1 << w.KOMSOMOL)
    later = hash_words(ids, _LABEL_SALT + 1 ^ seed) / 2.0**32
    child = (place < 17) & (later < params["people.komsomol_coverage"])
    word |= child.astype(np.uint32) << np.uint32(w.KOMSOMOL)
    word = _settle(word, urban, found.settlers[unit], block)
    member = np.arange(len(word), dtype=np.uint64) % 65536
    by_block = (block.astype(np.uint64) << np.uint64(16)) | member
    word = _label(word, np.ones(len(word), bool), found.kin[unit], by_block, 1 << w.KIN_HELD)
    wary = hash_words(ids, _LABEL_SALT + 2 ^ seed) / 2.0**32
    part = params["people.complex_k"] % 1.0
    word |= (wary < part).astype(np.uint32) << np.uint32(w.WARY)
    return word, _classes(place, urban, found.workers[unit], luck)


def _households(
    place: np.ndarray, urban: np.ndarray, first: int, seed: int
) -> Int64[np.ndarray, " person"]:
    """Return an order in which families stand together: towns first, households shuffled.

    Parents and children meet because persons are sorted by the age of the parental generation.
    """
    luck = hash_words(_ids(first, len(place)), _ORDER_SALT ^ seed)
    generation = np.where(place < 20, place + GENERATION, place) + (luck & 3).astype(np.int16)
    by_age = np.argsort((1 - urban) * 256 + generation, kind="stable")
    blocks = -(-len(place) // HOUSEHOLD)
    shuffled = hash_words(first + np.arange(blocks), _ORDER_SALT + 1 ^ seed).astype(np.int64)
    country = 1 - urban[by_age[np.minimum(np.arange(blocks) * HOUSEHOLD, len(place) - 1)]]
    order = np.argsort(country.astype(np.int64) * 2**33 + shuffled, kind="stable")
    members = (order[:, None] * HOUSEHOLD + np.arange(HOUSEHOLD)).reshape(-1)
    return by_age[members[members < len(place)]]


def _label(
    word: UInt32[np.ndarray, " person"],
    may: np.ndarray,
    number: Number,
    luck: np.ndarray,
    bits: int,
) -> UInt32[np.ndarray, " person"]:
    """Set ``bits`` for exactly ``number`` of those who may have them, lowest luck first."""
    who = np.flatnonzero(may)
    word[who[lowest(luck[who], number)]] |= np.uint32(bits)
    return word


def lowest(keys: np.ndarray, number: Number) -> Int64[np.ndarray, " chosen"]:
    """Return where the ``number`` lowest keys stand, of equal ones the first; in no set order.

    Equal keys stand in the order of their places. Much faster than a sort.
    """
    count = min(int(number), len(keys))
    if count <= 0:
        return np.zeros(0, np.int64)
    highest = np.partition(keys, count - 1)[count - 1]
    below = np.flatnonzero(keys < highest)
    return np.concatenate([below, np.flatnonzero(keys == highest)[: count - len(below)]])


def _settle(
    word: np.ndarray, urban: np.ndarray, groups: np.ndarray, block: np.ndarray
) -> UInt32[np.ndarray, " person"]:
    """Mark special settlers by whole households, in the countryside first, outside the party."""
    outside = word >> w.PARTY & 1 == 0
    key = (urban.astype(np.int64) * 2 + ~outside) * 2**33 + block
    chosen = lowest(key, groups.sum())
    order = chosen[np.argsort(key[chosen], kind="stable")]
    codes = np.repeat(np.arange(len(groups)) + w.FIRST_SETTLER, groups)[: len(order)]
    word[order] |= (codes << w.PENAL).astype(np.uint32)
    return word


def _classes(
    place: np.ndarray, urban: np.ndarray, workers: Number, luck: np.ndarray
) -> UInt32[np.ndarray, " person"]:
    """Return class labels: workers and employees by the record's number, towns first."""
    active = (place >= 17) & (place < 61)
    who = np.flatnonzero(active)
    key = (1 - urban[who]).astype(np.int64) * 2**32 + luck[who]
    code = np.where(active & (urban == 0), np.uint32(2), np.uint32(0))
    code[who[lowest(key, workers)]] = 1
    return code << np.uint32(w.CLASS)


def _prisoners(found: Margins, unit: int, first: int, seed: int) -> UInt32[np.ndarray, " person"]:
    ages = found.inside.shape[1] // 2
    age, sex = np.unravel_index(np.arange(2 * ages), (ages, 2))
    place, woman = np.repeat(age, found.inside[unit]), np.repeat(sex, found.inside[unit])
    towns = found.bins[unit].reshape(-1, 2, 2)[:, :, 0].sum() / max(found.free[unit], 1)
    luck = hash_words(_ids(first, len(place)), _LABEL_SALT + 3 ^ seed)
    urban = (luck / 2.0**32 < towns).astype(np.int64)
    order = np.argsort(luck ^ np.uint32(0x9E3779B9), kind="stable")
    code = np.zeros(len(place), np.int64)
    code[order] = np.repeat(np.arange(1, 5), found.prisoners[unit])
    return _base(place, woman, urban) | (code << w.PENAL).astype(np.uint32)


def _attitudes(
    number: int, params: dict[str, float], first: int, seed: int
) -> UInt32[np.ndarray, " person"]:
    """Return second words: esteem and trust spread evenly around their means, thresholds even.

    The spread is the widest even one around the mean that stays within 0-1 (a judgement).
    """
    ids = _ids(first, number)
    out = np.zeros(number, np.uint32)
    for k, (name, shift) in enumerate((("esteem", w.ESTEEM), ("trust", w.TRUST))):
        mean = params[f"people.{name}_start"]
        u = hash_words(ids, _LABEL_SALT + 8 + k ^ seed) / 2.0**32
        value = mean + min(mean, 1 - mean) * (2 * u - 1)
        noise = hash_words(ids, _LABEL_SALT + 10 + k ^ seed) / 2.0**32
        out |= np.floor(value * 255 + noise).astype(np.uint32) << np.uint32(shift)
    level = hash_words(ids, _LABEL_SALT + 12 ^ seed) >> np.uint32(26)
    return out | level << np.uint32(w.THRESHOLD)
