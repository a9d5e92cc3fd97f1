"""East-West relations: reciprocated cooperation, tension, crises by issue, arms, and troop cuts.

Purpose, equations and limits: docs/model/east_west.md. Cooperation is measured from the norm of
1948-62 in Goldstein points, tension in standard deviations.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from thaw.model.places import BLOC_STATES
from thaw.model.randomness import Keys
from thaw.model.subsystem import Emission, Levers, Step, Subsystem, View, variable
from thaw.model.subsystems.east_west_inputs import Inputs, inputs

ISSUES = ("berlin", "caribbean", "taiwan", "middle_east", "incident")
YEAR = 12
STABLE = 0.95
"""Largest allowed sum of inertia and reciprocity: beyond it two states would run away."""
LIMIT = 2.0
"""Tension counts for crises within this many s.d., the range of the record."""


class State(eqx.Module):
    """What east_west writes."""

    cooperation: Float[Array, " side"] = variable(
        "Goldstein points", "net cooperation of the USSR toward the USA, and of the USA"
    )
    tension: Float[Array, ""] = variable("s.d.", "East-West tension, 0 = mean of 1948-62")
    crisis: Float[Array, ""] = variable("crises", "superpower crises that began last month")
    humiliation: Float[Array, ""] = variable("crises", "decaying memory of Soviet retreats")
    defence_demand: Float[Array, ""] = variable("1953 = 1", "Soviet demand for defence goods")
    manpower: Float[Array, ""] = variable("thousand", "men under Soviet arms")
    cuts: Float[Array, ""] = variable("million", "men cut in the last 12 months")
    lesson: Float[Array, ""] = variable("0-1", "memory of the last grave crisis")
    gone: Float[Array, ""] = variable("thousand", "men sent home under orders so far")
    leaving: Float[Array, " month"] = variable("thousand", "men sent home, last 12 months")
    backlog: Float[Array, ""] = variable("tests", "nuclear tests put off by a moratorium")
    bloc_calm: Float[Array, " state"] = variable("0 or 1", "no bloc episode on a month before")


class Info(eqx.Module):
    """What happened in the month."""

    crises: Float[Array, ""]
    icb_crises: Float[Array, ""]
    tests: Float[Array, ""]
    hazard: Float[Array, ""]


def init(params: Any, inputs: Inputs) -> State:
    """Return January 1953."""
    zero = jnp.zeros(())
    return State(
        cooperation=jnp.stack([zero + params.coop_1953] * 2),
        tension=zero + params.tension_1953,
        crisis=zero, humiliation=zero, defence_demand=jnp.ones(()),
        manpower=zero + inputs.manpower, cuts=zero, lesson=zero, gone=zero,
        leaving=jnp.zeros(YEAR), backlog=zero, bloc_calm=jnp.ones(len(BLOC_STATES)),
    )  # fmt: skip


def now(view: View, path: Any) -> Array:
    """Return this month's value of a monthly path of the record."""
    values = jnp.asarray(path)
    return values[jnp.clip(view.month, 0, values.shape[0] - 1)]


def reciprocity(params: Any, tension: Any) -> Float[Array, ""]:
    """Return the answer to the other side's last month: larger under tension, never explosive."""
    raised = 1.0 + (params.recip_tension - 1.0) * jnp.clip(tension, 0.0, 1.0)
    return jnp.minimum(params.reciprocity * raised, STABLE - params.inertia)


def var_cooperation(view: View, params: Any, concession: Any) -> Float[Array, " side"]:
    """Return both sides' cooperation without noise: inertia, reciprocity, line, GRIT, third."""
    ours, theirs = view.own.cooperation
    rho = reciprocity(params, view.own.tension)
    third = params.third * view.exogenous.taiwan
    soviet = params.gamma_line * view.leadership.line + params.act * concession
    american = (
        params.grit * concession
        + params.us_act_weight * view.exogenous.us_act
        + params.election * view.exogenous.us_election
    )
    return jnp.stack(
        [
            params.inertia * ours + rho * theirs + third + soviet,
            params.inertia * theirs + rho * ours + third + american,
        ]
    )


def ar_cooperation(view: View, params: Any, concession: Any) -> Float[Array, " side"]:
    """Rival: each side repeats itself."""
    return params.inertia * view.own.cooperation


