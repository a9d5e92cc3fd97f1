"""Camps: sentences, terms, amnesties, review of cases, rehabilitation, settlers, camp revolts.

Writes hazards and the register of cases; people moves the persons. Contract: docs/model/camps.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.places import PRISONER_CLASSES, SETTLER_GROUPS, units
from thaw.model.randomness import Keys
from thaw.model.subsystem import Emission, Levers, Subsystem, View, variable
from thaw.model.subsystems import camps_exits as exits
from thaw.model.subsystems import camps_queue as register

K, S = len(PRISONER_CLASSES), len(SETTLER_GROUPS)
ORDERS = {
    "review_cap_1954": "review_commissions_1954",
    "exit_after": "early_release_1954",
    "review_cap_1956": "camp_commissions_1956",
}
"""Levers carried out with a lag, and the reform whose execution parameters they use."""
Scalar = Float[Array, ""]


class State(eqx.Module):
    """What camps writes, and its memory of orders, cases and hopes."""

    release_hazard: Float[Array, " classes"] = variable("1/month", "leaving alive, all exits")
    death_hazard: Float[Array, " classes"] = variable("1/month", "death in confinement")
    admission: Float[Array, " classes"] = variable("persons/month", "sentenced to confinement")
    settler_release: Float[Array, " groups"] = variable("1/month", "leaving the register")
    queue: Float[Array, " kinds"] = variable("cases", "waiting for a decision: living, dead")
    grant_rate: Scalar = variable("share", "favourable decisions as petitioners see them")
    waiting_time: Scalar = variable("months", "how long waiting cases have waited")
    rehabilitated: Float[Array, " kinds"] = variable("persons", "in the last month: living, dead")
    rehabilitated_total: Scalar = variable("persons", "since the start of the run")
    crime: Scalar = variable("1953=1", "crime index")
    revolts: Scalar = variable("count", "camp revolts in the last month")
    forced_labour: Scalar = variable("persons", "prisoners at work")
    execution: Float[Array, " orders"] = variable("orders", "at work: 1954, early release, 1956")
    settler_decree: Float[Array, " groups"] = variable("share", "executed part of each decree")
    decree_begun: Float[Array, " decrees"] = variable("share", "orders of release fallen due")
    decree_base: Float[Array, "decrees classes"] = variable("persons", "stock when an order began")
    entitled: Float[Array, " classes"] = variable("persons", "ordered free, still held")
    amnestied: Scalar = variable("persons", "amnestied persons at risk of relapse")
    unasked: Scalar = variable("cases", "dead victims for whom nobody has petitioned")
    refused: Float[Array, " kinds"] = variable("cases", "refused, will petition again")
    closed: Float[Array, " kinds"] = variable("cases", "finally decided")
    waits: Float[Array, " kinds"] = variable("months", "how long cases of a kind have waited")
    expected: Scalar = variable("1/month", "release of ordinary prisoners as remembered")
    granted: Scalar = variable("1/month", "release of political prisoners as remembered")
    habit: Float[Array, " units"] = variable("s.d.", "regional habit of review, drawn once")


class Info(eqx.Module):
    """What the month shows: stocks of the frozen month and flows of the step, in persons."""

    prisoners: Float[Array, " classes"]
    settlers: Scalar
    camp_share: Float[Array, " classes"]
    deaths: Scalar
    rehabilitated: Scalar
    refused: Scalar
    reviewed_1954: Scalar
    refused_1954: Scalar
    released_1954: Scalar
    reviewed_1956: Scalar
    released_1956: Scalar
    crimes: Scalar
    revolts: Scalar
    amnestied: Scalar
    grant_ratio: Scalar
    queue_binds: Scalar


def inputs() -> dict[str, Any]:
    """Return the number of special camps that held prisoners in 1953 (record: camp_years)."""
    from thaw import record

    years = record.table("camp_years")
    held = (years["type"] == "Special camps") & (years["year"] == 1953) & (years["prisoners"] > 0)
    return {"special_camps": float(years.loc[held, "camp_id"].nunique())}


def init(params: Any, inputs: Any) -> State:
    """Return January 1953: the old regime of terms, no commission, an empty register."""
    zero, kinds = jnp.zeros(()), jnp.zeros(2)
    release = exits.expiry(zero, params)
    share = jnp.stack([params.short_share, 1.0 - params.short_share])
    politicals = jnp.stack([params.collaborator_share, 1.0 - params.collaborator_share])
    return State(
        release_hazard=release,
        death_hazard=exits.death(jnp.asarray(params.stock0_total), params),
        admission=jnp.concatenate([params.inflow * share, params.inflow_political * politicals]),
        settler_release=jnp.zeros(S),
        queue=kinds,
        grant_rate=zero,
        waiting_time=zero,
        rehabilitated=kinds,
        rehabilitated_total=zero,
        crime=jnp.ones(()),
        revolts=zero,
        forced_labour=params.stock0_total * params.work_share,
        execution=jnp.zeros(3),
        settler_decree=jnp.zeros(S),
        decree_begun=jnp.zeros(3),
        decree_base=jnp.zeros((3, K)),
        entitled=jnp.zeros(K),
        amnestied=zero,
        unasked=jnp.asarray(params.dead_cases),
        refused=kinds,
        closed=kinds,
        waits=kinds,
        expected=release[1],
        granted=release[3],
        habit=jnp.zeros(len(units())),
    )


def step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Advance one month: terms, decrees, and cases before bodies of limited capacity."""
    return _advance(view, levers, params, keys, _by_terms, register.review)


