"""Who stands by the leader: ideal points, utilities, hazards of a move and of a removal.

Equations and sources: docs/model/leadership.md. ``now`` is the roster's slice of one month.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw.model.subsystems.leadership_roster import Roster

PARTY_GROUPS = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
REGIONAL, CENTRAL_STATE, MILITARY = 0, 3, 5
"""Positions in the groups of the Central Committee (leadership_roster.OCCUPATIONS)."""

MOST_LOG_HAZARD = 3.0
"""Bound on the log hazard of a move against the base rate, twenty times it (keeps it finite)."""


class Now(eqx.Module):
    """What the voters see in one month: seats and posts in force, the leader, and his record."""

    seat: Float[Array, " N"]
    leader: Float[Array, " N"]
    power: Float[Array, " N"]
    threat: Float[Array, " N"]
    party: Float[Array, " N"]
    defence: Float[Array, " N"]
    since: Float[Array, " N"]
    ideal: Float[Array, " N"]
    shares: Float[Array, " G"]
    line: Float[Array, ""]
    office: Float[Array, ""]
    bargain: Float[Array, ""]
    clients: Float[Array, ""]
    client_cc: Float[Array, ""]
    since_congress: Float[Array, ""]
    risk: Float[Array, ""]
    watch: Float[Array, ""]
    performance: Float[Array, ""]
    stake_ministry: Float[Array, ""]
    stake_obkom: Float[Array, ""]
    stake_army: Float[Array, ""]


def ideal_points(roster: Roster, params: Any) -> Float[Array, " N"]:
    """Return ideal points on the line by the written rule; the leader of the scale's zero has 0.

    a = mean + cohort * decades born after 1900 + old guard + leaning * recorded score.
    """
    points = (
        params.ideal_mean
        + params.ideal_cohort * roster.decades
        + params.ideal_old_guard * roster.old_guard
        + params.ideal_leaning * roster.label
    )
    return points * (1.0 - one_hot(roster.leader[0], roster))


def one_hot(index: Float[Array, ""], roster: Roster) -> Float[Array, " N"]:
    """Return 1 at a person's place in the roster."""
    return (jnp.arange(roster.decades.shape[0]) == index).astype(jnp.float64)


def average(values: Float[Array, " N"], weights: Float[Array, " N"]) -> Float[Array, ""]:
    """Return a weighted mean, 0 where nobody has weight."""
    return jnp.sum(values * weights) / jnp.maximum(jnp.sum(weights), 1e-9)


def ties(now: Now, roster: Roster, params: Any) -> Float[Array, " N"]:
    """Return each member's tie to the leader (0-1).

    Named clients, members raised under him, and a coalition that has just brought him in are tied.
    """
    named = jnp.sum(roster.tie * now.leader[None, :], axis=1)
    raised = params.promotion_tie * (now.since <= now.office)
    grateful = jnp.maximum(named, raised) * jnp.exp(-now.since / params.loyalty_tau)
    coalition = now.bargain * jnp.exp(-now.office / params.loyalty_tau)
    return jnp.maximum(grateful, coalition)


def presidium_support(now: Now, roster: Roster, params: Any) -> Float[Array, " N"]:
    """Return V, the logit of each member's vote that the leader stays."""
    stake = (
        now.party * now.stake_obkom
        + now.defence * now.stake_army
        + (1.0 - jnp.maximum(now.party, now.defence)) * now.stake_ministry
    )
    return _common(now, params, now.ideal) + params.w_patron * ties(now, roster, params) + stake


def committee_support(now: Now, params: Any) -> Float[Array, " G"]:
    """Return V of the Central Committee's groups of office."""
    loyal = now.client_cc * jnp.exp(-now.since_congress / params.loyalty_tau)
    insecure = now.risk - params.obkom_turnover_base
    own = PARTY_GROUPS * (params.w_patron * loyal - params.w_security * insecure)
    group = jnp.arange(PARTY_GROUPS.shape[0])
    stake = (
        (group == REGIONAL) * now.stake_obkom
        + (group == CENTRAL_STATE) * now.stake_ministry
        + (group == MILITARY) * now.stake_army
    )
    return _common(now, params, params.ideal_mean) + own + stake


