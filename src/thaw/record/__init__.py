"""The record: dated values, events, people, places and sources, each with its provenance.

The functions ask the shipped tables; ``with_files`` gives a ``Record`` that also holds a
reader's own series files. Pandas is imported at the first question, not before.
"""

from __future__ import annotations

from thaw.record.files import HEADER, PROVENANCE
from thaw.record.maps import unit_rings
from thaw.record.package import descriptor, table_names
from thaw.record.places import Place
from thaw.record.record import Record, Source

_SHIPPED = Record()

series = _SHIPPED.series
series_ids = _SHIPPED.series_ids
events = _SHIPPED.events
people = _SHIPPED.people
source = _SHIPPED.source
sources = _SHIPPED.sources
places = _SHIPPED.places
place = _SHIPPED.place
unit_of = _SHIPPED.unit_of
table = _SHIPPED.table
search = _SHIPPED.search
licences = _SHIPPED.licences
record_hash = _SHIPPED.record_hash
with_files = _SHIPPED.with_files
read_series_file = _SHIPPED.read_series_file

__all__ = [
    "HEADER",
    "PROVENANCE",
    "Place",
    "Record",
    "Source",
    "descriptor",
    "events",
    "licences",
    "people",
    "place",
    "places",
    "read_series_file",
    "record_hash",
    "search",
    "series",
    "series_ids",
    "source",
    "sources",
    "table",
    "table_names",
    "unit_of",
    "unit_rings",
    "with_files",
]
