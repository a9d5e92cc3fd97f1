"""Marks of honesty on observables: ``trend only`` and ``scaffold``.

Both come from computed results that ship with the package (``model/marks.csv``): an observable that
no lever and no other subsystem's state moves is ``trend only``; a subsystem without a win against
naive forecasts on held-out data is ``scaffold``. Until a result exists, nothing has been shown, so
the mark is ``scaffold``.
"""

from __future__ import annotations

from functools import cache

from thaw.model import tables
from thaw.model.observation import Observable

TREND_ONLY, SCAFFOLD, NONE = "trend only", "scaffold", ""


@cache
def computed() -> dict[tuple[str, str], str]:
    """Return the computed marks by (series id, place)."""
    if not (tables.FOLDER / "marks.csv").is_file():
        return {}
    return {(row["series_id"], row["place"]): row["mark"] for row in tables.rows("marks.csv")}


def mark_of(observable: Observable) -> str:
    """Return the mark of an observable."""
    return computed().get(observable.key, SCAFFOLD)
