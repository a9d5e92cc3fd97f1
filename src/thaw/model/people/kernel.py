"""One month of every citizen in integers (docs/model/people-kernel.md holds the specification).

Each function works on a block of whole cells and returns one array, because XLA on CPU would
otherwise compute shared work once for each output. No floats, no ``jax.random``; every draw is
keyed by slot, so results do not depend on blocks or threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int32, UInt32

from thaw.model.people import kernel_tables as kt
from thaw.model.people import words as w
from thaw.model.people.hashing import draw
from thaw.model.people.layout import CELL

Word = UInt32[Array, "cell 1024"]
CUSTODY_FIRST, CUSTODY_LAST = 18, 55
RECRUIT_FIRST, RECRUIT_LAST = 17, 30
LETTER_CLASS = 4
"""Penal code of those convicted for a letter or leaflet: political."""


class Block(NamedTuple):
    """What a block of cells needs beside its own words."""

    cells: UInt32[Array, " cell"]
    unit: Int32[Array, " cell"]


class Month(NamedTuple):
    """The tables and keys of the month, the same for every block."""

    unit: UInt32[Array, "unit 912"]
    national: UInt32[Array, " 704"]
    keys: UInt32[Array, "3 purpose"]


def _u(value: Any) -> Array:
    return jnp.uint32(value)


def _int(value: Any) -> Array:
    return value.astype(jnp.int32)


def _one(condition: Any) -> Array:
    return condition.astype(jnp.uint32)


class _Look:
    """Look-ups and draws of a block in a month."""

    def __init__(self, block: Block, month: Month, generator: str) -> None:
        lanes = jnp.arange(CELL, dtype=jnp.uint32)
        self.slot = block.cells[:, None] * _u(CELL) + lanes
        self.row = block.unit[:, None] * jnp.int32(kt.UNIT_WIDTH)
        self.table, self.national = month.unit.reshape(-1), month.national
        self.keys, self.generator = month.keys, generator

    def draw(self, purpose: str) -> Word:
        return draw(self.slot, self.keys, purpose, self.generator)

    def here(self, column: Any) -> Array:
        """Return a column of the unit's row: by cell for a fixed column, else by slot."""
        if isinstance(column, int):
            found = self.table.at[self.row + column].get(mode="promise_in_bounds")
            return jax.lax.optimization_barrier(found)
        return self.table.at[self.row + _int(column)].get(mode="promise_in_bounds")

    def everywhere(self, place: Any) -> Array:
        return self.national.at[_int(place)].get(mode="promise_in_bounds")

    def among(self, first: int, choices: Sequence[Any]) -> Array:
        """Return the national entry ``first + k`` where ``choices[k]`` holds, the last else."""
        out = self.national[first + len(choices)]
        for k, holds in reversed(list(enumerate(choices))):
            out = jnp.where(holds, self.national[first + k], out)
        return out

    def scalar(self, name: str) -> Array:
        return self.national[kt.SCALARS + kt.SCALAR_NAMES.index(name)]


def expand(plane: UInt32[Array, "cell 32"]) -> Word:
    """Return one 0/1 lane per slot of a bit plane."""
    lanes = jnp.arange(32, dtype=jnp.uint32)
    return ((plane[..., None] >> lanes) & _u(1)).reshape(plane.shape[0], CELL)


def audience(word: Word, years: Word) -> Word:
    """Return 0 party, 1 Komsomol, 2 other adults, 3 not adult (by completed years)."""
    adult = (years >= _u(16)) & (years < _u(128))
    young = (w.bit(word, w.KOMSOMOL) == 1) & (years < _u(28))
    member = w.bit(word, w.PARTY) == 1
    return jnp.where(adult, jnp.where(member, _u(0), jnp.where(young, _u(1), _u(2))), _u(3))


def first_word(
    word: Word,
    second: Word,
    informed_ties: tuple[Array, ...],
    kin_held: Array,
    kin_returned: Array,
    block: Block,
    month: Month,
    generator: str = "mix",
) -> Word:
    """Return the first word after the month: vital events, status, moves, news, acts, kin."""
    look = _Look(block, month, generator)
    living = _living(word, second, informed_ties, kin_held, kin_returned, look)
    return jnp.where(w.bit(word, w.ALIVE) == 1, living, _born(look))


