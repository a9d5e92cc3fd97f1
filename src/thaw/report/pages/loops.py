"""Which feedback loops matter: couplings cut, and subsystems frozen, one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from thaw import reforms
from thaw.experiment.variants import DRAWS, Laboratory, Variant, couplings, laboratory
from thaw.model import registry
from thaw.model.clock import month_index
from thaw.model.observation import observables
from thaw.model.simulate import Trace
from thaw.report.figures import STYLE
from thaw.report.pages import effects
from thaw.report.pages.markdown import NOTE, table

if TYPE_CHECKING:
    from thaw.experiment.run import Progress

Row = tuple[object, ...]

LOOPS = {
    "releases, returnees, petitions": (("camps", "people.returnees"),),
    "convictions, fear, acts": (("public", "people.convictions"),),
    "bold works, pressure, censorship": (("backlash", "arts.boldness"),),
    "bloc unrest, pressure, line, opening": (
        ("backlash", "bloc.losses"),
        ("leadership", "bloc.losses"),
    ),
    "all injuries, pressure, line": (("leadership", "backlash.pressure"),),
    "harvest, food, hardship, acts": (
        ("industry", "agriculture.food"),
        ("leadership", "agriculture.harvest_gap"),
    ),
    "tension, defence, shortage, performance": (
        ("industry", "east_west.defence_demand"),
        ("leadership", "industry.shortage"),
    ),
    "ex-prisoners, crime, disturbances, order": (
        ("public", "camps.crime"),
        ("public", "people.returnees"),
    ),
    "stakes of administration, votes, ouster": (
        ("leadership", "administration.stake_ministry"),
        ("leadership", "administration.stake_obkom"),
    ),
}
"""Declared feedback loops between subsystems and the couplings at which each is cut."""

DECIDES_FROM = "1953-04"

INTRODUCTION = f"""# Which loops matter when cut

Historical scenario to December 1968, {DRAWS} prior draws, common random numbers. Changes are
medians over draws of the paired difference (cut less whole) at the stamp where it is largest, in
standard deviations of the observable over draws and stamps of the whole run. *Moved*: observables
of {{count}} that differ in any draw; even a loop without weight moves the last digits of many.
*Events*: families whose probability of at least one event moves by 0.15 or more.

## Loops cut

The reader named below sees the variable as it stood in January 1953. The loop from appointments to
the Committee and back to the leader runs inside one subsystem and cannot be cut from outside.

"""
DECIDED = f"""
The same with responses (orders, interventions, removals) decided by the model from {DECIDES_FROM}
on, in the whole run too:

"""
FROZEN = """
## Subsystems frozen

The subsystem stays in its state of January 1953: this cuts all loops through it, and takes away its
own trend too, so it is an upper bound of what its feedback does. Figures count observables of the
other subsystems only.

"""
COUPLED = """
## Every coupling between two subsystems cut

![Change of the most affected observable when one subsystem stops hearing another](loops.png)

Rows no longer hear columns; the figure is the largest standardised change of any observable of any
subsystem. Dots: heard, without a readable effect on any observable.
"""


def write(folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write ``model/loops.md`` and its picture; return the paths."""
    page, picture = folder / "model" / "loops.md", folder / "model" / "loops.png"
    rows, heard = study(laboratory(), progress)
    figure(heard).savefig(picture, dpi=110)
    page.write_text(text(rows), encoding="utf-8")
    return [page, picture]


def jobs() -> list[tuple[str, str, Variant]]:
    """Return every comparison: its table, its name, what is cut or frozen.

    Tables: ``clamped`` and ``decided`` (loops cut), ``frozen`` and ``pair`` (responses clamped).
    """
    pairs = sorted({(reader, _owner(read)) for reader, read in couplings()})
    return [
        *(("clamped", name, Variant(cut=cut)) for name, cut in LOOPS.items()),
        *(("decided", name, Variant(cut=cut)) for name, cut in LOOPS.items()),
        *(("frozen", name, Variant(frozen=(name,))) for name in registry.NAMES),
        *(("pair", f"{r} < {owner}", Variant(cut=between(r, owner))) for r, owner in pairs),
    ]


