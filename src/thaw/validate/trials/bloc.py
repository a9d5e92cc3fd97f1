"""Unrest in the bloc, each state predicted by a fit that did not see its unrest.

The score is the log probability of an episode, or of none, in each year 1953-64 of each state. Two
naive forecasts know the same: the other states' frequency over all years, and in the same year.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from thaw.calibrate import events, posteriors
from thaw.model.clock import month_index
from thaw.model.parameters import Sample
from thaw.model.places import BLOC_STATES
from thaw.validate import scores
from thaw.validate.trials import worlds

YEARS = tuple(range(1953, 1965))
NAMED = (("gdr", 1953), ("poland", 1956), ("hungary", 1956))
"""Episodes shown by name; all are scored."""
FORECASTS = ("left_out", "prior", "constant", "calendar")

Chances = Float[np.ndarray, " year"]
Table = Float[np.ndarray, "state year"]


def result() -> dict[str, Any]:
    """Return the trial: what each left-out fit says of its state, and the scores."""
    known, base = happened(), worlds.base()
    free = worlds.replay(posteriors.sample(worlds.without(base, "bloc"), worlds.SEED, worlds.DRAWS))
    draws, prior = [], []
    for state in BLOC_STATES:
        small = worlds.small_set(f"bloc_unrest@{state}")
        trace = worlds.replay(sample_of(small))
        draws.append(yearly(trace["latent"][f"bloc.hazard_{state}"]))
        prior.append(yearly(free["latent"][f"bloc.hazard_{state}"]).mean(axis=0))
    chances = {
        "left_out": np.stack([each.mean(axis=0) for each in draws]),
        "prior": np.stack(prior),
        **naive(known),
    }
    return {
        "base": base.name,
        "fit_until": small.fit_until,
        "draws": worlds.DRAWS,
        "years": [YEARS[0], YEARS[-1]],
        "states": table(known, chances),
        "named": [named(known, chances, draws, *case) for case in NAMED],
        "summary": summary(known, chances),
    }


def sample_of(small: posteriors.PosteriorSet) -> Sample:
    """Return parameter values under a small set, other subsystems as in the base set."""
    return posteriors.sample(worlds.joined(worlds.base(), small), worlds.SEED, worlds.DRAWS)


def happened() -> Table:
    """Return 1 where unrest began in a state and year, else 0."""
    counts = events.bloc_unrest().counts
    starts = [month_index(f"{year}-01") for year in YEARS]
    return np.stack([(counts[at : at + 12] > 0).any(axis=0) for at in starts], axis=1) * 1.0


def yearly(hazard: Float[np.ndarray, "draw month"]) -> Float[np.ndarray, "draw year"]:
    """Return the probability that an episode begins within each year, by draw."""
    starts = [month_index(f"{year}-01") for year in YEARS]
    return np.stack([-np.expm1(-hazard[:, at : at + 12].sum(axis=1)) for at in starts], axis=1)


def naive(known: Table) -> dict[str, Table]:
    """Return the naive forecasts of each state from the other states' frequency (Laplace)."""
    others = known.sum(axis=0) - known
    states, years = known.shape
    constant = (others.sum(axis=1, keepdims=True) + 1.0) / ((states - 1) * years + 2.0)
    return {
        "constant": np.broadcast_to(constant, known.shape),
        "calendar": (others + 1.0) / (states - 1 + 2.0),
    }


def log_scores(known: Table, chance: Table) -> Table:
    """Return the log probability that a forecast gave to what happened, by state and year."""
    return np.where(known > 0, np.log(chance), np.log1p(-chance))


def table(known: Table, chances: dict[str, Table]) -> list[dict[str, Any]]:
    """Return one row a state: its years of unrest, its probabilities, its scores."""
    found = {name: log_scores(known, chance).sum(axis=1) for name, chance in chances.items()}
    return [
        {
            "state": state,
            "unrest": [year for year, hit in zip(YEARS, known[at], strict=True) if hit],
            "probability": [float(p) for p in chances["left_out"][at]],
            "log_score": {name: float(found[name][at]) for name in FORECASTS},
        }
        for at, state in enumerate(BLOC_STATES)
    ]


def named(
    known: Table, chances: dict[str, Table], draws: Sequence[np.ndarray], state: str, year: int
) -> dict[str, Any]:
    """Return the probability of one episode by every forecast, with 90 % of the fit's draws."""
    at, when = BLOC_STATES.index(state), YEARS.index(year)
    low, high = map(float, np.quantile(draws[at][:, when], (0.05, 0.95)))
    each = {name: float(chances[name][at, when]) for name in FORECASTS}
    return {"state": state, "year": year, **each, "lo90": low, "hi90": high}


def summary(known: Table, chances: dict[str, Table]) -> dict[str, Any]:
    """Return mean log scores a state and year, and the gain on each naive forecast.

    Intervals resample whole states.
    """
    found = {name: log_scores(known, chance) for name, chance in chances.items()}
    gains = {}
    for name in FORECASTS[1:]:
        gain = (found["left_out"] - found[name]).mean(axis=1)
        bounds = scores.clustered_interval(list(gain), list(BLOC_STATES), np.mean, worlds.SEED)
        gains[name] = {"mean": float(gain.mean()), "interval90": bounds}
    return {
        "cells": int(known.size),
        "episodes": int(known.sum()),
        "log_score": {name: float(each.mean()) for name, each in found.items()},
        "gain": gains,
    }
