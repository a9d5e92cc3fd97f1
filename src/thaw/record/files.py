"""Readers' own series files: the record's format, checked line by line before use."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from thaw.errors import InputError, near_match
from thaw.record import dates

if TYPE_CHECKING:
    import pandas

HEADER = (
    "series_id", "title", "unit", "place", "date", "value",
    "low", "high", "provenance", "source_key", "note",
)  # fmt: skip
PROVENANCE = ("seen", "recalled", "derived", "own")
MAX_BYTES = 50_000_000
_SERIES_ID = r"(?=.{3,80}$)[a-z0-9_]+(\.[A-Za-z0-9_]+)+"
_REQUIRED = ("series_id", "unit", "place", "date", "value", "provenance", "source_key")


class _Line:
    """One line of a file with the place of its errors."""

    def __init__(self, path: Path, number: int, cells: dict[str, str]) -> None:
        self.cells = cells
        self._where = f"{path}: line {number}"

    def wrong(self, column: str, allowed: str) -> InputError:
        found = self.cells[column]
        shown = repr(found if len(found) <= 60 else found[:57] + "...")
        return InputError(f"{self._where}: column '{column}': found {shown}, allowed: {allowed}")

    def number(self, column: str) -> float | None:
        text = self.cells[column]
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or "_" in text:
            raise self.wrong(column, "a finite number")
        return number


def read_series_file(
    path: str | Path, units: Mapping[str, str], place_id: Callable[[str], str]
) -> pandas.DataFrame:
    """Read and check a series file; columns ``HEADER``, numbers as float64.

    ``units`` maps known series ids to their unit; ``place_id`` returns "" for unknown places.
    Raises ``InputError`` that names file, line, column, what was found and what is allowed.
    """
    import pandas

    path = Path(path)
    seen_units = dict(units)
    first_line: dict[tuple[str, ...], int] = {}
    rows = []
    for number, cells in _lines(path, _text(path)):
        line = _Line(path, number, cells)
        rows.append(cells | _checked_numbers(line))
        _check_words(line, seen_units, place_id)
        key = tuple(cells[name] for name in ("series_id", "place", "date", "source_key"))
        if first_line.setdefault(key, number) != number:
            raise line.wrong("date", f"other than on line {first_line[key]}")
    if not rows:
        raise InputError(f"{path}: found no rows below the header, allowed: one row or more")
    numbers = dict.fromkeys(("value", "low", "high"), "float64")
    return pandas.DataFrame(rows, columns=list(HEADER)).astype(numbers)


def _text(path: Path) -> str:
    if not path.is_file():
        raise InputError(f"{path}: found no such file, allowed: a CSV file in the record's format")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(f"{path}: found {size} bytes, allowed: at most {MAX_BYTES}")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8, allowed: UTF-8 text") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if "\0" in text:
        raise InputError(f"{path}: found a NUL character, allowed: UTF-8 text")
    return text


def _lines(path: Path, text: str) -> list[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines = []
    try:
        header = next(reader, [])
        if tuple(header) != HEADER:
            found = ",".join(header)[:120]
            raise InputError(f"{path}: line 1: found {found!r}, allowed: {','.join(HEADER)}")
        for cells in reader:
            if cells and len(cells) != len(HEADER):
                raise InputError(
                    f"{path}: line {reader.line_num}: found {len(cells)} columns, "
                    f"allowed: {len(HEADER)}"
                )
            if cells:
                lines.append((reader.line_num, dict(zip(HEADER, cells, strict=True))))
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: not readable as CSV: {error}") from error
    return lines


def _checked_numbers(line: _Line) -> dict[str, float | None]:
    for column in _REQUIRED:
        if not line.cells[column].strip():
            raise line.wrong(column, "a value; only title, low, high and note may be empty")
    numbers = {column: line.number(column) for column in ("value", "low", "high")}
    value, low, high = numbers["value"], numbers["low"], numbers["high"]
    assert value is not None  # checked above; narrows the type
    if low is not None and low > value:
        raise line.wrong("low", f"at most the value {value:g}")
    if high is not None and high < value:
        raise line.wrong("high", f"at least the value {value:g}")
    return numbers


def _check_words(line: _Line, units: dict[str, str], place_id: Callable[[str], str]) -> None:
    cells = line.cells
    if not re.fullmatch(_SERIES_ID, cells["series_id"]):
        raise line.wrong("series_id", "words of letters, digits and _ joined by dots, at most 80")
    try:
        dates.parse(cells["date"])
    except InputError as error:
        raise line.wrong("date", dates.ALLOWED) from error
    if cells["provenance"] not in PROVENANCE:
        near = near_match(cells["provenance"], PROVENANCE)
        raise line.wrong("provenance", " ".join(PROVENANCE) + near)
    if not place_id(cells["place"]):
        raise line.wrong("place", "an id, name or alias of the table 'places'")
    unit = units.setdefault(cells["series_id"], cells["unit"])
    if cells["unit"] != unit:
        raise line.wrong("unit", f"'{unit}', the unit of series {cells['series_id']}")
