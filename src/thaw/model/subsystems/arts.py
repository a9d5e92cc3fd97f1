"""Arts: manuscripts pass three gates under a moving threshold; boldness answers itself with delay.

Purpose, equations and limits: docs/model/arts.md. Risk is in units of the leadership's line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw.model.randomness import Keys
from thaw.model.subsystem import Emission, Levers, Step, Subsystem, View, variable
from thaw.model.subsystems import pipeline, starting_levels

RISKS = np.linspace(-4.0, 5.0, 19)
"""Grid of manuscript risk, in units of the line; half a unit apart."""
GATES = 3
"""Editor, Glavlit, department of culture of the Central Committee."""
LAG_STAGES = 2


class State(eqx.Module):
    """What arts writes; the unit of works is a hundredth of the works submitted in 1953."""

    threshold: Float[Array, ""] = variable("line units", "risk that gates let pass half the time")
    boldness: Float[Array, ""] = variable("works", "over-threshold works published last month")
    pressure: Float[Array, ""] = variable("works x units", "hard-line reaction to bold works")
    samizdat: Float[Array, ""] = variable("works", "works in private circulation")
    drawer: Float[Array, ""] = variable("works", "refused bold works with their authors")
    desks: Float[Array, "gate risk"] = variable("works", "works waiting at each gate, by risk")
    nerve: Float[Array, ""] = variable("line units", "mean risk of what authors submit")
    reaction: Float[Array, " stage"] = variable("works x units", "reaction not yet delivered")
    freeze: Float[Array, ""] = variable("line units", "standing push on the gates, thaw positive")
    studios: Float[Array, ""] = variable("1953 = 1", "film studio capacity")


class Info(eqx.Module):
    """What observation needs beside the state."""

    published: Float[Array, ""]
    bold_publications: Float[Array, ""]
    print_capacity: Float[Array, ""]


class Flow(eqx.Module):
    """One month through the gates."""

    desks: Float[Array, "gate risk"]
    published: Float[Array, " risk"]
    refused: Float[Array, " risk"]


class Inputs(eqx.Module):
    """Volumes of January 1953 from the record, and the years since they were recorded."""

    titles: float
    titles_age: float
    copies: float
    copies_age: float
    films: float


def inputs() -> Inputs:
    """Load the volumes of 1953."""
    level, age = starting_levels.level, starting_levels.years_since
    return Inputs(
        titles=level("culture.book_titles"),
        titles_age=age("culture.book_titles"),
        copies=level("culture.book_copies"),
        copies_age=age("culture.book_copies"),
        films=level("culture.feature_films"),
    )


def submitted(params: Any, nerve: Any) -> Float[Array, " risk"]:
    """Return works submitted in a month by risk: a normal distribution around authors' nerve."""
    density = jnp.exp(-0.5 * ((RISKS - nerve) / params.s_w) ** 2)
    return params.submit_rate / 12.0 * density / jnp.sum(density)


def passing(params: Any, threshold: Any) -> Float[Array, " risk"]:
    """Return the probability that one gate passes a work of each risk."""
    return jax.nn.sigmoid((threshold - RISKS) / params.gate_noise)


def gates(params: Any, desks: Float[Array, "gate risk"], nerve: Any, threshold: Any) -> Flow:
    """Return one month at the gates; every work handled is passed on or refused, none is lost.

    A small share of what is submitted reaches the leader past the gates.
    """
    works = submitted(params, nerve)
    to_patron = params.patron_bypass * works
    favoured = to_patron * passing(params, threshold + params.patron_margin)
    handled = desks * pipeline.leaving_share(1, params.gate_delay)
    passed = handled * passing(params, threshold)
    arriving = jnp.concatenate([(works - to_patron)[None], passed[:-1]])
    refused = jnp.sum(handled - passed, axis=0) + to_patron - favoured
    return Flow(desks + arriving - handled, passed[-1] + favoured, refused)


def desks_1953(params: Any) -> Float[Array, "gate risk"]:
    """Return works waiting at each gate when threshold and authors have long stood still."""
    entering = (1.0 - params.patron_bypass) * submitted(params, -params.gap)
    share = pipeline.leaving_share(1, params.gate_delay)
    odds = passing(params, 0.0)
    return jnp.stack([entering * odds**gate / share for gate in range(GATES)])


def usual(params: Any) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Return monthly boldness and anger of a world that stays as in January 1953."""
    return boldness(params, gates(params, desks_1953(params), -params.gap, 0.0).published)


def init(params: Any, inputs: Inputs) -> State:
    """Return January 1953: line 0, authors adapted, desks filled as that threshold leaves them."""
    bold, anger = usual(params)
    zero = jnp.zeros(())
    reaction, _ = pipeline.filled(anger, params.backlash_lag, 0.0, LAG_STAGES)
    return State(
        threshold=zero,
        boldness=bold,
        pressure=zero,
        samizdat=zero,
        drawer=zero,
        desks=desks_1953(params),
        nerve=zero - params.gap,
        reaction=reaction,
        freeze=zero,
        studios=jnp.ones(()),
    )


def boldness(params: Any, works: Any) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Return how many works lie above the hard-liners' threshold, and their summed excess."""
    excess = jnp.asarray(RISKS) - params.theta_hard
    over = jax.nn.sigmoid(excess / params.gate_noise)
    return jnp.sum(works * over), jnp.sum(works * jnp.maximum(excess, 0.0))


