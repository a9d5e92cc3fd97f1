"""Part of agriculture: what is left of a campaign where its end is the model's to decide.

In replay, and where a decision is forced, the order stands as the plan says.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from thaw.model.randomness import Keys
from thaw.model.subsystem import Levers, View

CAMPAIGNS = ("maize_area", "plot_restrict")
"""Levers whose orders may lapse, in the order of the state variable ``dropped``."""


def support(view: View, levers: Levers, params: Any) -> Float[Array, " campaign"]:
    """Return the share of each order still carried: less after a bad harvest, none once dropped."""
    shaken = jnp.clip(params.retreat * view.own.harvest_gap, 0.0, 1.0)
    carried = (1.0 - shaken) * (1.0 - view.own.dropped)
    return 1.0 - _decided(levers) * (1.0 - carried)


def next_dropped(
    view: View, levers: Levers, neutral_maize: Any, params: Any, keys: Keys
) -> Float[Array, " campaign"]:
    """Return which campaigns have been dropped: after an ouster, with some probability each."""
    under_way = jnp.stack(
        [levers.value("maize_area") > neutral_maize, levers.value("plot_restrict") > 0.0]
    )
    odds = params.campaign_lost * view.leadership.ouster * under_way * _decided(levers)
    return jnp.maximum(view.own.dropped, keys.happens("campaign", odds))


def _decided(levers: Levers) -> Float[Array, " campaign"]:
    return jnp.stack([levers.decided(name) for name in CAMPAIGNS])
