"""Atomic result folders: a reader sees the old result or the new one, never a mixture.

A result is written whole into a hidden folder; then one symbolic link is replaced, which the
operating system does in one step. ``manifest.json`` carries the checksums of the other files, and a
folder counts as a result only when they match.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from thaw.errors import InputError

MANIFEST = "manifest.json"
_STORE = ".results"
_CURRENT = "current"
_STALE = 3600.0
"""Seconds after which all but the current result was left by a killed run (saves are short)."""
_RESULT = re.compile(r"[0-9a-f]{12}")
_LINK = re.compile(r"\..+-[0-9a-f]{8}")
_PROBE = re.compile(r"\.write-[0-9a-f]{8}")
"""Names of results, of links about to be put in place, of files that try whether one may write."""


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_result(
    folder: Path, write: Callable[[Path], None], manifest: dict[str, Any]
) -> dict[str, Any]:
    """Write a result into ``folder`` and return its manifest with the files' checksums.

    ``write(staging)`` puts the files into an empty folder. Whatever happens before the last step,
    the result that was in ``folder`` stays valid. Raises InputError when the folder cannot be used.
    """
    prepare(folder)
    name = uuid.uuid4().hex[:12]
    staging = folder / _STORE / name
    staging.mkdir(parents=True)
    try:
        write(staging)
        files = sorted(p.relative_to(staging) for p in staging.rglob("*") if p.is_file())
        full = {**manifest, "files": {f.as_posix(): checksum(staging / f) for f in files}}
        (staging / MANIFEST).write_text(json.dumps(full, indent=1) + "\n", encoding="utf-8")
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    publish(folder, name)
    return full


def prepare(folder: Path) -> None:
    """Make sure ``folder`` exists and can be written; raise InputError when it cannot."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-{uuid.uuid4().hex[:8]}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"--out '{folder}': cannot write there ({error.strerror})") from None


def publish(folder: Path, name: str) -> None:
    """Point the folder's links at result ``name`` in one step, then remove what it replaces.

    What killed runs left behind goes too; what another process may still be writing stays.
    """
    current = folder / _STORE / _CURRENT
    previous = current.readlink().name if current.is_symlink() else name
    _replace_link(current, name)
    names = {p.name for p in (folder / _STORE / name).iterdir()}
    for entry in sorted(names):
        visible = folder / entry
        target = f"{_STORE}/{_CURRENT}/{entry}"
        if not visible.is_symlink() or visible.readlink() != Path(target):
            if visible.is_dir() and not visible.is_symlink():
                raise InputError(f"--out '{folder}': '{entry}' there is not a result of thaw")
            _replace_link(visible, target)
    for link in folder.iterdir():
        if link.is_symlink() and not link.exists() and link.readlink().parts[0] == _STORE:
            link.unlink()
    if previous != name:
        shutil.rmtree(folder / _STORE / previous, ignore_errors=True)
    for left in [*(folder / _STORE).iterdir(), *folder.glob(".*-????????")]:
        with contextlib.suppress(FileNotFoundError):
            if left.name != name and time.time() - left.lstat().st_mtime > _STALE:
                _remove_ours(left)


def _remove_ours(left: Path) -> None:
    """Remove a result, a link into the hidden folder or a probe; leave anything else alone."""
    if left.is_symlink():
        first = left.readlink().parts[0]
        if _LINK.fullmatch(left.name) and (first == _STORE or _RESULT.fullmatch(first)):
            left.unlink(missing_ok=True)
    elif left.is_dir() and left.parent.name == _STORE and _RESULT.fullmatch(left.name):
        shutil.rmtree(left, ignore_errors=True)
    elif _PROBE.fullmatch(left.name) and left.is_file() and left.stat().st_size == 0:
        left.unlink(missing_ok=True)


def _replace_link(link: Path, target: str) -> None:
    fresh = link.with_name(f".{link.name}-{uuid.uuid4().hex[:8]}")
    fresh.symlink_to(target)
    fresh.replace(link)


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest of a result folder (or manifest file) after checking its checksums.

    Raises InputError when there is no result, or when a file does not match.
    """
    file = path / MANIFEST if path.is_dir() else path
    if not file.is_file():
        raise InputError(f"'{path}' holds no result: {MANIFEST} is missing")
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        files = dict(manifest["files"])
    except (ValueError, KeyError, TypeError, UnicodeDecodeError):
        raise InputError(f"'{file}' is not a manifest of thaw") from None
    for name, expected in files.items():
        member = file.parent / name
        if not member.is_file() or checksum(member) != expected:
            raise InputError(f"'{file.parent}': {name} does not match its checksum in {MANIFEST}")
    return manifest
