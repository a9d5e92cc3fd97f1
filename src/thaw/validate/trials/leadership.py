"""Leadership outcomes: log score of every month against the base rate of the record.

Nothing about the leadership is fitted, so what the prior says of each month, given all that went
before (replay), is a prediction. Two base rates, both (k + 1) / (n + 2) (Laplace): over the same
months as a whole, which knows how many outcomes there were, and over the months before each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from thaw.model.clock import month_index, stamp
from thaw.model.parameters import sample_prior
from thaw.model.subsystems.leadership_people import removal_months, targets
from thaw.validate.trials import worlds

FIRST, LAST = month_index("1953-04"), month_index("1964-12")
MOVES = (month_index("1957-06"), month_index("1964-10"))
FALLS = (month_index("1964-10"),)
LEAST = 1e-6
"""Smallest probability that is scored."""

Monthly = Float[np.ndarray, "draw month"]


def result() -> dict[str, Any]:
    """Return the trial: three families of decisions, and each outcome by its month."""
    trace = worlds.replay(sample_prior(worlds.SEED, worlds.DRAWS))
    latent = {
        name.removeprefix("leadership."): np.clip(values, 0.0, 1.0)
        for name, values in trace["latent"].items()
        if name.startswith("leadership.")
    }
    months = range(FIRST, LAST + 1)
    removed = removal_months()
    every = {
        person: [m for m in range(FIRST, removed[person] + 1) if _power(latent, person)[:, m].any()]
        for person in targets()
    }
    at_risk = {person: found for person, found in every.items() if found}
    families = [
        family("move against the leader", [(latent["challenge_probability"], months, MOVES)]),
        family("fall of the leader", [(latent["ouster_probability"], months, FALLS)]),
        family(
            "removal of a rival",
            [(_power(latent, who), found, (removed[who],)) for who, found in at_risk.items()],
        ),
    ]
    outcomes = [
        _outcome("move against the leader", latent["challenge_probability"], MOVES[0]),
        _outcome("move against the leader", latent["challenge_probability"], MOVES[1]),
        _outcome("fall of the leader", latent["ouster_probability"], FALLS[0]),
        *(_outcome(f"removal: {who}", _power(latent, who), removed[who]) for who in at_risk),
    ]
    return {"draws": worlds.DRAWS, "families": families, "outcomes": outcomes}


def _power(latent: dict[str, Monthly], person: str) -> Monthly:
    return latent[f"removal_probability_{person}"]


def family(
    name: str, histories: list[tuple[Monthly, Sequence[int], tuple[int, ...]]]
) -> dict[str, Any]:
    """Return the summed log score of a family over its months at risk, and that of its base rate.

    ``histories`` holds monthly probabilities by draw, months at risk and months of outcomes.
    """
    when = np.concatenate([np.array(months) for _, months, _ in histories])
    order = np.argsort(when, kind="stable")
    chance = np.concatenate([p.mean(axis=0)[list(months)] for p, months, _ in histories])[order]
    hit = np.concatenate([np.isin(months, outcomes) for _, months, outcomes in histories])[order]
    before = np.searchsorted(when[order], when[order])
    earlier = (np.concatenate([[0], np.cumsum(hit)])[before] + 1.0) / (before + 2.0)
    rate = (hit.sum() + 1.0) / (len(hit) + 2.0)
    each = np.log(np.maximum(np.where(hit, chance, 1.0 - chance), LEAST))
    return {
        "family": name,
        "months": len(hit),
        "outcomes": int(hit.sum()),
        "expected": float(chance.sum()),
        "log_score": float(each.sum()),
        "base_log_score": float(np.log(np.where(hit, rate, 1.0 - rate)).sum()),
        "earlier_log_score": float(np.log(np.where(hit, earlier, 1.0 - earlier)).sum()),
        "base_rate": float(rate),
        "log_score_of_outcomes": float(each[hit].sum()),
    }


def _outcome(name: str, monthly: Monthly, at: int) -> dict[str, Any]:
    """Return the probability of an outcome in its month, and within the twelve months up to it."""
    year = 1.0 - np.prod(1.0 - monthly[:, max(FIRST, at - 11) : at + 1], axis=1)
    low, high = map(float, np.quantile(year, (0.05, 0.95)))
    return {
        "outcome": name,
        "month": stamp(at),
        "in_month": float(monthly[:, at].mean()),
        "in_year": float(year.mean()),
        "lo90": low,
        "hi90": high,
    }
