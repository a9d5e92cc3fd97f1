import numpy as np
import pytest

from thaw.validate import baselines

YEARS = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def medians(times, values, at):
    found = baselines.forecasts(times, values, at, 0, "test")
    return {name: float(np.median(paths)) for name, paths in found.items()}


def test_every_baseline_repeats_a_constant_exactly():
    found = baselines.forecasts(YEARS, [7.0] * 6, 11.0, 0, "test")
    assert set(found) == {"persistence", "drift", "damped_trend", "ar1"}
    for paths in found.values():
        assert np.allclose(paths, 7.0, rtol=1e-12)


def test_drift_continues_exact_growth_on_logs_and_persistence_stays():
    values = [100 * 1.1**t for t in YEARS]
    found = medians(YEARS, values, 8.0)
    assert found["drift"] == pytest.approx(100 * 1.1**8, rel=1e-9)
    assert found["persistence"] == pytest.approx(values[-1], rel=0.25)
    assert values[-1] < found["damped_trend"] < found["drift"]


def test_drift_is_linear_where_a_value_is_not_positive():
    found = medians(YEARS, [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0], 7.0)
    assert found["drift"] == pytest.approx(5.0)


def test_irregular_years_count_as_they_are():
    found = medians([0.0, 1.0, 5.0], [1.0, np.e, np.e**5], 7.0)
    assert found["drift"] == pytest.approx(np.e**7, rel=1e-9)


def test_ar1_returns_to_its_mean_and_stays_within_its_spread():
    swings = [-1.0, 1.0] * 5
    found = baselines.forecasts(list(range(10)), swings, 30.0, 0, "test")["ar1"]
    assert abs(found.mean()) < 0.2
    assert found.std() == pytest.approx(1.05, abs=0.15)


def test_ar1_is_exact_on_a_noiseless_path_with_gaps():
    times = [0.0, 1.0, 3.0, 4.0, 8.0]
    values = [10.0 - 20.0 * 0.5**t for t in times]
    found = baselines.forecasts(times, values, 10.0, 0, "test")["ar1"]
    assert np.allclose(found, 10.0 - 20.0 * 0.5**10)


def test_uncertainty_grows_with_the_horizon():
    values = [10.0, 12.0, 11.0, 13.0, 12.0, 14.0]
    near = baselines.forecasts(YEARS, values, 6.0, 0, "test")
    far = baselines.forecasts(YEARS, values, 10.0, 0, "test")
    for name in ("persistence", "drift", "damped_trend"):
        assert far[name].std() > 1.5 * near[name].std()


def test_too_few_values_give_no_forecast():
    assert baselines.forecasts([0.0, 1.0], [1.0, 2.0], 3.0, 0, "test") is None


def test_a_time_before_all_values_is_forecast_from_the_first_one():
    found = medians(YEARS, [10.0 + 2 * t for t in YEARS], -1.0)
    assert found["persistence"] == pytest.approx(10.0, rel=0.25)
    assert found["drift"] < 10.0


def test_the_same_seed_repeats_and_another_does_not():
    values = [3.0, 5.0, 4.0, 6.0, 5.0, 7.0]
    first, again, other = (
        baselines.forecasts(YEARS, values, 8.0, seed, "test")["drift"] for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_event_hazards_are_distributions_and_the_calendar_one_sees_growth():
    quiet, growing = [1, 0, 1, 1, 0, 1], [0, 0, 1, 2, 3, 5]
    for counts in (quiet, growing):
        assert sum(np.exp(baselines.constant_hazard(counts, k)) for k in range(200)) == (
            pytest.approx(1.0, abs=1e-6)
        )
        assert sum(np.exp(baselines.calendar_hazard(counts, 1, k)) for k in range(200)) == (
            pytest.approx(1.0, abs=1e-6)
        )
    assert baselines.calendar_hazard(growing, 1, 7) > baselines.constant_hazard(growing, 7)
