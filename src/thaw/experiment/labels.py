"""Labels of effects, by thresholds that were fixed before any result was seen."""

from __future__ import annotations

import numpy as np

NECESSARY, SUFFICIENT, CONTRIBUTORY = "necessary", "sufficient", "contributory"
UNDECIDED, MODEL_DEPENDENT, SIGN_ASSUMED = "undecided", "model-dependent", "sign assumed"
NO_EFFECT = "no effect"

SIGN_THRESHOLD = 0.9
NECESSITY_THRESHOLD = 0.8
NECESSITY_FLOOR = 0.5

Share = tuple[float | None, float]


def of_effect(p_sign: float, prior_p_sign: float) -> str:
    """Return the label of a difference from its sign probability and that of the prior alone."""
    if p_sign == 0.0:
        return NO_EFFECT
    if prior_p_sign >= SIGN_THRESHOLD:
        return SIGN_ASSUMED
    return CONTRIBUTORY if p_sign > SIGN_THRESHOLD else UNDECIDED


def of_event(necessity: Share, sufficiency: Share, in_a: np.ndarray, in_b: np.ndarray) -> str:
    """Return the label of an event family from (share, lower bound) of both probabilities."""
    if np.array_equal(in_a, in_b):
        return NO_EFFECT
    if _holds(necessity):
        return NECESSARY
    if _holds(sufficiency):
        return SUFFICIENT
    changed = in_a != in_b
    lost = float((in_a & ~in_b)[changed].mean())
    return CONTRIBUTORY if max(lost, 1.0 - lost) > SIGN_THRESHOLD else UNDECIDED


def _holds(share: Share) -> bool:
    value, low = share
    return value is not None and value > NECESSITY_THRESHOLD and low > NECESSITY_FLOOR