def _born(look: _Look) -> Word:
    """Return the word of a vacant slot: a newborn, a newborn lost at once, or nothing."""
    chance, detail = look.draw("vital"), look.draw("detail")
    urban, born = _one(chance < look.here(kt.BIRTH)), chance < look.here(kt.BIRTH + 1)
    girl = _one(look.draw("reading") < look.scalar("girl"))
    kind = girl << _u(1) | urban
    lost = detail < look.among(kt.INFANT, [kind == 0, kind == 1, kind == 2])
    fresh = (
        _u(1)
        | girl << _u(w.WOMAN)
        | urban << _u(w.URBAN)
        | look.scalar("year") << _u(w.BIRTH_YEAR)
        | _one(look.draw("talk") < look.scalar("komsomol")) << _u(w.KOMSOMOL)
        | _one(look.draw("radio") < look.scalar("wary")) << _u(w.WARY)
    )
    return jnp.where(born, jnp.where(lost, _u(1 << w.STATUS_MOVE), fresh), _u(0))


def _living(
    word: Word, second: Word, informed_ties: Any, kin_held: Any, kin_returned: Any, look: _Look
) -> Word:
    woman, urban, code = w.bit(word, w.WOMAN), w.bit(word, w.URBAN), w.penal(word)
    confined = w.held(word)
    years = w.age(word, second, look.scalar("year_before"), look.scalar("elapsed"))
    group = audience(word, years)
    at_work = ~confined & (group != 3)
    detail = look.draw("detail")

    acts = jnp.where(at_work, _acts(word, second, look), _u(0))
    letter = (acts & 2) != 0
    caught = letter & (detail < look.here(kt.CONVICT))

    status = look.draw("status")
    freed = (code != 0) & (status < look.everywhere(_u(kt.STATUS) + code))
    before = look.scalar("year_before") - w.birth_year(word)
    arrested = _arrest(status, woman, before, look) * _one(~confined & ~freed)
    arrested = jnp.where(caught & ~freed, _u(LETTER_CLASS), arrested)
    taken = arrested != 0
    loose = confined & freed
    settler = freed & (code >= w.FIRST_SETTLER)
    home = (loose & (detail < look.scalar("return_home"))) | (
        settler & (detail < look.everywhere(_u(kt.SETTLER_HOME) + code))
    )
    released = jnp.where(code <= 2, _u(w.ORDINARY_RETURNEE), _u(w.POLITICAL_RETURNEE))
    code = jnp.where(taken, arrested, jnp.where(loose, released, code))
    code = jnp.where(settler & ~home, _u(0), code)

    place = jnp.minimum(look.scalar("year") - w.birth_year(word), _u(127))
    still = ~confined & ~freed & ~taken
    urban_after, away = _move(woman, urban, place, before, still, detail, look)
    vital = look.draw("vital")
    gone = vital < _death(woman, urban, place, confined, w.penal(word), look)
    dead = gone & ~loose

    news = _news(word, group, at_work, informed_ties, look)
    party = _party(word, group, look)
    kin = _kin(word, kin_held, kin_returned, at_work, look)
    fading = look.draw("fading")
    newcomer = w.bit(word, w.NEWCOMER) & _one((fading & _u(65535)) >= look.scalar("newcomer_fades"))
    homecomer = w.bit(word, w.HOMECOMER) & _one(
        (fading >> _u(16)) >= look.scalar("homecomer_fades")
    )
    after = (
        (word & _u((127 << w.BIRTH_YEAR) | (1 << w.KOMSOMOL) | (1 << w.WARY) | 3))
        | urban_after << _u(w.URBAN)
        | party << _u(w.PARTY)
        | code << _u(w.PENAL)
        | kin
        | newcomer << _u(w.NEWCOMER)
        | homecomer << _u(w.HOMECOMER)
        | news
        | acts << _u(w.GRUMBLE)
        | _one(away | taken | home) << _u(w.LEAVING)
        | _one(taken | home) << _u(w.STATUS_MOVE)
    )
    return jnp.where(dead, _u(0), after)


