"""Ranks of synthetic truths: they can fail, they can be repeated, and what ships is sound."""

import dataclasses
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import toy
from scipy import stats

from thaw.calibrate import drivers, fitting, inference, posteriors, ranks, sbc, truths, uniformity
from thaw.calibrate import problem as problems
from thaw.calibrate.inference import Chains, Effort
from thaw.calibrate.ranks import DENSITY, MOST
from thaw.errors import InputError
from thaw.model.clock import months_until

NAMES = tuple(toy.PRIORS)
TRUTHS = 25
REQUIRED = {"camps": 100, "agriculture": 100, "public": 100, "bloc": 100}
MONTE_CARLO = 6.5
"""Three standard errors of a rank among 19 draws, at its widest."""


@cache
def refit():
    return sbc.refitter(toy.problem(), NAMES, Effort(chains=2, warmup=80, draws=50, depth=5))


def drawn(problem):
    predict = jax.jit(lambda values: problem.predict(dict(zip(NAMES, values, strict=True))))
    return [truths.truth_of(problem, NAMES, predict, 0, n) for n in range(TRUTHS)]


def table(shown):
    """Return ranks by quantity of truths refitted side by side."""
    rows = [
        sbc.rank(
            np.append(truth.values, one.density),
            np.concatenate([one.chains.values, one.densities[..., None]], axis=2),
        )
        for truth, one in zip(shown, refit()(0, range(TRUTHS), shown), strict=True)
    ]
    return dict(zip((*NAMES, DENSITY), np.array(rows).T, strict=True))


def test_truths_of_the_model_are_given_back_and_those_of_another_are_not():
    problem = toy.problem()
    good = ranks.ranked(TRUTHS, [], [], table(drawn(problem)), 0.0, 0.0, None)
    assert good.failed == {}
    noisy = dataclasses.replace(problem.series[0], error=8.0 * problem.series[0].error)
    other = dataclasses.replace(problem, series=[noisy])
    bad = ranks.ranked(TRUTHS, [], [], table(drawn(other)), 0.0, 0.0, None)
    assert bad.failed[DENSITY] == "ranks too low"
    assert "toy.hazard" not in bad.failed
    over = dataclasses.replace(problem.series[0], operator=1.3 * problem.series[0].operator)
    other = dataclasses.replace(problem, series=[over])
    biased = ranks.ranked(TRUTHS, [], [], table(drawn(other)), 0.0, 0.0, None)
    assert biased.failed["toy.start"] == "ranks too low: estimates too high"
    assert "toy.hazard" not in biased.failed


def test_a_truth_does_not_depend_on_the_others_and_its_places_are_its_values():
    problem = toy.problem()
    again = drawn(problem)[7]
    alone = truths.truth_of(
        problem, NAMES, lambda v: problem.predict(dict(zip(NAMES, v, strict=True))), 0, 7
    )
    assert np.allclose(alone.values, again.values, rtol=1e-15)
    assert np.allclose(alone.observed[0][0], again.observed[0][0], rtol=1e-12)
    assert np.array_equal(alone.observed[1][0], again.observed[1][0])
    rows = list(toy.PRIORS.values())
    low, high = (np.array([getattr(r, side) for r in rows]) for side in ("low", "high"))
    assert np.allclose(low + alone.sites["unit"] * (high - low), alone.values)
    assert "detection" not in alone.sites


def quick(problem, names, effort):
    """Return a stand-in for the refits: draws about the truth; truth 3 never converges."""

    def run(seed, numbers, shown):
        found = []
        for number, truth in zip(numbers, shown, strict=True):
            generator = np.random.default_rng([seed, number])
            values = truth.values + generator.standard_normal((2, 60, len(names)))
            values[1] += 50.0 * (number == 3)
            still = np.zeros((2, 60))
            chains = Chains(values, np.zeros((2, 60, 0)), still, generator.standard_normal((2, 60)))
            found.append(sbc.Refit(chains, generator.standard_normal((2, 60)), 0.0))
        return found

    return run


@pytest.fixture
def toys(monkeypatch):
    monkeypatch.setattr(sbc, "posed", lambda name, request: (toy.problem(), NAMES))
    monkeypatch.setattr(sbc, "refitter", quick)
    monkeypatch.setattr(sbc, "MODEL_LANES", 4)


REQUEST = fitting.Request()


def content(found):
    timeless = {n: p.model_copy(update={"seconds": 0.0}) for n, p in found.subsystems.items()}
    return found.model_copy(update={"subsystems": timeless})


def test_a_killed_run_loses_one_group_of_truths_and_goes_on(toys, tmp_path):
    whole = sbc.run(REQUEST, ["arts", "legacy"], 10, tmp_path / "whole.json")
    assert content(ranks.read(tmp_path / "whole.json")) == content(whole)
    out = tmp_path / "ranks.json"

    def kill(done, total):
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sbc.run(REQUEST, ["arts", "legacy"], 10, out, progress=kill)
    assert not out.exists()
    assert ranks.read(tmp_path / "ranks.json.part").subsystems["arts"].truths == 8
    again = sbc.run(REQUEST, ["arts", "legacy"], 10, out, resume=True)
    assert content(again) == content(whole) == content(ranks.read(out))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ranks.json", "whole.json"]


