"""Digest of every citizen after a run, to compare threads, blocks and kill-and-resume.

python benchmarks/people_digest.py 1000000 144                 two threads, default block
taskset -c 0 python benchmarks/people_digest.py 1000000 144    one thread
python benchmarks/people_digest.py 1000000 144 --block 100     another block size
python benchmarks/people_digest.py 1000000 144 --stop 70       killed after month 70, resumed
"""

import argparse
import json
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from thaw import reforms
from thaw.model import exogenous, parameters, simulate
from thaw.model.people import allocator, checkpoint, world


def start(people, months, block, generator="mix"):
    """Return the world of the default scenario at the prior's modes."""
    paths = reforms.lever_paths(reforms.load_scenario("historical"), months)
    plan = simulate.plan_of(paths, months, exogenous.replayed_years(1, months))
    structure = simulate.Structure(months)
    return world.begin(
        structure, plan, parameters.modes(), 0, people, block=block, generator=generator
    )


def main() -> None:
    """Run as the command line says and print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("people")
    parser.add_argument("months", type=int)
    parser.add_argument("--block", type=int, default=None)
    parser.add_argument("--stop", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--generator", default="mix")
    given = parser.parse_args()
    people = given.people if given.people == "all" else int(float(given.people))
    if given.stop and not given.folder:
        with tempfile.TemporaryDirectory() as folder:
            again = [sys.executable, *sys.argv, "--folder", folder]
            killed = subprocess.run(again, check=False)
            print(json.dumps({"killed_with": killed.returncode}), flush=True)
            again = [a for a in again if a not in ("--stop", str(given.stop))] + ["--resume"]
            subprocess.run(again, check=True)
        return
    allocator.keep_buffers()
    begun = time.perf_counter()
    made = start(people, given.months, given.block, given.generator)
    ready = time.perf_counter()
    if given.resume and not checkpoint.load(made, given.folder):
        raise SystemExit("no checkpoint")
    stages: dict[str, float] = {}
    while made.month < given.months:
        world.step(made, world.stopwatch(stages))
        if given.stop and made.month == given.stop:
            checkpoint.save(made, given.folder)
            signal.raise_signal(signal.SIGKILL)
    done = time.perf_counter()
    print(
        json.dumps(
            {
                "digest": made.digest(),
                "start_s": round(ready - begun, 2),
                "months_s": round(done - ready, 2),
                "stages_s": {name: round(value, 2) for name, value in stages.items()},
                "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
                "refused": made.refused,
                "unit_most_full": round(
                    1 - float((made.vacant / made.citizens.layout.slots).min()), 3
                ),
            }
        )
    )


if __name__ == "__main__":
    main()
