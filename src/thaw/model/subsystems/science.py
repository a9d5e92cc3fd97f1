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
FIELDS = ("exact", "life")
"""Fields that the rules tell apart: exact and technical sciences, biology with agronomy."""
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
    stock: Float[Array, " field"] = variable("1953 = 1", "usable research stock")
    favour: Float[Array, ""] = variable("1953 = 1", "order of protection for Lysenko's school")
    protection: Float[Array, ""] = variable("1953 = 1", "protection that it has in fact")
    programme: Float[Array, ""] = variable("years of 1953", "work put into the long-range rocket")
    capacity: Float[Array, ""] = variable("attempts a year", "orbital launches the sites can make")
    attempts: Float[Array, ""] = variable("launches", "orbital attempts so far")
    taken: Float[Array, ""] = variable("firsts", "space firsts already taken by anybody")


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
        graduates=12.0 * jnp.sum(students[:, -1]),
        researchers=one * inputs.researchers,
        firsts=zero,
        prestige=zero,
        students=students,
        seats=jnp.sum(students[:, 0]),
        schooled=zero,
        age17_1953=zero,
        displaced=zero,
        waiting=zero,
        effort=effort,
        stock=jnp.ones(len(FIELDS)),
        favour=one,
        protection=one,
        programme=one * params.programme_1953,
        capacity=one * params.h0_space,
        attempts=zero,
        taken=zero,
    )


def _intake(view: View, levers: Levers, params: Any) -> tuple[Array, dict[str, Array]]:
    """Return the month's day and part-time entrants (thousand), and the state they change.

    Places fill by the number of applicants; the law of 1958 sends a share of day entrants to work
    first, some of whom study beside it.
    """
    own = view.own
    applicants = params.applicants_1953 * view.people.age17 / _first_age17(view)
    offered = own.seats / jnp.sum(students_1953(params, view.inputs)[:, 0])
    queue = applicants * jnp.exp(own.schooled) / offered
    filled = -jnp.expm1(-queue) / -jnp.expm1(-params.applicants_1953)
    entrants = own.seats * filled
    day = (1.0 - params.evening_share_1958) * entrants
    sent = own.displaced * day
    beside = params.reform_1958_part_time * sent
    back = own.waiting * pipeline.leaving_share(1, 12.0 * params.reform_1958_delay)
    order = params.education_law_1958_share * levers.value("reform_1958")
    changed = {
        "displaced": pipeline.toward(own.displaced, order, params.education_law_1958_lag),
        "waiting": own.waiting + sent - beside - back,
        "seats": own.seats * jnp.exp(params.seat_growth / 12.0),
        "schooled": own.schooled + params.school_growth / 12.0,
        "age17_1953": _first_age17(view),
    }
    return jnp.stack([day - sent + back, entrants - day + beside]), changed


def _first_age17(view: View) -> Float[Array, ""]:
    return jnp.where(
        view.own.age17_1953 > 0.0, view.own.age17_1953, jnp.maximum(view.people.age17, 1.0)
    )


def _study(own: State, entrants: Array, params: Any) -> dict[str, Array]:
    """Return students a month on; those in the last month graduate."""
    stayed = own.students * (1.0 - leaving(params))
    students = jnp.concatenate([entrants[:, None], stayed[:, :-1]], axis=1)
    recruits = params.recruit_share * own.graduates / 12.0
    researchers = own.researchers * (1.0 - params.researcher_attrition / 12.0) + recruits
    graduates = 12.0 * jnp.sum(stayed[:, -1])
    return {"students": students, "graduates": graduates, "researchers": researchers}


def _protection(view: View, levers: Levers, params: Any, keys: Keys) -> Float[Array, ""]:
    """Return the protection of Lysenko's school, carried out with a lag.

    Where the model decides, each change of leader ends the favour with some probability, for good.
    """
    dropped = view.leadership.leader_changed * keys.happens("favour", params.favour_lost)
    decided = jnp.minimum(view.own.favour, 1.0 - dropped)
    return jnp.where(levers.decided("lysenko") > 0.5, decided, levers.value("lysenko"))


