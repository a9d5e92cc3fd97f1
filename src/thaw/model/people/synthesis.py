"""The first citizens: the state of January 1953 in cohorts, made of whole persons.

Unit totals at liberty and prisoners by class and unit are exact by largest remainder; ages, sexes
and localities are rounded inside units with the error carried on from unit to unit, so that the
union's margins are met to a person or two. Labels (party, settlers, Komsomol, kin) are exact by
unit. Families stand side by side: slots are ordered by household, not by age.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Float, Int64, UInt32

from thaw.model.people import words as w
from thaw.model.people.hashing import hash_words
from thaw.model.people.layout import CELL, Layout, layout_of

HOUSEHOLD = 6
"""Persons of a household block (one generation of children with parents of matching ages)."""
GENERATION = 27
"""Years between parents and children when households are put together."""
MARGIN = 1.12
"""Slots per person of January 1953 beside the foreseen growth."""
_ORDER_SALT, _LABEL_SALT, _BLOCK_SALT = 0x2C1B3C6D, 0x297A2D39, 0x1B56C4E9

Number = int | np.integer
"""A whole number, of Python or out of an array."""


@dataclasses.dataclass(frozen=True)
class Margins:
    """Whole persons of January 1953."""

    free: Int64[np.ndarray, " unit"]
    bins: Int64[np.ndarray, "unit age_sex_locality"]
    prisoners: Int64[np.ndarray, "unit class"]
    inside: Int64[np.ndarray, "unit age_sex"]
    party: Int64[np.ndarray, " unit"]
    komsomol: Int64[np.ndarray, " unit"]
    settlers: Int64[np.ndarray, "unit group"]
    kin: Int64[np.ndarray, " unit"]
    workers: Int64[np.ndarray, " unit"]
    weight: float


def largest_remainder(shares: Float[np.ndarray, "..."], total: int) -> Int64[np.ndarray, "..."]:
    """Return integers in proportion to ``shares`` that add up to ``total`` (ties: first)."""
    flat = np.maximum(np.asarray(shares, float).reshape(-1), 0.0)
    exact = flat * (total / flat.sum()) if flat.sum() > 0 else flat
    out = np.floor(exact).astype(np.int64)
    left = int(total - out.sum()) if flat.sum() > 0 else 0
    out[np.argsort(-(exact - out), kind="stable")[:left]] += 1
    return out.reshape(np.shape(shares))


def carried(
    table: Float[np.ndarray, "row bin"], totals: Int64[np.ndarray, " row"]
) -> Int64[np.ndarray, "row bin"]:
    """Return whole numbers with exact row totals; each bin's error is carried to the next row."""
    out = np.zeros(table.shape, np.int64)
    carry = np.zeros(table.shape[1])
    for row, total in enumerate(totals):
        wanted = table[row] * (total / table[row].sum() if table[row].sum() > 0 else 0.0) + carry
        low = np.where(table[row] > 0, np.maximum(np.floor(wanted), 0.0), 0.0)
        short = round(total - low.sum())
        order = np.argsort(-np.where(table[row] > 0, wanted - low, -np.inf), kind="stable")
        low[order[:short]] += 1 if short > 0 else 0
        for at in order[::-1] if short < 0 else ():
            if short == 0:
                break
            short, low[at] = (short + 1, low[at] - 1) if low[at] > 0 else (short, low[at])
        out[row] = low
        carry = wanted - low
    return out


