"""Compiled bridges of a run with citizens: the others' month, and people's publication."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from thaw.model import simulate
from thaw.model.packing import Packed, pack_groups
from thaw.model.people import cohorts, fields
from thaw.model.people import tables as static
from thaw.model.people.citizens import Counts
from thaw.model.programs import Program
from thaw.model.randomness import Keys
from thaw.model.simulate import States, Structure
from thaw.model.subsystem import Names, Subsystem, View


def draw_key(seed: int, number: int) -> Any:
    """Return the key of a draw, the same as in runs with cohorts."""
    return simulate.draw_keys(seed, np.array([number]))[0]


def plan_arrays(plan: simulate.Plan) -> dict[str, dict[str, Any]]:
    """Return the plan on the device, months first, with the weather of its first draw."""
    rain = {name: values[0] for name, values in plan.rain.items()}
    shared = plan.shared()
    groups = {**shared, "exogenous": {**shared["exogenous"], **rain}}
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), groups)


@cache
def first_states(structure: Structure) -> Program:
    """Return the compiled first month of every subsystem."""
    inputs = simulate.all_inputs(structure.names)

    def made(params: Any) -> States:
        return as_floats(simulate.initial_states(structure, params, inputs))

    return Program(made, f"first month: {structure}")


def people_seen() -> Subsystem:
    """Return people with what the kernel reads beside: fear, for the effect of kin on acts."""
    return dataclasses.replace(cohorts.SUBSYSTEM, reads=(*cohorts.SUBSYSTEM.reads, "public.fear"))


@cache
def outside_month(structure: Structure) -> Program:
    """Return the compiled month of all other subsystems, with the fields of people.

    Parameters come packed, and so leaves what the month shows.
    """
    others = dataclasses.replace(
        structure, names=tuple(n for n in structure.names if n != "people"), order=None
    )
    subsystem = people_seen()
    rival = dict(structure.rivals).get("people", "main") != "main"
    inputs = simulate.all_inputs(structure.names)

    def month_of(states: States, month: Any, paths: Any, packed: Packed, key: Any) -> Any:
        params = packed.single()
        plan = jax.tree.map(lambda leaf: leaf[month], paths)
        after, shown = simulate.one_month(others, states, month, plan, params, inputs, key)
        view = View(subsystem, states, month, plan["exogenous"], inputs["people"], set())
        mine = Names("people", simulate.own(params, "people"))
        made, level = fields.fields(view, mine, Keys.of(key, month, "people"), rival)
        emitted = simulate.merge(shown, others.names, states)
        others_after = as_floats({k: v for k, v in after.items() if k != "people"})
        return others_after, pack_groups(emitted), made, level

    return Program(month_of, f"outside people: {structure}")


def published(
    params: Mapping[str, Any], weight: float, counts: Counts, own: Any, after: Any, month: int
) -> cohorts.State:
    """Return the public state of people from the kernel's counts at the end of ``month``."""
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
        return as_floats(fields.publish(counts, own, after, month, Names("people", params)))

    return jax.jit(published)


def _plain(values: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.asarray(value, np.float64) for name, value in values.items()}


def as_floats(tree: Any) -> Any:
    """Return a tree of plain 64-bit floats, so that every month has the same types."""
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), tree)


@cache
def _show() -> Callable[..., Any]:
    subsystem = cohorts.SUBSYSTEM

    def shown(own: Any, after: Any, params: Any) -> Packed:
        info = cohorts.Info(**after)
        emission = subsystem.observe(own, info, Names("people", params), inputs)
        return pack_groups(simulate.merge([emission], ["people"], {"people": own}))

    inputs = subsystem.inputs()
    return jax.jit(shown)


def shown_of_people(params: Any, own: Any, after: Mapping[str, Any]) -> Packed:
    """Return what people show of a month: ``own`` is their state before it."""
    names = ("births", "deaths", "infant_deaths", "disturbances")
    return _show()(own, _plain({name: after[name] for name in names}), params)


def infant_deaths(counts: Counts, weight: float) -> float:
    """Return deaths under one year: newborn lost, and the early part of deaths at place 1."""
    share = float(np.mean(static.load().infant_share))
    early = counts.flows["infant_losses"].sum() + share * counts.flows["deaths_at_one"].sum()
    return float(early * weight)
