"""thaw: an open laboratory for de-Stalinization.

``thaw.record`` holds what is known, with a source for every figure; ``thaw.scenario`` and
``thaw.run`` simulate the system under dated reforms. Heavy libraries load only when needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thaw.errors import InputError

if TYPE_CHECKING:
    from thaw import record, reforms
    from thaw.experiment.compare import Comparison, compare
    from thaw.experiment.run import Run, open_run, run
    from thaw.reforms import Scenario, scenarios
    from thaw.reforms import load_scenario as scenario

__version__ = "0.1.0"

_HOMES = {
    "Comparison": ("thaw.experiment.compare", "Comparison"),
    "compare": ("thaw.experiment.compare", "compare"),
    "Run": ("thaw.experiment.run", "Run"),
    "run": ("thaw.experiment.run", "run"),
    "open_run": ("thaw.experiment.run", "open_run"),
    "Scenario": ("thaw.reforms", "Scenario"),
    "scenario": ("thaw.reforms", "load_scenario"),
    "scenarios": ("thaw.reforms", "scenarios"),
    "record": ("thaw.record", ""),
    "reforms": ("thaw.reforms", ""),
}

__all__ = [
    "Comparison",
    "InputError",
    "Run",
    "Scenario",
    "compare",
    "open_run",
    "record",
    "reforms",
    "run",
    "scenario",
    "scenarios",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its room on first use."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'thaw' has no attribute '{name}'")
    module, member = _HOMES[name]
    found = import_module(module)
    return getattr(found, member) if member else found


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*__all__, "__version__"])
