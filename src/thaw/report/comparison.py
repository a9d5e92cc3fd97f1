"""How a comparison is told: one plain sentence, tables, a figure, the machine-readable document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from thaw.experiment import labels
from thaw.experiment.effects import at_horizons
from thaw.model.clock import stamp
from thaw.report import contract
from thaw.report.figures import BAND, LINE, STYLE, heading, mark_text, readable, wrap, years_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from thaw.experiment.compare import Comparison
    from thaw.experiment.outcomes import Outcome

READABLE = 0.05
"""Differences of odds below this are left to the files."""
VERDICTS = {
    labels.SIGN_ASSUMED: "but the direction was already assumed when the model was set up",
    labels.CONTRIBUTORY: "and most draws agree on the direction",
    labels.UNDECIDED: "but the model cannot decide the direction",
    labels.MODEL_DEPENDENT: "but other versions of the model disagree on the direction",
}


def verdict(row: Mapping[str, Any]) -> str:
    """Return what the label of an effect means, as the end of a sentence; empty without one."""
    if row["label"] == labels.UNDECIDED and row["p_sign"] > labels.SIGN_THRESHOLD:
        return "but it is too small to be told from no effect"
    return VERDICTS.get(row["label"], "")


def standardised(comparison: Comparison) -> pd.DataFrame:
    """Return the effects with a column ``size``: the median against the level in world A."""
    table = comparison.table
    scale = table["median_a"].abs().clip(lower=1e-9)
    return table.assign(size=table["median"].abs() / scale)


def largest(comparison: Comparison, count: int) -> pd.DataFrame:
    """Return the outcomes that move most, each at the stamp where it moves most."""
    table = standardised(comparison)
    observed = ~table["outcome"].str.startswith("state.")
    moved = table[observed & (table["label"] != labels.NO_EFFECT) & (table["median"] != 0.0)]
    if moved.empty:
        return moved
    top = moved.loc[moved.groupby(["outcome", "place"], sort=False)["size"].idxmax()]
    return top.sort_values("size", ascending=False).head(count)


def named(comparison: Comparison, outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Return the rows of some outcomes at all their stamps."""
    wanted = {(outcome.label, outcome.place) for outcome in outcomes}
    table = comparison.table
    keys = zip(table["outcome"], table["place"], strict=True)
    return table[[key in wanted for key in keys]]


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
    where = "" if row["place"] in ("USSR", "World") else f", {row['place']}"
    what = readable(row["outcome"]) + where
    return (
        f"In this model, what changes most is '{what}': {_amount(row)} {direction}{share} in "
        f"{row['month']} than otherwise, in {sure}, {verdict(row)}."
    )


def _amount(row: pd.Series) -> str:
    from thaw.report.text import number

    return f"{number(abs(row['median']))} {row['unit']}"


def horizon_frame(comparison: Comparison, rows: pd.DataFrame) -> pd.DataFrame:
    """Return effects as text: one row per outcome, columns for 6, 12, 36 months and the end.

    Cells hold the median and the 90 % band; sign and label are those of the stamp where the effect
    is largest. Prior-only sign, and the credibility horizon, stand there where they were asked.
    """
    keys = list(dict.fromkeys(zip(rows["outcome"], rows["place"], strict=True)))
    return pd.DataFrame([_horizon_row(comparison, *key) for key in keys])


def _horizon_row(comparison: Comparison, outcome: str, place: str) -> dict[str, str]:
    table = standardised(comparison)
    mine = table[(table["outcome"] == outcome) & (table["place"] == place)]
    largest_row = mine.loc[mine["size"].idxmax()]
    found = at_horizons(mine, comparison.changed_from)
    row = {"outcome": f"{_named(outcome, place)}\n{largest_row['unit']}"}
    for name in ("6", "12", "36", "end"):
        row[_column(name)] = _cell(found[name]) if name in found else ""
    row["sign"] = f"{largest_row['p_sign']:.2f}"
    if comparison.a.posterior != "prior":
        row["prior sign"] = f"{largest_row['prior_only']['p_sign']:.2f}"
    if comparison.rivals is not None:
        row["credible to"] = comparison.rivals.horizon.get((outcome, place), "")
    row["label"] = str(largest_row["label"])
    return row


def _column(name: str) -> str:
    return "end" if name == "end" else f"{name} months"


def _named(outcome: str, place: str) -> str:
    return outcome if place in ("", "USSR", "World") else f"{outcome} ({place})"


def _cell(row: dict[str, Any]) -> str:
    from thaw.report.text import number

    return f"{number(row['median'])}\n{number(row['lo90'])} .. {number(row['hi90'])}"


def moved_events(comparison: Comparison) -> pd.DataFrame:
    """Return the event families whose odds differ readably (by 0.05) or that carry a label."""
    table = comparison.event_table
    far = (table["probability_a"] - table["probability_b"]).abs() >= READABLE
    return table[far | ~table["label"].isin([labels.NO_EFFECT, labels.UNDECIDED])]


def rivals_sentence(comparison: Comparison) -> str:
    """Return in words how many rival structures were asked, and where they disagree."""
    found = comparison.rivals
    if found is None:
        return ""
    names = ", ".join(".".join(pair) for pair in found.structures)
    if not names:
        return "No rival structure exists for these outcomes."
    against = comparison.table[comparison.table["label"] == labels.MODEL_DEPENDENT]
    outcomes = sorted(set(against["outcome"]))
    verdict = f"they disagree on {', '.join(outcomes)}" if outcomes else "all agree on the signs"
    return (
        f"Rival structures ({found.draws} prior draws each): {names}; {verdict}. "
        "'credible to': the last month before structures differ more than draws do."
    )


