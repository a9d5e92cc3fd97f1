"""Smooth delays: what enters a chain of equal stages leaves it after a given mean time.

A chain of n stages has a gamma-like (Erlang) delay of mean ``months`` and standard deviation
``months / sqrt(n)``. Nothing is lost on the way, and the mean may be a sampled parameter.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

Stages = Float[Array, "stage ..."]


def leaving_share(stages: int, months: ArrayLike) -> Float[Array, "..."]:
    """Return the share of a stage's content that leaves it in one month."""
    return 1.0 - jnp.exp(-stages / jnp.maximum(jnp.asarray(months), 0.1))


def advance(content: Stages, inflow: ArrayLike, months: ArrayLike) -> tuple[Stages, Array]:
    """Return the chain one month later, and what left it (same unit as ``inflow``, a month)."""
    out = content * leaving_share(content.shape[0], months)
    entering = jnp.concatenate([jnp.asarray(inflow)[None], out[:-1]])
    return content + entering - out, out[-1]


def filled(
    outflow: ArrayLike, months: ArrayLike, growth: ArrayLike, stages: int
) -> tuple[Stages, Array]:
    """Return a chain in steady growth that now yields ``outflow``, and the inflow that keeps it so.

    ``growth`` is the growth of the flow per month.
    """
    share = leaving_share(stages, months)
    last = jnp.asarray(outflow) / share
    ratio = (growth + share) / share
    content = jnp.stack([last * ratio**power for power in range(stages - 1, -1, -1)])
    return content, content[0] * (growth + share)


def toward(executed: ArrayLike, order: ArrayLike, lag: ArrayLike) -> Float[Array, "..."]:
    """Return what is carried out of a standing ``order`` one month later, with a mean lag."""
    done = jnp.asarray(executed)
    behind = jnp.asarray(order) - done
    return done + behind / (1.0 + jnp.maximum(jnp.asarray(lag), 0.0))
