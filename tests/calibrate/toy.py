"""A toy problem with the interface of a subsystem's fit: three parameters, two series, a list."""

import dataclasses

import jax.numpy as jnp
import numpy as np

from thaw.calibrate.data import Series
from thaw.calibrate.drivers import Driven
from thaw.calibrate.events import Events
from thaw.calibrate.problem import Problem
from thaw.model.parameters import Prior

MONTHS = 120
SERIES, SHARE = ("toy.level", "USSR"), ("toy.rate", "USSR")


def prior(name, low, mode, high):
    return Prior(name, "", "", low, mode, high, "judgement", "")


PRIORS = {
    "toy.start": prior("toy.start", 50.0, 100.0, 200.0),
    "toy.growth": prior("toy.growth", -0.01, 0.005, 0.02),
    "toy.hazard": prior("toy.hazard", 0.01, 0.05, 0.2),
}
TRUTH = {"toy.start": 130.0, "toy.growth": 0.012, "toy.hazard": 0.1}


class Toy(Problem):
    @property
    def candidates(self):
        return PRIORS


def run(values):
    full = {name: row.mode for name, row in PRIORS.items()} | dict(values)
    months = jnp.arange(MONTHS)
    path = full["toy.start"] * jnp.exp(full["toy.growth"] * months)
    hazard = full["toy.hazard"] * jnp.ones((MONTHS, 2))
    return Driven({SERIES: path}, {"toy_event": hazard})


def problem(values=TRUTH, seed=0):
    """Return the problem with synthetic data of some values: twelve readings and a list."""
    generator = np.random.default_rng(seed)
    shown = run(values)
    months = tuple(range(0, MONTHS, 10))
    operator = np.eye(MONTHS)[list(months)]
    noise = 0.02 * generator.standard_normal(len(months))
    series = Series(
        key=SERIES,
        kind="log",
        months=months,
        values=operator @ np.asarray(shown.series[SERIES]) * np.exp(noise),
        error=np.full(len(months), 0.02),
        operator=operator,
        discrepancy=0.02,
    )
    counts = (generator.random((MONTHS, 2)) < values["toy.hazard"]).astype(float)
    listed = Events("toy_event", counts, np.ones((MONTHS, 2)), rule="hazard")
    return dataclasses.replace(
        Toy("toy", [series], [listed], run, (1.0,)),
    )
