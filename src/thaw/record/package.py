"""The data package on disk: descriptor, typed reading of tables, licences, content hash."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thaw.errors import unknown

if TYPE_CHECKING:
    import pandas

FOLDER = Path(__file__).parent / "tables"


@lru_cache(maxsize=1)
def descriptor() -> dict[str, Any]:
    """Return the Frictionless descriptor ``datapackage.json``; treat it as read-only."""
    loaded: dict[str, Any] = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    return loaded


def resources() -> dict[str, dict[str, Any]]:
    """Return the descriptor's resources by name."""
    return {resource["name"]: resource for resource in descriptor()["resources"]}


def table_names() -> list[str]:
    """Return the names of all tables (the map is a resource, not a table)."""
    return [name for name, resource in resources().items() if "schema" in resource]


def read_table(name: str) -> pandas.DataFrame:
    """Read one table with the column types of its schema; empty text stays ``""``.

    Raises ``InputError`` for an unknown name.
    """
    import pandas

    if name not in table_names():
        raise unknown("table", name, table_names())
    resource = resources()[name]
    frame = pandas.read_csv(FOLDER / resource["path"], dtype=str, keep_default_na=False)
    for field in resource["schema"]["fields"]:
        if field["type"] in ("integer", "number"):
            frame[field["name"]] = typed(frame[field["name"]], field["type"])
    return frame


def typed(column: pandas.Series, kind: str) -> pandas.Series:
    """Turn text into numbers: ``number`` to float64, ``integer`` to int64 (Int64 with gaps)."""
    import pandas

    numbers = pandas.to_numeric(column)
    if kind == "number":
        return numbers.astype("float64")
    return numbers.astype("Int64" if numbers.isna().any() else "int64")


def licences() -> pandas.DataFrame:
    """Return table, title, licence, its address, and sources of every resource."""
    import pandas

    rows = [
        {
            "table": name,
            "title": resource["title"],
            "licence": "; ".join(licence["title"] for licence in resource["licenses"]),
            "path": "; ".join(licence.get("path", "") for licence in resource["licenses"]),
            "sources": "; ".join(source["title"] for source in resource["sources"]),
        }
        for name, resource in resources().items()
    ]
    return pandas.DataFrame(rows)


@lru_cache(maxsize=1)
def package_hash() -> str:
    """Return the sha256 over names and bytes of all files of the package, in name order."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.iterdir()):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
