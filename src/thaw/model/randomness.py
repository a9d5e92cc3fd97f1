"""Keyed randomness: a number depends on seed, draw, month, subsystem, purpose, entity alone.

Streams are JAX's threefry (Salmon et al. 2011, counter-based). Every public draw is a monotone
function of one uniform number, so that two worlds that share keys share their luck, and a changed
probability changes only the outcomes that it should (common random numbers).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtri
from jaxtyping import Array, ArrayLike, Float

Shapes = dict[str, tuple[int, ...]]
"""Shape of a random draw by its purpose."""

_POISSON_TERMS = 40
_UNROLLED = 8
_POISSON_NORMAL_ABOVE = 15.0


def name_code(name: str) -> int:
    """Return the 32-bit code of a name (CRC-32), the same on every machine."""
    return zlib.crc32(name.encode())


class Keys:
    """The random numbers of one subsystem in one month of one draw.

    ``key=None`` gives the skeleton path: every uniform is 0.5 and every normal 0, used where a
    deterministic, differentiable path is wanted. ``drawn`` holds uniforms by purpose that were
    drawn before (:func:`drawn_ahead`); ``asked`` notes every purpose with its shape. ``happened``
    holds outcomes of events by purpose that are given (1 or 0; not a number: left to chance).
    """

    def __init__(
        self,
        key: Array | None,
        drawn: Mapping[str, Array] | None = None,
        asked: Shapes | None = None,
        happened: Mapping[str, Array] | None = None,
    ) -> None:
        self._key, self._drawn, self._happened = key, drawn or {}, happened or {}
        self._asked = asked if asked is not None else {}

    @classmethod
    def of(
        cls,
        draw_key: Array | None,
        month: ArrayLike,
        subsystem: str,
        drawn: Mapping[str, Array] | None = None,
        asked: Shapes | None = None,
        happened: Mapping[str, Array] | None = None,
    ) -> Keys:
        """Return the keys of ``subsystem`` in ``month`` under a draw's key."""
        if draw_key is None:
            return cls(None, None, asked, happened)
        folded = jax.random.fold_in(jax.random.fold_in(draw_key, month), name_code(subsystem))
        return cls(folded, drawn, asked, happened)

    def uniform(self, purpose: str, shape: tuple[int, ...] = ()) -> Float[Array, "..."]:
        """Return uniform numbers in (0, 1), one per entity of ``shape``."""
        self._asked[purpose] = shape
        if self._key is None:
            return jnp.full(shape, 0.5)
        if purpose in self._drawn:
            return self._drawn[purpose]
        return _uniform(jax.random.fold_in(self._key, name_code(purpose)), shape)

    def normal(self, purpose: str, shape: tuple[int, ...] = ()) -> Float[Array, "..."]:
        """Return standard normal numbers by inversion of one uniform each."""
        return ndtri(self.uniform(purpose, shape))

    def happens(self, purpose: str, probability: Float[ArrayLike, "..."]) -> Float[Array, "..."]:
        """Return 1.0 where an event of the given probability happens, else 0.0.

        What is given happens wherever it is possible at all.
        """
        p = jnp.asarray(probability)
        chance = (self.uniform(purpose, p.shape) < p).astype(jnp.float64)
        if purpose not in self._happened:
            return chance
        given = jnp.asarray(self._happened[purpose])
        return jnp.where(jnp.isnan(given), chance, given * (p > 0.0))

    def poisson(self, purpose: str, rate: Float[ArrayLike, "..."]) -> Float[Array, "..."]:
        """Return Poisson counts by inversion (normal approximation above a rate of 15)."""
        lam = jnp.maximum(jnp.asarray(rate, jnp.float64), 0.0)
        return poisson_quantile(self.uniform(purpose, lam.shape), lam)


def _uniform(key: Array, shape: tuple[int, ...]) -> Float[Array, "..."]:
    return jax.random.uniform(key, shape, minval=1e-12, maxval=1.0 - 1e-12)


def drawn_ahead(
    draw_key: Array, months: int, asked: Mapping[str, Shapes]
) -> dict[str, dict[str, Float[Array, "month ..."]]]:
    """Return the uniforms of every month by subsystem and purpose: the same bits as month by month.

    A hash takes dozens of small steps whatever its size, so all months and purposes of one shape
    are hashed at once.
    """
    found: dict[str, dict[str, Array]] = {name: {} for name in asked}
    places = [(shape, name, purpose) for name in asked for purpose, shape in asked[name].items()]
    for wanted in sorted({shape for shape, _, _ in places}):
        pairs = [(name, purpose) for shape, name, purpose in places if shape == wanted]
        codes = jnp.array([[name_code(n), name_code(p)] for n, p in pairs], jnp.uint32)

        def one(month: Array, code: Array, shape: tuple[int, ...] = wanted) -> Array:
            key = jax.random.fold_in(jax.random.fold_in(draw_key, month), code[0])
            return _uniform(jax.random.fold_in(key, code[1]), shape)

        table = jax.vmap(jax.vmap(one, (None, 0)), (0, None))(jnp.arange(months), codes)
        for at, (name, purpose) in enumerate(pairs):
            found[name][purpose] = table[:, at]
    return found


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
    exact = jax.lax.fori_loop(0, _POISSON_TERMS, add, start, unroll=_UNROLLED)[2]
    rough = jnp.maximum(jnp.floor(lam + jnp.sqrt(lam) * ndtri(u) + 0.5), 0.0)
    return jnp.where(lam > _POISSON_NORMAL_ABOVE, rough, exact)
