"""Leadership: who leads, where the line goes, and who may remove whom.

Two bodies vote, the Presidium by name and the Central Committee by groups of office; the leader's
clients grow with the turnover of regional secretaries and enter the Committee at congresses only
(circular flow of power). Contract, equations, sources: docs/model/leadership.md.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.randomness import Keys
from thaw.model.subsystem import Emission, Levers, Subsystem, View, variable
from thaw.model.subsystems import leadership_fate as fates
from thaw.model.subsystems import leadership_menu as agenda
from thaw.model.subsystems import leadership_votes as votes
from thaw.model.subsystems.leadership_people import targets
from thaw.model.subsystems.leadership_roster import Roster, roster
from thaw.reforms.menu import policies

YEARS_BETWEEN_ELECTIONS = 2.0
"""Regional committees were elected every second year (party rules of 1961, recalled)."""

SINCE_CONGRESS = 3.0
"""Months from the 19th congress (October 1952) to January 1953."""


class State(eqx.Module):
    """The leadership at the start of a month."""

    line: Float[Array, ""] = variable(
        "line units", "0 = average of 1952, +1 = March-September 1956"
    )
    leader: Float[Array, ""] = variable("index", "the leader's place in the roster")
    months_in_office: Float[Array, ""] = variable("month", "since the leader came in")
    leader_changed: Float[Array, ""] = variable("0/1", "1 in the month after a change of leader")
    clients: Float[Array, ""] = variable("share", "regional secretaries who owe him their post")
    client_cc: Float[Array, ""] = variable("share", "party seats of the Committee held by clients")
    performance: Float[Array, ""] = variable("standardised", "results of the leadership")
    risk: Float[Array, ""] = variable("1/year", "a regional secretary's hazard of losing office")
    watch: Float[Array, ""] = variable("0-1", "the leader's control of the security service")
    ouster: Float[Array, ""] = variable("0/1", "1 in the month after an ouster")
    challenge: Float[Array, ""] = variable("0/1", "1 in the month after a move against the leader")
    renewal: Float[Array, ""] = variable("share", "renewal of the Committee by rule, as enforced")
    renewal_region: Float[Array, ""] = variable("share", "the same for regional committees")
    dropped: Float[Array, ""] = variable("0/1", "1 once the model has dropped the renewal rule")
    bargain: Float[Array, ""] = variable("0/1", "1 under a leader whom an ouster brought in")
    exposure: Float[Array, ""] = variable("expected losses", "of office, since the last congress")
    since_congress: Float[Array, ""] = variable("month", "since the last congress")
    seat: Float[Array, " N"] = variable("0/1", "full members of the Presidium, roster order")
    demoted: Float[Array, " N"] = variable("0/1", "removed from all posts")
    adopted: Float[Array, " R"] = variable("month", "since the model adopted each reform, or -1")


class Info(eqx.Module):
    """What a month of leadership shows beside its state."""

    challenge: Float[Array, ""]
    ouster: Float[Array, ""]
    removals: Float[Array, ""]
    challenge_probability: Float[Array, ""]
    loss_probability: Float[Array, ""]
    removal_probability: Float[Array, " J"]
    presidium: Float[Array, ""]
    committee: Float[Array, ""]
    against: Float[Array, " N"]
    turnover: Float[Array, ""]
    adopted: Float[Array, " R"]
    seats: Float[Array, ""]
    survival: Float[Array, ""]
    regional: Float[Array, ""]
    central_state: Float[Array, ""]


def init(params: Any, inputs: Roster) -> State:
    """Return the leadership of January 1953: an established autocrat at the scale's zero."""
    zero, one = jnp.asarray(0.0), jnp.asarray(1.0)
    quiet = (
        "line", "leader_changed", "performance", "ouster", "challenge",
        "renewal", "renewal_region", "dropped", "bargain",
    )  # fmt: skip
    established = params.clients_autocrat * one
    return State(
        **dict.fromkeys(quiet, zero),
        leader=inputs.leader[0],
        months_in_office=inputs.tenure,
        clients=established,
        client_cc=established,
        watch=established,
        risk=params.obkom_turnover_base * one,
        exposure=params.obkom_turnover_base * SINCE_CONGRESS / 12.0,
        since_congress=SINCE_CONGRESS * one,
        seat=inputs.seat[0],
        demoted=jnp.zeros_like(inputs.seat[0]),
        adopted=-jnp.ones_like(inputs.menu.listed),
    )


Hazard = Callable[[votes.Now, Array, Array, Array, Array, Any], tuple[Array, Array]]
"""Monthly hazard of a move against the leader, and the probability that he falls by it."""


def two_bodies(
    now: votes.Now, presidium: Array, committee: Array, absent: Array, focal: Array, params: Any
) -> tuple[Array, Array]:
    """Return hazard and loss by votes of both bodies: the main mechanism."""
    hazard = votes.challenge_hazard(now, presidium, committee, absent, focal, params)
    return hazard, votes.loss_probability(committee, now.watch, params)


