"""Figures of a run: bands of 50 and 90 % with the recorded points, their ranges and provenance."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from thaw.model.clock import month_index
from thaw.model.observation import observables

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
PANEL_WIDTH, PANEL_HEIGHT, COLUMNS = 3.6, 2.4, 3
TITLE_HEIGHT = 1.0
"""Where titles stand; matplotlib would otherwise measure all other text of a panel to find out."""
FEW = 2
"""Observables with at most this many stamps share one panel."""
STYLE: Any = {
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


def _set(posterior: str) -> str:
    return "the prior" if posterior == "prior" else f"the posterior set '{posterior}'"


class Page(NamedTuple):
    """A page of panels of one subsystem, and the file that it goes to."""

    subsystem: str
    rows: pd.DataFrame
    legend: str
    path: Path

    @property
    def panels(self) -> int:
        """Return how many panels the page has."""
        series, single = split(self.rows)
        return len(series) + bool(single)


def pages(run: Run, folder: Path) -> list[Page]:
    """Return one page per subsystem of a run, as PNG files of a folder.

    A run of few months has nothing to draw of some subsystems.
    """
    groups = run.table().groupby("subsystem", sort=False)
    found = [
        Page(str(subsystem), rows, caption(run), folder / f"{subsystem}.png")
        for subsystem, rows in groups
    ]
    return [one for one in found if one.panels]


def warm() -> None:
    """Load what the first page needs: fonts, titles, the kinds of stamps."""
    from thaw import record

    observables()
    record.series_ids()
    figure, axes = grid(1, 1)
    axes[0].set_title("thaw")
    figure.savefig(io.BytesIO())


def draw(chosen: list[Page]) -> list[Path]:
    """Draw pages and return their paths."""
    for one in chosen:
        one.path.parent.mkdir(parents=True, exist_ok=True)
        page(one.rows, one.subsystem, one.legend).savefig(one.path, dpi=130)
    return [one.path for one in chosen]


def split(rows: pd.DataFrame) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """Return the observables with a panel each, and those with few stamps and a recorded value."""
    groups = [g for _, g in rows.groupby(["series_id", "place"], sort=False)]
    series = [g for g in groups if len(g) > FEW]
    return series, [g for g in groups if len(g) <= FEW and g["record"].notna().any()]


def caption(run: Run) -> str:
    """Return the legend under a page."""
    s = run.settings
    return (
        f"Scenario {s.scenario.name}, {s.draws} draws of {_set(s.posterior)}, seed {s.seed}. "
        "Line: median of the draws; bands: 50 and 90 %. Points: the record (red: seen in a stored "
        "source; amber: recalled from a publication; bars: disagreement of sources). Grey words: "
        "scaffold = not yet shown to beat a naive forecast; trend only = no reform moves it."
    )


def page(rows: pd.DataFrame, subsystem: str, legend: str) -> Figure:
    """Return a page of panels, one per observable; those with few stamps share one panel."""
    series, single = split(rows)
    panels = len(series) + bool(single)
    columns = min(COLUMNS, max(panels, 2))
    lines = -(-panels // columns)
    with mpl.rc_context(STYLE):
        figure, axes = grid(lines, columns)
        for axis, group in zip(axes, series, strict=False):
            panel(axis, group)
        if single:
            ratios(axes[len(series)], pd.concat(single))
        for axis in axes[panels:]:
            axis.set_axis_off()
        figure.suptitle(TITLES.get(subsystem, subsystem), x=0.01, ha="left", fontsize=11)
        figure.text(0.01, 0.01, wrap(legend, 62 * columns), fontsize=6.5, ha="left", va="bottom")
    return figure


def grid(lines: int, columns: int) -> tuple[Figure, np.ndarray]:
    """Return a figure and its axes, laid out by fixed margins (much faster than a solver)."""
    width, height = PANEL_WIDTH * columns, PANEL_HEIGHT * lines + 1.0
    figure = Figure(figsize=(width, height))
    axes = figure.subplots(
        lines,
        columns,
        squeeze=False,
        gridspec_kw={
            "left": 0.6 / width,
            "right": 1.0 - 0.15 / width,
            "top": 1.0 - 0.8 / height,
            "bottom": 0.85 / height,
            "wspace": 0.28,
            "hspace": 0.55,
        },
    )
    return figure, axes.ravel()


def wrap(text: str, width: int) -> str:
    """Return text broken into lines of at most ``width`` characters."""
    import textwrap

    return "\n".join(textwrap.wrap(text, width))


def years_of(rows: pd.DataFrame) -> np.ndarray:
    """Return where each stamp stands on the axis: yearly values in the middle of their year."""
    first = rows.iloc[0]
    kind = observables()[first["series_id"], first["place"]].stamp
    middle = -5.5 if kind in ("annual_sum", "annual_mean", "december") else 0.0
    return np.array([1953 + (month_index(m) + middle) / 12 for m in rows["month"]])


def panel(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw one observable: bands over its stamps, recorded points with their bars."""
    first = rows.iloc[0]
    heading(axis, first["series_id"], first["place"])
    mark_text(axis, first["mark"])
    scale, unit = unit_scale(rows, first["unit"])
    axis.set_ylabel(unit)
    years = years_of(rows)
    for low, high, alpha in (("lo90", "hi90", 0.25), ("lo50", "hi50", 0.45)):
        axis.fill_between(
            years, rows[low] / scale, rows[high] / scale, color=BAND, alpha=alpha, lw=0
        )
    axis.plot(years, rows["median"] / scale, color=LINE, lw=1.2)
    points(axis, rows, years, scale)
    if first["unit"] != "index":
        axis.set_ylim(bottom=min(0.0, float(np.nanmin(rows["lo90"])) / scale))
    last = max(1965, int(np.ceil(years.max())))
    axis.set_xlim(1952.8, last + 0.2)
    axis.set_xticks(range(1953, last + 1, 3))


