"""The layout of a scenario file: which keys it may hold, and what they make of a base scenario."""

from __future__ import annotations

import re

from thaw.errors import InputError, near_match
from thaw.reforms.changes import Change, SetValue, checked_change, checked_set
from thaw.reforms.dates import month_index
from thaw.reforms.messages import shown
from thaw.reforms.scenario import ROOT, START, Scenario, checked_mode, mode_after
from thaw.reforms.tables import reform

KEYS = ("name", "title", "base", "start", "end", "mode", "change", "set")

Table = dict[str, object]


def read_table(table: Table, where: str = "scenario") -> Scenario:
    """Return the scenario that ``Scenario.table()`` wrote, for example into a manifest.

    Raises InputError, beginning with ``where``, for anything else.
    """
    return derived(table, where, Scenario(name=ROOT, title=ROOT))


def derived(table: Table, where: str, base: Scenario) -> Scenario:
    """Return ``base`` with the keys of ``table``; ``where`` begins the message of an InputError."""
    for key in table:
        if key not in KEYS:
            hint = near_match(key, KEYS)
            raise InputError(f"{where}: unknown key {shown(key)}{hint}; allowed: {', '.join(KEYS)}")
    name = _text(table, "name", where, r"[a-z0-9_]{1,80}", "lower-case letters, digits and _")
    title = _text(table, "title", where, r"[^\x00-\x1f\x7f]+", "one line of text")
    if table.get("start", START) != START:
        raise InputError(f"{where}: start is {shown(table['start'])}, allowed: '{START}'")
    end = table.get("end", base.end)
    month_index(end, f"{where}: end")
    changes = {**base.changes, **_changes(table, where)}
    settings = {**base.set_values, **_settings(table, where)}
    mode = table.get("mode", mode_after(base.mode, changes, settings))
    return Scenario(
        name=name,
        title=title,
        base=str(table["base"]) if "base" in table else None,
        end=str(end),
        mode=checked_mode(mode, f"{where}: mode"),
        changes={key: change for key, change in sorted(changes.items()) if change.table()},
        set_values=settings,
    )


def _text(table: Table, key: str, where: str, form: str, allowed: str) -> str:
    if key not in table:
        raise InputError(f"{where}: key '{key}' is missing, allowed: {allowed}")
    value = table[key]
    if not isinstance(value, str) or not re.fullmatch(form, value):
        raise InputError(f"{where}: {key} is {shown(value)}, allowed: {allowed}")
    return value


def _section(table: Table, key: str, where: str) -> Table:
    section = table.get(key, {})
    if not isinstance(section, dict):
        raise InputError(f"{where}: {key} is {shown(section)}, allowed: a table [{key}]")
    return section


def _changes(table: Table, where: str) -> dict[str, Change]:
    changes: dict[str, Change] = {}
    for name, values in _section(table, "change", where).items():
        try:
            found = reform(name)
        except InputError as error:
            raise InputError(f"{where}: [change]: {error}") from None
        place = f"{where}: [change.{name}]"
        if not isinstance(values, dict):
            raise InputError(f"{place} is {shown(values)}, allowed: a table of off, shift, ...")
        if found.id in changes:
            raise InputError(f"{place}: {found.id} and '{found.slug}' are one reform, keep one")
        changes[found.id] = checked_change(found, values, place)
    return changes


def _settings(table: Table, where: str) -> dict[str, SetValue]:
    settings: dict[str, SetValue] = {}
    for key, value in _flat(_section(table, "set", where)):
        checked, number = checked_set(key, value, f"{where}: [set]")
        settings[checked] = number
    return settings


def _flat(table: Table, depth: int = 0) -> list[tuple[str, object]]:
    """Return dotted keys with their values: TOML reads an unquoted ``a.b = 1`` as nested tables."""
    entries: list[tuple[str, object]] = []
    for key, value in table.items():
        if isinstance(value, dict) and depth < 2:
            entries += [(f"{key}.{rest}", inner) for rest, inner in _flat(value, depth + 1)]
        else:
            entries.append((key, value))
    return entries
