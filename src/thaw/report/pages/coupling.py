"""The coupling table and its picture, from the declarations of the subsystems."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from thaw import reforms
from thaw.model import registry
from thaw.report.figures import BAND, LINE, STYLE
from thaw.report.pages.markdown import NOTE, table

INTRODUCTION = """# Who reads what

Every state variable is written by exactly one subsystem and read by the others with a lag of one
month. The tables below are made from the declarations in the code; a test compares the declarations
with what is actually read.

![Couplings between the subsystems](coupling.png)

Rows read columns; the number is how many variables are read. Dark: the two read each other. The
last two columns count levers and exogenous inputs. What follows when a coupling is cut stands in
[loops](loops.md); where the table differs from the design's, in
[decision 001](../decisions/001-couplings.md).
"""


def counts() -> np.ndarray:
    """Return how many variables each subsystem (row) reads of each other (column)."""
    names = registry.NAMES
    matrix = np.zeros((len(names), len(names)), int)
    for i, name in enumerate(names):
        for read in registry.subsystems()[name].reads:
            owner = read.split(".")[0]
            if owner in names:
                matrix[i, names.index(owner)] += 1
    return matrix


def write(folder: Path) -> list[Path]:
    """Write ``model/coupling.md`` and its picture; return the paths."""
    page, picture = folder / "model" / "coupling.md", folder / "model" / "coupling.png"
    figure().savefig(picture, dpi=130)
    readers: dict[str, list[str]] = {}
    for name, subsystem in registry.subsystems().items():
        for read in subsystem.reads:
            readers.setdefault(read, []).append(name)
    parts = [NOTE + INTRODUCTION]
    for name, subsystem in registry.subsystems().items():
        rows = [
            (f"`{variable}`", unit, meaning, ", ".join(readers.get(f"{name}.{variable}", [])))
            for variable, unit, meaning in subsystem.variables()
        ]
        levers = ", ".join(
            f"`{lever.name}`" for lever in reforms.levers() if lever.subsystem == name
        )
        outside = ", ".join(
            f"`{r.split('.')[1]}`" for r in subsystem.reads if r.startswith("exogenous.")
        )
        parts.append(f"\n## {name}: {subsystem.title}\n\n")
        parts.append(f"Levers: {levers or 'none'}. Exogenous inputs: {outside or 'none'}.\n\n")
        parts.append(table(("variable", "unit", "meaning", "read by"), rows))
    page.write_text("".join(parts), encoding="utf-8")
    return [page, picture]


def figure() -> Figure:
    """Return the matrix of couplings as a readable picture."""
    names, matrix = registry.NAMES, counts()
    with mpl.rc_context({**STYLE, "axes.grid": False}):
        page = Figure(figsize=(7.6, 6.2), layout="constrained")
        axis = page.subplots()
        headings = [*names, "levers", "exogenous"]
        places = [*range(len(names)), len(names) + 0.4, len(names) + 1.4]
        axis.set_xticks(places, headings, rotation=45, ha="left")
        axis.set_yticks(range(len(names)), names)
        axis.xaxis.tick_top()
        axis.set_xlim(-0.6, places[-1] + 0.6)
        axis.set_ylim(len(names) - 0.4, -0.6)
        axis.hlines(range(len(names)), -0.6, len(names) - 0.4, color="0.92", lw=0.6, zorder=0)
        axis.vlines(range(len(names)), -0.6, len(names) - 0.4, color="0.92", lw=0.6, zorder=0)
        mutual = (matrix > 0) & (matrix.T > 0)
        for i, j in zip(*np.nonzero(matrix), strict=True):
            colour = LINE if mutual[i, j] else BAND
            axis.scatter(j, i, s=60 + 32 * matrix[i, j], color=colour, alpha=0.75, lw=0)
            axis.text(j, i, str(matrix[i, j]), ha="center", va="center", fontsize=7, color="w")
        for i, outside in enumerate(zip(*outside_counts(), strict=True)):
            for place, number in zip(places[-2:], outside, strict=True):
                axis.text(place, i, str(number or ""), ha="center", va="center", fontsize=8)
        axis.set_xlabel("written by")
        axis.xaxis.set_label_position("top")
        axis.set_ylabel("read by")
        for side in ("left", "bottom"):
            axis.spines[side].set_visible(False)
        axis.tick_params(length=0)
    return page


def outside_counts() -> tuple[list[int], list[int]]:
    """Return how many levers and exogenous inputs each subsystem has."""
    levers = [sum(x.subsystem == name for x in reforms.levers()) for name in registry.NAMES]
    inputs = [
        sum(read.startswith("exogenous.") for read in subsystem.reads)
        for subsystem in registry.subsystems().values()
    ]
    return levers, inputs
