"""Dated life courses of a few simulated citizens: composed by the model, nobody who ever lived.

For finding out why a number came out: each line is a change of one citizen's words in a month.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from thaw import record, reforms
from thaw.errors import InputError, unknown
from thaw.model import exogenous, parameters, simulate
from thaw.model.clock import stamp
from thaw.model.people import words as w
from thaw.model.people import world
from thaw.model.people.hashing import hash_words
from thaw.model.people.layout import CELL
from thaw.model.people.mail import Mail
from thaw.model.places import PRISONER_CLASSES, SETTLER_GROUPS, units

NOTE = "Composed by the model: this person never lived."
_LUCK_SALT = 0x6C078965
_MARKS = (
    (w.PARTY, "joins the party", "leaves the party"),
    (w.HEARD_READING, "hears the Speech read at a meeting", ""),
    (w.HEARD_RADIO, "hears of the Speech on foreign radio", ""),
    (w.KIN_HELD, "someone of the household is arrested", ""),
    (w.KIN_RETURNED, "someone comes back from the camps to the household", ""),
    (w.KIN_CLEARED, "a dead relative is rehabilitated", ""),
    (w.LETTER, "writes an anonymous letter or leaflet", ""),
    (w.STRIKE, "stops work with others", ""),
    (w.CROWD, "stands in a crowd", ""),
)


def life_courses(
    place: str,
    seed: int = 0,
    count: int = 3,
    people: int = 100_000,
    months: int = 144,
    scenario: str = "historical",
) -> list[dict[str, Any]]:
    """Return ``count`` life courses of citizens who lived in ``place`` in January 1953.

    ``place`` is the id, name or alias of a unit. Each course holds ``note``, ``place``, ``sex``,
    ``born``, ``start`` and ``events`` (month, text). Raises InputError for an unknown place or a
    place with too few citizens.
    """
    unit = unit_of(place)
    paths = reforms.lever_paths(reforms.load_scenario(scenario), months)
    plan = simulate.plan_of(paths, months, exogenous.replayed_years(1, months))
    made = world.begin(simulate.Structure(months), plan, parameters.modes(), seed, people)
    slots = _chosen(made, unit, seed, count)
    names = _names()
    lives = [_start(made, int(slot), names) for slot in slots]
    _follow(made, slots, lives, names, months)
    return lives


def unit_of(place: str) -> int:
    """Return the position of a unit by id, name or alias; raise InputError otherwise."""
    rows = record.places(kind="unit")
    known: dict[str, str] = {}
    for row in rows.itertuples():
        aliases = str(row.aliases).split("|") if isinstance(row.aliases, str) else []
        for word in (row.place_id, row.name, *aliases):
            known.setdefault(word.strip().lower(), row.place_id)
    found = known.get(place.strip().lower())
    if found is None:
        raise unknown("place", place, [*rows["place_id"], *rows["name"]])
    return units().index(found)


def _names() -> list[str]:
    rows = record.places(kind="unit").set_index("place_id")
    return [str(rows.loc[place_id, "name"]) for place_id in units()]


def _chosen(made: world.World, unit: int, seed: int, count: int) -> np.ndarray:
    """Return slots of adults of a unit, in the order of a keyed hash."""
    layout = made.citizens.layout
    slots = np.arange(layout.first[unit] * CELL, layout.first[unit + 1] * CELL)
    first, second = words_at(made, slots)
    year = np.uint32(1952 - w.FIRST_BIRTH_YEAR)
    years = w.age(first, second, year, np.uint32(12))
    adult = slots[(w.bit(first, w.ALIVE) == 1) & (years >= 16) & (years < 60)]
    if len(adult) < count:
        raise InputError(f"--count {count}: only {len(adult)} adults live there in this sample")
    return adult[np.argsort(hash_words(adult, _LUCK_SALT ^ seed), kind="stable")[:count]]


def words_at(made: world.World, slots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both words of some slots."""
    size = made.citizens.block * CELL
    pair = []
    for k in (0, 1):
        blocks = [np.asarray(words[k]).reshape(-1) for words in made.citizens.words]
        pair.append(np.array([blocks[s // size][s % size] for s in slots], np.uint32))
    return pair[0], pair[1]


def _start(made: world.World, slot: int, names: list[str]) -> dict[str, Any]:
    first, second = (int(x[0]) for x in words_at(made, np.array([slot])))
    unit = int(made.citizens.layout.unit[slot // CELL])
    where = "in town" if first >> w.URBAN & 1 else "in the countryside"
    position = w.CLASSES[second >> w.CLASS].replace("_", " ")
    said = [names[unit], where, position, *_status(first >> w.PENAL & 15)]
    said += ["member of the party"] if first >> w.PARTY & 1 else []
    said += ["someone of the household is in custody"] if first >> w.KIN_HELD & 1 else []
    return {
        "note": NOTE,
        "place": names[unit],
        "sex": "woman" if first >> w.WOMAN & 1 else "man",
        "born": w.FIRST_BIRTH_YEAR + (first >> w.BIRTH_YEAR & 127),
        "start": ", ".join(said),
        "events": [],
    }


def _status(code: int) -> list[str]:
    if code == 0:
        return []
    if code <= 4:
        return [f"prisoner ({PRISONER_CLASSES[code - 1]})"]
    if code >= w.FIRST_SETTLER:
        return [f"special settler ({SETTLER_GROUPS[code - w.FIRST_SETTLER]})"]
    return ["released prisoner"]


def _follow(
    made: world.World, slots: np.ndarray, lives: list[dict[str, Any]], names: list[str], months: int
) -> None:
    """Run the months and write every change of the followed citizens into their courses."""
    here = slots.copy()
    letters: list[Mail] = []
    made.recorder = lambda name, value: letters.append(value) if name == "mail" else None
    for month in range(months):
        before, _ = words_at(made, here)
        letters.clear()
        world.step(made)
        here = _moved(here, letters[0])
        after, second = words_at(made, here)
        for k, life in enumerate(lives):
            if before[k] & 1:
                unit = int(made.citizens.layout.unit[here[k] // CELL])
                _compare(life, month, int(before[k]), int(after[k]), names[unit])
        for k in np.flatnonzero(after & 1).tolist():
            lives[k]["end"] = _end(second[k])


def _moved(slots: np.ndarray, letters: Mail) -> np.ndarray:
    new = dict(
        zip(
            letters.slots[: letters.moved].tolist(),
            letters.slots[len(letters.slots) - letters.moved :].tolist(),
            strict=True,
        )
    )
    return np.array([new.get(int(slot), int(slot)) for slot in slots])


def _compare(life: dict[str, Any], month: int, before: int, after: int, place: str) -> None:
    said = []
    if not after & 1 or (before ^ after) >> w.BIRTH_YEAR & 127:
        said = ["dies"]
    else:
        old, new = before >> w.PENAL & 15, after >> w.PENAL & 15
        if old != new:
            said.append(_turn(old, new))
        if place != life["place"]:
            said.append(f"moves to {place}")
            life["place"] = place
        elif after >> w.URBAN & 1 and not before >> w.URBAN & 1:
            said.append("moves to town")
        for position, gained, lost in _MARKS:
            was, is_ = before >> position & 1, after >> position & 1
            said += [gained] if is_ and not was else [lost] if was and not is_ and lost else []
        if (after >> w.HEARD_TALK & 3) > (before >> w.HEARD_TALK & 3):
            said.append("hears of the Speech from someone close")
    life["events"] += [{"month": stamp(month), "text": text} for text in said]


def _turn(old: int, new: int) -> str:
    if 1 <= new <= 4:
        return f"is arrested and sentenced ({PRISONER_CLASSES[new - 1]})"
    if 1 <= old <= 4:
        return "is released from custody"
    return "is freed from special settlement"


def _end(second: Any) -> dict[str, float]:
    return {
        "esteem": round(int(second >> w.ESTEEM & 255) / 255, 2),
        "trust": round(int(second >> w.TRUST & 255) / 255, 2),
        "grievance": round(int(second >> w.GRIEVANCE & 255) / w.GRIEVANCE_UNIT, 2),
    }
