"""Reforms as dated, sourced objects, scenarios that change them, and the levers they move.

``reforms()``, ``reform("R16")`` and ``levers()`` look up the tables; ``load_scenario`` reads a
scenario, whose methods return changed ones; ``lever_paths`` turns it into arrays for the model.
"""

from thaw.reforms.changes import Change
from thaw.reforms.execution import execution_parameters
from thaw.reforms.files import load_scenario, scenarios
from thaw.reforms.layout import read_table
from thaw.reforms.objects import Lever, LeverPath, Reform
from thaw.reforms.options import apply_options
from thaw.reforms.paths import LeverPaths, decision_month, lever_paths
from thaw.reforms.scenario import Mode, Scenario, unknown_set_keys, waits_for
from thaw.reforms.tables import levers, reform, reforms

__all__ = [
    "Change",
    "Lever",
    "LeverPath",
    "LeverPaths",
    "Mode",
    "Reform",
    "Scenario",
    "apply_options",
    "decision_month",
    "execution_parameters",
    "lever_paths",
    "levers",
    "load_scenario",
    "read_table",
    "reform",
    "reforms",
    "scenarios",
    "unknown_set_keys",
    "waits_for",
]
