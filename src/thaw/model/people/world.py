"""A run with citizens: each month one float month of everything else, then one of every citizen.

Same trace as :func:`thaw.model.simulate.simulate`, for one draw. The subsystems never see which
resolution runs: both publish the same state of people.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from thaw.errors import InputError
from thaw.model import simulate
from thaw.model.people import checkpoint, citizens, cohorts, fields, kernel_tables, synthesis
from thaw.model.people.citizens import Citizens, Counts
from thaw.model.people.hashing import GENERATORS, keys_of
from thaw.model.people.layout import Layout
from thaw.model.people.words import FIRST_BIRTH_YEAR
from thaw.model.randomness import Keys
from thaw.model.simulate import Structure, States, Trace
from thaw.model.subsystem import Names, Subsystem, View

Progress = Callable[[int, int], None]
Outside = Callable[[States, Any, Any, Any, Any], tuple[States, dict[str, Any], Any, Any]]
"""(states, month, plan, params, key) -> (next states but people's, what they show, fields of
people, legitimacy by unit)."""


@dataclasses.dataclass
class World:
    """A run in progress: the other subsystems, the citizens, and what was shown so far."""

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
    shown: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    refused: int = 0
    recorder: Callable[[str, Any], None] | None = None
    outside: Outside | None = None

    def __post_init__(self) -> None:
        """Put what every month needs on the device, once."""
        self.plan_arrays = _plan_arrays(self.plan)
        self.param_arrays = {k: jnp.asarray(v, jnp.float64) for k, v in self.params.items()}
        self.own_arrays = simulate.own(self.param_arrays, "people")
        self.key = _key(self.seed, self.number)

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
    block: int = citizens.BLOCK,
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
    margins: synthesis.Margins
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
    arrays = _float(chosen)
    states = _start(structure)(arrays) if states is None else states
    start = states["people"]
    month = (outside or _outside(structure))(
        states, jnp.asarray(0), _plan_arrays(plan), arrays, _key(seed, number)
    )
    first = {name: np.asarray(value) for name, value in month[2].items()}
    found = synthesis.margins(start, people, chosen, synthesis.workers_1953())
    layout = synthesis.layout_for(found, first, start, chosen, structure.months)
    return Origin(chosen, states, found, layout, int(keys_of(seed, number, -1)[0, -1]))


def begin(
    structure: Structure,
    plan: simulate.Plan,
    params: Mapping[str, np.ndarray],
    seed: int,
    people: int | str,
    number: int = 0,
    block: int = citizens.BLOCK,
    generator: str = "mix",
    outside: Outside | None = None,
    states: States | None = None,
) -> World:
    """Return the world of January 1953 with its citizens."""
    if generator not in GENERATORS:
        raise InputError(f"generator '{generator}' is not one of {', '.join(GENERATORS)}")
    made = origin(structure, plan, params, seed, people, number, outside, states)
    start, layout, weight = made.states["people"], made.layout, made.margins.weight
    crowd = citizens.begin(layout, made.words, block, generator)
    counts = citizens.count_all(crowd, 1952 - FIRST_BIRTH_YEAR, 12)
    none = np.zeros(len(layout.slots))
    zero = {name: 0.0 for name in ("births", "deaths", "infant_deaths", "cleared")}
    after = {**zero, "legitimacy": start.legitimacy, "gap_start": start.gap_start}
    after |= {"convictions": none, "disturbances": none, "crowd": none}
    mine = simulate.own(made.params, "people")
    first = _published(_float(mine), weight, counts, start, after, -1)
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
    month, own = world.month, world.states["people"]
    after, shown, made, level = (world.outside or _outside(world.structure))(
        world.states, jnp.asarray(month), world.plan_arrays, world.param_arrays, world.key
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
    counts = citizens.advance(
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
    flow = {name: value.sum() * world.weight for name, value in counts.flows.items()}
    infants = _infants(counts, world.weight)
    afterwards = {
        "births": flow["births"],
        "deaths": flow["deaths"] + flow["infant_losses"],
        "infant_deaths": infants,
        "cleared": made["rehabilitated"],
        "legitimacy": level,
        "convictions": counts.flows["letters_convicted"] * world.weight,
        "disturbances": made["disturbances"],
        "crowd": np.minimum(counts.crowd, np.asarray(own.urban)),
        "gap_start": made["gap_start"],
    }
    following = _published(world.own_arrays, world.weight, counts, own, afterwards, month)
    mine = _shown(world, own, afterwards)
    world.shown.append({k: {**shown[k], **mine[k]} for k in shown})
    world.states = {**after, "people": following}
    world.vacant = world.citizens.layout.slots - counts.bins.sum(axis=1)
    world.informed, world.month = counts.informed_slots, month + 1
    world.refused += counts.refused
    tick("publication")
    return counts


def trace(world: World) -> Trace:
    """Return what was shown so far as a trace of one draw."""
    return {
        kind: {
            name: np.array([[float(month[kind][name]) for month in world.shown]])
            for name in world.shown[0][kind]
        }
        for kind in ("series", "events", "latent")
    }


def _key(seed: int, number: int) -> Any:
    return simulate.draw_keys(seed, np.array([number]))[0]


def _plan_arrays(plan: simulate.Plan) -> dict[str, dict[str, Any]]:
    """Return the plan on the device, months first, with the weather of its first draw."""
    rain = {name: values[0] for name, values in plan.rain.items()}
    groups = {
        "value": plan.value,
        "decided": plan.decided,
        "exogenous": {**plan.exogenous, **rain},
    }
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), groups)


@cache
def _start(structure: Structure) -> Callable[..., States]:
    """Return the compiled first month of every subsystem."""
    inputs = simulate.all_inputs(structure.names)

    def made(params: Any) -> States:
        return _float(simulate.initial_states(structure, params, inputs))

    return jax.jit(made)


def people_seen() -> Subsystem:
    """Return people with what the kernel reads beside: fear, for the effect of kin on acts."""
    return dataclasses.replace(cohorts.SUBSYSTEM, reads=(*cohorts.SUBSYSTEM.reads, "public.fear"))


@cache
def _outside(structure: Structure) -> Callable[..., Any]:
    """Return the compiled month of all other subsystems, with the fields of people."""
    others = dataclasses.replace(
        structure, names=tuple(n for n in structure.names if n != "people"), order=None
    )
    subsystem = people_seen()
    rival = dict(structure.rivals).get("people", "main") != "main"
    inputs = simulate.all_inputs(structure.names)

    def month_of(states: States, month: Any, paths: Any, params: Any, key: Any) -> Any:
        plan = jax.tree.map(lambda leaf: leaf[month], paths)
        after, shown = simulate.one_month(others, states, month, plan, params, inputs, key)
        view = View(subsystem, states, month, plan["exogenous"], inputs["people"], set())
        mine = Names("people", simulate.own(params, "people"))
        made, level = fields.fields(view, mine, Keys.of(key, month, "people"), rival)
        emitted = simulate.merge(shown, others.names, states)
        return _float({k: v for k, v in after.items() if k != "people"}), emitted, made, level

    return jax.jit(month_of)


def _published(
    params: Mapping[str, Any], weight: float, counts: Counts, own: Any, after: Any, month: int
) -> cohorts.State:
    f = {name: value * weight for name, value in counts.fields.items()}
    joined = counts.joined * weight
    given = {
        "bins": counts.bins * weight,
        **{
            name: np.stack([f[f"{name}_{g}"] for g in range(3)], axis=1)
            for name in ("adults", "informed", "esteem", "trust")
        },
        "settlers": np.stack([f[f"settlers_{s}"] for s in range(8)]),
        "returnees": np.stack([f["returnees_0"], f["returnees_1"]]),
        "acting": np.stack([f["grumble"], f["letter"], f["strike"], f["crowd"] + joined]),
        **{
            name: f[name]
            for name in ("grievance", "kin_returned", "kin_cleared", "newcomers", "homecomers")
        },
    }
    return _publish()(_plain(given), own, _plain(after), np.int64(month), params)


@cache
def _publish() -> Callable[..., Any]:
    def published(counts: Any, own: Any, after: Any, month: Any, params: Any) -> cohorts.State:
        return _float(fields.publish(counts, own, after, month, Names("people", params)))

    return jax.jit(published)


def _plain(values: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.asarray(value, np.float64) for name, value in values.items()}


def _float(tree: Any) -> Any:
    """Return a tree of plain 64-bit floats, so that every month has the same types."""
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), tree)


@cache
def _show() -> Callable[..., Any]:
    subsystem = cohorts.SUBSYSTEM

    def shown(own: Any, info: Any, params: Any, inputs: Any) -> Any:
        emission = subsystem.observe(own, info, Names("people", params), inputs)
        return simulate.merge([emission], ["people"], {"people": own})

    inputs = subsystem.inputs()
    return jax.jit(lambda own, info, params: shown(own, info, params, inputs))


def _shown(world: World, own: Any, after: Mapping[str, Any]) -> dict[str, Any]:
    info = cohorts.Info(
        *(np.asarray(after[n], np.float64) for n in ("births", "deaths", "infant_deaths", "disturbances"))
    )
    return _show()(own, info, world.own_arrays)


def _infants(counts: Counts, weight: float) -> float:
    """Return deaths under one year: newborn lost, and the early part of deaths at place 1."""
    from thaw.model.people import tables as static

    share = float(np.mean(static.load().infant_share))
    early = counts.flows["infant_losses"].sum() + share * counts.flows["deaths_at_one"].sum()
    return float(early * weight)


def identity(world: World) -> str:
    """Return a hash of everything that decides the numbers of a run."""
    text = json.dumps(
        [
            repr(world.structure),
            world.params,
            world.seed,
            world.number,
            world.people,
            world.citizens.generator,
        ],
        sort_keys=True,
    )
    total = hashlib.sha256(text.encode())
    for group in (world.plan.value, world.plan.decided, world.plan.exogenous, world.plan.rain):
        for name in sorted(group):
            total.update(name.encode() + np.ascontiguousarray(group[name]).tobytes())
    return total.hexdigest()


def stopwatch(table: dict[str, float]) -> Callable[[str], None]:
    """Return a clock that adds seconds to ``table`` by stage."""
    last = [time.perf_counter()]

    def tick(stage: str) -> None:
        now = time.perf_counter()
        table[stage] = table.get(stage, 0.0) + now - last[0]
        last[0] = now

    return tick
