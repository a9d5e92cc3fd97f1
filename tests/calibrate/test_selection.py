"""How many parameters the data can carry, and which."""

import numpy as np
import pytest

from thaw.calibrate import selection


def test_independent_values_count_fully_and_persistent_ones_do_not():
    generator = np.random.default_rng(0)
    noise = generator.standard_normal(200)
    walk = np.zeros(200)
    for at in range(1, 200):
        walk[at] = 0.9 * walk[at - 1] + noise[at]
    assert selection.effective_number(noise) > 150
    assert selection.effective_number(walk) < 40


def test_few_values_count_one_half_and_at_least_one():
    assert selection.effective_number(np.array([0.1, -0.2, 0.3, 0.0])) == 2.0
    assert selection.effective_number(np.array([0.1])) == 1.0


def test_a_level_and_a_trend_are_no_information_about_dependence():
    noise = np.random.default_rng(1).standard_normal(30)
    shifted = noise + 5.0 + 0.3 * np.arange(30)
    assert selection.effective_number(shifted) == pytest.approx(selection.effective_number(noise))


def test_a_parameter_that_repeats_another_is_not_chosen():
    strong = np.array([3.0, 1.0, 0.0])
    table = np.stack([strong, 0.99 * strong, [0.0, 0.0, 1.0], [0.0, 0.0, 0.1]], axis=1)
    assert selection.ranked(["a", "b", "c", "d"], table, 4) == ("a", "c")
    assert selection.ranked(["a", "b", "c", "d"], table, 1) == ("a",)