def step_term_decree(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Advance one month by term expiry and decree dates alone: nobody reviews cases (rival)."""
    return _advance(view, levers, params, keys, _by_terms, register.no_review)


def step_line_only(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Advance one month with exits by the leadership's line alone and no queue (rival)."""
    return _advance(view, levers, params, keys, _by_line, register.review_at_once)


def _by_terms(
    view: View, early_release: Scalar, ordered: Float[Array, " decrees"], params: Any
) -> tuple[Float[Array, " classes"], dict[str, Array]]:
    stock = jnp.sum(view.people.prisoners, axis=1)
    return exits.expiry(early_release, params), exits.decrees(view.own, ordered, stock, params)


def _by_line(
    view: View, early_release: Scalar, ordered: Float[Array, " decrees"], params: Any
) -> tuple[Float[Array, " classes"], dict[str, Array]]:
    hazard = exits.expiry(jnp.zeros(()), params)
    nothing = _by_terms(view, early_release, 0.0 * ordered, params)[1]
    return hazard * jnp.exp(params.line_exit * view.leadership.line), nothing


def _advance(
    view: View,
    levers: Levers,
    params: Any,
    keys: Keys,
    leave: Callable[..., tuple[Array, dict[str, Array]]],
    review: Callable[..., register.Decided],
) -> tuple[State, Info]:
    own, line = view.own, view.leadership.line
    stock = jnp.sum(view.people.prisoners, axis=1)
    habit = jnp.where(view.month == 0, keys.normal("habit", own.habit.shape), own.habit)
    execution = _execution(own, levers, params)
    settler_decree = exits.delayed(
        own.settler_decree,
        levers.value("special_settlers_exit"),
        params.special_settlement_lifted_share,
        params.special_settlement_lifted_lag,
    )
    ordered = jnp.stack(
        [
            levers.value("amnesty_total"),
            levers.value("amnesty_political"),
            jnp.maximum(execution[1] - own.execution[1], 0.0),
        ]
    )
    hazard, decree = leave(view, execution[1], ordered, params)
    cases = review(
        view,
        habit,
        jnp.stack([execution[0], execution[2]]),
        params,
        keys,
    )
    staying = stock * (1.0 - own.release_hazard)
    ahead = staying * (1.0 - own.death_hazard) + own.admission
    persons = decree["released"] + cases.leaving
    again, at_risk = exits.relapse(own.amnestied, jnp.sum(decree["released"][:2]), params)
    adults = jnp.maximum(jnp.sum(view.people.adults), 1.0)
    rate = exits.revolt_rate(view, own.expected, own.granted, params)
    revolts = keys.poisson("revolt", rate)
    state = State(
        release_hazard=jnp.clip(
            hazard + persons / jnp.maximum(ahead, 1.0), 0.0, exits.LARGEST_HAZARD
        ),
        death_hazard=exits.death(jnp.sum(stock), params),
        admission=exits.admission(
            view, levers.value("inflow"), levers.value("inflow_political"), again, params
        ),
        settler_release=exits.settlers(own.settler_decree, settler_decree, line, params),
        queue=cases.queue,
        grant_rate=cases.grant_rate,
        waiting_time=_overall_wait(cases),
        rehabilitated=cases.rehabilitated,
        rehabilitated_total=own.rehabilitated_total + jnp.sum(cases.rehabilitated),
        crime=1.0 + params.crime_gain * 100.0 * at_risk / adults,
        revolts=revolts,
        forced_labour=jnp.sum(stock) * params.work_share,
        execution=execution,
        settler_decree=settler_decree,
        decree_begun=decree["begun"],
        decree_base=decree["base"],
        entitled=decree["entitled"],
        amnestied=at_risk,
        unasked=cases.unasked,
        refused=cases.refused,
        closed=cases.closed,
        waits=cases.waits,
        expected=_remembered(own.expected, own.release_hazard[:2], stock[:2], params),
        granted=_remembered(own.granted, own.release_hazard[2:], stock[2:], params),
        habit=habit,
    )
    return state, _info(view, params, cases, staying, decree, revolts)


def _execution(own: State, levers: Levers, params: Any) -> Float[Array, " orders"]:
    return jnp.stack(
        [
            exits.delayed(
                own.execution[place],
                levers.value(lever),
                getattr(params, f"{reform}_share"),
                getattr(params, f"{reform}_lag"),
            )
            for place, (lever, reform) in enumerate(ORDERS.items())
        ]
    )


def _overall_wait(cases: register.Decided) -> Scalar:
    total = jnp.sum(cases.queue)
    return jnp.sum(cases.waits * cases.queue) / jnp.maximum(total, 1e-6)


def _remembered(
    before: Scalar, hazards: Float[Array, " pair"], stock: Float[Array, " pair"], params: Any
) -> Scalar:
    now = jnp.sum(hazards * stock) / jnp.maximum(jnp.sum(stock), 1.0)
    return before + (now - before) * -jnp.expm1(-1.0 / params.hope_memory)


def _info(
    view: View,
    params: Any,
    cases: register.Decided,
    staying: Float[Array, " classes"],
    decree: dict[str, Array],
    revolts: Scalar,
) -> Info:
    kept = jnp.stack(
        [params.itl_short, params.itl_long, params.itl_political, params.itl_political]
    )
    return Info(
        prisoners=jnp.sum(view.people.prisoners, axis=1),
        settlers=jnp.sum(view.people.settlers),
        camp_share=kept * jnp.exp(-params.itl_drift * view.month / 12.0),
        deaths=params.death_recorded * jnp.sum(view.own.death_hazard * staying),
        rehabilitated=jnp.sum(cases.rehabilitated),
        refused=cases.refused_courts + params.refused_counted * cases.refused_1954,
        reviewed_1954=cases.reviewed_1954,
        refused_1954=cases.refused_1954,
        released_1954=cases.released_1954,
        reviewed_1956=cases.reviewed_1956,
        released_1956=cases.released_1956,
        crimes=params.crime_rate * view.own.crime * jnp.sum(view.people.adults) / 1000.0,
        revolts=revolts,
        amnestied=jnp.sum(decree["released"]),
        grant_ratio=register.inconsistency(view.leadership.line, params),
        queue_binds=jnp.where(jnp.sum(cases.queue) > 1.0, 1.0, 0.0),
    )


def observe(state: State, info: Info, params: Any, inputs: Any) -> Emission:
    """Return the 14 recorded series of camps, camp revolts, and latents worth looking at."""
    total = jnp.sum(info.prisoners)
    in_camps = jnp.sum(info.camp_share * info.prisoners)
    shown = {
        "gulag.prisoners_total": total,
        "gulag.counterrev_total": jnp.sum(info.prisoners[2:]),
        "gulag.prisoners_itl": in_camps,
        "gulag.prisoners_itk": total - in_camps,
        "gulag.deaths": info.deaths,
        "special_settlers.total": info.settlers,
        "rehab.total_1954_61": info.rehabilitated,
        "rehab.refused_1954_61": info.refused,
        "release.review_1954_55_reviewed": info.reviewed_1954,
        "release.review_1954_55_refused": info.refused_1954,
        "release.review_1954_55_released": info.released_1954,
        "release.commissions_1956_reviewed": info.reviewed_1956,
        "release.commissions_1956_released": info.released_1956,
        "crime.registered": info.crimes,
    }
    return Emission(
        series={(series_id, "USSR"): value for series_id, value in shown.items()},
        events={("camp_revolt", "USSR"): info.revolts},
        latent={
            "amnestied_in_month": info.amnestied,
            "icc": register.intraclass_correlation(params),
            "grant_ratio_90_10": info.grant_ratio,
            "queue_binds": info.queue_binds,
            "release_gap": exits.release_gap(state.expected, state.granted),
        },
    )


SUBSYSTEM = Subsystem(
    name="camps",
    title="Prisons, camps, release, review, rehabilitation",
    state=State,
    reads=(
        "people.prisoners",
        "people.settlers",
        "people.returnees",
        "people.convictions",
        "people.adults",
        "information.news",
        "leadership.line",
        "public.fear",
        "public.severity",
    ),
    init=init,
    step=step,
    observe=observe,
    inputs=inputs,
    rivals={"line_only": step_line_only, "term_decree": step_term_decree},
)
