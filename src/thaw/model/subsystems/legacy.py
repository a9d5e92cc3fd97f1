"""Legacy: openness as a fixed composite of what the model did, and how expert indices read it.

Purpose, equations and limits: docs/model/legacy.md. A measurement model only: nobody reads it.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw import record
from thaw.model.clock import month_index
from thaw.model.randomness import Keys
from thaw.model.subsystem import Emission, Levers, Subsystem, View, variable

INDICES = ("v2x_civlib", "v2clacfree", "v2csreprss", "polity5_polity2", "fariss_hr_protection")
"""Expert indices of the USSR that are read off openness."""
BOUNDS = {"v2x_civlib": (0.0, 1.0), "polity5_polity2": (-10.0, 10.0)}
"""Ranges of the bounded scales (codebooks)."""
STEPS = ("1953-04", "1956-03", "1964-11")
"""Months after Stalin's death, the Secret Speech and the ouster: for the rival only."""


class State(eqx.Module):
    """Openness and the year of convictions it needs."""

    openness: Float[Array, ""] = variable("composite", "openness, 0 = January 1953")
    convicted: Float[Array, ""] = variable("persons a year", "convictions, mean of about a year")


class Info(eqx.Module):
    """The five parts of openness, each 0 in January 1953."""

    parts: Float[Array, " part"]


class Inputs(eqx.Module):
    """Prisoners of January 1953."""

    prisoners: float


def inputs() -> Inputs:
    """Load the stock of January 1953."""
    rows = record.series("gulag.prisoners_total", place="USSR")
    return Inputs(prisoners=float(rows[rows["date"] == "1953-01-01"]["value"].iloc[0]))


def init(params: Any, inputs: Inputs) -> State:
    """Return January 1953."""
    return State(openness=jnp.zeros(()), convicted=params.convicted_norm * jnp.ones(()))


def parts(view: View, params: Any, convicted: Any) -> Float[Array, " part"]:
    """Return milder sentences, fewer convictions, freer print, fewer prisoners, more truth told.

    Logs against January 1953 (or the norm), line units for print, shares for information.
    """
    held = jnp.sum(view.people.prisoners) / view.inputs.prisoners
    told = 1.0 - view.information.link + view.information.news
    return jnp.stack([
        -jnp.log(jnp.maximum(view.public.severity, 0.05)),
        jnp.log(2.0) - jnp.log1p(convicted / params.convicted_norm),
        view.arts.threshold,
        -jnp.log(jnp.maximum(held, 0.05)),
        told,
    ])  # fmt: skip


def step(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Advance one month: openness is the plain mean of its five parts, weights fixed in advance."""
    own = view.own
    yearly = 12.0 * jnp.sum(view.people.convictions)
    convicted = own.convicted + (yearly - own.convicted) / 12.0
    shown = parts(view, params, convicted)
    return State(openness=jnp.mean(shown), convicted=convicted), Info(shown)


def three_steps(view: View, levers: Levers, params: Any, keys: Keys) -> tuple[State, Info]:
    """Rival: openness is three dated steps and nothing else."""
    since = [(view.month + 1 >= month_index(stamp)) * 1.0 for stamp in STEPS]
    level = params.step_1953 * since[0] + params.step_1956 * since[1] + params.step_1964 * since[2]
    return State(openness=level, convicted=view.own.convicted), Info(jnp.zeros(5))


def observe(state: State, info: Info, params: Any, inputs: Inputs) -> Emission:
    """Show what experts would code: level, loading, and an error that all of them share."""
    series = {}
    for name in INDICES:
        level, load = getattr(params, f"level_{name}"), getattr(params, f"load_{name}")
        value = level + load * (state.openness + params.halo)
        low, high = BOUNDS.get(name, (-jnp.inf, jnp.inf))
        series[f"expert.{name}", "USSR"] = jnp.clip(value, low, high)
    names = ("sentences", "convictions", "print", "prisoners", "information")
    latent = dict(zip(names, info.parts, strict=True))
    return Emission(series=series, latent=latent)


SUBSYSTEM = Subsystem(
    name="legacy",
    title="Legacy measures",
    state=State,
    reads=(
        "public.severity",
        "people.convictions",
        "people.prisoners",
        "arts.threshold",
        "information.link",
        "information.news",
    ),
    init=init,
    step=step,
    observe=observe,
    inputs=inputs,
    rivals={"three_steps": three_steps},
)
