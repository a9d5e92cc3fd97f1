"""Numbers packed side by side: the same numbers by name, through compiled code too."""

import jax
import jax.numpy as jnp
import numpy as np

from thaw.model.packing import Packed, grouped, pack, pack_groups

ARRAYS = {"b": np.array([1.0, 2.0]), "a": np.array([3.0, 4.0])}


def test_packed_arrays_come_back_by_name():
    for library in (jnp, np):
        found = pack(ARRAYS, library).single()
        assert list(found) == ["b", "a"]
        assert all(np.array_equal(found[name], ARRAYS[name]) for name in ARRAYS)


def test_names_pass_through_compiled_code():
    doubled = jax.jit(lambda packed: pack({k: 2 * x for k, x in packed.single().items()}))
    found = doubled(pack(ARRAYS))
    assert isinstance(found, Packed)
    assert np.array_equal(found.single()["a"], [6.0, 8.0])


def test_groups_come_back_with_their_names_even_when_empty():
    groups = {"series": {("x", "USSR"): 1.0}, "latent": {"x": 2.0}, "events": {}}
    assert grouped(pack_groups(groups).single(), tuple(groups)) == groups
