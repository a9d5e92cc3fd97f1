"""Summaries of paired differences over draws."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

QUANTILES = {"lo90": 0.05, "lo50": 0.25, "median": 0.5, "hi50": 0.75, "hi90": 0.95}


def summary(effect: Float[np.ndarray, " draw"]) -> dict[str, float]:
    """Return median, 50 and 90 % bounds and the probability of the median's sign."""
    finite = effect[np.isfinite(effect)]
    if finite.size == 0:
        return dict.fromkeys(("median", "lo50", "hi50", "lo90", "hi90", "p_sign"), 0.0)
    bounds = dict(
        zip(QUANTILES, map(float, np.quantile(finite, list(QUANTILES.values()))), strict=True)
    )
    return {
        **{name: bounds[name] for name in ("median", "lo50", "hi50", "lo90", "hi90")},
        "p_sign": sign_probability(finite),
    }


def sign_probability(effect: Float[np.ndarray, " draw"], beyond: float = 0.0) -> float:
    """Return the share of draws on the side of the median; the larger side when that is zero.

    Draws count whose effect is larger than ``beyond`` on that side.
    """
    finite = effect[np.isfinite(effect)]
    if finite.size == 0:
        return 0.0
    up, down = float((finite > beyond).mean()), float((finite < -beyond).mean())
    median = float(np.median(finite))
    return up if median > 0 else down if median < 0 else max(up, down)
