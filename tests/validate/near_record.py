"""A stand-in for the model: monthly values that come close to the record, without a simulation."""

import numpy as np

from thaw.model.clock import LAST_MONTH
from thaw.model.observation import observables
from thaw.model.recorded import recorded
from thaw.validate.events import FAMILIES

SUMS = ("annual_sum", "period_sum", "episode_sum")


def trace(draws=40, months=LAST_MONTH + 1, error=0.03, only=None):
    """Return a trace whose observables follow the recorded values with a relative ``error``."""
    generator = np.random.default_rng(1)
    series = {}
    for key, observable in observables().items():
        if only is None or key in only:
            series[key] = _near_record(observable, draws, months, error, generator)
    events = {key: generator.poisson(0.1, (draws, months)).astype(float) for key in FAMILIES}
    return {"series": series, "events": events, "latent": {"none": np.zeros((draws, months))}}


def _near_record(observable, draws, months, error, generator):
    known = recorded(observable, LAST_MONTH)
    level = np.interp(np.arange(months), [r.month for r in known], [r.value for r in known])
    level = level / 12.0 if observable.stamp in SUMS else level
    return level[None, :] * (1.0 + error * generator.standard_normal((draws, 1)))
