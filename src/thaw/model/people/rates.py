"""One table of monthly rates, made once a month from the frozen world, for either resolution.

Whatever moves persons (status, place, awareness, attitude) stands here as a rate or probability
over age, sex, locality, unit, audience or class. Cohorts multiply by it; a kernel of single
citizens draws from it; so the two cannot drift apart.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from thaw.model.people.demography import Moves, births, shifted
from thaw.model.people.tables import Inputs, Recorded

TABLE_MONTH = 72
"""January 1959: the middle of the life tables and the year of the fertility table."""


class RateTable(NamedTuple):
    """Monthly rates of persons; hazards are per month, shares and probabilities 0-1."""

    survival: Float[Array, "age sex locality"]
    birth_survival: Float[Array, "sex locality"]
    fertility: Float[Array, "age locality"]
    moves: Moves
    recruits: Float[Array, " unit"]
    admission: Float[Array, " class"]
    release: Float[Array, " class"]
    prisoner_death: Float[Array, " class"]
    settler_release: Float[Array, " group"]
    reading: Float[Array, " audience"]
    talk: Float[Array, "unit audience"]
    radio: Float[Array, " unit"]
    persuasion: Float[Array, " channel"]
    reactance: Float[Array, "unit audience"]
    party_admission: Float[Array, ""]
    act_intercept: Float[Array, "unit act"]
    act_slope: Float[Array, ""]
    conviction_ratio: Float[Array, " unit"]
    disturbance: Float[Array, " unit"]
    crowd_exponent: Float[Array, ""]


SomeRates = RateTable | SimpleNamespace
"""A table of rates, or those of its entries that a single rule reads."""


def years_from_table(month: ArrayLike) -> Array:
    """Return years since January 1959 (negative before)."""
    return (jnp.asarray(month) - TABLE_MONTH) / 12.0


def survival(inputs: Inputs, params: Any, month: ArrayLike) -> Float[Array, "age sex locality"]:
    """Return the share that survives a month at the level of mortality of that month."""
    level = params.death_level * jnp.exp(-params.death_trend * years_from_table(month))
    return jnp.exp(inputs.log_survival * level / 12.0)


def base_moves(inputs: Inputs, params: Any, push: Float[ArrayLike, ""] = 1.0) -> Moves:
    """Return moves to towns at ``push`` times the base rate (1 = January 1953)."""
    yearly = params.town_rate * push * inputs.moving_profile
    leaving = 1 - jnp.exp(-yearly / 12.0)
    return Moves(
        leaving, jnp.asarray(inputs.pull), params.far_share, jnp.asarray(inputs.town_weight)
    )


def town_push(view: Any, gap_start: Float[Array, ""], params: Any) -> Float[Array, ""]:
    """Return the pull of towns: rising with the income gap, falling with crowding (1953 = 1)."""
    gap = jnp.log(jnp.maximum(view.industry.wages_gap / gap_start, 1e-6))
    return jnp.exp(params.gap_effect * gap - params.crowding_effect * (view.industry.crowding - 1))


def rate_table(view: Any, gap_start: Float[Array, ""], params: Any) -> RateTable:
    """Return the rates of this month from the frozen world."""
    inputs, years = view.inputs, years_from_table(view.month)
    infant = jnp.exp(-params.infant_trend * years)
    level = params.birth_level * jnp.exp(-params.birth_trend * years)
    elapsed = (view.calendar + 0.5) / 12.0
    return RateTable(
        survival=survival(inputs, params, view.month),
        birth_survival=jnp.exp(inputs.log_birth_survival * infant),
        fertility=level / 12.0 * at_places(inputs.fertility, elapsed),
        moves=base_moves(inputs, params, town_push(view, gap_start, params)),
        recruits=jnp.maximum(view.agriculture.recruits, 0.0),
        admission=jnp.maximum(view.camps.admission, 0.0),
        release=jnp.clip(view.camps.release_hazard, 0.0, 1.0),
        prisoner_death=jnp.clip(view.camps.death_hazard, 0.0, 1.0),
        settler_release=jnp.clip(view.camps.settler_release, 0.0, 1.0),
        reading=view.information.official,
        talk=view.information.talk,
        radio=view.information.radio,
        persuasion=view.information.persuasion,
        reactance=view.information.reactance,
        party_admission=params.party_admission
        / 12
        * jnp.exp(params.party_line * view.leadership.line),
        act_intercept=view.public.act_intercept,
        act_slope=view.public.act_slope,
        conviction_ratio=view.public.conviction_ratio,
        disturbance=view.public.disturbance_hazard,
        crowd_exponent=view.public.crowd_exponent,
    )


def at_places(
    by_age: Float[Recorded, "age locality"], elapsed: Float[ArrayLike, ""]
) -> Float[Array, "age locality"]:
    """Return rates by completed age as rates by place of the age axis at a time of the year."""
    younger = jnp.concatenate([jnp.zeros_like(by_age[:1]), by_age[:-1]])
    return jnp.asarray(elapsed * by_age + (1 - elapsed) * younger)


def constant_table(view: Any, gap_start: Float[Array, ""], params: Any) -> RateTable:
    """Return the rival's rates: fixed crude birth and death rates, no response of moves.

    The same yearly number of births and deaths per head whatever the ages; moves at base rate.
    """
    table, own, inputs = rate_table(view, gap_start, params), view.own, view.inputs
    persons = shifted(own.persons, view.calendar == 0)
    expected = births(persons, table.fertility, inputs.fertility_place).sum()
    born = params.crude_birth / 12 * own.civil.sum()
    lost = born * (1 - table.birth_survival.mean())
    others = jnp.maximum(params.crude_death / 12 * own.civil.sum() - lost, 0.0) / own.civil.sum()
    return table._replace(
        fertility=table.fertility * born / jnp.maximum(expected, 1.0),
        survival=jnp.full_like(table.survival, 1.0) - others,
        moves=base_moves(inputs, params),
    )
