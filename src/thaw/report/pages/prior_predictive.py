"""The prior predictive report: the bands of the unfitted model against the record."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from thaw.experiment.run import Run, run
from thaw.report.pages.markdown import NOTE, table
from thaw.report.table import coverage

WIDE, LOW = 3.0, 0.5
DRAWS = 256

INTRODUCTION = """# What the model says before it sees data

{draws} draws of the prior, historical scenario, seed 0 (`thaw run --draws {draws}`). *Inside* is the share of recorded values within
the 90 % band; *width* is the median width of the band over the spread of the record (above {wide:g} the band says little). Nothing here
was tuned to look better: what is wrong is listed as wrong.

Of {points} recorded values of {count} observables, {inside:.0%} lie inside the 90 % bands.
"""


def write(folder: Path) -> list[Path]:
    """Write ``prior-predictive.md``; return its path."""
    history = run("historical", draws=DRAWS)
    page = folder / "prior-predictive.md"
    page.write_text(text(history), encoding="utf-8")
    return [page]


def text(history: Run) -> str:
    """Return the page for a run."""
    found = coverage(history.table())
    points = int(found["points"].sum())
    inside = float((found["inside90"] * found["points"]).sum() / points)
    parts = [
        NOTE,
        INTRODUCTION.format(
            draws=history.settings.draws, wide=WIDE, points=points, count=len(found), inside=inside
        ),
        "\n## Wrong: fewer than half of the recorded values inside\n\n",
        _list(found[found["inside90"] < LOW]),
        f"\n## Of little use: bands more than {WIDE:g} times as wide as the record's spread\n\n",
        _list(found[found["width_over_spread"] > WIDE]),
        "\n## All observables\n\n",
        table(
            ("series", "place", "subsystem", "recorded values", "inside", "width"),
            (
                (f"`{r.series_id}`", r.place, r.subsystem, r.points, f"{r.inside90:.0%}", _width(r))
                for r in found.itertuples()
            ),
        ),
        "\n## Events\n\n",
        table(
            ("family", "place", "probability of at least one", "mean count"),
            (
                (e["family"], e["place"], f"{e['probability']:.2f}", float(e["mean_count"]))
                for e in history.events()
            ),
        ),
    ]
    return "".join(parts)


def _width(row: object) -> str:
    width = getattr(row, "width_over_spread", None)
    return "" if width is None or pd.isna(width) else f"{width:.2f}"


def _list(rows: pd.DataFrame) -> str:
    if rows.empty:
        return "None.\n"
    return "".join(
        f"- `{r.series_id}` ({r.place}): {r.inside90:.0%} of {r.points} inside, width {_width(r)}\n"
        for r in rows.itertuples()
    )
