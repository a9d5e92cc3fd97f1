"""Parts of information: readings, talk and radio as hazards, and what an exposure does to belief.

Arrays run over P units and G audiences (party, Komsomol, other).
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.subsystem import View

DAYS_A_MONTH = 365.25 / 12
WEEKS_A_MONTH = DAYS_A_MONTH / 7
PEAK_HAZARD = 10.0
"""Ceiling of a monthly hazard: a month at this hazard informs everybody."""


def mean(weight: Array, value: Array, axis: int | None = None) -> Array:
    """Return the weighted mean over ``axis`` (all axes when absent)."""
    return jnp.sum(weight * value, axis) / jnp.maximum(jnp.sum(weight, axis), 1.0)


def cascade(
    view: View, params: Any, ages: tuple[Array, Array], strengths: tuple[Array, Array], news: Array
) -> tuple[Array, Array, Array]:
    """Return hazards of next month: readings (model.md 2.2), talk, radio."""
    official = _readings(view, params, ages, strengths)
    return official, _talk(view, params, news), _radio(view, params)


def _readings(
    view: View, params: Any, ages: tuple[Array, Array], strengths: tuple[Array, Array]
) -> Float[Array, " G"]:
    adults = view.people.adults.sum(axis=0)
    admitted = params.nonparty_per_member * adults[0] / jnp.maximum(adults[2], 1.0)
    komsomol = params.read_coverage * params.komsomol_coverage
    coverage = jnp.clip(jnp.stack([params.read_coverage, komsomol, admitted]), 0.0, 0.99)
    first = params.order_delay / DAYS_A_MONTH + params.read_delay / WEEKS_A_MONTH
    later = first + params.komsomol_delay / WEEKS_A_MONTH
    delay = jnp.stack([first, later, later])
    own, tau = view.own, params.read_tau
    closed = strengths[0] * _window(own.closed_age, ages[0], delay, coverage, tau)
    opened = strengths[1] * _window(own.open_age, ages[1], 0.0, params.open_coverage, tau)
    return jnp.minimum(closed + opened, PEAK_HAZARD)


def _window(before: Array, age: Array, delay: Array | float, coverage: Array, tau: Array) -> Array:
    """Return next month's hazard of readings that alone end at exactly ``coverage``.

    The month in which the order is given holds no readings (they are read from frozen state): its
    share is caught up in the month after.
    """

    def cumulative(now: Array) -> Array:
        return -jnp.log1p(coverage * jnp.expm1(-jnp.maximum(now - delay, 0.0) / tau))

    since = jnp.where(before > 0, age, 0.0)
    return jnp.where(age > 0, cumulative(age + 1.0) - cumulative(since), 0.0)


def _talk(view: View, params: Any, news: Array) -> Float[Array, "P G"]:
    adults, aware = view.people.adults, view.people.aware
    here = jnp.sum(adults * aware, axis=1) / jnp.maximum(adults.sum(axis=1), 1.0)
    met = params.mixing_own * aware + (1.0 - params.mixing_own) * here[:, None]
    candour = (1.0 - view.public.fear)[:, None] ** 2
    return jnp.minimum(params.talk_rate * candour * met * news, PEAK_HAZARD)


def _radio(view: View, params: Any) -> Float[Array, " P"]:
    people, outside = view.people, view.exogenous
    towns = jnp.clip(people.urban / jnp.maximum(people.civil, 1.0), 0.0, 1.0)
    clear = 1.0 - params.jam_effect * outside.info_jamming * towns
    return params.radio_rate * outside.info_radio_sets * clear * view.own.public_abroad


def persuasion(params: Any, line: Array) -> Float[Array, " 3"]:
    """Return the fall of esteem at a credible exposure, by channel.

    A reading convinces less where the line of the day does not stand behind it. How many sources
    make an exposure credible is decided in people.
    """
    tone = 1.0 - params.tone_share * (1.0 - jnp.clip(line, 0.0, 1.0))
    trust = jnp.stack([params.trust_rumour, params.trust_reading * tone, params.trust_radio])
    return params.persuade * trust


def reactance(view: View, params: Any) -> Float[Array, "P G"]:
    """Return the chance of a boomerang: promoted cadres and veterans, by group and age of a unit.

    The record holds no national shares by unit, so age alone makes units differ.
    """
    people = view.people
    young = people.youth / jnp.maximum(people.civil, 1.0)
    mature = (1.0 - young) / jnp.maximum(1.0 - jnp.mean(young), 1e-6)
    veterans = (params.id_veteran * params.veteran_share * mature)[:, None]
    promoted = params.id_promoted * params.promoted_share
    identity = veterans * jnp.array([1.0, 0.0, 1.0]) + promoted * jnp.array([1.0, 0.0, 0.0])
    return params.reactance * jnp.clip(identity, 0.0, 1.0)
