"""The leadership's people in the record: who belongs, who led, and how their leanings are coded.

Written rules that name nobody and look at no vote: docs/model/leadership.md, "Ideal points".
"""

from __future__ import annotations

import re
from functools import cache

import pandas

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
"""Words that make a named person somebody's patron."""


@cache
def days() -> tuple[str, ...]:
    """Return the first day of every month from January 1953 to January 1971."""
    return tuple(f"{stamp(month)}-01" for month in range(LAST_MONTH + 1))


def month_of(date: str) -> int:
    """Return the month index of a date of any precision; a year counts as its January."""
    return month_index(date if len(date) == 7 else date[:7] if len(date) > 7 else f"{date}-01")


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


@cache
def first_rows() -> pandas.DataFrame:
    """Return one row per person of the roster, in its order."""
    return spells().drop_duplicates("actor_id").set_index("actor_id", drop=False).loc[list(names())]


def tenures() -> pandas.DataFrame:
    """Return the recorded spells of effective leaders (Archigos)."""
    table = record.table("people").fillna("")
    return table[(table["post"] == "effective leader") & (table["body"] == "USSR")]


@cache
def leaders() -> tuple[float, ...]:
    """Return the index of the leader on the first of each month (Archigos, by the record)."""
    rows = [(row.start, row.end or "9999", row.name) for row in tenures().itertuples(index=False)]
    found = []
    for day in days():
        name = next(name for start, end, name in rows if start <= day < end)
        found.append(float(names().index(name.split()[-1].lower())))
    return tuple(found)


@cache
def leaning(actor: str) -> float:
    """Return the score of a person's recorded leaning, 0 where its note shows foresight."""
    rows = spells()[spells()["actor_id"] == actor]
    word = next((w for w in rows["bloc_or_leaning"] if w), "")
    told = any(FORESIGHT.search(_reason(note)) for note in rows["note"])
    return 0.0 if told else LABELS.get(word, 0.0)


def _reason(note: str) -> str:
    return note.split("leaning:")[1] if "leaning:" in note else ""


@cache
def patrons(actor: str) -> tuple[str, ...]:
    """Return the persons of the roster whose client the record says this person was."""
    rows = spells()[spells()["actor_id"] == actor]
    notes = " ".join(_reason(note) for note in rows["note"])
    surnames = {row.name.split()[-1]: row.actor_id for row in first_rows().itertuples(index=False)}
    return tuple(
        patron
        for surname, patron in surnames.items()
        if patron != actor and re.search(GRATITUDE_WORDS + rf"\b{surname}\b", notes, re.IGNORECASE)
    )