def _death(woman: Word, urban: Word, place: Word, confined: Any, code: Word, look: _Look) -> Word:
    free = _u(kt.DEATH) + ((woman << _u(1) | urban) << _u(7) | place)
    return look.everywhere(jnp.where(confined, _u(kt.HELD_DEATH) + code, free))


def _arrest(status: Word, woman: Word, place: Word, look: _Look) -> Word:
    """Return the class of a new prisoner (1-4), or 0."""
    by_sex = ((look.national[kt.ARREST + k], look.national[kt.ARREST + 4 + k]) for k in range(4))
    rows = [jnp.where(woman == 1, women, men) for men, women in by_sex]
    above = sum(_one(status >= row) for row in rows[:3])
    of_age = (place >= CUSTODY_FIRST) & (place <= CUSTODY_LAST)
    return jnp.where(of_age & (status < rows[3]), _u(1) + above, _u(0))


def _move(
    woman: Word, urban: Word, place: Word, before: Word, still: Any, detail: Word, look: _Look
) -> tuple[Word, Any]:
    """Return the locality after the month, and who leaves for another unit."""
    chance = look.draw("move")
    leave = look.here(_u(kt.LEAVE) + (woman << _u(7) | place))
    rural = still & (urban == 0)
    to_town = rural & (chance < leave)
    young = (before >= RECRUIT_FIRST) & (before <= RECRUIT_LAST)
    called = rural & young & ~to_town & ((chance - leave) < look.here(kt.RECRUIT))
    away = called | (to_town & (detail < look.scalar("far")))
    return urban | _one(to_town), away


def _news(word: Word, group: Word, at_work: Any, informed_ties: Any, look: _Look) -> Word:
    """Return the fields of distinct sources heard: reading, radio, ties (up to three)."""
    known = w.field(word, w.HEARD_TALK, 3)
    count = sum(expand(plane) << _u(k) for k, plane in enumerate(informed_ties))
    reading = look.draw("reading") < look.among(kt.READING, [group == k for k in range(3)])
    radio = look.draw("radio") < look.here(kt.RADIO)
    told = look.draw("talk") < look.here(_u(kt.TALK) + (group << _u(5) | count))
    more = _one(told & (count > known) & (known < 3) & at_work)
    return (
        (w.bit(word, w.HEARD_READING) | _one(reading & at_work)) << _u(w.HEARD_READING)
        | (w.bit(word, w.HEARD_RADIO) | _one(radio & at_work)) << _u(w.HEARD_RADIO)
        | (known + more) << _u(w.HEARD_TALK)
    )


def _acts(word: Word, second: Word, look: _Look) -> Word:
    """Return the four act bits: acts whose chance at the month's grievance exceeds one draw."""
    chance, rounding = look.draw("act"), look.draw("rounding")
    sore = _grievance(word, second, rounding, look)
    level = jnp.minimum((sore + (rounding & _u(7))) >> _u(3), _u(31))
    kin = w.field(word, w.KIN_RETURNED, 3)
    row = _u(kt.ACT) + (kin << _u(7)) + level
    bits = [_one(chance < look.here(row + _u(32 * a))) << _u(a) for a in range(4)]
    return bits[0] | bits[1] | bits[2] | bits[3]


def _party(word: Word, group: Word, look: _Look) -> Word:
    chance, member = look.draw("party"), w.bit(word, w.PARTY)
    joins = _one((member == 0) & (group != 3) & (chance < look.scalar("party_in")))
    stays = member & _one(chance >= look.scalar("party_out"))
    return stays | joins


def _kin(word: Word, kin_held: Any, kin_returned: Any, at_work: Any, look: _Look) -> Word:
    back = expand(kin_returned)
    held = (w.bit(word, w.KIN_HELD) | expand(kin_held)) & ~back
    cleared = _one(at_work & (look.draw("cleared") < look.scalar("cleared")))
    return (
        (held & _u(1)) << _u(w.KIN_HELD)
        | (w.bit(word, w.KIN_RETURNED) | back) << _u(w.KIN_RETURNED)
        | (w.bit(word, w.KIN_CLEARED) | cleared) << _u(w.KIN_CLEARED)
    )


