"""Public: fear, the price of open acts, convictions, disturbances, the answer with arms.

Writes thresholds and the answer of the police; who acts, is convicted or gathers belongs to people.
Contract: docs/model/public.md. Parts: public_acts.py, public_decisions.py,
public_unrest.py.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw.model.clock import FIRST_YEAR
from thaw.model.places import ACTS, SETTLER_GROUPS, units
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
    contested: Float[Array, " P"] = variable("persons", "deported people lately come home")
    practice: Float[Array, ""] = variable("log", "convictions per act against January 1953")
    restraint: Float[Array, ""] = variable("0-1", "restraint in the use of arms learned so far")
    order_decided: Float[Array, ""] = variable("0/1", "repression order by the model's decision")
    policing_decided: Float[Array, ""] = variable("0/1", "policing laws by the model's decision")
    start_grievance: Float[Array, ""] = variable("0-1", "mean grievance of January 1953")
    start_uprooted: Float[Array, ""] = variable("share", "mean share uprooted of January 1953")
    start_urban: Float[Array, ""] = variable("persons", "urban population of January 1953")


class Info(eqx.Module):
    """What happened in the last month."""

    convictions: Float[Array, ""]
    shootings: Float[Array, ""]


class Inputs(eqx.Module):
    """Adults of January 1953, and where settler groups with a right of return are at home."""

    adults: float
    homes: Float[np.ndarray, "S P"]


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
    return Inputs(thousand * 1e3 * (1.0 - children / everyone), settler_homes())


def settler_homes() -> Float[np.ndarray, "S P"]:
    """Return the share of each settler group at home in each unit, from the exogenous list."""
    from thaw.model import exogenous

    homes = np.zeros((len(SETTLER_GROUPS), len(units())))
    for row in exogenous.dated_rows():
        if row["name"].startswith("home_"):
            group, unit = row["name"].removeprefix("home_").split("__")
            homes[SETTLER_GROUPS.index(group), units().index(unit)] = float(row["value"])
    return homes


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
        contested=0.0 * everywhere,
        practice=zero,
        restraint=zero,
        order_decided=zero,
        policing_decided=zero,
        start_grievance=zero,
        start_uprooted=zero,
        start_urban=zero,
    )


def step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Advance one month."""
    own, people = view.own, view.people
    start = _start(view)
    order, policing, decisions = public_decisions.in_force(view, levers, params, keys)
    police = 1.0 + params.policing_gain * policing
    practice = acts.practice(params, own.practice, order, view.leadership.line)
    severity = jnp.exp(params.severity_pass * practice)
    fear = acts.next_fear(view, params)
    relief = params.hardship_relief * levers.value("hardship")
    signal = acts.learned_signal(params, own.signal, people.acting, start["start_grievance"])
    arrest = acts.arrest_risk(params, people.acting, police)
    felt = jnp.clip(fear + params.b_age * _young(view), 0.0, 1.0)
    extra = acts.kin_effect(view, params, fear) - params.expr * relief
    contested = unrest.contested_return(view, params)
    returning = contested / _adults(view)
    causes = unrest.causes(view, params, start, people.grievance - relief, returning, police, fear)
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
            params, people.acting, _adults(view), start["start_grievance"]
        ),
        shootings=shot,
        signal=signal,
        contested=contested,
        practice=practice,
        restraint=restraint,
        **decisions,
        **start,
    )
    return after, Info(people.convictions.sum(), shot.sum())


def _adults(view: View) -> Float[Array, " P"]:
    return jnp.maximum(view.people.adults.sum(axis=1), 1.0)


def _young(view: View) -> Float[Array, " P"]:
    return jnp.clip(view.people.youth / _adults(view), 0.0, 1.0)


def _start(view: View) -> dict[str, Array]:
    """Return the means of the first month, against which causes are standardised."""
    people, own, weight = view.people, view.own, _adults(view)
    now = {
        "start_grievance": jnp.sum(weight * people.grievance) / weight.sum(),
        "start_uprooted": jnp.sum(weight * people.uprooted) / weight.sum(),
        "start_urban": people.urban.sum(),
    }
    return {name: jnp.where(view.month == 0, now[name], getattr(own, name)) for name in now}


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
        "people.settlers",
        "people.returnees",
        "people.uprooted",
        "people.grievance",
        "people.kin_exposure",
        "people.acting",
        "people.convictions",
        "people.disturbances",
        "people.crowd",
        "camps.settler_release",
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
