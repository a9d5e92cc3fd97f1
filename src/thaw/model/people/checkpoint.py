"""Checkpoints of a run with citizens: one NumPy archive without pickle, replaced in one step."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from thaw.errors import InputError

NAME = "checkpoint.npz"


def save(world: Any, folder: Path) -> Path:
    """Write the world into ``folder``; a killed write leaves the older checkpoint valid."""
    from thaw.model.people.world import identity

    folder.mkdir(parents=True, exist_ok=True)
    people = world.citizens
    arrays: dict[str, Any] = {
        "identity": np.array(identity(world)),
        "month": np.array(world.month),
        "refused": np.array(world.refused),
        "vacant": world.vacant,
        "slots_informed": world.informed,
        "informed": people.informed,
        "arrested": people.arrested,
        "returned": people.returned,
        "names": np.array(json.dumps(_names(world.shown))),
    }
    for i, pair in enumerate(people.words):
        arrays |= {f"word_{k}_{i}": np.asarray(pair[k]) for k in (0, 1)}
    for i, leaf in enumerate(jax.tree.leaves(world.states)):
        arrays[f"leaf_{i}"] = np.asarray(leaf)
    for kind in ("series", "events", "latent"):
        rows = [[float(v) for v in month[kind].values()] for month in world.shown]
        arrays[f"shown_{kind}"] = np.array(rows)
    part = folder / f".{NAME}.{os.getpid()}"
    with part.open("wb") as handle:
        np.savez(handle, **arrays)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(folder / NAME)
    return folder / NAME


def _names(shown: list[dict[str, Any]]) -> dict[str, Any]:
    return {kind: list(shown[0][kind]) for kind in ("series", "events", "latent")} if shown else {}


def load(world: Any, folder: Path) -> bool:
    """Put the checkpoint of ``folder`` into a freshly begun world; False when there is none.

    Raises InputError when the checkpoint belongs to other settings or cannot be read.
    """
    from thaw.model.people.world import identity

    file = folder / NAME
    if not file.is_file():
        return False
    try:
        with np.load(file, allow_pickle=False) as held:
            arrays = {name: held[name] for name in held.files}
    except (ValueError, OSError, EOFError, KeyError) as error:
        raise InputError(f"'{file}' is not a checkpoint of thaw: {error}") from None
    if str(arrays["identity"]) != identity(world):
        raise InputError(f"'{file}' belongs to a run with other settings; remove it or change them")
    _restore(world, arrays)
    return True


def _restore(world: Any, arrays: dict[str, np.ndarray]) -> None:
    people = world.citizens
    for i in range(len(people.words)):
        people.words[i] = tuple(jnp.asarray(arrays.pop(f"word_{k}_{i}")) for k in (0, 1))
    people.informed, people.arrested = arrays["informed"], arrays["arrested"]
    people.returned = arrays["returned"]
    number = len(jax.tree.leaves(world.states))
    leaves = [jnp.asarray(arrays[f"leaf_{i}"]) for i in range(number)]
    world.states = jax.tree.unflatten(jax.tree.structure(world.states), leaves)
    world.month, world.refused = int(arrays["month"]), int(arrays["refused"])
    world.vacant, world.informed = arrays["vacant"], arrays["slots_informed"]
    names = json.loads(str(arrays["names"]))
    world.shown = [
        {
            kind: {
                (tuple(name) if isinstance(name, list) else name): value
                for name, value in zip(names[kind], arrays[f"shown_{kind}"][i], strict=True)
            }
            for kind in names
        }
        for i in range(world.month)
    ]
