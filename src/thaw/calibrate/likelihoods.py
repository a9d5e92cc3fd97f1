"""Likelihoods of the record (model contract, section 15): one function for each kind of datum.

All are log densities, elementwise, differentiable in the prediction and the discrepancy.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax.scipy.special import betaln, gammaln, xlogy
from jaxtyping import Array, ArrayLike, Float

DEGREES = 4.0
"""Degrees of freedom of the Student-t errors."""
_TINY = 1e-9

Values = Float[ArrayLike, "..."]
LogDensity = Float[Array, "..."]


def student(residual: Values, error: Values, discrepancy: Values) -> LogDensity:
    """Return the log density of residuals under a Student-t with four degrees of freedom.

    Its scale joins the s.d. of reading and that of the model's own error.
    """
    scale = jnp.sqrt(jnp.square(error) + jnp.square(discrepancy))
    z = jnp.asarray(residual) / scale
    constant = gammaln((DEGREES + 1.0) / 2.0) - gammaln(DEGREES / 2.0)
    constant = constant - 0.5 * jnp.log(DEGREES * jnp.pi)
    return constant - jnp.log(scale) - (DEGREES + 1.0) / 2.0 * jnp.log1p(z * z / DEGREES)


def logarithmic(value: Values, predicted: Values, error: Values, discrepancy: Values) -> LogDensity:
    """Return the log density of a positive value: Student-t on logs."""
    safe = jnp.maximum(jnp.asarray(predicted), _TINY)
    return student(jnp.log(jnp.asarray(value)) - jnp.log(safe), error, discrepancy)


def count(value: Values, mean: Values, dispersion: Values) -> LogDensity:
    """Return the log probability of a count: negative binomial, variance m + (dispersion m)^2."""
    m, y = jnp.maximum(jnp.asarray(mean), _TINY), jnp.asarray(value)
    size = 1.0 / jnp.square(jnp.maximum(jnp.asarray(dispersion), 1e-3))
    ways = gammaln(y + size) - gammaln(size) - gammaln(y + 1.0)
    return ways - size * jnp.log1p(m / size) + xlogy(y, m / (m + size))


def poisson(value: Values, mean: Values) -> LogDensity:
    """Return the log probability of a Poisson count."""
    m, y = jnp.maximum(jnp.asarray(mean), _TINY), jnp.asarray(value)
    return xlogy(y, m) - m - gammaln(y + 1.0)


def share(value: Values, trials: Values, probability: Values, dispersion: Values) -> LogDensity:
    """Return the log probability of successes: beta-binomial.

    ``dispersion`` squared is the correlation of two decisions of one commission; at 0 the binomial.
    """
    p = jnp.clip(jnp.asarray(probability), 1e-6, 1.0 - 1e-6)
    weight = 1.0 / jnp.square(jnp.maximum(jnp.asarray(dispersion), 1e-3)) - 1.0
    a, b = p * weight, (1.0 - p) * weight
    y, n = jnp.asarray(value), jnp.asarray(trials)
    ways = gammaln(n + 1.0) - gammaln(y + 1.0) - gammaln(n - y + 1.0)
    return ways + betaln(y + a, n - y + b) - betaln(a, b)


def hazard(happened: Values, rate: Values, at_risk: Values) -> LogDensity:
    """Return the log probability of an event (1) or none (0) in a month of cumulated hazard."""
    h, y = jnp.maximum(jnp.asarray(rate), _TINY), jnp.asarray(happened)
    return jnp.asarray(at_risk) * (y * jnp.log(-jnp.expm1(-h)) - (1.0 - y) * h)
