"""Places and their names: ids, aliases, and the unit of the map in which a place lies."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from thaw.errors import unknown

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Place:
    """A unit of the map, a republic, a state, a town, a group of regions, or a weather cell."""

    place_id: str
    name: str
    kind: str
    parent: str
    population_1959: int | None
    aliases: tuple[str, ...]
    lat: float | None
    lon: float | None
    note: str


class PlaceIndex:
    """Finds places by id, name or alias; ids win, then exact words, then any case."""

    def __init__(self, places: Iterable[Place]) -> None:
        """Index ``places``; a republic's name wins over the unit that equals it."""
        self._places = {place.place_id: place for place in places}
        self._exact: dict[str, str] = {}
        for place in sorted(self._places.values(), key=lambda place: place.kind == "unit"):
            for word in (place.name, *place.aliases):
                self._exact.setdefault(word, place.place_id)
        self._folded: dict[str, str] = {}
        for word, place_id in self._exact.items():
            self._folded.setdefault(word.casefold(), place_id)

    def place_id(self, word: str) -> str:
        """Return the id of a word, or an empty string where it names no place."""
        if word in self._places:
            return word
        return self._exact.get(word) or self._folded.get(word.casefold(), "")

    def place_ids(self, words: str) -> list[str]:
        """Return the ids of one place word or of several joined by ``;`` (unknown ones: "")."""
        if self.place_id(words):
            return [self.place_id(words)]
        return [self.place_id(word.strip()) for word in words.split(";")]

    def place(self, word: str) -> Place:
        """Return the place of an id, name or alias; raises ``InputError`` where there is none."""
        found = self.place_id(word)
        if not found:
            raise unknown("place", word, [*self._places, *self._exact])
        return self._places[found]

    def unit_of(self, word: str) -> str:
        """Return the id of the map unit in which a place lies, or "" where it lies in none."""
        place: Place | None = self.place(word)
        while place and place.kind != "unit":
            whole = f"{place.place_id}_unit"  # twelve republics are one unit of the map
            if whole in self._places:
                return whole
            place = self._places.get(place.parent)
        return place.place_id if place else ""


def from_table(table: pandas.DataFrame) -> PlaceIndex:
    """Build the index from the table ``places``."""
    return PlaceIndex(
        Place(
            place_id=row["place_id"],
            name=row["name"],
            kind=row["kind"],
            parent=row["parent"],
            population_1959=None if _missing(row["population_1959"]) else row["population_1959"],
            aliases=tuple(word for word in row["aliases"].split(";") if word),
            lat=None if _missing(row["lat"]) else row["lat"],
            lon=None if _missing(row["lon"]) else row["lon"],
            note=row["note"],
        )
        for row in table.astype(object).to_dict("records")
    )


def _missing(value: object) -> bool:
    import pandas

    return value is pandas.NA or (isinstance(value, float) and math.isnan(value))
