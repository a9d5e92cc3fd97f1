"""Administration: ministries by branch (U-form) or councils by region (M-form), and their price.

Supply links fail where no common superior stands above them; councils gain nearby and lose far
away as localism builds up. Contract, equations, sources: docs/model/administration.md.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw import record
from thaw.model.clock import LAST_MONTH, month_index
from thaw.model.randomness import Keys
from thaw.model.subsystem import Emission, Levers, Subsystem, View, variable

FULL_SET = 105.0
"""Economic regions of 1957 (record/series decentral.sovnarkhozy): the scale of the number."""

YEAR = 12.0


class State(eqx.Module):
    """The administration of industry at the start of a month."""

    m_form: Float[Array, ""] = variable("0-1", "share of the change to regional councils in force")
    split: Float[Array, ""] = variable("0-1", "share of the party's split in force")
    regions: Float[Array, ""] = variable("number", "economic regions; 0 under ministries")
    localism: Float[Array, ""] = variable("0-1", "diversion of deliveries from outside customers")
    efficiency: Float[Array, ""] = variable("ratio", "output per input through supply, 1953 = 1")
    growth_effect: Float[Array, ""] = variable("percentage points/year", "industrial growth gained")
    stake_ministry: Float[Array, ""] = variable("logit", "utility of a ministry's member, <= 0")
    stake_obkom: Float[Array, ""] = variable("logit", "utility of a regional secretary")
    apparatus: Float[Array, ""] = variable("index 1953=1", "officials of state administration")
    unrest: Float[Array, ""] = variable("index", "reorganisations of about the last year")
    mandate: Float[Array, ""] = variable("0/1", "1 once an ouster has allowed reversals")
    form_undone: Float[Array, ""] = variable("0/1", "1 once the model has restored ministries")
    split_undone: Float[Array, ""] = variable("0/1", "1 once the model has reunited the party")


class Info(eqx.Module):
    """What a month of administration shows beside its state."""

    republic_share: Float[Array, ""]
    form_reversal: Float[Array, ""]
    split_reversal: Float[Array, ""]


class Inputs(eqx.Module):
    """Recorded share of industry under republics: path under ministries, and under councils."""

    under_ministries: Float[Array, " T"]
    under_councils: Float[Array, ""]


def inputs() -> Inputs:
    """Return the recorded shares (percent); years without a value keep the last one."""
    rows = record.series("decentral.republic_industry_share", place="USSR").sort_values("date")
    values = [(str(row.date)[:4], float(row.value)) for row in rows.itertuples()]
    before = [(year, value) for year, value in values if year < "1957"]
    path = np.full(LAST_MONTH, before[0][1])
    for year, value in before:
        path[max(month_index(f"{year}-01"), 0) :] = value
    return Inputs(under_ministries=jnp.asarray(path), under_councils=jnp.asarray(values[-1][1]))


def init(params: Any, inputs: Inputs) -> State:
    """Return January 1953: branch ministries, no reorganisation under way."""
    zero, one = jnp.asarray(0.0), jnp.asarray(1.0)
    return State(
        m_form=zero, split=zero, regions=zero, localism=zero, efficiency=one, growth_effect=zero,
        stake_ministry=zero, stake_obkom=zero, apparatus=one, unrest=zero, mandate=zero,
        form_undone=zero, split_undone=zero,
    )  # fmt: skip


def supply(m_form: Array, localism: Array, params: Any) -> Float[Array, ""]:
    """Return the efficiency of supply against ministries: w_lo, w_ds, w_do are link shares.

    Ministries lose on links within a region across branches, councils on links across regions.
    """
    near, far = params.w_lo, 1.0 - params.w_lo
    loss = params.l0 + (1.0 - m_form) * near * params.local_gain
    loss = loss + m_form * far * params.cross_loss * localism
    return (1.0 - loss) / (1.0 - params.l0 - near * params.local_gain)


def reversal(stake: Array, mandate: Array, decided: Array, params: Any) -> Float[Array, ""]:
    """Return the monthly probability that an injured interest has a reorganisation undone.

    Only under a leader whom an ouster brought in, and in proportion to the injury.
    """
    hazard = params.reversal_base * jnp.maximum(-stake, 0.0) * mandate
    return decided * (1.0 - jnp.exp(-hazard))


def switches(
    view: View, levers: Levers, params: Any, keys: Keys
) -> tuple[dict[str, Array], Array, Array]:
    """Return the next switches and latches, and the probabilities of both reversals."""
    own = view.own
    mandate = jnp.maximum(own.mandate, view.leadership.ouster)
    form_odds = reversal(
        params.stake_ministry * own.m_form, mandate, levers.decided("m_form"), params
    )
    split_odds = reversal(
        params.stake_obkom_split * own.split, mandate, levers.decided("bifurcation"), params
    )
    form_undone = jnp.maximum(own.form_undone, keys.happens("restore ministries", form_odds))
    split_undone = jnp.maximum(own.split_undone, keys.happens("reunite party", split_odds))
    keeps_form = 1.0 - form_undone * levers.decided("m_form")
    form, regions = (levers.value(name) * keeps_form for name in ("m_form", "regions"))
    split = levers.value("bifurcation") * (1.0 - split_undone * levers.decided("bifurcation"))
    pace = 1.0 / (1.0 + params.sovnarkhozy_lag)
    after = {
        "m_form": own.m_form + pace * (form - own.m_form),
        "regions": own.regions + pace * (regions - own.regions),
        "split": own.split + (split - own.split) / (1.0 + params.bifurcation_1962_lag),
        "mandate": mandate,
        "form_undone": form_undone,
        "split_undone": split_undone,
    }
    return after, form_odds, split_odds


def step_with(
    supply_on: float, cost_on: float, view: View, levers: Levers, params: Any, keys: Keys
) -> tuple[State, Info]:
    """Return the next month; ``supply_on`` and ``cost_on`` are 0 in rivals without that effect."""
    own = view.own
    after, form_odds, split_odds = switches(view, levers, params, keys)
    m_form, split = after["m_form"], after["split"]
    crowded = m_form * jnp.log1p(after["regions"]) / jnp.log1p(FULL_SET)
    enforced = params.penalty / YEAR * view.exogenous.delivery_law * own.localism
    localism = own.localism + (crowded - own.localism) / params.localism_tau - enforced
    changed = jnp.abs(m_form - own.m_form) + jnp.abs(split - own.split)
    changed = changed + jnp.abs(after["regions"] - own.regions) / FULL_SET / 2.0
    unrest = own.unrest * (1.0 - 1.0 / YEAR) + changed
    ratio = supply(m_form, localism, params) * (1.0 + params.effort * m_form)
    growth = params.growth_effect * m_form + params.bifurcation_effect * split
    drift = params.apparatus_branch * (1.0 - m_form) + params.apparatus_council * m_form
    shed = params.officials_cut / params.officials * (m_form - own.m_form)
    state = State(
        **after,
        localism=jnp.clip(localism, 0.0, 1.0),
        efficiency=1.0 + supply_on * (ratio - 1.0) - cost_on * params.transition_cost * unrest,
        growth_effect=supply_on * growth,
        stake_ministry=params.stake_ministry * m_form,
        stake_obkom=params.stake_obkom_gain * m_form + params.stake_obkom_split * split,
        apparatus=own.apparatus * (1.0 + drift / YEAR - jnp.maximum(shed, 0.0)),
        unrest=unrest,
    )
    path = view.inputs.under_ministries[view.month]
    share = path + (view.inputs.under_councils - path) * own.m_form
    return state, Info(share, form_odds, split_odds)


step = partial(step_with, 1.0, 1.0)


def observe(state: State, info: Info, params: Any, inputs: Inputs) -> Emission:
    """Return the share of industry under republics (a driver) and one republic's apparatus."""
    return Emission(
        series={
            ("decentral.republic_industry_share", "USSR"): info.republic_share,
            ("decentral.state_apparatus", "Belorussian SSR"): params.apparatus_scale
            * state.apparatus,
        },
        latent={
            "form_reversal_probability": info.form_reversal,
            "split_reversal_probability": info.split_reversal,
        },
    )


SUBSYSTEM = Subsystem(
    name="administration",
    title="Administration of industry",
    state=State,
    reads=("leadership.ouster", "exogenous.delivery_law"),
    init=init,
    step=step,
    observe=observe,
    inputs=inputs,
    rivals={
        "no_effect": partial(step_with, 0.0, 0.0),
        "reorganisation_cost": partial(step_with, 0.0, 1.0),
    },
)
