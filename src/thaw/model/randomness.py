"""Keyed randomness: a number depends on seed, draw, month, subsystem, purpose, entity alone.

Streams are JAX's threefry (Salmon et al. 2011, counter-based). Every public draw is a monotone
function of one uniform number, so that two worlds that share keys share their luck, and a changed
probability changes only the outcomes that it should (common random numbers).
"""

from __future__ import annotations

import zlib

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtri
from jaxtyping import Array, ArrayLike, Float

_POISSON_TERMS = 40
_POISSON_NORMAL_ABOVE = 15.0


def name_code(name: str) -> int:
    """Return the 32-bit code of a name (CRC-32), the same on every machine."""
    return zlib.crc32(name.encode())


class Keys:
    """The random numbers of one subsystem in one month of one draw.

    ``key=None`` gives the skeleton path: every uniform is 0.5 and every normal 0, used where a
    deterministic, differentiable path is wanted.
    """

    def __init__(self, key: Array | None) -> None:
        self._key = key

    @classmethod
    def of(cls, draw_key: Array | None, month: ArrayLike, subsystem: str) -> Keys:
        """Return the keys of ``subsystem`` in ``month`` under a draw's key."""
        if draw_key is None:
            return cls(None)
        return cls(jax.random.fold_in(jax.random.fold_in(draw_key, month), name_code(subsystem)))

    def uniform(self, purpose: str, shape: tuple[int, ...] = ()) -> Float[Array, "..."]:
        """Return uniform numbers in (0, 1), one per entity of ``shape``."""
        if self._key is None:
            return jnp.full(shape, 0.5)
        key = jax.random.fold_in(self._key, name_code(purpose))
        return jax.random.uniform(key, shape, minval=1e-12, maxval=1.0 - 1e-12)

    def normal(self, purpose: str, shape: tuple[int, ...] = ()) -> Float[Array, "..."]:
        """Return standard normal numbers by inversion of one uniform each."""
        return ndtri(self.uniform(purpose, shape))

    def happens(self, purpose: str, probability: Float[ArrayLike, "..."]) -> Float[Array, "..."]:
        """Return 1.0 where an event of the given probability happens, else 0.0."""
        p = jnp.asarray(probability)
        return (self.uniform(purpose, p.shape) < p).astype(jnp.float64)

    def poisson(self, purpose: str, rate: Float[ArrayLike, "..."]) -> Float[Array, "..."]:
        """Return Poisson counts by inversion (normal approximation above a rate of 15)."""
        lam = jnp.maximum(jnp.asarray(rate, jnp.float64), 0.0)
        return poisson_quantile(self.uniform(purpose, lam.shape), lam)


def poisson_quantile(u: Float[Array, "..."], lam: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return the Poisson quantile of ``u`` at rate ``lam``; monotone in both."""
    small = jnp.minimum(lam, _POISSON_NORMAL_ABOVE)

    def add(k: Array, carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        term, cumulative, count = carry
        count = count + (u > cumulative)
        term = term * small / (k + 1.0)
        return term, cumulative + term, count

    first = jnp.exp(-small)
    start = (first, first, jnp.zeros_like(small))
    exact = jax.lax.fori_loop(0, _POISSON_TERMS, add, start)[2]
    rough = jnp.maximum(jnp.floor(lam + jnp.sqrt(lam) * ndtri(u) + 0.5), 0.0)
    return jnp.where(lam > _POISSON_NORMAL_ABOVE, rough, exact)
