"""Eastern Europe: grievance and opening raise the hazard of revolt; the party and Moscow answer.

Purpose, equations and limits: docs/model/bloc.md. Seven states share one set of coefficients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.places import BLOC_STATES
from thaw.model.randomness import Keys
from thaw.model.subsystem import Emission, Levers, Step, Subsystem, View, variable
from thaw.model.subsystems import bloc_unrest as rules
from thaw.model.subsystems.bloc_decision import Covariates, decision_probability, due
from thaw.model.subsystems.bloc_inputs import Inputs, inputs, places
from thaw.model.subsystems.bloc_unrest import Answer, B, States


class State(eqx.Module):
    """What bloc writes, by state in the order of ``BLOC_STATES``."""

    unrest: States = variable("0-1", "level of open unrest, 0 where no episode is on")
    grievance: States = variable("s.d.", "grievance from output, collectivisation and terror")
    opening: States = variable("line units", "expectation that change is allowed")
    intervened: States = variable("0 or 1", "1 in the month after Soviet force was used")
    credible: States = variable("0 or 1", "a leader whom the crowd believes stands at hand")
    repression: States = variable("acts", "decaying memory of force used on the population")
    relief: States = variable("acts", "decaying memory of concessions")
    months_on: States = variable("month", "age of the episode")
    toll: States = variable("per million", "killed in the last month per million people")
    liberty: States = variable("logit", "openness of the state since 1952, slowly adapting")
    crisis: Float[Array, ""] = variable("0-1", "highest level of unrest in any state")
    refugees: Float[Array, ""] = variable("thousand", "refugees from East Germany last month")
    losses: Float[Array, ""] = variable("crises", "decaying index of bloc crises")


class Info(eqx.Module):
    """What happened in the month, by state; ``sent_in`` is 1 in an intervention's first month."""

    started: States
    intervened: States
    sent_in: States
    killed: States
    odds: States
    hazard: States


def init(params: Any, inputs: Inputs) -> State:
    """Return January 1953: quiet, with the grievance that output, land and terror give."""
    none, zero = jnp.zeros(B), jnp.zeros(())
    return State(
        unrest=none,
        grievance=rules.grievance(params, inputs, inputs.pace_before, inputs.terror, none),
        opening=none, intervened=none, credible=none, repression=none, relief=none,
        months_on=none, toll=none, liberty=none, crisis=zero,
        refugees=zero + inputs.refugees, losses=zero,
    )  # fmt: skip


def covariates(
    view: View, params: Any, level: States, given: Answer, credible: States
) -> Covariates:
    """Return what Moscow sees this month; exit is expected where an open state is unruly."""
    own, data = view.own, view.inputs
    loss = jnp.clip(level + params.loss_split * given.paralysis, 0.0, 1.0)
    return Covariates(
        loss_of_control=loss,
        expected_exit=jnp.clip(loss * own.opening, 0.0, 1.0),
        open_border=data.open_border,
        credible_leader=credible,
        resistance=data.army,
        west_busy=jnp.maximum(view.exogenous.suez, view.exogenous.us_election),
        line=view.leadership.line,
        spread=jnp.clip(rules.neighbourhood(params, data, own.unrest), 0.0, 1.0),
    )


def logit_rule(params: Any, seen: Covariates, odds: States, keys: Keys) -> States:
    """Draw Moscow's decisions where one is due."""
    return keys.happens("intervene", odds * due(params, seen.loss_of_control))


def loss_rule(params: Any, seen: Covariates, odds: States, keys: Keys) -> States:
    """Rival: intervene exactly where control is lost beyond a threshold."""
    return (jnp.asarray(seen.loss_of_control) > params.rule_threshold) * 1.0


def _memories(view: View, params: Any, given: Answer, sent_in: States) -> dict[str, Array]:
    """Return what lingers: force, concessions, opening, and the openness that experts code.

    Force is remembered once per intervention, however many months it lasts.
    """
    own = view.own
    fading = 0.5 ** (1.0 / params.memory_halflife)
    moved = (rules.opening_target(view, params) - own.opening) / params.o_tau
    pushed = (
        params.o_death * rules.this_month(view, view.inputs.deaths_of_leaders)
        + params.o_change * view.leadership.leader_changed
        + params.o_local * given.concede
        + params.o_force * sent_in
    )
    liberty = params.liberty_opening * own.opening + params.liberty_force * own.repression
    return {
        "repression": own.repression * fading + given.repress + sent_in,
        "relief": own.relief * fading + given.concede,
        "opening": jnp.clip(own.opening + moved + pushed, *rules.OPENING_RANGE),
        "liberty": own.liberty + (liberty - own.liberty) / params.liberty_tau,
    }


