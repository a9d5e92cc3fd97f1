"""Moscow's decision on force in an allied state: one set of coefficients for every case.

Used month by month by bloc.py, and on its own for the coded cases in ``bloc_cases.csv`` (written
rule: docs/model/bloc.md).
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from thaw.model import parameters, tables
from thaw.model.subsystem import Names

CASES_FILE = "subsystems/bloc_cases.csv"


@dataclasses.dataclass(frozen=True)
class Covariates:
    """What the decision rests on; every field but ``line`` lies between 0 and 1."""

    loss_of_control: ArrayLike
    expected_exit: ArrayLike
    open_border: ArrayLike
    credible_leader: ArrayLike
    resistance: ArrayLike
    west_busy: ArrayLike
    line: ArrayLike
    spread: ArrayLike


def decision_probability(params: Any, case: Covariates) -> Float[Array, "..."]:
    """Return the probability that Moscow intervenes, given that a decision is due.

    ``params`` holds the parameters of bloc by short name. Shapes broadcast.
    """
    return jax.nn.sigmoid(
        params.i0
        + params.interv_loss_control * case.loss_of_control
        + params.interv_exit_pact * case.expected_exit
        + params.strategic * case.open_border
        + params.interv_credible_leader * case.credible_leader
        + params.interv_military_cost * case.resistance
        + params.opp_west * case.west_busy
        + params.line_restraint * case.line
        + params.alarm_spread * case.spread
    )


def due(params: Any, loss_of_control: ArrayLike) -> Float[Array, "..."]:
    """Return 1 where control is lost far enough for Moscow to have to decide."""
    return (loss_of_control > params.loss_threshold) * 1.0


def cases() -> list[dict[str, str]]:
    """Return the coded historical cases, decisions and non-episodes alike."""
    return [dict(row) for row in tables.rows(CASES_FILE)]


def covariates_of(case: dict[str, str]) -> Covariates:
    """Return the coded covariates of a case; the outcome is not among them."""
    names = [field.name for field in dataclasses.fields(Covariates)]
    return Covariates(**{name: float(case[name]) for name in names})


def prior_probabilities(
    draws: int = 4000, seed: int = 0
) -> dict[str, dict[str, Float[np.ndarray, " draw"]]]:
    """Return by case: ``given_due`` (probability once a decision is due) and ``all`` (0 if not).

    Both are over prior draws of the parameters.
    """
    sample = parameters.sample_prior(seed, draws)
    mine = {k.split(".")[1]: jnp.asarray(v) for k, v in sample.items() if k.startswith("bloc.")}
    params = Names("bloc", mine)
    found = {}
    for case in cases():
        covariates = covariates_of(case)
        given_due = np.asarray(decision_probability(params, covariates))
        reached = np.asarray(due(params, covariates.loss_of_control))
        found[case["case"]] = {"given_due": given_due, "all": given_due * reached}
    return found
