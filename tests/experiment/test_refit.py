"""The cheap refit: what a record predicts, and how draws are weighted by it."""

import numpy as np
import pytest

from thaw.experiment import abduction, refit
from thaw.model.observation import observables

GENERATOR = np.random.default_rng(5)
DRAWS, VALUES = 200, 12


def pool():
    """Return records that carry an effect in two values and noise in the others."""
    effect = GENERATOR.normal(size=DRAWS)
    shown = GENERATOR.normal(size=(DRAWS, VALUES))
    shown[:, 0] = 5.0 + 2.0 * effect + 0.1 * shown[:, 0]
    return shown, effect


def test_a_record_that_carries_the_effect_tells_it():
    shown, effect = pool()
    told, true = refit.predicted(shown, effect, shown[:3] + 0.0)
    assert np.corrcoef(told, effect)[0, 1] > 0.95
    assert true == pytest.approx(told[:3], rel=0.2, abs=0.5)


def test_noise_tells_nothing_because_each_draw_is_predicted_without_itself():
    shown = GENERATOR.normal(size=(60, 50))
    effect = GENERATOR.normal(size=60)
    told, _ = refit.predicted(shown, effect, shown)
    assert told.std() < 0.4


def test_an_effect_that_is_the_same_everywhere_keeps_every_draw():
    shown, _ = pool()
    told, true = refit.predicted(shown, np.zeros(DRAWS), shown[:2])
    assert not told.any() and not true.any()
    weights, width = refit.tempered(true[0] - told, 25.0)
    assert abduction.effective(weights) == pytest.approx(DRAWS)
    assert width == pytest.approx(refit.NARROWEST)


@pytest.mark.parametrize(("draws", "wanted"), [(200, 25.0), (20, 10.0)])
def test_tempering_leaves_as_many_draws_as_asked(draws, wanted):
    far = GENERATOR.normal(3.0, 1.0, draws)
    weights, width = refit.tempered(far, 25.0)
    assert abduction.effective(weights) == pytest.approx(wanted, abs=0.5)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[np.abs(far).argmin()] == weights.max()
    assert width > refit.NARROWEST


def test_records_stand_at_stamps_with_their_error():
    key = ("agriculture.milk", "USSR")
    monthly = np.full((3, 145), 2.0)
    shown = refit.records({"series": {key: monthly}}, [key], 144, 1)
    assert shown.shape == (3, 12)
    error = observables()[key].error_sd
    assert np.abs(shown - 24.0).max() < 24.0 * 6 * error
    other = refit.records({"series": {key: monthly}}, [key], 144, 2)
    assert not np.array_equal(shown, other)
