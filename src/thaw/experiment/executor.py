"""Many worlds, one interface: tasks run in threads of this process or on a Dask cluster.

A task is one block of ``simulate.BATCH`` draws of one world. Draws are keyed and padded to the same
shape everywhere, so a task returns the same bits wherever it runs on the same build; a lost worker
loses only the tasks that it held, and those run again elsewhere.
"""

from __future__ import annotations

import contextlib
import dataclasses
import platform
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from functools import lru_cache, partial
from typing import Any, Protocol

import jax
import numpy as np
from jaxtyping import Float

import thaw
from thaw import reforms
from thaw.calibrate import events
from thaw.errors import InputError
from thaw.experiment.run import (
    Progress,
    Settings,
    parameter_sample,
    trace_under,
    weather_years,
)
from thaw.model import parameters, simulate
from thaw.model.places import BLOC_STATES
from thaw.model.simulate import Trace

TIMEOUT = 10.0
"""Seconds to wait for an answer of a scheduler."""
LOCAL = "local"
LARGEST, ROUNDS = 8, 8
"""On a cluster a worker gets up to ``LARGEST`` tasks at once, but not more than one in ``ROUNDS``
of its share: the scheduler's time is per message, and a lost worker loses what it holds."""


@dataclasses.dataclass(frozen=True)
class Task:
    """Draws ``first_draw`` to ``first_draw + BATCH - 1`` of the world of ``settings``.

    ``decided_from`` is the month from which the model decides responses (None: as the scenario
    says), so that worlds that are compared are decided on the same terms.
    """

    settings: Settings
    first_draw: int = 0
    decided_from: int | None = None

    @property
    def draws(self) -> int:
        """Number of draws of this block."""
        return min(simulate.BATCH, self.settings.draws - self.first_draw)


Work = Callable[[Task], Any]


class Executor(Protocol):
    """Runs a function on tasks; yields (index of the task, result) in the order of completion."""

    def results(self, work: Work, tasks: Sequence[Task]) -> Iterator[tuple[int, Any]]:
        """Yield every task's index and result once, as they complete."""


@dataclasses.dataclass(frozen=True)
class Local:
    """Threads of this process: compiled code runs outside Python's lock."""

    threads: int = 2

    def results(self, work: Work, tasks: Sequence[Task]) -> Iterator[tuple[int, Any]]:
        """Yield every task's index and result once, as they complete."""
        pool = futures.ThreadPoolExecutor(self.threads)
        try:
            waiting = {pool.submit(work, task): index for index, task in enumerate(tasks)}
            for done in futures.as_completed(waiting):
                yield waiting.pop(done), done.result()
        finally:
            pool.shutdown(cancel_futures=True)


