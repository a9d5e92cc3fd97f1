"""Persons at liberty by age, sex, locality and unit: one month of ageing, death, birth and moving.

Place k of the age axis holds those who will be k years old on the next 1 January: the newborn of
the year stand at 0, place 101 is above 100. The axis moves by one at the start of each January.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Bool, Float

from thaw.model.people.tables import Recorded

BOYS = 0.512
"""Share of boys among the newborn (105 to 100 girls, the usual human ratio)."""

CUSTODY_AGES = slice(18, 56)
"""Ages from which prisoners come and to which they return."""

RECRUIT_AGES = slice(17, 31)
"""Ages called to new lands (Komsomol and young workers)."""

Persons = Float[Array, "age sex locality unit"]


class Moves(NamedTuple):
    """Moves to towns in a month: who leaves the countryside, and for where."""

    leaving: Float[Array, "age sex"]
    pull: Float[Array, " unit"]
    far_share: Float[Array, ""]
    town_weight: Float[Array, " unit"]


class Counts(NamedTuple):
    """Sums over the age axis that the rest of the model reads, persons."""

    civil: Float[Array, " unit"]
    urban: Float[Array, " unit"]
    working_age: Float[Array, " unit"]
    youth: Float[Array, " unit"]
    adults: Float[Array, " unit"]
    komsomol_age: Float[Array, " unit"]
    age17: Float[Array, ""]
    custody_base: Float[Array, " unit"]
    recruit_base: Float[Array, " unit"]


def custody_profile(women: Float[ArrayLike, ""], ages: int = 102) -> Float[Array, "age sex"]:
    """Return the propensity to be a prisoner by age and sex, men of 18-55 = 1."""
    column = jnp.zeros(ages).at[CUSTODY_AGES].set(1.0)
    return jnp.stack([column, column * women], axis=1)


def shifted(persons: Persons, january: Bool[ArrayLike, ""]) -> Persons:
    """Return persons one place older where it is January, else the same."""

    def older(now: Persons) -> Persons:
        top = now[-2:].sum(axis=0, keepdims=True)
        return jnp.concatenate([jnp.zeros_like(now[:1]), now[:-2], top])

    return jax.lax.cond(january, older, lambda now: now, persons)


def survive_and_move(
    persons: Persons, survival: Float[Array, "age sex locality"], moves: Moves
) -> tuple[Persons, Float[Array, " unit"]]:
    """Return who is alive at the end of the month, after moves from the countryside to towns.

    Second are those who came to the towns of each unit from elsewhere.

    Movers go to towns of their own unit, but for ``far_share`` of them, who divide over the towns
    of the union by ``town_weight``. Moves change no total.
    """
    living = persons * survival[:, :, :, None]
    pulled = jnp.einsum("asu,u->as", persons[:, :, 1], moves.pull) * survival[:, :, 1]
    far = moves.far_share * moves.leaving * pulled
    movers = (living[:, :, 1] * moves.leaving[:, :, None] * moves.pull)[:, :, None]
    in_town = jnp.array([True, False])[:, None]
    gained = (1 - moves.far_share) * movers + far[:, :, None, None] * moves.town_weight
    return living + jnp.where(in_town, gained, -movers), far.sum() * moves.town_weight


def births(
    persons: Persons, fertility: Float[Array, "age locality"], of_unit: Float[Recorded, " unit"]
) -> Float[Array, "locality unit"]:
    """Return live births of the month by locality of the mother, persons."""
    ages = slice(15, 57)
    women = persons[ages, 1] * fertility[ages, :, None]
    return women.sum(axis=0) * of_unit


def with_newborn(
    persons: Persons,
    born: Float[Array, "locality unit"],
    birth_survival: Float[Array, "sex locality"],
) -> Persons:
    """Return persons with the month's newborn who live to the next January put at place 0."""
    boys_girls = jnp.array([BOYS, 1 - BOYS])[:, None, None] * born
    youngest = (jnp.arange(persons.shape[0]) == 0)[:, None, None, None]
    return persons + jnp.where(youngest, boys_girls * birth_survival[:, :, None], 0.0)


def counts(persons: Persons, elapsed: Float[ArrayLike, ""], women: Float[ArrayLike, ""]) -> Counts:
    """Return the sums of the state at ``elapsed`` (share of the year gone since 1 January).

    Who stands at place k is k years old or will be so within the year; the share ``elapsed`` of
    them has had the birthday, so that age limits move smoothly through the year.
    """
    by_sex = persons.sum(axis=2)
    total = by_sex.sum(axis=1)

    def between(low: int, high: int) -> Float[Array, " unit"]:
        edges = jnp.asarray(elapsed * total[low] + (1 - elapsed) * total[high])
        return edges + total[low + 1 : high].sum(axis=0)

    custody = by_sex[CUSTODY_AGES].sum(axis=0)
    civil = total.sum(axis=0)
    return Counts(
        civil=civil,
        urban=persons[:, :, 0].sum(axis=(0, 1)),
        working_age=between(16, 60),
        youth=between(14, 28),
        adults=civil - total[:16].sum(axis=0) - (1 - elapsed) * total[16],
        komsomol_age=between(16, 28),
        age17=(elapsed * total[17] + (1 - elapsed) * total[18]).sum(),
        custody_base=custody[0] + women * custody[1],
        recruit_base=persons[RECRUIT_AGES, :, 1].sum(axis=(0, 1)),
    )
