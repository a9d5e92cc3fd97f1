"""Simulation-based calibration: does the fit give back parameters that the model itself drew?

A truth is drawn from the prior, data from the likelihood at that truth at the stamps of the record,
the fit is run on them, and the rank of the truth among the posterior draws is kept. Under a correct
sampler and likelihood ranks are uniform (Talts et al. 2018; Modrak et al. 2023).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int
from scipy import stats

import thaw
from thaw.calibrate import diagnostics, fitting, inference, selection, surrogate
from thaw.calibrate.data import Series
from thaw.calibrate.events import Events
from thaw.calibrate.inference import Chains, Effort
from thaw.calibrate.likelihoods import DEGREES
from thaw.calibrate.problem import Data, Prediction, Problem, thinned
from thaw.errors import InputError
from thaw.model.parameters import Prior

RANKS = 19
"""Thinned posterior draws against which a truth is ranked: ranks 0 to 19."""
SHORT = Effort(chains=2, warmup=200, draws=190)
WORST_RHAT = 1.1
"""Above this a short fit of a synthetic truth counts as not converged."""
LEAST_P = 0.01
"""Below this p-value of uniformity, corrected for the number of parameters, ranks have failed."""


def synthetic(
    problem: Problem,
    prediction: Prediction,
    spread: Float[np.ndarray, " series"],
    chances: Float[np.ndarray, " list"],
    generator: np.random.Generator,
) -> Data:
    """Return data drawn from the likelihood of a problem at a prediction."""
    values = [
        jnp.asarray(_values(s, np.asarray(mean), spread[at], generator))
        for at, (s, mean) in enumerate(zip(problem.series, prediction.series, strict=True))
    ]
    hazards = thinned(problem.events, prediction.hazards, chances)
    counts = [
        jnp.asarray(_counts(listed, np.asarray(hazard), generator) * np.asarray(at_risk))
        for listed, (hazard, at_risk) in zip(problem.events, hazards, strict=True)
    ]
    return values, counts


def _values(
    series: Series, mean: np.ndarray, spread: float, generator: np.random.Generator
) -> Float[np.ndarray, " value"]:
    if series.kind in ("log", "linear"):
        noise = generator.standard_t(DEGREES, len(mean)) * np.hypot(series.error, spread)
        return mean * np.exp(noise) if series.kind == "log" else mean + noise
    if series.kind == "share":
        weight = 1.0 / max(spread, 1e-3) ** 2 - 1.0
        chance = generator.beta(mean * weight, (1.0 - mean) * weight)
        return generator.binomial(np.asarray(series.trials, int), chance).astype(float)
    size = 1.0 / max(spread, 1e-3) ** 2
    return generator.poisson(mean * generator.gamma(size, 1.0 / size, len(mean))).astype(float)


def _counts(listed: Events, rate: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    if listed.rule == "hazard":
        return (generator.random(rate.shape) < -np.expm1(-rate)).astype(float)
    return generator.poisson(rate).astype(float)


@dataclasses.dataclass(frozen=True)
class Ranked:
    """Ranks of the truths by parameter, and how many truths had a fit that did not converge."""

    parameters: tuple[str, ...]
    ranks: Int[np.ndarray, "truth parameter"]
    refused: int

    def p_values(self) -> dict[str, float]:
        """Return the chi-squared p-value of uniform ranks by parameter, in bins of five or more."""
        truths = len(self.ranks)
        bins = max(2, min(10, truths // 5))
        found = {}
        for at, name in enumerate(self.parameters):
            counts = np.histogram(self.ranks[:, at], np.linspace(-0.5, RANKS + 0.5, bins + 1))[0]
            found[name] = float(stats.chisquare(counts, truths * _widths(bins)).pvalue)
        return found

    def failed(self) -> list[str]:
        """Return the parameters whose ranks are not uniform (Bonferroni)."""
        limit = LEAST_P / max(1, len(self.parameters))
        return [name for name, p in self.p_values().items() if p < limit]

    def table(self) -> dict[str, Any]:
        """Return what is stored."""
        return {
            "truths": len(self.ranks) + self.refused,
            "refused": self.refused,
            "of_ranks": RANKS + 1,
            "ranks": {n: self.ranks[:, at].tolist() for at, n in enumerate(self.parameters)},
            "p_values": self.p_values() if len(self.ranks) >= 10 else {},
            "failed": self.failed() if len(self.ranks) >= 10 else [],
        }


def _widths(bins: int) -> Float[np.ndarray, " bin"]:
    """Return the share of the ranks 0 to ``RANKS`` in each of equal bins."""
    return np.histogram(np.arange(RANKS + 1), np.linspace(-0.5, RANKS + 0.5, bins + 1))[0] / (
        RANKS + 1
    )


def ranks_of(
    problem: Problem,
    names: Sequence[str],
    truths: int,
    seed: int,
    fit: Callable[[int, Data], Chains],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Ranked:
    """Return the ranks of synthetic truths of some parameters under a sampler of the problem.

    Events that drive the path stay as recorded: the likelihood is conditional on them.
    """
    rows = [problem.candidates[name] for name in names]
    predict = jax.jit(lambda values: problem.predict(dict(zip(names, values, strict=True))))
    found, refused = [], 0
    for truth in range(truths):
        generator = np.random.Generator(np.random.Philox(key=[seed, truth]))
        values = draw(rows, generator)
        spread = np.abs(generator.standard_normal(len(problem.series))) * problem.scales
        chances = draw(problem.detections, generator)
        shown = predict(jnp.asarray(values))
        chains = fit(seed + truth, synthetic(problem, shown, spread, chances, generator))
        if diagnostics.diagnose(chains).rhat > WORST_RHAT:
            refused += 1
        else:
            found.append(rank(values, chains.values))
        progress(truth + 1, truths)
    return Ranked(tuple(names), np.array(found, int).reshape(-1, len(rows)), refused)


def draw(rows: Sequence[Prior], generator: np.random.Generator) -> Float[np.ndarray, " row"]:
    """Return one draw of each prior."""
    return np.array([row.quantile(generator.random(1))[0] for row in rows])


def rank(
    truth: Float[np.ndarray, " parameter"], values: Float[np.ndarray, "chain draw parameter"]
) -> Int[np.ndarray, " parameter"]:
    """Return how many of ``RANKS`` thinned posterior draws lie below the truth."""
    flat = values.reshape(-1, values.shape[-1])
    thin = flat[np.linspace(0, len(flat) - 1, RANKS).astype(int)]
    return (thin < truth).sum(axis=0)


def run(
    request: fitting.Request,
    subsystems: Collection[str],
    truths: int,
    report: Callable[[str], None] = lambda line: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Return the ranks of ``truths`` synthetic truths for each subsystem, ready to be stored."""
    results = {}
    for name in subsystems:
        problem, effective = fitting.posed(name, request, {})
        names = selection.choose(problem, effective) if effective else ()
        if not names:
            continue
        if name in surrogate.HEAVY:
            problem = surrogate.emulate(problem, names)
        # synthetic errors are independent, so nothing is tempered
        problem = dataclasses.replace(problem, weights=tuple(1.0 for _ in problem.series))
        fit = inference.sampler(problem, names, SHORT)
        found = ranks_of(problem, names, truths, request.seed, fit, progress)
        report(f"{name}: ranks not uniform for {', '.join(found.failed()) or 'no parameter'}")
        results[name] = found.table()
    return {
        "thaw": thaw.__version__, "until": request.until, "seed": request.seed,
        "subsystems": results,
    }  # fmt: skip


def write(results: dict[str, Any], out: Path) -> None:
    """Write ranks as JSON in one step; raise InputError when the folder cannot be written."""
    staging = out.with_name(f".{out.name}.new")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        staging.write_text(json.dumps(results) + "\n", encoding="utf-8")
        staging.replace(out)
    except OSError as error:
        raise InputError(f"--out '{out}': cannot write there ({error.strerror})") from None