def heading(axis: Axes, series_id: str, place: str) -> None:
    """Write the title of a panel: the series, and its place unless it is the union or the world."""
    where = "" if place in ("USSR", "World") else f", {place}"
    axis.set_title(wrap(readable(series_id) + where, 46), y=TITLE_HEIGHT)


def mark_text(axis: Axes, mark: str) -> None:
    """Write a mark of honesty in grey into the corner of a panel."""
    axis.text(
        0.99, 0.02, mark, transform=axis.transAxes, ha="right", va="bottom", fontsize=6, color="0.5"
    )


def ratios(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw observables with few stamps in one panel: model over record, one line each."""
    known = rows[rows["record"].notna() & (rows["record"] != 0)].reset_index(drop=True)
    level = np.arange(len(known))[::-1]
    value = known["record"].to_numpy(float)
    for low, high, width in (("lo90", "hi90", 0.25), ("lo50", "hi50", 0.6)):
        start, end = known[low] / value, known[high] / value
        axis.hlines(level, start, end, color=BAND, alpha=width, lw=7)
    axis.plot(known["median"] / value, level, "|", color=LINE, ms=9)
    axis.axvline(1.0, color=SEEN, lw=0.8)
    for at, row in zip(level, known.itertuples(), strict=True):
        name = row.series_id.split(".", 1)[1].replace("_", " ")
        axis.text(0.02, at + 0.28, f"{name}, {row.month}", fontsize=6)
    axis.set_yticks([])
    axis.set_ylim(-0.5, len(known) - 0.2)
    axis.set_xlim(0.0, max(1.3, 1.05 * float((known["hi90"] / value).max())))
    axis.set_title("Single values: model over record", y=TITLE_HEIGHT)
    axis.set_xlabel("ratio (1 = record)")


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
    return str(rows["title"].iloc[0]) if len(rows) else series_id.split(".")[-1].replace("_", " ")


def unit_scale(rows: pd.DataFrame, unit: str) -> tuple[float, str]:
    """Return a divisor and a unit that keep axis numbers short."""
    largest = float(np.nanmax(rows["hi90"]))
    if unit == "thousand persons" and largest >= 1e4:
        return 1e3, "million persons"
    if unit in ("persons", "crimes"):
        if largest >= 1e6:
            return 1e6, f"million {unit}"
        if largest >= 1e4:
            return 1e3, f"thousand {unit}"
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
