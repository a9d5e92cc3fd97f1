"""The leadership's people as the record has them: seats, posts, ties, what ideal points rest on.

Everything here is computed from the record's tables by written rules that name nobody
(docs/model/leadership.md, "Ideal points"). Posts and seats are those of the first of each month.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas
from jaxtyping import Array, Float

from thaw import record, reforms
from thaw.model.clock import LAST_MONTH, month_index, stamp

BODIES = ("Presidium", "Politburo")
LABELS = {"reformist": 1.0, "moderate": 0.5, "hard-line": -1.0}
"""Score of the record's leaning; technocrat, patron and no label count 0."""

FORESIGHT = re.compile(r"\b1957|\b1964|plot|voted|majority", re.IGNORECASE)
"""A leaning whose note speaks of the votes that the model must predict is not used."""

OLD_GUARD_BEFORE = "1939"
"""Full members before this year shared in the decisions of 1937-38."""

GRATITUDE_WORDS = r"(?:client|protege|network|promoted|appointed|brought|close)[^;]*?"
DECISION_SLACK = 2
"""Months within which a recorded loss of post or seat belongs to a recorded removal."""


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


def days() -> list[str]:
    """Return the first day of every month from January 1953 to January 1971."""
    return [f"{stamp(month)}-01" for month in range(LAST_MONTH + 1)]


@cache
def spells() -> pandas.DataFrame:
    """Return the recorded posts of everyone who was a full member from 1953 to 1970."""
    people = record.table("people").fillna("")
    full = people[people["body"].isin(BODIES) & (people["post"] == "full member")]
    inside = full[(full["end"].replace("", "9999") > "1953-01-01") & (full["start"] < "1971")]
    return people[people["actor_id"].isin(set(inside["actor_id"]))].reset_index(drop=True)


@cache
def names() -> tuple[str, ...]:
    """Return the actor ids of the roster, sorted: the order of every person axis."""
    return tuple(sorted(set(spells()["actor_id"])))


@cache
def targets() -> tuple[str, ...]:
    """Return the targets of the lever of removal, in the lever's order."""
    return next(x.targets for x in reforms.levers() if x.name == "lever.leadership.removal")


@cache
def removal_months() -> dict[str, int]:
    """Return the month of the recorded decision to remove, by target."""
    return {
        move.target: month_index(move.points[0][0][:7])
        for reform in reforms.reforms()
        for move in reform.moves
        if move.lever == "lever.leadership.removal"
    }


def held(rows: pandas.DataFrame, lasting: bool) -> Float[np.ndarray, "T N"]:
    """Return 1 where a person of the roster holds one of these posts on the first of the month.

    With ``lasting`` a post that a recorded removal ended goes on: the removal itself is a decision
    of the model, which then takes the post away.
    """
    table = np.zeros((LAST_MONTH + 1, len(names())))
    for row in rows.itertuples():
        end = row.end or "9999"
        if lasting and _ended_by_removal(row.actor_id, end):
            end = "9999"
        for month, day in enumerate(days()):
            if row.start <= day < end:
                table[month, names().index(row.actor_id)] = 1.0
    return table


def _ended_by_removal(actor: str, end: str) -> bool:
    removed = removal_months().get(actor)
    if removed is None or len(end) < 7:
        return False
    return 0 <= month_index(end[:7]) - removed <= DECISION_SLACK


def _posts(kind: str) -> pandas.DataFrame:
    table = spells()
    body, post = table["body"], table["post"]
    chosen = {
        "seat": body.isin(BODIES) & (post == "full member"),
        "party": (body == "CC Secretariat") | (post == "First Secretary"),
        "premier": (body == "Council of Ministers") & (post == "Chairman"),
        "defence": body.str.contains("Defence"),
        "security": body.str.contains("MVD|MGB|KGB"),
    }
    return table[chosen[kind]]


def _since() -> Float[np.ndarray, "T N"]:
    """Return months since the last promotion to full membership (0 before it)."""
    table = np.zeros((LAST_MONTH + 1, len(names())))
    rows = _posts("seat")
    for row in rows[rows["start"] < "1966-04"].sort_values("start").itertuples():
        passed = np.arange(LAST_MONTH + 1) - _month(row.start)
        column = names().index(row.actor_id)
        table[:, column] = np.where(passed >= 0, passed, table[:, column])
    return table


