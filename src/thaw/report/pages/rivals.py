"""What changes when a subsystem is replaced by a simpler mechanism."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from thaw.model import registry
from thaw.model.simulate import Trace
from thaw.report.pages import effects
from thaw.report.pages.markdown import NOTE, table
from thaw.report.pages.variants import DRAWS, Laboratory, Variant

if TYPE_CHECKING:
    from thaw.experiment.run import Progress

INTRODUCTION = f"""# Each subsystem replaced by its rivals

Historical scenario to December 1968, {DRAWS} prior draws, common random numbers; one subsystem at a
time runs a simpler mechanism (`thaw run --set SUBSYSTEM.rival=NAME`). *Moved*: observables of
{{count}} that differ in any draw. *Changed most*: median over draws of the paired difference at the
stamp where it is largest, in standard deviations of the observable over the draws and stamps of the
main run. *Events*: families whose probability of at least one event moves by 0.15 or more.
A large change says that the choice of mechanism matters, not which is right; `thaw validate` with
the same `--set` scores them against the record.

"""


def write(folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write ``model/rivals.md``; return its path."""
    page = folder / "model" / "rivals.md"
    page.write_text(text(Laboratory(), progress), encoding="utf-8")
    return [page]


def text(laboratory: Laboratory, progress: Progress | None = None) -> str:
    """Return the page: one row per subsystem and rival."""
    chosen = [(n, rival) for n, s in registry.subsystems().items() for rival in s.rivals]
    base = laboratory.run()
    history = effects.stamped(base)
    rows = []
    for done, (name, rival) in enumerate(chosen, start=1):
        other = laboratory.run(variant=Variant(rivals={name: rival}))
        shown = effects.stamped(other)
        rows.append(
            (
                name,
                f"`{rival}`",
                len(effects.moved(history, shown)),
                effects.words(effects.strongest(effects.changes(history, shown))) or "nothing",
                "; ".join(effects.event_changes(base, other)) or "none",
                infinite(base, other) or "none",
            )
        )
        if progress is not None:
            progress(done, len(chosen))
    headings = ("subsystem", "rival", "moved", "changed most", "events", "not finite")
    return NOTE + INTRODUCTION.format(count=len(history)) + table(headings, rows)


def infinite(base: Trace, other: Trace) -> str:
    """Return the names of series and latents that are finite in the base and not in the other."""
    return ", ".join(
        str(name)
        for kind in ("series", "latent")
        for name, values in other[kind].items()
        if (np.isfinite(base[kind][name]) & ~np.isfinite(values)).any()
    )
