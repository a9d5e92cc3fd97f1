"""Validation: predictions of a posterior set scored against naive forecasts; nothing is refitted.

The mechanism is given the decisions, the weather and the acts of other states as they were
(mode replay), never the values it is scored on; the naive forecasts get neither. Its skill is that
of the mechanism alone; scores with its discrepancy stand beside it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from thaw import reforms
from thaw.calibrate import posteriors
from thaw.errors import InputError
from thaw.experiment.run import Progress, Settings, trace_of
from thaw.model.clock import month_index, stamp
from thaw.model.observation import Observable, observe
from thaw.model.recorded import Recorded
from thaw.model.simulate import Trace
from thaw.report.marks import mark_of
from thaw.validate import baselines, scores
from thaw.validate.against import cases_of, last_month
from thaw.validate.discrepancy import with_discrepancy
from thaw.validate.events import score_events
from thaw.validate.learning import learning
from thaw.validate.periods import contrasts
from thaw.validate.splits import FIT_UNTIL, LATER, NEAR, ORIGINS, Case, held_out, rolling
from thaw.validate.summary import by_subsystem, summary

HONEST, UNFITTED = "until-1958", "prior"
UNTIL = f"{LATER[1]}-12"
"""Last month that a validation simulates, unless a reader's file reaches further."""

Fitted = Mapping[tuple[str, str], float]
UNSTATED: Fitted = MappingProxyType({})
"""No s.d. of the discrepancy from a posterior set."""
DAYS_A_MONTH = 30.4
POINT_KEYS = ("month", "record", "median", "lo90", "hi90")


@dataclasses.dataclass(frozen=True)
class Chosen:
    """The posterior set that predicts, and what a reader must know about it (may be empty)."""

    name: str
    note: str = ""


def choose(name: str | None = None) -> Chosen:
    """Return the posterior set to score: the one asked for, else until-1958, else the prior.

    Raises InputError for a set that does not exist.
    """
    if name == UNFITTED:
        return Chosen(name, "the prior: nothing was fitted")
    if name is not None:
        settings(name)
        seen = "" if name == HONEST else "its fit may have seen values that are scored here"
        return Chosen(name, seen)
    try:
        settings(HONEST)
    except InputError as error:
        return Chosen(UNFITTED, f"nothing was fitted, the prior predicts: {error}")
    return Chosen(HONEST)


def settings(posterior: str, draws: int = 200, seed: int = 0, until: str = UNTIL) -> Settings:
    """Return the settings of the predicting run: history in mode replay."""
    world = reforms.load_scenario("historical").until(until)
    return Settings(world, draws, seed, posterior=posterior)


def validate(
    posterior: str | None = None,
    draws: int = 200,
    seed: int = 0,
    against: Path | str | None = None,
    progress: Progress | None = None,
    fitted: Fitted | None = None,
) -> dict[str, Any]:
    """Return the ``validate`` document of a posterior set, of the record or of a reader's file.

    ``fitted`` holds s.d. of the discrepancy by observable; without it those that the set states.
    Raises InputError for an unknown set or a wrong file.
    """
    chosen = choose(posterior)
    cases, left = (held_out(NEAR), []) if against is None else cases_of(against)
    end = month_index(UNTIL) if against is None else max(month_index(UNTIL), last_month(cases))
    run = settings(chosen.name, draws, seed, stamp(end))
    fitted = stated(chosen.name) if fitted is None else fitted
    trace, _ = trace_of(run, progress)
    document = {
        **_head(chosen, run),
        **_scores(trace, cases, seed, fitted),
        "events": score_events(trace),
    }
    if against is not None:
        return {**document, "against": Path(against).name, "not_scored": left}
    return {
        **document,
        **_beyond(trace, chosen.name, seed, fitted),
        "out_of_period": contrasts(trace),
        "learning": learning(run),
    }


def stated(posterior: str) -> Fitted:
    """Return the s.d. of the discrepancy that a set states, by observable; none for the prior.

    Over-dispersion of counts and shares is relative to their luck, not a step: left out.
    """
    if posterior == UNFITTED:
        return UNSTATED
    found = posteriors.load(posterior).discrepancy()
    return {key: misfit.sd for key, misfit in found.items() if misfit.kind in ("log", "linear")}


def _head(chosen: Chosen, run: Settings) -> dict[str, Any]:
    return {
        "fit_until": FIT_UNTIL,
        "posterior": chosen.name,
        "note": chosen.note,
        "until": run.scenario.end,
        "draws": run.draws,
        "seed": run.seed,
    }


def _scores(trace: Trace, cases: Sequence[Case], seed: int, fitted: Fitted) -> dict[str, Any]:
    rows = score_cases(trace, cases, seed, fitted)
    return {
        "series": rows,
        "summary": summary(rows, seed),
        "summary_fitted": summary([r for r in rows if r["use"] == "fit"], seed),
        "by_subsystem": by_subsystem(rows, seed),
    }


