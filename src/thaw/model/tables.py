"""Reading the model's own tables, which ship inside the package."""

from __future__ import annotations

import csv
from pathlib import Path

FOLDER = Path(__file__).parent


def rows(path: str) -> list[dict[str, str]]:
    """Return the rows of ``model/<path>``; of all its CSV files, by name, when it is a folder."""
    place = FOLDER / path
    files = sorted(place.glob("*.csv")) if place.is_dir() else [place]
    found: list[dict[str, str]] = []
    for file in files:
        with file.open(encoding="utf-8", newline="") as handle:
            found += [{**row, "file": file.stem} for row in csv.DictReader(handle)]
    return found
