"""What people know, believe and do about it, by unit and audience: the mean-field rules.

Awareness is simple contagion: one exposure informs. Belief is complex contagion (Centola and Macy
2007): esteem of Stalin moves only for those who have met several credible sources, and for some it
moves the other way (reactance).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax.nn import sigmoid
from jaxtyping import Array, ArrayLike, Float

from thaw.model.people.rates import RateTable, SomeRates
from thaw.model.randomness import Keys


class Beliefs(NamedTuple):
    """Awareness and attitudes after the month."""

    aware: Float[Array, "unit audience"]
    sources: Float[Array, "unit audience"]
    esteem: Float[Array, "unit audience"]
    trust: Float[Array, "unit audience"]


class Acts(NamedTuple):
    """Open acts and what follows, in the month."""

    acting: Float[Array, "unit act"]
    convictions: Float[Array, " unit"]
    disturbances: Float[Array, " unit"]
    crowd: Float[Array, " unit"]


def enough_sources(sources: Float[Array, "..."], needed: Float[Array, ""]) -> Float[Array, "..."]:
    """Return the share for whom one more source makes at least ``needed`` (1 to 3) of them.

    Sources met so far are Poisson with mean ``sources``; between whole numbers the share is
    interpolated, so that ``needed`` may be a real parameter.
    """
    one = -jnp.expm1(-sources)
    two = one - sources * jnp.exp(-sources)
    low = jnp.clip(needed - 1, 0.0, 1.0)
    high = jnp.clip(needed - 2, 0.0, 1.0)
    return 1 + low * (one - 1) + high * (two - one)


def believe(own: Any, table: RateTable, params: Any) -> Beliefs:
    """Return awareness and beliefs after the month's exposures.

    Channels in the order of ``persuasion``: talk, reading, radio or text.
    """
    reading, radio = table.reading[None, :], table.radio[:, None]
    met = table.talk + reading + radio
    strength = table.persuasion[0] * table.talk + table.persuasion[1] * reading
    strength = strength + table.persuasion[2] * radio
    credible = enough_sources(own.sources, params.complex_k)
    step = -jnp.expm1(-credible * strength)
    turned = table.reactance * (1 - own.esteem) - (1 - table.reactance) * own.esteem
    gain = -jnp.expm1(-params.trust_gain * credible * met) * (1 - table.reactance)
    return Beliefs(
        aware=own.aware - (1 - own.aware) * jnp.expm1(-met),
        sources=own.sources + met,
        esteem=own.esteem + step * turned,
        trust=own.trust + gain * (1 - own.trust),
    )


def legitimacy(
    own: Any, performance: Float[ArrayLike, ""], link: Float[ArrayLike, ""], params: Any
) -> Float[Array, " unit"]:
    """Return mean legitimacy of the regime by unit, 0-1: performance, inherited glory, trust.

    ``performance`` is in standard deviations, ``link`` the weight of Stalin relative to 1953.
    """
    weight = own.adults / jnp.maximum(own.adults.sum(axis=1, keepdims=True), 1.0)
    glory = (own.esteem * weight).sum(axis=1) * link
    trust = (own.trust * weight).sum(axis=1)
    level = params.l_base + params.l_perf * sigmoid(performance) + params.l_ideo * glory
    return jnp.clip(level + params.l_reform * trust, 0.0, 1.0)


def kin_exposure(view: Any, params: Any) -> Float[Array, " unit"]:
    """Return mean exposure to returned kin, returnees near by, kin cleared after death."""
    own = view.own
    adults = jnp.maximum(own.adults.sum(axis=1), 1.0)
    political = own.returnees[1] / adults
    cleared = own.cleared / adults.sum()
    kin = params.kin_degree * (params.a_kin * political + params.a_dead * cleared)
    return kin + params.a_comm * 1000 * own.returnees.sum(axis=0) / adults


def grievance(view: Any, params: Any, level: Float[Array, " unit"]) -> Float[Array, " unit"]:
    """Return mean grievance: hardship not excused by legitimacy, contested return, kin, jobs."""
    own = view.own
    people = jnp.maximum(own.civil, 1.0)
    rivals = params.job_competition * own.returnees.sum(axis=0) / people
    returned = params.return_conflict * own.homecomers / people
    return (
        (view.industry.hardship + rivals) * (1 - level)
        + returned
        + params.kin_grievance * own.kin_exposure
    )


def act(
    own: Any, table: SomeRates, grieved: Float[Array, " unit"], params: Any, keys: Keys
) -> Acts:
    """Return who acts, expected convictions for letters and leaflets, disturbances and crowds.

    Crowd sizes are Pareto above ``crowd_floor`` (Biggs 2005 on strikes), at most the towns.
    """
    acting = sigmoid(table.act_slope * grieved[:, None] + table.act_intercept)
    letters = acting[:, 1] * own.adults.sum(axis=1)
    number = keys.poisson("disturbances", table.disturbance)
    u = keys.uniform("crowd", number.shape)
    size = params.crowd_floor * u ** (-1 / jnp.maximum(table.crowd_exponent, 0.1))
    crowd = jnp.minimum(number * size, own.urban)
    return Acts(acting, table.conviction_ratio * letters, number, crowd)
