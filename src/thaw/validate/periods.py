"""Out of period: what the model says of the years after 1964 against those before.

The record has no yearly series to score here, so the ratio is stated, not scored.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from thaw.model.simulate import Trace
from thaw.validate.splits import LATER, january

CONTRASTS = {
    "mass disturbances a year": ("events", ("mass_disturbance", "USSR"), (1957, 1964)),
    "rehabilitations a year": ("series", ("rehab.total_1954_61", "USSR"), (1954, 1964)),
}
"""Outcome: where the trace holds its monthly numbers, and the years before."""


def contrasts(trace: Trace) -> list[dict[str, Any]]:
    """Return yearly means before and in 1965-68 with 90 % bounds, and the odds of a fall."""
    return [
        {
            "outcome": outcome,
            "years_before": before,
            "years_after": LATER,
            **_contrast(trace[kind][key], before),
        }
        for outcome, (kind, key, before) in CONTRASTS.items()
        if key in trace[kind]
    ]


def _contrast(monthly: Float[np.ndarray, "draw month"], before: tuple[int, int]) -> dict[str, Any]:
    first, second = _yearly(monthly, before), _yearly(monthly, LATER)
    return {
        "before": _band(first),
        "after": _band(second),
        "probability_of_fall": float(np.mean(second < first)),
    }


def _yearly(monthly: Float[np.ndarray, "draw month"], years: tuple[int, int]) -> np.ndarray:
    return 12.0 * monthly[:, january(years[0]) : january(years[1] + 1)].mean(axis=1)


def _band(values: Float[np.ndarray, " draw"]) -> dict[str, float]:
    low, median, high = np.quantile(values, [0.05, 0.5, 0.95])
    return {"median": float(median), "lo90": float(low), "hi90": float(high)}
