"""Stored ranks of synthetic truths: which parameters the fit gives back, and which it does not.

A parameter whose ranks are not uniform fails; what the fit says of it is not interpreted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from jaxtyping import Int
from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from thaw.calibrate import files, uniformity
from thaw.errors import InputError

MOST = 19
"""Thinned posterior draws against which a truth is ranked: ranks 0 to 19."""
LEAST_P = 0.01
"""Below this p-value, corrected for the number of parameters, ranks have failed."""
DENSITY = "log density"
"""The joint log density of all unknowns, ranked beside the parameters (Modrak et al. 2023)."""
MEANINGS = {
    uniformity.HIGH: "estimates too low",
    uniformity.LOW: "estimates too high",
    uniformity.ENDS: "intervals too narrow",
    uniformity.MIDDLE: "intervals too wide",
    uniformity.UNEVEN: "no clear direction",
}
"""What the ranks of a parameter that fails mean for its estimate."""
NOT_INTERPRETED = "not interpreted: fails its calibration check"
"""The mark of a parameter that failed, wherever its estimate is shown."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sampling(_Part):
    """How long each refit ran, and when it counts as not converged."""

    chains: int
    warmup: int
    draws: int
    acceptance: FiniteFloat
    depth: int
    worst_rhat: FiniteFloat


class Ranked(_Part):
    """Ranks of the truths of one subsystem by parameter, and of the joint log density.

    ``truths`` were tried; ``again`` names those that needed a second, longer refit, ``refused``
    those whose refit did not converge, which have no ranks. ``failed`` says what is wrong with
    ranks that are not uniform. ``seconds`` is the time of the refits. ``surrogate_error`` is that
    of the response surface, in errors of reading, where one stood in the place of the model.
    """

    truths: int
    again: list[int]
    refused: list[int]
    diverging: FiniteFloat
    seconds: FiniteFloat
    surrogate_error: FiniteFloat | None = None
    p_values: dict[str, FiniteFloat]
    failed: dict[str, str]
    parameters: dict[str, list[int]]
    log_density: list[int]

    def ranks(self, name: str) -> Int[np.ndarray, " truth"]:
        """Return the ranks of a parameter, or of ``DENSITY``, in the order of the truths."""
        return np.array(self.log_density if name == DENSITY else self.parameters[name], int)


def ranked(
    truths: int,
    again: Collection[int],
    refused: Collection[int],
    ranks: Mapping[str, Int[np.ndarray, " truth"]],
    diverging: float,
    seconds: float,
    surrogate_error: float | None,
) -> Ranked:
    """Return ranks by parameter and ``DENSITY`` with the verdict on them (Bonferroni)."""
    p_values = {name: uniformity.p_value(values, MOST) for name, values in ranks.items()}
    limit = LEAST_P / len(ranks)
    lists = {name: [int(rank) for rank in values] for name, values in ranks.items()}
    return Ranked(
        truths=truths,
        again=sorted(again),
        refused=sorted(refused),
        diverging=round(diverging, 5),
        seconds=round(seconds, 1),
        surrogate_error=surrogate_error,
        p_values={name: round(p, 5) for name, p in p_values.items()},
        failed={name: _said(name, ranks[name]) for name, p in p_values.items() if p < limit},
        log_density=lists.pop(DENSITY),
        parameters=lists,
    )


def _said(name: str, ranks: Int[np.ndarray, " truth"]) -> str:
    found = uniformity.words(ranks, MOST)
    return found if name == DENSITY else f"{found}: {MEANINGS[found]}"


class Ranks(_Part):
    """Ranks by subsystem, with the request and the code that they belong to."""

    thaw: str
    record_hash: str
    until: str
    seed: int
    sampling: list[Sampling]
    subsystems: dict[str, Ranked]

    def failed(self) -> dict[str, str]:
        """Return what is wrong with each parameter that failed, by its name."""
        found = {n: said for r in self.subsystems.values() for n, said in r.failed.items()}
        return {name: said for name, said in found.items() if name != DENSITY}


@cache
def shipped() -> Ranks | None:
    """Return the ranks that ship with the package, or None before the first."""
    file = resources.files("thaw.calibrate") / "results" / "ranks.json"
    return parse(file.read_text("utf-8"), "ranks.json") if file.is_file() else None


def mark(name: str) -> str:
    """Return the mark of a parameter that failed its calibration check, else nothing."""
    found = shipped()
    return NOT_INTERPRETED if found is not None and name in found.failed() else ""


def read(path: Path) -> Ranks:
    """Return the ranks in a file; raise InputError when it holds none."""
    try:
        return parse(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError):
        raise InputError(f"'{path}' cannot be read as text: no stored ranks") from None


def parse(text: str, where: str) -> Ranks:
    """Return the ranks in a text; raise InputError with the first thing that is wrong."""
    try:
        return Ranks.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(map(str, first["loc"])) or "file"
        raise InputError(f"'{where}' holds no stored ranks: {at}: {first['msg']}") from None


def dumps(found: Ranks) -> str:
    """Return ranks as JSON, one parameter a line."""
    return files.dumps(found.model_dump(exclude_none=True)) + "\n"


def write(found: Ranks, out: Path) -> None:
    """Write ranks in one step; raise InputError when the folder cannot be written."""
    files.write(dumps(found), out)
