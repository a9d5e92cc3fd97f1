"""Parts of public: fear, the price of open acts, what others' acts teach, what courts make of them.

Arrays run over P units and A act levels (grumble, letter, strike, crowd).
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax.nn import sigmoid
from jax.scipy.stats import norm
from jaxtyping import Array, ArrayLike, Float

from thaw.model.places import ACTS
from thaw.model.subsystem import View

LETTER, GRUMBLE = ACTS.index("letter"), ACTS.index("grumble")
MEAN_RISK_AVERSION = 0.5
"""Mean of the uniform distribution of risk aversion in Epstein (2002)."""


def costs(params: Any) -> Float[Array, " A"]:
    """Return the intrinsic cost of each act level (logit)."""
    return jnp.stack([getattr(params, f"cost_{act}") for act in ACTS])


def arrest_risk(params: Any, acting: Array, police: Array | float) -> Array:
    """Return the chance of arrest: police attention against all who act alike (Epstein 2002).

    ``acting`` is a share of adults, ``police`` attention relative to January 1953.
    """
    alike = 1.0 + 1000.0 * acting
    return -jnp.expm1(-params.arrest_k * params.police_density * police / alike)


def risk(params: Any, arrest: Array, severity: Array | float, fear: Array) -> Array:
    """Return the perceived price of an act (logit): arrest times sentence times fear."""
    return params.risk_weight * MEAN_RISK_AVERSION * arrest * severity * fear


def start_intercept(params: Any) -> tuple[Float[Array, " A"], Float[Array, " A"]]:
    """Return act intercepts and arrest risks under the fear of January 1953."""
    arrest = arrest_risk(params, sigmoid(-costs(params)), 1.0)
    return -costs(params) - risk(params, arrest, 1.0, params.fear0), arrest


def start_acting(params: Any, grievance: Array) -> Float[Array, " A"]:
    """Return the share of adults acting in January 1953 at a mean grievance."""
    return sigmoid(start_intercept(params)[0] + params.expr * grievance)


def start_ratio(params: Any, adults: Float[ArrayLike, ""], grievance: Array) -> Float[Array, ""]:
    """Return convictions per letter that give the base rate of early 1953 over all ``adults``."""
    letters = adults * start_acting(params, grievance)[LETTER]
    return params.conv_base / jnp.maximum(letters, 1.0)


def intercept(
    params: Any, signal: Array, arrest: Array, severity: Array, felt: Array, extra: Array
) -> Float[Array, "P A"]:
    """Return act intercepts from others' acts, risk and ``extra`` (P: kin and relief, logit)."""
    price = risk(params, arrest, severity, felt[:, None])
    return params.soc * signal - costs(params) - price + extra[:, None]


def learned_signal(
    params: Any, signal: Array, acting: Array, grievance: Array
) -> Float[Array, "P A"]:
    """Return what publics learned from turnout beyond that of 1953 (Lohmann 1994), in [-1, 1]."""
    usual = start_acting(params, grievance)
    excess = (acting - usual) / jnp.maximum(acting + usual, 1e-12)
    return signal + params.k_lohmann * (excess - signal)


def practice(params: Any, old: Array, order: Array, line: Array) -> Float[Array, ""]:
    """Return the log of convictions per act, adjusting slowly to the order and the line."""
    wanted = params.conv_order * order - params.conv_line * jnp.clip(line, -1.0, 2.0)
    return wanted + (old - wanted) * 0.5 ** (1.0 / params.practice_halflife)


def crowd_exponent(params: Any, acting: Array, adults: Array, grievance: Array) -> Array:
    """Return the Pareto exponent of crowd size: heavier tails where more thresholds are passed.

    Participation thresholds are normal (Granovetter 1978); what people see is open grumbling.
    """

    def drawn_in(seen: Array) -> Array:
        return norm.cdf((seen - params.threshold_mean) / params.threshold_sd)

    now = jnp.sum(adults * acting[:, GRUMBLE]) / jnp.sum(adults)
    usual = start_acting(params, grievance)[GRUMBLE]
    tail = (params.size_tail - 1.0) * (1.0 - drawn_in(now)) / (1.0 - drawn_in(usual))
    return jnp.clip(1.0 + tail, 1.05, 5.0)


def next_fear(view: View, params: Any) -> Float[Array, " P"]:
    """Return next month's fear: a leaky stock fed by convictions and shootings."""
    fear, people = view.own.fear, view.people
    per_head = people.convictions / jnp.maximum(people.civil, 1.0) * 1e5
    shock = params.fear_per_conviction * per_head + params.f_shot * view.own.shootings
    mild = jnp.clip(view.leadership.line, 0.0, 1.0)
    floor = params.fear_floor_hard + (params.fear_floor_soft - params.fear_floor_hard) * mild
    kin = people.kin_exposure * (params.f_stig * fear - params.f_rel * (1.0 - fear))
    leak = 1.0 - 0.5 ** (1.0 / (12.0 * params.fear_halflife))
    after = fear - jnp.expm1(-shock) * (1.0 - fear) - leak * (fear - (floor + kin))
    return jnp.clip(after, 0.0, 1.0)


def kin_effect(view: View, params: Any, fear: Array) -> Float[Array, " P"]:
    """Return the effect of returned or cleared kin on dissent: its sign turns with threat."""
    effect = params.kin_effect_lowthreat * (1.0 - fear) + params.kin_effect_highthreat * fear
    return effect * view.people.kin_exposure
