"""The people of January 1953: the census of 1959 carried back, prisoners and settlers put apart.

The closed population (no prisoners, no releases) of one month is a triangular linear map of
countryside and towns for every cohort and republic. The 72 maps from January 1953 to January 1959
are composed on small arrays, and the census is passed once through the inverse.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw.model.people import rates
from thaw.model.people.census import AGES, OPEN_AGE
from thaw.model.people.demography import Persons, custody_profile
from thaw.model.people.tables import Inputs, republics

YEARS = rates.TABLE_MONTH // 12
OPEN_FROM = OPEN_AGE - YEARS
"""Place in January 1953 from which a cohort stands in the census's class of 100 and over."""


class Journey(NamedTuple):
    """What 1953 to 1959 does to a cohort: towns = stay U + near R + town_weight sum(far R)."""

    rural: Float[Array, "age sex unit"]
    stay: Float[Array, "age sex"]
    near: Float[Array, "age sex unit"]
    far: Float[Array, "age sex unit"]


def journey(inputs: Inputs, params: Any) -> Journey:
    """Return the composed closed maps of the 72 months before the census."""
    moves = rates.base_moves(inputs, params)
    groups = len(republics())
    pull = jnp.zeros(groups).at[inputs.republic].set(inputs.pull)
    years = np.arange(rates.TABLE_MONTH) // 12
    path = np.minimum(np.arange(AGES) + 1 + years[:, None], AGES - 1)

    def month(carry: Journey, now: tuple[Array, Array]) -> tuple[Journey, None]:
        index, path_now = now
        alive = rates.survival(inputs, params, index)[path_now]
        towns, country = alive[:, :, 0], alive[:, :, 1, None]
        movers = country * moves.leaving[path_now][:, :, None] * pull
        gone = movers * carry.rural
        return Journey(
            rural=(country - movers) * carry.rural,
            stay=towns * carry.stay,
            near=towns[..., None] * carry.near + (1 - moves.far_share) * gone,
            far=towns[..., None] * carry.far + moves.far_share * gone,
        ), None

    one, none = jnp.ones((AGES, 2, groups)), jnp.zeros((AGES, 2, groups))
    start = Journey(one, jnp.ones((AGES, 2)), none, none)
    small = jax.lax.scan(month, start, (jnp.arange(rates.TABLE_MONTH), path))[0]
    wide = [part[:, :, inputs.republic] for part in (small.rural, small.near, small.far)]
    return Journey(wide[0], small.stay, wide[1], wide[2])


def back_cast(census: Persons, inputs: Inputs, params: Any) -> Persons:
    """Return the closed population of January 1953 whose closed way forward gives ``census``.

    Who was born after January 1953 is left out; the class of 100 and over is divided over the
    places it came from as a stationary population of the life table would be.
    """
    trip = journey(inputs, params)
    later, top = census[YEARS:OPEN_AGE], census[OPEN_AGE:].sum(axis=0)
    weight = inputs.town_weight
    shape = _stationary_top(inputs)[..., None]

    def towns_less_movers(towns: Array, rural: Array, ages: slice) -> Array:
        far = (trip.far[ages] * rural).sum(axis=-1, keepdims=True)
        return towns - trip.near[ages] * rural - far * weight

    young, old = slice(None, OPEN_FROM), slice(OPEN_FROM, None)
    rural = later[:, :, 1] / trip.rural[young]
    urban = towns_less_movers(later[:, :, 0], rural, young) / trip.stay[young, :, None]
    rural_old = shape[:, :, 1] * top[:, 1] / (shape[:, :, 1] * trip.rural[old]).sum(axis=0)
    came = towns_less_movers(jnp.zeros_like(rural_old), rural_old, old).sum(axis=0)
    kept = (shape[:, :, 0] * trip.stay[old, :, None]).sum(axis=0)
    urban_old = shape[:, :, 0] * (top[:, 0] + came) / kept
    return jnp.concatenate(
        [jnp.stack([urban, rural], axis=2), jnp.stack([urban_old, rural_old], axis=2)]
    )


def _stationary_top(inputs: Inputs) -> Float[Array, "age sex locality"]:
    yearly = inputs.log_survival[OPEN_FROM + 1 : OPEN_AGE + 1]
    ages = jnp.exp(jnp.cumsum(jnp.concatenate([jnp.zeros((1, 2, 2)), yearly]), axis=0))
    above = ages[-1:] * inputs.above_share / (1 - inputs.above_share)
    return jnp.concatenate([ages, above])


def census_at_home(inputs: Inputs, women: Float[Array, ""]) -> Persons:
    """Return the census of 1959 with its prisoners taken from where they were held to all units."""
    profile = custody_profile(women)[:, :, None, None]
    base = (inputs.census * profile).sum(axis=(0, 1, 2))
    spread = inputs.prisoners_1959.sum() * base / base.sum()
    return jnp.asarray(inputs.census * (1 + profile * (spread - inputs.prisoners_1959) / base))


def prisoners_1953(inputs: Inputs, params: Any) -> Float[Array, "class unit"]:
    """Return prisoners by class and unit: short terms in colonies first, the rest in camps."""
    ordinary = params.prisoners_total - params.prisoners_political
    collaborators = params.prisoners_political * params.collaborator_share
    sizes = jnp.stack(
        [
            ordinary * params.short_share,
            ordinary * (1 - params.short_share),
            collaborators,
            params.prisoners_political - collaborators,
        ]
    )
    short = jnp.minimum(sizes[0], inputs.colonies)
    colonies = jnp.stack([short, jnp.minimum(sizes[1], inputs.colonies - short), 0.0, 0.0])
    return colonies[:, None] * inputs.colony_share + (sizes - colonies)[:, None] * inputs.camp_share


def at_liberty_1953(prisoners: Float[Array, "class unit"], inputs: Inputs, params: Any) -> Persons:
    """Return persons at liberty in January 1953.

    Prisoners come from all units in proportion to persons of their age and sex; settlers who have
    a home to go back to, and go (``settler_return``), are set from there into exile.
    """
    everybody = back_cast(census_at_home(inputs, params.custody_women), inputs, params)
    profile = custody_profile(params.custody_women)[:, :, None, None]
    base = (everybody * profile).sum()
    free = everybody * (1 - profile * prisoners.sum() / base)
    home, exile = going_home(inputs.settlers * params.settler_return, inputs)
    return free * (1 + (exile - home) / free.sum(axis=(0, 1, 2)))


def going_home(
    settlers: Float[Array, "group unit"], inputs: Inputs
) -> tuple[Float[Array, " unit"], Float[Array, " unit"]]:
    """Return how many of those who may go home come to each unit, and how many leave each."""
    allowed = settlers * inputs.homes.sum(axis=1)[:, None]
    return (allowed.sum(axis=1)[:, None] * inputs.homes).sum(axis=0), allowed.sum(axis=0)