def second_word(
    word: Word, second: Word, after: Word, block: Block, month: Month, generator: str = "mix"
) -> Word:
    """Return the second word after the month: esteem, trust, grievance; threshold and class stay.

    Belief moves at new distinct sources only, once a citizen has heard as many as he needs; steps
    are rounded at random, so that bytes carry unbiased means.
    """
    look = _Look(block, month, generator)
    belief, rounding = look.draw("belief"), look.draw("rounding")
    esteem, trust = w.field(second, w.ESTEEM, 255), w.field(second, w.TRUST, 255)
    years = w.age(word, second, look.scalar("year_before"), look.scalar("elapsed"))
    group = audience(word, years)

    fresh = after & ~word
    talked = _one(w.field(after, w.HEARD_TALK, 3) > w.field(word, w.HEARD_TALK, 3))
    channels = (
        w.bit(fresh, w.HEARD_READING) | w.bit(fresh, w.HEARD_RADIO) << _u(1) | talked << _u(2)
    )
    enough = w.sources(after) >= look.scalar("least_sources") + w.bit(word, w.WARY)
    channels = jnp.where(enough, channels, _u(0))
    step = look.everywhere(_u(kt.PERSUADE) + channels)
    against = (belief & _u(65535)) < look.here(_u(kt.REACTANCE) + group)
    noise = belief >> _u(16)
    risen = esteem + (((_u(255) - esteem) * step + noise) >> _u(16))
    fallen = esteem - ((esteem * step + noise) >> _u(16))
    number = (channels & 1) + (channels >> _u(1) & 1) + (channels >> _u(2))
    gain = look.everywhere(_u(kt.TRUST_GAIN) + number)
    grown = trust + (((_u(255) - trust) * gain + (rounding >> _u(16))) >> _u(16))
    esteem_after = jnp.where(against, risen, fallen)
    trust_after = jnp.where(against, trust, grown)

    sore = _grievance(word, second, rounding, look)
    moved = (w.bit(after, w.URBAN) == 1) & (w.bit(word, w.URBAN) == 0)
    position = jnp.where(moved, _u(1), second >> _u(w.CLASS))
    kept = (
        esteem_after
        | trust_after << _u(w.TRUST)
        | sore << _u(w.GRIEVANCE)
        | second & _u(63 << w.THRESHOLD)
        | position << _u(w.CLASS)
    )
    newborn = (
        look.scalar("esteem_start")
        | look.scalar("trust_start") << _u(w.TRUST)
        | (belief >> _u(26)) << _u(w.THRESHOLD)
    )
    alive = w.bit(after, w.ALIVE) == 1
    return jnp.where(alive, jnp.where(w.bit(word, w.ALIVE) == 1, kept, newborn), _u(0))


def _grievance(word: Word, second: Word, rounding: Word, look: _Look) -> Word:
    """Return hardship not excused by legitimacy, plus contested return and kin (bytes)."""
    esteem, trust = w.field(second, w.ESTEEM, 255), w.field(second, w.TRUST, 255)
    noise = rounding >> _u(4) & _u(4095)
    level = (
        look.scalar("base") + esteem * look.scalar("per_esteem") + trust * look.scalar("per_trust")
    )
    rest = (_u(1 << 24) - jnp.minimum(level, _u(1 << 24))) >> _u(8)
    rest = jnp.minimum(rest, _u(65535))
    sore = (look.here(kt.HARDSHIP) * rest) >> _u(12)
    sore = sore + look.here(kt.RESENTMENT)
    sore = sore + w.bit(word, w.KIN_RETURNED) * look.scalar("kin_returned")
    sore = sore + w.bit(word, w.KIN_CLEARED) * look.scalar("kin_cleared")
    return jnp.minimum((sore + noise) >> _u(12), _u(255))
