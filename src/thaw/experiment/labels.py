"""Labels of effects, by thresholds that were fixed before any result was seen."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool
from scipy import stats

NECESSARY, SUFFICIENT, CONTRIBUTORY = "necessary", "sufficient", "contributory"
UNDECIDED, MODEL_DEPENDENT, SIGN_ASSUMED = "undecided", "model-dependent", "sign assumed"
NO_EFFECT = "no effect"

SIGN_THRESHOLD = 0.9
NECESSITY_THRESHOLD = 0.8
NECESSITY_FLOOR = 0.5

Share = tuple[float | None, float]
Happened = Bool[np.ndarray, " draw"]


def of_effect(p_sign: float, p_beyond: float, prior_p_sign: float) -> str:
    """Return the label of a difference.

    ``p_sign`` is the share of draws with its direction, ``p_beyond`` of those in which it is also
    larger than the error with which the record reads the outcome, ``prior_p_sign`` the share with
    its direction under the prior alone.
    """
    if p_sign == 0.0:
        return NO_EFFECT
    if prior_p_sign >= SIGN_THRESHOLD:
        return SIGN_ASSUMED
    return CONTRIBUTORY if p_beyond > SIGN_THRESHOLD else UNDECIDED


def of_event(
    necessity: Share,
    sufficiency: Share,
    in_a: Happened,
    in_b: Happened,
    prior: tuple[Happened, Happened] | None = None,
) -> str:
    """Return the label of an event family from (share, lower bound) of both probabilities.

    Where the prior alone already fixes the direction, that is said and nothing else. ``prior``
    holds both worlds under the prior; None: the direction is not compared with it.
    """
    if np.array_equal(in_a, in_b):
        return NO_EFFECT
    if prior is not None and _one_sided(*prior):
        return SIGN_ASSUMED
    if _holds(necessity):
        return NECESSARY
    if _holds(sufficiency):
        return SUFFICIENT
    return CONTRIBUTORY if _one_sided(in_a, in_b) else UNDECIDED


def _one_sided(in_a: Happened, in_b: Happened) -> bool:
    """Return whether the draws that change do so in one direction, more than by chance.

    Their share exceeds the threshold, and the lower end of its 90 % interval (beta, uniform prior)
    exceeds one half: three changed draws of one kind are too few, four are enough.
    """
    changed = in_a != in_b
    number = int(changed.sum())
    if number == 0:
        return False
    lost = int((in_a & ~in_b).sum())
    same = max(lost, number - lost)
    low = float(stats.beta(same + 1, number - same + 1).ppf(0.05))
    return same / number >= SIGN_THRESHOLD and low > NECESSITY_FLOOR


def _holds(share: Share) -> bool:
    value, low = share
    return value is not None and value > NECESSITY_THRESHOLD and low > NECESSITY_FLOOR
