"""Changes of a scenario as the command line writes them: ``--shift virgin_lands=24``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from thaw.errors import InputError
from thaw.reforms.changes import SetValue
from thaw.reforms.dates import month_index
from thaw.reforms.messages import shown
from thaw.reforms.scenario import Scenario, checked_mode

NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"


def apply_options(
    scenario: Scenario,
    without: Sequence[str] = (),
    shift: Sequence[str] = (),
    dose: Sequence[str] = (),
    force: Sequence[str] = (),
    set_: Sequence[str] = (),
    until: str | None = None,
    mode: str | None = None,
) -> Scenario:
    """Return ``scenario`` with the options applied, mode last.

    ``shift``, ``dose``, ``force`` and ``set_`` hold texts ``NAME=VALUE``. Raises InputError that
    names the option.
    """
    for name in without:
        scenario = _named("--without", scenario.without, name)
    for name, value in _pairs("--shift", shift):
        scenario = _named("--shift", scenario.shift, name, _whole(value, name))
    for name, value in _pairs("--dose", dose):
        scenario = _named("--dose", scenario.dose, name, _number(value, name))
    for name, value in _pairs("--force", force):
        scenario = _named("--force", scenario.force, name, value)
    for name, value in _pairs("--set", set_):
        scenario = _named("--set", scenario.set, name, _setting(value))
    if until is not None:
        month_index(until, "--until")
        scenario = scenario.until(until)
    return scenario if mode is None else scenario.with_mode(checked_mode(mode, "--mode"))


def _named(option, change, *arguments) -> Scenario:  # type: ignore[no-untyped-def]
    try:
        return change(*arguments)
    except InputError as error:
        raise InputError(f"{option}: {error}") from None


def _pairs(option: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    pairs = []
    for text in texts:
        name, sign, value = text.partition("=")
        if not (name and sign and value):
            raise InputError(f"{option} is {shown(text)}, allowed: NAME=VALUE")
        pairs.append((name, value))
    return pairs


def _whole(value: str, name: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,4}", value, re.ASCII):
        raise InputError(f"--shift {shown(name)} is {shown(value)}, allowed: whole months")
    return int(value)


def _number(value: str, name: str) -> float:
    if not re.fullmatch(NUMBER, value, re.ASCII):
        raise InputError(f"--dose {shown(name)} is {shown(value)}, allowed: a number")
    return float(value)


def _setting(value: str) -> SetValue:
    return float(value) if re.fullmatch(NUMBER, value, re.ASCII) else value
