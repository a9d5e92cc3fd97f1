"""Parts of the people kernel: ties, packing, quantised tables, mail, sizes, synthesis."""

import jax.numpy as jnp
import numpy as np
import pytest

from thaw.errors import InputError
from thaw.model.people import crowds, kernel, kernel_counts, mail, margins, synthesis, ties
from thaw.model.people import kernel_tables as kt
from thaw.model.people import words as w
from thaw.model.people.hashing import keys_of
from thaw.model.people.layout import CELL, LONG_TIES, WORD_SHIFTS, layout_of
from thaw.model.people.size import parse_people

LAYOUT = layout_of(np.array([3, 70, 1, 130]))
LANES = np.arange(CELL)


def plane(seed=0, share=2):
    rows = np.random.default_rng(seed).integers(
        0, 2**32, (share, LAYOUT.cells, 32), dtype=np.uint32
    )
    return np.bitwise_and.reduce(rows)


def neighbours(tie):
    """Return the slot at the other end of a long tie, for every slot."""
    word = (LANES // 32 + WORD_SHIFTS[tie]) % 32
    bit = (LANES[None] + LAYOUT.turn[:, tie : tie + 1].astype(int)) % 32
    return LAYOUT.partner[:, tie : tie + 1].astype(int) * CELL + word * 32 + bit


def test_ties_are_mutual_and_local_ties_stay_in_their_district():
    every = np.arange(LAYOUT.cells * CELL).reshape(-1, CELL)
    for tie in range(0, LONG_TIES, 2):
        ahead, behind = neighbours(tie), neighbours(tie + 1)
        assert (behind.reshape(-1)[ahead] == every).all()
        assert (ahead != every).all()
        if tie < 6:
            assert (LAYOUT.district[ahead // CELL] == LAYOUT.district[:, None]).all()
    assert np.bincount(LAYOUT.district).max() <= 64


def test_counting_by_words_equals_counting_one_by_one():
    rows = plane()
    near = ties.ring(jnp.asarray(rows), 4)
    far = ties.far(jnp.asarray(rows), jnp.asarray(LAYOUT.partner), jnp.asarray(LAYOUT.turn), 8)
    count = sum(
        crowds.unpacked(np.asarray(p)).astype(int) << k
        for k, p in enumerate(ties.total(near + far))
    )
    state = crowds.unpacked(rows).astype(int)
    expected = sum(np.roll(state, j, axis=1) for j in (-4, -3, -2, -1, 1, 2, 3, 4))
    expected = expected + sum(state.reshape(-1)[neighbours(k)] for k in range(LONG_TIES))
    assert (count == expected).all()
    need = np.random.default_rng(1).integers(0, 2**32, (LAYOUT.cells, 3, 32), dtype=np.uint32)
    joined = ties.joins(ties.total(near + far), jnp.asarray(need))
    wanted = sum(crowds.unpacked(need[:, k]).astype(int) << k for k in range(3))
    assert (crowds.unpacked(np.asarray(joined)) == ((wanted > 0) & (count >= wanted))).all()


def test_a_cascade_grows_with_its_start_and_needs_its_thresholds():
    partner, turn = jnp.asarray(LAYOUT.partner), jnp.asarray(LAYOUT.turn)
    start = jnp.asarray(plane(3, 6))
    one = np.zeros((LAYOUT.cells, 3, 32), np.uint32)
    one[:, 0] = 2**32 - 1
    never, easy = jnp.zeros_like(jnp.asarray(one)), jnp.asarray(one)
    held = np.asarray(ties.cascade(start, never, partner, turn, 6))
    grown = np.asarray(ties.cascade(start, easy, partner, turn, 6))
    assert (held == np.asarray(start)).all()
    assert (grown & np.asarray(start) == np.asarray(start)).all()
    assert np.bitwise_count(grown).sum() > 10 * np.bitwise_count(held).sum()


def test_packing_and_expanding_are_inverse():
    rows = plane(4)
    lanes = kernel.expand(jnp.asarray(rows))
    assert (np.asarray(kernel_counts.pack(lanes)) == rows).all()
    assert (np.asarray(lanes) == crowds.unpacked(rows)).all()


def test_probabilities_become_thresholds_without_bias():
    assert int(kt.chance(0.5)) == 2**31
    assert int(kt.chance(1.0)) == 2**32 - 1
    assert int(kt.chance(0.0)) == 0 == int(kt.chance(-1.0)) == int(kt.chance(np.nan))
    assert int(kt.part(0.25)) == 2**14
    assert (kt.cumulative(np.array([[1.0, 1.0, 2.0]]))[0, :2] == [2**30, 2**31]).all()


def test_the_number_of_ties_needed_follows_granovetters_thresholds():
    params = {"public.threshold_mean": 0.3, "public.threshold_sd": 0.15}
    need = kt.needed(params)
    assert len(need) == w.THRESHOLDS and need.max() == kt.MOST_NEEDED and need[0] == 1
    assert need[-1] == kt.NEVER
    bolder = kt.needed({**params, "public.threshold_mean": 0.2})
    assert (bolder == 0).sum() < (need == 0).sum()


def letters(number, vacant, kind=mail.TOWNS):
    rng = np.random.default_rng(2)
    slots = np.sort(rng.choice(LAYOUT.cells * CELL, number, replace=False))
    first = np.full(number, 1 | 1 << w.LEAVING, np.uint32)
    first |= np.uint32((kind == mail.TOWNS) << w.URBAN)
    second = rng.integers(0, 2**32, number, dtype=np.uint32)
    destinations = kt.cumulative(np.ones((12, 4)))
    keys = keys_of(0, 0, 3)
    return (
        slots,
        second,
        mail.deliver(slots, first, second, vacant, destinations, keys, LAYOUT, "mix"),
    )


def test_mail_reaches_vacant_slots_once_each_and_loses_nobody():
    vacant = plane(5)
    _, second, found = letters(500, vacant)
    target = found.slots[len(found.slots) - found.moved :]
    assert found.moved == 500 and found.refused == 0
    assert len(np.unique(target)) == 500
    assert crowds.unpacked(vacant).reshape(-1)[target].all()
    assert sorted(found.second[found.first != 0]) == sorted(second)
    assert (w.bit(found.first[-500:], w.NEWCOMER) == 1).all()
    assert set(LAYOUT.unit[target // CELL]) == {0, 1, 2, 3}


def test_mail_that_finds_no_room_goes_back_to_its_sender():
    slots, second, found = letters(500, np.zeros((LAYOUT.cells, 32), np.uint32), mail.NEW_LANDS)
    assert found.moved == 0 and found.refused == 500
    assert (found.slots == slots).all() and (found.second == second).all()
    assert (found.first == 1).all()


def test_a_crowd_has_at_least_the_persons_that_define_it_and_grows_with_bold_people():
    quiet = np.zeros((LAYOUT.cells, 32), np.uint32)
    need = np.zeros((LAYOUT.cells, 3, 32), np.uint32)
    assert crowds.size(10, quiet, need, LAYOUT) == crowds.SEED
    need[:, 1] = 2**32 - 1
    careful = crowds.size(10, quiet, need, LAYOUT)
    need[:, 1], need[:, 0] = 0, 2**32 - 1
    assert crowds.SEED < careful < crowds.size(10, quiet, need, LAYOUT)
    number = np.array([0, 2, 0, 0])
    found = crowds.sizes(number, quiet, need, keys_of(0, 0, 0), LAYOUT, "mix")
    assert found[1] > 0 and found.sum() == found[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cohorts", "cohorts"),
        ("ALL", "all"),
        ("100%", "all"),
        ("1e6", 1_000_000),
        ("1,000,000", 1_000_000),
        ("1%", 1_909_440),
        ("2500", 2500),
    ],
)
def test_sizes_are_read(text, expected):
    assert parse_people(text) == expected


@pytest.mark.parametrize("text", ["", "cohort", "-5", "0", "10", "0%", "101%", "1e12", "nan"])
def test_bad_sizes_say_what_is_allowed(text):
    with pytest.raises(InputError, match="--people"):
        parse_people(text)


@pytest.mark.parametrize("number", [-1, 0, 1, 40, 200, 300])
def test_the_lowest_keys_are_those_that_a_stable_sort_puts_first(number):
    keys = np.random.default_rng(0).integers(0, 30, 200)
    expected = np.argsort(keys, kind="stable")[: max(number, 0)]
    found = synthesis.lowest(keys, number)
    assert sorted(found) == sorted(expected)
    assert (found[np.argsort(keys[found], kind="stable")] == expected).all()


def test_rounding_keeps_totals():
    rng = np.random.default_rng(0)
    shares = rng.random((5, 7))
    assert margins.largest_remainder(shares, 1003).sum() == 1003
    table = rng.gamma(0.3, size=(121, 404)) * 20
    totals = margins.largest_remainder(table.sum(axis=1), 40_000)
    whole = margins.carried(table, totals)
    assert (whole.sum(axis=1) == totals).all() and (whole >= 0).all()
    scale = totals / table.sum(axis=1)
    assert abs(whole.sum(axis=0) - (table * scale[:, None]).sum(axis=0)).max() < 3
