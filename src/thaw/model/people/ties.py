"""Counting ties on bit planes: carry-save adders on words, 32 citizens at a time (JAX, uint32).

A plane has one row of 32 words a cell. Counts come as five planes, least significant first.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int32, UInt32

from thaw.model.people.layout import WORD_SHIFTS

Plane = UInt32[Array, "cell 32"]
Need = UInt32[Array, "cell 3 32"]
"""Open ties that draw a citizen in, as three planes, least significant first (0: never)."""

SWEEPS = 4
"""Sweeps of the cascade within a month."""


def _u(value: int) -> Array:
    return jnp.uint32(value)


def _add(a: Any, b: Any, c: Any) -> tuple[Any, Any]:
    """Return carry and sum planes of three planes."""
    either = a ^ b
    return (a & b) | (either & c), either ^ c


def _rotate_right(words: Any, by: Any) -> Any:
    return (words >> by) | (words << ((_u(32) - by) & _u(31)))


def ring(rows: Plane, reach: int) -> list[Plane]:
    """Return the planes of the neighbours 1..reach slots ahead, then behind, in the cell's ring."""
    before, after = jnp.roll(rows, 1, axis=1), jnp.roll(rows, -1, axis=1)
    ahead = [rows >> _u(j) | after << _u(32 - j) for j in range(1, reach + 1)]
    behind = [rows << _u(j) | before >> _u(32 - j) for j in range(1, reach + 1)]
    return ahead + behind


def household(rows: Plane) -> Plane:
    """Return the plane of those with at least one of the six nearest ring neighbours set."""
    found = ring(rows, 3)
    out = found[0]
    for plane in found[1:]:
        out = out | plane
    return out


def far(
    plane: Plane, partner: Int32[Array, "here tie"], turn: UInt32[Array, "here tie"], ties: int
) -> list[UInt32[Array, "here 32"]]:
    """Return the planes of the first ``ties`` long ties of some cells (``here``) of ``plane``."""
    return [
        _rotate_right(jnp.roll(plane[partner[:, k]], -WORD_SHIFTS[k], axis=1), turn[:, k : k + 1])
        for k in range(ties)
    ]


def total(planes: list[Plane]) -> tuple[Plane, ...]:
    """Return the five planes of the number of set neighbours among at most sixteen planes."""
    zero = jnp.zeros_like(planes[0])
    p = planes + [zero] * (16 - len(planes))
    twos, ones = [], []
    for k in range(0, 15, 3):
        carry, rest = _add(p[k], p[k + 1], p[k + 2])
        twos.append(carry)
        ones.append(rest)
    carry_a, rest_a = _add(ones[0], ones[1], ones[2])
    carry_b, rest_b = _add(ones[3], ones[4], p[15])
    carry_c, first = rest_a & rest_b, rest_a ^ rest_b
    twos += [carry_a, carry_b, carry_c]
    four_a, two_a = _add(twos[0], twos[1], twos[2])
    four_b, two_b = _add(twos[3], twos[4], twos[5])
    four_c, two_c = _add(two_a, two_b, twos[6])
    four_d, second = two_c & twos[7], two_c ^ twos[7]
    eight_a, four_e = _add(four_a, four_b, four_c)
    eight_b, third = four_e & four_d, four_e ^ four_d
    return first, second, third, eight_a ^ eight_b, eight_a & eight_b


def joins(count: tuple[Plane, ...], need: Need) -> Plane:
    """Return who has at least ``need`` (three planes, 1-7; 0 never) open ties."""
    many = count[3] | count[4]
    lower = jnp.zeros_like(many)
    for k in range(3):
        differ = count[k] ^ need[:, k]
        lower = (~count[k] & need[:, k]) | (~differ & lower)
    wants = need[:, 0] | need[:, 1] | need[:, 2]
    return wants & (many | ~lower)


def cascade(
    start: Plane,
    need: Need,
    partner: Int32[Array, "cell tie"],
    turn: UInt32[Array, "cell tie"],
    district_ties: int,
    sweeps: int = SWEEPS,
) -> Plane:
    """Return who acts openly after the sweeps: everyone whose open ties reach his need joins."""

    def sweep(_: Any, now: Plane) -> Plane:
        near = ring(now, 4) + far(now, partner, turn, district_ties)
        return now | joins(total(near), need)

    return jax.lax.fori_loop(0, sweeps, sweep, start)
