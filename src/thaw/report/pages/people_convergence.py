"""Whether citizens one by one tell another story than cohorts, and whether it is a better one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from thaw import reforms
from thaw.experiment.run import Settings, open_run, trace_of
from thaw.model.observation import Observable, observables, observe, read_off, stamps
from thaw.model.recorded import recorded
from thaw.model.simulate import Trace
from thaw.report.pages.markdown import NOTE, table
from thaw.validate.splits import NEAR, held_out
from thaw.validate.validation import score_cases

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from thaw.experiment.run import Progress

Key = tuple[str, str]

COHORTS = "cohorts"
DRAWS = {COHORTS: 16, "10000": 16, "100000": 16, "1000000": 4}
"""Draws by size; draw k has the same parameters and the same luck of other subsystems in each."""
EVERYBODY = Path("results/people-all")
"""Where a run of everybody lies, when there is one (draw 0 of the prior)."""
LARGE = 0.1
"""Gap, in standard deviations, that is named when it stays at the largest size."""
UNTOUCHED = 1e-9

INTRODUCTION = """# Citizens and cohorts

The same worlds with cohorts and with citizens one by one: prior draws of history (replay), the same
parameters, the same luck of the other subsystems. *Gap*: people less cohorts, mean over draws, at
each stamp of an observable; the table has its root mean square over stamps, in standard deviations
of the observable over the cohort draws and stamps. *Noise*: what of that the scatter between draws
alone would give. A gap that falls with size is chance of a small sample; one that stays is a
mechanism (single acts, counted sources, crowds by place, whole events) or rounding.

![Gap by number of citizens](people-convergence.png)

"""
REASONS = """
## Why some gaps stay

- *Party members, and with them who was ordered to hear the Speech*: cohorts lose members at the
  crude death rate of everybody; citizens die at the rate of their age and sex, and members are
  adults, few of them old. The gap is the same with one million and with everybody.
- *Death rate, infant mortality, convictions*: single deaths and single acts; they fall with size.
- *Commissions of 1956*: a few months' count of cases whose capacity is a drawn number; with four
  draws one other count makes most of the gap. With everybody it is nothing.
- *Town population, product, savings, goods*: about 0.01 at every size; not traced further.
"""
ABLATION = """
## Does it score better?

Mean CRPS of the mechanism alone on values of 1959-64, {draws} prior draws, citizens ({size})
against cohorts; ratio below 1: citizens are better. With so few draws differences under a tenth
are noise.

"""


def write(folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write ``model/people-convergence.md`` and its figure; return their paths."""
    traces = runs(progress)
    found = gaps(traces, _everybody())
    page, picture = (folder / "model" / f"people-convergence.{kind}" for kind in ("md", "png"))
    page.write_text(text(found, ablation(traces)), encoding="utf-8")
    figure(found).savefig(picture, dpi=110)
    return [page, picture]


def runs(progress: Progress | None = None) -> dict[str, Trace]:
    """Return the traces of all sizes."""
    base = Settings(reforms.load_scenario("historical"), 1)
    total, done, found = sum(DRAWS.values()), 0, {}
    for people, draws in DRAWS.items():
        found[people] = trace_of(dataclasses.replace(base, draws=draws, people=people))[0]
        done += draws
        if progress is not None:
            progress(done, total)
    return found


def gaps(
    traces: Mapping[str, Trace], everybody: Mapping[Key, dict[int, float]] | None = None
) -> pd.DataFrame:
    """Return one row per observable that people touch: gap and noise by size.

    ``everybody`` holds what draw 0 shows with every citizen, by observable and month; errors of
    reading are those of the same draw with cohorts and fall out.
    """
    cohorts, months = traces[COHORTS], 144
    rows = []
    for key in sorted(cohorts["series"]):
        observable = observables().get(key)
        if observable is None or observable.stamp == "waiting_time":
            continue
        at = _stamps(observable, months)
        known = _values(cohorts, observable, at)
        spread = float(np.nanstd(known))
        row: dict[str, Any] = {"observable": _name(key)}
        for size, trace in traces.items():
            if size == COHORTS:
                continue
            differs = _values(trace, observable, at)
            differs = (differs - known[: len(differs)]) / (spread or 1.0)
            row[size] = _size(differs.mean(axis=0))
            row[f"noise {size}"] = _size(differs.std(axis=0, ddof=1) / np.sqrt(len(differs)))
        if everybody and key in everybody:
            seen = [month for month in at if month in everybody[key]]
            pairs = [(everybody[key][m], observe(cohorts, observable, m, 0)[0]) for m in seen]
            row["all"] = _size(np.subtract(*np.transpose(pairs)) / (spread or 1.0))
        if any(row[size] > UNTOUCHED for size in traces if size != COHORTS):
            rows.append(row)
    return pd.DataFrame(rows)


