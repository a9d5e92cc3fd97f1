"""Events: yearly counts against a constant and a calendar hazard.

Only families whose dates the record holds are scored. The record lists known events, so a family
that was under-reported in the training years is so for the baselines and for the model alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from thaw import record
from thaw.model.simulate import Trace
from thaw.validate import baselines, scores
from thaw.validate.splits import NEAR, january

FIRST, LAST_KNOWN = 1953, 1958


def _disturbances() -> dict[int, int]:
    starts = record.table("disturbances")["start"].str[:4].astype(int)
    years = range(FIRST, NEAR[1] + 1)
    return {year: int((starts == year).sum()) for year in years}


def _crises() -> dict[int, int]:
    rows = record.series("eastwest.icb_crises_both_superpowers")
    return {int(date): int(v) for date, v in zip(rows["date"], rows["value"], strict=True)}


FAMILIES: dict[tuple[str, str], Callable[[], dict[int, int]]] = {
    ("mass_disturbance", "USSR"): _disturbances,
    ("superpower_crisis", "World"): _crises,
}
"""Family and place of the model's events, and the counts by year that the record holds."""


def score_events(trace: Trace, years: tuple[int, int] = NEAR) -> list[dict[str, Any]]:
    """Return, per family, the mean log score of a year's count and of the best baseline.

    Log scores are natural logarithms of probabilities: nearer to zero is better.
    """
    return [
        _family(family, place, trace["events"][family, place], counts(), years)
        for (family, place), counts in FAMILIES.items()
        if (family, place) in trace["events"]
    ]


def _family(
    family: str, place: str, monthly: np.ndarray, counts: dict[int, int], years: tuple[int, int]
) -> dict[str, Any]:
    training = [counts[year] for year in range(FIRST, LAST_KNOWN + 1)]
    targets = [year for year in range(years[0], years[1] + 1) if year in counts]
    mechanism, constant, calendar = [], [], []
    for year in targets:
        value, start = counts[year], january(year)
        simulated = monthly[:, start : start + 12].sum(axis=1)
        mechanism.append(scores.log_score(np.round(simulated), value))
        constant.append(baselines.constant_hazard(training, value))
        calendar.append(baselines.calendar_hazard(training, year - LAST_KNOWN, value))
    both = {"constant": float(np.mean(constant)), "calendar": float(np.mean(calendar))}
    return {
        "family": family,
        "place": place,
        "n": len(targets),
        "log_score": float(np.mean(mechanism)),
        "baseline_log_score": max(both.values()),
        "baselines": both,
    }
