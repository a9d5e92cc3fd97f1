"""Summaries of scored rows: median skill, share of wins, coverage, with block-bootstrap bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from thaw.validate import scores

Row = Mapping[str, Any]


def wins(row: Row) -> bool:
    """Return whether the mechanism alone beats the best naive forecast of a row."""
    return row["baselines"] is not None and row["crps"] < min(row["baselines"].values())


def summary(rows: Sequence[Row], seed: int) -> dict[str, Any]:
    """Return the summary of rows: medians and shares over observables, coverage over values.

    Intervals resample whole subsystems, because observables of one subsystem share its errors. A
    row whose best naive forecast has no error has no skill, and counts as won or lost.
    """
    compared = [row for row in rows if row["baselines"] is not None]
    skilled = [row for row in compared if row["skill"] is not None]
    skills = [row["skill"] for row in skilled]
    groups = [row["subsystem"] for row in skilled]
    won = [float(wins(row)) for row in compared]
    owners = [row["subsystem"] for row in compared]
    return {
        "observables": len(rows),
        "values": sum(row["n"] for row in rows),
        "skill_median": float(np.median(skills)) if skills else None,
        "skill_median90": scores.clustered_interval(skills, groups, np.median, seed),
        "skill_mean90": scores.clustered_interval(skills, groups, np.mean, seed),
        "share_beating_best_baseline": float(np.mean(won)) if won else None,
        "share_beating90": scores.clustered_interval(won, owners, np.mean, seed),
        **{name: _coverage(rows, name) for name in COVERAGES},
    }


COVERAGES = (
    "coverage50",
    "coverage90",
    "coverage50_with_discrepancy",
    "coverage90_with_discrepancy",
)


def _coverage(rows: Sequence[Row], name: str) -> float | None:
    count = sum(row["n"] for row in rows)
    return sum(row[name] * row["n"] for row in rows) / count if count else None


def by_subsystem(rows: Sequence[Row], seed: int) -> list[dict[str, Any]]:
    """Return one summary per subsystem, in the order of the rows."""
    names = dict.fromkeys(row["subsystem"] for row in rows)
    return [
        {"subsystem": name, **summary([r for r in rows if r["subsystem"] == name], seed)}
        for name in names
    ]
