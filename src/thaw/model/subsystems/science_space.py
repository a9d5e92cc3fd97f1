"""The way into space: a rocket from the missile programme, attempts, and a race of firsts.

Contract: docs/model/science.md.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.randomness import Keys


def readiness(params: Any, programme: Any) -> Float[Array, ""]:
    """Return how far the rocket can reach orbit (0-1) after ``programme`` years of work."""
    return jax.nn.sigmoid((programme - params.launcher_years) / params.launcher_spread)


def rate(params: Any, capacity: Any, stock: Any, ready: Any) -> Float[Array, ""]:
    """Return attempts a year: capacity of the sites, readiness, and the research stock."""
    return capacity * ready * stock**params.hazard_elast


def success_probability(params: Any, attempts: Any) -> Float[Array, ""]:
    """Return the probability that an attempt succeeds, by a learning curve over past attempts."""
    failure = (1.0 - params.success_first) * (1.0 + attempts) ** -params.success_learning
    return 1.0 - failure


def next_capacity(params: Any, capacity: Any, ready: Any) -> Float[Array, ""]:
    """Return launch capacity a month later: it grows once the rocket flies, up to a ceiling."""
    room = 1.0 - capacity / params.launch_ceiling
    return capacity * jnp.exp(params.launch_growth / 12.0 * ready * room)


def launch(params: Any, yearly: Any, odds: Any, keys: Keys) -> tuple[Array, Array]:
    """Return successes and failures of a month at ``yearly`` attempts a year."""
    successes = keys.poisson("launch_success", yearly / 12.0 * odds)
    return successes, keys.poisson("launch_failure", yearly / 12.0 * (1.0 - odds))


def race(
    params: Any, successes: Any, rival: Any, taken: Any, keys: Keys
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Return whether we win the first now open, and whether anybody takes it (0 or 1 each).

    ``rival`` successes a month of the other side, ``taken`` firsts already gone. The very first
    success is a first; later ones need ever more successes, and a heavier launcher counts for
    more. When both succeed in a month the first falls to either with equal odds.
    """
    chance = (1.0 + taken) ** -params.first_decay
    ours = jnp.minimum(jnp.where(taken > 0.0, params.launcher_advantage, 1.0) * chance, 0.999999)
    we_can = 1.0 - (1.0 - ours) ** successes
    they_can = 1.0 - jnp.exp(-rival * chance)
    luck = keys.uniform("first")
    anybody = 1.0 - (1.0 - we_can) * (1.0 - they_can)
    won = luck < we_can * (1.0 - 0.5 * they_can)
    return won.astype(jnp.float64), (luck < anybody).astype(jnp.float64)
