"""The likelihood of each kind of datum against SciPy, and what the record's lists give."""

import numpy as np
import pytest
from scipy import stats

from thaw.calibrate import data, events, likelihoods


def test_student_is_scipys_with_joined_scale():
    residual, error, own = np.array([-0.3, 0.0, 0.5]), 0.03, 0.04
    expected = stats.t.logpdf(residual, 4, scale=0.05)
    assert np.allclose(likelihoods.student(residual, error, own), expected, rtol=1e-12)


def test_positive_values_are_compared_on_logs():
    found = likelihoods.logarithmic(np.array([80.0]), np.array([100.0]), 0.03, 0.04)
    assert np.allclose(found, stats.t.logpdf(np.log(0.8), 4, scale=0.05))


def test_count_is_negative_binomial_with_its_mean_and_variance():
    mean, dispersion, values = 6.0, 0.4, np.arange(12.0)
    size = 1 / dispersion**2
    expected = stats.nbinom.logpmf(values, size, size / (size + mean))
    assert np.allclose(likelihoods.count(values, mean, dispersion), expected)
    many = np.arange(400.0)
    p = np.exp(np.asarray(likelihoods.count(many, mean, dispersion)))
    variance = (p * (many - mean) ** 2).sum()
    assert variance == pytest.approx(mean + (dispersion * mean) ** 2)


def test_poisson_and_hazard():
    assert np.allclose(
        likelihoods.poisson(np.arange(5.0), 1.7), stats.poisson.logpmf(np.arange(5), 1.7)
    )
    happened, rate = np.array([1.0, 0.0, 1.0]), 0.2
    expected = stats.bernoulli.logpmf([1, 0], 1 - np.exp(-rate))
    found = likelihoods.hazard(happened, rate, np.array([1.0, 1.0, 0.0]))
    assert np.allclose(found, [*expected, 0.0])


def test_share_is_beta_binomial_and_tends_to_the_binomial():
    weight = 1 / 0.3**2 - 1
    expected = stats.betabinom.logpmf(30, 100, 0.4 * weight, 0.6 * weight)
    assert np.allclose(likelihoods.share(30.0, 100.0, 0.4, 0.3), expected)
    assert np.allclose(
        likelihoods.share(30.0, 100.0, 0.4, 1e-3), stats.binom.logpmf(30, 100, 0.4), atol=1e-2
    )


def test_only_rows_of_use_fit_enter_and_stamps_after_the_cut_do_not():
    early = data.fitted_series("camps", 72, 73)
    names = {series.key[0] for series in early}
    assert "gulag.prisoners_total" in names
    assert "release.review_1954_55_reviewed" not in names  # driver
    assert "gulag.prisoners_itl" not in names  # check
    assert max(max(series.months) for series in early) < 72
    later = data.fitted_series("camps", 144, 145)
    assert max(max(series.months) for series in later) >= 72


def test_left_out_series_and_cases_are_gone():
    names = {s.key[0] for s in data.fitted_series("agriculture", 72, 73, ["agriculture.meat"])}
    assert "agriculture.meat" not in names and "agriculture.milk" in names
    every = events.fitted_events("bloc", 72, 73)[0]
    some = events.fitted_events("bloc", 72, 73, ["bloc_unrest@hungary"])[0]
    assert some.covered.sum() == every.covered.sum() - 72
    assert np.array_equal(some.counts, every.counts)


def test_commission_table_is_a_product_of_binomials():
    series = {s.key[0]: s for s in data.fitted_series("camps", 72, 73)}
    refused = series["release.review_1954_55_refused"]
    released = series["release.review_1954_55_released"]
    assert released.trials == refused.trials - refused.values
    assert released.base[1][1] == -1.0


def test_lists_of_events_hold_the_record():
    listed = events.disturbances()
    assert listed.counts.sum() == 16 and listed.covered.any(axis=1).sum() == 96
    onsets = events.bloc_unrest().counts
    assert onsets[41, events.bloc_state("poznan")] == 1.0  # June 1956
    assert events.bloc_state("moscow") is None
