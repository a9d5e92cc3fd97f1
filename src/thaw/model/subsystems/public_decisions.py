"""Part of public: repression orders and policing laws, given by reforms or decided by the model."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array

from thaw.model.randomness import Keys
from thaw.model.subsystem import Levers, View


def in_force(
    view: View, levers: Levers, params: Any, keys: Keys
) -> tuple[Array, Array, dict[str, Array]]:
    """Return the repression order and the policing laws in force, and the model's own part.

    Where the model decides, an order is given at a hazard that rises with the demand for order and
    with unrest in the bloc (for policing laws: with crime), and lapses at a constant hazard.
    """
    alarm = {
        "repression_order": params.order_crisis * view.bloc.crisis,
        "policing": params.order_crisis * jnp.clip(view.camps.crime - 1.0, 0.0, 1.0),
    }
    shared = (
        params.order_demand_effect * view.backlash.order_demand
        + params.order_line * view.leadership.line
    )
    standing = {
        "repression_order": view.own.order_decided,
        "policing": view.own.policing_decided,
    }
    found, kept = {}, {}
    for name, alarmed in alarm.items():
        given = params.order_rate * jnp.exp(jnp.clip(shared + alarmed, -6.0, 6.0))
        lasts = 1.0 - keys.happens(f"{name}_lapses", params.order_end)
        begins = keys.happens(f"{name}_given", -jnp.expm1(-given))
        own = levers.decided(name) * jnp.where(standing[name] > 0, lasts, begins)
        found[name] = jnp.maximum(levers.value(name), own)
        kept[name] = own
    return (
        found["repression_order"],
        found["policing"],
        {"order_decided": kept["repression_order"], "policing_decided": kept["policing"]},
    )
