"""Draws of single citizens: known answers, uniformity, streams, lags, joint rare events."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from thaw.model.people.hashing import GENERATORS, PURPOSES, draw, keys_of, threefry

SLOTS = np.arange(2**19, dtype=np.uint32)


def words(purpose, month=0, seed=0, number=0, generator="mix"):
    with np.errstate(over="ignore"):
        return draw(SLOTS, keys_of(seed, number, month, generator), purpose, generator)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
        ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_the_published_answers(counter, key, expected):
    with np.errstate(over="ignore"):
        found = threefry(*(np.uint32(x) for x in (*counter, *key)))
    assert tuple(int(x) for x in found) == expected


@pytest.mark.parametrize("generator", GENERATORS)
def test_numpy_and_jax_give_the_same_words(generator):
    keys = keys_of(5, 2, 37, generator)
    there = draw(jnp.asarray(SLOTS[:4096]), jnp.asarray(keys), "talk", generator)
    with np.errstate(over="ignore"):
        here = draw(SLOTS[:4096], keys, "talk", generator)
    assert there.dtype == jnp.uint32
    assert (np.asarray(there) == here).all()


@pytest.mark.parametrize("generator", GENERATORS)
def test_bytes_are_uniform_in_every_stream(generator):
    z = []
    for month in (0, 1, 143):
        for purpose in PURPOSES[:8]:
            found = words(purpose, month, generator=generator)
            for shift in (0, 8, 16, 24):
                count = np.bincount(found >> np.uint32(shift) & np.uint32(255), minlength=256)
                chi2 = ((count - len(found) / 256) ** 2 / (len(found) / 256)).sum()
                z.append((chi2 - 255) / np.sqrt(2 * 255))
    assert abs(np.mean(z)) < 4 / np.sqrt(len(z))
    assert max(map(abs, z)) < 5


def test_streams_are_not_correlated_across_purposes_months_seeds_and_draws():
    streams = [words(p) for p in PURPOSES[:6]]
    streams += [words("act", month=m) for m in (1, 2, 12)]
    streams += [words("act", seed=1), words("act", number=1)]
    values = np.stack([s / 2.0**32 - 0.5 for s in streams])
    z = values @ values.T / len(SLOTS) * 12 * np.sqrt(len(SLOTS))
    off = z[np.triu_indices(len(z), 1)]
    assert abs(off).max() < 4.5
    assert 0.7 < off.std() < 1.4


@pytest.mark.parametrize("lag", [1, 2, 3, 32, 1024, 65536])
def test_neighbouring_slots_are_not_correlated(lag):
    value = words("vital") / 2.0**32 - 0.5
    z = (value[lag:] * value[:-lag]).mean() * 12 * np.sqrt(len(value) - lag)
    assert abs(z) < 4.5


def test_joint_rare_events_are_as_frequent_as_independence_says():
    threshold = np.uint32(2**32 * 0.004)
    rare = [words(p, m) < threshold for p in PURPOSES[:6] for m in (0, 1)]
    expected = len(SLOTS) * 0.004**2
    found = [(a & b).sum() for i, a in enumerate(rare) for b in rare[:i]]
    p = stats.poisson.sf(np.array(found) - 1, expected)
    assert p.min() > 1e-5 and p.max() < 1 - 1e-6
    assert abs(np.mean(found) - expected) < 4 * np.sqrt(expected / len(found))


def test_the_key_depends_on_seed_draw_month_and_purpose():
    table = [keys_of(s, n, m)[:2].T for s in (0, 1) for n in (0, 1) for m in (-1, 0, 1)]
    rows = {tuple(row) for keys in table for row in keys}
    assert len(rows) == 12 * len(PURPOSES)
