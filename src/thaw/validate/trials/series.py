"""Series left out one at a time: what a fit that never saw a series says of it.

Rule, fixed before any fit: of every subsystem in ``SUBSYSTEMS`` the fitted series with the most
recorded values, the first of equals. Two naive forecasts, both with an advantage: one knows the
first three values of the series, the other all values before the predicted one. The mechanism knows
none, but the decisions, the weather and the other series.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from thaw.calibrate import posteriors
from thaw.model.clock import LAST_MONTH, month_index
from thaw.model.observation import Observable, observables, observe
from thaw.model.recorded import Recorded, recorded
from thaw.model.simulate import Trace
from thaw.validate import baselines, scores
from thaw.validate.trials import worlds
from thaw.validate.validation import UNTIL, naive_errors

SUBSYSTEMS = ("camps", "agriculture", "public", "science")
FEWEST = baselines.MINIMUM + 1
KNOWN = ("first three values", "all earlier values")


def chosen(subsystem: str) -> Observable:
    """Return the series of a subsystem that is left out."""
    own = [o for o in observables().values() if o.subsystem == subsystem and o.use == "fit"]
    return max(own, key=lambda o: len(values_of(o)))


def values_of(observable: Observable) -> list[Recorded]:
    """Return the recorded values of an observable to the end of what is simulated."""
    return recorded(observable, min(month_index(UNTIL) + 1, LAST_MONTH))


def result() -> dict[str, Any]:
    """Return the trial: one row a series."""
    rows = []
    for subsystem in SUBSYSTEMS:
        observable = chosen(subsystem)
        small = worlds.small_set("@".join(observable.key))
        found = worlds.joined(worlds.base(), small)
        trace = worlds.replay(posteriors.sample(found, worlds.SEED, worlds.DRAWS))
        status = {name: fit.status for name, fit in small.subsystems.items()}
        rows.append({"status": status[subsystem], **scored(trace, observable)})
    return {"base": worlds.base().name, "draws": worlds.DRAWS, "series": rows}


def scored(trace: Trace, observable: Observable) -> dict[str, Any]:
    """Return CRPS and coverage from the fourth value on, against both naive forecasts."""
    known = values_of(observable)
    points = [_point(trace, observable, known, at) for at in range(FEWEST - 1, len(known))]
    own = [p["crps"] for p in points]
    row: dict[str, Any] = {
        "series_id": observable.series_id,
        "place": observable.place,
        "subsystem": observable.subsystem,
        "n": len(points),
        "crps": float(np.mean(own)),
        "coverage50": float(np.mean([p["inside50"] for p in points])),
        "coverage90": float(np.mean([p["inside90"] for p in points])),
    }
    for name in KNOWN:
        named = {rule: [p[name][rule] for p in points] for rule in baselines.RULES}
        means = {rule: float(np.mean(each)) for rule, each in named.items()}
        row[name] = {
            "crps": min(means.values()),
            "skill": scores.skill(row["crps"], means),
            "skill90": scores.skill_interval(own, named, worlds.SEED),
        }
    return row


def _point(trace: Trace, observable: Observable, known: list[Recorded], at: int) -> dict[str, Any]:
    target = known[at]
    shown = observe(trace, observable, target.month, worlds.SEED)
    shown = shown[np.isfinite(shown)]
    told = dict(zip(KNOWN, (known[: baselines.MINIMUM], known[:at]), strict=True))
    return {
        "crps": scores.crps(shown, target.value),
        "inside50": scores.inside(shown, target.value, 0.5),
        "inside90": scores.inside(shown, target.value, 0.9),
        **{
            name: naive_errors(observable, training, target, worlds.SEED)
            for name, training in told.items()
        },
    }
