"""Who leaves the camps without a review, who comes in, who dies: the open end of the stock.

Part of the subsystem camps; the contract is docs/model/camps.md. All functions are pure and work on
arrays over the four classes of prisoners (short, long, collaborator, political).
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

ClassArray = Float[Array, " classes"]
"""One number for each of the four classes of prisoners."""
Scalar = Float[Array, ""]

LARGEST_HAZARD = 0.9
"""No month empties a class: releases need transport and papers."""


def delayed(
    before: Float[Array, "*order"], ordered: Float[Array, "*order"], share: Scalar, lag: Scalar
) -> Float[Array, "*order"]:
    """Return the executed part of an order: it approaches ``share * ordered`` with mean ``lag``.

    ``lag`` is in months; a lag near zero executes within the month.
    """
    return before + (share * ordered - before) * -jnp.expm1(-1.0 / jnp.maximum(lag, 0.05))


def expiry(early_release: Scalar, params: Any) -> ClassArray:
    """Return the monthly hazards of term expiry, credits and early release by class.

    ``early_release`` is 0 to 1, the part of the regime of credits and conditional release in force.
    The hazards of short and long terms have ratio ``exit_ratio`` and are set so that a stock in
    balance with its own inflow leaves at the mean hazard ``exit_before`` or ``exit_after``.
    """
    ordinary = params.exit_before + early_release * (params.exit_after - params.exit_before)
    political = params.exit_political + early_release * (
        params.exit_political_after - params.exit_political
    )
    share, ratio = params.short_share, params.exit_ratio
    long = ordinary * (share / ratio + 1.0 - share)
    return jnp.stack([ratio * long, long, political, political])


def decrees(
    own: Any, ordered: Float[Array, " decrees"], prisoners: ClassArray, params: Any
) -> dict[str, Array]:
    """Return how orders of release are carried out this month, in persons.

    ``ordered`` is the part of each that falls due: general amnesty, amnesty of wartime
    collaborators, and early release, which at its start frees those who have served enough already.
    The entitled are counted in the month in which an order begins, so that later convicts are not
    covered; each month a part 1 - exp(-1/tau) of them leaves. Keys: ``begun`` (cumulative part of
    the orders), ``base``, ``entitled`` (next state), ``released`` (persons by class).
    """
    base = jnp.where(own.decree_begun[:, None] > 0.0, own.decree_base, prisoners)
    entitled = own.entitled + jnp.sum(ordered[:, None] * coverage(params) * base, axis=0)
    entitled = jnp.clip(entitled, 0.0, prisoners)
    released = entitled * -jnp.expm1(-1.0 / params.amnesty_tau)
    return {
        "begun": own.decree_begun + ordered,
        "base": base,
        "entitled": entitled - released,
        "released": released,
    }


def coverage(params: Any) -> Float[Array, "decrees classes"]:
    """Return the share of each class that each order of release covers."""
    zero = jnp.zeros_like(params.amnesty_short)
    political = params.amnesty_political
    rows = (
        (params.amnesty_short, params.amnesty_long, political, political),
        (zero, zero, params.amnesty_collaborator, zero),
        (params.early_backlog,) * 4,
    )
    return jnp.stack([jnp.stack(row) for row in rows])


def relapse(pool: Scalar, amnestied: Scalar, params: Any) -> tuple[Scalar, Scalar]:
    """Return (persons sentenced again this month, amnestied persons still at risk next month).

    The risk is constant for about two years, after which a person counts as settled.
    """
    hazard = -jnp.log1p(-params.recidivism_2y) / 24.0
    again = pool * hazard
    return again, jnp.maximum(pool - again - pool / 24.0 + amnestied, 0.0)


def admission(
    view: Any, labour_law: Scalar, channels: Float[Array, " channels"], again: Scalar, params: Any
) -> ClassArray:
    """Return persons admitted per month by class.

    Ordinary sentences follow crime and the severity of courts, less labour offences once they are
    no crime. Political sentences fall with the leadership's line and with each closed channel
    (Special Board, article 58); convictions for open acts come from people, and are added.
    """
    ordinary = (
        params.inflow
        * view.own.crime
        * jnp.maximum(view.public.severity, 1e-6) ** params.inflow_severity
        * (1.0 - params.labour_share * labour_law)
    )
    closed = jnp.stack([params.special_board_share, params.article_58_share])
    political = (
        params.inflow_political
        * jnp.exp(-params.line_inflow * view.leadership.line)
        * jnp.prod(1.0 - closed * channels)
    )
    acts = jnp.sum(view.people.convictions)
    return jnp.stack(
        [
            ordinary * params.short_share + again,
            ordinary * (1.0 - params.short_share),
            political * params.collaborator_share,
            political * (1.0 - params.collaborator_share) + acts,
        ]
    )


def death(total: Scalar, params: Any) -> ClassArray:
    """Return the monthly death hazard by class: a floor, and an excess that rises with crowding."""
    crowding = jnp.maximum(total / params.stock0_total, 1e-6)
    return jnp.full(4, params.death_floor + params.death_excess * crowding**params.death_crowding)


def settlers(
    before: Float[Array, " groups"], after: Float[Array, " groups"], line: Scalar, params: Any
) -> Float[Array, " groups"]:
    """Return the monthly hazard of leaving the register by group of special settlers.

    ``before`` and ``after`` are the executed part of each group's decree at the two ends of the
    month. Single categories (children, party members, teachers, the decorated) are struck off as
    the leadership's line opens.
    """
    decree = jnp.maximum(after - before, 0.0) / jnp.maximum(1.0 - before, 0.01)
    return jnp.clip(decree + params.settler_line * jnp.maximum(line, 0.0), 0.0, LARGEST_HAZARD)


def release_gap(expected: Scalar, granted: Scalar) -> Scalar:
    """Return ordinary minus political prisoners freed within half a year, as shares."""
    return jnp.exp(-6.0 * granted) - jnp.exp(-6.0 * expected)


def revolt_rate(view: Any, expected: Scalar, granted: Scalar, params: Any) -> Scalar:
    """Return the expected number of camp revolts this month.

    Hazard per special camp times the number of camps of 1953 in the record, shrinking with the
    political stock. Hope is what ordinary prisoners were granted (``expected``, 1/month), against
    what politicals were (``granted``); national concentration and informers (proxied by fear) are
    centred at one half.
    """
    pairs = jnp.sum(view.people.prisoners[2:], axis=1)
    politicals = jnp.sum(pairs)
    national = pairs[0] / jnp.maximum(politicals, 1.0)
    camps = view.inputs["special_camps"] * jnp.minimum(politicals / params.stock0_political, 1.0)
    exponent = (
        params.revolt_gap * release_gap(expected, granted)
        + params.b_nat * (national - 0.5)
        - params.b_inf * (jnp.mean(view.public.fear) - 0.5)
    )
    return camps * params.revolt_base * jnp.exp(jnp.clip(exponent, -10.0, 6.0))
