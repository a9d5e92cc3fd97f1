"""Files of fits, written in one step."""

from __future__ import annotations

import os
from pathlib import Path

from thaw.errors import InputError


def write(text: str, path: Path) -> None:
    """Write a text in one step: a reader sees the old file or the new one.

    Raises InputError when the folder cannot be written.
    """
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        staging.write_text(text, encoding="utf-8")
        staging.replace(path)
    except OSError as error:
        raise InputError(f"--out '{path}': cannot write there ({error.strerror})") from None
