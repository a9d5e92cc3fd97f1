"""Information: the cult of personality and the spread of the Secret Speech.

Writes hazards of learning of the denunciation (official readings, talk, radio), what an exposure
does to belief, and what the world and the bloc states know of the text. Who is informed and what
they believe belongs to people. Contract: docs/model/information.md. Part: information_channels.py.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw.model.clock import FIRST_YEAR
from thaw.model.places import AUDIENCES, BLOC_STATES, units
from thaw.model.randomness import Keys
from thaw.model.subsystem import Emission, Levers, Subsystem, View, variable
from thaw.model.subsystems import information_channels as channels
from thaw.model.subsystems.information_channels import DAYS_A_MONTH


class State(eqx.Module):
    """What the subsystem knows at the start of a month (P units, G audiences, B bloc states)."""

    official: Float[Array, " G"] = variable("1/month", "hazard of hearing an official reading")
    talk: Float[Array, "P G"] = variable("1/month", "hazard of hearing of the Speech in talk")
    radio: Float[Array, " P"] = variable("1/month", "hazard of hearing of it on foreign radio")
    persuasion: Float[Array, " 3"] = variable(
        "esteem", "fall of esteem for Stalin at a credible exposure by talk, reading, radio or text"
    )
    reactance: Float[Array, "P G"] = variable("probability", "chance that esteem rises instead")
    news: Float[Array, ""] = variable("0-1", "freshness of the denunciation")
    public_abroad: Float[Array, ""] = variable("0/1", "the text is published abroad")
    leak: Float[Array, " B"] = variable("0-1", "knowledge of the text in each bloc state")
    link: Float[Array, ""] = variable("1953=1", "weight of Stalin in the legitimacy of the regime")
    closed_age: Float[Array, ""] = variable("month", "time since closed readings began, 0 = never")
    open_age: Float[Array, ""] = variable("month", "time since the open attack began, 0 = never")
    attack: Float[Array, ""] = variable("0-1", "strongest denunciation so far")
    attended: Float[Array, " G"] = variable("share", "share of each audience that heard a reading")
    audience: Float[Array, ""] = variable("million persons", "party members who heard a reading")
    copies: Float[Array, " B"] = variable("copies", "copies printed in each bloc state")
    copy_abroad: Float[Array, ""] = variable("0/1", "a foreign service holds a copy")
    reported: Float[Array, ""] = variable("0/1", "the foreign press has reported the Speech")


class Info(eqx.Module):
    """What happened in the month."""

    audience: Float[Array, ""]
    report_days: Float[Array, ""]
    publication_days: Float[Array, ""]


class Inputs(eqx.Module):
    """Static inputs: population of the bloc states at the start (persons)."""

    bloc_population: Float[np.ndarray, " B"]


def inputs() -> Inputs:
    """Load the population of the bloc states when first counted (bloc.population, thousands)."""
    from thaw import record

    def thousand(state: str) -> float:
        rows = record.series("bloc.population", place=state)
        return float(rows.loc[rows["date"] >= str(FIRST_YEAR)].sort_values("date")["value"].iloc[0])

    return Inputs(np.array([thousand(state) * 1e3 for state in BLOC_STATES]))


def init(params: Any, inputs: Inputs) -> State:
    """Return January 1953: nobody has denounced anybody."""
    places, groups, states = len(units()), len(AUDIENCES), len(BLOC_STATES)
    zero = jnp.zeros(())
    return State(
        official=jnp.zeros(groups),
        talk=jnp.zeros((places, groups)),
        radio=jnp.zeros(places),
        persuasion=channels.persuasion(params, zero),
        reactance=jnp.zeros((places, groups)),
        news=zero,
        public_abroad=zero,
        leak=jnp.zeros(states),
        link=jnp.ones(()),
        closed_age=zero,
        open_age=zero,
        attack=zero,
        attended=jnp.zeros(groups),
        audience=zero,
        copies=jnp.zeros(states),
        copy_abroad=zero,
        reported=zero,
    )


def step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Advance one month: cascade of readings, damped talk, radio, leaks."""
    return _advance(view, levers, params, keys, channels.cascade)


def _advance(
    view: View, levers: Levers, params: Any, keys: Keys, spread: Any
) -> tuple[State, Info]:
    own = view.own
    ordered = levers.value("read_on")
    closed_age, closed = _clock(own.closed_age, ordered[0])
    open_age, opened = _clock(own.open_age, ordered[1])
    begins = jnp.where((own.closed_age == 0) & (closed_age > 0), closed, 0.0)
    begins = jnp.maximum(begins, jnp.where((own.open_age == 0) & (open_age > 0), opened, 0.0))
    news = jnp.maximum(own.news * 0.5 ** (1.0 / params.talk_decay), begins)
    official, talk, radio = spread(view, params, (closed_age, open_age), (closed, opened), news)
    newly = (1.0 - own.attended) * -jnp.expm1(-own.official)
    attack = jnp.maximum(own.attack, jnp.maximum(params.link_closed * closed, opened))
    abroad, info = _leaks(view, params, keys, newly, opened)
    after = State(
        official=official,
        talk=talk,
        radio=radio,
        persuasion=channels.persuasion(params, view.leadership.line),
        reactance=channels.reactance(view, params),
        news=news,
        link=_toward(own.link, 1.0 - (1.0 - params.link_after) * attack, params.link_halflife),
        closed_age=closed_age,
        open_age=open_age,
        attack=attack,
        attended=own.attended + newly,
        audience=info.audience,
        **abroad,
    )
    return after, info


