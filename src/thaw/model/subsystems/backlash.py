"""Backlash: a leaky stock of injuries to organised interests, and what it asks for.

Pressure turns into votes, orders and censorship only through the subsystems that read it.
Contract, equations, sources: docs/model/backlash.md.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.randomness import Keys
from thaw.model.subsystem import Emission, Levers, Subsystem, View, variable

YEAR = 12.0
BREAK_MONTH = 119
"""December 1962: the rival's break, known to this rival only (model contract, table 16.3)."""


class State(eqx.Module):
    """Hard-line pressure and its readings at the start of a month."""

    pressure: Float[Array, ""] = variable("units", "leaky stock of injuries")
    order_demand: Float[Array, ""] = variable("0-1", "propensity to order repression")
    restalinization: Float[Array, ""] = variable("index", "composite; 0 = middle of its scales")
    losses_before: Float[Array, ""] = variable("index", "bloc losses of the month before")
    humiliation_before: Float[Array, ""] = variable("index", "humiliation of the month before")
    rehabilitated_year: Float[Array, ""] = variable("persons/year", "smoothed over a year")
    convicted_year: Float[Array, ""] = variable("persons/year", "smoothed over a year")
    bold_year: Float[Array, ""] = variable("works/year", "smoothed over a year")


class Info(eqx.Module):
    """The month's injuries by source."""

    injuries: Float[Array, ""]


def init(params: Any, inputs: None) -> State:
    """Return January 1953: no pressure beyond what the regime itself does."""
    zero = jnp.asarray(0.0)
    return State(zero, zero, zero, zero, zero, zero, zero, zero)


def injuries(view: View, params: Any) -> Float[Array, ""]:
    """Return units of injury added this month.

    Bloc losses and humiliations are indices that decay: their rise is the event. Harvests, cuts
    and stakes last a year and are spread over its months. Boldness counts less per work in a flood.
    """
    own = view.own
    lost = jnp.maximum(view.bloc.losses - own.losses_before, 0.0)
    shamed = jnp.maximum(view.east_west.humiliation - own.humiliation_before, 0.0)
    shortfall = jnp.maximum(view.agriculture.harvest_gap, 0.0) / 0.1
    hurt = jnp.maximum(-view.administration.stake_ministry, 0.0)
    hurt = hurt + jnp.maximum(-view.administration.stake_obkom, 0.0)
    lasting = (
        params.harvest * shortfall
        + params.cuts * jnp.maximum(view.east_west.cuts, 0.0)
        + params.stakes * hurt / 2.0
    )
    return (
        params.bloc_unrest * lost
        + params.foreign_loss * shamed
        + params.arts * jnp.log1p(jnp.maximum(view.arts.boldness, 0.0))
        + lasting / YEAR
    )


Pressure = Callable[[View, Array, Any], Array]
"""Pressure of the next month from the frozen view, the month's injuries and the parameters."""


def leaky_stock(view: View, added: Array, params: Any) -> Float[Array, ""]:
    """Return a stock of injuries that halves in ``decay`` months: the main mechanism."""
    return view.own.pressure * 2.0 ** (-1.0 / params.decay) + added


def none(view: View, added: Array, params: Any) -> Float[Array, ""]:
    """Return no pressure (rival): only the leaders' ideal points move the line."""
    return jnp.zeros_like(added)


def broken_trend(view: View, added: Array, params: Any) -> Float[Array, ""]:
    """Return pressure as a trend that starts in December 1962 (rival)."""
    return params.break_slope * jnp.maximum(view.month - BREAK_MONTH, 0.0) / YEAR


def composite(
    rehabilitated: Array, convicted: Array, bold: Array, risk: Array, openness: Array
) -> Float[Array, ""]:
    """Return the re-Stalinization index: mean of five readings on scales fixed before looking.

    Scales: one unit is a factor e of rehabilitations around 30,000 a year and of convictions around
    500 a year, 5 works a year around 5, 0.1 of a secretary's yearly risk around 0.2 (the safer, the
    higher), one unit of openness. Each reading is held within 3.
    """
    readings = (
        jnp.log(30_000.0 / jnp.maximum(rehabilitated, 1.0)),
        jnp.log(jnp.maximum(convicted, 1.0) / 500.0),
        (5.0 - bold) / 5.0,
        (0.2 - risk) / 0.1,
        -openness,
    )
    return jnp.mean(jnp.clip(jnp.stack(readings), -3.0, 3.0))


def step_with(
    rule: Pressure, view: View, levers: Levers, params: Any, keys: Keys
) -> tuple[State, Info]:
    """Return pressure, the propensity to order repression and the index of the next month."""
    own = view.own
    added = injuries(view, params)
    pressure = rule(view, added, params)
    calm = params.order_threshold + params.order_line * view.leadership.line
    demand = jax.nn.sigmoid(params.order_slope * (pressure - calm))

    def smooth(year: Array, month: Array) -> Array:
        return year + month - year / YEAR

    rehabilitated = smooth(own.rehabilitated_year, jnp.sum(view.camps.rehabilitated))
    convicted = smooth(own.convicted_year, jnp.sum(view.people.convictions))
    bold = smooth(own.bold_year, view.arts.boldness)
    state = State(
        pressure=pressure,
        order_demand=demand,
        restalinization=composite(
            rehabilitated, convicted, bold, view.leadership.risk, view.legacy.openness
        ),
        losses_before=view.bloc.losses * 1.0,
        humiliation_before=view.east_west.humiliation * 1.0,
        rehabilitated_year=rehabilitated,
        convicted_year=convicted,
        bold_year=bold,
    )
    return state, Info(added)


step = partial(step_with, leaky_stock)


def observe(state: State, info: Info, params: Any, inputs: None) -> Emission:
    """Return the month's injuries; pressure and index are latent, no series observes them."""
    return Emission(latent={"injuries": info.injuries})


SUBSYSTEM = Subsystem(
    name="backlash",
    title="Backlash",
    state=State,
    reads=(
        "people.convictions",
        "camps.rehabilitated",
        "leadership.line",
        "leadership.risk",
        "administration.stake_ministry",
        "administration.stake_obkom",
        "agriculture.harvest_gap",
        "arts.boldness",
        "east_west.humiliation",
        "east_west.cuts",
        "bloc.losses",
        "legacy.openness",
    ),
    init=init,
    step=step,
    observe=observe,
    rivals={
        "ideal_point_only": partial(step_with, none),
        "trend_break": partial(step_with, broken_trend),
    },
)