def _beyond(trace: Trace, posterior: str, seed: int, fitted: Fitted) -> dict[str, Any]:
    """Return the later period, and rolling origins for sets that did not see the targets.

    The prior saw nothing, so every origin is fair to it; a fitted set is fair at its own end.
    """
    later = score_cases(trace, held_out(LATER), seed, fitted)
    origins = ORIGINS if posterior == UNFITTED else ORIGINS[-1:] if posterior == HONEST else ()
    rolled = [
        {**row, "origin": origin}
        for origin in origins
        for row in score_cases(trace, rolling(origin), seed, fitted)
    ]
    return {"later": later, "summary_later": summary(later, seed), "rolling": rolled}


def score(
    posterior: str,
    cases: Sequence[Case],
    draws: int = 200,
    seed: int = 0,
    fitted: Fitted = UNSTATED,
) -> list[dict[str, Any]]:
    """Return the scores of any posterior set on any cases, for example those a fit left out.

    ``fitted`` holds the set's own s.d. of the discrepancy by observable. Never refits.
    """
    until = stamp(max(month_index(UNTIL), last_month(list(cases))))
    trace, _ = trace_of(settings(posterior, draws, seed, until))
    return score_cases(trace, cases, seed, fitted)


def score_cases(
    trace: Trace, cases: Sequence[Case], seed: int, fitted: Fitted = UNSTATED
) -> list[dict[str, Any]]:
    """Return one row of scores per case that the model shows."""
    return [
        _row(trace, case, seed, fitted) for case in cases if case.observable.key in trace["series"]
    ]


def _row(trace: Trace, case: Case, seed: int, fitted: Fitted) -> dict[str, Any]:
    observable = case.observable
    points = [_point(trace, case, target, seed, fitted) for target in case.targets]
    alone = [p["crps"] for p in points]
    named = _baselines(points)
    means = None if named is None else {name: float(np.mean(v)) for name, v in named.items()}
    interval = None if named is None else scores.skill_interval(alone, named, seed)
    return {
        "series_id": observable.series_id,
        "place": observable.place,
        "subsystem": observable.subsystem,
        "use": observable.use,
        "unit": observable.unit,
        "n": len(points),
        "crps": float(np.mean(alone)),
        "crps_with_discrepancy": float(np.mean([p["crps_with_discrepancy"] for p in points])),
        "baselines": means,
        "skill": None if means is None else scores.skill(float(np.mean(alone)), means),
        "skill90": interval,
        **{
            f"coverage{level}{kind}": float(np.mean([p[f"inside{level}{kind}"] for p in points]))
            for level in (50, 90)
            for kind in ("", "_with_discrepancy")
        },
        "mark": mark_of(observable),
        "points": [{key: p[key] for key in POINT_KEYS} for p in points],
    }


def _baselines(points: Sequence[dict[str, Any]]) -> dict[str, list[float]] | None:
    if any(p["baselines"] is None for p in points):
        return None
    return {name: [p["baselines"][name] for p in points] for name in baselines.RULES}


def _point(trace: Trace, case: Case, target: Recorded, seed: int, fitted: Fitted) -> dict[str, Any]:
    """Return the scores of one target: mechanism alone, with discrepancy, naive forecasts."""
    observable, at = case.observable, target.month
    months = trace["series"][observable.key].shape[1]
    alone = _finite(observe(trace, observable, at, seed), observable, months)
    wider = with_discrepancy(trace, observable, case.training, at, seed, fitted)
    widened = _finite(wider, observable, months)
    errors = naive_errors(observable, case.training, target, seed)
    low, median, high = (float(q) for q in np.quantile(alone, [0.05, 0.5, 0.95]))
    return {
        "month": stamp(at),
        "record": target.value,
        "median": median,
        "lo90": low,
        "hi90": high,
        "crps": scores.crps(alone, target.value),
        "crps_with_discrepancy": scores.crps(widened, target.value),
        "inside50": scores.inside(alone, target.value, 0.5),
        "inside90": scores.inside(alone, target.value, 0.9),
        "inside50_with_discrepancy": scores.inside(widened, target.value, 0.5),
        "inside90_with_discrepancy": scores.inside(widened, target.value, 0.9),
        "baselines": errors or None,
    }


def naive_errors(
    observable: Observable, training: Sequence[Recorded], target: Recorded, seed: int
) -> dict[str, float]:
    """Return the CRPS of every naive forecast of a target; empty where there is none."""
    times, values = [r.month / 12.0 for r in training], [r.value for r in training]
    label = "|".join(observable.key)
    naive = baselines.forecasts(times, values, target.month / 12.0, seed, label) or {}
    return {name: scores.crps(paths, target.value) for name, paths in naive.items()}


def _finite(samples: np.ndarray, observable: Observable, months: int) -> np.ndarray:
    """Return the draws that have a value; a waiting time without end lasts as long as the run."""
    if observable.stamp == "waiting_time":
        return np.where(np.isfinite(samples), samples, months * DAYS_A_MONTH)
    return samples[np.isfinite(samples)]
