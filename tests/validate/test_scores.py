import numpy as np
import pytest
from scipy import stats

from thaw.validate import scores


def normal_crps(mean, sd, value):
    z = (value - mean) / sd
    return sd * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))


@pytest.mark.parametrize("value", [-1.0, 2.0, 7.5])
def test_crps_equals_the_closed_form_of_a_normal(value):
    samples = stats.norm.ppf((np.arange(20000) + 0.5) / 20000, 2.0, 3.0)
    assert scores.crps(samples, value) == pytest.approx(normal_crps(2.0, 3.0, value), abs=2e-3)


def test_crps_is_fair_to_small_ensembles():
    generator = np.random.default_rng(0)
    small = np.mean([scores.crps(generator.normal(size=4), 0.5) for _ in range(8000)])
    assert small == pytest.approx(normal_crps(0.0, 1.0, 0.5), abs=0.015)


def test_crps_of_one_sample_is_the_absolute_error():
    assert scores.crps(np.array([3.0]), 5.0) == 2.0
    assert scores.crps(np.full(9, 3.0), 3.0) == 0.0


def test_bands_cover_their_share_of_values():
    generator = np.random.default_rng(1)
    samples, values = generator.normal(size=1000), generator.normal(size=3000)
    for level in (0.5, 0.9):
        share = np.mean([scores.inside(samples, v, level) for v in values])
        assert share == pytest.approx(level, abs=0.04)


def test_skill_is_positive_only_below_the_best_baseline():
    baselines = {"persistence": 4.0, "drift": 2.0}
    assert scores.skill(1.0, baselines) == 0.5
    assert scores.skill(3.0, baselines) == -0.5
    assert scores.skill(1.0, {"persistence": 0.0}) is None


def test_skill_interval_holds_the_skill_and_needs_four_values():
    baselines = {"drift": [2.0, 3.0, 2.5, 2.2, 3.1, 2.0]}
    low, high = scores.skill_interval([1.0, 1.4, 0.9, 1.3, 1.1, 1.2], baselines, 0)
    assert low < 1 - 6.9 / 14.8 < high < 1
    assert scores.skill_interval([1.0] * 3, {"drift": [2.0] * 3}, 0) is None


def test_clusters_are_resampled_whole():
    values, groups = [1.0] * 10 + [0.0] * 10, ["a"] * 10 + ["b"] * 10
    assert scores.clustered_interval(values, groups, np.mean, 0) == (0.0, 1.0)
    assert scores.clustered_interval(values, ["a"] * 20, np.mean, 0) is None


def test_log_score_is_a_distribution_and_prefers_what_was_simulated():
    counts = np.array([0.0] * 60 + [1.0] * 30 + [4.0] * 10)
    total = sum(np.exp(scores.log_score(counts, k)) for k in range(300))
    assert total == pytest.approx(1.0, abs=1e-6)
    assert scores.log_score(counts, 0) > scores.log_score(counts, 1) > scores.log_score(counts, 9)
    assert np.isfinite(scores.log_score(np.zeros(50), 20))