def frame(comparison: Comparison) -> pd.DataFrame:
    """Return every effect as a flat table for files: prior-only and near-history columns too."""
    table = comparison.table
    more = {
        f"{prefix}_{key}": [row[key] for row in table[column]]
        for prefix, column in (("prior", "prior_only"), ("near", "near_history"))
        for key in ("median", "lo90", "hi90", "p_sign")
    }
    return table.drop(columns=["prior_only", "near_history"]).assign(**more)


def dataset(comparison: Comparison) -> xr.Dataset:
    """Return every effect as a dataset: one variable per outcome, over statistic, month, place."""
    rows = frame(comparison)
    statistics = [name for name in rows.columns if rows[name].dtype == float]
    months, places = sorted(set(rows["month"])), sorted(set(rows["place"]))
    dims, variables = ("statistic", "month", "place"), {}
    for outcome, group in rows.groupby("outcome", sort=False):
        values = np.full((len(statistics), len(months), len(places)), np.nan)
        at = [months.index(month) for month in group["month"]]
        where = [places.index(place) for place in group["place"]]
        values[:, at, where] = group[statistics].to_numpy(float).T
        variables[str(outcome)] = (dims, values, {"units": group["unit"].iloc[0]})
    when = np.array([np.datetime64(m, "M") for m in months]).astype("datetime64[s]")
    return xr.Dataset(variables, {"statistic": statistics, "month": when, "place": places})


def document(comparison: Comparison) -> dict[str, Any]:
    """Return the ``compare`` document."""
    keys = ("outcome", "place", "month", "median", "lo50", "hi50", "lo90", "hi90", "p_sign")
    more = ("p_beyond", "prior_only", "near_history", "label", "unit")
    effects = contract.rows(comparison.table, (*keys, *more))
    for row in effects:
        for column in ("prior_only", "near_history"):
            row[column] = {k: row[column][k] for k in ("median", "lo90", "hi90", "p_sign")}
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
        "abduction": {"draws_near_history": comparison.near_draws},
        "rivals": _rivals(comparison),
        "digest": comparison.digest,
    }


def _rivals(comparison: Comparison) -> dict[str, Any] | None:
    found = comparison.rivals
    if found is None:
        return None
    horizon = [
        {"outcome": outcome, "place": place, "month": month or None}
        for (outcome, place), month in found.horizon.items()
    ]
    return {
        "structures": [".".join(pair) for pair in found.structures],
        "draws": found.draws,
        "effects": contract.rows(found.table),
        "credibility_horizon": horizon,
    }


def figure(comparison: Comparison, count: int = 9) -> Figure:
    """Return a figure for a paper: the outcomes that move most, with 50 and 90 % bands."""
    top = largest(comparison, count)
    columns = min(3, max(len(top), 1))
    lines = max(-(-len(top) // columns), 1)
    with mpl.rc_context(STYLE):
        page = Figure(figsize=(3.6 * columns, 2.4 * lines + 1.0), layout="constrained")
        _panels(page, comparison, top, lines, columns)
        page.suptitle(wrap(_title(comparison), 48 * columns), x=0.01, ha="left", fontsize=10)
        page.supxlabel(wrap(sentence(comparison), 58 * columns), fontsize=6.5, x=0.01, ha="left")
    return page


def slide(comparison: Comparison, count: int = 3) -> Figure:
    """Return a figure for a slide (16:9, large type): the answer, and the few largest effects."""
    top = largest(comparison, count)
    with mpl.rc_context({**STYLE, "font.size": 13, "axes.titlesize": 13, "lines.linewidth": 2.0}):
        page = Figure(figsize=(13.33, 7.5), layout="constrained")
        _panels(page, comparison, top, 1, max(len(top), 1), 28)
        page.suptitle(wrap(_title(comparison), 80), x=0.01, ha="left", fontsize=20)
        page.supxlabel(wrap(sentence(comparison), 125), fontsize=13, x=0.01, ha="left")
    return page


def _title(comparison: Comparison) -> str:
    return f"{comparison.b.scenario.title}, against {comparison.a.scenario.name}"


def _panels(
    page: Figure,
    comparison: Comparison,
    top: pd.DataFrame,
    lines: int,
    columns: int,
    width: int = 0,
) -> None:
    axes = np.atleast_1d(page.subplots(lines, columns, squeeze=False)).ravel()
    table = comparison.table
    for axis, row in zip(axes, top.to_dict("records"), strict=False):
        same = (table["outcome"] == row["outcome"]) & (table["place"] == row["place"])
        rows = table[same]
        years = years_of(rows.rename(columns={"outcome": "series_id"}))
        axis.axhline(0.0, color="black", lw=0.6)
        axis.fill_between(years, rows["lo90"], rows["hi90"], color=BAND, alpha=0.25, lw=0)
        axis.fill_between(years, rows["lo50"], rows["hi50"], color=BAND, alpha=0.45, lw=0)
        axis.plot(years, rows["median"], color=LINE, marker=".", ms=3)
        heading(axis, row["outcome"], row["place"])
        if width:
            axis.set_title(wrap(axis.get_title(loc="left"), width), loc="left")
        mark_text(axis, row["label"])
        axis.set_ylabel(row["unit"])
    for axis in axes[len(top) :]:
        axis.set_axis_off()