def _common(now: Now, params: Any, ideal: Float[Array, "..."]) -> Float[Array, "..."]:
    distance = (now.line - ideal) ** 2
    return params.inertia - params.w_policy * distance + params.w_perform * now.performance


def dissatisfied(now: Now, roster: Roster, params: Any) -> tuple[Array, Array, Array]:
    """Return each member's probability to vote against, and the shares in both bodies."""
    against = jax.nn.sigmoid(-presidium_support(now, roster, params))
    presidium = average(against, now.seat * (1.0 - now.leader))
    committee = jnp.sum(now.shares * jax.nn.sigmoid(-committee_support(now, params)))
    return against, presidium, committee


def growth(share: Array, watch: Array, seats: Array, params: Any) -> Float[Array, ""]:
    """Return the probability that a plot gathers its quorum before it is found out.

    Every recruit must come before detection: a race of two hazards, once per member needed.
    """
    joining = params.contact * share
    needed = params.plot_quorum * seats
    return (joining / (joining + params.plot_detect * watch + 1e-9)) ** needed


def challenge_hazard(
    now: Now, presidium: Array, committee: Array, absent: Array, focal: Array, params: Any
) -> Float[Array, ""]:
    """Return the monthly hazard of a move against the leader in the Presidium.

    Scaled so that a leader with nobody's ties, average results and half control of the security
    service meets the comparative base rate (Svolik 2012).
    """
    content = jax.nn.sigmoid(-params.inertia)
    seats = jnp.sum(now.seat)
    grown = growth(presidium, now.watch, seats, params)
    usual = growth(content, jnp.asarray(0.5), seats, params)
    log_rate = (
        params.coup_tenure * now.office / 12.0
        + params.k_presidium * (presidium - content)
        + params.k_cc * (committee - content)
        + params.k_absence * absent
        + params.k_focal * focal
    )
    log_rate = log_rate + jnp.log(jnp.maximum(grown, 1e-9) / jnp.maximum(usual, 1e-9))
    return params.coup_base / 12.0 * jnp.exp(jnp.minimum(log_rate, MOST_LOG_HAZARD))


def loss_probability(committee: Array, watch: Array, params: Any) -> Float[Array, ""]:
    """Return the probability that a leader outvoted in the Presidium falls.

    He stays if army or security service let him call the Central Committee, and it is for him.
    """
    called = params.appeal_success * (1.0 - (1.0 - watch) ** 2)
    upheld = jax.nn.sigmoid(params.cc_slope * (0.5 - committee))
    return 1.0 - called * upheld


def removal_hazard(now: Now, roster: Roster, params: Any) -> Float[Array, " N"]:
    """Return the monthly hazard that the others remove a rival who holds a power of his own."""
    middle = average(now.ideal, now.seat)
    tie = jnp.sum(roster.tie * now.leader[None, :], axis=1)
    log_rate = (
        params.k_threat * now.threat
        + params.w_policy * jnp.minimum((now.ideal - middle) ** 2, 2.0)
        - params.w_patron * tie
    )
    contested = 2.0 * (1.0 - now.clients)
    eligible = now.seat * (1.0 - now.leader) * jnp.minimum(now.threat, 1.0)
    return params.grab_base / 12.0 * jnp.exp(log_rate) * contested * eligible


def successor(now: Now, left: Float[Array, " N"], uniform: Array, params: Any) -> Float[Array, ""]:
    """Return the index of the new leader: log-odds by posts, among members who did not leave."""
    gumbel = -jnp.log(-jnp.log(uniform))
    open_to = now.seat * (1.0 - now.leader) * (1.0 - left)
    score = params.heir_power * now.power + gumbel
    return jnp.argmax(jnp.where(open_to > 0.0, score, -1e9)).astype(jnp.float64)


def line_target(now: Now, params: Any) -> Float[Array, ""]:
    """Return where the leadership pulls the line: the leader weighs as much as his clients."""
    others = average(now.ideal, now.seat * now.power * (1.0 - now.leader))
    own = jnp.sum(now.ideal * now.leader)
    return now.clients * own + (1.0 - now.clients) * others