def test_more_truths_are_added_to_those_there_and_other_subsystems_stay(toys, tmp_path):
    out = tmp_path / "ranks.json"
    few = sbc.run(REQUEST, ["arts"], 6, out)
    more = sbc.run(REQUEST, ["legacy"], 9, out, resume=True)
    assert more.subsystems["arts"] == few.subsystems["arts"]
    longer = sbc.run(REQUEST, ["arts"], 9, out, resume=True).subsystems["arts"]
    assert longer.parameters == more.subsystems["legacy"].parameters
    with pytest.raises(InputError, match="another seed"):
        sbc.run(fitting.Request(seed=1), ["arts"], 9, out, resume=True)


def test_a_refit_that_does_not_converge_is_refused_and_has_no_rank(toys, tmp_path):
    found = sbc.run(REQUEST, ["arts"], 6, tmp_path / "ranks.json").subsystems["arts"]
    assert found.truths == 6 and found.again == found.refused == [3]
    assert {len(found.ranks(name)) for name in (*NAMES, DENSITY)} == {5}


@pytest.mark.parametrize("text", ["{", "[]", '{"thaw": "1"}'])
def test_files_without_ranks_end_with_one_line(text, tmp_path):
    file = tmp_path / "ranks.json"
    file.write_text(text)
    with pytest.raises(InputError, match="no stored ranks") as caught:
        ranks.read(file)
    assert "\n" not in str(caught.value)


def test_the_test_of_uniform_ranks_rejects_as_often_as_it_says():
    generator = np.random.default_rng(0)
    sets = generator.integers(0, MOST + 1, size=(1000, 100))
    p = np.array([uniformity.p_value(ranks_, MOST) for ranks_ in sets])
    assert 0.03 < np.mean(p < 0.05) < 0.075
    low, high = uniformity.band(100, MOST, 0.95)
    below = (sets[:, :, None] <= np.arange(MOST)).mean(axis=1)
    outside = ((below < low) | (below > high)).any(axis=1)
    assert 0.03 < outside.mean() < 0.075


WRONG = {
    "too low": lambda g: np.floor(g.beta(1.0, 2.0, 100) * 20),
    "too high": lambda g: np.floor(g.beta(2.0, 1.0, 100) * 20),
    "too narrow": lambda g: np.floor(g.beta(0.4, 0.4, 100) * 20),
    "too wide": lambda g: np.floor(g.beta(4.0, 4.0, 100) * 20),
}
SAID = {"too low": "estimates too high", "too high": "estimates too low"}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_ranks_fail_and_are_named(kind):
    crowded = WRONG[kind](np.random.default_rng(0)).astype(int)
    found = ranks.ranked(100, [], [], {"x": crowded, DENSITY: crowded}, 0.0, 0.0, None)
    assert set(found.failed) == {"x", DENSITY}
    assert SAID.get(kind, kind) in found.failed["x"]


def test_what_ships_covers_the_parameters_of_the_shipped_set():
    found, fitted = ranks.shipped(), posteriors.load("all").fitted()
    assert found.until == posteriors.load("all").fit_until
    assert list(found.subsystems) == list(fitted)
    for name, part in found.subsystems.items():
        assert list(part.parameters) == list(fitted[name].parameters), name
        assert part.truths >= REQUIRED.get(name, 20)
        every = {each: part.ranks(each) for each in (*part.parameters, DENSITY)}
        assert {len(r) for r in every.values()} == {part.truths - len(part.refused)}
        again = ranks.ranked(
            part.truths,
            part.again,
            part.refused,
            every,
            part.diverging,
            part.seconds,
            part.surrogate_error,
        )
        assert again == part


def shares_below(problem, name, shown):
    """Return the posterior probability below each truth, by quadrature and without a sampler."""
    row = problem.candidates[name]
    places, scores = jnp.linspace(0.0025, 0.9975, 200), jnp.linspace(-4.0, 4.0, 81)
    values = row.low + (row.high - row.low) * places
    predictions = jax.jit(jax.lax.map, static_argnums=0)(
        lambda value: problem.predict({name: value}), values
    )
    spreads = inference.half_normal(scores)[:, None] * problem.scales
    before = stats.beta.logpdf(places, *row.shape)[:, None] + stats.norm.logpdf(scores)

    @jax.jit
    def of(observed):
        def one(prediction, spread):
            return problem.log_likelihood(prediction, spread, jnp.zeros(0), observed)

        return jax.vmap(lambda p: jax.vmap(lambda s: one(p, s))(spreads))(predictions)

    found = []
    for truth in shown:
        log = np.asarray(of(truth.observed)) + before
        weight = np.exp(log - log.max()).sum(axis=1)
        found.append(weight[np.asarray(values) < truth.values[0]].sum() / weight.sum())
    return np.array(found)


def test_stored_ranks_are_those_of_the_truths_they_name():
    name, stored = "east_west", ranks.shipped()
    part = stored.subsystems[name]
    (parameter,) = part.parameters
    means = fitting.before(name, posteriors.load("all"))
    world = drivers.reference(months_until(stored.until), means)
    problem = problems.of_subsystem(name, world)
    predict = jax.jit(lambda values: problem.predict({parameter: values[0]}))
    numbers = [n for n in range(20) if n not in part.refused]
    shown = [truths.truth_of(problem, (parameter,), predict, stored.seed, n) for n in numbers]
    expected = MOST * shares_below(problem, parameter, shown)
    missed = part.ranks(parameter)[: len(numbers)] - expected
    assert np.abs(missed).max() <= MONTE_CARLO
    assert np.sqrt(np.mean(missed**2)) < 0.5 * np.std(expected)
