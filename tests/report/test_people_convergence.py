"""The page on citizens against cohorts, on traces whose gaps are known."""

import numpy as np
import pytest

from thaw.model.observation import observables, observe
from thaw.report.pages import people_convergence as page

POPULATION, BIRTHS = ("population.total", "USSR"), ("vital.birth_rate", "USSR")


def trace(draws, population, births=25.0):
    rising = np.linspace(180e3, 220e3, 145) + np.arange(draws)[:, None]
    return {"series": {POPULATION: rising + population, BIRTHS: np.full((draws, 145), births)}}


def test_a_gap_is_measured_in_spreads_and_noise_in_standard_errors():
    luck = 100.0 * np.array([1.0, -1.0, 1.0, -1.0])[:, None]
    traces = {"cohorts": trace(4, 0.0), "10000": trace(4, 1200.0 + luck), "100000": trace(4, 0.0)}
    found = page.gaps(traces).set_index("observable")
    assert list(found.index) == ["population.total"]
    spread = 1200.0 / found.loc["population.total", "10000"]
    assert spread == pytest.approx(np.std(np.linspace(180e3, 220e3, 145)[::12]), rel=0.15)
    noise = found.loc["population.total", "noise 10000"]
    assert noise * spread == pytest.approx(100.0 * np.sqrt(4 / 3) / 2)
    assert found.loc["population.total", "100000"] == 0.0


def test_everybody_is_compared_with_the_first_draw():
    traces = {"cohorts": trace(2, 0.0), "10000": trace(2, 1200.0)}
    shown = observe(traces["cohorts"], observables()[POPULATION], 12, 0)[0]
    row = page.gaps(traces, {POPULATION: {12: shown + 600.0}}).iloc[0]
    assert row["all"] == pytest.approx(row["10000"] / 2)


def test_what_stays_at_the_largest_size_is_named():
    found = page.gaps({"cohorts": trace(2, 0.0), "10000": trace(2, 5e3), "100000": trace(2, 4e3)})
    assert "`population.total`" in page.text(found, []).split("citizens: ")[1].split(".\n")[0]
