"""How a comparison is told: one plain sentence, tables, a figure, the machine-readable document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from thaw.experiment import labels
from thaw.model.clock import stamp
from thaw.report import contract
from thaw.report.figures import BAND, LINE, STYLE, heading, mark_text, readable, wrap, years_of

if TYPE_CHECKING:
    from thaw.experiment.compare import Comparison

VERDICTS = {
    labels.SIGN_ASSUMED: "but the direction was already assumed when the model was set up",
    labels.CONTRIBUTORY: "and most draws agree on the direction",
    labels.UNDECIDED: "but the model cannot decide the direction",
    labels.MODEL_DEPENDENT: "but other versions of the model disagree on the direction",
}


def standardised(comparison: Comparison) -> pd.DataFrame:
    """Return the effects with a column ``size``: the median against the level in world A."""
    table = comparison.table
    scale = table["median_a"].abs().clip(lower=1e-9)
    return table.assign(size=table["median"].abs() / scale)


def largest(comparison: Comparison, count: int) -> pd.DataFrame:
    """Return the outcomes that move most, each at the stamp where it moves most."""
    table = standardised(comparison)
    moved = table[(table["label"] != labels.NO_EFFECT) & (table["median"] != 0.0)]
    if moved.empty:
        return moved
    top = moved.loc[moved.groupby(["outcome", "place"], sort=False)["size"].idxmax()]
    return top.sort_values("size", ascending=False).head(count)


def named(comparison: Comparison, outcomes: list[str]) -> pd.DataFrame:
    """Return the rows of some outcomes at all their stamps."""
    return comparison.table[comparison.table["outcome"].isin(outcomes)]


def sentence(comparison: Comparison) -> str:
    """Return one plain sentence: what moves most, by how much, and how sure that is."""
    since = stamp(comparison.changed_from)
    top = largest(comparison, 1)
    if top.empty:
        return f"In this model nothing that the record can see changes after {since}."
    row = top.iloc[0]
    direction = "higher" if row["median"] > 0 else "lower"
    share = f" ({row['size']:.0%})" if np.isfinite(row["size"]) and row["size"] < 10 else ""
    sure = f"{row['p_sign']:.0%} of the draws"
    verdict = VERDICTS.get(row["label"], "")
    what = readable(row["outcome"])
    return (
        f"In this model, what changes most is '{what}': {_amount(row)} {direction}{share} in "
        f"{row['month']} than otherwise, in {sure}, {verdict}."
    )


def _amount(row: pd.Series) -> str:
    from thaw.report.text import number

    return f"{number(abs(row['median']))} {row['unit']}"


def document(comparison: Comparison) -> dict[str, Any]:
    """Return the ``compare`` document."""
    keys = ("outcome", "place", "month", "median", "lo50", "hi50", "lo90", "hi90", "p_sign")
    effects = contract.rows(comparison.table, (*keys, "prior_only", "label", "unit"))
    for row in effects:
        row["prior_only"] = {k: row["prior_only"][k] for k in ("median", "lo90", "hi90", "p_sign")}
    return {
        "a": comparison.a.scenario.name,
        "b": comparison.b.scenario.name,
        "mode": "do",
        "answer": sentence(comparison),
        "changed_from": stamp(comparison.changed_from),
        "draws": comparison.a.draws,
        "seed": comparison.a.seed,
        "posterior": comparison.a.posterior,
        "held": list(comparison.held),
        "decided": list(comparison.decided),
        "effects": effects,
        "events": contract.rows(comparison.event_table),
        "support": contract.plain(comparison.support),
        "extrapolation": contract.plain(comparison.extrapolation),
        "digest": comparison.digest,
    }


def figure(comparison: Comparison, count: int = 9) -> Figure:
    """Return a figure of the outcomes that move most: median effect with 50 and 90 % bands."""
    top = largest(comparison, count)
    columns = min(3, max(len(top), 1))
    lines = max(-(-len(top) // columns), 1)
    with mpl.rc_context(STYLE):
        page = Figure(figsize=(3.6 * columns, 2.4 * lines + 1.0), layout="constrained")
        axes = np.atleast_1d(page.subplots(lines, columns, squeeze=False)).ravel()
        for axis, row in zip(axes, top.to_dict("records"), strict=False):
            same = comparison.table["outcome"] == row["outcome"]
            rows = comparison.table[same & (comparison.table["place"] == row["place"])]
            years = years_of(rows.rename(columns={"outcome": "series_id"}))
            axis.axhline(0.0, color="black", lw=0.6)
            axis.fill_between(years, rows["lo90"], rows["hi90"], color=BAND, alpha=0.25, lw=0)
            axis.fill_between(years, rows["lo50"], rows["hi50"], color=BAND, alpha=0.45, lw=0)
            axis.plot(years, rows["median"], color=LINE, lw=1.2, marker=".", ms=3)
            heading(axis, row["outcome"], row["place"])
            mark_text(axis, row["label"])
            axis.set_ylabel(row["unit"])
        for axis in axes[len(top) :]:
            axis.set_axis_off()
        title = f"{comparison.b.scenario.title}, against {comparison.a.scenario.name}"
        page.suptitle(wrap(title, 48 * columns), x=0.01, ha="left", fontsize=10)
        page.supxlabel(wrap(sentence(comparison), 58 * columns), fontsize=6.5, x=0.01, ha="left")
    return page
