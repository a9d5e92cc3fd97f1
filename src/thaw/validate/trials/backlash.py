"""The backlash of 1957-58: do convictions rise and fall again in a model that knows only 1956?

The worlds share their random numbers: the order of December 1956 in force, left out, left to the
model with all later responses, and in force with an effect on convictions whose sign is open
(mirrored in every second draw).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from thaw import reforms
from thaw.calibrate import data, likelihoods, posteriors
from thaw.calibrate.fitting import Request
from thaw.experiment import abduction
from thaw.model.clock import month_index, months_until
from thaw.model.observation import observables, read_off
from thaw.model.parameters import Sample
from thaw.model.recorded import recorded
from thaw.validate.trials import worlds

KNOWN, ORDER = "1956-12", "december_letter_1956"
SERIES = ("repression.antisoviet_agitation", "USSR")
EFFECT, LINE = "public.conv_order", "public.conv_line"
YEARS = range(1956, 1961)
DRAWS = 128

Yearly = Float[np.ndarray, "draw year"]


def result() -> dict[str, Any]:
    """Return the trial: probabilities of rise and fall in each world, and what the fit learned."""
    small = worlds.small_fit(Request(until=KNOWN), ("public",))
    fit = small.subsystems["public"]
    sample = posteriors.sample(small, worlds.SEED, DRAWS)
    history = reforms.load_scenario("historical")
    chosen = {
        "order in force": (sample, history),
        "order left out": (sample, history.without(ORDER).with_mode("replay")),
        "order left to the model": (sample, history.without(ORDER)),
        "sign of the order open": (mirrored(sample, EFFECT), history),
        "signs of order and line open": (mirrored(mirrored(sample, EFFECT), LINE), history),
    }
    return {
        "fit_until": KNOWN,
        "public": {"status": fit.status, "reason": fit.reason, "fitted": sorted(fit.parameters)},
        "draws": DRAWS,
        "record": {str(year): value for year, value in told().items()},
        "worlds": [
            {"world": name, **odds(yearly(worlds.replay(*each)))} for name, each in chosen.items()
        ],
    }


def mirrored(sample: Sample, name: str) -> Sample:
    """Return a sample in which a parameter has the other sign in every second draw, by chance."""
    generator = np.random.Generator(np.random.Philox(key=[worlds.SEED, len(name)]))
    values = sample[name]
    sign = generator.permutation(np.where(np.arange(len(values)) % 2 == 0, 1.0, -1.0))
    return {**sample, name: values * sign}


def told() -> dict[int, float]:
    """Return the recorded convictions by year."""
    rows = recorded(observables()[SERIES], month_index("1960-12") + 1)
    return {1953 + r.month // 12: r.value for r in rows}


def yearly(trace: Any) -> Yearly:
    """Return convictions a year, 1956-60, by draw."""
    observable, monthly = observables()[SERIES], trace["series"][SERIES]
    stamps = [month_index(f"{year}-12") for year in YEARS]
    return np.stack([read_off(observable, monthly, at) for at in stamps], axis=1)


def odds(convictions: Yearly) -> dict[str, Any]:
    """Return the probabilities of rise, fall and both, over all draws and weighted by 1956."""
    before, peak = convictions[:, 0], convictions[:, 1:3].mean(axis=1)
    rise, fall = peak > before, convictions[:, 3:].mean(axis=1) < peak
    weight = weights(before)
    ratio = np.quantile(peak / np.maximum(before, 1e-9), (0.05, 0.5, 0.95))
    both = rise & fall
    return {
        "rise": float(rise.mean()),
        "fall": float(fall.mean()),
        "both": float(both.mean()),
        "ratio": {k: float(v) for k, v in zip(("lo90", "median", "hi90"), ratio, strict=True)},
        "median": {
            str(year): float(v) for year, v in zip(YEARS, np.median(convictions, 0), strict=True)
        },
        "weighted": {
            "rise": float(weight @ rise),
            "fall": float(weight @ fall),
            "both": float(weight @ both),
            "effective_draws": abduction.effective(weight),
        },
    }


def weights(before: Float[np.ndarray, " draw"]) -> Float[np.ndarray, " draw"]:
    """Return the weight of each draw by the likelihood of the one value that was known, of 1956."""
    until = months_until(KNOWN)
    series = next(s for s in data.fitted_series("public", until, until + 1) if s.key == SERIES)
    each = likelihoods.logarithmic(series.values[0], before, series.error[0], series.discrepancy)
    return abduction.normalised(np.asarray(each, float))
