"""Many named numbers side by side in one array: compiled code takes and gives arrays one by one.

A month shows some six hundred numbers and depends on as many parameters; each array that crosses
into compiled code or out of it costs microseconds, each time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp


@partial(jax.tree_util.register_dataclass, data_fields=["values"], meta_fields=["names"])
@dataclasses.dataclass(frozen=True)
class Packed:
    """Arrays of one shape, stacked along a new last axis, with their names in order."""

    values: Any
    names: tuple[Any, ...]

    def single(self) -> dict[Any, Any]:
        """Return the arrays by name (views of one array where that is NumPy's)."""
        return {name: self.values[..., i] for i, name in enumerate(self.names)}


def pack(arrays: Mapping[Any, Any], library: ModuleType = jnp) -> Packed:
    """Return named arrays stacked, in the order of a mapping; ``library`` is jax.numpy or numpy."""
    return Packed(library.stack(list(arrays.values()), axis=-1), tuple(arrays))


def pack_groups(groups: Mapping[str, Mapping[Any, Any]]) -> Packed:
    """Return groups of named arrays stacked, with names (group, name)."""
    return pack({(kind, name): x for kind, group in groups.items() for name, x in group.items()})


def grouped(arrays: Mapping[tuple[str, Any], Any], groups: Sequence[str]) -> dict[str, Any]:
    """Return arrays with names (group, name) as groups; ``groups`` may be empty ones."""
    found: dict[str, Any] = {group: {} for group in groups}
    for (group, name), value in arrays.items():
        found[group][name] = value
    return found
