"""Marks that follow from results: ``trend only`` from dependence, ``scaffold`` from validation."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from thaw.model.observation import observables
from thaw.report.marks import NONE, SCAFFOLD, TREND_ONLY
from thaw.validate.summary import wins

COLUMNS = ("series_id", "place", "mark", "reason")
Moved = Mapping[tuple[str, str], Mapping[str, bool]]


def marks_of(validation: Mapping[str, Any], dependence: Moved) -> list[dict[str, str]]:
    """Return one row per observable: series_id, place, mark, reason.

    ``trend only``: no lever and no other subsystem moves it. ``scaffold``: its subsystem has no
    held-out win among observables that something moves. A later period counts as held out too.
    """
    trends = {key for key, moved in dependence.items() if not any(moved.values())}
    scored = [*validation["series"], *validation.get("later", [])]
    real = [row for row in scored if (row["series_id"], row["place"]) not in trends]
    winners = {row["subsystem"] for row in real if wins(row)}
    tested = {row["subsystem"] for row in real}
    rows = []
    for observable in observables().values():
        owner = observable.subsystem
        if observable.key in trends:
            mark, reason = TREND_ONLY, "no lever and no other subsystem moves it"
        elif owner in winners:
            mark, reason = NONE, f"{owner} beats the best naive forecast on held-out values"
        else:
            met = "loses every held-out test" if owner in tested else "has no held-out test"
            mark, reason = SCAFFOLD, f"{owner} {met}"
        rows.append(dict(zip(COLUMNS, (*observable.key, mark, reason), strict=True)))
    return rows


def write_marks(rows: Sequence[Mapping[str, str]], path: Path) -> None:
    """Write the marks as the table that ``thaw.report.marks`` reads."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
