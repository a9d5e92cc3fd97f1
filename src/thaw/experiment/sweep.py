"""Many worlds: every combination of doses, dates and seeds, as one dataset; resumable.

Finished blocks of draws lie as files in ``.parts`` of the result folder, each written in one step;
a sweep that was killed goes on from them. When all are there, the dataset is made from them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import thaw
from thaw import record, reforms
from thaw.calibrate import DEFAULT
from thaw.errors import InputError
from thaw.experiment import executor, pieces
from thaw.experiment.outcomes import Outcome, Reading
from thaw.experiment.run import Progress, Settings
from thaw.model.clock import stamp

MAX_WORLDS = 10_000
Point = dict[str, float]


@dataclasses.dataclass(frozen=True)
class Sweep:
    """A base world, and the axes along which it is changed.

    ``axes`` maps names such as ``dose.virgin_lands`` or ``shift.virgin_lands`` to values; ``seeds``
    is an axis of its own. Outcomes are kept at all their stamps.
    """

    base: reforms.Scenario
    axes: Mapping[str, tuple[float, ...]]
    outcomes: tuple[Outcome, ...]
    seeds: tuple[int, ...] = (0,)
    draws: int = 64
    posterior: str = DEFAULT
    weather: str = "replay"

    def points(self) -> Iterator[tuple[Point, int]]:
        """Return every combination of axis values, and seed, in the order of the dimensions."""
        for values in itertools.product(*self.axes.values(), self.seeds):
            yield dict(zip(self.axes, values[:-1], strict=True)), int(values[-1])

    @cached_property
    def worlds(self) -> list[Settings]:
        """The settings of every combination; raises InputError for what a reform cannot take."""
        number = len(self.seeds) * int(np.prod([len(v) for v in self.axes.values()], dtype=int))
        if number > MAX_WORLDS:
            raise InputError(f"the sweep has {number} worlds, allowed: up to {MAX_WORLDS}")
        return [
            Settings(changed(self.base, point), self.draws, seed, "cohorts", self.posterior,
                     self.weather)
            for point, seed in self.points()
        ]  # fmt: skip

    @property
    def months(self) -> tuple[int, ...]:
        """The stamps of the outcomes, all together."""
        months = self.worlds[0].months
        return tuple(sorted({at for outcome in self.outcomes for at in outcome.stamps(months)}))

    def table(self) -> dict[str, Any]:
        """Return the sweep as plain values, as its manifest holds it."""
        return {
            "kind": "sweep",
            "thaw": thaw.__version__,
            "record_hash": record.record_hash(),
            "scenario": self.base.table(),
            "axes": {name: list(values) for name, values in self.axes.items()},
            "outcomes": [f"{outcome.label}@{outcome.place}" for outcome in self.outcomes],
            "seeds": list(self.seeds),
            "draws": self.draws,
            "people": "cohorts",
            "posterior": self.posterior,
            "weather": self.weather,
        }

    def hash(self) -> str:
        """Return the SHA-256 of what the sweep computes."""
        return hashlib.sha256(json.dumps(self.table(), sort_keys=True).encode()).hexdigest()


def changed(base: reforms.Scenario, point: Point) -> reforms.Scenario:
    """Return ``base`` with the doses and shifts of one point, in mode ``do``."""
    world = base
    for axis, value in point.items():
        kind, _, slug = axis.partition(".")
        world = world.dose(slug, value) if kind == "dose" else world.shift(slug, int(value))
    return world.with_mode("do")


def sweep(
    what: Sweep,
    folder: Path,
    resume: bool = False,
    runner: executor.Executor | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Run what is not yet in ``folder`` and return the dataset of all worlds.

    Dimensions: one per axis, seed, draw, month, place. With ``resume`` finished blocks of the same
    sweep are kept; InputError if the folder holds blocks of another one.
    """
    store = pieces.opened(folder, what.hash(), resume, "sweep")
    since = executor.decided_from([world.scenario for world in what.worlds])
    tasks = [task for world in what.worlds for task in executor.tasks_of(world, since)]
    missing = [index for index in range(len(tasks)) if not _part(store, index).is_file()]
    total = sum(task.draws for task in tasks)
    done = total - sum(tasks[index].draws for index in missing)
    work = Reading(what.outcomes, what.months)
    if missing:
        for place, found in (runner or executor.Local()).results(work, [tasks[i] for i in missing]):
            index = missing[place]
            pieces.write(_part(store, index), np.stack([found[o] for o in what.outcomes]))
            done += tasks[index].draws
            if progress is not None:
                progress(done, total)
    parts = [pieces.read(_part(store, index)) for index in range(len(tasks))]
    return dataset(what, np.concatenate(parts, axis=1))


def _part(store: Path, index: int) -> Path:
    return store / f"{index:06d}.npy"


def dataset(what: Sweep, values: np.ndarray) -> xr.Dataset:
    """Return the dataset of a sweep from its values [outcome, world and draw, month]."""
    axes = {name.replace(".", "_"): list(given) for name, given in what.axes.items()}
    lengths = [*(len(given) for given in axes.values()), len(what.seeds), what.draws]
    shaped = values.reshape(len(what.outcomes), *lengths, len(what.months))
    places = sorted({outcome.place for outcome in what.outcomes})
    dims = (*axes, "seed", "draw", "month", "place")
    variables: dict[str, Any] = {}
    for outcome, block in zip(what.outcomes, shaped, strict=True):
        if outcome.label not in variables:
            filled = np.full((*block.shape, len(places)), np.nan)
            variables[outcome.label] = xr.Variable(dims, filled, {"units": outcome.unit})
        variables[outcome.label].values[..., places.index(outcome.place)] = block
    when = np.array([np.datetime64(stamp(at), "M") for at in what.months]).astype("datetime64[s]")
    coords = {**axes, "seed": list(what.seeds), "draw": np.arange(what.draws)}
    return xr.Dataset(variables, {**coords, "month": when, "place": places})


def number_list(option: str, text: str, whole: bool = False) -> tuple[float, ...]:
    """Return the numbers of ``0,0.5,1``; raise InputError that names the option."""
    try:
        numbers: Sequence[float] = [int(t) if whole else float(t) for t in text.split(",")]
    except ValueError:
        kind = "whole numbers" if whole else "numbers"
        raise InputError(f"{option} is '{text:.60}', allowed: {kind} with commas") from None
    if len(set(numbers)) != len(numbers):
        raise InputError(f"{option} is '{text:.60}': a value stands twice")
    return tuple(numbers)


def axis(option: str, text: str) -> tuple[str, tuple[float, ...]]:
    """Return the axis of ``virgin_lands=0,0.5,1`` under option dose or shift."""
    name, sign, values = text.partition("=")
    if not (name and sign and values):
        raise InputError(f"--{option} is '{text:.60}', allowed: REFORM=VALUE,VALUE,...")
    slug = reforms.reform(name).slug
    return f"{option}.{slug}", number_list(f"--{option} {slug}", values, option == "shift")
