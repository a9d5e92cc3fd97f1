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

Every state variable is written by exactly one subsystem and read by the others with a lag of one month. The tables below are made
from the declarations in the code; a test compares the declarations with what is actually read.

![Couplings between the subsystems](coupling.png)

Rows read columns; the number is how many variables are read.
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
        page = Figure(figsize=(7.6, 6.4), layout="constrained")
        axis = page.subplots()
        axis.set_xticks(range(len(names)), names, rotation=45, ha="left")
        axis.set_yticks(range(len(names)), names)
        axis.xaxis.tick_top()
        axis.set_xlim(-0.5, len(names) - 0.5)
        axis.set_ylim(len(names) - 0.5, -0.5)
        for i in range(len(names)):
            axis.axhline(i, color="0.92", lw=0.6, zorder=0)
            axis.axvline(i, color="0.92", lw=0.6, zorder=0)
        rows, columns = np.nonzero(matrix)
        size = matrix[rows, columns]
        axis.scatter(columns, rows, s=45 + 35 * size, color=BAND, alpha=0.55, lw=0)
        for i, j, n in zip(rows, columns, size, strict=True):
            axis.text(j, i, str(n), ha="center", va="center", fontsize=7, color=LINE)
        axis.set_xlabel("written by")
        axis.xaxis.set_label_position("top")
        axis.set_ylabel("read by")
        for side in ("left", "bottom"):
            axis.spines[side].set_visible(False)
        axis.tick_params(length=0)
    return page
