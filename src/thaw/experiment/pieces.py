"""Finished pieces of a long computation, kept in its result folder until the result is written.

Each piece is a file written in one step, so whoever is killed leaves whole pieces only; the same
computation, known by its hash, goes on from them.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np

from thaw.errors import InputError
from thaw.experiment import storage

PARTS = ".parts"


def opened(folder: Path, digest: str, resume: bool, what: str) -> Path:
    """Return where the pieces of the computation of hash ``digest`` lie; made if need be.

    Without ``resume`` older pieces are removed. Raises InputError when it is set and the folder
    holds pieces of another computation; ``what`` names the kind in that message.
    """
    storage.prepare(folder)
    parts = folder / PARTS
    store = parts / digest[:16]
    others = [path for path in parts.iterdir() if path != store] if parts.is_dir() else []
    if resume and others and not store.is_dir():
        raise InputError(
            f"--resume: '{folder}' holds an unfinished {what} with other settings; repeat the "
            "same options, or leave --resume out to begin anew"
        )
    if not resume:
        shutil.rmtree(parts, ignore_errors=True)
    store.mkdir(parents=True, exist_ok=True)
    return store


def write(path: Path, values: np.ndarray) -> None:
    """Write a piece in one step."""
    staging = path.with_suffix(".writing")
    with staging.open("wb") as handle:
        np.save(handle, values, allow_pickle=False)
        handle.flush()
        os.fsync(handle.fileno())
    staging.replace(path)


def read(path: Path) -> np.ndarray:
    """Return a piece."""
    return np.load(path, allow_pickle=False)


def finished(folder: Path) -> None:
    """Remove the pieces of a computation whose result has been written."""
    shutil.rmtree(folder / PARTS, ignore_errors=True)
