"""Scenario files: TOML tables that derive from each other, down to ``historical``."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from thaw.errors import InputError, unknown
from thaw.reforms.layout import Table, derived
from thaw.reforms.messages import printable, shown
from thaw.reforms.scenario import ROOT, Scenario

SHIPPED = Path(__file__).parent / "scenarios"
LARGEST_FILE = 64 * 1024
LONGEST_CHAIN = 16


def scenarios() -> list[str]:
    """Return the names of the scenarios that ship with the package, ``historical`` first."""
    names = sorted(path.stem for path in SHIPPED.glob("*.toml"))
    return [ROOT, *(name for name in names if name != ROOT)]


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Return a shipped scenario by name, or the one in a ``.toml`` file.

    Raises InputError that names the file, the key, what was found and what is allowed.
    """
    return _load(_located(name_or_path, Path()), ())


def _load(path: Path, below: tuple[Path, ...]) -> Scenario:
    where = f"scenario file {printable(path)}"
    known = Path(os.path.realpath(path))
    if known in below:
        chain = " -> ".join(step.stem for step in (*below, known))
        raise InputError(f"{where}: base goes in a circle: {printable(chain)}")
    if len(below) >= LONGEST_CHAIN:
        raise InputError(f"{where}: base goes more than {LONGEST_CHAIN} files deep")
    table = _parsed(path, where)
    if "base" not in table and known == Path(os.path.realpath(SHIPPED / f"{ROOT}.toml")):
        return derived(table, where, Scenario(name=ROOT, title=ROOT))
    return derived(table, where, _based(table, where, path.parent, (*below, known)))


def _located(name: str | Path, folder: Path) -> Path:
    if isinstance(name, str) and name in scenarios():
        return SHIPPED / f"{name}.toml"
    if str(name).endswith(".toml") and "\0" not in str(name):
        return folder / name
    raise unknown("scenario", printable(name), scenarios())


def _based(table: Table, where: str, folder: Path, below: tuple[Path, ...]) -> Scenario:
    allowed = "a scenario name or a .toml file"
    if "base" not in table:
        raise InputError(f"{where}: key 'base' is missing, allowed: {allowed}")
    base = table["base"]
    if not isinstance(base, str):
        raise InputError(f"{where}: base is {shown(base)}, allowed: {allowed}")
    try:
        path = _located(base, folder)
    except InputError as error:
        raise InputError(f"{where}: base: {error}") from None
    return _load(path, below)


def _parsed(path: Path, where: str) -> Table:
    if os.path.exists(path) and not path.is_file():  # noqa: PTH110 (never raises)
        raise InputError(f"{where}: is not a file")
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise InputError(f"{where}: cannot be read ({error.strerror})") from None
    if len(content) > LARGEST_FILE:
        raise InputError(f"{where}: is larger than the {LARGEST_FILE} bytes allowed")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise InputError(f"{where}: is not UTF-8 text") from None
    except RecursionError:
        raise InputError(f"{where}: is nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{where}: is not valid TOML: {printable(error)}") from None
