"""Keyed 32-bit draws for single citizens: the same words from NumPy, JAX on CPU and JAX on GPU.

A draw depends on (seed, draw, month, purpose, slot) alone. Two generators share one interface:
``mix`` (three multiplications, the default) and ``threefry`` (Threefry-2x32-20, Salmon et al.
2011, the published counter-based generator used to audit the first). Both take uint32 arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import UInt32

PURPOSES = (
    "vital",
    "status",
    "reading",
    "talk",
    "radio",
    "belief",
    "rounding",
    "act",
    "move",
    "party",
    "fading",
    "detail",
    "cleared",
    "destination",
    "place",
    "start",
)
"""Purposes in the order of the key table; one draw of each a slot and month."""

GENERATORS = ("mix", "threefry")
_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA
_START_MONTH = 0xFFFF
"""Month word of draws that make the initial population."""


def _u(value: int) -> np.uint32:
    return np.uint32(value)


def mix(slot: Any, first: Any, second: Any) -> Any:
    """Return one word per slot under two key words (uint32 in, uint32 out, wrapping)."""
    word = (slot ^ first) * _u(0x9E3779B1)
    word = word ^ (word >> _u(16))
    word = (word + second) * _u(0x7FEB352D)
    word = word ^ (word >> _u(15))
    word = word * _u(0x846CA68B)
    return word ^ (word >> _u(16))


def _rotate(word: Any, by: int) -> Any:
    return (word << _u(by)) | (word >> _u(32 - by))


def threefry(first_count: Any, second_count: Any, first: Any, second: Any) -> tuple[Any, Any]:
    """Return the two words of Threefry-2x32-20 for a counter and a key (all uint32)."""
    keys = (first, second, first ^ second ^ _u(_PARITY))
    left, right = first_count + keys[0], second_count + keys[1]
    for group in range(5):
        for by in _ROTATIONS[group % 2]:
            left = left + right
            right = _rotate(right, by) ^ left
        left = left + keys[(group + 1) % 3]
        right = right + keys[(group + 2) % 3] + _u(group + 1)
    return left, right


def draw(slot: Any, keys: Any, purpose: str, generator: str) -> Any:
    """Return one uint32 per slot for a purpose under a month's :func:`keys_of`."""
    at = PURPOSES.index(purpose)
    if generator == "mix":
        return mix(slot, keys[0, at], keys[1, at])
    counter = keys[1, at]
    return threefry(slot, slot * _u(0) + counter, keys[0, at], keys[2, at])[0]


def keys_of(
    seed: int, number: int, month: int, generator: str = "mix"
) -> UInt32[np.ndarray, "3 purpose"]:
    """Return the key table of one month of one draw (``number``); ``month`` -1 is the start.

    For ``mix`` rows 0 and 1 are hashed from everything; for ``threefry`` the key is (seed, draw)
    and the second counter word is 16 month + purpose.
    """
    count = len(PURPOSES)
    purposes = np.arange(count, dtype=np.uint32)
    when = _u((month & _START_MONTH) * count) + purposes
    with np.errstate(over="ignore"):
        if generator == "threefry":
            return np.stack(
                [np.full(count, seed, np.uint32), when, np.full(count, number, np.uint32)]
            )
        root = mix(_u(seed), _u(0x243F6A88), _u(0xABCDEF01))
        stem = mix(_u(number) + purposes * _u(0), root, _u(0x85A308D3))
        first = mix(when, stem, _u(0x51ED270B))
        second = mix(when, stem ^ _u(0x2545F491), first)
    return np.stack([first, second, first * _u(0)])


def hash_words(words: Any, salt: int) -> UInt32[np.ndarray, "..."]:
    """Return the hash of integers under a fixed salt (layout of ties, household order)."""
    with np.errstate(over="ignore"):
        return mix(np.asarray(words).astype(np.uint32), _u(salt), _u(salt ^ 0x68E31DA4))