def _clock(age: Array, ordered: Array) -> tuple[Array, Array]:
    """Return the age at the end of the month and the strength of the order.

    A lever's first value is the part of the month in which it was in force: the age starts there.
    """
    started = age > 0
    strength = jnp.where(started, ordered, (ordered > 0).astype(jnp.float64))
    return jnp.where(started, age + 1.0, jnp.clip(ordered, 0.0, 1.0)), strength


def _toward(value: Array, target: Array, halflife: Array) -> Array:
    return target + (value - target) * 0.5 ** (1.0 / halflife)


def _leaks(
    view: View, params: Any, keys: Keys, newly: Array, opened: Array
) -> tuple[dict[str, Array], Info]:
    """Return what the world and the bloc know after this month, and the waiting times.

    Days run from the closed session: its age at the month's start plus a keyed day in the month.
    """
    own, party = view.own, view.people.adults[:, 0].sum()
    begun = (own.closed_age > 0).astype(jnp.float64)
    from_copies = params.leak_rate * own.copies.sum()
    at_home = own.attended[0] + newly[0] / 2.0
    report = begun * (params.report_rate * at_home + from_copies)
    obtained = begun * (params.home_leak * own.attended[0] + from_copies)
    public = keys.happens("publication", -jnp.expm1(-params.publish_rate * own.copy_abroad))
    public = jnp.maximum(jnp.maximum(public, (opened > 0).astype(jnp.float64)), own.public_abroad)
    told = jnp.maximum(keys.happens("report", -jnp.expm1(-report)), public)
    reported = jnp.maximum(own.reported, told)
    held = jnp.maximum(own.copy_abroad, keys.happens("copy", -jnp.expm1(-obtained)))
    liberty = jnp.exp(jnp.clip(params.copies_opening * view.bloc.opening, -4.0, 4.0))
    planned = params.copies_per_head * view.inputs.bloc_population * liberty * begun
    learned = begun * params.bloc_reading * liberty + params.bloc_radio * own.public_abroad
    share_printed = -jnp.expm1(-1.0 / params.read_tau)
    known = {
        "public_abroad": public,
        "reported": reported,
        "copy_abroad": jnp.maximum(held, public),
        "copies": own.copies + share_printed * jnp.maximum(planned - own.copies, 0.0),
        "leak": 1.0 - (1.0 - own.leak) * jnp.exp(-learned),
    }
    report_days = (reported - own.reported) * _day(own, keys.uniform("report_day"))
    publication_days = (public - own.public_abroad) * _day(own, keys.uniform("publication_day"))
    audience = own.audience + newly[0] * party / 1e6
    return known, Info(audience, report_days, publication_days)


def _day(own: State, u: Array) -> Array:
    age = jnp.where(own.closed_age > 0, own.closed_age, own.open_age)
    return (age + u) * DAYS_A_MONTH


def observe(state: State, info: Info, params: Any, inputs: Inputs) -> Emission:
    """Show the audience reached so far and, in the month of the event, the two waiting times."""
    return Emission(
        series={
            ("speech.audience_party", "USSR"): info.audience,
            ("speech.days_to_first_western_report", "World"): info.report_days,
            ("speech.days_to_publication", "World"): info.publication_days,
        },
        events={("text_public_abroad", "World"): (info.publication_days > 0).astype(jnp.float64)},
        latent={"copies_total": state.copies.sum(), "leak_mean": state.leak.mean()},
    )


def bass_step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Advance one month under the rival of Bass (1969): one curve for everybody."""

    def spread(view: View, params: Any, ages: Any, strengths: Any, news: Array) -> Any:
        begun = ((ages[0] > 0) | (ages[1] > 0)).astype(jnp.float64)
        aware = channels.mean(view.people.adults, view.people.aware)
        official = jnp.full_like(view.own.official, begun * params.bass_p)
        talk = jnp.full_like(view.own.talk, begun * params.bass_q * aware)
        return official, talk, jnp.zeros_like(view.own.radio)

    return _advance(view, levers, params, keys, spread)


def instant_step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Advance one month under the rival of an instant announcement to all adults."""

    def spread(view: View, params: Any, ages: Any, strengths: Any, news: Array) -> Any:
        own = view.own
        begins = ((own.closed_age == 0) & (ages[0] > 0)) | ((own.open_age == 0) & (ages[1] > 0))
        told = jnp.where(begins, -jnp.log1p(-params.read_coverage), 0.0)
        return jnp.full_like(own.official, told), own.talk * 0.0, own.radio * 0.0

    return _advance(view, levers, params, keys, spread)


SUBSYSTEM = Subsystem(
    name="information",
    title="Cult of personality and the Secret Speech",
    state=State,
    reads=(
        "people.civil",
        "people.urban",
        "people.youth",
        "people.adults",
        "people.aware",
        "public.fear",
        "leadership.line",
        "bloc.opening",
        "exogenous.info_radio_sets",
        "exogenous.info_jamming",
    ),
    init=init,
    step=step,
    observe=observe,
    inputs=inputs,
    rivals={"bass": bass_step, "instant": instant_step},
)
