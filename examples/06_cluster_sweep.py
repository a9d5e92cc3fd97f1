"""A cluster sweep: three doses of one reform on two worker processes, as one dataset.

Put the address of a Dask scheduler in place of ``local:2`` to run it on a cluster.
"""

from pathlib import Path

import thaw
from thaw.experiment.executor import executor
from thaw.experiment.outcomes import outcomes
from thaw.experiment.sweep import Sweep, sweep


def main() -> None:
    what = Sweep(
        base=thaw.scenario("historical"),
        axes={"dose.virgin_lands": (0.0, 0.5, 1.0)},
        outcomes=tuple(outcomes("agriculture.grain_harvest@USSR")),
        draws=16,
    )
    with executor("local:2") as runner:
        data = sweep(what, Path("results/doses"), resume=True, runner=runner)
    harvest = data["agriculture.grain_harvest"].sel(place="USSR", seed=0)
    print(harvest.sel(month="1958-12-01").median("draw").to_series())


if __name__ == "__main__":
    main()
