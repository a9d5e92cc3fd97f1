"""The way into space: a rocket inherited from the missile programme, attempts, and a race of firsts.

Contract: docs/model/science.md.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.randomness import Keys


class Launches(eqx.Module):
    """One month of the race."""

    successes: Float[Array, ""]
    failures: Float[Array, ""]
    firsts: Float[Array, ""]
    taken: Float[Array, ""]


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


def race(params: Any, yearly: Any, attempts: Any, taken: Any, rival: Any, keys: Keys) -> Launches:
    """Return the month's launches and who takes the first now open, if anybody.

    ``yearly`` attempts a year, ``attempts`` so far, ``taken`` firsts already gone, ``rival``
    successes a month of the other side. The first of all goes to whoever first succeeds; later
    ones need ever more successes, and the heavier launcher counts for more.
    """
    odds = success_probability(params, attempts)
    successes = keys.poisson("launch_success", yearly / 12.0 * odds)
    failures = keys.poisson("launch_failure", yearly / 12.0 * (1.0 - odds))
    chance = (1.0 + taken) ** -params.first_decay
    weight = jnp.where(taken > 0.0, params.launcher_advantage, 1.0)
    ours, theirs = successes * weight * chance, rival * chance
    someone = 1.0 - jnp.exp(-ours - theirs)
    won = keys.happens("first_taken", jnp.where(taken > 0.0, someone, jnp.minimum(successes, 1.0)))
    return Launches(successes, failures, won, taken)
