"""Checkpoints of a run with citizens: one NumPy archive without pickle, replaced in one step."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from thaw.errors import InputError

if TYPE_CHECKING:
    from thaw.model.people.world import World

NAME = "checkpoint.npz"


def save(world: World, folder: Path) -> Path:
    """Write the world into ``folder``; a killed write leaves the older checkpoint valid."""
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
        "names": np.array(json.dumps(world.names)),
    }
    for i, pair in enumerate(people.words):
        arrays |= {f"word_{k}_{i}": np.asarray(pair[k]) for k in (0, 1)}
    for i, leaf in enumerate(jax.tree.leaves(world.states)):
        arrays[f"leaf_{i}"] = np.asarray(leaf)
    arrays["shown"] = np.stack(world.shown) if world.shown else np.zeros((0, 0))
    part = folder / f".{NAME}.{os.getpid()}"
    with part.open("wb") as handle:
        np.savez(handle, **arrays)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(folder / NAME)
    return folder / NAME


def identity(world: World) -> str:
    """Return a hash of everything that decides the numbers of a run, and of how it is cut up."""
    text = json.dumps(
        [
            repr(world.structure),
            world.params,
            world.seed,
            world.number,
            world.people,
            world.citizens.generator,
            world.citizens.block,
        ],
        sort_keys=True,
    )
    total = hashlib.sha256(text.encode())
    given, _ = jax.tree.flatten_with_path({"shared": world.plan.shared(), "rain": world.plan.rain})
    for path, values in given:
        total.update(jax.tree_util.keystr(path).encode())
        total.update(np.ascontiguousarray(values, np.float64).tobytes())
    return total.hexdigest()


def load(world: World, folder: Path) -> bool:
    """Put the checkpoint of ``folder`` into a freshly begun world; False when there is none.

    Raises InputError when the checkpoint belongs to other settings or cannot be read.
    """
    file = folder / NAME
    if not file.is_file():
        return False
    try:
        with np.load(file, allow_pickle=False) as held:
            same = str(held["identity"]) == identity(world)
            if same:
                _restore(world, held)
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"'{file}' is not a checkpoint of thaw: {error}") from None
    if not same:
        raise InputError(f"'{file}' belongs to a run with other settings; remove it or change them")
    return True


def _restore(world: World, arrays: Mapping[str, np.ndarray]) -> None:
    """Put the arrays into the world; each is read from the file when it is asked for."""
    people = world.citizens
    for i in range(len(people.words)):
        first, second = (jnp.asarray(arrays[f"word_{k}_{i}"]) for k in (0, 1))
        people.words[i] = (first, second)
    people.informed, people.arrested = arrays["informed"], arrays["arrested"]
    people.returned = arrays["returned"]
    number = len(jax.tree.leaves(world.states))
    leaves = [jnp.asarray(arrays[f"leaf_{i}"]) for i in range(number)]
    world.states = jax.tree.unflatten(jax.tree.structure(world.states), leaves)
    world.month, world.refused = int(arrays["month"]), int(arrays["refused"])
    world.vacant, world.informed = arrays["vacant"], arrays["slots_informed"]
    world.names = tuple(
        (kind, tuple(name) if isinstance(name, list) else name)
        for kind, name in json.loads(str(arrays["names"]))
    )
    world.shown = list(arrays["shown"])
