"""People as cohorts: the mean-field twin that alone moves persons (docs/model/people.md).

Persons at liberty by age, sex, locality and unit; prisoners by class and unit; settlers and
returnees as labels inside those at liberty; knowledge, belief and acts by unit and audience.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.people import attitudes, demography, initial, rates, statuses, tables
from thaw.model.people.rates import RateTable
from thaw.model.people.tables import Inputs
from thaw.model.randomness import Keys
from thaw.model.subsystem import Emission, Levers, Subsystem, View, variable

_LARGEST_PARTY = 0.3
"""Largest share of adults in the party of a unit (guard; the record never nears it)."""


class State(eqx.Module):
    """Who is alive, where, of which status, informed of what, believing what."""

    persons: Float[Array, "102 2 2 unit"] = variable(
        "persons", "at liberty by age next January, sex, locality (towns, countryside) and unit"
    )
    civil: Float[Array, " unit"] = variable("persons", "at liberty")
    urban: Float[Array, " unit"] = variable("persons", "at liberty in towns")
    working_age: Float[Array, " unit"] = variable("persons", "at liberty of 16-59")
    youth: Float[Array, " unit"] = variable("persons", "at liberty of 14-27")
    adults: Float[Array, "unit 3"] = variable("persons", "16 and over by audience group")
    custody_base: Float[Array, " unit"] = variable("persons", "weighted by propensity to custody")
    recruit_base: Float[Array, " unit"] = variable(
        "persons", "countryside, of ages called to new lands"
    )
    prisoners: Float[Array, "4 unit"] = variable("persons", "in camps and colonies by class")
    settlers: Float[Array, "8 unit"] = variable("persons", "special settlers by group")
    returnees: Float[Array, "2 unit"] = variable("persons", "ex-prisoners freed since January 1953")
    homecomers: Float[Array, " unit"] = variable("persons", "settlers lately come home, fading")
    uprooted: Float[Array, " unit"] = variable("share", "adults lately come from outside, fading")
    cleared: Float[Array, ""] = variable("persons", "rehabilitated after death since 1953")
    births: Float[Array, ""] = variable("persons", "live births in the last month")
    deaths: Float[Array, ""] = variable("persons", "deaths in the last month, prisoners included")
    infant_deaths: Float[Array, ""] = variable("persons", "deaths under one year in the last month")
    age17: Float[Array, ""] = variable("persons", "aged 17")
    aware: Float[Array, "unit 3"] = variable("share", "informed of the Speech by any channel")
    sources: Float[Array, "unit 3"] = variable("number", "mean number of sources met so far")
    esteem: Float[Array, "unit 3"] = variable("0-1", "mean esteem of Stalin")
    trust: Float[Array, "unit 3"] = variable("0-1", "mean trust in reform")
    legitimacy: Float[Array, " unit"] = variable("0-1", "mean legitimacy of the regime")
    grievance: Float[Array, " unit"] = variable("index", "mean private grievance")
    kin_exposure: Float[Array, " unit"] = variable("index", "mean exposure to kin who came back")
    acting: Float[Array, "unit 4"] = variable("share", "adults acting openly by level")
    convictions: Float[Array, " unit"] = variable(
        "persons", "convicted in the last month, expected"
    )
    disturbances: Float[Array, " unit"] = variable("number", "mass disturbances last month")
    crowd: Float[Array, " unit"] = variable("persons", "participants in the last month")
    gap_start: Float[Array, ""] = variable("ratio", "urban to rural income in January 1953")


class Info(eqx.Module):
    """Flows of the month."""

    births: Float[Array, ""]
    deaths: Float[Array, ""]
    infant_deaths: Float[Array, ""]
    disturbances: Float[Array, " unit"]


def init(params: Any, inputs: Inputs) -> State:
    """Return the people of January 1953: the census carried back, prisoners and settlers placed."""
    prisoners = initial.prisoners_1953(inputs, params)
    persons = initial.at_liberty_1953(prisoners, inputs, params)
    count = demography.counts(persons, 1.0, params.custody_women)
    units, audiences = count.civil.shape[0], (count.civil.shape[0], 3)
    none = jnp.zeros(units)
    party = inputs.party * count.adults / count.adults.sum()
    state = State(
        persons=persons,
        adults=_audiences(party, count, params),
        **_kept(count),
        prisoners=prisoners,
        settlers=jnp.asarray(inputs.settlers),
        returnees=jnp.zeros((2, units)),
        homecomers=none,
        uprooted=none,
        cleared=jnp.asarray(0.0),
        births=jnp.asarray(0.0),
        deaths=jnp.asarray(0.0),
        infant_deaths=jnp.asarray(0.0),
        aware=jnp.zeros(audiences),
        sources=jnp.zeros(audiences),
        esteem=jnp.full(audiences, params.esteem_start),
        trust=jnp.full(audiences, params.trust_start),
        legitimacy=none,
        grievance=none,
        kin_exposure=none,
        acting=jnp.zeros((units, 4)),
        convictions=none,
        disturbances=none,
        crowd=none,
        gap_start=jnp.asarray(1.0),
    )
    level = attitudes.legitimacy(state, 0.0, 1.0, params)
    return eqx.tree_at(lambda s: s.legitimacy, state, level)


def step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Return the people of the next month."""
    gap_start = jnp.where(view.month == 0, view.industry.wages_gap, view.own.gap_start)
    return advance(view, rates.rate_table(view, gap_start, params), gap_start, params, keys)


