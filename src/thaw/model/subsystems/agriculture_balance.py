"""Grain in the hands of the state, money of the farms, and food per head."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

Scalar = Float[Array, ""]
BOOKED = (0.0,) * 7 + (0.35, 0.45, 0.20) + (0.0,) * 2
"""Share of a harvest booked in August, September, October. Bookkeeping: records are annual."""
TO_COME = (0.0,) * 7 + (1.0, 0.65, 0.20) + (0.0,) * 2
"""Share of the harvest not yet booked at the start of each month of the harvest."""


class Balance(eqx.Module):
    """Flows of state grain in one month (Mt), the stock after them, and the share of need met."""

    procured: Scalar
    imports: Scalar
    exports: Scalar
    sold_back: Scalar
    served: Scalar
    stock: Scalar
    met: Scalar


def booked(calendar: Array) -> Scalar:
    """Return the share of a harvest that is booked in a month of the calendar (0: January)."""
    return jnp.array(BOOKED)[calendar]


def procurement_rate(crop: Scalar, trend: Scalar, params: Any) -> Scalar:
    """Return the share of the harvest delivered to the state; more is taken of a good one."""
    relative = jnp.maximum(crop / jnp.maximum(trend, 1e-6), 1e-3)
    return jnp.clip(params.procure_share * relative**params.procure_progress, 0.0, 0.8)


def state_grain(
    stock: Scalar,
    crop: Scalar,
    trend: Scalar,
    towns: Scalar,
    allowed: Scalar,
    decides: Scalar,
    calendar: Array,
    params: Any,
) -> Balance:
    """Return this month's flows of state grain.

    The state looks ahead to the next harvest: what will be above the reserve it wants is exported
    or sold back to farms as feed, what will be missing may be bought, where buying is allowed. Left
    to the model, it buys when the missing grain exceeds what it would rather bear.
    """
    rate = procurement_rate(crop, trend, params)
    procured = rate * crop * booked(calendar)
    need = params.need_1953 / 12.0 * towns
    months = jnp.where(calendar == 7, 12, (7 - calendar) % 12)
    ahead = (
        stock + rate * crop * jnp.array(TO_COME)[calendar] - need * months - params.reserve_wanted
    )
    missing = jnp.maximum(-ahead, 0.0)
    would = (missing > params.import_tolerance).astype(jnp.float64)
    buys = jnp.where(decides > 0.5, would, allowed)
    imports = buys * missing / jnp.maximum(params.grain_imports_1963_lag, 1.0)
    available = stock + procured + imports
    served = jnp.minimum(need, available)
    wanted = params.surplus_pull * jnp.maximum(ahead, 0.0) / 12.0
    spent = jnp.minimum(wanted, available - served)
    exports = params.export_share * spent
    return Balance(
        procured=procured,
        imports=imports,
        exports=exports,
        sold_back=spent - exports,
        served=served,
        stock=available - served - spent,
        met=served / jnp.maximum(need, 1e-9),
    )


def money_income(
    procured: Scalar, price: Scalar, one_price: Scalar, animals: Scalar, params: Any
) -> Scalar:
    """Return money income of the collective farms this month (billion roubles of 1961).

    Before prices were made one, part of the grain went to the machine stations for no money. Other
    products are paid at prices that follow the price of grain in part.
    """
    price = jnp.maximum(price, 1e-6)
    paid = 1.0 - params.in_kind_share * (1.0 - one_price)
    grain = params.grain_price_1952 / 1000.0 * price * procured * paid
    other = params.other_income_1952 / 12.0 * price**params.price_pass * animals
    return grain + other


def food_index(animals: Scalar, people: Scalar, met: Scalar, params: Any) -> Scalar:
    """Return food per head, 1953 = 1: animal products per head, and grain need met."""
    share = params.food_animal_weight
    return 1.0 + share * (animals / jnp.maximum(people, 1e-6) - 1.0) + (1.0 - share) * (met - 1.0)
