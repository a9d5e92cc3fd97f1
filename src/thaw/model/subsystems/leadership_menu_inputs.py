"""What is coded of the reforms that the leadership may propose, by a written rule without dates.

Rule: docs/model/leadership.md, "The menu"; table: ``leadership_menu.csv``.
"""

from __future__ import annotations

from functools import cache

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model import tables
from thaw.reforms import menu

FILE = "subsystems/leadership_menu.csv"
LEFT_OUT = "left_out"
PRESSURES = (
    "none", "prisons", "petitions", "security", "hold", "growth", "harvest", "shortage",
    "crowding", "tension", "defence", "refugees",
)  # fmt: skip
"""Readings of trouble; computed in leadership_menu.py."""


class Coding(eqx.Module):
    """What is coded of each reform, in the order of ``thaw.reforms.menu.policies``."""

    listed: Float[Array, " R"]
    position: Float[Array, " R"]
    army: Float[Array, " R"]
    ministry: Float[Array, " R"]
    party: Float[Array, " R"]
    pressure: Float[Array, "R Q"]
    after: Float[Array, "R R"]


def rows() -> dict[str, dict[str, str]]:
    """Return the coded rows by reform."""
    return {row["reform_id"]: dict(row) for row in tables.rows(FILE)}


@cache
def coding() -> Coding:
    """Return the coding as arrays; a policy without a row is a KeyError."""
    ids = [reform.id for reform in menu.policies()]
    table = [rows()[name] for name in ids]

    def column(name: str) -> Array:
        return jnp.array([float(row[name]) for row in table])

    return Coding(
        listed=jnp.array([float(row["group"] != LEFT_OUT) for row in table]),
        pressure=jnp.array(
            [[float(row["pressure"] == name) for name in PRESSURES] for row in table]
        ),
        after=jnp.array([[float(row["after"] == name) for name in ids] for row in table]),
        **{name: column(name) for name in ("position", "army", "ministry", "party")},
    )
