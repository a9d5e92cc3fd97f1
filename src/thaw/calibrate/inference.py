"""Bayesian inference for one subsystem: NUTS over its chosen parameters and discrepancies.

Priors are those of ``parameters.csv`` (PERT, so beta on the range). The discrepancy of each series
has a half-normal prior whose scale comes from the error of reading, fixed before the fit.
Parameters that are not chosen stand at their modes during the fit and keep their prior afterwards.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr, ndtri
from jaxtyping import Array, Float

from thaw.calibrate.problem import Data, Problem
from thaw.model.parameters import Prior

if TYPE_CHECKING:
    from numpyro.infer import MCMC

FIELDS = ("diverging", "energy")
"""What the sampler says of each draw."""


@dataclasses.dataclass(frozen=True)
class Effort:
    """How long the sampler runs; chains run side by side in one compiled function.

    A trajectory doubles at most ``depth`` times.
    """

    chains: int = 4
    warmup: int = 300
    draws: int = 300
    acceptance: float = 0.85
    depth: int = 8


@dataclasses.dataclass(frozen=True)
class Chains:
    """Draws by chain: parameter values, discrepancies, and what the sampler says of itself."""

    values: Float[np.ndarray, "chain draw parameter"]
    discrepancy: Float[np.ndarray, "chain draw series"]
    diverging: Float[np.ndarray, "chain draw"]
    energy: Float[np.ndarray, "chain draw"]


def scaled(unit: Float[Array, " parameter"], rows: Sequence[Prior]) -> Float[Array, " parameter"]:
    """Return parameter values from places in [0, 1] of their ranges."""
    low = jnp.asarray([row.low for row in rows])
    return low + unit * jnp.asarray([row.high - row.low for row in rows])


def model(problem: Problem, names: Sequence[str]) -> Callable[[Data], None]:
    """Return the numpyro model of a problem with the given parameters fitted, given data."""
    import numpyro
    from numpyro import distributions as dist

    rows = [problem.candidates[name] for name in names]
    detections = problem.detections

    def place(site: str, wanted: Sequence[Prior]) -> Array:
        if not wanted:
            return jnp.zeros(0)
        a = jnp.asarray([row.shape[0] for row in wanted])
        b = jnp.asarray([row.shape[1] for row in wanted])
        return scaled(numpyro.sample(site, dist.Beta(a, b).to_event(1)), wanted)

    def build(observed: Data) -> None:
        values = place("unit", rows)
        chances = place("detection", detections)
        spread = jnp.zeros(0)
        if problem.series:
            normal = dist.Normal(jnp.zeros(len(problem.series)), 1.0).to_event(1)
            spread = half_normal(numpyro.sample("score", normal)) * problem.scales
        prediction = problem.predict(dict(zip(names, values, strict=True)))
        numpyro.factor("record", problem.log_likelihood(prediction, spread, chances, observed))

    return build


def half_normal(score: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return half-normal values from standard normal scores.

    Sampling scores avoids the long tail that the logarithm of a small s.d. would have.
    """
    return ndtri(0.5 + 0.5 * ndtr(score))


def sampler(
    problem: Problem, names: Sequence[str], effort: Effort
) -> Callable[[int, Data], Chains]:
    """Return the function from a seed and data to chains; it compiles once."""
    rows = [problem.candidates[name] for name in names]
    mcmc = chains_together(problem, names, effort)

    def run(seed: int, observed: Data) -> Chains:
        mcmc.run(jax.random.key(seed), observed, extra_fields=FIELDS)
        found = mcmc.get_samples(group_by_chain=True)
        return chains_of(found, mcmc.get_extra_fields(group_by_chain=True), rows, problem.scales)

    return run


def chains_together(problem: Problem, names: Sequence[str], effort: Effort) -> MCMC:
    """Return the sampler of a problem: NUTS, its chains side by side in one function."""
    from numpyro.infer import MCMC, NUTS, init_to_value

    rows = [problem.candidates[name] for name in names]
    kernel = NUTS(
        model(problem, names),
        dense_mass=True,
        target_accept_prob=effort.acceptance,
        max_tree_depth=effort.depth,
        init_strategy=init_to_value(values=start(problem, rows)),
    )
    return MCMC(
        kernel,
        num_warmup=effort.warmup,
        num_samples=effort.draws,
        num_chains=effort.chains,
        chain_method="vectorized",
        progress_bar=False,
        jit_model_args=True,
    )


def start(problem: Problem, rows: Sequence[Prior]) -> dict[str, Array]:
    """Return where chains begin: parameters at their modes, discrepancies at their scale."""
    where: dict[str, Array] = {"unit": places(rows)}
    if problem.detections:
        where["detection"] = places(problem.detections)
    if problem.series:
        where["score"] = jnp.zeros(len(problem.series))
    return where


def places(rows: Sequence[Prior]) -> Float[Array, " parameter"]:
    """Return the places of the modes in their ranges, a little inside."""
    at = [(row.mode - row.low) / (row.high - row.low) for row in rows]
    return jnp.clip(jnp.asarray(at), 0.05, 0.95)


def chains_of(
    found: Mapping[str, Array],
    extra: Mapping[str, Array],
    rows: Sequence[Prior],
    scales: Float[np.ndarray, " series"],
) -> Chains:
    """Return draws in the parameters' own units from the sampler's sites."""
    unit = np.asarray(found["unit"])
    low = np.array([row.low for row in rows])
    width = np.array([row.high - row.low for row in rows])
    scores = found.get("score", jnp.zeros((*unit.shape[:2], 0)))
    return Chains(
        values=low + unit * width,
        discrepancy=np.asarray(half_normal(scores)) * scales,
        diverging=np.asarray(extra["diverging"], float),
        energy=np.asarray(extra["energy"]),
    )
