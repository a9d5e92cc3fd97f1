"""Scores in words and tables: the terminal's and the files' view of a ``validate`` document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from thaw.report.text import number


def headline(document: Mapping[str, Any]) -> str:
    """Return the first line: which set predicts, and what must be known about it."""
    note = f" ({document['note']})" if document["note"] else ""
    return (
        f"Posterior: {document['posterior']}{note}. Naive forecasts know the record until "
        f"{document['fit_until']}; {document['draws']} draws, seed {document['seed']}."
    )


def scores_frame(rows: Sequence[Mapping[str, Any]], short: bool = False) -> pd.DataFrame:
    """Return scored rows as a table, best skill first; ``short`` as text for the terminal."""
    ordered = sorted(rows, key=lambda row: (row["skill"] is None, -(row["skill"] or 0.0)))
    return pd.DataFrame([_short(row) if short else _full(row) for row in ordered])


def scores_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return scored rows as lines for the terminal, names never broken."""
    table = scores_frame(rows, short=True)
    width = int(table["series"].str.len().max())
    return table.to_string(index=False, formatters={"series": lambda name: f"{name:<{width}}"})


def _short(row: Mapping[str, Any]) -> dict[str, Any]:
    known = row["baselines"]
    best = None if known is None else min(known, key=known.get)
    interval = "" if row["skill90"] is None else "{:.2f} .. {:.2f}".format(*row["skill90"])
    where = "" if row["place"] in ("USSR", "World") else f" ({row['place']})"
    return {
        "series": row["series_id"] + where,
        "n": row["n"],
        "skill": "" if row["skill"] is None else f"{row['skill']:.2f}",
        "90 %": interval,
        "CRPS": number(row["crps"]),
        "best naive": "" if best is None else f"{number(known[best])} {best}",
        "inside 90 %": f"{row['coverage90']:.0%}",
        "mark": row["mark"],
    }


def _full(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {k: v for k, v in row.items() if k not in ("points", "baselines", "skill90")}
    low, high = row["skill90"] or (None, None)
    return {**plain, "skill_lo90": low, "skill_hi90": high, **(row["baselines"] or {})}


def events_frame(events: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the scores of event families as a table."""
    return pd.DataFrame(
        [
            {
                "family": event["family"],
                "years": event["n"],
                "log score": f"{event['log_score']:.2f}",
                "best naive": f"{event['baseline_log_score']:.2f}",
            }
            for event in events
        ]
    )


def summary_lines(document: Mapping[str, Any]) -> list[str]:
    """Return the summary in sentences, later years and left-out rows included."""
    lines = [summary_sentence(document["summary"], "All scored observables")]
    if document["summary_fitted"]["observables"]:
        lines.append(summary_sentence(document["summary_fitted"], "Those the model is fitted to"))
    if document.get("summary_later"):
        lines.append(summary_sentence(document["summary_later"], "Later years, 1965-68"))
    lines += [
        f"Not scored: {row['series_id']} ({row['place']}): {row['reason']}."
        for row in document.get("not_scored", [])
    ]
    return lines


def summary_sentence(found: Mapping[str, Any], subject: str) -> str:
    """Return one summary in a sentence."""
    counted = f"{subject}: {found['observables']} observables, {found['values']} values"
    if found["share_beating_best_baseline"] is None:
        return f"{counted}; too few known values for a naive forecast."
    interval = found["skill_median90"]
    bounds = "" if interval is None else " ({:.2f} .. {:.2f})".format(*interval)
    median = "none" if found["skill_median"] is None else f"{found['skill_median']:.2f}{bounds}"
    return (
        f"{counted}; median skill {median}; {found['share_beating_best_baseline']:.0%} beat the "
        f"best naive forecast; {found['coverage50']:.0%} of values inside the 50 % bands, "
        f"{found['coverage90']:.0%} inside the 90 % bands."
    )
