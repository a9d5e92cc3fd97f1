"""Trials: cases and series left out one at a time, single decisions, the backlash, rivals.

``python -m thaw.validate.trials [NAME ...]`` computes them anew and writes their results into the
package; the page ``docs/validation.md`` shows what is stored.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from thaw.report.contract import dumps

NAMES = ("bloc", "leadership", "backlash", "rivals", "series")
"""The trials, in the order of the page."""
FOLDER = Path(__file__).parents[1] / "results" / "trials"


def stored() -> dict[str, dict[str, Any]]:
    """Return the stored results by name of trial; those never computed are missing."""
    files = {name: FOLDER / f"{name}.json" for name in NAMES}
    return {
        name: json.loads(path.read_text(encoding="utf-8"))
        for name, path in files.items()
        if path.is_file()
    }


def store(name: str, document: dict[str, Any]) -> Path:
    """Write the result of one trial into the package; return its path."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.json"
    path.write_text(dumps(document) + "\n", encoding="utf-8")
    return path
