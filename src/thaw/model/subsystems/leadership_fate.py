"""What happens to the leader and the Presidium in a month: moves, removals, succession, seats.

In replay the record and the levers decide; where the model decides, the hazards of
leadership_votes do. Contract: docs/model/leadership.md.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.randomness import Keys
from thaw.model.subsystem import Levers, View
from thaw.model.subsystems import leadership_votes as votes


class Fate(eqx.Module):
    """What is decided in a month: by the record in replay, by the model where it decides."""

    challenge: Float[Array, ""]
    ouster: Float[Array, ""]
    vacated: Float[Array, ""]
    removed: Float[Array, " N"]
    purged: Float[Array, " N"]
    leader: Float[Array, ""]
    free: Float[Array, ""]


def decide(
    view: View, levers: Levers, now: votes.Now, odds: tuple[Array, ...], params: Any, keys: Keys
) -> Fate:
    """Return moves, removals and the leader of the next month.

    Who follows a leader that died as recorded is data in every mode, like the death itself.
    """
    moving, losing, removing, against = odds
    own, people, month = view.own, view.inputs, view.month
    free = levers.decided("challenge")
    choice, chosen = levers.decided("removal"), levers.value("removal")
    named = jnp.sum(people.target, axis=0)
    free_person = choice @ people.target + (1.0 - named) * jnp.max(choice)
    ordered = (chosen @ people.target) * (1.0 - own.demoted) * own.seat
    removed = jnp.where(free_person > 0.0, keys.happens("removal", removing), ordered)

    accepted = (1.0 - free) * levers.value("challenge")
    clamped = jnp.maximum((1.0 - free) * people.vote[month], accepted)
    challenge = free * keys.happens("challenge", moving) + clamped
    falls = free * challenge * keys.happens("fall", losing) * jnp.sum(free_person * now.leader)
    ouster = jnp.clip(falls + accepted + jnp.sum(removed * now.leader), 0.0, 1.0)
    dead = jnp.maximum(
        levers.value("death") > 0.0, jnp.sum(now.leader * people.alive[month + 1]) < 1.0
    )
    vacated = jnp.maximum(ouster, dead.astype(jnp.float64))

    failed = free * challenge * (1.0 - ouster)
    losers = keys.happens("purge", params.purge_share * against)
    purged = failed * losers * own.seat * (1.0 - now.leader) * free_person
    shut_out = jnp.maximum(jnp.maximum(removed, purged), own.demoted)
    uniform = keys.uniform("successor", now.seat.shape)
    drawn = votes.successor(now, shut_out, uniform, params)
    recorded = people.leader[month + 1]
    clamped_month = jnp.maximum(jnp.max(choice), free) < 1.0
    natural = (ouster < 1.0) & (people.leader[month] == own.leader)
    as_recorded = (clamped_month | natural) & (recorded != own.leader)
    heir = jnp.where(as_recorded, recorded, drawn)
    leader = jnp.where(vacated > 0.0, heir, own.leader)
    return Fate(challenge, ouster, vacated, removed, purged, leader, free)


def next_seats(
    view: View, now: votes.Now, fate: Fate, params: Any, keys: Keys
) -> tuple[Float[Array, " N"], Float[Array, " N"], Float[Array, ""]]:
    """Return seats, the removed, and how many members went by a decision against them.

    Entries and exits follow the record, except that exits which followed a recorded contest happen
    only if the contest ended as recorded, and persons whose removal is a lever stay until removed.
    """
    own, people, month = view.own, view.inputs, view.month
    change = people.seat[month + 1] - people.seat[month]
    succession = people.leader[month + 1] != people.leader[month]
    contest = people.vote[month] > 0.0
    as_won = (1.0 - fate.free) * (1.0 - fate.vacated)
    follow = jnp.where(succession, fate.vacated, jnp.where(contest, as_won, 1.0))
    unseated = fate.removed * jnp.maximum(now.leader, keys.happens("unseated", params.purge_share))
    unseated = jnp.where(fate.free > 0.0, unseated, fate.removed * now.leader)
    demoted = jnp.clip(
        own.demoted + fate.removed + fate.purged + fate.ouster * now.leader, 0.0, 1.0
    )
    protected = jnp.sum(people.target, axis=0) * (1.0 - demoted)
    leaving = jnp.maximum(-change, 0.0) * follow * (1.0 - protected)
    gone = jnp.maximum(jnp.maximum(leaving, fate.purged), unseated)
    gone = jnp.maximum(gone, now.leader * fate.vacated)
    entering = jnp.maximum(change, 0.0) * jnp.where(contest & ~succession, 1.0 - fate.vacated, 1.0)
    seat = jnp.clip(own.seat + entering * (1.0 - demoted), 0.0, 1.0) * (1.0 - gone)
    seat = seat * people.alive[month + 1]
    seat = jnp.maximum(seat, votes.one_hot(fate.leader, people))
    punished = own.seat * leaving * contest * (1.0 - fate.vacated)
    count = jnp.sum(jnp.maximum(jnp.maximum(fate.removed, fate.purged), punished))
    return seat, demoted, count - jnp.sum(fate.removed * now.leader)
