"""Public: fear, the price of open acts, convictions, disturbances, the answer with arms.

Writes thresholds and the answer of the police; who acts, is convicted or gathers belongs to people.
Contract: docs/model/public.md. Parts: public_acts.py, public_decisions.py,
public_unrest.py.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.clock import FIRST_YEAR
from thaw.model.places import ACTS, units
from thaw.model.randomness import Keys
from thaw.model.subsystem import Emission, Levers, Subsystem, View, variable
from thaw.model.subsystems import public_acts as acts
from thaw.model.subsystems import public_decisions
from thaw.model.subsystems import public_unrest as unrest


class State(eqx.Module):
    """Fear, the price of acts, the answer of the state (P units, A act levels)."""

    fear: Float[Array, " P"] = variable("0-1", "belief that open dissent is surely punished")
    arrest_risk: Float[Array, "P A"] = variable("probability", "chance of arrest for an act")
    severity: Float[Array, ""] = variable("1953=1", "index of sentences")
    act_intercept: Float[Array, "P A"] = variable("logit", "propensity to act without grievance")
    act_slope: Float[Array, ""] = variable("logit", "effect of one unit of grievance on acting")
    conviction_ratio: Float[Array, " P"] = variable("persons", "convictions per letter act")
    disturbance_hazard: Float[Array, " P"] = variable("1/month", "hazard of a large disturbance")
    crowd_exponent: Float[Array, ""] = variable("none", "Pareto exponent of crowd size")
    shootings: Float[Array, " P"] = variable("count", "disturbances put down with firearms")
    signal: Float[Array, "P A"] = variable(
        "-1 to 1", "learned excess of open acts nearby over those of January 1953"
    )
    practice: Float[Array, ""] = variable("log", "convictions per act against January 1953")
    restraint: Float[Array, ""] = variable("0-1", "restraint in the use of arms learned so far")
    order_decided: Float[Array, ""] = variable("0/1", "repression order by the model's decision")
    policing_decided: Float[Array, ""] = variable("0/1", "policing laws by the model's decision")
    start_grievance: Float[Array, ""] = variable("0-1", "mean grievance of January 1953")
    start_urban: Float[Array, ""] = variable("persons", "urban population of January 1953")


class Info(eqx.Module):
    """What happened in the last month."""

    convictions: Float[Array, ""]
    shootings: Float[Array, ""]


class Inputs(eqx.Module):
    """Static inputs: adults of January 1953 (persons)."""

    adults: float


def inputs() -> Inputs:
    """Load adults (population of the start times the share of 16 and over in the next census)."""
    from thaw import record

    rows = record.series("population.total", place="USSR")
    thousand = rows.loc[rows["date"] == f"{FIRST_YEAR}-01-01", "value"].astype(float).iloc[0]
    table = record.table("census_age")
    here = (table["area"] == "USSR") & (table["census_year"] == table["census_year"].min())
    table = table[here & (table["locality"] == "total")]
    everyone = float(table.loc[table["age"].astype(str) == "total", "both"].iloc[0])
    single = table[table["age_kind"] == "single"]
    children = single.loc[single["age"].astype(int) < 16, "both"].astype(float).sum()
    return Inputs(thousand * 1e3 * (1.0 - children / everyone))


def init(params: Any, inputs: Inputs) -> State:
    """Return January 1953."""
    places, zero = len(units()), jnp.zeros(())
    everywhere = jnp.ones(places)
    intercept, arrest = acts.start_intercept(params)
    return State(
        fear=params.fear0 * everywhere,
        arrest_risk=everywhere[:, None] * arrest,
        severity=jnp.ones(()),
        act_intercept=everywhere[:, None] * intercept,
        act_slope=params.expr * jnp.ones(()),
        conviction_ratio=everywhere * acts.start_ratio(params, inputs.adults, zero),
        disturbance_hazard=everywhere * params.disturb_base / 12.0 / places,
        crowd_exponent=params.size_tail * jnp.ones(()),
        shootings=0.0 * everywhere,
        signal=jnp.zeros((places, len(ACTS))),
        practice=zero,
        restraint=zero,
        order_decided=zero,
        policing_decided=zero,
        start_grievance=zero,
        start_urban=zero,
    )


def step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Advance one month."""
    own, people, start = view.own, view.people, _start(view)
    grievance, acting = _seen(view, params, start)
    order, policing, decisions = public_decisions.in_force(view, levers, params, keys)
    police = 1.0 + params.policing_gain * policing
    practice = acts.practice(params, own.practice, order, view.leadership.line)
    severity = jnp.exp(params.severity_pass * practice)
    fear = acts.next_fear(view, params)
    relief = params.hardship_relief * levers.value("hardship")
    signal = acts.learned_signal(params, own.signal, acting, start["start_grievance"])
    arrest = acts.arrest_risk(params, acting, police)
    felt = jnp.clip(fear + params.b_age * _young(view), 0.0, 1.0)
    extra = acts.kin_effect(view, params, fear) - params.expr * relief
    causes = unrest.causes(view, params, start, grievance - relief, police, fear)
    shot, restraint = unrest.shootings(view, params, keys)
    ratio = acts.start_ratio(params, view.inputs.adults, start["start_grievance"])
    after = State(
        fear=fear,
        arrest_risk=arrest,
        severity=severity,
        act_intercept=acts.intercept(params, signal, arrest, severity, felt, extra),
        act_slope=own.act_slope,
        conviction_ratio=jnp.minimum(ratio * jnp.exp(practice), 1.0) * jnp.ones_like(fear),
        disturbance_hazard=unrest.hazard(view, params, start, causes),
        crowd_exponent=acts.crowd_exponent(
            params, acting, unrest.adults(view), start["start_grievance"]
        ),
        shootings=shot,
        signal=signal,
        practice=practice,
        restraint=restraint,
        **decisions,
        **start,
    )
    return after, Info(people.convictions.sum(), shot.sum())


