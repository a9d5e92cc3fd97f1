"""Compiled programs, kept between runs, one file each; and values that the package determines.

To trace a month of thirteen subsystems takes longer than most runs do, and to find it in JAX's own
cache a second. What a program is depends on the files of the package, on JAX, on the processor, and
on the shapes and types of the arguments alone; all of these are checked, so that a changed model is
compiled anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import platform
import tempfile
import zlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import export
from jax.experimental import serialize_executable

import thaw

KEPT = 24
"""Files kept; the oldest go first."""
ROOMS, SOURCES = ("model", "record", "reforms"), (".py", ".csv", ".json")
"""Rooms of the package that a model is made of, and their files that matter."""
Form = tuple[tuple[int, ...], Any]
"""Shape and type of an array."""
Forms = tuple[Any, ...]
"""The tree of some arguments, and the form of every leaf."""


class _Stored(NamedTuple):
    """A program over flat arguments: what they are, its trace, its code, the tree of its results.

    The trace is what JAX exports (StableHLO). There is no code where JAX had it in its own cache,
    because what is loaded from there cannot be written again (XLA loses names of functions).
    """

    tree: str
    forms: tuple[Form, ...]
    trace: bytes
    code: tuple[Any, ...] | None
    results: Any


class _Ready(NamedTuple):
    tree: str
    forms: tuple[Form, ...]
    program: Callable[..., Any]
    results: Any


class Program:
    """A function of trees of arrays that is compiled once for all processes.

    A file that cannot be read or written is no error: the function is compiled as if there were
    none.
    """

    def __init__(self, function: Callable[..., Any], label: str) -> None:
        """Take a function, and a label that tells everything it closes over; compile nothing."""
        self._function, self._label = function, label
        self._ready: dict[Forms, _Ready] = {}
        self._typed: dict[Any, list[int]] = {}
        self._loading: Future[_Ready | None] | None = None
        self._lock = Lock()

    def prepare(self) -> None:
        """Begin to load what is kept, beside whatever else is done until the first call."""
        with self._lock:
            if self._loading is None and not self._ready:
                pool = ThreadPoolExecutor(1)
                self._loading = pool.submit(_loaded, self._label)
                pool.shutdown(wait=False)

    def __call__(self, *arguments: Any) -> Any:
        """Return what the function returns."""
        leaves, tree = jax.tree.flatten(arguments)
        if tree not in self._typed:
            self._typed[tree] = [at for at, leaf in enumerate(leaves) if _is_key(leaf)]
        for at in self._typed[tree]:  # key types cannot be kept
            leaves[at] = jax.random.key_data(leaves[at])
        forms = (tree, *[_form(leaf) for leaf in leaves])
        ready = self._ready.get(forms)
        if ready is None:
            ready = self._made(forms, leaves)
        return jax.tree.unflatten(ready.results, ready.program(*leaves))

    def _made(self, forms: Forms, leaves: list[Any]) -> _Ready:
        """Return the program for some arguments: the one kept if it fits, or else a new one."""
        tree, *each = forms
        with self._lock:
            if forms not in self._ready:
                loading, self._loading = self._loading, None
                found = loading.result() if loading is not None else _loaded(self._label)
                if found is None or found[:2] != (str(tree), tuple(each)):
                    traced = _traced(self._function, tree, self._typed[tree], leaves)
                    stored, found = _compiled(*traced)
                    _write(_place(self._label), stored)
                self._ready[forms] = found
            return self._ready[forms]


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _form(leaf: Any) -> Form:
    kind = leaf.dtype if hasattr(leaf, "dtype") else jnp.result_type(leaf)
    return np.shape(leaf), kind


def _loaded(label: str) -> _Ready | None:
    """Return the program kept under a label, or None: missing, or whatever is wrong with it."""
    try:
        stored = _read(_place(label))
        if stored.code is not None:
            program = serialize_executable.deserialize_and_load(*stored.code)
        else:
            program = _lowered(export.deserialize(bytearray(stored.trace))).compile()
        return _Ready(stored.tree, stored.forms, program, jax.tree.structure(stored.results))
    except Exception:
        return None


def _lowered(exported: export.Exported) -> Any:
    shapes = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in exported.in_avals]
    return jax.jit(exported.call).lower(*shapes)


def _traced(
    function: Callable[..., Any], tree: Any, keys: list[int], leaves: list[Any]
) -> tuple[_Stored, Any]:
    """Return a program traced and lowered, to be kept without its code."""
    results: list[Any] = []

    def flat(*given: Any) -> list[Any]:
        typed = [
            jax.random.wrap_key_data(leaf) if at in keys else leaf for at, leaf in enumerate(given)
        ]
        found, after = jax.tree.flatten(function(*jax.tree.unflatten(tree, typed)))
        results.append(jax.tree.unflatten(after, range(len(found))))
        return found

    forms = tuple(_form(leaf) for leaf in leaves)
    exported = export.export(jax.jit(flat))(*(jax.ShapeDtypeStruct(*form) for form in forms))
    stored = _Stored(str(tree), forms, bytes(exported.serialize()), None, results[-1])
    return stored, _lowered(exported)


def _compiled(stored: _Stored, lowered: Any) -> tuple[_Stored, _Ready]:
    """Return a program compiled, and what to keep of it."""
    hits: list[str] = []
    jax.monitoring.register_event_listener(listener := lambda event, **_: hits.append(event))
    try:
        program = lowered.compile()
    finally:
        jax.monitoring.unregister_event_listener(listener)
    if not any(event.endswith("cache_hits") for event in hits):
        stored = stored._replace(code=serialize_executable.serialize(program))
    results = jax.tree.structure(stored.results)
    return stored, _Ready(stored.tree, stored.forms, program, results)


def kept_value(label: str, make: Callable[[], Any]) -> Any:
    """Return what ``make`` returns: it depends on the package alone, and is kept in a file."""
    place = _place(label)
    with contextlib.suppress(Exception):
        return _read(place)
    made = make()
    _write(place, made)
    return made


def folder() -> Path:
    """Return the folder of programs, inside that of compiled code."""
    from thaw.model import cache_folder

    return cache_folder() / "programs"


def _place(label: str) -> Path:
    parts = (label, package(), jax.__version__, jax.default_backend(), _processor())
    return folder() / f"{hashlib.sha256(repr(parts).encode()).hexdigest()}.program"


@cache
def package() -> str:
    """Return the SHA-256 of every file of the package from which a program could be made."""
    root, total = Path(thaw.__file__).parent, hashlib.sha256()
    files = (path for room in ROOMS for path in (root / room).rglob("*"))
    for path in sorted(path for path in files if path.suffix in SOURCES):
        total.update(str(path.relative_to(root)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


@cache
def _processor() -> str:
    """Return what compiled code depends on of the machine: its kind and what it can do."""
    found = [platform.machine(), platform.processor()]
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        found += sorted({line for line in lines if line.startswith(("flags", "Features"))})
    return repr(found)


def _read(place: Path) -> Any:
    found = pickle.loads(zlib.decompress(place.read_bytes()))
    place.touch()  # the latest used stay
    return found


def _write(place: Path, value: Any) -> None:
    """Write a file in one step; keep the latest ones."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
            file.write(zlib.compress(pickle.dumps(value), 1))
        Path(file.name).replace(place)
        every = sorted(place.parent.glob("*.program"), key=lambda path: path.stat().st_mtime)
        for old in every[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return