def decided_freeze(view: View, params: Any, keys: Keys) -> Float[Array, ""]:
    """Return the push of the month where the model decides: a freeze answers pressure by a hazard.

    Reaction to bold works and the hard-liners' pressure elsewhere raise the hazard alike.
    """
    felt = params.freeze_pressure * (view.own.pressure + view.backlash.pressure)
    hazard = params.freeze_base / 12.0 * jnp.exp(jnp.clip(felt, 0.0, 6.0))
    return -params.freeze_size * keys.happens("freeze", 1.0 - jnp.exp(-hazard))


def feedback_threshold(view: View, params: Any, freeze: Any) -> Float[Array, ""]:
    """Return the gates' threshold: the leadership's line, standing pushes, and reaction."""
    line = params.line_effect * (view.leadership.line + freeze)
    return jnp.clip(line + params.backlash_effect * view.own.pressure, RISKS[0], RISKS[-1])


def line_threshold(view: View, params: Any, freeze: Any) -> Float[Array, ""]:
    """Rival: the gates follow the leadership's line alone."""
    return jnp.clip(params.line_effect * view.leadership.line, RISKS[0], RISKS[-1])


def constant_threshold(view: View, params: Any, freeze: Any) -> Float[Array, ""]:
    """Rival: the gates never move."""
    return jnp.zeros(())


def _push(view: View, levers: Levers, params: Any, keys: Keys) -> Float[Array, ""]:
    order = jnp.where(
        levers.decided("threshold") > 0.5,
        decided_freeze(view, params, keys),
        levers.value("threshold"),
    )
    return view.own.freeze * 0.5 ** (1.0 / params.freeze_halflife) + order


def _written(own: State, params: Any, refused: Any) -> dict[str, Array]:
    """Return drawer and samizdat: refused bold works wait, circulate, and are lost."""
    passed_round = own.drawer * params.samizdat_rate / 12.0
    lost = params.samizdat_loss / 12.0
    return {
        "drawer": own.drawer * (1.0 - lost) + refused - passed_round,
        "samizdat": own.samizdat * (1.0 - lost) + passed_round,
    }


def _step(rule: Callable[..., Float[Array, ""]], adapting: float) -> Step:
    """Return the step of arts with a rule of the threshold; ``adapting`` 0 freezes the authors."""

    def step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
        own = view.own
        freeze = _push(view, levers, params, keys)
        flow = gates(params, own.desks, own.nerve, own.threshold)
        bold, anger = boldness(params, flow.published)
        licensed = params.bypass_weight * levers.value("patron_bypass")
        bold, anger = bold + licensed, anger + licensed * params.bypass_excess
        reaction, delivered = pipeline.advance(own.reaction, anger, params.backlash_lag)
        kept = own.pressure * 0.5 ** (1.0 / params.pressure_halflife)
        pace = adapting / params.selfcensor_tau
        after = State(
            threshold=rule(view, params, freeze),
            boldness=bold,
            pressure=jnp.maximum(kept + delivered - usual(params)[1], 0.0),
            **_written(own, params, boldness(params, flow.refused)[0]),
            desks=flow.desks,
            nerve=own.nerve + pace * (own.threshold - params.gap - own.nerve),
            reaction=reaction,
            freeze=freeze,
            studios=own.studios * jnp.exp(params.studio_growth / 12.0),
        )
        seen = keys.poisson("bold_publication", params.bold_visible * bold)
        published = jnp.sum(flow.published) + licensed
        return after, Info(published, seen, view.industry.print_capacity)

    return step


def observe(state: State, info: Info, params: Any, inputs: Inputs) -> Emission:
    """Show volumes under the record's series ids, and bold publications as events.

    Printing capacity and studios make the volume; the threshold adds only as much as
    ``volume_openness`` says, which may be nothing.
    """
    openness = jnp.exp(params.volume_openness * state.threshold)
    titles = inputs.titles * jnp.exp(params.titles_growth * inputs.titles_age)
    copies = inputs.copies * jnp.exp(params.copies_growth * inputs.copies_age)
    paper = info.print_capacity
    return Emission(
        series={
            ("culture.book_titles", "USSR"): titles / 12.0 * paper**params.titles_paper * openness,
            ("culture.book_copies", "USSR"): copies / 12.0 * paper**params.copies_paper * openness,
            ("culture.feature_films", "USSR"): inputs.films / 12.0 * state.studios * openness,
        },
        events={("bold_publication", "USSR"): info.bold_publications},
        latent={"published": info.published},
    )


SUBSYSTEM = Subsystem(
    name="arts",
    title="Arts and censorship",
    state=State,
    reads=("leadership.line", "backlash.pressure", "industry.print_capacity"),
    init=init,
    step=_step(feedback_threshold, adapting=1.0),
    observe=observe,
    inputs=inputs,
    rivals={
        "line_only": _step(line_threshold, adapting=0.0),
        "constant_rate": _step(constant_threshold, adapting=0.0),
    },
)
