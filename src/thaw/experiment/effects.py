"""Paired differences of two worlds: of every observable at its stamps, and of every event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from scipy import stats

from thaw.experiment import labels
from thaw.experiment.outcomes import Outcome
from thaw.experiment.summaries import sign_probability, summary
from thaw.model.clock import stamp
from thaw.model.simulate import Trace

HORIZONS = (6, 12, 36)
"""Months after the first difference at which tables show effects, besides the end."""

GIVEN = ("bloc_unrest",)
"""Families of events that are those of the record until the worlds part."""

Pair = tuple[Trace, Trace]


def effect_table(
    pair: Pair,
    outcomes: Iterable[Outcome],
    months: int,
    since: int,
    prior: Pair | None = None,
    near: Int[np.ndarray, " kept"] | None = None,
) -> pd.DataFrame:
    """Return one row per outcome and stamp from month ``since`` on.

    ``prior`` holds the same worlds under the prior (None: they are under the prior already);
    ``near`` the draws that came nearest to history.
    """
    rows = []
    for outcome in outcomes:
        for at in outcome.stamps_since(since, months, HORIZONS):
            effect = difference(pair, outcome, at)
            mine = summary(effect)
            known = mine if prior is None else summary(difference(prior, outcome, at))
            median_a = _median(outcome.read(pair[0], at))
            p_beyond = sign_probability(effect, outcome.least(median_a))
            rows.append(
                {
                    "outcome": outcome.label,
                    "place": outcome.place,
                    "subsystem": outcome.subsystem,
                    "unit": outcome.unit,
                    "month": stamp(at),
                    **mine,
                    "p_beyond": p_beyond,
                    "median_a": median_a,
                    "prior_only": known,
                    "near_history": mine if near is None else summary(effect[near]),
                    "label": labels.of_effect(mine["p_sign"], p_beyond, known["p_sign"]),
                }
            )
    return pd.DataFrame(rows)


def difference(pair: Pair, outcome: Outcome, at: int) -> Float[np.ndarray, " draw"]:
    """Return B - A of an outcome at a stamp, draw by draw, without error of reading."""
    return outcome.read(pair[1], at) - outcome.read(pair[0], at)


def _median(values: Float[np.ndarray, " draw"]) -> float:
    return float(np.nanmedian(values)) if np.isfinite(values).any() else float("nan")


def event_table(pair: Pair, months: int, prior: Pair | None = None, since: int = 0) -> pd.DataFrame:
    """Return, per family and place, probabilities in both worlds, necessity and sufficiency.

    Events count from month ``since`` on, in which the worlds part; outbreaks that are given until
    then (:mod:`thaw.experiment.executor`) from the month after it.

    With x the world A and x' the world B: necessity = P(no event in B | event in A); sufficiency =
    P(event in A | no event in B), each with the lower end of a 90 % interval (beta, uniform prior)
    and the number of draws behind it. ``prior`` as in :func:`effect_table`.
    """
    rows = []
    for family, place in sorted(pair[0]["events"]):
        counted = slice(since + (family in GIVEN and since > 0), months)
        in_a, in_b = (_happened(trace, family, place, counted) for trace in pair)
        known = tuple(_happened(trace, family, place, counted) for trace in prior or pair)
        necessity, sufficiency = _share(~in_b[in_a]), _share(in_a[~in_b])
        rows.append(
            {
                "family": family,
                "place": place,
                "probability_a": float(in_a.mean()),
                "probability_b": float(in_b.mean()),
                "necessity": necessity[0],
                "necessity_lo90": necessity[1],
                "necessity_draws": int(in_a.sum()),
                "sufficiency": sufficiency[0],
                "sufficiency_lo90": sufficiency[1],
                "sufficiency_draws": int((~in_b).sum()),
                "label": labels.of_event(necessity, sufficiency, in_a, in_b, known),  # type: ignore[arg-type]
            }
        )
    return pd.DataFrame(rows)


def _happened(trace: Trace, family: str, place: str, counted: slice) -> Bool[np.ndarray, " draw"]:
    return np.asarray((trace["events"][family, place][:, counted] > 0).any(axis=1))


def _share(hits: Bool[np.ndarray, " draw"]) -> tuple[float | None, float]:
    if hits.size == 0:
        return None, 0.0
    good = int(hits.sum())
    return float(hits.mean()), float(stats.beta(good + 1, hits.size - good + 1).ppf(0.05))


def at_horizons(rows: pd.DataFrame, since: int) -> dict[str, Any]:
    """Return the rows of one outcome at 6, 12, 36 months and the end, by the horizon's name.

    The row of a horizon is the first stamp at or after it; a horizon beyond the last stamp, or one
    that would repeat the stamp of a shorter one, has none.
    """
    found: dict[str, Any] = {}
    ordered = rows.sort_values("month").to_dict("records")
    taken = ""
    for horizon in HORIZONS:
        wanted = stamp(since + horizon)
        row = next((r for r in ordered if r["month"] >= wanted), None)
        if row is not None and row["month"] != taken:
            found[str(horizon)] = row
            taken = row["month"]
    if ordered and ordered[-1]["month"] != taken:
        found["end"] = ordered[-1]
    return found
