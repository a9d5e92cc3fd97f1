"""Programs kept between runs: the same numbers, made again when they are lost or out of date."""

import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from thaw.model import programs


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Keep programs in a folder of their own."""
    monkeypatch.setattr(programs, "folder", lambda: tmp_path / "programs")
    return tmp_path / "programs"


def noisy(keys, values, plan):
    """Return a tree with keys that are tuples, from typed random keys."""
    luck = jax.vmap(lambda key: jax.random.uniform(key, (3,)))(keys)
    return {"series": {("a", "USSR"): values["x"] * luck, ("b", "USSR"): plan + jnp.zeros(4)}}


def arguments():
    return jax.random.split(jax.random.key(0), 2), {"x": np.arange(6.0).reshape(2, 3)}, np.ones(4)


def traced(counts, label="one"):
    def function(*given):
        counts.append(label)
        return noisy(*given)

    return programs.Program(function, label)


def test_a_kept_program_gives_the_numbers_of_the_function(folder):
    found, wanted = traced([])(*arguments()), noisy(*arguments())
    assert jax.tree.structure(found) == jax.tree.structure(wanted)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        assert np.array_equal(one, other)


def test_a_program_is_traced_once_for_all_processes(folder):
    counts = []
    traced(counts)(*arguments())
    again = traced(counts)  # as another process would
    assert counts == ["one"]
    assert np.array_equal(again(*arguments())["series"]["b", "USSR"], np.ones(4))
    assert counts == ["one"]


def test_other_labels_and_sources_are_other_programs(folder, monkeypatch):
    counts = []
    traced(counts)(*arguments())
    traced(counts, "two")(*arguments())
    monkeypatch.setattr(programs, "package", lambda: "changed")
    traced(counts)(*arguments())
    assert counts == ["one", "two", "one"]
    assert len(list(folder.glob("*.program"))) == 3


def test_a_program_of_other_shapes_takes_the_place_of_the_one_kept(folder):
    counts = []
    traced(counts)(*arguments())
    keys, values, _ = arguments()
    found = traced(counts)(keys, values, np.float64(1.0))
    assert np.array_equal(found["series"]["b", "USSR"], np.ones(4))
    assert counts == ["one", "one"]
    assert len(list(folder.glob("*.program"))) == 1


def test_arguments_of_another_type_are_another_program(folder):
    counts = []
    one = programs.Program(lambda x: counts.append(x.dtype) or x / 2, "one")
    assert np.array_equal(one(np.arange(3.0)), [0.0, 0.5, 1.0])
    assert np.array_equal(one(np.arange(3)), [0.0, 0.5, 1.0])
    assert [str(kind) for kind in counts] == ["float64", "int64"]


@pytest.mark.parametrize("hit", [False, True])
def test_code_that_jax_has_in_its_own_cache_is_kept_as_a_trace(folder, monkeypatch, hit):
    """What XLA has loaded it cannot write again: such code would fail at its first call."""
    lower, fresh = programs._lowered, time.time_ns()  # a constant that no cache has seen

    class Lowered:
        def __init__(self, exported):
            self.real = lower(exported)

        def compile(self):
            if hit:
                jax.monitoring.record_event("/jax/compilation_cache/cache_hits")
            return self.real.compile()

    monkeypatch.setattr(programs, "_lowered", Lowered)
    programs.Program(lambda x: x + fresh, "one")(np.ones(3))
    assert (programs._read(programs._place("one")).code is None) == hit
    again = programs.Program(lambda x: x - fresh, "one")  # never traced: what is kept is run
    assert np.array_equal(again(np.ones(3)), np.ones(3) + fresh)


def test_a_program_may_be_prepared_before_its_arguments_are_known(folder):
    counts = []
    traced(counts)(*arguments())
    again = traced(counts)
    again.prepare()
    again.prepare()
    assert np.array_equal(again(*arguments())["series"]["b", "USSR"], np.ones(4))
    assert counts == ["one"]


def test_a_kept_value_is_made_once(folder, monkeypatch):
    made = []
    for _ in range(2):
        assert programs.kept_value("tables", lambda: made.append(1) or {"x": 2.0}) == {"x": 2.0}
    monkeypatch.setattr(programs, "package", lambda: "changed")
    assert programs.kept_value("tables", lambda: made.append(1) or {"x": 3.0}) == {"x": 3.0}
    assert made == [1, 1]


def test_a_broken_file_is_made_again(folder):
    counts = []
    traced(counts)(*arguments())
    (file,) = folder.glob("*.program")
    file.write_bytes(b"broken")
    found = traced(counts)(*arguments())
    assert np.array_equal(found["series"]["b", "USSR"], np.ones(4))
    assert counts == ["one", "one"]
    assert file.read_bytes() != b"broken"


def test_a_folder_that_cannot_be_written_is_no_error(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(programs, "folder", lambda: tmp_path / "file" / "below")
    assert np.array_equal(traced([])(*arguments())["series"]["b", "USSR"], np.ones(4))


def test_only_the_latest_programs_stay(folder, monkeypatch):
    monkeypatch.setattr(programs, "KEPT", 2)
    for label in ("one", "two", "three"):
        traced([], label)(*arguments())
    assert len(list(folder.iterdir())) == 2


def test_the_fingerprint_covers_code_and_tables():
    assert len(programs.package()) == 64
