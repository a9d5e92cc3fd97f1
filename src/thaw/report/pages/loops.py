"""Which feedback loops matter: couplings cut, and subsystems frozen, one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from thaw.model import registry
from thaw.model.observation import observables
from thaw.report.figures import STYLE
from thaw.report.pages import effects
from thaw.report.pages.markdown import NOTE, table
from thaw.report.pages.variants import DRAWS, Laboratory, Variant, couplings

if TYPE_CHECKING:
    from thaw.experiment.run import Progress

Row = tuple[object, ...]

LOOPS = {
    "releases, returnees, petitions": (("camps", "people.returnees"),),
    "convictions, fear, acts": (("public", "people.convictions"),),
    "boldness, pressure, censorship": (
        ("backlash", "arts.boldness"),
        ("arts", "backlash.pressure"),
    ),
    "bloc unrest, pressure, line": (
        ("backlash", "bloc.losses"),
        ("leadership", "backlash.pressure"),
        ("leadership", "bloc.losses"),
    ),
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

INTRODUCTION = f"""# Which loops matter when cut

Historical scenario to December 1968, {DRAWS} prior draws, common random numbers. Responses are
clamped to history, as in a fit, so loops that run through a decision of the leadership show less
here than they can in mode `do`. Changes are medians over draws of the paired difference (cut less
whole) at the stamp where it is largest, in standard deviations of the observable over draws and
stamps of the whole run. *Moved*: observables of {{count}} that differ in any draw.

## Loops cut

The reader named first sees the variable as it stood in January 1953. The loop from appointments to
the Committee and back to the leader runs inside one subsystem and cannot be cut from outside.

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
    content, heard = study(Laboratory(), progress)
    figure(heard).savefig(picture, dpi=110)
    page.write_text(content, encoding="utf-8")
    return [page, picture]


def study(
    laboratory: Laboratory, progress: Progress | None = None
) -> tuple[str, dict[tuple[str, str], float]]:
    """Return the page, and the largest change for each pair (reader, owner) that is cut."""
    pairs = sorted({(reader, read.split(".")[0]) for reader, read in couplings()})
    variants = {
        **{("loop", name): Variant(cut=cut) for name, cut in LOOPS.items()},
        **{("frozen", name): Variant(frozen=(name,)) for name in registry.NAMES},
        **{("pair", *pair): Variant(cut=between(*pair)) for pair in pairs},
    }
    base = laboratory.run()
    whole = effects.stamped(base)
    rows: dict[str, list[Row]] = {"loop": [], "frozen": []}
    heard = {}
    for done, ((kind, *name), variant) in enumerate(variants.items(), start=1):
        other = laboratory.run(variant=variant)
        shown = effects.stamped(other)
        found = effects.changes(whole, shown)
        if kind == "pair":
            sizes = [abs(v) for v in found.values() if np.isfinite(v)]
            heard[name[0], name[1]] = max(sizes)
        else:
            outside = _outside(found, variant.frozen)
            moved = len(effects.moved(whole, shown) & outside.keys())
            rows[kind].append(
                (
                    name[0],
                    moved,
                    effects.words(effects.strongest(outside)) or "nothing readable",
                    "; ".join(effects.event_changes(base, other)) or "none",
                )
            )
        if progress is not None:
            progress(done, len(variants))
    headings = ("moved", "changed most", "events")
    return "".join(
        [
            NOTE,
            INTRODUCTION.format(count=len(whole)),
            table(("loop", *headings), rows["loop"]),
            _where_cut(),
            FROZEN,
            table(("frozen", *headings), rows["frozen"]),
            COUPLED,
        ]
    ), heard


def between(reader: str, owner: str) -> tuple[tuple[str, str], ...]:
    """Return every coupling by which ``reader`` hears ``owner``."""
    return tuple(pair for pair in couplings() if pair[0] == reader and _owner(pair) == owner)


def _owner(pair: tuple[str, str]) -> str:
    return pair[1].split(".")[0]


def _where_cut() -> str:
    lines = [
        f"- {name}: " + ", ".join(f"{reader} no longer reads `{read}`" for reader, read in cut)
        for name, cut in LOOPS.items()
    ]
    return "\n" + "\n".join(lines) + "\n"


def _outside(found: effects.Changes, frozen: Sequence[str]) -> effects.Changes:
    return {key: v for key, v in found.items() if observables()[key].subsystem not in frozen}


def figure(heard: dict[tuple[str, str], float]) -> Figure:
    """Return the matrix of measured couplings."""
    names = registry.NAMES
    with mpl.rc_context({**STYLE, "axes.grid": False}):
        page = Figure(figsize=(7.6, 6.0), layout="constrained")
        axis = page.subplots()
        values = np.zeros((len(names), len(names)))
        for (reader, owner), value in heard.items():
            values[names.index(reader), names.index(owner)] = value
        norm = mpl.colors.LogNorm(effects.READABLE, 3.0, clip=True)
        shown = np.ma.masked_less(values, effects.READABLE)
        axis.imshow(shown, cmap="Blues", norm=norm, aspect="auto")
        for (reader, owner), value in heard.items():
            readable = value >= effects.READABLE
            label = "·" if not readable else f"{value:.1f}" if value >= 0.095 else f"{value:.2f}"
            colour = "w" if value > 0.5 else "0.25"
            at = names.index(owner), names.index(reader)
            axis.text(*at, label, ha="center", va="center", fontsize=7, color=colour)
        axis.set_xticks(range(len(names)), names, rotation=45, ha="left")
        axis.set_yticks(range(len(names)), names)
        axis.xaxis.tick_top()
        axis.set_xlabel("no longer hears")
        axis.xaxis.set_label_position("top")
        axis.tick_params(length=0)
        for side in axis.spines.values():
            side.set_visible(False)
    return page
