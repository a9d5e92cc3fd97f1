"""The table of input data: exogenous series, weather, levers, each with source and checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from thaw import record, reforms
from thaw.model import exogenous, registry
from thaw.report.pages.markdown import NOTE, table

INTRODUCTION = """# Input data

What the model is given and never explains. Values hold in the months of their rows and are 0
outside. The checksum is the start of the SHA-256 of the monthly values (rain: of the values by
year). Nothing else enters from outside, except the static tables of the record that each
subsystem's page names, and the levers below.

## Exogenous series

"""
RAIN = ("weather.prcp_mjj_z", "weather.prcp_sep_jul_z")
"""Series of the record behind the four rain inputs: May to July, and September to July."""

LEVERS = """
## Levers

Every reform acts through these and through nothing else. Their values by month follow from the
reforms in force (see [Reforms and scenarios](../reforms.md)); `neutral` is the value without any
reform.

"""


def write(folder: Path) -> list[Path]:
    """Write ``model/inputs.md``; return its path."""
    page = folder / "model" / "inputs.md"
    page.write_text(text(), encoding="utf-8")
    return [page]


def text() -> str:
    """Return the page."""
    headings = ("input", "unit", "rows", "first", "last", "provenance", "source", "read by", "sum")
    return "".join(
        [
            NOTE,
            INTRODUCTION,
            table(headings, [*_dated(), *_rain()]),
            LEVERS,
            table(("lever", "type", "neutral", "unit", "moved by", "meaning"), _levers()),
        ]
    )


def checksum(values: np.ndarray) -> str:
    """Return the first ten digits of the SHA-256 of some values."""
    return hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes()).hexdigest()[:10]


def _readers(name: str) -> str:
    subsystems = registry.subsystems()
    found = [n for n, s in subsystems.items() if f"exogenous.{name}" in s.reads]
    return ", ".join(found) or name.split("_")[0]


def _joined(values: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(values))


def _dated() -> Iterable[tuple[object, ...]]:
    for name, months in sorted(exogenous.monthly().items()):
        rows = [row for row in exogenous.dated_rows() if row["name"] == name]
        yield (
            f"`{name}`",
            rows[0]["unit"],
            len(rows),
            min(row["start"] for row in rows),
            max(row["end"] or "open" for row in rows),
            _joined(row["provenance"] for row in rows),
            _joined(row["source"] for row in rows),
            _readers(name),
            f"`{checksum(months)}`",
        )


def _rain() -> Iterable[tuple[object, ...]]:
    rows = pd.concat([record.series(series_id) for series_id in RAIN])
    for name, years in exogenous.weather().items():
        yield (
            f"`{name}`",
            rows["unit"].iloc[0],
            len(years),
            exogenous.WEATHER_YEARS[0],
            exogenous.WEATHER_YEARS[-1],
            _joined(rows["provenance"]),
            _joined(rows["source_key"]),
            _readers(name),
            f"`{checksum(years)}`",
        )


def _levers() -> Iterable[tuple[object, ...]]:
    for lever in sorted(reforms.levers(), key=lambda lever: lever.name):
        moving = [r.slug for r in reforms.reforms() if any(m.lever == lever.name for m in r.moves)]
        yield (
            f"`{lever.name.removeprefix('lever.')}`",
            lever.type,
            lever.neutral,
            lever.unit,
            _joined(moving) or "no reform",
            lever.meaning,
        )
