"""The question that ``thaw sensitivity`` answers: a world, outcomes at months, what varies."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Set
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

import thaw
from thaw import record
from thaw.errors import InputError, unknown
from thaw.experiment import designs
from thaw.experiment.designs import LUCK, OTHERS, Blocks, Screening
from thaw.experiment.outcomes import Outcome, single
from thaw.experiment.run import PRIOR, Settings
from thaw.model import parameters, registry
from thaw.model.clock import stamp

JUDGEMENT, EVIDENCE = "judgement", "evidence"
MAX_RUNS = 100_000
LIMITS = {"trajectories": (2, 1000), "top": (1, 100), "points": (8, 8192)}


@dataclasses.dataclass(frozen=True)
class Target:
    """An outcome at a month (index)."""

    outcome: Outcome
    month: int

    def row(self) -> dict[str, str]:
        """Return the columns that name it in a table."""
        return {
            "outcome": self.outcome.label,
            "place": self.outcome.place,
            "month": stamp(self.month),
        }


def target(text: str, months: int) -> Target:
    """Return the target that ``SERIES[@PLACE][:YYYY-MM]`` names; the last stamp without a month.

    Raises InputError for unknown names, and for a month without a value.
    """
    outcome, month = single(text)
    if month is not None:
        return Target(outcome, outcome.checked(month, months))
    if not (stamps := outcome.stamps(months)):
        raise InputError(f"{outcome.label} has no value before the run ends")
    return Target(outcome, stamps[-1])


@dataclasses.dataclass(frozen=True)
class Question:
    """What is asked: a world, its targets, and the sizes of the designs.

    ``settings.draws`` is the number of random streams among which luck is drawn; with 1 every
    point sees the same random numbers. ``subsystems`` limits the parameters that vary (empty: all);
    the others stay at their modes, as do those that the scenario fixes.
    """

    settings: Settings
    targets: tuple[Target, ...]
    subsystems: tuple[str, ...] = ()
    trajectories: int = 4
    top: int = 12
    points: int = 128

    def __post_init__(self) -> None:
        """Check everything at the door; raise InputError."""
        designs.check_library()
        for name, (low, high) in LIMITS.items():
            if not low <= getattr(self, name) <= high:
                raise InputError(f"--{name} {getattr(self, name)} is outside {low} to {high}")
        if self.points & (self.points - 1):
            raise InputError(f"--points {self.points}, allowed: powers of two (8, 16, 32, ...)")
        if not self.targets:
            raise InputError("an outcome is missing; for example gulag.prisoners_total:1956-01")
        if (self.settings.people, self.settings.posterior) != ("cohorts", PRIOR):
            raise InputError("sensitivity varies priors in cohorts only")
        for name in self.subsystems:
            if name not in registry.NAMES:
                raise unknown("subsystem", name, registry.NAMES)
        if len(self.factors) < 2:
            raise InputError("no parameter is left to vary: --set fixes them all")
        screened = self.trajectories * (len(self.factors) + 1)
        runs = screened + self.points * 5 + self.most_index_points()
        if runs > MAX_RUNS:
            raise InputError(
                f"this needs up to {runs} runs, allowed: {MAX_RUNS}; lower --points, --top or "
                "--trajectories"
            )

    @cached_property
    def factors(self) -> tuple[str, ...]:
        """The parameters that vary, and luck."""
        fixed = self.settings.fixed()
        varied = [
            prior.name
            for prior in parameters.priors().values()
            if prior.high > prior.low
            and prior.name not in fixed
            and prior.subsystem in (self.subsystems or registry.NAMES)
        ]
        return (*varied, LUCK)

    def screening(self) -> Screening:
        """Return the design that moves every factor alone."""
        return Screening(self.factors, self.trajectories, self.settings.seed)

    def shares(self) -> Blocks:
        """Return the design that exchanges judgement priors, priors with evidence, and luck."""
        groups = tuple(kind(name) for name in self.factors)
        return Blocks(self.factors, groups, self.points, self.settings.seed, "shares")

    def indices(self, top: Set[str]) -> Blocks:
        """Return the design that exchanges each of the top parameters, all others, and luck."""
        alone = {*top, LUCK}
        groups = tuple(name if name in alone else OTHERS for name in self.factors)
        return Blocks(self.factors, groups, self.points, self.settings.seed, "sobol")

    def most_index_points(self) -> int:
        """Return how many points :meth:`indices` can have at most."""
        alone = min(self.top * len(self.targets), len(self.factors) - 1)
        return self.points * (alone + 4)

    def sample(
        self, points: Float[np.ndarray, "point factor"]
    ) -> tuple[parameters.Sample, Int[np.ndarray, " point"]]:
        """Return the parameter values and the random stream of every point."""
        given = dict(zip(self.factors, points.T, strict=True))
        streams = self.settings.draws
        chosen = np.minimum((given.pop(LUCK) * streams).astype(int), streams - 1)
        base = parameters.override(parameters.modes(len(points)), self.settings.fixed())
        priors = parameters.priors()
        return {**base, **{name: priors[name].quantile(u) for name, u in given.items()}}, chosen

    def table(self) -> dict[str, Any]:
        """Return the question as plain values, as its manifest holds it."""
        return {
            "kind": "sensitivity",
            "thaw": thaw.__version__,
            "record_hash": record.record_hash(),
            "priors_hash": hashlib.sha256(repr(parameters.priors()).encode()).hexdigest(),
            "scenario": self.settings.scenario.table(),
            "outcomes": [target.row() for target in self.targets],
            "subsystems": list(self.subsystems),
            "trajectories": self.trajectories,
            "top": self.top,
            "points": self.points,
            "streams": self.settings.draws,
            "seed": self.settings.seed,
            "people": self.settings.people,
            "posterior": self.settings.posterior,
            "weather": self.settings.weather,
        }

    def hash(self) -> str:
        """Return the SHA-256 of what is asked."""
        return hashlib.sha256(json.dumps(self.table(), sort_keys=True).encode()).hexdigest()


def kind(name: str) -> str:
    """Return what stands behind a factor: judgement, evidence (any other provenance), or luck."""
    if name == LUCK:
        return LUCK
    return JUDGEMENT if parameters.priors()[name].provenance == "judgement" else EVIDENCE
