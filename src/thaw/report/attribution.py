"""How an attribution is told: one sentence, a table, the machine-readable document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from thaw.model.clock import stamp
from thaw.report import contract
from thaw.report.figures import readable
from thaw.report.text import number

if TYPE_CHECKING:
    from thaw.experiment.attribute import Attribution


def outcome_words(attribution: Attribution) -> str:
    """Return the outcome in words, with its place where it is not the union."""
    outcome = attribution.outcome
    if outcome.kind == "series":
        name = readable(outcome.name)
    else:
        name = f"{outcome.kind} {outcome.name.replace('_', ' ')}"
    return name if outcome.place in ("", "USSR", "World") else f"{name}, {outcome.place}"


def sentence(attribution: Attribution) -> str:
    """Return one plain sentence: what the reforms did together, and who had the largest part."""
    total, outcome = attribution.total, attribution.outcome
    what = f"'{outcome_words(attribution)}' in {attribution.month}"
    rows = attribution.table.dropna(subset=["share"])
    if rows.empty:
        return (
            f"In this model these reforms together do not clearly move {what}, so no shares can "
            "be given."
        )
    direction = "higher" if total["mean"] > 0 else "lower"
    top = rows.loc[rows["share"].abs().idxmax()]
    return (
        f"In this model these reforms together make {what} "
        f"{number(abs(total['mean']))} {outcome.unit} {direction} on average; most of it, "
        f"{top['share']:.0%} (90 % interval {top['share_lo90']:.0%} to {top['share_hi90']:.0%}), "
        f"is due to {top['reform']}."
    )


def frame(attribution: Attribution) -> pd.DataFrame:
    """Return the shares as text, the whole in the last row."""
    rows = [*attribution.table.to_dict("records"), {"reform": "together", **attribution.total}]
    return pd.DataFrame(
        [
            {
                "reform": row["reform"],
                "mean": number(row["mean"]),
                "90 % of draws": f"{number(row['lo90'])} .. {number(row['hi90'])}",
                "sign": f"{row['p_sign']:.2f}",
                "share": _share(row),
            }
            for row in rows
        ]
    )


def _share(row: dict[str, Any]) -> str:
    if row.get("share") is None or pd.isna(row["share"]):
        return ""
    return f"{row['share']:.0%} ({row['share_lo90']:.0%} .. {row['share_hi90']:.0%})"


def document(attribution: Attribution) -> dict[str, Any]:
    """Return the ``attribute`` document."""
    settings = attribution.settings
    return {
        "outcome": attribution.outcome.label,
        "place": attribution.outcome.place,
        "month": attribution.month,
        "unit": attribution.outcome.unit,
        "scenario": settings.scenario.name,
        "reforms": list(attribution.reforms),
        "answer": sentence(attribution),
        "decided_from": stamp(attribution.decided_from),
        "draws": settings.draws,
        "seed": settings.seed,
        "posterior": settings.posterior,
        "together": attribution.total,
        "shares": contract.rows(attribution.table),
    }
