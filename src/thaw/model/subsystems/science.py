"""Science: students by cohort, researchers, research stock by field, and the race into space.

Purpose, equations and limits: docs/model/science.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw.model.randomness import Keys
from thaw.model.subsystem import Emission, Levers, Step, Subsystem, View, variable
from thaw.model.subsystems import pipeline, science_space, starting_levels

COURSE = 60
"""Months from entry to graduation."""
FIELDS = ("physics", "chemistry", "biology", "agriculture", "technical")
PHYSICS, BIOLOGY, AGRICULTURE = 0, 2, 3
LAG_STAGES = 3


class State(eqx.Module):
    """What science writes."""

    graduates: Float[Array, ""] = variable("thousand a year", "graduates of higher education")
    researchers: Float[Array, ""] = variable("thousand", "scientific workers")
    firsts: Float[Array, ""] = variable("firsts", "space firsts won last month")
    prestige: Float[Array, ""] = variable("index", "decaying sum of firsts")
    students: Float[Array, "2 60"] = variable("thousand", "day and part-time, by month of study")
    seats: Float[Array, ""] = variable("thousand a month", "places offered to entrants")
    schooled: Float[Array, ""] = variable("log, 1953 = 0", "rise of the share finishing school")
    age17_1953: Float[Array, ""] = variable("persons", "persons aged 17 in January 1953")
    displaced: Float[Array, ""] = variable("share", "day entrants sent to work first")
    waiting: Float[Array, ""] = variable("thousand", "entrants at work before study")
    effort: Float[Array, "stage field"] = variable("1953 months", "research not yet usable")
    stock: Float[Array, "field"] = variable("1953 = 1", "usable research stock")
    protection: Float[Array, ""] = variable("1953 = 1", "official protection of Lysenko's school")
    programme: Float[Array, ""] = variable("years of 1953", "work put into the long-range rocket")
    capacity: Float[Array, ""] = variable("attempts a year", "orbital launches the sites can make")
    attempts: Float[Array, ""] = variable("launches", "orbital attempts so far")
    open_first: Float[Array, ""] = variable("firsts", "space firsts already taken by anybody")


class Info(eqx.Module):
    """What observation needs beside the state."""

    successes: Float[Array, ""]
    failures: Float[Array, ""]
    firsts: Float[Array, ""]


class Inputs(eqx.Module):
    """Levels of January 1953 from the record (no later value is read)."""

    students: float
    researchers: float
    researcher_growth: float


def inputs() -> Inputs:
    """Load the levels of 1953."""
    times, values = starting_levels.points("science.scientific_workers", stock=True)
    growth = np.log(values[-1] / values[-2]) / (times[-1] - times[-2])
    return Inputs(
        students=starting_levels.level("education.students_higher"),
        researchers=starting_levels.level("science.scientific_workers", stock=True),
        researcher_growth=float(growth),
    )


def leaving(params: Any) -> Float[Array, ""]:
    """Return the monthly share of students lost, so that ``completion`` of entrants graduate."""
    return 1.0 - params.completion ** (1.0 / COURSE)


def students_1953(params: Any, inputs: Inputs) -> Float[Array, "2 60"]:
    """Return students by month of study in steady growth, day and part-time; the sum is recorded.

    Earlier entrants were fewer (seats grew) and have lost more on the way.
    """
    month = jnp.arange(COURSE)
    profile = (1.0 - leaving(params)) ** month * jnp.exp(-params.seat_growth / 12.0 * month)
    profile = inputs.students * profile / jnp.sum(profile)
    evening = params.evening_share_1958
    return jnp.stack([(1.0 - evening) * profile, evening * profile])


def init(params: Any, inputs: Inputs) -> State:
    """Return January 1953: everything in steady growth, nothing yet in orbit."""
    students = students_1953(params, inputs)
    zero, one = jnp.zeros(()), jnp.ones(())
    effort, _ = pipeline.filled(
        jnp.ones(len(FIELDS)), 12.0 * params.rd_lag, inputs.researcher_growth / 12.0, LAG_STAGES
    )
    return State(
        graduates=12.0 * jnp.sum(students[:, -1]), researchers=one * inputs.researchers,
        firsts=zero, prestige=zero, students=students, seats=jnp.sum(students[:, 0]),
        schooled=zero, age17_1953=zero, displaced=zero, waiting=zero, effort=effort,
        stock=jnp.ones(len(FIELDS)), protection=one,
        programme=one * params.programme_1953, capacity=one * params.h0_space,
        attempts=zero, open_first=zero,
    )


def _entrants(
    own: State, age17: Any, levers: Levers, params: Any
) -> tuple[Float[Array, "2"], dict[str, Array]]:
    """Return the month's day and part-time entrants (thousand), and what they change."""
    first = jnp.where(own.age17_1953 > 0.0, own.age17_1953, jnp.maximum(age17, 1.0))
    seats = own.seats * jnp.exp(params.seat_growth / 12.0)
    seats_1953 = jnp.exp(-params.seat_growth / 12.0 * 0.0)
    return first, {}
