"""Levers under reforms that the model's leadership has adopted itself (mode ``endogenous``).

The room of reforms says what each policy does in the months after its adoption; subsystem
leadership says which were adopted when; here both become lever values, for the frame of the month.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.reforms import menu


def with_adopted(
    values: Mapping[str, Array], doses: Float[Array, " reform"], ages: Float[Array, " reform"]
) -> dict[str, Array]:
    """Return this month's lever values with the adopted reforms in force.

    ``values`` are the orders that stand anyway, ``doses`` 0 for reforms that are not on the menu,
    ``ages`` months since adoption (negative: not adopted). As in history the later reform rules a
    lever that both move. With nothing adopted every value keeps its bits.
    """
    table = menu.templates()
    age, dose = ages[table.reform], doses[table.reform]
    live = (age >= 0.0) & (dose > 0.0)
    month = jnp.clip(age, 0, table.hold.shape[1] - 1).astype(jnp.int32)[:, None]
    hold = live * jnp.take_along_axis(jnp.asarray(table.hold), month, axis=1)[:, 0]
    change = live * dose * jnp.take_along_axis(jnp.asarray(table.change), month, axis=1)[:, 0]

    row = jnp.arange(len(table.reform))
    after = (age[None, :] < age[:, None]) | (
        (age[None, :] == age[:, None]) & (row[None, :] > row[:, None])
    )
    displaced = after & (table.column[None, :] == table.column[:, None])
    left = jnp.prod(jnp.where(displaced, 1.0 - hold[None, :], 1.0), axis=1)
    gained = left * (hold * table.neutral[table.column] + change)

    count = len(table.neutral)
    kept = jax.ops.segment_prod(1.0 - hold, table.column, count)
    added = jax.ops.segment_sum(gained, table.column, count)
    return _by_lever(values, kept, added)


def _by_lever(values: Mapping[str, Array], kept: Array, added: Array) -> dict[str, Array]:
    found, start = dict(values), 0
    for name in dict.fromkeys(name for name, _ in menu.columns()):
        standing = values[name]
        here = slice(start, start + standing.size)
        found[name] = standing * kept[here].reshape(standing.shape) + added[here].reshape(
            standing.shape
        )
        start += standing.size
    return found
