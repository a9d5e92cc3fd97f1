"""Simulation-based calibration: does the fit give back parameters that the model itself drew?

A truth is drawn from the prior, data from the likelihood at that truth at the stamps of the record,
the fit is run on them, and the rank of the truth among the posterior draws is kept. Under a correct
sampler and likelihood ranks are uniform (Talts et al. 2018; Modrak et al. 2023). Refits run side by
side in one compiled function. Truth k of a seed, and its data, do not depend on how many there are.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

import thaw
from thaw import record
from thaw.calibrate import diagnostics, fitting, inference, posteriors, selection, surrogate
from thaw.calibrate import ranks as stored
from thaw.calibrate.coarse import coarse
from thaw.calibrate.inference import Chains, Effort
from thaw.calibrate.problem import Data, Problem
from thaw.calibrate.ranks import DENSITY, MOST, Ranked, Ranks
from thaw.calibrate.truths import Truth, truth_of
from thaw.errors import InputError

EFFORTS = (
    Effort(chains=2, warmup=150, draws=150, depth=6),
    Effort(chains=2, warmup=400, draws=300, depth=7, acceptance=0.9),
)
"""The first attempt at a refit, and the second and last one where it did not converge."""
WORST_RHAT = 1.1
"""Above this a short fit of a synthetic truth counts as not converged."""
LANES, MODEL_LANES = 25, 5
"""Truths that are refitted side by side on a response surface, or on the model itself, which is
faster while its months fit into the cache; the longest trajectory among them sets the pace."""
SURFACES = {"people": 2, "camps": 3, "agriculture": 2, "industry": 2, "science": 2, "public": 3}
"""Degree of the response surface that stands in the place of a subsystem too slow for hundreds of
refits. Truths and refits share it, so its error is no error of the ranks; it is stored with them.
Lists of events are summed by year and republic there.
"""
RUNS_PER_TERM, LARGEST_ERROR = {2: 4, 3: 8}, 1.0


class Refit(NamedTuple):
    """Chains of one truth, with log densities of its draws and of the truth itself."""

    chains: Chains
    densities: Float[np.ndarray, "chain draw"]
    density: float


def refitter(
    problem: Problem, names: Sequence[str], effort: Effort
) -> Callable[[int, Sequence[int], Sequence[Truth]], list[Refit]]:
    """Return the function from a seed, numbers of truths and truths to their refits.

    All run in lockstep in one compiled function; it compiles once for each number of truths.
    """
    from numpyro.infer.util import potential_energy, unconstrain_fn

    build = inference.model(problem, names)
    rows = [problem.candidates[name] for name in names]
    fields = (*inference.FIELDS, "potential_energy")

    def one(key: Array, observed: Data, sites: dict[str, Array]) -> Any:
        mcmc = inference.chains_together(problem, names, effort)
        mcmc.run(key, observed, extra_fields=fields)
        at = potential_energy(build, (observed,), {}, unconstrain_fn(build, (observed,), {}, sites))
        return mcmc.get_samples(True), mcmc.get_extra_fields(True), at

    together = jax.jit(jax.vmap(one))

    def run(seed: int, numbers: Sequence[int], truths: Sequence[Truth]) -> list[Refit]:
        keys = jax.vmap(lambda n: jax.random.fold_in(jax.random.key(seed), n))(jnp.array(numbers))
        data = jax.tree.map(lambda *each: jnp.stack(each), *[t.observed for t in truths])
        sites = jax.tree.map(lambda *each: jnp.stack(each), *[t.sites for t in truths])
        found = jax.device_get(together(keys, data, sites))
        lanes = [jax.tree.map(lambda leaf, lane=lane: leaf[lane], found)
                 for lane in range(len(truths))]  # fmt: skip
        return [
            Refit(
                inference.chains_of(draws, extra, rows, problem.scales),
                -np.asarray(extra["potential_energy"]),
                -float(at),
            )
            for draws, extra, at in lanes
        ]

    return run


def rank(
    truth: Float[np.ndarray, " quantity"], draws: Float[np.ndarray, "chain draw quantity"]
) -> Int[np.ndarray, " quantity"]:
    """Return how many of ``MOST`` thinned posterior draws lie below the truth."""
    flat = draws.reshape(-1, draws.shape[-1])
    thin = flat[np.linspace(0, len(flat) - 1, MOST).astype(int)]
    return (thin < truth).sum(axis=0)


def ranks_of(
    problem: Problem,
    names: Sequence[str],
    truths: int,
    seed: int,
    efforts: Sequence[Effort],
    lanes: int,
    done: Ranked | None = None,
    keep: Callable[[Ranked], None] = lambda found: None,
) -> Ranked:
    """Return the ranks of truths 0 to ``truths`` - 1 of some parameters under the fit's sampler.

    They are refitted ``lanes`` at a time; ``keep`` receives the ranks so far after each time. Those
    that do not converge are tried again with the next effort. ``done`` holds earlier truths.
    """
    predict = jax.jit(lambda values: problem.predict(dict(zip(names, values, strict=True))))
    found = _earlier(done, names)
    error = getattr(problem, "largest_error", None)
    for attempt, effort in enumerate(efforts):
        waiting = [n for n in range(truths) if n not in found.rows and found.tried(n) == attempt]
        refit, width = refitter(problem, names, effort), min(lanes, len(waiting))
        for start in range(0, len(waiting), max(width, 1)):
            began = time.monotonic()
            group = waiting[start : start + width]
            # the last time is filled up, so that nothing compiles again
            full = [*group, *[group[-1]] * (width - len(group))]
            drawn = [truth_of(problem, names, predict, seed, n) for n in full]
            for number, truth, one in zip(group, drawn, refit(seed, full, drawn), strict=False):
                found.add(number, truth, one)
            found.seconds += time.monotonic() - began
            keep(found.ranked(names, error))
    return found.ranked(names, error)


@dataclasses.dataclass
class _Found:
    """What has been found so far, by truth: ranks (the log density last), and each attempt.

    ``diverging`` holds the share of divergent draws of every attempt.
    """

    rows: dict[int, list[int]]
    diverging: dict[int, list[float]]
    seconds: float

    def tried(self, number: int) -> int:
        """Return how often a truth was refitted."""
        return len(self.diverging.get(number, ()))

    def add(self, number: int, truth: Truth, one: Refit) -> None:
        """Rank one truth, unless its refit did not converge."""
        share = float(one.chains.diverging.mean())
        self.diverging.setdefault(number, []).append(share)
        if diagnostics.diagnose(one.chains).rhat <= WORST_RHAT:
            draws = np.concatenate([one.chains.values, one.densities[..., None]], axis=2)
            self.rows[number] = rank(np.append(truth.values, one.density), draws).tolist()

    def ranked(self, names: Sequence[str], surrogate_error: float | None) -> Ranked:
        """Return the stored form."""
        rows = [self.rows[number] for number in sorted(self.rows)]
        columns = np.array(rows, int).reshape(-1, len(names) + 1).T
        last = [shares[-1] for shares in self.diverging.values()]
        return stored.ranked(
            truths=len(self.diverging),
            again=[n for n in self.diverging if self.tried(n) > 1],
            refused=[n for n in self.diverging if n not in self.rows],
            ranks=dict(zip((*names, DENSITY), columns, strict=True)),
            diverging=float(np.mean(last)) if last else 0.0,
            seconds=self.seconds,
            surrogate_error=surrogate_error,
        )


def _earlier(done: Ranked | None, names: Sequence[str]) -> _Found:
    if done is None:
        return _Found({}, {}, 0.0)
    if tuple(done.parameters) != tuple(names):
        raise InputError("--resume: the stored ranks are of other parameters: leave it out")
    rows = np.stack([done.ranks(name) for name in (*names, DENSITY)], axis=1).tolist()
    kept = [number for number in range(done.truths) if number not in done.refused]
    tried = {n: [done.diverging] * (1 + (n in done.again)) for n in range(done.truths)}
    return _Found(dict(zip(kept, rows, strict=True)), tried, done.seconds)


def empty(request: fitting.Request) -> Ranks:
    """Return ranks of a request without any subsystem."""
    sampling = [
        stored.Sampling(**dataclasses.asdict(effort), worst_rhat=WORST_RHAT) for effort in EFFORTS
    ]
    return Ranks(
        thaw=thaw.__version__,
        record_hash=record.record_hash(),
        until=request.until,
        seed=request.seed,
        sampling=sampling,
        subsystems={},
    )


def posed(name: str, request: fitting.Request) -> tuple[Problem, tuple[str, ...]]:
    """Return the problem of a subsystem as its fit has it, but untempered, and what it fits.

    The reference world is that of the fit in the shipped set of the same date, if there is one.
    """
    sets = [posteriors.load(each) for each in posteriors.names()]
    same = next((s for s in sets if s.fit_until == request.until), None)
    means = fitting.before(name, same) if same is not None else {}
    problem, effective = fitting.posed(name, request, means)
    names = selection.choose(problem, effective) if effective else ()
    if names and name in SURFACES:
        degree = SURFACES[name]
        problem = surrogate.emulate(
            coarse(problem), names, degree, RUNS_PER_TERM[degree], LARGEST_ERROR
        )
    # synthetic errors are independent, so nothing is tempered
    return dataclasses.replace(problem, weights=tuple(1.0 for _ in problem.series)), names


def run(
    request: fitting.Request,
    subsystems: Collection[str],
    truths: int,
    out: Path,
    resume: bool = False,
    report: Callable[[str], None] = lambda line: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Ranks:
    """Write the ranks of ``truths`` synthetic truths of each subsystem to ``out``; return them.

    After each group of truths the ranks so far go to ``out`` with ``.part``; ``resume`` goes on
    from there, or from ``out``, and keeps the other subsystems that it holds.
    """
    part = out.with_name(out.name + ".part")
    before = next((path for path in (part, out) if path.is_file()), None) if resume else None
    found = resumed(before, request) if before is not None else empty(request)
    stored.write(found, part)  # fail now, not after an hour
    for at, name in enumerate(subsystems):
        problem, names = posed(name, request)
        if not names:
            continue

        def keep(ranked: Ranked, at: int = at, name: str = name) -> None:
            nonlocal found
            found = found.model_copy(update={"subsystems": _ordered(found, name, ranked)})
            stored.write(found, part)
            progress(at * truths + ranked.truths, len(subsystems) * truths)

        done = found.subsystems.get(name)
        lanes = LANES if name in SURFACES else MODEL_LANES
        ranked = ranks_of(problem, names, truths, request.seed, EFFORTS, lanes, done, keep)
        report(
            f"{name}: {ranked.truths} truths, {len(ranked.refused)} refused;"
            f" ranks not uniform for {', '.join(ranked.failed) or 'no parameter'}"
        )
    stored.write(found, out)
    part.unlink(missing_ok=True)
    return found


def _ordered(found: Ranks, name: str, ranked: Ranked) -> dict[str, Ranked]:
    every = {**found.subsystems, name: ranked}
    return {each: every[each] for each in fitting.ORDER if each in every}


def resumed(path: Path, request: fitting.Request) -> Ranks:
    """Return the ranks in a file; raise InputError when they belong to something else."""
    found, wanted = stored.read(path), empty(request)
    for field in ("thaw", "record_hash", "until", "seed", "sampling"):
        if getattr(found, field) != getattr(wanted, field):
            raise InputError(f"--resume: '{path}' has another {field}: leave --resume out")
    return found