@dataclasses.dataclass(frozen=True)
class Cluster:
    """A Dask cluster, which runs the tasks of lost workers again on the others."""

    client: Any

    def results(self, work: Work, tasks: Sequence[Task]) -> Iterator[tuple[int, Any]]:
        """Yield every task's index and result once, as they complete."""
        from dask.distributed import as_completed

        size = self._group(len(tasks))
        starts = range(0, len(tasks), size)
        groups = [tasks[start : start + size] for start in starts]
        sent = self.client.map(partial(_each, work), groups, pure=False)
        first = {future.key: start for future, start in zip(sent, starts, strict=True)}
        try:
            for future, found in as_completed(sent, loop=self.client.loop, with_results=True):
                yield from enumerate(found, first[future.key])
        finally:
            self.client.cancel(sent)

    def _group(self, tasks: int) -> int:
        """Return how many tasks a worker gets at once."""
        threads = sum(self.client.nthreads().values())
        return min(max(tasks // (ROUNDS * max(threads, 1)), 1), LARGEST)


def _each(work: Work, tasks: Sequence[Task]) -> list[Any]:
    return [work(task) for task in tasks]


@contextlib.contextmanager
def executor(address: str | None = None) -> Iterator[Executor]:
    """Open the executor of an address: None for threads, ``local:N`` for N processes, else Dask.

    Raises InputError when Dask is missing, nobody answers, or the workers run another build.
    """
    if address is None:
        yield Local()
        return
    with contextlib.ExitStack() as stack:
        yield Cluster(_client(address, stack))


def _client(address: str, stack: contextlib.ExitStack) -> Any:
    try:
        from dask.distributed import Client, LocalCluster
    except ImportError:
        raise InputError(
            "--cluster needs Dask, which is not installed: pip install 'thaw[cluster]'"
        ) from None
    target: Any = address
    if address.partition(":")[0] == LOCAL:
        target = stack.enter_context(
            LocalCluster(n_workers=_count(address), threads_per_worker=1, dashboard_address=":0")
        )
    try:
        client = stack.enter_context(Client(target, timeout=TIMEOUT, set_as_default=False))
    except (OSError, ValueError, TimeoutError):
        raise InputError(
            f"--cluster '{address}': no Dask scheduler answers there; allowed: host:port, "
            "tcp://host:port, local, local:N"
        ) from None
    _check_builds(client, address)
    return client


def _count(address: str) -> int:
    given = address.partition(":")[2] or "2"
    if not given.isdecimal() or not 1 <= int(given) <= 256:
        raise InputError(f"--cluster '{address}': allowed after 'local:' is 1 to 256 workers")
    return int(given)


def build() -> tuple[str, str, str]:
    """Return what must agree for equal bits: versions of thaw and JAX, instruction set."""
    return thaw.__version__, jax.__version__, platform.machine()


def _check_builds(client: Any, address: str) -> None:
    found = client.run(build)
    if not found:
        raise InputError(f"--cluster '{address}': the scheduler has no workers")
    for worker, theirs in found.items():
        if theirs != build():
            raise InputError(
                f"--cluster '{address}': worker {worker} runs {'/'.join(theirs)}, "
                f"here {'/'.join(build())}"
            )


def decided_from(worlds: Sequence[reforms.Scenario]) -> int | None:
    """Return the first month in which any world differs from history; None where none does.

    From there the model decides responses in all of them, so that they are compared on the same
    terms.
    """
    found = [world.first_changed_month() for world in worlds]
    return min((month for month in found if month is not None), default=None)


def tasks_of(settings: Settings, decided_from: int | None = None) -> list[Task]:
    """Return the blocks of draws of one world."""
    starts = range(0, settings.draws, simulate.BATCH)
    return [Task(settings, start, decided_from) for start in starts]


def trace_block(task: Task) -> Trace:
    """Return the monthly trace of one task; it reaches one month beyond the end of the run."""
    settings, months = task.settings, task.settings.months + 1
    chosen = slice(task.first_draw, task.first_draw + task.draws)
    paths = reforms.lever_paths(settings.scenario, months, task.decided_from)
    plan = simulate.plan_of(paths, months, weather_years(settings)[chosen])
    plan = dataclasses.replace(plan, outbreaks=_outbreaks(months, task.decided_from))
    fixed = tuple(sorted(settings.fixed().items()))
    whole = _sample(settings.posterior, settings.seed, settings.draws, fixed)
    sample = {name: values[chosen] for name, values in whole.items()}
    return trace_under(settings, plan, sample, first_draw=task.first_draw)


def _outbreaks(months: int, decided_from: int | None) -> Float[np.ndarray, "month state"] | None:
    """Return the unrest abroad that the record holds until the model begins to decide responses.

    What worlds respond to is history; without it most draws of a question about the response to
    an outbreak would have none. None where nothing is decided otherwise.
    """
    if decided_from is None:
        return None
    known = np.full((months, len(BLOC_STATES)), np.nan)
    known[: decided_from + 1] = events.bloc_unrest().counts[: min(decided_from + 1, months)]
    return known


@lru_cache(maxsize=4)
def _sample(
    posterior: str, seed: int, draws: int, fixed: tuple[tuple[str, float], ...]
) -> parameters.Sample:
    base = Settings(reforms.load_scenario("historical"), draws, seed, posterior=posterior)
    return parameters.override(parameter_sample(base), dict(fixed))


def traces(
    worlds: Sequence[Settings],
    decided_from: int | None = None,
    runner: Executor | None = None,
    progress: Progress | None = None,
) -> list[Trace]:
    """Return the whole trace of every world; ``progress`` counts draws over all worlds."""
    parts = gather(trace_block, worlds, decided_from, runner, progress)
    return [join(blocks) for blocks in parts]


def gather(
    work: Work,
    worlds: Sequence[Settings],
    decided_from: int | None = None,
    runner: Executor | None = None,
    progress: Progress | None = None,
) -> list[list[Any]]:
    """Return, for every world, the results of its blocks in the order of draws."""
    blocks = [tasks_of(world, decided_from) for world in worlds]
    tasks = [task for world in blocks for task in world]
    found: list[Any] = [None] * len(tasks)
    done, total = 0, sum(task.draws for task in tasks)
    for index, result in (runner or Local()).results(work, tasks):
        found[index] = result
        done += tasks[index].draws
        if progress is not None:
            progress(done, total)
    ordered = iter(found)
    return [[next(ordered) for _ in world] for world in blocks]


def join(blocks: Sequence[Any]) -> Any:
    """Return blocks of draws (arrays, or dicts of them) joined along the first axis."""
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *blocks)
