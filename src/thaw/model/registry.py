"""The subsystems of the model by name, in the order of the coupling table."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from thaw.errors import unknown
from thaw.model.subsystem import Step, Subsystem

MODULES = {
    "people": "thaw.model.people.cohorts",
    "camps": "thaw.model.subsystems.camps",
    "information": "thaw.model.subsystems.information",
    "public": "thaw.model.subsystems.public",
    "leadership": "thaw.model.subsystems.leadership",
    "administration": "thaw.model.subsystems.administration",
    "agriculture": "thaw.model.subsystems.agriculture",
    "industry": "thaw.model.subsystems.industry",
    "arts": "thaw.model.subsystems.arts",
    "science": "thaw.model.subsystems.science",
    "east_west": "thaw.model.subsystems.east_west",
    "bloc": "thaw.model.subsystems.bloc",
    "backlash": "thaw.model.subsystems.backlash",
    "legacy": "thaw.model.subsystems.legacy",
}
NAMES = tuple(MODULES)


@cache
def subsystems() -> dict[str, Subsystem]:
    """Return every subsystem by name."""
    return {name: import_module(module).SUBSYSTEM for name, module in MODULES.items()}


def step_of(subsystem: Subsystem, rival: str | None) -> Step:
    """Return the step of a subsystem: its main mechanism, or the rival of that name.

    Raises InputError for an unknown rival.
    """
    if rival is None or rival == "main":
        return subsystem.step
    if rival not in subsystem.rivals:
        raise unknown(f"rival of {subsystem.name}", rival, ["main", *subsystem.rivals])
    return subsystem.rivals[rival]