def _young(view: View) -> Float[Array, " P"]:
    return jnp.clip(view.people.youth / unrest.adults(view), 0.0, 1.0)


def _start(view: View) -> dict[str, Array]:
    """Return what January 1953 was like, against which later causes are measured.

    Grievance is hardship that legitimacy does not excuse, as people states it.
    """
    people, own = view.people, view.own
    grieved = view.industry.hardship * (1.0 - people.legitimacy)
    now = {
        "start_grievance": unrest.mean_of(view, grieved),
        "start_urban": people.urban.sum(),
    }
    return {name: jnp.where(view.month == 0, now[name], getattr(own, name)) for name in now}


def _seen(view: View, params: Any, start: dict[str, Array]) -> tuple[Array, Array]:
    """Return grievance (P) and acts (P, A) of last month; before the first there is the start."""
    first, people = view.month == 0, view.people
    usual = acts.start_acting(params, start["start_grievance"])
    return (
        jnp.where(first, start["start_grievance"], people.grievance),
        jnp.where(first, usual, people.acting),
    )


def observe(state: State, info: Info, params: Any, inputs: Inputs) -> Emission:
    """Show convictions for agitation and disturbances put down with firearms, of the last month."""
    return Emission(
        series={("repression.antisoviet_agitation", "USSR"): info.convictions},
        events={("disturbance_firearms", "USSR"): info.shootings},
        latent={
            "fear_mean": state.fear.mean(),
            "disturbances_expected": state.disturbance_hazard.sum(),
        },
    )


def _still(view: View, params: Any, keys: Keys, causes: Array) -> tuple[State, Info]:
    """Advance a rival without fear or thresholds: acts and practice stay as in January 1953."""
    start = _start(view)
    first = init(params, view.inputs)
    shot, _ = unrest.shootings(view, params, keys)
    ratio = acts.start_ratio(params, view.inputs.adults, start["start_grievance"])
    changed = {
        "conviction_ratio": ratio * jnp.ones_like(first.fear),
        "disturbance_hazard": unrest.hazard(view, params, start, causes),
        "shootings": shot,
        **start,
    }
    names = tuple(changed)
    after = eqx.tree_at(
        lambda state: [getattr(state, name) for name in names], first, list(changed.values())
    )
    return after, Info(view.people.convictions.sum(), shot.sum())


def economics_step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Advance the rival of Poisson rates with economics only: hardship and prices, no fear."""
    hardship = view.industry.hardship
    gap = (hardship - hardship.mean()) / unrest.GRIEVANCE_UNIT
    causes = params.b_grief * gap + unrest.price_shock(view, params)
    return _still(view, params, keys, causes)


def calendar_step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Advance the rival of constant rates per head."""
    return _still(view, params, keys, jnp.zeros_like(view.own.fear))


SUBSYSTEM = Subsystem(
    name="public",
    title="Fear, open acts, disturbances",
    state=State,
    reads=(
        "people.civil",
        "people.urban",
        "people.youth",
        "people.adults",
        "people.returnees",
        "people.uprooted",
        "people.homecomers",
        "people.legitimacy",
        "people.grievance",
        "people.kin_exposure",
        "people.acting",
        "people.convictions",
        "people.disturbances",
        "people.crowd",
        "camps.crime",
        "leadership.line",
        "industry.price_rise",
        "industry.hardship",
        "bloc.crisis",
        "backlash.order_demand",
    ),
    init=init,
    step=step,
    observe=observe,
    inputs=inputs,
    rivals={"poisson_economics": economics_step, "calendar_rates": calendar_step},
)
