"""Shipped results: the scores from which marks and the page on trust are generated.

``python -m thaw.validate.results`` computes them anew and writes them into the package. Nothing
else writes there, so a run never changes what the next one is marked with.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from thaw.experiment.dependence import moved
from thaw.model import tables
from thaw.report.contract import dumps
from thaw.validate.marks import marks_of, write_marks
from thaw.validate.validation import validate

FOLDER = Path(__file__).parent / "results"
DEPENDENCE = "dependence.json"


def results() -> dict[str, dict[str, Any]]:
    """Return the shipped validation documents by posterior set; empty before the first."""
    files = sorted(path for path in FOLDER.glob("*.json") if path.name != DEPENDENCE)
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}


def dependence() -> dict[tuple[str, str], dict[str, bool]]:
    """Return what moves each observable as last computed; empty before the first time."""
    path = FOLDER / DEPENDENCE
    rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return {
        (row["series_id"], row["place"]): {"levers": row["levers"], "others": row["others"]}
        for row in rows
    }


def store(document: dict[str, Any]) -> Path:
    """Write a validation document, without its single points, under its posterior set's name."""
    FOLDER.mkdir(exist_ok=True)
    small = {key: _small(part) for key, part in document.items()}
    path = FOLDER / f"{document['posterior']}.json"
    path.write_text(dumps(small) + "\n", encoding="utf-8")
    return path


def store_dependence(found: dict[tuple[str, str], dict[str, bool]]) -> Path:
    """Write what moves each observable."""
    rows = [{"series_id": s, "place": place, **kinds} for (s, place), kinds in found.items()]
    path = FOLDER / DEPENDENCE
    path.write_text(dumps(rows) + "\n", encoding="utf-8")
    return path


def _small(part: Any) -> Any:
    if not isinstance(part, list):
        return part
    return [{key: value for key, value in row.items() if key != "points"} for row in part]


def main() -> None:
    """Compute validation, dependence and marks, and write them into the package."""
    document, found = validate(), moved()
    store(document)
    store(validate("prior"))
    store_dependence(found)
    write_marks(marks_of(document, found), tables.FOLDER / "marks.csv")


if __name__ == "__main__":
    main()
