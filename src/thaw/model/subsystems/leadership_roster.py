"""The leadership's roster as arrays: seats, posts, ties, and what ideal points rest on.

Everything is computed from the record (docs/model/leadership.md). Posts and seats are those of the
first of each month.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas
from jaxtyping import Array, Float

from thaw import record
from thaw.model.clock import LAST_MONTH, month_index
from thaw.model.subsystems import leadership_people as people
from thaw.model.subsystems.leadership_menu_inputs import Coding, coding

DECISION_SLACK = 2
"""Months within which a recorded loss of a post belongs to a recorded removal."""


class Roster(eqx.Module):
    """Static inputs of leadership. T = months from January 1953 to January 1971, N = persons."""

    seat: Float[Array, "T N"]
    party: Float[Array, "T N"]
    premier: Float[Array, "T N"]
    defence: Float[Array, "T N"]
    security: Float[Array, "T N"]
    since: Float[Array, "T N"]
    alive: Float[Array, "T N"]
    tie: Float[Array, "N N"]
    decades: Float[Array, " N"]
    old_guard: Float[Array, " N"]
    label: Float[Array, " N"]
    target: Float[Array, "J N"]
    leader: Float[Array, " T"]
    vote: Float[Array, " T"]
    tenure: Float[Array, ""]
    committee_size: Float[Array, " T"]
    committee_shares: Float[Array, " G"]
    menu: Coding


def held(rows: pandas.DataFrame, lasting: bool) -> Float[np.ndarray, "T N"]:
    """Return 1 where a person of the roster holds one of these posts on the first of the month.

    With ``lasting`` a post that a recorded removal ended goes on: the removal itself is a decision
    of the model, which then takes the post away.
    """
    table = np.zeros((LAST_MONTH + 1, len(people.names())))
    for row in rows.itertuples():
        end = row.end or "9999"
        if lasting and _ended_by_removal(row.actor_id, end):
            end = "9999"
        for month, day in enumerate(people.days()):
            if row.start <= day < end:
                table[month, people.names().index(row.actor_id)] = 1.0
    return table


def _ended_by_removal(actor: str, end: str) -> bool:
    removed = people.removal_months().get(actor)
    if removed is None or len(end) < 7:
        return False
    return 0 <= month_index(end[:7]) - removed <= DECISION_SLACK


def _posts(kind: str) -> pandas.DataFrame:
    table = people.spells()
    body, post = table["body"], table["post"]
    chosen = {
        "seat": body.isin(people.BODIES) & (post == "full member"),
        "party": (body == "CC Secretariat") | (post == "First Secretary"),
        "premier": (body == "Council of Ministers") & (post == "Chairman"),
        "defence": body.str.contains("Defence"),
        "security": body.str.contains("MVD|MGB|KGB"),
    }
    return table[chosen[kind]]


def _since() -> Float[np.ndarray, "T N"]:
    """Return months since the last promotion to full membership (0 before it)."""
    table = np.zeros((LAST_MONTH + 1, len(people.names())))
    rows = _posts("seat")
    for row in rows[rows["start"] < "1966-04"].sort_values("start").itertuples():
        passed = np.arange(LAST_MONTH + 1) - people.month_of(row.start)
        column = people.names().index(row.actor_id)
        table[:, column] = np.where(passed >= 0, passed, table[:, column])
    return table


def _died(row: Any) -> float:
    """Return the year after which a person is dead, none where the record's death is a decision."""
    year = float(row.died) if row.died == row.died and row.died != "" else np.inf
    decided = people.removal_months().get(row.actor_id)
    executed = decided is not None and year == 1953 + decided // 12
    return np.inf if executed or row.actor_id == people.names()[int(people.leaders()[0])] else year


def _votes() -> Float[np.ndarray, " T"]:
    """Return 1 in months for which the record holds a move in the Presidium against the leader."""
    table = record.table("votes")
    rows = table[(table["body"] == "Presidium") & ~table["event"].str.startswith("plenum")]
    flags = np.zeros(LAST_MONTH + 1)
    for date in rows["date"]:
        flags[month_index(date[:7])] = 1.0
    return flags


OCCUPATIONS = (
    ("regional_party",),
    ("republic_party",),
    ("central_party",),
    ("central_state",),
    ("republic_state", "regional_state"),
    ("military", "security"),
    ("diplomacy", "media_science_culture", "production"),
)
"""Groups of the Central Committee: the record's occupations of 1961, in the model's order."""


def _committee_shares() -> Float[np.ndarray, " G"]:
    def seats(occupation: str) -> float:
        rows = record.series(f"cc.occupation.{occupation}")
        return float(rows[rows["date"].str.startswith("1961")]["value"].iloc[0])

    counts = np.array([sum(seats(word) for word in group) for group in OCCUPATIONS])
    return counts / counts.sum()


def _committee_size() -> Float[np.ndarray, " T"]:
    """Return full and candidate members elected by the last congress (the record's own counts)."""
    sizes = np.zeros(LAST_MONTH + 1)
    for series_id in ("cc.full_members", "cc.candidate_members"):
        path = np.zeros(LAST_MONTH + 1)
        for row in record.series(series_id).sort_values("date").itertuples():
            path[max(month_index(row.date[:7]), 0) :] = row.value
        sizes += path
    return sizes


@cache
def roster() -> Roster:
    """Return the static inputs of leadership, computed from the record."""
    first = people.first_rows()
    years = 1953 + np.arange(LAST_MONTH + 1) // 12
    seats = _posts("seat")
    early = seats[seats["start"] < people.OLD_GUARD_BEFORE]["actor_id"]
    ids = np.array(people.names())
    found = dict(
        seat=held(seats, lasting=False),
        **{k: held(_posts(k), lasting=True) for k in ("party", "premier", "defence", "security")},
        since=_since(),
        alive=(years[:, None] <= np.array([_died(row) for row in first.itertuples()])).astype(
            float
        ),
        tie=np.array(
            [
                [float(p in people.patrons(actor)) for p in people.names()]
                for actor in people.names()
            ]
        ),
        decades=(first["born"].to_numpy(float) - 1900.0) / 10.0,
        old_guard=np.isin(ids, early).astype(float),
        label=np.array([people.leaning(actor) for actor in people.names()]),
        target=np.array([(ids == target).astype(float) for target in people.targets()]),
        leader=np.array(people.leaders()),
        vote=_votes(),
        tenure=np.array(float(-people.month_of(people.tenures()["start"].min()))),
        committee_size=_committee_size(),
        committee_shares=_committee_shares(),
        menu=coding(),
    )
    return Roster(**jax.tree.map(jnp.asarray, found))


def table() -> pandas.DataFrame:
    """Return the derived table of persons: what ideal points and ties rest on."""
    coded, first = roster(), people.first_rows()
    return pandas.DataFrame(
        {
            "actor_id": people.names(),
            "born": first["born"].to_numpy(),
            "old_guard": np.asarray(coded.old_guard).astype(int),
            "leaning_score": np.asarray(coded.label),
            "patrons": [";".join(people.patrons(actor)) for actor in people.names()],
            "seat_months_1953_70": np.asarray(coded.seat)[:-1].sum(axis=0).astype(int),
        }
    )
