"""Parts of public: the hazard of disturbances by unit, and the use of firearms against them."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax.nn import sigmoid
from jaxtyping import Array, Float

from thaw.model.randomness import Keys
from thaw.model.subsystem import View

EXPONENT_BOUND = 4.0
"""Log-hazards saturate here: no town is more than e^4 times as restless as the union of 1953."""
GRIEVANCE_UNIT, SHARE_UNIT, FEAR_UNIT = 0.1, 0.05, 0.2
EX_PRISONER_UNIT, RETURN_UNIT, PRICE_UNIT, POLICE_UNIT = 0.02, 0.1, 0.1, 0.2
"""One unit of each standardised input of the disturbance hazard, in its own measure."""
SMALLEST_CROWD = 100.0


def hazard(view: View, params: Any, start: dict[str, Array], exponent: Array) -> Float[Array, " P"]:
    """Return monthly hazards: the base of 1953 by urban population, times bounded covariates."""
    towns = view.people.urban / jnp.maximum(start["start_urban"], 1.0)
    bounded = EXPONENT_BOUND * jnp.tanh(exponent / EXPONENT_BOUND)
    return jnp.minimum(params.disturb_base / 12.0 * towns * jnp.exp(bounded), 1.0)


def adults(view: View) -> Float[Array, " P"]:
    """Return adults by unit, at least one."""
    return jnp.maximum(view.people.adults.sum(axis=1), 1.0)


def mean_of(view: View, value: Float[Array, " P"]) -> Float[Array, ""]:
    """Return the mean over adults of the union."""
    return jnp.sum(adults(view) * value) / adults(view).sum()


def causes(
    view: View, params: Any, start: dict[str, Array], grievance: Array, police: Array, fear: Array
) -> Float[Array, " P"]:
    """Return the log-hazard against January 1953 (model.md 3.2, causes after Kozlov 2002).

    Newcomers count against the union of the same month: no level of 1953 is known for them.
    ``police`` is attention relative to 1953.
    """
    people = view.people
    newcomers = people.uprooted - mean_of(view, people.uprooted)
    return (
        params.b_grief * (grievance - start["start_grievance"]) / GRIEVANCE_UNIT
        + params.newtown_effect * newcomers / SHARE_UNIT
        + params.amnesty_crime_effect * people.returnees[0] / adults(view) / EX_PRISONER_UNIT
        + params.b_ethnic * people.homecomers / adults(view) / RETURN_UNIT
        + price_shock(view, params)
        + params.b_fear * (fear - params.fear0) / FEAR_UNIT
        + params.b_police * (police - 1.0) / POLICE_UNIT
    )


def price_shock(view: View, params: Any) -> Float[Array, ""]:
    """Return the log-hazard of last month's rise of retail prices."""
    return params.price_shock_effect * view.industry.price_rise / PRICE_UNIT


def shootings(view: View, params: Any, keys: Keys) -> tuple[Float[Array, " P"], Array]:
    """Return last month's disturbances put down with firearms, and the restraint learned."""
    own, people = view.own, view.people
    crowd = people.crowd / jnp.maximum(people.disturbances, 1.0)
    size = jnp.log(jnp.maximum(crowd, SMALLEST_CROWD) / 1000.0)
    attacked = keys.happens("attack", params.attack_share * jnp.ones_like(size))
    doctrine = (own.restraint + jnp.clip(view.leadership.line, 0.0, 1.0)) / 2.0
    odds = (
        params.arms_base
        + params.arms_size * size
        + params.arms_attack * attacked
        + params.arms_restraint * doctrine
    )
    shot = people.disturbances * keys.happens("firearms", sigmoid(odds))
    missing = (1.0 - own.restraint) * (1.0 - params.arms_lesson) ** shot.sum()
    return shot, 1.0 - missing
