import dataclasses
import os
import signal
import time

import numpy as np
import pytest

from thaw import reforms
from thaw.calibrate import events
from thaw.errors import InputError
from thaw.experiment import executor
from thaw.experiment.run import Settings, trace_of
from thaw.model.simulate import BATCH, digest
from thaw.model.subsystems.bloc_inputs import places


def world(draws, seed=0):
    return Settings(reforms.load_scenario("no_virgin_lands"), draws, seed)


@pytest.fixture(scope="module")
def two_workers():
    distributed = pytest.importorskip("dask.distributed")
    options = dict(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50)
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        yield cluster, client


def stub(seconds):
    """Return work that stands for the model: keyed numbers, after a while."""

    def work(task):
        time.sleep(seconds)
        key = [task.settings.seed, task.first_draw]
        return np.random.Generator(np.random.Philox(key=key)).normal(size=(task.draws, 50))

    return work


def test_blocks_cover_every_draw_once():
    tasks = executor.tasks_of(world(2 * BATCH + 5))
    assert [task.first_draw for task in tasks] == [0, BATCH, 2 * BATCH]
    assert [task.draws for task in tasks] == [BATCH, BATCH, 5]


def test_blocks_return_the_bits_of_the_whole_run():
    settings = world(BATCH + 4)
    (whole,) = executor.traces([settings])
    assert digest(whole) == digest(trace_of(settings)[0])


def test_progress_counts_draws_over_all_worlds():
    seen = []
    worlds = [world(BATCH + 4), world(4)]
    executor.gather(stub(0), worlds, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (BATCH + 8, BATCH + 8)
    assert len(seen) == 3


def test_worlds_are_decided_from_the_first_difference_of_any():
    no_lands, no_speech = map(reforms.load_scenario, ("no_virgin_lands", "no_secret_speech"))
    assert executor.decided_from([no_speech, no_lands]) == no_lands.first_changed_month()
    assert executor.decided_from([reforms.load_scenario("historical")]) is None


def test_unrest_abroad_is_history_until_the_worlds_part():
    settings = Settings(reforms.load_scenario("hungary_accepted"), 8)
    since = settings.scenario.first_changed_month()
    free, known = executor.traces([settings])[0], executor.traces([settings], since)[0]
    recorded = events.bloc_unrest().counts[: since + 1]
    for at, state in enumerate(places()):
        begun = known["events"]["bloc_unrest", state]
        assert (begun[:, : since + 1] <= recorded[:, at]).all()
    assert (known["events"]["bloc_unrest", "Hungary"][:, since] == 1.0).all()
    assert (free["events"]["bloc_unrest", "Hungary"][:, since] == 0.0).any()
    later = [known["events"]["bloc_unrest", state][:, since + 1 :] for state in places()]
    assert len(np.unique(np.sum(later, axis=(0, 2)))) > 1  # chance decides again


def test_a_world_with_citizens_has_the_bits_of_its_run():
    settings = Settings(reforms.load_scenario("historical").until("1953-06"), 2, people="2000")
    (found,) = executor.traces([settings])
    assert digest(found) == digest(trace_of(settings)[0])
    cohorts = dataclasses.replace(settings, people="cohorts")
    assert digest(found) != digest(executor.traces([cohorts])[0])


def test_an_error_reaches_the_caller_and_stops_the_rest():
    started = []

    def work(task):
        started.append(task.first_draw)
        raise InputError("no such thing")

    with pytest.raises(InputError, match="no such thing"):
        executor.gather(work, [world(100 * BATCH)])
    assert len(started) < 50


def test_a_killed_worker_loses_only_its_draws(two_workers):
    """One of two workers is killed in the middle; the result has the bits of a local run."""
    cluster, client = two_workers
    worlds = [world(12 * BATCH, seed) for seed in (1, 2, 3)]
    assert executor.Cluster(client)._group(36) == 2
    killed = []

    def kill_one(done, total):
        if not killed:
            killed.append(cluster.workers[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    found = executor.gather(stub(0.1), worlds, runner=executor.Cluster(client), progress=kill_one)
    expected = executor.gather(stub(0), worlds)
    assert killed
    assert [np.concatenate(blocks).tobytes() for blocks in found] == [
        np.concatenate(blocks).tobytes() for blocks in expected
    ]


@pytest.mark.parametrize(("tasks", "size"), [(0, 1), (1, 1), (15, 1), (64, 4), (10_000, 8)])
def test_a_worker_gets_several_tasks_at_once_only_where_there_are_many(two_workers, tasks, size):
    assert executor.Cluster(two_workers[1])._group(tasks) == size


def test_the_model_has_the_same_digest_on_a_cluster(two_workers):
    settings = world(2 * BATCH)
    (here,) = executor.traces([settings])
    with executor.executor(two_workers[0].scheduler_address) as runner:
        (there,) = executor.traces([settings], runner=runner)
    assert digest(there) == digest(here)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("tcp://127.0.0.1:9", "no Dask scheduler answers"),
        ("nonsense://", "no Dask scheduler answers"),
        ("local:0", "1 to 256 workers"),
        ("local:many", "1 to 256 workers"),
    ],
)
def test_bad_addresses_are_one_line(address, message, monkeypatch):
    monkeypatch.setattr(executor, "TIMEOUT", 1.0)
    with pytest.raises(InputError, match=message), executor.executor(address):
        pass


def test_workers_with_another_build_are_refused(two_workers, monkeypatch):
    monkeypatch.setattr(executor.jax, "__version__", "0.0.0")
    with (
        pytest.raises(InputError, match=r"here .*0\.0\.0"),
        executor.executor(two_workers[0].scheduler_address),
    ):
        pass


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "dask.distributed", None)
    with pytest.raises(InputError, match=r"thaw\[cluster\]"), executor.executor("local:2"):
        pass