def ablation(traces: Mapping[str, Trace], size: str = "100000") -> list[dict[str, Any]]:
    """Return mean CRPS of both resolutions by subsystem, on values of 1959-64."""
    cases = [c for c in held_out(NEAR) if c.observable.stamp != "waiting_time"]
    scored = [pd.DataFrame(score_cases(traces[name], cases, 0)) for name in (COHORTS, size)]
    ratio = scored[1]["crps"] / scored[0]["crps"].where(scored[0]["crps"] > 0)
    frame = scored[0][["subsystem"]].assign(ratio=ratio)
    moved = frame[(frame["ratio"] - 1.0).abs() > UNTOUCHED]
    return [
        {
            "subsystem": name,
            "observables": len(rows),
            "ratio": float(rows["ratio"].median()),
            "better": int((rows["ratio"] < 1.0).sum()),
        }
        for name, rows in moved.groupby("subsystem")
    ]


def text(found: pd.DataFrame, scored: Sequence[Mapping[str, Any]]) -> str:
    """Return the page."""
    sizes = [c for c in found if c != "observable" and not str(c).startswith("noise")]
    largest = [s for s in sizes if s != "all"][-1]
    rows = (
        (r["observable"], *(_cell(r, size) for size in sizes))
        for r in found.sort_values(largest, ascending=False).to_dict("records")
    )
    stays = found[(found[largest] > LARGE) & (found[largest] > 2.0 * found[f"noise {largest}"])]
    named = ", ".join(f"`{name}`" for name in stays["observable"]) or "none"
    heading = ["all, one draw" if s == "all" else f"{int(s):,} (noise)" for s in sizes]
    parts = [
        NOTE,
        INTRODUCTION,
        f"Gaps above {LARGE:g} and twice their noise at {int(largest):,} citizens: {named}.\n\n",
        table(["observable", *heading], rows),
        REASONS,
        ABLATION.format(draws=DRAWS["100000"], size="100,000"),
        table(
            ("subsystem", "observables touched", "median ratio", "better with citizens"),
            (tuple(row.values()) for row in scored),
        ),
    ]
    return "".join(parts)


def _cell(row: Mapping[str, Any], size: str) -> str:
    noise = row.get(f"noise {size}")
    return f"{row[size]:.3f}" if noise is None else f"{row[size]:.3f} ({noise:.3f})"


def figure(found: pd.DataFrame) -> Figure:
    """Return the plot: gap by size, one line per observable, the median in black."""
    from matplotlib.figure import Figure

    sizes = [s for s in DRAWS if s != COHORTS]
    chart = Figure(figsize=(7, 4.2), layout="constrained")
    axis = chart.subplots()
    values = found[sizes].to_numpy(float)
    axis.loglog([int(s) for s in sizes], values.T, color="0.75", linewidth=0.7)
    axis.loglog([int(s) for s in sizes], np.median(values, axis=0), color="black", label="median")
    axis.loglog(
        [int(s) for s in sizes],
        found[[f"noise {s}" for s in sizes]].median(axis=0),
        color="tab:blue",
        linestyle="--",
        label="median noise of the comparison",
    )
    axis.set(
        title="People one by one against cohorts, by observable",
        xlabel="citizens simulated",
        ylabel="gap, standard deviations",
        ylim=(1e-4, 2.0),
    )
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False)
    return chart


def _stamps(observable: Observable, months: int) -> list[int]:
    dated = [r.month for r in recorded(observable, months)]
    return sorted({*stamps(observable, months), *dated})


def _values(
    trace: Trace, observable: Observable, at: Sequence[int]
) -> Float[np.ndarray, "draw stamp"]:
    series = trace["series"][observable.key]
    return np.stack([read_off(observable, series, month) for month in at], axis=1)


def _size(gap: Float[np.ndarray, " stamp"]) -> float:
    return float(np.sqrt(np.nanmean(np.square(gap))))


def _name(key: Key) -> str:
    return key[0] if key[1] == "USSR" else f"{key[0]} ({key[1]})"


def _everybody() -> dict[Key, dict[int, float]] | None:
    if not EVERYBODY.is_dir():
        return None
    run, found = open_run(EVERYBODY), {}
    for key in observables():
        values = run.data[key[0]].sel(place=key[1]).values[0]
        found[key] = {int(m): float(values[m]) for m in np.flatnonzero(np.isfinite(values))}
    return found