def _research(view: View, favour: Any, params: Any) -> dict[str, Array]:
    """Return research stocks: people and means, through a lag, less obsolescence."""
    own, growth = view.own, view.inputs.researcher_growth / 12.0
    people = own.researchers / view.inputs.researchers
    means = view.industry.output[0] ** params.budget_elasticity
    penalty = 1.0 - params.lysenko_penalty * own.protection
    life = penalty / (1.0 - params.lysenko_penalty)
    _, usual = pipeline.filled(jnp.ones(2), 12.0 * params.rd_lag, growth, LAG_STAGES)
    inflow = usual * people * means * jnp.stack([jnp.ones(()), life])
    effort, usable = pipeline.advance(own.effort, inflow, 12.0 * params.rd_lag)
    renewal = params.rd_depr / 12.0 + growth
    stock = own.stock * (1.0 - params.rd_depr / 12.0) + renewal * usable
    lag = params.maize_campaign_dropped_1964_lag
    protection = pipeline.toward(own.protection, favour, lag)
    return {"effort": effort, "stock": stock, "favour": favour, "protection": protection}


def _inherited(view: View, favour: Any, params: Any) -> dict[str, Array]:
    """Rival: the stock of 1953 neither grows nor decays; nothing done since then counts."""
    changed = _research(view, favour, params)
    return {**changed, "effort": view.own.effort, "stock": view.own.stock}


def _by_readiness(own: State, params: Any) -> tuple[Array, Array]:
    """Return attempts a year and the odds of success from rocket, sites, stock and practice."""
    ready = science_space.readiness(params, own.programme)
    yearly = science_space.rate(params, own.capacity, own.stock[0], ready)
    return yearly, science_space.success_probability(params, own.attempts)


def _by_constant(own: State, params: Any) -> tuple[Array, Array]:
    """Rival: attempts and their odds never change."""
    return jnp.asarray(params.h0_space), jnp.asarray(params.success_first)


def _space(view: View, chances: Any, params: Any, keys: Keys) -> tuple[dict[str, Array], Info]:
    own = view.own
    yearly, odds = chances(own, params)
    successes, failures = science_space.launch(params, yearly, odds, keys)
    rival = view.exogenous.us_launch_successes
    won, anybody = science_space.race(params, successes, rival, own.taken, keys)
    ready = science_space.readiness(params, own.programme)
    changed = {
        "programme": own.programme + own.stock[0] ** params.hazard_elast / 12.0,
        "capacity": science_space.next_capacity(params, own.capacity, ready),
        "attempts": own.attempts + successes + failures,
        "taken": own.taken + anybody,
        "firsts": won,
        "prestige": own.prestige * jnp.exp(-1.0 / params.prestige_months) + params.prestige * won,
    }
    return changed, Info(successes, failures, won)


def _step(research: Callable[..., dict], chances: Callable[..., tuple]) -> Step:
    """Return the step of science with a rule of research and a rule of launches."""

    def step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
        entrants, intake = _intake(view, levers, params)
        favour = _protection(view, levers, params, keys)
        space, info = _space(view, chances, params, keys)
        study = _study(view.own, entrants, params)
        return State(**intake, **study, **research(view, favour, params), **space), info

    return step


def observe(state: State, info: Info, params: Any, inputs: Inputs) -> Emission:
    """Show students, graduates, researchers and launches; won firsts are events."""
    series = {
        "education.students_higher": jnp.sum(state.students),
        "education.graduates_higher": state.graduates / 12.0,
        "science.scientific_workers": state.researchers,
        "science.space_launches_success": info.successes,
        "science.space_launches_failure": info.failures,
    }
    return Emission(
        series={(name, "USSR"): value for name, value in series.items()},
        events={("space_first", "USSR"): info.firsts},
        latent={"exact_science": state.stock[0], "life_science": state.stock[1]},
    )


SUBSYSTEM = Subsystem(
    name="science",
    title="Education and science",
    state=State,
    reads=(
        "people.age17",
        "leadership.leader_changed",
        "industry.output",
        "exogenous.us_launch_successes",
    ),
    init=init,
    step=_step(_research, _by_readiness),
    observe=observe,
    inputs=inputs,
    rivals={
        "inheritance_only": _step(_inherited, _by_readiness),
        "constant_hazard": _step(_research, _by_constant),
    },
)
