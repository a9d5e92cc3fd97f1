"""The table of parameters: range, provenance and source of every number the model uses."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from thaw.calibrate import ranks
from thaw.model import parameters, registry
from thaw.report.pages.markdown import NOTE, table


def write(folder: Path) -> list[Path]:
    """Write ``model/parameters.md``; return its path."""
    page = folder / "model" / "parameters.md"
    rows = parameters.all_rows().values()
    kinds = Counter(row.provenance for row in rows if row.role == "prior")
    parts = [
        NOTE,
        "# Parameters\n\n",
        f"{sum(kinds.values())} parameters are sampled: "
        + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        + ". A `judgement` is a weakly informative prior without evidence of its own. Priors are "
        "PERT distributions on [low, high]. Rows of role `target` are recorded quantities kept "
        "for checks and are never sampled. What a fit says of a parameter is "
        f"*{ranks.NOT_INTERPRETED}* where [synthetic truths](sbc.md) are not given back.\n",
    ]
    for name in registry.NAMES:
        mine = [row for row in rows if row.subsystem == name]
        parts.append(f"\n## {name}\n\n")
        parts.append(
            table(
                ("parameter", "meaning", "unit", "low", "mode", "high", "provenance", "source"),
                (
                    (
                        f"`{row.name.split('.', 1)[1]}`",
                        row.meaning + _mark(row),
                        row.unit,
                        row.low,
                        row.mode,
                        row.high,
                        row.provenance,
                        row.source,
                    )
                    for row in mine
                ),
            )
        )
    page.write_text("".join(parts), encoding="utf-8")
    return [page]


def _mark(row: parameters.Prior) -> str:
    target = " (target)" if row.role == "target" else ""
    failed = ranks.mark(row.name)
    return target + (f" (fit {failed})" if failed else "")
