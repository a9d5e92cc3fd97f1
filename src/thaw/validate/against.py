"""A reader's own values: a series file whose ids are observables becomes cases to be scored."""

from __future__ import annotations

import csv
from pathlib import Path

from thaw import record
from thaw.errors import InputError, unknown
from thaw.model.clock import FIRST_YEAR, LAST_MONTH, month_index, stamp
from thaw.model.observation import Observable, observables
from thaw.model.recorded import recorded, stamp_of
from thaw.validate.splits import Case, known, known_before, left_out


def cases_of(path: Path | str) -> tuple[list[Case], list[dict[str, str]]]:
    """Return the cases of a series file, and the observables in it that are never scored.

    Raises InputError that names the line: for an unknown series, a place where the series is not
    shown, a date outside 1953-1970 or before the observable begins.
    """
    table = record.read_series_file(path)
    chosen: dict[tuple[str, str], Observable] = {}
    places, dates = [], []
    for line, row in zip(_line_numbers(Path(path)), table.to_dict("records"), strict=True):
        where = f"{path}: line {line}"
        observable = _observable(row["series_id"], row["place"], where)
        chosen[observable.key] = observable
        places.append(observable.place)
        dates.append(_checked_date(observable, row["date"], where))
    table = table.assign(place=places, date=dates)
    cases = [
        Case(o, known(o, known_before(o)), tuple(recorded(o, LAST_MONTH, table)))
        for o in chosen.values()
        if not left_out(o)
    ]
    left = [
        {"series_id": o.series_id, "place": o.place, "reason": left_out(o)}
        for o in chosen.values()
        if left_out(o)
    ]
    if not cases:
        raise InputError(f"{path}: holds only inputs of the model, allowed: other series as well")
    return cases, left


def last_month(cases: list[Case]) -> int:
    """Return the latest stamp of the targets."""
    return max(target.month for case in cases for target in case.targets)


def _line_numbers(path: Path) -> list[int]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle, strict=True)
        return [reader.line_num for cells in reader if cells][1:]


def _observable(series_id: str, word: str, where: str) -> Observable:
    same = [o for o in observables().values() if o.series_id == series_id]
    if not same:
        error = unknown("observable", series_id, {o.series_id for o in observables().values()})
        raise InputError(f"{where}: {error}")
    place_id = record.place(word).place_id
    for observable in same:
        if word == observable.place or place_id == observable.place_id:
            return observable
    error = unknown(f"place of {series_id}", word, [o.place for o in same])
    raise InputError(f"{where}: {error}")


def _checked_date(observable: Observable, date: str, where: str) -> str:
    """Return a date that has a stamp within the model; a period stands for its last year."""
    begins, text = observable.period_start, date
    if len(date) == 9 and begins:
        if date[:4] != begins[:4]:
            raise InputError(f"{where}: date '{date}', allowed: a period that begins {begins}")
        text = date[5:]
    try:
        at = stamp_of(observable, text)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    if not 0 <= at < LAST_MONTH:
        allowed = f"{FIRST_YEAR} to {stamp(LAST_MONTH - 1)[:4]}"
        raise InputError(f"{where}: date '{date}' of {observable.series_id}, allowed: {allowed}")
    if begins and at < month_index(begins):
        raise InputError(f"{where}: date '{date}', allowed: from {begins}, when the total begins")
    return text
