"""Figures of a run: bands of 50 and 90 % with the recorded points, their ranges and provenance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from thaw.model.clock import month_index

if TYPE_CHECKING:
    from thaw.experiment.run import Run

BAND, LINE, SEEN, RECALLED = "#5b8db8", "#1f4e79", "#b3261e", "#e0a030"
TITLES = {
    "people": "Population",
    "camps": "Prisoners, settlers, rehabilitation",
    "agriculture": "Farms",
    "information": "The Secret Speech",
    "public": "Dissent and its repression",
    "leadership": "Leadership and Central Committee",
    "administration": "Administration",
    "industry": "Industry, consumption, housing",
    "arts": "Arts",
    "science": "Education and science",
    "east_west": "East and West",
    "bloc": "Eastern Europe",
    "legacy": "Expert indices",
}
PANEL_WIDTH, PANEL_HEIGHT, COLUMNS = 3.6, 2.5, 3
STYLE = {
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.5,
    "svg.hashsalt": "thaw",
}


def draw_run(run: Run, folder: Path) -> list[Path]:
    """Draw one page per subsystem of a run as PNG files and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    table, drawn = run.table(), []
    for subsystem, rows in table.groupby("subsystem", sort=False):
        path = folder / f"{subsystem}.png"
        page(rows, str(subsystem), caption(run)).savefig(path, dpi=130)
        drawn.append(path)
    return drawn


def caption(run: Run) -> str:
    """Return the one-line legend under a page."""
    s = run.settings
    return (
        f"Scenario {s.scenario.name}, {s.draws} draws of the {s.posterior}, seed {s.seed}. "
        "Line: median; bands: 50 and 90 %. Points: the record (red seen, amber recalled; "
        "bars: disagreement of sources)."
    )


def page(rows: pd.DataFrame, subsystem: str, legend: str) -> Figure:
    """Return a page of small panels, one per observable of a subsystem."""
    groups = [(key, g) for key, g in rows.groupby(["series_id", "place"], sort=False)]
    columns = min(COLUMNS, len(groups))
    lines = -(-len(groups) // columns)
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(PANEL_WIDTH * columns, PANEL_HEIGHT * lines + 0.9), layout="constrained"
        )
        axes = np.atleast_1d(figure.subplots(lines, columns, squeeze=False)).ravel()
        for axis, (_, group) in zip(axes, groups, strict=False):
            panel(axis, group)
        for axis in axes[len(groups) :]:
            axis.set_axis_off()
        figure.suptitle(TITLES.get(subsystem, subsystem), x=0.01, ha="left", fontsize=11)
        width = int(34 * columns)
        figure.supxlabel(wrap(legend, width), fontsize=6.5, x=0.01, ha="left")
    return figure


def wrap(text: str, width: int) -> str:
    """Return text broken into lines of at most ``width`` characters."""
    import textwrap

    return "\n".join(textwrap.wrap(text, width))


def panel(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw one observable: bands over its stamps, recorded points with their bars."""
    first = rows.iloc[0]
    title = readable(first["series_id"])
    where = "" if first["place"] in ("USSR", "World") else f", {first['place']}"
    mark = f" [{first['mark']}]" if first["mark"] else ""
    axis.set_title(f"{title}{where}{mark}")
    scale, unit = unit_scale(rows, first["unit"])
    axis.set_ylabel(unit)
    years = np.array([1953 + month_index(m) / 12 for m in rows["month"]])
    if len(rows) > 2:
        axis.fill_between(
            years, rows["lo90"] / scale, rows["hi90"] / scale, color=BAND, alpha=0.25, lw=0
        )
        axis.fill_between(
            years, rows["lo50"] / scale, rows["hi50"] / scale, color=BAND, alpha=0.45, lw=0
        )
        axis.plot(years, rows["median"] / scale, color=LINE, lw=1.2)
    else:
        few(axis, rows, years, scale)
    points(axis, rows, years, scale)
    low = min(0.0, float(np.nanmin(rows["lo90"])) / scale)
    if first["unit"] not in ("index",):
        axis.set_ylim(bottom=low)
    axis.set_xlim(1952.8, max(1965.0, years.max() + 0.2))
    axis.xaxis.set_major_locator(mpl.ticker.MultipleLocator(4))


def few(axis: Axes, rows: pd.DataFrame, years: np.ndarray, scale: float) -> None:
    """Draw one or two stamps as vertical ranges instead of a band."""
    axis.vlines(years, rows["lo90"] / scale, rows["hi90"] / scale, color=BAND, alpha=0.4, lw=6)
    axis.vlines(years, rows["lo50"] / scale, rows["hi50"] / scale, color=BAND, alpha=0.8, lw=6)
    axis.plot(years, rows["median"] / scale, "_", color=LINE, ms=10)


def points(axis: Axes, rows: pd.DataFrame, years: np.ndarray, scale: float) -> None:
    """Draw the recorded values, coloured by provenance, with their low-high bars."""
    for provenance, colour in (("seen", SEEN), ("recalled", RECALLED)):
        chosen = (rows["record_provenance"] == provenance).to_numpy()
        if not chosen.any():
            continue
        value = rows["record"].to_numpy(float)[chosen] / scale
        low = rows["record_low"].to_numpy(float)[chosen] / scale
        high = rows["record_high"].to_numpy(float)[chosen] / scale
        bars = np.abs(np.vstack([value - low, high - value]))
        axis.errorbar(
            years[chosen], value, yerr=bars, fmt="o", ms=3, color=colour, elinewidth=0.8, zorder=3
        )


def readable(series_id: str) -> str:
    """Return the title of a series in the record, or its id in words."""
    from thaw import record

    rows = record.series(series_id)
    title = rows["title"].iloc[0] if len(rows) else series_id.split(".")[-1].replace("_", " ")
    return wrap(title, 44)


def unit_scale(rows: pd.DataFrame, unit: str) -> tuple[float, str]:
    """Return a divisor and a unit that keep axis numbers short."""
    largest = float(np.nanmax(rows["hi90"]))
    if unit == "thousand persons" and largest >= 1e4:
        return 1e3, "million persons"
    if unit == "persons" and largest >= 1e6:
        return 1e6, "million persons"
    if unit == "persons" and largest >= 1e4:
        return 1e3, "thousand persons"
    return 1.0, unit


FORMATS = (".png", ".svg", ".pdf")


def plot_series(rows: pd.DataFrame) -> Figure:
    """Return a figure of recorded values of one series, one line per place."""
    first = rows.iloc[0]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.5, 3.6), layout="constrained")
        axis = figure.subplots()
        for place, group in rows.groupby("place", sort=False):
            dated = group.sort_values("start")
            days = dated["start"].to_numpy().astype("datetime64[D]").astype(float)
            years = 1970.0 + days / 365.25
            value = dated["value"].to_numpy(float)
            low = dated["low"].fillna(dated["value"]).to_numpy(float)
            high = dated["high"].fillna(dated["value"]).to_numpy(float)
            bars = np.clip(np.vstack([value - low, high - value]), 0, None)
            axis.errorbar(years, value, yerr=bars, fmt="o-", ms=3, lw=0.8, label=str(place))
        axis.set_title(f"{first['title']} ({first['series_id']})")
        axis.set_ylabel(str(first["unit"]))
        if rows["place"].nunique() > 1:
            axis.legend(fontsize=7, ncols=2)
        sources = ", ".join(sorted(rows["source_key"].unique())[:8])
        figure.supxlabel(wrap(f"Sources: {sources}", 110), fontsize=6.5, x=0.01, ha="left")
    return figure
