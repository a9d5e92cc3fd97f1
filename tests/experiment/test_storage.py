"""A result folder holds the old result or the new one, whatever happens."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from thaw.errors import InputError
from thaw.experiment import storage

WRITER = """
import sys, time
from pathlib import Path
from thaw.experiment import storage
folder = Path(sys.argv[1])
print("ready", flush=True)
n = 0
while True:
    n += 1
    def write(staging):
        for i in range(5):
            (staging / f"part{i}.txt").write_text(f"{n} " * 2000)
        (staging / "figures").mkdir()
        (staging / "figures" / "a.txt").write_text(str(n))
    storage.write_result(folder, write, {"n": n})
"""


def test_round_trip(tmp_path):
    manifest = storage.write_result(tmp_path, lambda d: (d / "a.txt").write_text("x"), {"k": 1})
    assert storage.read_manifest(tmp_path) == manifest
    assert (tmp_path / "a.txt").read_text() == "x"


def test_a_failed_write_leaves_the_old_result(tmp_path):
    storage.write_result(tmp_path, lambda d: (d / "a.txt").write_text("old"), {})

    def broken(folder):
        (folder / "a.txt").write_text("new")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        storage.write_result(tmp_path, broken, {})
    storage.read_manifest(tmp_path)
    assert (tmp_path / "a.txt").read_text() == "old"
    assert len(list((tmp_path / ".results").iterdir())) == 2


def test_a_new_result_replaces_the_old_one_whole(tmp_path):
    storage.write_result(tmp_path, lambda d: (d / "old.txt").write_text("old"), {})
    storage.write_result(tmp_path, lambda d: (d / "new.txt").write_text("new"), {})
    visible = {p.name for p in tmp_path.iterdir() if not p.name.startswith(".")}
    assert visible == {"new.txt", "manifest.json"}


def age(path, hours):
    then = time.time() - 3600 * hours
    os.utime(path, (then, then), follow_symlinks=False)


def test_what_killed_runs_left_goes_and_what_is_being_written_stays(tmp_path):
    storage.write_result(tmp_path, lambda d: (d / "a.txt").write_text("x"), {})
    store = tmp_path / ".results"
    killed, writing = store / "0123456789ab", store / "ba9876543210"
    for folder in (killed, writing):
        (folder / "figures").mkdir(parents=True)
        (folder / "run.nc").write_text("half")
    foreign, notes, away = store / "mine", tmp_path / ".notes-01234567", tmp_path / ".a-01234567"
    foreign.mkdir()
    notes.touch()
    away.symlink_to(tmp_path.parent)
    link, probe = store / ".current-01234567", tmp_path / ".write-89abcdef"
    link.symlink_to("0123456789ab")
    probe.touch()
    for path in (killed, foreign, notes, away, link, probe):
        age(path, hours=2)
    storage.write_result(tmp_path, lambda d: (d / "a.txt").write_text("y"), {})
    assert not killed.exists() and not link.is_symlink() and not probe.exists()
    assert (writing / "run.nc").exists()
    assert foreign.exists() and notes.exists() and away.is_symlink()
    assert (tmp_path / "a.txt").read_text() == "y"
    assert len(list(store.iterdir())) == 4


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    storage.write_result(tmp_path, lambda d: (d / "a.txt").write_text("x"), {})
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_changed_file_is_noticed(tmp_path):
    storage.write_result(tmp_path, lambda d: (d / "a.txt").write_text("x"), {})
    (tmp_path / "a.txt").write_text("y")
    with pytest.raises(InputError, match="does not match its checksum"):
        storage.read_manifest(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"files": 3}', '{"a": 1}', "\x00"])
def test_a_broken_manifest_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(InputError) as caught:
        storage.read_manifest(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot write"):
        storage.prepare(tmp_path / "file" / "deeper")


def test_killed_at_random_moments_the_folder_stays_valid(tmp_path):
    luck = random.Random(5)
    for _ in range(20):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout.readline() == "ready\n"
        time.sleep(luck.uniform(0.0, 0.12))
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        if (tmp_path / "manifest.json").exists():
            manifest = storage.read_manifest(tmp_path)
            assert (tmp_path / "figures" / "a.txt").read_text() == str(manifest["n"])
    assert json.loads((tmp_path / "manifest.json").read_text())["n"] >= 1
