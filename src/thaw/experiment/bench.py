"""What this machine does: memory bandwidth, people-steps a second, estimated time to one to one."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import numpy as np

from thaw import reforms
from thaw.model import exogenous, parameters, simulate
from thaw.model.clock import months_until
from thaw.model.people import allocator, world
from thaw.model.people.size import EVERYONE

TRAFFIC = 22.0
"""Bytes a slot and month that must move at least: words in and out, planes, aggregates."""
SIZES = (100_000, 1_000_000)
MONTHS = 13
_CHUNK = 8192


def bench(
    sizes: Sequence[int] = SIZES, months: int = MONTHS, threads: int | None = None
) -> dict[str, Any]:
    """Return the measurements of the ``bench`` contract, from medians over months.

    Every size runs the complete month: other subsystems, tables, citizens, mail, cascade, counts.
    """
    allocator.keep_buffers()
    workers = threads or os.cpu_count() or 1
    bandwidth = triad(workers)
    found = [measure(size, months) for size in sizes]
    largest = found[-1]
    steps = EVERYONE * months_until("1964-12")
    return {
        "bandwidth_gb_s": round(bandwidth, 2),
        "people_steps_per_s": largest["people_steps_per_s"],
        "bytes_per_person": largest["bytes_per_person"],
        "seconds_1to1_estimate": round(steps / largest["people_steps_per_s"], 1),
        "backend": jax.default_backend(),
        "threads": workers,
        "bandwidth_share": round(largest["slot_steps_per_s"] * TRAFFIC / (bandwidth * 1e9), 4),
        "sizes": found,
    }


def triad(threads: int, megabytes: int = 64, rounds: int = 5) -> float:
    """Return the best rate of a = b + s c over arrays beyond the caches, GB/s (three streams)."""
    number = megabytes * 2**20 // 8
    a, b, c = np.zeros(number), np.ones(number), np.ones(number)

    def part(k: int) -> None:
        scratch = np.empty(_CHUNK)
        for start in range(k * number // threads, (k + 1) * number // threads, _CHUNK):
            end = min(start + _CHUNK, (k + 1) * number // threads)
            room = scratch[: end - start]
            np.multiply(c[start:end], 3.0, out=room)
            np.add(b[start:end], room, out=a[start:end])

    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(rounds):
            begun = time.perf_counter()
            list(pool.map(part, range(threads)))
            best = max(best, 3 * a.nbytes / (time.perf_counter() - begun) / 1e9)
    return best


def measure(size: int, months: int = MONTHS) -> dict[str, Any]:
    """Return the measurements of one size: stages by their median seconds a month."""
    paths = reforms.lever_paths(reforms.load_scenario("historical"), 145)
    plan = simulate.plan_of(paths, 145, exogenous.replayed_years(1, 145))
    made = world.begin(simulate.Structure(145), plan, parameters.modes(), 0, size)
    table: list[dict[str, float]] = []
    for _ in range(months):
        stages: dict[str, float] = {}
        world.step(made, world.stopwatch(stages))
        table.append(stages)
    medians = {name: float(np.median([row[name] for row in table[1:]])) for name in table[0]}
    seconds = float(np.median([sum(row.values()) for row in table[1:]]))
    slots = int(made.citizens.layout.slots.sum())
    persons = slots - int(made.vacant.sum())
    return {
        "people": size,
        "slots": slots,
        "people_steps_per_s": round(persons / seconds),
        "slot_steps_per_s": round(slots / seconds),
        "bytes_per_person": round(made.citizens.nbytes() / persons, 2),
        "seconds_a_month": round(seconds, 5),
        "stages_ms": {name: round(1e3 * value, 3) for name, value in medians.items()},
    }
