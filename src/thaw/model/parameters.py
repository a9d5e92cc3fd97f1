"""Parameters with priors: every number carries low, mode, high, provenance and source.

A prior is a PERT distribution (a beta distribution on [low, high] with the given mode; Malcolm et
al. 1959): bounded, unimodal, and no wider than what its row says. Rows of role ``target`` are
recorded quantities kept for checks; they are never sampled.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.special import betaincinv

from thaw import reforms
from thaw.errors import InputError, unknown
from thaw.model import tables
from thaw.model.randomness import name_code

PERT_WEIGHT = 4.0
PROVENANCES = ("seen", "recalled", "judgement", "derived")


@dataclasses.dataclass(frozen=True)
class Prior:
    """One parameter: its range, and where the range comes from."""

    name: str
    meaning: str
    unit: str
    low: float
    mode: float
    high: float
    provenance: str
    source: str
    role: str = "prior"

    @property
    def subsystem(self) -> str:
        """The room that owns the parameter."""
        return self.name.split(".", 1)[0]

    @property
    def shape(self) -> tuple[float, float]:
        """The two shape parameters of the beta distribution."""
        width = self.high - self.low
        if width <= 0.0:
            return 1.0, 1.0
        return (
            1.0 + PERT_WEIGHT * (self.mode - self.low) / width,
            1.0 + PERT_WEIGHT * (self.high - self.mode) / width,
        )

    def quantile(self, u: Float[np.ndarray, " draw"]) -> Float[np.ndarray, " draw"]:
        """Return the prior's quantiles at ``u`` in (0, 1)."""
        alpha, beta = self.shape
        return self.low + (self.high - self.low) * betaincinv(alpha, beta, u)


@cache
def all_rows() -> dict[str, Prior]:
    """Return every parameter row by full name ``<subsystem>.<name>``, targets included."""
    found = {prior.name: prior for prior in map(_row, tables.rows("parameters"))}
    for extra in reforms.execution_parameters():
        prior = _execution(extra)
        found[prior.name] = prior
    return found


def _execution(extra: dict[str, Any]) -> Prior:
    what = {"lag": "execution lag", "share": "executed share"}[extra["kind"]]
    return Prior(
        name=extra["name"],
        meaning=f"{what} of reform {extra['reform']} on {extra['lever']}",
        unit=extra["unit"],
        low=extra["low"],
        mode=extra["mode"],
        high=extra["high"],
        provenance=extra["provenance"],
        source=extra["source"],
    )


def _row(row: dict[str, str]) -> Prior:
    return Prior(
        name=f"{row['file']}.{row['parameter']}",
        meaning=row["meaning"],
        unit=row["unit"],
        low=float(row["low"]),
        mode=float(row["mode"]),
        high=float(row["high"]),
        provenance=row["provenance"],
        source=row["source"],
        role=row["role"],
    )


@cache
def priors() -> dict[str, Prior]:
    """Return the parameters that are sampled, by full name."""
    return {name: row for name, row in all_rows().items() if row.role == "prior"}


Sample = dict[str, Float[np.ndarray, " draw"]]
"""Parameter values by full name, one per draw."""


def sample_prior(seed: int, draws: int) -> Sample:
    """Return prior draws 0..draws-1; value d of a parameter depends on (seed, name, d) only."""
    return {name: prior.quantile(_uniforms(seed, name, draws)) for name, prior in priors().items()}


def _uniforms(seed: int, name: str, draws: int) -> Float[np.ndarray, " draw"]:
    generator = np.random.Generator(np.random.Philox(key=[seed, name_code(name)]))
    return generator.random(draws)


def modes(draws: int = 1) -> Sample:
    """Return every parameter at its prior mode."""
    return {name: np.full(draws, prior.mode) for name, prior in priors().items()}


def override(sample: Sample, settings: dict[str, float]) -> Sample:
    """Return the sample with some parameters fixed by the user.

    Raises InputError for an unknown parameter or a value outside its prior range.
    """
    changed = dict(sample)
    for name, value in settings.items():
        if name not in priors():
            raise unknown("parameter", name, priors())
        prior = priors()[name]
        if not prior.low <= value <= prior.high:
            raise InputError(
                f"{name} = {value:g} is outside its range [{prior.low:g}, {prior.high:g}]"
                f" {prior.unit}"
            )
        changed[name] = np.full_like(sample[name], value)
    return changed