def _credible(view: View, params: Any, started: States, keys: Keys) -> States:
    """Return whether a believed leader stands at hand, drawn once when an episode begins."""
    chance = jax.nn.sigmoid(params.cred0 + params.cred_opening * view.own.opening)
    return jnp.where(started > 0.5, keys.happens("credible", chance), view.own.credible)


def _sent(levers: Levers, chosen: States) -> States:
    """Return Soviet force: the order where it is planned, else the model's own decision."""
    planned = (levers.value("intervene") > 0.0) * 1.0
    return jnp.where(levers.decided("intervene") > 0.5, chosen, planned)


def _step(
    hazard_rule: Callable[..., States] = rules.interaction_hazard,
    moscow: Callable[..., States] = logit_rule,
) -> Step:
    """Return the step of bloc with a rule of onset and a rule of Moscow's decision."""

    def step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
        own, data = view.own, view.inputs
        line = view.leadership.line
        hazard = hazard_rule(params, own, rules.neighbourhood(params, data, own.unrest))
        quiet = (own.unrest <= 0.0) * 1.0
        started = keys.happens("onset", (1.0 - jnp.exp(-hazard)) * quiet)
        level = jnp.where(started > 0.5, params.u_onset, own.unrest)
        credible = _credible(view, params, started, keys)
        given = rules.answer(params, level, line, keys)
        seen = covariates(view, params, level, given, credible)
        odds = decision_probability(params, seen)
        sent = _sent(levers, moscow(params, seen, odds, keys))
        sent_in = sent * (1.0 - own.intervened)
        dead = rules.killed(params, data, level, given, sent, keys)
        terror = rules.terror_level(params, data, line, own.repression)
        unrest = rules.next_unrest(params, own, level, given, credible, sent)
        pace = rules.this_month(view, data.pace)
        pressed = rules.pressure_to_leave(view, params, pace, terror)
        border = levers.value("border_control")
        fading = 0.5 ** (1.0 / params.losses_halflife)
        after = State(
            unrest=unrest,
            grievance=rules.grievance(params, data, pace, terror, own.relief),
            intervened=sent, credible=credible,
            months_on=(own.months_on + 1.0) * (unrest > 0.0), toll=dead / data.population,
            **_memories(view, params, given, sent_in), crisis=jnp.max(unrest),
            refugees=rules.refugees(view, params, pressed, border, keys),
            losses=own.losses * fading + jnp.sum(sent_in) + params.losses_unrest * jnp.sum(started),
        )  # fmt: skip
        return after, Info(started, sent, sent_in, dead, odds, hazard)

    return step


def observe(state: State, info: Info, params: Any, inputs: Inputs) -> Emission:
    """Show refugees, coded liberties, the dead of episodes, and episodes and interventions."""
    start = jnp.log(inputs.liberties / (1.0 - inputs.liberties))
    index = jax.nn.sigmoid(start + state.liberty + params.halo)
    series = {("eastwest.gdr_refugees", places()[rules.GDR]): state.refugees}
    events, latent = {}, {}
    for at, (name, place) in enumerate(zip(BLOC_STATES, places(), strict=True)):
        events["bloc_unrest", place] = info.started[at]
        events["intervention", place] = info.sent_in[at]
        latent[f"unrest_{name}"] = state.unrest[at]
        latent[f"hazard_{name}"] = info.hazard[at]
        latent[f"intervention_odds_{name}"] = info.odds[at]
        if name in ("poland", "hungary", "czechoslovakia"):
            series["bloc.civil_liberties_index", place] = index[at]
        if name == "hungary":
            series["bloc.unrest_killed", place] = info.killed[at]
    return Emission(series=series, events=events, latent=latent)


SUBSYSTEM = Subsystem(
    name="bloc",
    title="Eastern Europe",
    state=State,
    reads=(
        "leadership.line",
        "leadership.leader_changed",
        "information.leak",
        "information.news",
        "information.public_abroad",
        "camps.release_hazard",
        "east_west.cooperation",
        "exogenous.suez",
        "exogenous.us_election",
    ),
    init=init,
    step=_step(),
    observe=observe,
    inputs=inputs,
    rivals={
        "diffusion_only": _step(hazard_rule=rules.contagion_hazard),
        "loss_of_control_rule": _step(moscow=loss_rule),
    },
)
