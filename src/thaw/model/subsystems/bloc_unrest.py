"""Parts of bloc.py: what makes a revolt likely, how the party answers it, and what it costs.

``own`` is the frozen state of bloc; arrays run over the seven states.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw.model.places import BLOC_STATES
from thaw.model.randomness import Keys
from thaw.model.subsystem import View
from thaw.model.subsystems.bloc_inputs import Inputs

B = len(BLOC_STATES)
GDR = BLOC_STATES.index("gdr")
POLITICAL = 3
"""Class of political prisoners in ``PRISONER_CLASSES``."""
QUIET = 0.1
"""Unrest below this level ends an episode (0-1 scale)."""

OPENING_RANGE = (-2.0, 2.5)
"""Bounds of opening in line units: concessions in a row cannot open a state without end."""

States = Float[Array, " state"]


class Answer(eqx.Module):
    """How each local party answers: one of three is 1."""

    concede: States
    repress: States
    paralysis: States


def terror_level(params: Any, inputs: Inputs, line: Any, repression: Any) -> States:
    """Return terror in s.d. of 1952: recorded start, eased by Moscow's line, raised by force."""
    return inputs.terror - params.terror_line * line + repression


def grievance(params: Any, inputs: Inputs, pace: Any, terror: Any, relief: Any) -> States:
    """Return grievance in s.d.: slow output before 1953, land taken, terror, less concessions."""
    return (
        params.g_economy * inputs.economy
        + params.g_collect * jnp.log1p(pace / 10.0)
        + params.g_terror * terror
        - params.g_relief * relief
    )


def opening_target(view: View, params: Any) -> States:
    """Return the opening that Moscow's line, the text, releases and detente call for.

    The text works most while it is news: where it leaked, and everywhere once printed abroad.
    """
    known = view.information.leak + params.o_abroad * view.information.public_abroad
    fresh = params.o_lasting + (1.0 - params.o_lasting) * view.information.news
    released = 1.0 - jnp.exp(-12.0 * view.camps.release_hazard[POLITICAL])
    return (
        params.o_line * view.leadership.line
        + params.o_leak * known * fresh
        + params.o_release * released
        + params.o_detente * view.east_west.cooperation[0]
    )


def neighbourhood(params: Any, inputs: Inputs, unrest: States) -> States:
    """Return unrest in the other states, weighted by exp(-distance of capitals / range)."""
    weight = jnp.exp(-inputs.distance / params.diffusion_range) * (1.0 - np.eye(B))
    return jnp.sum(weight * unrest[None, :], axis=1)


def interaction_hazard(params: Any, own: Any, near: States) -> States:
    """Return the monthly hazard of an episode: grievance, opening, both together, contagion."""
    ajar = own.opening - params.opening_mean
    log_ratio = (
        params.grievance * own.grievance
        + params.opening * ajar
        + params.interaction * own.grievance * ajar
        + params.diffusion * near
        + params.rep * own.repression
    )
    return params.base / 12.0 * jnp.exp(jnp.clip(log_ratio, -4.0, 4.0))


def contagion_hazard(params: Any, own: Any, near: States) -> States:
    """Rival: a base rate and contagion, nothing else."""
    return params.base / 12.0 * jnp.exp(jnp.clip(params.diffusion * near, -4.0, 4.0))


def answer(params: Any, level: States, line: Any, keys: Keys) -> Answer:
    """Draw each party's answer from a multinomial logit with paralysis as the reference."""
    concede = params.r_concede + params.r_concede_line * line
    repress = params.r_repress + params.r_repress_unrest * level
    utilities = jnp.stack(jnp.broadcast_arrays(concede, repress, jnp.zeros(B)))
    limits = jnp.cumsum(jax.nn.softmax(utilities, axis=0), axis=0)
    u = keys.uniform("answer", (B,))
    first, second = (u < limits[0]) * 1.0, (u < limits[1]) * 1.0
    episode = (level > 0.0) * 1.0
    return Answer(first * episode, (second - first) * episode, (1.0 - second) * episode)


def next_unrest(
    params: Any, own: Any, level: States, given: Answer, credible: States, sent: States
) -> States:
    """Return unrest one month later, 0 below ``QUIET``; concession calms only if believed."""
    push = (
        params.u0
        + params.u_persist * level
        + params.u_griev * own.grievance
        + params.concede_effect * given.concede * credible
        + params.u_concede_bad * given.concede * (1.0 - credible)
        + params.u_repress * given.repress
        + params.u_deaths * jnp.log1p(own.toll)
        + params.u_tire * own.months_on
        + params.u_force * sent
    )
    later = jax.nn.sigmoid(push) * (level > 0.0)
    return later * (later > QUIET)


def killed(
    params: Any, inputs: Inputs, level: States, given: Answer, sent: States, keys: Keys
) -> States:
    """Return persons killed in the month by local force, and by Soviet force where it came."""
    luck = 10.0 ** (params.killed_sd * keys.normal("killed", (B,)))
    per_million = 10.0**params.killed_local * given.repress + 10.0**params.killed_force * sent
    return inputs.population * level * per_million * luck


def this_month(view: View, table: Any) -> Array:
    """Return the row of a table by month (from January 1953; the last row holds after its end)."""
    rows = jnp.asarray(table)
    return rows[jnp.clip(view.month, 0, rows.shape[0] - 1)]


def pressure_to_leave(view: View, params: Any, pace: States, terror: States) -> Array:
    """Return what drives people from East Germany, in log flow against 1952."""
    data = view.inputs
    land, before = jnp.log1p(pace / 10.0), jnp.log1p(data.pace_before / 10.0)
    return (
        params.ref_gap * this_month(view, data.income_gap)
        + params.ref_collect * (land[GDR] - before[GDR])
        + params.ref_terror * (terror[GDR] - data.terror[GDR] + view.own.unrest[GDR])
    )


def refugees(view: View, params: Any, pressed: Array, border: Any, keys: Keys) -> Array:
    """Return thousand refugees of the month; in 1952 the border stood at level 1."""
    flow = view.inputs.refugees
    wanted = pressed - params.ref_border * (border - 1.0)
    before = jnp.log(jnp.maximum(view.own.refugees / flow, 1e-4))
    log_ratio = (1.0 - params.ref_diffusion) * wanted + params.ref_diffusion * before
    return flow * jnp.exp(log_ratio + params.ref_noise * keys.normal("refugees"))
