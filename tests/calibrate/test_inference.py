"""The sampler gives known parameters back, and says when it did not converge."""

from functools import cache

import numpy as np
import toy

from thaw.calibrate import diagnostics, fitting, inference, selection
from thaw.calibrate.inference import Chains, Effort

SHORT = Effort(chains=4, warmup=200, draws=250)
NAMES = tuple(toy.PRIORS)


@cache
def posed():
    problem = toy.problem()
    effective = selection.tempered(problem)[1]
    return problem, inference.sampler(problem, NAMES, SHORT), effective


@cache
def fitted():
    problem, sampler, effective = posed()
    return problem, sampler(0, problem.recorded), effective


def test_known_parameters_come_back():
    problem, chains, _ = fitted()
    flat = chains.values.reshape(-1, len(NAMES))
    for at, name in enumerate(NAMES):
        assert abs(flat[:, at].mean() - toy.TRUTH[name]) < 3 * flat[:, at].std(), name
    learned = diagnostics.contraction(chains, [problem.candidates[name] for name in NAMES])
    assert all(value > 0.3 for value in learned.values())
    assert diagnostics.diagnose(chains).refusal is None


def test_the_same_seed_gives_the_same_draws():
    problem, chains, _ = fitted()
    again = posed()[1](0, problem.recorded)
    assert np.array_equal(chains.values, again.values)


def test_all_parameters_that_move_the_data_are_chosen_but_not_more_than_half():
    problem, _, effective = fitted()
    assert set(selection.choose(problem, effective)) == set(NAMES)
    assert len(selection.choose(problem, 2.0)) == 1


def test_a_stored_fit_holds_the_draws_and_the_models_own_error():
    problem, chains, effective = fitted()
    fit = fitting.fit_of(problem, NAMES, chains, diagnostics.diagnose(chains), effective)
    assert fit.status == "fitted" and list(fit.parameters) == list(NAMES)
    assert np.shape(fit.draws) == (fitting.STORED, len(NAMES))
    assert fit.discrepancy["toy.level@USSR"].kind == "log"
    assert 0 < fit.discrepancy["toy.level@USSR"].sd < 0.1


def chains(values, diverging=0.0):
    shape = values.shape[:2]
    energy = np.random.default_rng(9).standard_normal(shape)
    return Chains(values, np.zeros((*shape, 0)), np.full(shape, diverging), energy)


def test_chains_that_disagree_are_refused_and_store_no_draws():
    apart = np.random.default_rng(0).standard_normal((2, 100, 3)) * 0.001 + 0.05
    apart[1] += 0.01
    bad = chains(apart)
    diagnosis = diagnostics.diagnose(bad)
    assert "R-hat" in diagnosis.refusal
    fit = fitting.fit_of(toy.problem(), NAMES, bad, diagnosis, 10.0)
    assert fit.status == "refused" and not fit.draws and not fit.parameters


def test_divergences_are_refused():
    good = np.random.default_rng(0).standard_normal((4, 300, 1))
    assert diagnostics.diagnose(chains(good)).refusal is None
    assert "diverge" in diagnostics.diagnose(chains(good, diverging=0.02)).refusal
