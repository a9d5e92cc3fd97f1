"""``python -m thaw.validate.trials [NAME ...]``: compute trials anew and store their results."""

from __future__ import annotations

import sys
from importlib import import_module

from thaw.errors import InputError, unknown
from thaw.validate import trials


def main(names: list[str]) -> None:
    """Compute the trials of some names (all for none), one after the other."""
    for name in names or trials.NAMES:
        if name not in trials.NAMES:
            raise unknown("trial", name, trials.NAMES)
        module = import_module(f"thaw.validate.trials.{name}")
        print(trials.store(name, module.result()), flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as error:
        sys.exit(str(error))