def by_tenure(
    now: votes.Now, presidium: Array, committee: Array, absent: Array, focal: Array, params: Any
) -> tuple[Array, Array]:
    """Return the comparative base rate by tenure (rival): a move is an ouster."""
    return params.coup_base / 12.0 * jnp.exp(params.coup_tenure * now.office / 12.0), jnp.asarray(
        1.0
    )


def by_performance(
    now: votes.Now, presidium: Array, committee: Array, absent: Array, focal: Array, params: Any
) -> tuple[Array, Array]:
    """Return a hazard that knows results only (rival): a move is an ouster."""
    return params.coup_base / 12.0 * jnp.exp(-params.w_perform * now.performance), jnp.asarray(1.0)


def situation(view: View, levers: Levers, params: Any) -> votes.Now:
    """Return what the voters see this month.

    A leader answers for the remembered results of his own time, not for his predecessor's.
    """
    own, people, month = view.own, view.inputs, view.month
    kept = 1.0 - own.demoted
    his_time = 1.0 - jnp.exp(-own.months_in_office / params.perf_memory)
    party, premier, defence, security = (
        table[month] * kept
        for table in (people.party, people.premier, people.defence, people.security)
    )
    return votes.Now(
        seat=own.seat,
        leader=votes.one_hot(own.leader, people),
        power=1.0 + party + premier + defence + security,
        threat=premier + defence + security * levers.value("kgb_autonomy"),
        party=party,
        defence=defence,
        since=people.since[month],
        ideal=votes.ideal_points(people, params),
        shares=committee_shares(people, view.administration.m_form, params),
        line=own.line,
        office=own.months_in_office,
        bargain=own.bargain,
        clients=own.clients,
        client_cc=own.client_cc,
        since_congress=own.since_congress,
        risk=own.risk,
        watch=own.watch,
        performance=own.performance * his_time,
        stake_ministry=view.administration.stake_ministry,
        stake_obkom=view.administration.stake_obkom,
        stake_army=params.stake_army * view.east_west.cuts,
    )


def committee_shares(people: Roster, m_form: Array, params: Any) -> Float[Array, " G"]:
    """Return seats by group: the job slots of 1961, with more central state under ministries."""
    recorded = people.committee_shares
    state = recorded[votes.CENTRAL_STATE]
    wanted = state + (params.ministry_seats - state) * (1.0 - m_form)
    others = recorded * (1.0 - wanted) / (1.0 - state)
    return jnp.where(jnp.arange(recorded.shape[0]) == votes.CENTRAL_STATE, wanted, others)


def judged_results(view: View) -> Float[Array, ""]:
    """Return this month's results: the mean of seven readings on fixed scales, each within 2."""
    readings = (
        -view.agriculture.harvest_gap / 0.1,
        (0.1 - view.industry.shortage) / 0.1,
        (view.industry.growth - 10.0) / 3.0,
        view.science.prestige,
        -view.east_west.humiliation,
        -jnp.sum(view.people.disturbances) / 2.0,
        -view.bloc.losses,
    )
    return jnp.mean(jnp.clip(jnp.stack(readings), -2.0, 2.0))


def turnover(view: View, params: Any) -> Float[Array, ""]:
    """Return the yearly hazard of replacement: a sweep before congresses, less under a bargain."""
    sweep = (params.obkom_turnover_purge - params.obkom_turnover_base) * view.exogenous.congress_due
    return (params.obkom_turnover_base + sweep) * (1.0 - params.stability * view.own.bargain)


def next_rule(view: View, levers: Levers, params: Any) -> tuple[Array, Array, Array]:
    """Return renewal as enforced (Committee, regions), and whether the model has dropped it.

    Where the model decides, a leader brought in by an ouster drops the rule at the next congress.
    """
    own = view.own
    drops = levers.decided("turnover_rule")[0] * own.bargain * view.exogenous.congress
    dropped = jnp.maximum(own.dropped, drops)
    ordered = levers.value("turnover_rule") * (1.0 - dropped * levers.decided("turnover_rule"))
    speed = 1.0 / (1.0 + params.renewal_rule_1961_lag)
    committee = own.renewal + speed * (ordered[0] - own.renewal)
    region = own.renewal_region + speed * (ordered[1] - own.renewal_region)
    return committee, region, dropped


def next_line(view: View, levers: Levers, now: votes.Now, params: Any) -> Float[Array, ""]:
    """Return the line: pulled by ideal points, pushed by public acts, held back by pressure."""
    target = votes.line_target(now, params) + params.line_step * view.own.bargain
    pull = params.kappa * (target - now.line)
    return now.line + pull + levers.value("impulse") - params.back_eff * view.backlash.pressure


