"""Tables for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console
from rich.table import Table

from thaw.report.figures import TITLES, unit_scale
from thaw.report.table import coverage

if TYPE_CHECKING:
    from thaw.experiment.run import Run

PIPE_WIDTH = 110
SHOWN_ROWS = 6
"""Stamps shown per observable in the terminal; the files hold all."""


def number(value: float | None) -> str:
    """Return a number with about four significant digits and thousands separators."""
    if value is None or pd.isna(value):
        return ""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if size < 1 else f"{value:.2f}" if size < 10 else f"{value:.1f}"


def parameters_words(posterior: str) -> str:
    """Return in words where the parameters of a run come from."""
    if posterior == "prior":
        return "parameters from the prior"
    return f"parameters fitted to the record (set '{posterior}'; test: thaw validate)"


def print_run(run: Run) -> None:
    """Print, per subsystem, observables at chosen stamps beside the record, then coverage."""
    console = screen()
    table = run.table()
    s = run.settings
    console.print(
        f"[bold]{s.scenario.title}[/bold] ({s.scenario.name}, mode {s.scenario.mode}): "
        f"{s.draws} draws, {parameters_words(s.posterior)}, seed {s.seed}"
    )
    for subsystem, rows in table.groupby("subsystem", sort=False):
        console.print()
        console.print(subsystem_table(TITLES.get(str(subsystem), str(subsystem)), rows))
    console.print()
    console.print(events_table(run))
    inside = coverage(table)
    points = int(inside["points"].sum())
    share = float((inside["inside90"] * inside["points"]).sum() / max(points, 1))
    console.print(
        f"{share:.0%} of {points} recorded values lie inside the 90 % bands "
        f"({len(inside)} observables); '<-' marks those outside, 'r' what is recalled and not "
        "re-read. Observables of mark 'scaffold' have not yet been shown to beat a naive forecast "
        "(column mark of observables.csv)."
    )


def screen() -> Console:
    """Return a console as wide as the terminal, or wide enough for tables where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=PIPE_WIDTH)


def plain_table(title: str | None = None) -> Table:
    """Return an empty table without rules, its title to the left."""
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="",
        box=None,
        pad_edge=False,
    )


def subsystem_table(title: str, rows: pd.DataFrame) -> Table:
    """Return the table of one subsystem: chosen stamps, median, 90 % band, record."""
    table = plain_table(title)
    table.add_column("series", overflow="fold")
    table.add_column("unit", overflow="fold")
    table.add_column("month", no_wrap=True)
    for heading in ("median", "90 % band", "record"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for (series_id, place), group in rows.groupby(["series_id", "place"], sort=False):
        name = series_id if place in ("USSR", "World") else f"{series_id} ({place})"
        shown = chosen(group)
        scale, unit = unit_scale(shown, group["unit"].iloc[0])
        for i, row in enumerate(shown.to_dict("records")):
            first = (name, unit) if i == 0 else ("", "")
            table.add_row(*first, *_cells(row, scale))
    return table


def _cells(row: dict, scale: float) -> tuple[str, ...]:
    known = "" if pd.isna(row["record"]) else number(row["record"] / scale)
    sign = " r" if row["record_provenance"] == "recalled" else "  "
    inside = row["inside90"]
    outside = "<-" if known and not pd.isna(inside) and not inside else ""
    band = f"{number(row['lo90'] / scale)} .. {number(row['hi90'] / scale)}"
    return row["month"], number(row["median"] / scale), band, known + sign, outside


def chosen(rows: pd.DataFrame) -> pd.DataFrame:
    """Return at most SHOWN_ROWS stamps of an observable, spread over those with a record."""
    known = rows[rows["record"].notna()]
    pool = known if len(known) else rows
    if len(pool) <= SHOWN_ROWS:
        return pool
    step = (len(pool) - 1) / (SHOWN_ROWS - 1)
    return pool.iloc[[round(i * step) for i in range(SHOWN_ROWS)]]


def events_table(run: Run) -> Table:
    """Return the table of event families: probability of at least one, mean count."""
    table = plain_table("Events")
    for heading in ("family", "place", "probability of at least one", "mean count"):
        table.add_column(heading, justify="left" if heading in ("family", "place") else "right")
    for event in run.events():
        table.add_row(
            event["family"],
            event["place"],
            f"{event['probability']:.2f}",
            number(event["mean_count"]),
        )
    return table


def print_frame(rows: pd.DataFrame) -> None:
    """Print a data frame as a plain table; long text wraps."""
    table = plain_table()
    for name in rows.columns:
        numeric = pd.api.types.is_numeric_dtype(rows[name])
        table.add_column(str(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows.astype(object).itertuples(index=False):
        table.add_row(*["" if pd.isna(value) else _text(value) for value in row])
    screen().print(table)


def _text(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def effects_frame(rows: pd.DataFrame) -> pd.DataFrame:
    """Return effects as text: outcome, month, median with its 90 % band, sign, label."""
    return pd.DataFrame(
        [
            {
                "outcome": r["outcome"]
                + ("" if r["place"] in ("USSR", "World") else f" ({r['place']})"),
                "unit": r["unit"],
                "month": r["month"],
                "effect (B - A)": number(r["median"]),
                "90 % band": f"{number(r['lo90'])} .. {number(r['hi90'])}",
                "sign": f"{r['p_sign']:.2f}",
                "label": r["label"],
            }
            for r in rows.to_dict("records")
        ]
    )


def events_frame(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the event families whose probability differs between the worlds, as text."""
    return pd.DataFrame(
        [
            {
                "family": r["family"],
                "place": r["place"],
                "P in A": f"{r['probability_a']:.2f}",
                "P in B": f"{r['probability_b']:.2f}",
                "necessity": number(r["necessity"]),
                "sufficiency": number(r["sufficiency"]),
                "label": r["label"],
            }
            for r in rows.to_dict("records")
            if abs(r["probability_a"] - r["probability_b"]) > 0.005
        ]
    )
