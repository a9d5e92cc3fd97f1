"""The figure at a glance: where the model beats naive forecasts, and whether its bands hold."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from thaw.report.figures import STYLE, TITLES, wrap

LOWEST = -2.0
"""Skills below this are drawn at the left edge as arrows."""
NOMINAL = {"coverage50": (0.5, "o", 0.14), "coverage90": (0.9, "D", -0.14)}
"""Nominal share, marker and offset of the two bands."""
GREY = "#777777"


def draw(document: dict[str, Any]) -> Figure:
    """Return the figure of a ``validate`` document."""
    rows = sorted(
        (row for row in document["series"] if row["skill"] is not None), key=lambda r: r["skill"]
    )
    colours = _colours(document["series"])
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.5, max(4.0, 1.9 + 0.155 * len(rows))), layout="constrained")
        skills, bands = figure.subplots(1, 2, width_ratios=(2.0, 1.0))
        _skills(skills, rows, colours)
        _coverage(bands, document, colours)
        figure.suptitle(_title(document), x=0.01, ha="left", fontsize=11)
        figure.supxlabel(wrap(_legend(document), 150), fontsize=6.5, x=0.01, ha="left")
    return figure


def _colours(rows: list[dict[str, Any]]) -> dict[str, Any]:
    present = {row["subsystem"] for row in rows}
    map_ = mpl.colormaps["tab20"].colors  # type: ignore[attr-defined]
    order = [*map_[::2], *map_[1::2]]
    return {n: order[i % 20] for i, n in enumerate(TITLES) if n in present}


def _title(document: dict[str, Any]) -> str:
    found = document["summary"]["skill_median"]
    share = document["summary"]["share_beating_best_baseline"]
    if found is None:
        return "No observable has enough known values for a naive forecast"
    return f"Median skill {found:.2f}; {share:.0%} of observables beat the best naive forecast"


def _legend(document: dict[str, Any]) -> str:
    note = f" ({document['note']})" if document["note"] else ""
    return (
        f"Predictions of {document['posterior']}{note}, {document['draws']} draws. Skill of the "
        "mechanism alone, given decisions and weather as they were: 1 is perfect, 0 as good as the "
        "best of persistence, drift, damped trend and AR(1), chosen after the fact. Bars: 90 %, by "
        "blocks of years; none below four values. Arrows: skill below the axis. In brackets: "
        "number of values; T trend only, S scaffold."
    )


def _skills(axis: Axes, rows: list[dict[str, Any]], colours: dict[str, Any]) -> None:
    for at, row in enumerate(rows):
        colour, skill = colours[row["subsystem"]], max(row["skill"], LOWEST)
        if row["skill90"] is not None:
            low, high = np.clip(row["skill90"], LOWEST, 1.0)
            axis.plot([low, high], [at, at], color=colour, lw=1.5, alpha=0.55)
        axis.plot(skill, at, "<" if row["skill"] < LOWEST else "o", color=colour, ms=4.5)
    axis.axvline(0.0, color="black", lw=1.0)
    axis.set_yticks(range(len(rows)), [_name(row) for row in rows], fontsize=6)
    axis.set_ylim(-0.8, len(rows) - 0.2)
    axis.set_xlim(LOWEST - 0.08, 1.05)
    axis.set_title("Skill of the mechanism against the best naive forecast")
    axis.grid(axis="y", visible=False)
    handles = [
        Line2D([], [], color=c, marker="o", lw=0, ms=4.5, label=TITLES.get(n, n))
        for n, c in colours.items()
    ]
    axis.legend(handles=handles, fontsize=6, loc="upper left", frameon=False)


def _name(row: dict[str, Any]) -> str:
    where = "" if row["place"] in ("USSR", "World") else f", {row['place']}"
    letter = {"trend only": " T", "scaffold": " S"}.get(row["mark"], "")
    return f"{row['series_id']}{where} ({row['n']}){letter}"


def _coverage(axis: Axes, document: dict[str, Any], colours: dict[str, Any]) -> None:
    groups = [*reversed(document["by_subsystem"]), {"subsystem": "all", **document["summary"]}]
    for at, group in enumerate(groups):
        for name, (nominal, marker, shift) in NOMINAL.items():
            colour = colours.get(group["subsystem"], "black")
            if group[name] is not None:
                axis.plot([nominal, group[name]], [at + shift] * 2, color=colour, lw=1.0, alpha=0.5)
                axis.plot(group[name], at + shift, marker, color=colour, ms=4.5)
    for nominal, _, _ in NOMINAL.values():
        axis.axvline(nominal, color=GREY, lw=0.8, ls="--")
    names = [f"{TITLES.get(g['subsystem'], g['subsystem'])} ({g['values']})" for g in groups]
    axis.set_yticks(range(len(groups)), [wrap(name, 24) for name in names], fontsize=6)
    axis.set_xlim(-0.04, 1.04)
    axis.set_title("Values inside the 50 % band\n(circles) and 90 % (diamonds)")
    axis.grid(axis="y", visible=False)