def study(
    world: Laboratory, progress: Progress | None = None
) -> tuple[dict[str, list[Row]], dict[str, float]]:
    """Return the rows of each table, and the largest change for each pair "reader < owner"."""
    history = reforms.load_scenario("historical")
    free = partial(world.run, history.with_mode("do"), decided_from=month_index(DECIDES_FROM))
    clamped = partial(world.run, history)
    whole = {"decided": free(), "": clamped()}
    rows: dict[str, list[Row]] = {"clamped": [], "decided": [], "frozen": []}
    heard = {}
    for done, (kind, name, variant) in enumerate(jobs(), start=1):
        base = whole["decided" if kind == "decided" else ""]
        other = (free if kind == "decided" else clamped)(variant=variant)
        found = effects.changes(effects.stamped(base), effects.stamped(other))
        if kind == "pair":
            heard[name] = max(abs(value) for value in found.values() if np.isfinite(value))
        else:
            rows[kind].append(_row(name, base, other, variant.frozen))
        if progress is not None:
            progress(done, len(jobs()))
    return rows, heard


def _row(name: str, base: Trace, other: Trace, frozen: Sequence[str]) -> Row:
    whole, shown = effects.stamped(base), effects.stamped(other)
    outside = {
        key: value
        for key, value in effects.changes(whole, shown).items()
        if observables()[key].subsystem not in frozen
    }
    return (
        name,
        len(effects.moved(whole, shown) & outside.keys()),
        effects.words(effects.strongest(outside)) or "nothing readable",
        "; ".join(effects.event_changes(base, other)) or "none",
    )


def text(rows: dict[str, list[Row]]) -> str:
    """Return the page for the rows of its three tables."""
    headings = ("moved", "changed most", "events")
    return "".join(
        [
            NOTE,
            INTRODUCTION.format(count=len(observables())),
            _where_cut(),
            "\nResponses clamped to history, as in a fit:\n\n",
            table(("loop", *headings), rows["clamped"]),
            DECIDED,
            table(("loop", *headings), rows["decided"]),
            FROZEN,
            table(("frozen", *headings), rows["frozen"]),
            COUPLED,
        ]
    )


def between(reader: str, owner: str) -> tuple[tuple[str, str], ...]:
    """Return every coupling by which ``reader`` hears ``owner``."""
    return tuple(pair for pair in couplings() if pair[0] == reader and _owner(pair[1]) == owner)


def _owner(read: str) -> str:
    return read.split(".")[0]


def _where_cut() -> str:
    lines = [
        f"- {name}: " + ", ".join(f"{reader} no longer reads `{read}`" for reader, read in cut)
        for name, cut in LOOPS.items()
    ]
    return "\n".join(lines) + "\n"


def figure(heard: dict[str, float]) -> Figure:
    """Return the matrix of measured couplings from the largest change by "reader < owner"."""
    names = registry.NAMES
    with mpl.rc_context({**STYLE, "axes.grid": False}):
        page = Figure(figsize=(7.6, 6.0), layout="constrained")
        axis = page.subplots()
        values = np.zeros((len(names), len(names)))
        for pair, value in heard.items():
            values[_position(pair)] = value
        norm = mpl.colors.LogNorm(effects.READABLE, 3.0, clip=True)
        shown = np.ma.masked_less(values, effects.READABLE)
        axis.imshow(shown, cmap="Blues", norm=norm, aspect="auto")
        for pair, value in heard.items():
            row, column = _position(pair)
            readable = value >= effects.READABLE
            label = "·" if not readable else f"{value:.1f}" if value >= 0.095 else f"{value:.2f}"
            colour = "w" if value > 0.5 else "0.25"
            axis.text(column, row, label, ha="center", va="center", fontsize=7, color=colour)
        axis.set_xticks(range(len(names)), names, rotation=45, ha="left")
        axis.set_yticks(range(len(names)), names)
        axis.xaxis.tick_top()
        axis.set_ylabel("reader")
        axis.set_xlabel("no longer hears")
        axis.xaxis.set_label_position("top")
        axis.tick_params(length=0)
        for side in axis.spines.values():
            side.set_visible(False)
    return page


def _position(pair: str) -> tuple[int, int]:
    reader, owner = pair.split(" < ")
    return registry.NAMES.index(reader), registry.NAMES.index(owner)
