"""Files of fits, written in one step."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from thaw.errors import InputError


def dumps(value: Any, level: int = 0) -> str:
    """Return JSON that people can read and compare: a list of plain values takes one line."""
    pad = " " * (level + 1)
    if isinstance(value, dict) and value:
        rows = [f"{json.dumps(key)}: {dumps(part, level + 1)}" for key, part in value.items()]
        opened, closed = "{}"
    elif isinstance(value, list) and any(isinstance(part, list | dict) for part in value):
        rows = [dumps(part, level + 1) for part in value]
        opened, closed = "[]"
    else:
        return json.dumps(value, ensure_ascii=False)
    inside = ",\n".join(pad + row for row in rows)
    return f"{opened}\n{inside}\n{pad[:-1]}{closed}"


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
