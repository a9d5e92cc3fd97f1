"""A whole calibration: subsystems one by one, from the well measured to the latent.

The posterior means of the subsystems before it in ``ORDER`` enter the reference world of a
subsystem; nothing flows back. A fit that does not converge is refused: its subsystem keeps its
prior.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import numpy as np

import thaw
from thaw import record
from thaw.calibrate import (
    data,
    diagnostics,
    drivers,
    events,
    inference,
    posteriors,
    selection,
    surrogate,
)
from thaw.calibrate import problem as problems
from thaw.calibrate.inference import Chains, Effort
from thaw.calibrate.posteriors import Fit, Learned, Misfit, PosteriorSet, Sampler
from thaw.calibrate.problem import Problem
from thaw.errors import InputError, unknown
from thaw.model import registry
from thaw.model.clock import months_until
from thaw.model.observation import observables

ORDER = (
    "people", "camps", "agriculture", "industry", "science", "arts", "east_west", "bloc",
    "public", "legacy",
)  # fmt: skip
"""Subsystems with fitted data, the well measured first (model contract, section 15.3)."""
SETS = {"until-1958": "1958-12", "all": "1970-12"}
"""Shipped sets: the last month of the values to which each is fitted."""
STORED = 200
"""Joint draws kept for each subsystem."""
USUAL = Effort()
LONGER = Effort(warmup=800, draws=500, acceptance=0.97)
"""The second and last attempt at a fit that did not converge."""

_DONE = "done: "
Report = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Request:
    """What to fit: values until a month, without what is left out, keyed by a seed."""

    until: str = SETS["all"]
    seed: int = 0
    leave_out: tuple[str, ...] = ()
    effort: Effort = USUAL

    def __post_init__(self) -> None:
        """Check at the door; raise InputError."""
        if months_until(self.until) < 24:
            raise InputError(f"--until {self.until} leaves less than two years to fit")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"--seed {self.seed} is outside 0 to {2**32 - 1}")
        data.check_left_out(self.leave_out, events.case_names())

    @property
    def name(self) -> str:
        """The name of the shipped set of this request, or a name from its date."""
        shipped = {until: name for name, until in SETS.items()}
        name = shipped.get(self.until, f"until-{self.until}")
        return " without ".join([name, *self.leave_out])


def chosen(names: Iterable[str]) -> tuple[str, ...]:
    """Return subsystems to fit in order; all of ``ORDER`` for none. Raises InputError."""
    wanted = tuple(names)
    for name in wanted:
        if name not in ORDER:
            allowed = ORDER if name in registry.NAMES else registry.NAMES
            raise unknown("subsystem with fitted data", name, allowed)
    return tuple(name for name in ORDER if not wanted or name in wanted)


def owners(left_out: Collection[str]) -> tuple[str, ...]:
    """Return the subsystems that a series or case left out belongs to; none for nothing."""
    found = set()
    for name in left_out:
        series_id = name.partition("@")[0]
        found |= {o.subsystem for o in observables().values() if o.series_id == series_id}
        found |= {s for s, listed in events.LISTS.items() if listed().family == series_id}
    return tuple(sorted(found & set(ORDER)))


def shipped(request: Request, wanted: Collection[str]) -> PosteriorSet | None:
    """Return the shipped set of the same date for the subsystems that are not wanted, if any."""
    if set(wanted) == set(ORDER):
        return None
    same = [posteriors.load(name) for name in posteriors.names()]
    return next((s for s in same if s.fit_until == request.until and not s.left_out), None)


def before(name: str, found: PosteriorSet) -> dict[str, float]:
    """Return the posterior means of the subsystems that stand before one in ``ORDER``."""
    earlier = ORDER[: ORDER.index(name)]
    kept = {n: f for n, f in found.subsystems.items() if n in earlier}
    return found.model_copy(update={"subsystems": kept}).means()


def posed(name: str, request: Request, means: dict[str, float]) -> tuple[Problem, float]:
    """Return the problem of a subsystem with tempering weights, and its effective number."""
    world = drivers.reference(months_until(request.until), means)
    problem = problems.of_subsystem(name, world, request.leave_out)
    if not problem.series and not problem.events:
        return problem, 0.0
    return selection.tempered(problem)


def fit_subsystem(name: str, request: Request, means: dict[str, float], report: Report) -> Fit:
    """Return the fit of one subsystem, given the means of those before it."""
    problem, effective = posed(name, request, means)
    names = selection.choose(problem, effective) if effective else ()
    report(f"{name}: {effective:.1f} effective observations, fits {len(names)} parameters")
    if not names:
        return Fit(status="prior", reason="no data that can carry a parameter",
                   effective_number=effective)  # fmt: skip
    if name in surrogate.HEAVY:
        problem = surrogate.emulate(problem, names)
    chains = diagnosis = None
    for effort in (request.effort, LONGER):
        chains = inference.sampler(problem, names, effort)(request.seed, problem.recorded)
        diagnosis = diagnostics.diagnose(chains)
        report(
            f"{name}: R-hat {diagnosis.rhat:.3f}, effective draws {diagnosis.ess:.0f},"
            f" divergences {diagnosis.diverging:.1%}, energy {diagnosis.bfmi:.2f}"
        )
        if diagnosis.refusal is None:
            break
    assert chains is not None and diagnosis is not None
    return fit_of(problem, names, chains, diagnosis, effective)


def fit_of(
    problem: Problem,
    names: Collection[str],
    chains: Chains,
    diagnosis: diagnostics.Diagnostics,
    effective: float,
) -> Fit:
    """Return the stored form of some chains; without draws when they are refused."""
    rows = [problem.candidates[name] for name in names]
    flat = chains.values.reshape(-1, len(rows))
    learned = diagnostics.contraction(chains, rows)
    kept = flat[np.linspace(0, len(flat) - 1, min(STORED, len(flat))).astype(int)]
    chain_count, draw_count = chains.values.shape[:2]
    fit = Fit(
        status="refused",
        reason=diagnosis.refusal or "",
        effective_number=effective,
        sampler=Sampler(**dataclasses.asdict(diagnosis), chains=chain_count, draws=draw_count),
    )
    if diagnosis.refusal is not None:
        return fit
    parameters = {
        row.name: Learned(
            low=row.low,
            mode=row.mode,
            high=row.high,
            contraction=learned[row.name],
            mean=float(flat[:, at].mean()),
            sd=float(flat[:, at].std()),
        )
        for at, row in enumerate(rows)
    }
    return fit.model_copy(
        update={
            "status": "fitted",
            "parameters": parameters,
            "draws": posteriors.rounded(kept),
            "discrepancy": _misfits(problem, chains),
            "surrogate_error": getattr(problem, "largest_error", None),
        }
    )


def _misfits(problem: Problem, chains: Chains) -> dict[str, Misfit]:
    size = np.sqrt(np.mean(chains.discrepancy**2, axis=(0, 1)))
    return {
        series.name: Misfit(
            kind=series.kind, sd=float(size[at]), prior_scale=series.discrepancy,
            values=len(series.values), effective=problem.weights[at] * len(series.values),
        )
        for at, series in enumerate(problem.series)
    }  # fmt: skip


def empty(request: Request, base: PosteriorSet | None = None) -> PosteriorSet:
    """Return a set for a request without fits, or with those of ``base``."""
    return PosteriorSet(
        name=request.name,
        fit_until=request.until,
        thaw=thaw.__version__,
        record_hash=record.record_hash(),
        seed=request.seed,
        left_out=list(request.leave_out),
        subsystems=dict(base.subsystems) if base is not None else {},
        log=[f"other subsystems as in '{base.name}'"] if base is not None else [],
    )


def calibrate(
    request: Request,
    subsystems: Iterable[str] = (),
    base: PosteriorSet | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    report: Report = lambda line: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> PosteriorSet:
    """Fit subsystems one by one and return the posterior set.

    ``base`` gives the fits of the other subsystems. After each subsystem the set so far is written
    to ``checkpoint`` in one step; ``resume`` goes on from there. ``progress(done, total)`` counts
    subsystems. Raises InputError when the checkpoint belongs to another request.
    """
    wanted = chosen(subsystems)
    found = empty(request, base)
    done: set[str] = set()
    if resume and checkpoint is not None and checkpoint.is_file():
        found = resumed(checkpoint, found)
        done = set(found.log[-1].removeprefix(_DONE).split(", "))
    elif checkpoint is not None:
        posteriors.write(_with(found, [_DONE]), checkpoint)  # fail now, not after an hour
    for count, name in enumerate(wanted, start=1):
        if name not in done:
            lines: list[str] = []

            def say(line: str, lines: list[str] = lines) -> None:
                lines.append(line)
                report(line)

            fit = fit_subsystem(name, request, before(name, found), say)
            if fit.status != "fitted":
                say(f"{name}: keeps its prior ({fit.reason})")
            done.add(name)
            fits = {**found.subsystems, name: fit}
            ordered = {n: fits[n] for n in ORDER if n in fits}
            found = found.model_copy(update={"subsystems": ordered})
            found = _with(found, [*lines, _DONE + ", ".join(sorted(done))])
            if checkpoint is not None:
                posteriors.write(found, checkpoint)
        progress(count, len(wanted))
    return _with(found, [])


def _with(found: PosteriorSet, lines: list[str]) -> PosteriorSet:
    """Return a set with more lines in its log; the note of what is done gives way to a new one."""
    log = [line for line in found.log if not line.startswith(_DONE)]
    return found.model_copy(update={"log": [*log, *lines]})


def resumed(checkpoint: Path, wanted: PosteriorSet) -> PosteriorSet:
    """Return the set in a checkpoint; raise InputError when another request wrote it."""
    found = posteriors.read(checkpoint)
    for field in ("fit_until", "seed", "left_out", "thaw", "record_hash"):
        if getattr(found, field) != getattr(wanted, field):
            raise InputError(
                f"--resume: '{checkpoint}' was fitted with {field} {getattr(found, field)!r},"
                f" this request has {getattr(wanted, field)!r}"
            )
    return found


def finish(found: PosteriorSet, out: Path, checkpoint: Path) -> None:
    """Write a finished set and take its checkpoint away."""
    posteriors.write(found, out)
    checkpoint.unlink(missing_ok=True)
