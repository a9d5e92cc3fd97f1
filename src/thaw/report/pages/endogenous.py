"""Which historical reforms the model's leadership adopts by itself, how often and when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from scipy import stats

from thaw import reforms
from thaw.experiment.run import Settings, trace_of
from thaw.model.clock import stamp
from thaw.model.simulate import Trace
from thaw.model.subsystems.leadership_menu_inputs import LEFT_OUT, rows
from thaw.reforms.menu import policies
from thaw.reforms.paths import ENDOGENOUS_FROM
from thaw.reforms.shapes import first_month
from thaw.report.pages.markdown import NOTE, table

if TYPE_CHECKING:
    from thaw.experiment.run import Progress

DRAWS = 64

INTRODUCTION = """# Reforms of the leadership's own choosing

Mode `endogenous`: history is replayed to the month before {start}; from then on no reform has a
date. The leadership proposes from the menu and decides by the rule on [leadership](leadership.md)
("The menu"); a reform that is adopted acts on the same levers, in the same shape, as it did in
history. Responses to events are decided as in mode `do`. {draws} prior draws to {end}; nothing here
was fitted.

*Adopted*: share of the draws. *A quarter by*, *half by*: month by which so many draws have adopted
it (empty: never). *History*: its month in the record. *Within two years*: share of the draws that
adopt it within 24 months of that month. The five coefficients of the rule are `judgement` and the
same for every reform, so what this page can show is only whether troubles, offices and the line
order the reforms at all as history did.

"""
NOT_LISTED = """
## Left out of the menu

"""


def write(folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write ``model/endogenous.md``; return its path."""
    page = folder / "model" / "endogenous.md"
    scenario = reforms.load_scenario("historical").with_mode("endogenous")
    trace, _ = trace_of(Settings(scenario, DRAWS), progress)
    page.write_text(text(trace, scenario.end), encoding="utf-8")
    return [page]


def adoptions(trace: Trace) -> dict[str, Float[np.ndarray, " draw"]]:
    """Return by reform id the month of adoption in each draw, infinite where it never came."""
    found = {}
    for reform in policies():
        flags = trace["latent"][f"leadership.adopted_{reform.slug}"] > 0
        found[reform.id] = np.where(flags.any(axis=1), flags.argmax(axis=1), np.inf)
    return found


def text(trace: Trace, end: str) -> str:
    """Return the page for the trace of an endogenous run."""
    months = adoptions(trace)
    draws = len(next(iter(months.values())))
    coded = rows()
    listed = [
        r
        for r in policies()
        if coded[r.id]["group"] != LEFT_OUT and first_month(r.moves, 0) >= _start()
    ]
    listed.sort(key=lambda reform: first_month(reform.moves, 0))
    lines = [_row(r, coded[r.id]["group"], months[r.id]) for r in listed]
    headings = (
        "reform", "group", "adopted", "a quarter by", "half by", "history", "within two years",
    )  # fmt: skip
    return "".join(
        [
            NOTE,
            INTRODUCTION.format(start=ENDOGENOUS_FROM, draws=draws, end=end),
            table(headings, lines),
            _summary([months[r.id] for r in listed], [first_month(r.moves, 0) for r in listed]),
            NOT_LISTED,
            table(("reform", "reason"), _left_out(coded)),
        ]
    )


def _start() -> int:
    return int(reforms.lever_paths(_endogenous(), 1).decided_from or 0)


def _endogenous() -> reforms.Scenario:
    return reforms.load_scenario("historical").with_mode("endogenous")


def _row(
    reform: reforms.Reform, group: str, months: Float[np.ndarray, " draw"]
) -> tuple[object, ...]:
    history = first_month(reform.moves, 0)
    return (
        f"{reform.id} {reform.slug}",
        group,
        f"{np.isfinite(months).mean():.2f}",
        _by(months, 0.25),
        _by(months, 0.5),
        stamp(history),
        f"{(np.abs(months - history) <= 24).mean():.2f}",
    )


def _by(months: Float[np.ndarray, " draw"], share: float) -> str:
    """Return the month by which a share of the draws has adopted, empty if that never happens."""
    month = np.sort(months)[int(np.ceil(share * len(months))) - 1]
    return stamp(int(month)) if np.isfinite(month) else ""


def _summary(months: list[Float[np.ndarray, " draw"]], history: list[int]) -> str:
    """Return the order of adoption against history's, and how many reforms a draw adopts."""
    table_of = np.stack(months)
    counts = np.isfinite(table_of).sum(axis=0)
    low, middle, high = np.quantile(counts, (0.05, 0.5, 0.95))
    dated = [column for column in table_of.T if np.unique(column).size > 1]
    ranks = [stats.spearmanr(column, history).statistic for column in dated]
    below, median, above = np.quantile(ranks or [np.nan], (0.05, 0.5, 0.95))
    silent = " The interval holds 0: the rule says how often reforms come, not in which order.\n"
    return (
        f"\nHistory adopted all {len(months)}; a draw adopts {middle:.0f} of them ({low:.0f} to"
        f" {high:.0f} in 90 % of the draws).\nRank correlation of the order of adoption with"
        f" history's order, by draw (not adopted counts as last): median {median:.2f}"
        f" ({below:.2f} to {above:.2f}). A rule that knew nothing would give about 0."
        + (silent if below <= 0.0 <= above else "\n")
    )


def _left_out(coded: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    found = []
    for reform in policies():
        reason = coded[reform.id]["reason"]
        if not reason and first_month(reform.moves, 0) < _start():
            reason = f"adopted before {ENDOGENOUS_FROM}; on the menu when the mode starts earlier"
        if reason:
            found.append((f"{reform.id} {reform.slug}", reason))
    return found
