"""Runs with citizens one by one instead of cohorts: draw after draw, with checkpoints."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from thaw.model import simulate
from thaw.model.people import allocator, size, world

if TYPE_CHECKING:
    from thaw.experiment.run import Settings

CHECKPOINTS_FROM = 5_000_000
"""Citizens from which a run keeps checkpoints, because it takes minutes."""


def trace_of_citizens(
    settings: Settings,
    structure: simulate.Structure,
    plan: simulate.Plan,
    sample: dict[str, Any],
    progress: Callable[[int, int], None] | None = None,
    first_draw: int | None = None,
) -> simulate.Trace:
    """Return the trace of all draws of a sample with citizens; ``progress`` counts draw-months.

    A long draw that was killed goes on from its last checkpoint, with the same bits; not so draws
    from ``first_draw`` on, which belong to a comparison of worlds.
    """
    people = size.parse_people(settings.people)
    allocator.keep_buffers()
    traces = []
    draws = len(next(iter(sample.values())))
    for draw in range(draws):
        kept = first_draw is None and _long(people)
        folder = checkpoint_folder(settings, draw) if kept else None
        one = {name: values[draw : draw + 1] for name, values in sample.items()}
        rain = {name: values[draw : draw + 1] for name, values in plan.rain.items()}
        mine = dataclasses.replace(plan, rain=rain)
        traces.append(
            world.simulate_people(
                structure,
                mine,
                one,
                settings.seed,
                people,
                number=draw + (first_draw or 0),
                progress=_part(progress, draw, draws),
                folder=folder,
                resume=folder is not None,
            )
        )
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *traces)


def _long(people: int | str) -> bool:
    return people == "all" or (isinstance(people, int) and people >= CHECKPOINTS_FROM)


def checkpoint_folder(settings: Settings, draw: int) -> Path:
    """Return the folder of a draw's checkpoint, in the user's cache, by what decides its bits."""
    from thaw.model import cache_folder

    parts = [settings.scenario.hash(), settings.people, settings.posterior, settings.weather]
    text = json.dumps([*parts, settings.seed, settings.draws, draw])
    return cache_folder() / "people" / hashlib.sha256(text.encode()).hexdigest()[:16]


def _part(
    progress: Callable[[int, int], None] | None, draw: int, draws: int
) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda month, months: progress(draw * months + month, draws * months)
