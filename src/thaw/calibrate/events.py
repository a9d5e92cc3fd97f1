"""Lists of events as data: which the record holds, in which window, and which hazard they test.

Months and places without an event are data as well. A list may miss events: its detection
probability belongs to the likelihood.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from functools import cache
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from thaw import record
from thaw.model.clock import LAST_MONTH, month_index
from thaw.model.places import BLOC_STATES, units


@dataclasses.dataclass(frozen=True)
class Events:
    """Recorded events of one family by month and entity, in the months that the list covers.

    ``purpose`` is the random draw that the record replaces, if the model must go on from what
    happened; ``detection`` is the name of the parameter row of a list that misses events.
    """

    family: str
    counts: Float[np.ndarray, "month entity"]
    covered: Float[np.ndarray, "month entity"]
    rule: str
    purpose: str | None = None
    detection: str | None = None


WATCH = {
    "public": lambda state, info: {"mass_disturbance": state.disturbance_hazard},
    "bloc": lambda state, info: {
        "bloc_unrest": info.hazard,
        "bloc_unrest:quiet": (state.unrest <= 0.0) * jnp.ones_like(info.hazard),
    },
}
"""Hazards by month and entity, and where an event was possible, by subsystem."""

KGB_LIST = ("1957-01", "1964-12")
"""Window of the list of disturbances of over 300 persons (notes on the record)."""


def fitted_events(
    subsystem: str, until: int, months: int, leave_out: Collection[str] = ()
) -> list[Events]:
    """Return the event lists of a subsystem over paths of ``months``.

    Months from ``until`` on and left-out cases are not covered.
    """
    if subsystem not in LISTS:
        return []
    events = LISTS[subsystem]()
    covered = events.covered[:months].copy()
    covered[until:] = 0.0
    for case in leave_out:
        family, _, entity = case.partition("@")
        if family == events.family:
            covered[:, _entities(family).index(entity) if entity else slice(None)] = 0.0
    if covered.sum() == 0:
        return []
    return [dataclasses.replace(events, counts=events.counts[:months], covered=covered)]


def last_month(subsystem: str, until: int) -> int:
    """Return the last month within ``until`` that an event list of a subsystem covers, or 0."""
    if subsystem not in LISTS:
        return 0
    covered = LISTS[subsystem]().covered[:until].any(axis=1)
    return int(np.flatnonzero(covered).max(initial=0))


def _entities(family: str) -> list[str]:
    return list(units()) if family == "mass_disturbance" else list(BLOC_STATES)


def case_names() -> list[str]:
    """Return what ``--leave-out`` may name among events: families and ``family@entity``."""
    names = []
    for family in ("mass_disturbance", "bloc_unrest"):
        names += [family, *(f"{family}@{entity}" for entity in _entities(family))]
    return names


@cache
def disturbances() -> Events:
    """Return mass disturbances of the KGB list by month and unit."""
    table = record.table("disturbances")
    counts, place = _empty(len(units())), {unit: i for i, unit in enumerate(units())}
    for row in table.itertuples():
        counts[month_index(str(row.start)[:7]), place[str(row.unit)]] += 1.0
    covered = np.zeros_like(counts)
    covered[month_index(KGB_LIST[0]) : month_index(KGB_LIST[1]) + 1] = 1.0
    return Events("mass_disturbance", counts, covered, rule="poisson", detection="public.detect")


@cache
def bloc_unrest() -> Events:
    """Return months in which unrest began in a bloc state: every row of that direction."""
    rows = record.events()
    rows = rows[(rows["domain"] == "bloc") & (rows["direction"] == "unrest")]
    counts = _empty(len(BLOC_STATES))
    for row in rows.itertuples():
        entity = bloc_state(str(row.place_id))
        at = month_index(str(row.start)[:7])
        if entity is not None and at >= 0:
            counts[at, entity] = 1.0
    return Events("bloc_unrest", counts, np.ones_like(counts), rule="hazard", purpose="onset")


def bloc_state(place_id: str) -> int | None:
    """Return the position in ``BLOC_STATES`` of a place or of the state it lies in, else None."""
    parents = record.places().set_index("place_id")["parent"]
    for name in (place_id, parents.get(place_id)):
        if name in BLOC_STATES:
            return BLOC_STATES.index(name)
    return None


def _empty(entities: int) -> np.ndarray:
    return np.zeros((LAST_MONTH, entities))


def happened(events: Collection[Events]) -> dict[str, Any]:
    """Return the recorded outcomes that replace random draws, by purpose."""
    return {e.purpose: e.counts for e in events if e.purpose is not None}


def hazard_of(events: Events, watched: dict[str, Array]) -> tuple[Array, Array]:
    """Return the model's hazard of a family by month and entity, and where one was possible."""
    quiet = watched.get(f"{events.family}:quiet", 1.0)
    return watched[events.family], jnp.asarray(quiet) * events.covered


LISTS = {"public": disturbances, "bloc": bloc_unrest}
"""Event lists by the subsystem whose hazards they test."""
