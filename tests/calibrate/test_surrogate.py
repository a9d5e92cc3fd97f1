"""Response surfaces against what they stand for, and lists of events that are summed."""

import dataclasses
from itertools import product

import jax.numpy as jnp
import numpy as np
import pytest
import toy

from thaw.calibrate import coarse, surrogate
from thaw.calibrate.drivers import Driven
from thaw.calibrate.events import Events
from thaw.errors import InputError
from thaw.model.places import units

NAMES = tuple(toy.PRIORS)


def counted(rule="poisson"):
    """Return the toy with a list of 30 months over the units, the first six not covered."""
    covered = np.ones((30, len(units())))
    covered[:6] = 0.0
    counts = np.random.default_rng(0).poisson(0.1, covered.shape) * covered
    listed = Events("toy_event", counts, covered, rule=rule)

    def run(values):
        shown = toy.run(values)
        hazard = (1.0 + jnp.arange(len(units()))) * shown.watched["toy_event"][:30, :1] / 100.0
        return Driven(shown.series, {"toy_event": hazard})

    return dataclasses.replace(toy.problem(), events=[listed], run=run)


@pytest.mark.parametrize("degree", [2, 3])
def test_terms_are_all_products_up_to_the_degree(degree):
    unit = np.array([0.3, 0.7])
    powers = [(i, j) for i, j in product(range(degree + 1), repeat=2) if i + j <= degree]
    expected = sorted(unit[0] ** i * unit[1] ** j for i, j in powers)
    assert np.allclose(sorted(surrogate.terms(jnp.asarray(unit), degree)), expected, rtol=1e-12)


def test_a_surface_predicts_what_the_problem_predicts():
    problem = coarse.coarse(counted())
    emulated = surrogate.emulate(problem, NAMES, degree=3, runs_per_term=8, largest=1.0)
    rough = surrogate.emulate(problem, NAMES, degree=2, runs_per_term=8, largest=9.0)
    assert emulated.largest_error < 0.5 * rough.largest_error
    found, expected = emulated.predict(toy.TRUTH), problem.predict(toy.TRUTH)
    assert np.allclose(found.series[0], expected.series[0], rtol=0.02)
    (rates, at_risk), (real, window) = found.hazards[0], expected.hazards[0]
    assert np.array_equal(at_risk, window)
    assert np.allclose(rates, real * window, rtol=0.1)


def test_a_surface_that_errs_too_much_is_refused():
    with pytest.raises(InputError, match="toy errs by"):
        surrogate.emulate(coarse.coarse(counted()), NAMES, largest=1e-9)


def test_summed_lists_keep_every_event_and_every_rate_in_the_window():
    fine, problem = counted(), coarse.coarse(counted())
    before, after = fine.events[0], problem.events[0]
    assert after.counts.shape == (3, 15)
    assert after.counts.sum() == before.counts.sum() > 0
    assert np.array_equal(after.covered, np.ones((3, 15)))
    (rates, window), (each, covered) = (p.predict({}).hazards[0] for p in (problem, fine))
    assert np.isclose((rates * window).sum(), (each * covered).sum(), rtol=1e-12)
    assert np.isclose(rates[0].sum(), (each * covered)[:12].sum(), rtol=1e-12)
    with pytest.raises(ValueError, match="Poisson"):
        coarse.coarse(counted(rule="hazard"))
