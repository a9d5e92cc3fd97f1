"""Posterior sets: small JSON files with joint draws by subsystem, and how a run samples them.

A subsystem that was not fitted, or whose fit was refused, keeps its prior.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from thaw.calibrate import files
from thaw.errors import InputError, unknown
from thaw.model.parameters import Sample, priors, sample_prior
from thaw.model.randomness import name_code

LARGEST_FILE = 2_000_000
DIGITS = 6
"""Significant digits of a stored draw."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Learned(_Part):
    """One fitted parameter: its prior range, and what the fit made of it."""

    low: FiniteFloat
    mode: FiniteFloat
    high: FiniteFloat
    mean: FiniteFloat
    sd: FiniteFloat
    contraction: FiniteFloat


class Misfit(_Part):
    """The model's own error in one series: s.d. on logs or linear, or relative over-dispersion."""

    kind: Literal["log", "linear", "count", "share"]
    sd: FiniteFloat
    prior_scale: FiniteFloat
    values: int
    effective: FiniteFloat


class Sampler(_Part):
    """Diagnostics of the sampler, the worst over all quantities."""

    rhat: FiniteFloat
    ess: FiniteFloat
    diverging: FiniteFloat
    bfmi: FiniteFloat
    chains: int
    draws: int


class Fit(_Part):
    """The fit of one subsystem; ``status`` other than ``fitted`` means that the prior is kept."""

    status: Literal["fitted", "refused", "prior"]
    reason: str = ""
    effective_number: FiniteFloat = 0.0
    parameters: dict[str, Learned] = Field(default_factory=dict)
    draws: list[list[FiniteFloat]] = Field(default_factory=list)
    discrepancy: dict[str, Misfit] = Field(default_factory=dict)
    sampler: Sampler | None = None
    surrogate_error: FiniteFloat | None = None

    @model_validator(mode="after")
    def _columns(self) -> Fit:
        if any(len(row) != len(self.parameters) for row in self.draws):
            raise ValueError("a row of draws has not one number for each parameter")
        if (self.status == "fitted") != bool(self.draws):
            raise ValueError(f"status '{self.status}' with {len(self.draws)} draws")
        return self


class PosteriorSet(_Part):
    """A posterior set: what it was fitted to, with what, and the fits by subsystem.

    ``draws`` of a fit are joint: one row is one draw of its parameters, in their order. Fits of
    different subsystems are independent given the reference world (cut posterior).
    """

    format: Literal[1] = 1
    name: str
    fit_until: str
    thaw: str
    record_hash: str
    seed: int
    left_out: list[str] = Field(default_factory=list)
    subsystems: dict[str, Fit]
    log: list[str] = Field(default_factory=list)

    def fitted(self) -> dict[str, Fit]:
        """Return the fits that a run samples."""
        return {name: fit for name, fit in self.subsystems.items() if fit.status == "fitted"}

    def means(self) -> dict[str, float]:
        """Return the posterior mean of every fitted parameter."""
        return {p: v.mean for fit in self.fitted().values() for p, v in fit.parameters.items()}

    def contraction(self) -> dict[str, float]:
        """Return 1 - posterior s.d. / prior s.d. of every parameter; 0 where it was not fitted."""
        found = dict.fromkeys(priors(), 0.0)
        for fit in self.fitted().values():
            found.update({name: v.contraction for name, v in fit.parameters.items()})
        return found

    def discrepancy(self) -> dict[tuple[str, str], Misfit]:
        """Return the model's own error by (series id, place)."""
        return {
            _key(name): value
            for fit in self.fitted().values()
            for name, value in fit.discrepancy.items()
        }


def _key(name: str) -> tuple[str, str]:
    series_id, _, place = name.partition("@")
    return series_id, place


def names() -> list[str]:
    """Return the names of the posterior sets that ship with the package."""
    folder = resources.files("thaw.calibrate") / "posteriors"
    return sorted(f.name[: -len(".json")] for f in folder.iterdir() if f.name.endswith(".json"))


def load(name: str) -> PosteriorSet:
    """Return a shipped set by name, or the set in a file.

    Raises InputError when there is no such set, or the file is none or does not fit the model.
    """
    if name in names():
        return _shipped(name)
    path = Path(name)
    if not path.is_file():
        raise unknown("posterior", name, ["prior", *names(), "a file of `thaw calibrate`"])
    return read(path)


@cache
def _shipped(name: str) -> PosteriorSet:
    text = (resources.files("thaw.calibrate") / "posteriors" / f"{name}.json").read_text("utf-8")
    return parse(text, name)


def read(path: Path) -> PosteriorSet:
    """Return the posterior set in a file; raise InputError when it holds none."""
    if path.stat().st_size > LARGEST_FILE:
        raise InputError(f"'{path}' is larger than {LARGEST_FILE} bytes: not a posterior set")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"'{path}' cannot be read as text: not a posterior set") from None
    return parse(text, str(path))


def parse(text: str, where: str) -> PosteriorSet:
    """Return the posterior set in a text; raise InputError with the first thing that is wrong."""
    try:
        found = PosteriorSet.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(map(str, first["loc"])) or "file"
        raise InputError(f"'{where}' is not a posterior set: {at}: {first['msg']}") from None
    known = priors()
    for name, value in ((n, v) for f in found.fitted().values() for n, v in f.parameters.items()):
        if name not in known:
            raise unknown(f"parameter in posterior set '{where}'", name, known)
        if (value.low, value.high) != (known[name].low, known[name].high):
            raise InputError(
                f"posterior set '{where}': {name} was fitted on [{value.low:g}, {value.high:g}],"
                f" the prior is now [{known[name].low:g}, {known[name].high:g}]: fit it again"
            )
    return found


def write(found: PosteriorSet, path: Path) -> None:
    """Write a set in one step: a reader sees the old file or the new one.

    Raises InputError when the folder cannot be written.
    """
    files.write(dumps(found), path)


def dumps(found: PosteriorSet) -> str:
    """Return a set as JSON, one row of draws a line."""
    return files.dumps(found.model_dump(exclude_none=True)) + "\n"


def rounded(values: np.ndarray) -> list[list[float]]:
    """Return a table of draws with ``DIGITS`` significant digits."""
    return [[float(f"{value:.{DIGITS}g}") for value in row] for row in values]


def sample(found: PosteriorSet, seed: int, draws: int) -> Sample:
    """Return parameter values of draws 0..draws-1 under a posterior set.

    Fitted parameters of a subsystem come jointly: draw d takes row d mod n of a permutation keyed
    by seed and subsystem. All others have the bits of ``sample_prior``.
    """
    values = sample_prior(seed, draws)
    for name, fit in found.fitted().items():
        table = np.asarray(fit.draws)
        generator = np.random.Generator(np.random.Philox(key=[seed, name_code(name)]))
        rows = generator.permutation(len(table))[np.arange(draws) % len(table)]
        values.update({p: table[rows, at] for at, p in enumerate(fit.parameters)})
    return values
