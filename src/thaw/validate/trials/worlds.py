"""What the trials have in common: the coupled model in replay, and small sets made by leaving out.

All trials simulate to December 1968, so that they share one compiled model.
"""

from __future__ import annotations

import sys
from pathlib import Path

from thaw import reforms
from thaw.calibrate import DEFAULT, fitting, posteriors
from thaw.calibrate.fitting import Request
from thaw.calibrate.posteriors import PosteriorSet
from thaw.model import simulate
from thaw.model.clock import month_index
from thaw.model.parameters import Sample
from thaw.validate.validation import UNTIL

DRAWS = 128
SEED = 0
MONTHS = month_index(UNTIL) + 2
"""January 1953 to the last month, and the month after, in which year-end stocks are read."""
LEFT_OUT = Path(posteriors.__file__).parent / "posteriors" / "left_out"
"""Folder of the committed sets from which one case or series was left out."""


def replay(sample: Sample, scenario: reforms.Scenario | None = None) -> simulate.Trace:
    """Return the monthly trace of a parameter sample in replay of history, or of a scenario."""
    chosen = scenario or reforms.load_scenario("historical")
    return simulate.replayed(reforms.lever_paths(chosen, MONTHS), MONTHS, sample, SEED)


def base() -> PosteriorSet:
    """Return the set that gives the subsystems that are not on trial: fitted to all data."""
    return posteriors.load(DEFAULT)


def without(found: PosteriorSet, subsystem: str) -> PosteriorSet:
    """Return a set in which one subsystem keeps its prior."""
    kept = {name: fit for name, fit in found.subsystems.items() if name != subsystem}
    return found.model_copy(update={"subsystems": kept})


def joined(found: PosteriorSet, small: PosteriorSet) -> PosteriorSet:
    """Return a set whose fits give way to those of a small set."""
    return found.model_copy(update={"subsystems": {**found.subsystems, **small.subsystems}})


def path_of(left_out: str) -> Path:
    """Return the file of the committed set without a case or series."""
    return LEFT_OUT / (left_out.replace(" ", "_") + ".json")


def small_set(left_out: str) -> PosteriorSet:
    """Return the committed set without a case or series; fit and write it where there is none.

    It is that of ``thaw calibrate --leave-out NAME`` without the subsystems that nothing was left
    out of. Raises InputError when the set no longer fits the model.
    """
    path = path_of(left_out)
    if not path.is_file():
        request = Request(leave_out=(left_out,))
        posteriors.write(small_fit(request, fitting.owners(request.leave_out)), path)
    return posteriors.read(path)


def small_fit(request: Request, names: tuple[str, ...]) -> PosteriorSet:
    """Return the fit of a request with some subsystems only, as the command makes it."""
    wanted = fitting.chosen(names)
    shared = fitting.shipped(request, wanted)
    found = fitting.calibrate(request, wanted, shared, report=_say)
    kept = {name: fit for name, fit in found.subsystems.items() if name in wanted}
    return found.model_copy(update={"subsystems": kept})


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
