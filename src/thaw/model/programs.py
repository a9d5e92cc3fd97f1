"""Traced programs, kept between runs: the form that JAX exports (StableHLO), one file a program.

To trace a month of thirteen subsystems takes longer than most runs do. What is traced depends on
the files of the package, on JAX, and on the shapes of the arguments alone; all of them are in the
name of the file, so that a changed model is traced anew.
"""

from __future__ import annotations

import hashlib
import pickle
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import export

import thaw

KEPT = 24
"""Programs kept; the oldest go first."""
ROOMS, SOURCES = ("model", "record", "reforms"), (".py", ".csv", ".json")
"""Rooms of the package that a model is made of, and their files that matter."""


class _Stored(NamedTuple):
    """A program over flat arguments, and a tree like its results, with their places as leaves."""

    exported: bytes
    results: Any


def kept(function: Callable[..., Any], label: str) -> Callable[..., Any]:
    """Return a function of trees of arrays compiled, its trace kept in the cache folder.

    ``label`` tells everything that ``function`` closes over. A file that cannot be read or written
    is no error: the function is traced as if there were none.
    """
    ready: dict[Any, tuple[Callable[..., Any], Any]] = {}
    typed: dict[Any, list[int]] = {}
    lock = Lock()

    def call(*arguments: Any) -> Any:
        leaves, tree = jax.tree.flatten(arguments)
        if tree not in typed:
            typed[tree] = [at for at, leaf in enumerate(leaves) if _is_key(leaf)]
        for at in typed[tree]:  # key types are not exported
            leaves[at] = jax.random.key_data(leaves[at])
        shapes = (tree, *[np.shape(leaf) for leaf in leaves])
        with lock:
            if shapes not in ready:
                ready[shapes] = _program(function, label, tree, typed[tree], leaves)
        program, results = ready[shapes]
        return jax.tree.unflatten(results, program(leaves))

    return call


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _program(
    function: Callable[..., Any], label: str, tree: Any, keys: list[int], leaves: list[Any]
) -> tuple[Callable[..., Any], Any]:
    shapes = [jax.ShapeDtypeStruct(np.shape(leaf), jnp.result_type(leaf)) for leaf in leaves]
    name = hashlib.sha256(
        repr((label, package(), jax.__version__, jax.default_backend(), str(tree), shapes)).encode()
    ).hexdigest()
    place = folder() / f"{name}.program"
    try:
        found = _ready(pickle.loads(place.read_bytes()))
        place.touch()  # the latest used stay
        return found
    except Exception:  # missing, or whatever is wrong with the file: it is made again
        stored = _traced(function, tree, keys, shapes)
        _write(place, stored)
        return _ready(stored)


def _ready(stored: _Stored) -> tuple[Callable[..., Any], Any]:
    exported = export.deserialize(bytearray(stored.exported))
    return jax.jit(exported.call), jax.tree.structure(stored.results)


def _traced(function: Callable[..., Any], tree: Any, keys: list[int], shapes: list[Any]) -> _Stored:
    results: list[Any] = []

    def flat(leaves: list[Any]) -> list[Any]:
        typed = [
            jax.random.wrap_key_data(leaf) if at in keys else leaf for at, leaf in enumerate(leaves)
        ]
        found, after = jax.tree.flatten(function(*jax.tree.unflatten(tree, typed)))
        results.append(jax.tree.unflatten(after, range(len(found))))
        return found

    exported = export.export(jax.jit(flat))(shapes)
    return _Stored(bytes(exported.serialize()), results[-1])


def folder() -> Path:
    """Return the folder of programs, inside that of compiled code."""
    from thaw.model import cache_folder

    return cache_folder() / "programs"


@cache
def package() -> str:
    """Return the SHA-256 of every file of the package from which a program could be made."""
    root, total = Path(thaw.__file__).parent, hashlib.sha256()
    files = (path for room in ROOMS for path in (root / room).rglob("*"))
    for path in sorted(path for path in files if path.suffix in SOURCES):
        total.update(str(path.relative_to(root)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _write(place: Path, stored: _Stored) -> None:
    """Write a program in one step; keep the latest ones."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
            file.write(pickle.dumps(stored))
        Path(file.name).replace(place)
        every = sorted(place.parent.glob("*.program"), key=lambda path: path.stat().st_mtime)
        for old in every[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return
