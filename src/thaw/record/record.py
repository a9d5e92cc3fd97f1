"""The record as an object: the shipped tables, and a reader's own series files beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thaw.errors import unknown
from thaw.record import dates, files, package, places
from thaw.record.search import LIMIT, search

if TYPE_CHECKING:
    import pandas

SERIES_TABLES = ("series", "series_vdem", "monthly", "weather", "regional")


@dataclass(frozen=True)
class Source:
    """A publication, data set or page; an empty address means recalled from it."""

    source_key: str
    citation: str
    year: int | None
    kind: str
    address: str
    licence: str


class Record:
    """Every table of the record; tables are read on first use and returned as copies."""

    def __init__(self, extra_files: Iterable[str | Path] = ()) -> None:
        """Add series files in the record's format; raises ``InputError`` where one is wrong."""
        self._tables: dict[str, pandas.DataFrame] = {}
        self._extra_files = tuple(Path(path) for path in extra_files)
        if self._extra_files:
            self.series_ids()  # checks the files now, not at the first question

    def with_files(self, paths: Iterable[str | Path]) -> Record:
        """Return a record that also holds the series files ``paths``."""
        return Record((*self._extra_files, *paths))

    def table(self, name: str) -> pandas.DataFrame:
        """Return a table by name (``thaw.record.table_names()``) with typed columns."""
        return self._table(name).copy()

    def _table(self, name: str) -> pandas.DataFrame:
        if name not in self._tables:
            self._tables[name] = package.read_table(name)
        return self._tables[name]

    @cached_property
    def _places(self) -> places.PlaceIndex:
        return places.from_table(self._table("places"))

    @cached_property
    def _all_series(self) -> pandas.DataFrame:
        import pandas

        shipped = [self._table(name) for name in SERIES_TABLES]
        frame = pandas.concat(shipped, ignore_index=True)
        for path in self._extra_files:
            units = _units(frame)
            extra = files.read_series_file(path, units, self._places.place_id)
            frame = pandas.concat([frame, extra], ignore_index=True)
        spans = {text: dates.parse(text) for text in frame["date"].unique()}
        return frame.assign(
            start=pandas.to_datetime(frame["date"].map(lambda text: spans[text][0])),
            end=pandas.to_datetime(frame["date"].map(lambda text: spans[text][1])),
            precision=frame["date"].map(lambda text: spans[text][2]),
        )

    @cached_property
    def _rows_of_series(self) -> dict[str, Any]:
        return dict(self._all_series.groupby("series_id").indices)

    def series(self, series_id: str | None = None, place: str | None = None) -> pandas.DataFrame:
        """Return values of a series (or all), of a place (or all).

        Columns: the record's format, then ``start``, ``end`` (dates) and ``precision``.
        Raises ``InputError`` for an unknown series or place.
        """
        frame = self._all_series
        if series_id is not None:
            rows = self._rows_of_series.get(series_id)
            if rows is None:
                raise unknown("series", series_id, self.series_ids())
            frame = frame.iloc[rows]
        if place is not None:
            wanted = self.place(place).place_id
            words = frame["place"].unique()
            here = [word for word in words if wanted in self._places.place_ids(word)]
            frame = frame[frame["place"].isin(here)]
        return frame.reset_index(drop=True)

    def series_ids(self) -> list[str]:
        """Return the ids of all series, sorted."""
        return sorted(self._all_series["series_id"].unique())

    def events(
        self,
        domain: str | None = None,
        place: str | None = None,
        start: str | None = None,
        end: str | None = None,
    ) -> pandas.DataFrame:
        """Return events of a subject, of a place, and touching the days from start to end.

        ``start`` and ``end`` are dates of any precision. Raises ``InputError`` for unknown words.
        """
        frame = self._table("events")
        if domain is not None:
            if domain not in set(frame["domain"]):
                raise unknown("domain", domain, frame["domain"].unique())
            frame = frame[frame["domain"] == domain]
        if place is not None:
            wanted = self.place(place).place_id
            frame = frame[[wanted in words.split(";") for words in frame["place_id"]]]
        if start is not None:
            first = dates.parse(start)[0]
            frame = frame[[dates.parse(text)[1] >= first for text in frame["end"]]]
        if end is not None:
            last = dates.parse(end)[1]
            frame = frame[[dates.parse(text)[0] <= last for text in frame["start"]]]
        return frame.reset_index(drop=True)

    def people(
        self, name: str | None = None, body: str | None = None, on: str | None = None
    ) -> pandas.DataFrame:
        """Return posts by part of a name or actor id, by body, and held on a date."""
        frame = self._table("people")
        if name is not None:
            text = (frame["name"] + " " + frame["actor_id"]).str.casefold()
            frame = frame[text.str.contains(name.casefold(), regex=False)]
        if body is not None:
            bodies = self._table("people")["body"]
            if body not in set(bodies):
                raise unknown("body", body, bodies.unique())
            frame = frame[frame["body"] == body]
        if on is not None:
            first, last, _ = dates.parse(on)
            begun = [not text or dates.parse(text)[0] <= last for text in frame["start"]]
            open_end = [not text or dates.parse(text)[1] >= first for text in frame["end"]]
            frame = frame[[a and b for a, b in zip(begun, open_end, strict=True)]]
        return frame.reset_index(drop=True)

    def sources(self) -> pandas.DataFrame:
        """Return all sources."""
        return self.table("sources")

    @cached_property
    def _sources(self) -> dict[str, Source]:
        table = self._table("sources")
        years = [None if year != year else int(year) for year in table["year"].astype("float64")]
        columns = [table[name] for name in ("source_key", "citation", "kind", "address", "licence")]
        return {
            key: Source(key, citation, year, *rest)
            for (key, citation, *rest), year in zip(zip(*columns, strict=True), years, strict=True)
        }

    def source(self, key: str) -> Source:
        """Return one source; raises ``InputError`` for an unknown key."""
        if key not in self._sources:
            raise unknown("source", key, self._sources)
        return self._sources[key]

    def places(self, kind: str | None = None) -> pandas.DataFrame:
        """Return all places, or those of a kind (``unit``, ``republic``, ``town``, ...)."""
        frame = self._table("places")
        if kind is not None and kind not in set(frame["kind"]):
            raise unknown("kind of place", kind, frame["kind"].unique())
        return (frame if kind is None else frame[frame["kind"] == kind]).reset_index(drop=True)

    def place(self, name_or_alias: str) -> places.Place:
        """Return a place by id, name or alias; raises ``InputError`` where there is none."""
        return self._places.place(name_or_alias)

    def unit_of(self, name_or_alias: str) -> str:
        """Return the id of the map unit in which a place lies, or "" where it lies in none."""
        return self._places.unit_of(name_or_alias)

    def read_series_file(self, path: str | Path) -> pandas.DataFrame:
        """Read and check a reader's series file against this record, without adding it."""
        return files.read_series_file(path, _units(self._all_series), self._places.place_id)

    def search(self, words: str, limit: int = LIMIT) -> pandas.DataFrame:
        """Return kind, id, title and score of the entries that hold all the words."""
        return search(self, words, limit)

    def licences(self) -> pandas.DataFrame:
        """Return table, title, licence, its address, and sources of every resource."""
        return package.licences()

    @cached_property
    def _hash(self) -> str:
        if not self._extra_files:
            return package.package_hash()
        digest = hashlib.sha256(package.package_hash().encode())
        for path in self._extra_files:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def record_hash(self) -> str:
        """Return the sha256 over all tables and added files, for the manifest of a run."""
        return self._hash


def _units(frame: pandas.DataFrame) -> dict[str, str]:
    first = frame.drop_duplicates("series_id")
    return dict(zip(first["series_id"], first["unit"], strict=True))