def step_with(
    hazard: Hazard, view: View, levers: Levers, params: Any, keys: Keys
) -> tuple[State, Info]:
    """Return the leadership of the next month under a hazard of moves against the leader."""
    own, people = view.own, view.inputs
    now = situation(view, levers, params)
    against, presidium, committee = votes.dissatisfied(now, people, params)
    absent, focal = view.exogenous.leader_absent, view.exogenous.plenum_due
    rate, losing = hazard(now, presidium, committee, absent, focal, params)
    moving = 1.0 - jnp.exp(-rate)
    removing = 1.0 - jnp.exp(-votes.removal_hazard(now, people, params))
    fate = fates.decide(view, levers, now, (moving, losing, removing, against), params, keys)
    adopted, adopting = agenda.adopt(view, levers, now, params, keys)
    seat, demoted, removals = fates.next_seats(view, now, fate, params, keys)

    stays = 1.0 - fate.vacated
    yearly = turnover(view, params)
    congress = view.exogenous.congress
    clients = own.clients + yearly / 12.0 * (params.secretariat_control - own.clients)
    client_cc = jnp.where(congress > 0.0, own.clients, own.client_cc)
    renewal, renewal_region, dropped = next_rule(view, levers, params)
    office = own.months_in_office * stays + stays
    established = office / (office + params.establish)
    memory = (judged_results(view) - own.performance) / params.perf_memory
    after = State(
        line=next_line(view, levers, now, params),
        leader=fate.leader,
        months_in_office=office,
        leader_changed=fate.vacated,
        clients=jnp.where(fate.vacated > 0.0, params.clients_start, clients),
        client_cc=jnp.where(fate.vacated > 0.0, params.clients_start, client_cc),
        performance=own.performance + memory,
        risk=1.0
        - jnp.exp(-yearly)
        + params.rule_enforced * renewal_region / YEARS_BETWEEN_ELECTIONS,
        watch=own.clients * (1.0 - levers.value("kgb_autonomy") * (1.0 - established)),
        ouster=fate.ouster,
        challenge=fate.challenge,
        renewal=renewal,
        renewal_region=renewal_region,
        dropped=dropped,
        bargain=jnp.where(fate.vacated > 0.0, fate.ouster, own.bargain),
        exposure=jnp.where(congress > 0.0, 0.0, own.exposure + yearly / 12.0),
        since_congress=jnp.where(congress > 0.0, 0.0, own.since_congress + 1.0),
        seat=seat,
        demoted=demoted,
        adopted=adopted,
    )
    size = people.committee_size[view.month]
    info = Info(
        challenge=fate.challenge,
        ouster=fate.ouster,
        removals=removals,
        challenge_probability=moving,
        loss_probability=losing,
        removal_probability=people.target @ removing,
        presidium=presidium,
        committee=committee,
        against=against,
        turnover=yearly,
        adopted=adopting,
        seats=jnp.sum(seat),
        survival=100.0 * jnp.exp(-params.seat_loss * own.exposure),
        regional=now.shares[votes.REGIONAL] * size,
        central_state=now.shares[votes.CENTRAL_STATE] * size,
    )
    return after, info


step = partial(step_with, two_bodies)


def observe(state: State, info: Info, params: Any, inputs: Roster) -> Emission:
    """Return the Committee's composition and survival, the Presidium's size, and its events.

    A challenge is a move of the Presidium against the leader that he survives; one that he does not
    survive, or a decision to remove him, is counted as his removal instead.
    """
    removal = {
        f"removal_probability_{name}": info.removal_probability[place]
        for place, name in enumerate(targets())
    }
    adopted = {
        f"adopted_{reform.slug}": info.adopted[place] for place, reform in enumerate(policies())
    }
    return Emission(
        series={
            ("cc.survival_full", "USSR"): info.survival,
            ("cc.occupation.regional_party", "USSR"): info.regional,
            ("cc.occupation.central_state", "USSR"): info.central_state,
            ("leadership.presidium_full", "USSR"): info.seats,
        },
        events={
            ("leadership_challenge", "USSR"): info.challenge * (1.0 - info.ouster),
            ("leader_removed", "USSR"): info.ouster,
            ("presidium_removal", "USSR"): info.removals,
        },
        latent={
            "challenge_probability": info.challenge_probability,
            "ouster_probability": info.challenge_probability * info.loss_probability,
            "loss_probability": info.loss_probability,
            "presidium_dissatisfied": info.presidium,
            "committee_dissatisfied": info.committee,
            "turnover": info.turnover,
            **removal,
            **adopted,
        },
    )


SUBSYSTEM = Subsystem(
    name="leadership",
    title="Leadership",
    state=State,
    reads=(
        "people.disturbances",
        "people.prisoners",
        "people.working_age",
        "camps.queue",
        "administration.m_form",
        "administration.stake_ministry",
        "administration.stake_obkom",
        "agriculture.harvest_gap",
        "industry.shortage",
        "industry.growth",
        "industry.crowding",
        "science.prestige",
        "east_west.humiliation",
        "east_west.cuts",
        "east_west.tension",
        "east_west.defence_demand",
        "bloc.losses",
        "bloc.refugees",
        "backlash.pressure",
        "exogenous.leader_absent",
        "exogenous.plenum_due",
        "exogenous.congress",
        "exogenous.congress_due",
    ),
    init=init,
    step=step,
    observe=observe,
    inputs=roster,
    rivals={
        "tenure_hazard": partial(step_with, by_tenure),
        "performance_hazard": partial(step_with, by_performance),
    },
)
