"""The tables of reforms and levers, read once and looked up by id or slug.

``reforms.csv`` has one row a reform, ``reform_levers.csv`` one row for each lever (and target) that
a reform moves, ``levers.csv`` is the one registry of lever names.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from thaw.errors import unknown
from thaw.reforms.messages import printable
from thaw.reforms.objects import Lever, LeverPath, Range, Reform

FOLDER = Path(__file__).parent


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _range(row: dict[str, str], name: str) -> Range | None:
    if not row[f"{name}_mode"]:
        return None
    low, mode, high = (float(row[f"{name}_{part}"]) for part in ("low", "mode", "high"))
    return low, mode, high


def _points(text: str) -> tuple[tuple[str, float], ...]:
    pairs = (point.split(":") for point in text.split(";"))
    return tuple((day, float(value)) for day, value in pairs)


def _move(row: dict[str, str]) -> LeverPath:
    plain = {name: row[name] for name in ("reform_id", "lever", "target", "path", "until", "basis")}
    return LeverPath.model_validate(
        {
            **plain,
            "points": _points(row["points"]),
            "lag": _range(row, "lag"),
            "share": _range(row, "share"),
            "lag_share_basis": row["lag_share_basis"] or None,
            "note": row["note"],
        }
    )


@cache
def _levers() -> dict[str, Lever]:
    found = [_lever(row) for row in _rows("levers.csv")]
    return {lever.name: lever for lever in found}


def _lever(row: dict[str, str]) -> Lever:
    targets = tuple(filter(None, row.pop("targets").split(";")))
    return Lever.model_validate({"name": row.pop("lever"), "targets": targets, **row})


@cache
def _reforms() -> dict[str, Reform]:
    moves: dict[str, list[LeverPath]] = {}
    for row in _rows("reform_levers.csv"):
        moves.setdefault(row["reform_id"], []).append(_move(row))
    found = [_reform(row, tuple(moves[row["reform_id"]])) for row in _rows("reforms.csv")]
    return {reform.id: reform for reform in found}


def _reform(row: dict[str, str], moves: tuple[LeverPath, ...]) -> Reform:
    words: tuple[str, ...] = ()
    if row["kind"] == "response":
        words = tuple(find_lever(moves[0].lever).words) or ("yes", "no")
    rest = {"id": row.pop("reform_id"), "moves": moves, "words": words}
    return Reform.model_validate({**row, **rest})


def levers() -> list[Lever]:
    """Return every lever in the order of the registry."""
    return list(_levers().values())


def find_lever(name: str) -> Lever:
    """Return the lever ``lever.<subsystem>.<name>``; an unknown name raises InputError."""
    found = _levers().get(name)
    if found is None:
        raise unknown("lever", name, _levers())
    return found


def reforms() -> list[Reform]:
    """Return every reform in the order of the table."""
    return list(_reforms().values())


def reform(name: str) -> Reform:
    """Return the reform with this id (``R16``) or slug (``secret_speech``).

    An unknown name raises InputError with the nearest known one.
    """
    slugs = {found.slug: found.id for found in _reforms().values()}
    key = slugs.get(name, name)
    if key not in _reforms():
        raise unknown("reform", printable(name), [*slugs, *_reforms()])
    return _reforms()[key]
