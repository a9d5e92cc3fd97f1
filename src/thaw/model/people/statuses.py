"""Changes of status in a month: into and out of custody, out of exile, to new lands.

Nobody appears or vanishes: every mover is counted out where he leaves and in where he arrives.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.people.demography import RECRUIT_AGES, Persons, custody_profile
from thaw.model.people.initial import going_home
from thaw.model.people.rates import SomeRates
from thaw.model.people.tables import Inputs

_LARGEST_DRAIN = 0.5
"""Largest share of those who could be taken that may be taken in one month (guard)."""


class Flows(NamedTuple):
    """Persons who change status or unit in the month."""

    admitted: Float[Array, "class unit"]
    taken: Float[Array, " unit"]
    released: Float[Array, "class unit"]
    received: Float[Array, "kind unit"]
    dead: Float[Array, "class unit"]
    freed: Float[Array, "group unit"]
    home: Float[Array, " unit"]
    exile: Float[Array, " unit"]
    recruits: Float[Array, " unit"]
    recruits_from: Float[Array, " unit"]


def flows(own: Any, table: SomeRates, inputs: Inputs, params: Any) -> Flows:
    """Return the month's changes of status from the frozen state and the rates."""
    released = own.prisoners * table.release[:, None]
    dead = (own.prisoners - released) * table.prisoner_death[:, None]
    base = own.custody_base
    limit = _LARGEST_DRAIN * base.sum() / jnp.maximum(table.admission.sum(), 1.0)
    admission = table.admission * jnp.minimum(limit, 1.0)
    capacity = inputs.prisoner_share
    by_kind = jnp.stack([released[:2].sum(axis=0), released[2:].sum(axis=0)])
    spread = by_kind.sum(axis=1, keepdims=True) * own.civil / own.civil.sum()
    freed = own.settlers * table.settler_release[:, None]
    home, exile = going_home(freed * params.settler_return, inputs)
    called, origin = _recruits(own, table)
    return Flows(
        admitted=admission[:, None] * capacity,
        taken=admission.sum() * base / base.sum(),
        released=released,
        received=(1 - params.return_home) * by_kind + params.return_home * spread,
        dead=dead,
        freed=freed,
        home=home,
        exile=exile,
        recruits=called,
        recruits_from=origin,
    )


def _recruits(own: Any, table: SomeRates) -> tuple[Array, Array]:
    source = jnp.where(table.recruits > 0, 0.0, own.recruit_base)
    limit = _LARGEST_DRAIN * source.sum() / jnp.maximum(table.recruits.sum(), 1.0)
    called = table.recruits * jnp.minimum(limit, 1.0)
    return called, called.sum() * source / jnp.maximum(source.sum(), 1.0)


def moved(persons: Persons, own: Any, flow: Flows, params: Any) -> Persons:
    """Return persons at liberty after the month's changes of status and unit.

    Who arrives has the ages of those of the same kind (custody, recruits, everybody) who live
    there, so each change is a factor on what stands there and the counts are exact.
    """
    custody = (flow.received.sum(axis=0) - flow.taken) / jnp.maximum(own.custody_base, 1.0)
    called = (flow.recruits - flow.recruits_from) / jnp.maximum(own.recruit_base, 1.0)
    exiles = (flow.home - flow.exile) / jnp.maximum(own.civil, 1.0)
    profile = custody_profile(params.custody_women)[:, :, None]
    common = 1 + profile * custody + exiles
    young_rural = jnp.zeros((persons.shape[0], 1, 2, 1)).at[RECRUIT_AGES, :, 1].set(1.0)
    return persons * (common[:, :, None] + young_rural * called)


def prisoners_after(own: Any, flow: Flows) -> Float[Array, "class unit"]:
    """Return prisoners at the end of the month."""
    return own.prisoners - flow.released - flow.dead + flow.admitted


def labels_after(
    own: Any, flow: Flows, mortality: Float[Array, ""]
) -> tuple[Float[Array, "group unit"], Float[Array, "kind unit"]]:
    """Return settlers still bound and returnees at liberty.

    Both die at the common crude rate; returnees are taken into custody like their neighbours.
    """
    free = 1 - flow.taken / jnp.maximum(own.custody_base, 1.0)
    settlers = (own.settlers - flow.freed) * (1 - mortality)
    return settlers, (own.returnees * free + flow.received) * (1 - mortality)
