"""The prior predictive report: the bands of the unfitted model against the record."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from thaw.experiment.run import Progress, Run, run
from thaw.report.pages.markdown import NOTE, table
from thaw.report.table import coverage
from thaw.report.text import number

WIDE, LOW = 3.0, 0.5
DRAWS = 256

INTRODUCTION = """# What the model says before it sees data

{draws} draws of the prior, historical scenario, seed 0 (`thaw run --draws {draws}`). *Inside* is
the share of recorded values within the 90 % band; *width* is the median width of the band over the
range of the record (above {wide:g} the band says little). What is wrong is listed as wrong. Some
ranges were changed after an earlier look at such a table
([decision 002](decisions/002-priors-after-a-look.md)): for the
series named there the agreement below is no test.

Of {points} recorded values of {count} observables, {inside:.0%} lie inside the 90 % bands.
"""


def write(folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write ``prior-predictive.md``; return its path."""
    history = run("historical", draws=DRAWS, posterior="prior", progress=progress)
    page = folder / "prior-predictive.md"
    page.write_text(text(history), encoding="utf-8")
    return [page]


def text(history: Run) -> str:
    """Return the page for a run."""
    whole = history.table()
    found = coverage(whole)
    points = int(found["points"].sum())
    inside = float((found["inside90"] * found["points"]).sum() / points)
    numbers = {"points": points, "count": len(found), "inside": inside}
    return "".join(
        [
            NOTE,
            INTRODUCTION.format(draws=history.settings.draws, wide=WIDE, **numbers),
            "\n## Wrong: fewer than half of the recorded values inside\n\n",
            _list(found[found["inside90"] < LOW]),
            f"\n## Of little use: bands more than {WIDE:g} times as wide as the record's range\n\n",
            _list(found[found["width_over_spread"] > WIDE]),
            "\n## All observables\n\n",
            _all(found),
            "\n## Recorded values outside their band\n\n",
            _outside(whole),
            "\n## Events\n\nOver the whole run. Clamped decisions have probability 1.\n\n",
            _events(history),
        ]
    )


def _all(found: pd.DataFrame) -> str:
    return table(
        ("series", "place", "subsystem", "recorded values", "inside", "width"),
        (
            (f"`{r.series_id}`", r.place, r.subsystem, r.points, f"{r.inside90:.0%}", _width(r))
            for r in found.itertuples()
        ),
    )


def _outside(whole: pd.DataFrame) -> str:
    known = whole.dropna(subset=["record"])
    missed = known[~known["inside90"].astype(bool)]
    rows = (
        (
            f"`{r.series_id}`",
            r.place,
            r.month,
            number(r.record),
            number(r.lo90),
            number(r.median),
            number(r.hi90),
        )
        for r in missed.itertuples()
    )
    return table(("series", "place", "month", "record", "5 %", "median", "95 %"), rows)


def _events(history: Run) -> str:
    return table(
        ("family", "place", "probability of at least one", "mean count"),
        (
            (e["family"], e["place"], f"{e['probability']:.2f}", float(e["mean_count"]))
            for e in history.events()
        ),
    )


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