def issues(view: View, params: Any, levers: Levers) -> Float[Array, " issue"]:
    """Return log hazard ratios by issue; Cuba is an issue only once it is open."""
    outside = view.exogenous
    ultimatum, missiles = levers.value("crisis_berlin"), levers.value("crisis_cuba")
    flight = jnp.log(jnp.maximum(view.bloc.refugees, 0.1) / params.ref_norm)
    opened = jnp.maximum(outside.castro, jnp.minimum(missiles, 1.0))
    log_open = jnp.log(jnp.maximum(opened, 1e-6))
    return jnp.stack(
        [
            params.issue * ultimatum + params.b_ref * flight,
            params.issue * missiles + log_open,
            params.issue * outside.taiwan,
            params.issue * outside.middle_east,
            params.issue * outside.incident,
        ]
    )


def issue_hazards(view: View, levers: Levers, params: Any) -> Float[Array, " issue"]:
    """Return monthly crisis hazards: base times tension, boldness from firsts, and the issue."""
    bold = params.bargaining * jnp.clip(view.science.prestige, 0.0, 2.0)
    common = params.crisis_tension * jnp.clip(view.own.tension, -LIMIT, LIMIT) + bold
    log_ratio = jnp.clip(common + issues(view, params, levers), -8.0, 6.0)
    return params.crisis_base / 12.0 / len(ISSUES) * jnp.exp(log_ratio)


def constant_hazards(view: View, levers: Levers, params: Any) -> Float[Array, " issue"]:
    """Rival: one constant hazard."""
    return jnp.full(len(ISSUES), params.crisis_base / 12.0 / len(ISSUES))


def outcome(view: View, params: Any, crises: Any, keys: Keys) -> tuple[Array, Array]:
    """Return whether a crisis turned grave, and whether the USSR backed down.

    The side with fewer warheads is likelier to retreat (bargaining from inferiority).
    """
    own = view.own
    grave_odds = jax.nn.sigmoid(params.ladder + params.ladder_tension * own.tension)
    grave = keys.happens("grave", grave_odds) * jnp.minimum(crises, 1.0)
    arms = jnp.log(now(view, view.inputs.rival_arsenal) / now(view, view.inputs.own_arsenal))
    retreat_odds = jax.nn.sigmoid(params.retreat + params.retreat_ratio * arms)
    return grave, grave * keys.happens("retreat", retreat_odds)


def next_tension(view: View, params: Any, crises: Any, coupled: float, keys: Keys) -> Array:
    """Return tension a month later; a lesson lowers the level to which it returns."""
    own = view.own
    level = -params.learning * own.lesson * coupled
    pull = params.tau_T * own.tension + (1.0 - params.tau_T) * level
    eased = coupled * params.b_T * jnp.mean(own.cooperation)
    shock = coupled * params.crisis_shock * crises
    noise = params.tension_noise * keys.normal("tension")
    return jnp.clip(pull - eased + shock + noise, -4.0, 4.0)


def ordered(params: Any, announced: Any, first: Float[ArrayLike, ""]) -> tuple[Array, Array]:
    """Return the first and the second programme of cuts as they would be carried out (thousand).

    The lever is a running total of both; what exceeds the first programme's total is the second.
    """
    return (
        params.troop_cuts_1955_share * jnp.minimum(announced, first),
        params.troop_cut_1960_share * jnp.maximum(announced - first, 0.0),
    )


def troops(view: View, levers: Levers, params: Any) -> dict[str, Array]:
    """Return manpower after orders carried out and alarms; a halt calls back no man gone."""
    own = view.own
    first, second = ordered(params, levers.value("troops_cut"), view.inputs.first_programme)
    lag = jnp.where(own.gone < first, params.troop_cuts_1955_lag, params.troop_cut_1960_lag)
    left = jnp.maximum(first + second - own.gone, 0.0) / jnp.maximum(lag, 1.0)
    leaving = jnp.concatenate([own.leaving[1:], left[None]])
    called = params.alarm * jnp.maximum(own.tension, 0.0)
    return {
        "gone": own.gone + left,
        "leaving": leaving,
        "cuts": jnp.sum(leaving) / 1000.0,
        "manpower": jnp.maximum(own.manpower - left + called, 500.0),
    }


