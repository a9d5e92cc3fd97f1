"""What people do at once with the rates of a subsystem, so that its series can be fitted alone.

Camps write hazards and public writes propensities; the stocks and acts that the record shows
belong to people. A companion carries just those variables of people, with the functions of people
themselves; everything else about people stays on the reference trajectory.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array

from thaw.model.people import attitudes, statuses
from thaw.model.randomness import Keys

PEOPLE_READS = ("custody_base", "recruit_base", "civil", "deaths", "settlers", "returnees")
"""Variables of people that a companion needs beside those that subsystems read."""


@dataclasses.dataclass(frozen=True)
class Companion:
    """``start(people)`` and ``step(people, writer, later, params, inputs)`` give the variables.

    ``people`` is the frozen month, ``later`` the reference of the next one, ``writer`` the frozen
    state of the subsystem that is driven.
    """

    start: Callable[[Any], dict[str, Array]]
    step: Callable[[Any, Any, Any, Any, Any], dict[str, Array]]


def _held(people: Any) -> dict[str, Array]:
    return {name: getattr(people, name) for name in ("prisoners", "settlers", "returnees")}


def _stocks(people: Any, camps: Any, later: Any, params: Any, inputs: Any) -> dict[str, Array]:
    """Return prisoners, settlers and returnees of the next month under the rates of camps.

    Mortality outside custody is that of the reference: its deaths less those of its prisoners.
    """
    table: Any = SimpleNamespace(
        release=jnp.clip(camps.release_hazard, 0.0, 1.0),
        prisoner_death=jnp.clip(camps.death_hazard, 0.0, 1.0),
        settler_release=jnp.clip(camps.settler_release, 0.0, 1.0),
        admission=jnp.maximum(camps.admission, 0.0),
        recruits=jnp.zeros_like(people.civil),
    )
    flow = statuses.flows(people, table, inputs, params)
    mortality = (later.deaths - flow.dead.sum()) / people.civil.sum()
    settlers, returnees = statuses.labels_after(people, flow, mortality)
    prisoners = statuses.prisoners_after(people, flow)
    return {"prisoners": prisoners, "settlers": settlers, "returnees": returnees}


def _acts(people: Any) -> dict[str, Array]:
    return {name: getattr(people, name) for name in ("acting", "convictions")}


def _acting(people: Any, public: Any, later: Any, params: Any, inputs: Any) -> dict[str, Array]:
    """Return open acts and convictions of the next month under the propensities of public.

    Grievance is that of the reference.
    """
    table: Any = SimpleNamespace(
        act_slope=public.act_slope,
        act_intercept=public.act_intercept,
        conviction_ratio=public.conviction_ratio,
        disturbance=jnp.zeros_like(public.disturbance_hazard),
        crowd_exponent=public.crowd_exponent,
    )
    acts = attitudes.act(people, table, later.grievance, params, Keys(None))
    return {"acting": acts.acting, "convictions": acts.convictions}


COMPANIONS = {"camps": Companion(_held, _stocks), "public": Companion(_acts, _acting)}
"""Companion by the subsystem that is driven."""
