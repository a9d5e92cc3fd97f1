"""Reforms that the leadership proposes and decides itself, where a menu is open (endogenous mode).

Contract, rule of coding, equations: docs/model/leadership.md, "The menu". One set of coefficients
serves all reforms; what tells them apart is coded by group in ``leadership_menu.csv``.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.randomness import Keys
from thaw.model.subsystem import Levers, View
from thaw.model.subsystems import leadership_votes as votes
from thaw.model.subsystems.leadership_menu_inputs import Coding

MOST_PRESSURE = 2.0
"""Bound on every reading, as for the results by which the leadership is judged."""


def pressures(view: View) -> Float[Array, " Q"]:
    """Return the readings of trouble on fixed scales, each between 0 and 2, as in ``PRESSURES``.

    One unit: two prisoners per hundred of working age, 100,000 waiting petitions, a security
    service or regional secretaries wholly out of the leader's hand, growth three points below 10 %,
    a harvest a tenth below its trend, a tenth of demand unmet, the crowding and the defence demand
    of January 1953, one s.d. of tension, 15,000 refugees a month (about the flow of 1952).
    """
    own, people = view.own, view.people
    readings = (
        0.0,
        50.0 * jnp.sum(people.prisoners) / jnp.maximum(jnp.sum(people.working_age), 1.0),
        jnp.sum(view.camps.queue) / 1e5,
        1.0 - own.watch,
        1.0 - own.clients,
        (10.0 - view.industry.growth) / 3.0,
        view.agriculture.harvest_gap / 0.1,
        view.industry.shortage / 0.1,
        view.industry.crowding,
        view.east_west.tension,
        view.east_west.defence_demand,
        view.bloc.refugees / 15.0,
    )
    return jnp.clip(jnp.stack([jnp.asarray(r, jnp.float64) for r in readings]), 0.0, MOST_PRESSURE)


def gains(view: View, now: votes.Now, params: Any) -> Float[Array, "N R"]:
    """Return each member's gain (logit) from each reform, before ties to the leader.

    A reform moves the line by ``menu_reach`` towards its position, answers a trouble, and touches
    the stakes of offices; every proposal has a cost.
    """
    code: Coding = view.inputs.menu
    moved = params.menu_reach * code.position[None, :]
    apart = (now.line - now.ideal)[:, None]
    nearer = apart**2 - (apart + moved) ** 2
    need = code.pressure @ pressures(view)
    other = 1.0 - jnp.maximum(now.party, now.defence)
    stake = (
        now.party[:, None] * code.party
        + now.defence[:, None] * code.army
        + other[:, None] * code.ministry
    )
    worth = params.w_policy * nearer + params.menu_pressure * need + params.menu_stake * stake
    return worth - params.menu_cost


def hazard(view: View, now: votes.Now, params: Any) -> Float[Array, " R"]:
    """Return the monthly hazard that each reform is proposed by the leader and carried."""
    worth = gains(view, now, params)
    tie = params.w_patron * votes.ties(now, view.inputs, params)
    willing = jax.nn.sigmoid(jnp.sum(now.leader[:, None] * worth, axis=0))
    support = jax.nn.sigmoid(worth + tie[:, None])
    share = jnp.sum(now.seat[:, None] * support, axis=0) / jnp.maximum(jnp.sum(now.seat), 1.0)
    carried = jax.nn.sigmoid(params.cc_slope * (share - 0.5))
    return params.menu_rate / 12.0 * willing * carried


def adopt(
    view: View, levers: Levers, now: votes.Now, params: Any, keys: Keys
) -> tuple[Float[Array, " R"], Float[Array, " R"]]:
    """Return months since adoption (-1: not adopted) next month, and what was adopted in this one.

    A reform whose ``after`` is still open waits for it. Nothing happens where no menu is open.
    """
    code: Coding = view.inputs.menu
    adopted, doses = view.own.adopted, levers.menu()
    held = (adopted >= 0.0) | (doses <= 0.0)
    ready = jnp.min(jnp.where(code.after > 0.0, held[None, :], True), axis=1)
    free = code.listed * (doses > 0.0) * (adopted < 0.0) * ready
    new = keys.happens("adopt", -jnp.expm1(-hazard(view, now, params)) * free)
    age = jnp.where(adopted >= 0.0, adopted + 1.0, -1.0)
    return jnp.where(new > 0.0, 0.0, age), new
