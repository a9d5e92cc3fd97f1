"""What changes when a subsystem is replaced by a simpler mechanism."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from thaw import reforms
from thaw.experiment.variants import DRAWS, Laboratory, Variant, laboratory
from thaw.model import registry
from thaw.model.clock import month_index
from thaw.model.simulate import Trace
from thaw.report.pages import effects
from thaw.report.pages.markdown import NOTE, table

DECIDES_FROM = "1953-04"
HEADINGS = ("subsystem", "rival", "moved", "changed most", "events", "not finite")

if TYPE_CHECKING:
    from thaw.experiment.run import Progress

Row = tuple[object, ...]

INTRODUCTION = f"""# Each subsystem replaced by its rivals

Historical scenario to December 1968, {DRAWS} prior draws, common random numbers; one subsystem at a
time runs a simpler mechanism (`thaw run --set SUBSYSTEM.rival=NAME`). *Moved*: observables of
{{count}} that differ in any draw. *Changed most*: median over draws of the paired difference at the
stamp where it is largest, in standard deviations of the observable over the draws and stamps of the
main run. *Events*: families whose probability of at least one event moves by 0.15 or more.
A large change says that the choice of mechanism matters, not which is right; `thaw validate` with
the same `--set` scores them against the record.

"""
DECIDED = f"""
## Rivals that change decisions only

Where responses are clamped to history these rivals move nothing. Here the model decides responses
from {DECIDES_FROM} on, in the main run too.

"""


def write(folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write ``model/rivals.md``; return its path."""
    page = folder / "model" / "rivals.md"
    page.write_text(text(laboratory(), progress), encoding="utf-8")
    return [page]


def text(world: Laboratory, progress: Progress | None = None) -> str:
    """Return the page: one row per subsystem and rival."""
    chosen = [(n, rival) for n, s in registry.subsystems().items() for rival in s.rivals]
    base = world.run()
    rows, silent = [], []
    for done, (name, rival) in enumerate(chosen, start=1):
        other = world.run(variant=Variant(rivals={name: rival}))
        rows.append(_row(name, rival, base, other))
        if not rows[-1][2]:
            silent.append((name, rival))
        if progress is not None:
            progress(done, len(chosen))
    parts = [NOTE, INTRODUCTION.format(count=len(effects.stamped(base))), table(HEADINGS, rows)]
    if silent:
        parts += [DECIDED, table(HEADINGS, _decided(world, silent))]
    return "".join(parts)


def _decided(world: Laboratory, chosen: list[tuple[str, str]]) -> list[Row]:
    scenario = reforms.load_scenario("historical").with_mode("do")
    since = month_index(DECIDES_FROM)
    base = world.run(scenario, decided_from=since)
    return [
        _row(name, rival, base, world.run(scenario, Variant(rivals={name: rival}), since))
        for name, rival in chosen
    ]


def _row(name: str, rival: str, base: Trace, other: Trace) -> Row:
    history, shown = effects.stamped(base), effects.stamped(other)
    return (
        name,
        f"`{rival}`",
        len(effects.moved(history, shown)),
        effects.words(effects.strongest(effects.changes(history, shown))) or "nothing readable",
        "; ".join(effects.event_changes(base, other)) or "none",
        infinite(base, other) or "none",
    )


def infinite(base: Trace, other: Trace) -> str:
    """Return the names of series and latents that are finite in the base and not in the other."""
    return ", ".join(
        str(name)
        for kind in ("series", "latent")
        for name, values in other[kind].items()
        if (np.isfinite(base[kind][name]) & ~np.isfinite(values)).any()
    )
