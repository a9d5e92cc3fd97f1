"""One change of one reform, one user-set value, and the checks that both must pass."""

from __future__ import annotations

import math
import re

from pydantic import BaseModel, ConfigDict

from thaw.errors import InputError, near_match
from thaw.reforms.dates import month_index
from thaw.reforms.messages import shown
from thaw.reforms.objects import Reform
from thaw.reforms.tables import find_lever

LARGEST_SHIFT = 120
LARGEST_DOSE = 3.0
KEYS = ("off", "shift", "dose", "force")
SetValue = float | str


class Change(BaseModel):
    """How one reform differs from history: left out, moved by months, scaled, or decided."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    off: bool = False
    shift: int = 0
    dose: float = 1.0
    force: str | None = None

    @property
    def absent(self) -> bool:
        """Say whether the reform is left out: switched off, or dose 0."""
        return self.off or self.dose == 0

    @property
    def acts(self) -> bool:
        """Say whether the reform moves its levers: neither left out nor forced not to happen."""
        return not self.absent and self.force != "no"

    def table(self) -> dict[str, object]:
        """Return the keys that differ from history, as a scenario file writes them."""
        return self.model_dump(exclude_defaults=True)

    def describe(self) -> str:
        """Return the change in words."""
        words = {"off": "left out", "shift": f"moved by {self.shift:+d} months"}
        words |= {"dose": f"dose {self.dose:g}", "force": f"forced: {self.force}"}
        return ", ".join(words[key] for key in self.table()) or "as it happened"


def checked_change(reform: Reform, values: dict[str, object], where: str) -> Change:
    """Return the change of ``reform`` that ``values`` describe.

    Raises InputError, beginning with ``where``, for an unknown key, a wrong value, or keys that
    contradict each other.
    """
    for key, value in values.items():
        if key not in KEYS:
            hint = near_match(key, KEYS)
            raise InputError(f"{where}: unknown key {shown(key)}{hint}; allowed: {', '.join(KEYS)}")
        _CHECKS[key](reform, value, f"{where}: {key}")
    change = Change.model_validate(values)
    clash = sorted(set(change.table()) - {"off"}) if change.off else []
    if change.force is not None and change.dose != 1:
        clash = ["dose"]
    if clash:
        cause = "off" if change.off else "force"
        raise InputError(f"{where}: {cause} and {clash[0]} contradict each other, keep one of them")
    return change


def _check_off(reform: Reform, value: object, where: str) -> None:
    if not isinstance(value, bool):
        raise InputError(f"{where} is {shown(value)}, allowed: true or false")


def _check_shift(reform: Reform, value: object, where: str) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not -LARGEST_SHIFT <= value <= LARGEST_SHIFT:  # type: ignore[operator]
        limits = f"whole months from {-LARGEST_SHIFT} to {LARGEST_SHIFT}"
        raise InputError(f"{where} is {shown(value)}, allowed: {limits}")


def _check_dose(reform: Reform, value: object, where: str) -> None:
    if not _is_number(value) or not 0 <= value <= LARGEST_DOSE:  # type: ignore[operator]
        raise InputError(f"{where} is {shown(value)}, allowed: a number from 0 to {LARGEST_DOSE:g}")
    if reform.kind == "response" and value not in (0, 1):
        raise InputError(
            f"{where} is {shown(value)}, allowed for the decision '{reform.slug}': 0 or 1"
        )


def _check_force(reform: Reform, value: object, where: str) -> None:
    if not reform.words:
        nature = {"policy": "a policy"}.get(reform.kind, reform.kind)
        raise InputError(
            f"{where}: '{reform.slug}' is {nature}, not a decision; "
            "allowed: off, shift or dose here, force for rows of kind response"
        )
    if value not in reform.words:
        hint = near_match(value, reform.words) if isinstance(value, str) else ""
        raise InputError(f"{where} is {shown(value)}{hint}, allowed: {' or '.join(reform.words)}")


_CHECKS = {"off": _check_off, "shift": _check_shift, "dose": _check_dose, "force": _check_force}


def checked_set(key: object, value: object, where: str) -> tuple[str, SetValue]:
    """Return a ``[set]`` entry: a parameter, a rival, a lever, or ``endogenous_from``.

    Whether a parameter exists is for the model to say (see ``unknown_set_keys``).
    Raises InputError, beginning with ``where``.
    """
    if key == "endogenous_from":
        month_index(value, f"{where} {key}")
        return key, str(value)
    if not isinstance(key, str) or not re.fullmatch(r"(lever\.)?[a-z_]+\.[a-z0-9_]+", key):
        form = "<subsystem>.<name>, lever.<subsystem>.<name> or endogenous_from"
        raise InputError(f"{where}: key {shown(key)} is not of the form {form}")
    if key.startswith("lever."):
        return key, _lever_value(key, value, where)
    if key.endswith(".rival"):
        if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9_]+", value):
            raise InputError(f"{where} {key} is {shown(value)}, allowed: the name of a rival")
        return key, value
    if not _is_number(value):
        raise InputError(f"{where} {key} is {shown(value)}, allowed: a finite number")
    return key, float(value)  # type: ignore[arg-type]


def _lever_value(key: str, value: object, where: str) -> float:
    try:
        found = find_lever(key)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    if found.type == "categorical":
        raise InputError(f"{where}: {key} is decided case by case; allowed: force a decision")
    if not _is_number(value):
        raise InputError(f"{where} {key} is {shown(value)}, allowed: a finite number")
    if found.type == "switch" and not 0 <= value <= 1:  # type: ignore[operator]
        raise InputError(f"{where} {key} is {shown(value)}, allowed for a switch: 0 to 1")
    return float(value)  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e15 and math.isfinite(value)