def _month(date: str) -> int:
    return month_index(date if len(date) == 7 else date[:7] if len(date) > 7 else f"{date}-01")


def _died(row: Any) -> float:
    """Return the year after which a person is dead, none where the record's death is a decision."""
    year = float(row.died) if row.died == row.died and row.died != "" else np.inf
    decided = removal_months().get(row.actor_id)
    executed = decided is not None and year == 1953 + decided // 12
    return np.inf if executed or row.actor_id == names()[int(leaders()[0])] else year


def _first_rows() -> pandas.DataFrame:
    return spells().drop_duplicates("actor_id").set_index("actor_id", drop=False).loc[list(names())]


def leaning(actor: str) -> float:
    """Return the score of a person's recorded leaning, 0 where its note shows foresight."""
    rows = spells()[spells()["actor_id"] == actor]
    word = next((w for w in rows["bloc_or_leaning"] if w), "")
    told = any(FORESIGHT.search(_reason(note)) for note in rows["note"])
    return 0.0 if told else LABELS.get(word, 0.0)


def _reason(note: str) -> str:
    return note.split("leaning:")[1] if "leaning:" in note else ""


def patrons(actor: str) -> list[str]:
    """Return the persons of the roster whose client the record says this person was."""
    notes = " ".join(_reason(note) for note in spells().query("actor_id == @actor")["note"])
    surnames = {row.name.split()[-1]: row.actor_id for row in _first_rows().itertuples(index=False)}
    return [
        patron
        for surname, patron in surnames.items()
        if patron != actor and re.search(GRATITUDE_WORDS + rf"\b{surname}\b", notes, re.IGNORECASE)
    ]


@cache
def leaders() -> tuple[float, ...]:
    """Return the index of the leader on the first of each month (Archigos, by the record)."""
    table = record.table("people").fillna("")
    rows = table[(table["post"] == "effective leader") & (table["body"] == "USSR")]
    found = []
    for day in days():
        row = rows[(rows["start"] <= day) & (rows["end"].replace("", "9999") > day)].iloc[0]
        surname = row["name"].split()[-1].lower()
        found.append(float(next(i for i, actor in enumerate(names()) if actor == surname)))
    return tuple(found)


def _first_tenure() -> float:
    table = record.table("people").fillna("")
    rows = table[(table["post"] == "effective leader") & (table["body"] == "USSR")]
    return float(-_month(rows["start"].min()))


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
    first = _first_rows()
    years = 1953 + np.arange(LAST_MONTH + 1) // 12
    seats = _posts("seat")
    early = seats[seats["start"] < OLD_GUARD_BEFORE]["actor_id"]
    ids = np.array(names())
    found = Roster(
        seat=held(seats, lasting=False),
        **{k: held(_posts(k), lasting=True) for k in ("party", "premier", "defence", "security")},
        since=_since(),
        alive=np.array(
            [[float(year <= _died(row)) for row in first.itertuples()] for year in years]
        ),
        tie=np.array([[float(p in patrons(actor)) for p in names()] for actor in names()]),
        decades=(first["born"].to_numpy(float) - 1900.0) / 10.0,
        old_guard=np.isin(ids, early).astype(float),
        label=np.array([leaning(actor) for actor in names()]),
        target=np.array([(ids == target).astype(float) for target in targets()]),
        leader=np.array(leaders()),
        vote=_votes(),
        tenure=np.array(_first_tenure()),
        committee_size=_committee_size(),
        committee_shares=_committee_shares(),
    )
    return jax.tree.map(jnp.asarray, found)


def table() -> pandas.DataFrame:
    """Return the derived table of persons: what ideal points and ties rest on."""
    people, first = roster(), _first_rows()
    return pandas.DataFrame(
        {
            "actor_id": names(),
            "born": first["born"].to_numpy(),
            "old_guard": np.asarray(people.old_guard).astype(int),
            "leaning_score": np.asarray(people.label),
            "patrons": [";".join(patrons(actor)) for actor in names()],
            "seat_months_1953_70": np.asarray(people.seat)[:-1].sum(axis=0).astype(int),
        }
    )
