"""The machine-readable documents of the commands (``--json``): stable keys, one document each."""

from __future__ import annotations

import json
import math
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

import thaw

if TYPE_CHECKING:
    from thaw.experiment.run import Run

OBSERVABLE_KEYS = (
    "series_id",
    "place",
    "subsystem",
    "use",
    "month",
    "median",
    "lo50",
    "hi50",
    "lo90",
    "hi90",
    "record",
    "record_low",
    "record_high",
    "mark",
)


def run_document(run: Run) -> dict[str, Any]:
    """Return the ``run`` document of a run."""
    return {
        "scenario": run.settings.scenario.name,
        "mode": run.settings.scenario.mode,
        "version": thaw.__version__,
        "digest": run.digest,
        "seed": run.settings.seed,
        "draws": run.settings.draws,
        "people": run.settings.people,
        "posterior": run.settings.posterior,
        "held": list(run.held),
        "decided": list(run.decided),
        "observables": rows(run.table(), OBSERVABLE_KEYS),
        "events": run.events(),
    }


def rows(table: pd.DataFrame, keys: tuple[str, ...] | None = None) -> list[dict[str, Any]]:
    """Return a table as JSON rows: missing and non-finite numbers become null."""
    chosen = table if keys is None else table[list(keys)]
    return [
        {str(key): plain(value) for key, value in row.items()}
        for row in chosen.astype(object).to_dict("records")
    ]


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: numpy scalars unpacked, non-finite numbers null."""
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.item() if hasattr(value, "item") else value


def dumps(document: Any) -> str:
    """Return a document as JSON text with strict numbers."""
    return json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False)


def schema(name: str) -> dict[str, Any]:
    """Return the published JSON schema of a document: run, compare, validate, bench."""
    file = resources.files("thaw.report") / "schemas" / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8"))