def margins(start: Any, people: int | str, params: dict[str, float], workers: float) -> Margins:
    """Return the whole-number margins of the first month for ``people`` citizens or ``"all"``.

    ``start`` is the state of cohorts in January 1953; ``workers`` the record's number of workers
    and employees of 1953.
    """
    persons = np.asarray(start.persons, float)
    prisoners = np.asarray(start.prisoners, float).T
    everybody = persons.sum() + prisoners.sum()
    number = round(everybody) if people == "all" else int(people)
    scale = number / everybody
    by_unit = np.concatenate([persons.sum(axis=(0, 1, 2))[:, None], prisoners], axis=1)
    whole = largest_remainder(by_unit, number)
    free = whole[:, 0]
    bins = carried(persons.reshape(-1, persons.shape[-1]).T, free)
    ages = persons.sum(axis=(2, 3)) * _profile(persons.shape[0], params)
    inside = carried(np.repeat(ages.reshape(1, -1), len(free), axis=0), whole[:, 1:].sum(axis=1))
    adults = np.asarray(start.adults, float)
    settlers = np.asarray(start.settlers, float).T
    young = bins.reshape(len(free), -1, 2, 2)[:, 17:29].sum(axis=(1, 2, 3))
    return Margins(
        free=free,
        bins=bins,
        prisoners=whole[:, 1:],
        inside=inside,
        party=largest_remainder(adults[:, 0], round(adults[:, 0].sum() * scale)),
        komsomol=np.rint(young * params["people.komsomol_coverage"]).astype(np.int64),
        settlers=largest_remainder(settlers, round(settlers.sum() * scale)),
        kin=largest_remainder(
            free.astype(float), round(params["people.kin_degree"] * whole[:, 1:].sum())
        ),
        workers=largest_remainder(np.asarray(start.urban, float), round(workers * scale)),
        weight=everybody / number,
    )


def _profile(ages: int, params: dict[str, float]) -> Float[np.ndarray, "age sex"]:
    column = np.zeros(ages)
    column[18:56] = 1.0
    return np.stack([column, column * params["people.custody_women"]], axis=1)