def defence(view: View, params: Any, manpower: Any) -> Array:
    """Return defence demand after one month of Richardson's race against US spending."""
    own = view.own
    standing = params.defence_fatigue - params.defence_reaction + params.defence_growth
    yearly = (
        params.defence_reaction * now(view, view.inputs.rival_spending)
        - params.defence_fatigue * own.defence_demand
        + standing
        + params.h_T * own.tension
    )
    paid = params.pay_share * (manpower - own.manpower) / view.inputs.manpower
    return jnp.maximum(own.defence_demand + yearly / 12.0 + paid, 0.1)


def nuclear_tests(view: View, params: Any, moratorium: Any, keys: Keys) -> tuple[Array, Array]:
    """Return tests made and those still put off: overdispersed, growing with the arsenal."""
    arsenal = now(view, view.inputs.own_arsenal) / jnp.asarray(view.inputs.own_arsenal)[0]
    planned = params.tests_1953 * arsenal**params.tests_arsenal
    sd = params.tests_sd
    wanted = planned + params.tests_catch_up * view.own.backlog
    rate = wanted * jnp.exp(sd * keys.normal("programme") - 0.5 * sd**2)
    made = keys.poisson("tests", (1.0 - moratorium) * rate)
    caught_up = params.tests_catch_up * view.own.backlog * (1.0 - moratorium)
    return made, view.own.backlog + moratorium * planned - caught_up


def _step(cooperation_rule: Any, hazard_rule: Any, coupled: float) -> Step:
    """Return the step of east_west; ``coupled`` 0 cuts tension off from acts and crises."""

    def step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
        own = view.own
        concession = levers.value("unilateral_concession")
        hazards = hazard_rule(view, levers, params)
        crises = jnp.sum(keys.happens("crisis", 1.0 - jnp.exp(-hazards)))
        grave, retreat = outcome(view, params, crises, keys)
        noise = params.coop_noise * keys.normal("cooperation", (2,))
        calm = (view.bloc.unrest <= 0.0) * 1.0
        bloc_crises = jnp.sum(keys.happens("bloc", params.bloc_crisis * own.bloc_calm * (1 - calm)))
        moratorium = jnp.clip(levers.value("moratorium"), 0.0, 1.0)
        tests, backlog = nuclear_tests(view, params, moratorium, keys)
        men = troops(view, levers, params)
        after = State(
            cooperation=jnp.clip(cooperation_rule(view, params, concession) + noise, -20.0, 20.0),
            tension=next_tension(view, params, crises + bloc_crises, coupled, keys),
            crisis=crises,
            humiliation=own.humiliation * 0.5 ** (1.0 / params.shame_halflife) + retreat,
            lesson=jnp.maximum(own.lesson * 0.5 ** (1.0 / params.lesson_halflife), grave),
            defence_demand=defence(view, params, men["manpower"]),
            backlog=backlog, bloc_calm=calm, **men,
        )  # fmt: skip
        return after, Info(crises, crises + bloc_crises, tests, jnp.sum(hazards))

    return step


def observe(state: State, info: Info, params: Any, inputs: Inputs) -> Emission:
    """Show crises, tests, men under arms, and the distance of votes in the General Assembly."""
    felt = params.unga_tension * (state.tension - params.tension_1953)
    warmer = params.unga_coop * (jnp.mean(state.cooperation) - params.coop_1953)
    return Emission(
        series={
            ("eastwest.unga_distance_usa_ussr", "USA-USSR"): inputs.distance + felt - warmer,
            ("eastwest.icb_crises_ussr_actor", "USSR"): info.icb_crises,
            ("eastwest.nuclear_tests", "USSR"): info.tests,
            ("eastwest.military_personnel", "USSR"): state.manpower,
        },
        events={("superpower_crisis", "World"): info.crises},
        latent={
            "cooperation_ussr": state.cooperation[0],
            "cooperation_usa": state.cooperation[1],
            "crisis_hazard": info.hazard,
        },
    )


SUBSYSTEM = Subsystem(
    name="east_west",
    title="East-West relations",
    state=State,
    reads=(
        "leadership.line",
        "bloc.refugees",
        "bloc.unrest",
        "science.prestige",
        "exogenous.us_act",
        "exogenous.us_election",
        "exogenous.taiwan",
        "exogenous.middle_east",
        "exogenous.incident",
        "exogenous.castro",
    ),
    init=init,
    step=_step(var_cooperation, issue_hazards, 1.0),
    observe=observe,
    inputs=inputs,
    rivals={"autoregressive": _step(ar_cooperation, constant_hazards, 0.0)},
)
