"""What a task costs on a cluster besides its work: description, result, scheduling.

python benchmarks/cluster_overhead.py            two workers, 3,200 empty tasks, three rounds
"""

import json
import pickle
import statistics
import time

from thaw import reforms
from thaw.experiment.executor import Local, executor, tasks_of
from thaw.experiment.outcomes import Reading, outcomes
from thaw.experiment.run import Settings

TASKS, ROUNDS = 3200, 3


def nothing(task):
    """Return nothing for a task."""


def main() -> None:
    """Print one JSON line."""
    settings = Settings(reforms.load_scenario("historical"), 64)
    tasks = tasks_of(settings)
    chosen = tuple(outcomes("agriculture.grain_harvest@USSR"))
    work = Reading(chosen, tuple(chosen[0].stamps(settings.months)))
    result = work(tasks[0])
    began = time.process_time()
    for _ in Local(threads=1).results(work, tasks):
        pass
    seconds = (time.process_time() - began) / len(tasks)
    each = []
    with executor("local:2") as runner:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            for _ in runner.results(nothing, tasks * (TASKS // len(tasks))):
                pass
            each.append((time.perf_counter() - began) / TASKS * 1e3)
    found = {
        "draws_a_task": tasks[0].draws,
        "core_seconds_a_task": round(seconds, 3),
        "bytes_of_a_task": len(pickle.dumps(tasks[0])),
        "bytes_of_a_result": len(pickle.dumps(result)),
        "overhead_ms_a_task": [round(ms, 3) for ms in each],
        "tasks_a_second": round(1e3 / statistics.median(each)),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
