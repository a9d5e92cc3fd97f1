"""A run with citizens: each month one float month of everything else, then one of every citizen.

Same trace as :func:`thaw.model.simulate.simulate`, for one draw. The subsystems never see which
resolution runs: both publish the same state of people.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from thaw.errors import InputError
from thaw.model import simulate
from thaw.model.packing import Packed, grouped, pack
from thaw.model.people import bridge, checkpoint, citizens, kernel_tables, synthesis
from thaw.model.people.citizens import Citizens, Counts
from thaw.model.people.hashing import GENERATORS, keys_of
from thaw.model.people.layout import Layout
from thaw.model.people.margins import Margins, layout_for, margins, workers_1953
from thaw.model.people.month import advance
from thaw.model.people.words import FIRST_BIRTH_YEAR
from thaw.model.simulate import States, Structure, Trace

BROKEN = 60.0
"""Million hectares of new land for whose people slots are provided (a third above what was broken,
and their children); more arrivals are refused, and counted."""

Progress = Callable[[int, int], None]
Name = str | tuple[str, str]
"""A latent variable, or (series or family, place)."""
Outside = Callable[[States, Any, Any, Packed, Any], tuple[States, Packed, Any, Any]]
"""(states, month, plan, params, key) -> (next states but people's, what they show, fields of
people, legitimacy by unit)."""


@dataclasses.dataclass
class World:
    """A run in progress: the other subsystems, the citizens, and what was shown so far.

    ``shown`` holds the numbers of every month, in the order of ``names``: (kind, name).
    """

    structure: Structure
    plan: simulate.Plan
    params: dict[str, float]
    seed: int
    number: int
    people: int | str
    states: States
    citizens: Citizens
    vacant: np.ndarray
    informed: np.ndarray
    weight: float
    month: int = 0
    names: tuple[tuple[str, Name], ...] = ()
    shown: list[Float[np.ndarray, " name"]] = dataclasses.field(default_factory=list)
    refused: int = 0
    recorder: Callable[[str, Any], None] | None = None
    outside: Outside | None = None

    def __post_init__(self) -> None:
        """Put what every month needs on the device, once."""
        self.plan_arrays = bridge.plan_arrays(self.plan)
        self.packed = pack(self.params, np)
        self.own_arrays = bridge.as_floats(simulate.own(self.params, "people"))
        self.key = bridge.draw_key(self.seed, self.number)

    def digest(self) -> str:
        """Return the digest of all citizens."""
        return self.citizens.digest()


def simulate_people(
    structure: Structure,
    plan: simulate.Plan,
    params: Mapping[str, np.ndarray],
    seed: int,
    people: int | str,
    number: int = 0,
    progress: Progress | None = None,
    folder: Path | None = None,
    resume: bool = False,
    every: int = 12,
    block: int | None = None,
    generator: str = "mix",
) -> Trace:
    """Return the trace of one draw with ``people`` citizens (a number, or ``"all"``).

    ``params`` holds one value (the first is taken) by name; ``number`` is the draw's number, which
    keys all random numbers and picks row 0 of the plan's weather. With ``folder`` a checkpoint is
    written every ``every`` months; ``resume`` goes on from it with the same bits.
    """
    made = begin(structure, plan, params, seed, people, number, block, generator)
    if folder is not None and resume:
        checkpoint.load(made, folder)
    while made.month < structure.months:
        step(made)
        if progress is not None:
            progress(made.month, structure.months)
        if folder is not None and (made.month % every == 0 or made.month == structure.months):
            checkpoint.save(made, folder)
    return trace(made)


@dataclasses.dataclass(frozen=True)
class Origin:
    """From what the citizens of January 1953 are made; any unit can be made alone."""

    params: dict[str, float]
    states: States
    margins: Margins
    layout: Layout
    luck: int

    def words(self, unit: int) -> tuple[np.ndarray, np.ndarray]:
        """Return both words of every slot of a unit."""
        return synthesis.unit_words(self.margins, self.layout, unit, self.params, self.luck)


def origin(
    structure: Structure,
    plan: simulate.Plan,
    params: Mapping[str, np.ndarray],
    seed: int,
    people: int | str,
    number: int = 0,
    outside: Outside | None = None,
    states: States | None = None,
) -> Origin:
    """Return the origin of a run: margins, layout, other subsystems of January 1953.

    ``outside`` and ``states`` replace the other subsystems and the first month (for tests).
    """
    chosen = {name: float(np.asarray(value).reshape(-1)[0]) for name, value in params.items()}
    if outside is None:
        bridge.outside_month(structure).prepare()
    arrays = bridge.as_floats(chosen)
    states = bridge.first_states(structure)(arrays) if states is None else states
    start = states["people"]
    month = (outside or bridge.outside_month(structure))(
        states,
        jnp.asarray(0),
        bridge.plan_arrays(plan),
        pack(chosen, np),
        bridge.draw_key(seed, number),
    )
    first = {name: np.asarray(value) for name, value in month[2].items()}
    found = margins(start, people, chosen, workers_1953())
    called = _called(structure, chosen, len(found.free))
    layout = layout_for(found, first, start, chosen, structure.months, called)
    return Origin(chosen, states, found, layout, int(keys_of(seed, number, -1)[0, -1]))


def _called(
    structure: Structure, params: Mapping[str, float], units: int
) -> Float[np.ndarray, " unit"]:
    """Return persons for whom new lands need room, by unit: those called for ``BROKEN`` Mha."""
    if "agriculture" not in structure.names:
        return np.zeros(units)
    share = simulate.all_inputs(structure.names)["agriculture"].unit_share
    return np.asarray(share) * BROKEN * params["agriculture.recruits_per_mha"]


def begin(
    structure: Structure,
    plan: simulate.Plan,
    params: Mapping[str, np.ndarray],
    seed: int,
    people: int | str,
    number: int = 0,
    block: int | None = None,
    generator: str = "mix",
    outside: Outside | None = None,
    states: States | None = None,
) -> World:
    """Return the world of January 1953 with its citizens."""
    if generator not in GENERATORS:
        raise InputError(f"generator '{generator}' is not one of {', '.join(GENERATORS)}")
    if "people" in structure.frozen:
        raise InputError("people cannot be frozen in a run with citizens: use --people cohorts")
    made = origin(structure, plan, params, seed, people, number, outside, states)
    start, layout, weight = made.states["people"], made.layout, made.margins.weight
    crowd = citizens.begin(layout, made.words, block, generator)
    counts = citizens.count_all(crowd, 1952 - FIRST_BIRTH_YEAR, 12)
    none = np.zeros(len(layout.slots))
    zero = dict.fromkeys(("births", "deaths", "infant_deaths", "cleared"), 0.0)
    after = {**zero, "legitimacy": start.legitimacy, "gap_start": start.gap_start}
    after |= {"convictions": none, "disturbances": none, "crowd": none}
    mine = simulate.own(made.params, "people")
    first = bridge.published(bridge.as_floats(mine), weight, counts, start, after, -1)
    return World(
        structure=structure,
        plan=plan,
        params=made.params,
        seed=seed,
        number=number,
        people=people,
        states={**made.states, "people": first},
        citizens=crowd,
        vacant=layout.slots - counts.bins.sum(axis=1),
        informed=counts.informed_slots,
        weight=weight,
        outside=outside,
    )


def step(world: World, clock: Callable[[str], None] | None = None) -> Counts:
    """Advance the world by one month."""
    tick = clock or (lambda stage: None)
    month = world.month
    after, shown, made, level = (world.outside or bridge.outside_month(world.structure))(
        world.states, jnp.asarray(month), world.plan_arrays, world.packed, world.key
    )
    made = {name: np.asarray(value) for name, value in made.items()}
    tick("other subsystems")
    crowding = kernel_tables.Crowding(
        world.informed.astype(float),
        world.citizens.layout.slots.astype(float),
        world.vacant.astype(float),
        world.weight,
    )
    tables = kernel_tables.tables(made, world.params, crowding, month)
    tick("tables")
    counts = advance(
        world.citizens,
        tables,
        month,
        world.seed,
        world.number,
        made["disturbances"],
        1953 + month // 12 - FIRST_BIRTH_YEAR,
        month % 12 + 1,
        watch=world.recorder,
        clock=tick,
    )
    own = world.states["people"]
    afterwards = _afterwards(world, counts, made, level)
    following = bridge.published(world.own_arrays, world.weight, counts, own, afterwards, month)
    _show(world, shown, bridge.shown_of_people(world.own_arrays, own, afterwards))
    world.states = {**after, "people": following}
    world.vacant = world.citizens.layout.slots - counts.bins.sum(axis=1)
    world.informed, world.month = counts.informed_slots, month + 1
    world.refused += counts.refused
    tick("publication")
    return counts


def _show(world: World, *parts: Packed) -> None:
    """Keep what the others and people show of a month."""
    world.names = world.names or tuple(name for part in parts for name in part.names)
    world.shown.append(np.concatenate([np.asarray(part.values) for part in parts]))


def _afterwards(
    world: World, counts: Counts, made: Mapping[str, np.ndarray], level: Any
) -> dict[str, Any]:
    """Return the month's flows, scaled, and what of people does not come from the kernel."""
    flow = {name: value.sum() * world.weight for name, value in counts.flows.items()}
    towns = np.asarray(world.states["people"].urban)
    return {
        "births": flow["births"],
        "deaths": flow["deaths"] + flow["infant_losses"],
        "infant_deaths": bridge.infant_deaths(counts, world.weight),
        "cleared": made["rehabilitated"],
        "legitimacy": level,
        "convictions": counts.flows["letters_convicted"] * world.weight,
        "disturbances": made["disturbances"],
        "crowd": np.minimum(counts.crowd, towns),
        "gap_start": made["gap_start"],
    }


def trace(world: World) -> Trace:
    """Return what was shown so far as a trace of one draw."""
    columns = np.stack(world.shown, axis=1)
    return grouped(
        {name: column[None] for name, column in zip(world.names, columns, strict=True)},
        simulate.KINDS,
    )


def stopwatch(table: dict[str, float]) -> Callable[[str], None]:
    """Return a clock that adds seconds to ``table`` by stage."""
    last = [time.perf_counter()]

    def tick(stage: str) -> None:
        now = time.perf_counter()
        table[stage] = table.get(stage, 0.0) + now - last[0]
        last[0] = now

    return tick