def step_constant_rates(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Return the people of the next month under the rival: fixed crude rates."""
    gap_start = jnp.where(view.month == 0, view.industry.wages_gap, view.own.gap_start)
    return advance(view, rates.constant_table(view, gap_start, params), gap_start, params, keys)


def advance(
    view: View, table: RateTable, gap_start: Float[Array, ""], params: Any, keys: Keys
) -> tuple[State, Info]:
    """Return the next state under a table of rates."""
    own, inputs = view.own, view.inputs
    flow = statuses.flows(own, table, inputs, params)
    persons = statuses.moved(own.persons, own, flow, params)
    persons = demography.shifted(persons, view.calendar == 0)
    born = demography.births(persons, table.fertility, inputs.fertility_place)
    under_one = _infants_lost(persons, born, table, inputs)
    living, from_afar = demography.survive_and_move(persons, table.survival, table.moves)
    living = demography.with_newborn(living, born, table.birth_survival)
    count = demography.counts(living, (view.calendar + 1) / 12.0, params.custody_women)
    freed = flow.received.sum() - flow.taken.sum()
    civil_deaths = own.civil.sum() + freed + born.sum() - count.civil.sum()
    settlers, returnees = statuses.labels_after(own, flow, civil_deaths / own.civil.sum())
    belief = attitudes.believe(own, table, params)
    level = attitudes.legitimacy(own, view.leadership.performance, view.information.link, params)
    grieved = attitudes.grievance(view, params, level)
    acts = attitudes.act(own, table, grieved, params, keys)
    info = Info(born.sum(), civil_deaths + flow.dead.sum(), under_one, acts.disturbances)
    arrived = from_afar + flow.recruits + flow.home
    after = State(
        persons=living,
        adults=_audiences(_party(own, count, table, params, civil_deaths), count, params),
        **_kept(count),
        prisoners=statuses.prisoners_after(own, flow),
        settlers=settlers,
        returnees=returnees,
        homecomers=own.homecomers * (1 - 1 / params.homecoming_memory) + flow.home,
        uprooted=_uprooted(own, arrived, count, params),
        cleared=own.cleared + view.camps.rehabilitated[1],
        births=info.births,
        deaths=info.deaths,
        infant_deaths=info.infant_deaths,
        **belief._asdict(),
        legitimacy=level,
        grievance=grieved,
        kin_exposure=attitudes.kin_exposure(view, params),
        **acts._asdict(),
        gap_start=gap_start,
    )
    return after, info


def _kept(count: demography.Counts) -> dict[str, Array]:
    kept = count._asdict()
    return {name: kept[name] for name in kept if name not in ("adults", "komsomol_age")}


def _audiences(
    party: Float[Array, " unit"], count: demography.Counts, params: Any
) -> Float[Array, "unit 3"]:
    komsomol = params.komsomol_coverage * count.komsomol_age
    return jnp.stack([party, komsomol, count.adults - party - komsomol], axis=1)


def _party(
    own: State, count: demography.Counts, table: RateTable, params: Any, deaths: Float[Array, ""]
) -> Float[Array, " unit"]:
    """Return party members and candidates: admissions by policy, exits by death and expulsion."""
    outside = own.adults[:, 1:].sum(axis=1)
    leaving = params.party_exit / 12 + deaths / own.civil.sum()
    members = own.adults[:, 0] * (1 - leaving) + table.party_admission * outside
    return jnp.minimum(members, _LARGEST_PARTY * count.adults)


def _uprooted(
    own: State, arrived: Float[Array, " unit"], count: demography.Counts, params: Any
) -> Float[Array, " unit"]:
    kept = own.uprooted * (1 - 1 / params.uprooted_memory)
    return jnp.clip(kept + arrived / jnp.maximum(count.adults, 1.0), 0.0, 1.0)


def _infants_lost(
    persons: demography.Persons,
    born: Float[Array, "locality unit"],
    table: RateTable,
    inputs: Inputs,
) -> Float[Array, ""]:
    """Return deaths under one year: at birth place 0, and the early part of place 1."""
    boys_girls = jnp.array([demography.BOYS, 1 - demography.BOYS])[:, None]
    newborn = boys_girls * born.sum(axis=1) * (1 - table.birth_survival)
    later = persons[1].sum(axis=-1) * (1 - table.survival[1]) * inputs.infant_share
    return newborn.sum() + later.sum()


def observe(state: State, info: Info, params: Any, inputs: Inputs) -> Emission:
    """Return what the yearbooks and the census would show of the month."""
    held = state.prisoners.sum(axis=0)
    everybody = state.civil.sum() + held.sum()
    yearly = 12_000 / everybody
    names = [name for _, name in tables.republics()]
    by_republic = jnp.zeros(len(names)).at[inputs.republic].add(info.disturbances)
    return Emission(
        series={
            ("population.total", "USSR"): everybody / 1000,
            ("vital.birth_rate", "USSR"): info.births * yearly,
            ("vital.death_rate", "USSR"): info.deaths * yearly,
            ("vital.infant_mortality", "USSR"): 1000 * info.infant_deaths / info.births,
            ("population.census_urban", "USSR"): state.urban.sum()
            + (held * state.urban / state.civil).sum(),
            ("party.cpsu_members", "USSR"): state.adults[:, 0].sum(),
        },
        events={
            ("mass_disturbance", "USSR"): info.disturbances.sum(),
            **{("mass_disturbance", name): by_republic[i] for i, name in enumerate(names)},
        },
        latent=_latents(state),
    )


def _latents(state: State) -> dict[str, Array]:
    adults = state.adults / state.adults.sum()
    people = adults.sum(axis=1)
    return {
        "prisoners": state.prisoners.sum(),
        "settlers": state.settlers.sum(),
        "returnees": state.returnees.sum(),
        "political_returnees": state.returnees[1].sum(),
        "komsomol": state.adults[:, 1].sum(),
        "aware": (state.aware * adults).sum(),
        "esteem": (state.esteem * adults).sum(),
        "trust": (state.trust * adults).sum(),
        "legitimacy": (state.legitimacy * people).sum(),
        "grievance": (state.grievance * people).sum(),
        "kin_exposure": (state.kin_exposure * people).sum(),
        "letters": (state.acting[:, 1] * people).sum(),
        "convictions": state.convictions.sum(),
        "uprooted": (state.uprooted * people).sum(),
    }


def census_by_age(state: State) -> Float[Array, "101 2 2"]:
    """Return persons at liberty by age (100 = 100 and over), sex, locality, in a January."""
    national = jnp.asarray(state.persons).sum(axis=-1)
    return jnp.concatenate([national[:100], national[100:].sum(axis=0, keepdims=True)])


SUBSYSTEM = Subsystem(
    name="people",
    title="People as cohorts",
    state=State,
    reads=(
        "camps.release_hazard",
        "camps.death_hazard",
        "camps.admission",
        "camps.settler_release",
        "camps.rehabilitated",
        "information.official",
        "information.talk",
        "information.radio",
        "information.persuasion",
        "information.reactance",
        "information.link",
        "public.act_intercept",
        "public.act_slope",
        "public.conviction_ratio",
        "public.disturbance_hazard",
        "public.crowd_exponent",
        "leadership.performance",
        "leadership.line",
        "agriculture.recruits",
        "industry.hardship",
        "industry.crowding",
        "industry.wages_gap",
    ),
    init=init,
    step=step,
    observe=observe,
    inputs=tables.load,
    rivals={"constant_rates": step_constant_rates},
)
