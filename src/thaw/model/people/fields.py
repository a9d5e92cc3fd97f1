"""Between the float world and the integer kernel: fields out of the frozen month, a state back in.

The same rate table that cohorts multiply by is turned here into the per-citizen chances that the
kernel draws from; what the kernel counts becomes the same public state that cohorts publish.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax.nn import sigmoid
from jaxtyping import Array, Float, Int

from thaw.model.people import attitudes, cohorts, demography, rates, statuses
from thaw.model.people.words import GRIEVANCE_UNIT
from thaw.model.randomness import Keys

Fields = dict[str, Array]


def fields(view: Any, params: Any, keys: Keys, rival: bool) -> tuple[Fields, Array]:
    """Return the kernel's fields of this month and the legitimacy that follows it, by unit."""
    own, inputs = view.own, view.inputs
    gap_start = jnp.where(view.month == 0, view.industry.wages_gap, own.gap_start)
    make = rates.constant_table if rival else rates.rate_table
    table = make(view, gap_start, params)
    flow = statuses.flows(own, table, inputs, params)
    persons = demography.shifted(own.persons, view.calendar == 0)
    people = jnp.maximum(own.civil, 1.0)
    adults = jnp.maximum(own.adults.sum(axis=1), 1.0)
    near = 1000 * params.a_comm * own.returnees.sum(axis=0) / adults
    admitted = flow.admitted.sum(axis=1)
    admitted = admitted.at[3].set(jnp.maximum(admitted[3] - own.convictions.sum(), 0.0))
    level = attitudes.legitimacy(own, view.leadership.performance, view.information.link, params)
    out = {
        "born": demography.births(persons, table.fertility, inputs.fertility_place),
        "recruit": flow.recruits_from / jnp.maximum(own.recruit_base, 1.0),
        "recruits": flow.recruits,
        "arrest": admitted / jnp.maximum(own.custody_base.sum(), 1.0),
        "hardship": view.industry.hardship
        + params.job_competition * own.returnees.sum(axis=0) / people,
        "resentment": params.return_conflict * own.homecomers / people
        + params.kin_grievance * near,
        "kin_personal": own.kin_exposure - near,
        "cleared": view.camps.rehabilitated[1] * params.kin_degree / adults.sum(),
        "level_base": params.l_base + params.l_perf * sigmoid(view.leadership.performance),
        "level_esteem": params.l_ideo * view.information.link,
        "level_trust": params.l_reform,
        "disturbances": keys.poisson("disturbances", table.disturbance),
        "prisoner_share": jnp.asarray(inputs.prisoner_share),
        "homes": jnp.asarray(inputs.homes),
        "town_weight": jnp.asarray(inputs.town_weight),
        "civil": own.civil,
        "leaving": table.moves.leaving,
        "pull": table.moves.pull,
        "far_share": table.moves.far_share,
        "fear": view.public.fear,
        "rehabilitated": view.camps.rehabilitated[1],
        "gap_start": gap_start,
    }
    same = (
        "survival", "birth_survival", "release", "prisoner_death", "settler_release", "reading",
        "talk", "radio", "persuasion", "reactance", "party_admission", "act_intercept", "act_slope",
        "conviction_ratio",
    )  # fmt: skip
    out |= {name: getattr(table, name) for name in same}
    return {name: jnp.asarray(value, jnp.float64) for name, value in out.items()}, level


def persons_of(bins: Float[Array, "unit 512"]) -> tuple[Array, Array]:
    """Return persons at liberty by age, sex, locality, unit and prisoners by class and unit."""
    table = bins.reshape(-1, 2, 2, 128)
    persons = table[:, :, ::-1, :102].transpose(3, 1, 2, 0)
    return persons, table[:, 0, 0, 102:106].T


def publish(
    counts: Fields, own: Any, after: Fields, month: Int[Array, ""], params: Any
) -> cohorts.State:
    """Return the public state of people at the end of a month from the kernel's counts.

    ``counts`` are persons (already scaled by the sampling weight) or sums of bytes over persons;
    ``own`` is the state before; ``after`` what does not come from the kernel.
    """
    persons, prisoners = persons_of(counts["bins"])
    size = demography.counts(persons, (month % 12 + 1) / 12.0, params.custody_women)
    adults = counts["adults"]
    some, everybody = jnp.maximum(adults, 1e-9), jnp.maximum(adults.sum(axis=1), 1e-9)
    personal = (
        params.kin_degree / 6 * params.a_kin * counts["kin_returned"]
        + params.a_dead * counts["kin_cleared"]
    ) / everybody
    returnees = counts["returnees"]
    near = 1000 * params.a_comm * returnees.sum(axis=0) / jnp.maximum(everybody, 1.0)

    def mean(name: str) -> Array:
        nobody = adults < 1e-9
        return jnp.where(nobody, getattr(own, name), counts[name] / 255 / some)

    return cohorts.State(
        persons=persons,
        adults=adults,
        **{name: getattr(size, name) for name in _SIZES},
        prisoners=prisoners,
        settlers=counts["settlers"],
        returnees=returnees,
        homecomers=counts["homecomers"],
        uprooted=counts["newcomers"] / everybody,
        cleared=own.cleared + after["cleared"],
        births=after["births"],
        deaths=after["deaths"],
        infant_deaths=after["infant_deaths"],
        aware=counts["informed"] / some,
        sources=own.sources,
        esteem=mean("esteem"),
        trust=mean("trust"),
        legitimacy=after["legitimacy"],
        grievance=counts["grievance"] / GRIEVANCE_UNIT / everybody,
        kin_exposure=personal + near,
        acting=counts["acting"].T / everybody[:, None],
        convictions=after["convictions"],
        disturbances=after["disturbances"],
        crowd=after["crowd"],
        gap_start=after["gap_start"],
    )


_SIZES = ("civil", "urban", "working_age", "youth", "custody_base", "recruit_base", "age17")
