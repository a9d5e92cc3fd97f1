"""The coupled check: what it says of a set, on series that are made up."""

import numpy as np
import pytest
import toy
from test_posteriors import small

from thaw.calibrate import coupled


@pytest.fixture
def made_up(monkeypatch):
    """Let the coupled model show half of the record under the prior, and given paths after."""
    series = toy.problem().series[0]
    truth = np.asarray(toy.run(toy.TRUTH).series[toy.SERIES])
    shown = {"after": np.tile(truth, (8, 1))}
    paths = iter([{toy.SERIES: 0.5 * np.tile(truth, (8, 1))}, {}])

    def run(sample, months, seed):
        first = next(paths)
        return first or {toy.SERIES: shown["after"]}

    monkeypatch.setattr(coupled, "coupled", run)
    monkeypatch.setattr(coupled.data, "fitted_series", lambda *_: [series])
    return shown


def fitted():
    fit = small().subsystems["agriculture"]
    own = fit.discrepancy["agriculture.meat@USSR"]
    fit = fit.model_copy(update={"discrepancy": {"toy.level@USSR": own}})
    return small(subsystems={"agriculture": fit})


def test_a_set_that_meets_the_record_misses_less_than_the_prior(made_up):
    row = coupled.check(fitted(), draws=8)[0]
    assert row.posterior < 1.5 < 10.0 < row.prior
    assert row.inside > 0.8
    assert len(coupled.lines([row])) == 1


def test_a_series_that_got_worse_is_named(made_up):
    made_up["after"] = made_up["after"] * 0.2
    said = coupled.lines(coupled.check(fitted(), draws=8))
    assert "toy.level@USSR: worse" in said[-1]


def test_numbers_that_are_not_finite_are_an_error(made_up):
    made_up["after"] = made_up["after"] * np.nan
    with pytest.raises(ValueError, match="not finite"):
        coupled.check(fitted(), draws=8)