def layout_for(
    found: Margins,
    fields: dict[str, np.ndarray],
    start: Any,
    params: dict[str, float],
    months: int,
    called: Float[np.ndarray, " unit"],
) -> Layout:
    """Return the layout with room for the growth that the first month's rates foretell.

    Natural increase, moves to towns and the return of settlers at the rates of January 1953 over
    :func:`horizon` months, ``called`` persons to new lands, and ``MARGIN`` more; a unit never gets
    less than its people and margin.
    """
    persons = np.asarray(start.persons, float)
    rural = np.einsum("asu,as->u", persons[:, :, 1], fields["leaving"]) * fields["pull"]
    far = fields["far_share"] * rural
    deaths = (persons * (1 - fields["survival"])[..., None]).sum(axis=(0, 1, 2))
    monthly = fields["born"].sum(axis=0) - deaths - far + far.sum() * fields["town_weight"]
    home = np.asarray(start.settlers, float).sum(axis=1) @ fields["homes"]
    freed = np.asarray(start.prisoners, float).sum() * fields["civil"] / fields["civil"].sum()
    growth = np.maximum(monthly * horizon(months), 0.0) + called
    growth += params["people.settler_return"] * home + params["people.return_home"] * freed
    now = found.free + found.prisoners.sum(axis=1)
    room = now * MARGIN + growth / found.weight
    return layout_of(np.maximum(-(-np.ceil(room).astype(np.int64) // CELL), 1))


def horizon(months: int) -> int:
    """Return the months for which slots are provided: to the end of 1964, or else of 1970.

    It takes two values only, so that a shorter run is the beginning of a longer one.
    """
    return 144 if months <= 145 else 216


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


def _bins(number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return place, woman, urban of each bin of (age, sex, locality)."""
    age, sex, locality = np.unravel_index(np.arange(number), (number // 4, 2, 2))
    return age, sex, 1 - locality


def _base(age: np.ndarray, sex: np.ndarray, urban: np.ndarray) -> UInt32[np.ndarray, " person"]:
    birth = 1952 - w.FIRST_BIRTH_YEAR - age
    return (1 | sex << w.WOMAN | urban << w.URBAN | birth << w.BIRTH_YEAR).astype(np.uint32)


def _at_liberty(
    found: Margins, unit: int, params: dict[str, float], first: int, seed: int
) -> tuple[UInt32[np.ndarray, " person"], UInt32[np.ndarray, " person"]]:
    place, sex, urban = (np.repeat(x, found.bins[unit]) for x in _bins(found.bins.shape[1]))
    order = _households(place, urban, first, seed)
    place, sex, urban = place[order], sex[order], urban[order]
    word = _base(place, sex, urban)
    ids = first + np.arange(len(word))
    luck = hash_words(ids, _LABEL_SALT ^ seed)
    block = hash_words(first + np.arange(len(word)) // HOUSEHOLD, _BLOCK_SALT ^ seed)
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
    luck = hash_words(first + np.arange(len(place)), _ORDER_SALT ^ seed)
    generation = np.where(place < 20, place + GENERATION, place) + (luck & 3)
    by_age = np.argsort((1 - urban) * 256 + generation, kind="stable")
    blocks = -(-len(place) // HOUSEHOLD)
    shuffled = hash_words(first + np.arange(blocks), _ORDER_SALT + 1 ^ seed).astype(np.int64)
    country = (1 - urban)[by_age][np.minimum(np.arange(blocks) * HOUSEHOLD, len(place) - 1)]
    order = np.argsort(country * 2**33 + shuffled, kind="stable")
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
    chosen = who[np.argsort(luck[who], kind="stable")[: max(int(number), 0)]]
    word[chosen] |= np.uint32(bits)
    return word


def _settle(
    word: np.ndarray, urban: np.ndarray, groups: np.ndarray, block: np.ndarray
) -> UInt32[np.ndarray, " person"]:
    """Mark special settlers by whole households, in the countryside first, outside the party."""
    outside = word >> w.PARTY & 1 == 0
    key = (urban.astype(np.int64) * 2 + ~outside) * 2**33 + block
    order = np.argsort(key, kind="stable")[: int(groups.sum())]
    codes = np.repeat(np.arange(len(groups)) + w.FIRST_SETTLER, groups)[: len(order)]
    word[order] |= (codes << w.PENAL).astype(np.uint32)
    return word


def _classes(
    place: np.ndarray, urban: np.ndarray, workers: Number, luck: np.ndarray
) -> UInt32[np.ndarray, " person"]:
    """Return class labels: workers and employees by the record's number, towns first."""
    active = (place >= 17) & (place < 61)
    key = np.where(active, (1 - urban) * 2.0**32 + luck, np.inf)
    chosen = np.argsort(key, kind="stable")[: min(int(workers), int(active.sum()))]
    code = np.where(active & (urban == 0), 2, 0)
    code[chosen] = 1
    return (code.astype(np.uint32)) << np.uint32(w.CLASS)


def _prisoners(found: Margins, unit: int, first: int, seed: int) -> UInt32[np.ndarray, " person"]:
    ages = found.inside.shape[1] // 2
    age, sex = np.unravel_index(np.arange(2 * ages), (ages, 2))
    place, woman = np.repeat(age, found.inside[unit]), np.repeat(sex, found.inside[unit])
    towns = found.bins[unit].reshape(-1, 2, 2)[:, :, 0].sum() / max(found.free[unit], 1)
    luck = hash_words(first + np.arange(len(place)), _LABEL_SALT + 3 ^ seed)
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
    ids = first + np.arange(number)
    out = np.zeros(number, np.uint32)
    for k, (name, shift) in enumerate((("esteem", w.ESTEEM), ("trust", w.TRUST))):
        mean = params[f"people.{name}_start"]
        u = hash_words(ids, _LABEL_SALT + 8 + k ^ seed) / 2.0**32
        value = mean + min(mean, 1 - mean) * (2 * u - 1)
        noise = hash_words(ids, _LABEL_SALT + 10 + k ^ seed) / 2.0**32
        out |= np.floor(value * 255 + noise).astype(np.uint32) << np.uint32(shift)
    level = hash_words(ids, _LABEL_SALT + 12 ^ seed) >> np.uint32(26)
    return out | level << np.uint32(w.THRESHOLD)


def workers_1953() -> float:
    """Return workers and employees of 1953, between the record's years at a constant rate."""
    from thaw import record

    rows = record.series("industry.workers_employees", place="USSR")
    years = rows["start"].dt.year.to_numpy(dtype=float)
    order = np.argsort(years)
    logs = np.log(rows["value"].to_numpy(dtype=float) * 1e6)
    return float(np.exp(np.interp(1953.0, years[order], logs[order])))
