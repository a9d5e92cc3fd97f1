"""The rules of the model: one writer, declared reads, frozen months, keyed luck, neutral levers."""

import ast
import dataclasses
import importlib
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thaw
from thaw import record, reforms
from thaw.experiment.run import Settings, parameter_sample, trace_of
from thaw.model import exogenous, observation, parameters, registry, simulate
from thaw.model.simulate import Accesses, Structure

MONTHS = 145
"""One more than the default run: the tests share its compiled code."""


def test_no_module_holds_an_array_of_jax():
    """Made while a program is traced, it would be a part of that program, and break the next."""
    root = Path(thaw.__file__).parent
    for path in sorted((root / "model").rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
        held = [name for name, value in vars(module).items() if isinstance(value, jax.Array)]
        assert not held, (path, held)


def trace(scenario="historical", draws=4, seed=0):
    chosen = reforms.load_scenario(scenario) if isinstance(scenario, str) else scenario
    return trace_of(Settings(chosen, draws=draws, seed=seed))[0]


def same(a, b):
    return all(
        np.array_equal(a[kind][name], b[kind][name], equal_nan=True)
        for kind in a
        for name in a[kind]
    )


@pytest.fixture(scope="module")
def history():
    return trace()


@pytest.fixture(scope="module")
def accesses():
    """Return the names that every subsystem, and every rival, touches while it is traced."""
    found = {}
    for name, subsystem in registry.subsystems().items():
        for rival in (None, *subsystem.rivals):
            chosen = () if rival is None else ((name, rival),)
            found[name, rival] = traced(Structure(MONTHS, chosen))
    return found


def traced(structure):
    """Trace one month without computing anything and return what was touched."""
    seen = Accesses()
    sample = {k: jnp.asarray(v[0]) for k, v in parameters.modes().items()}
    paths = reforms.lever_paths(reforms.load_scenario("historical"), 1)
    plan = {
        "value": {k: jnp.asarray(v[0]) for k, v in paths.value.items()},
        "decided": {k: jnp.asarray(v[0]) for k, v in paths.decided.items()},
        "exogenous": {k: jnp.asarray(v[0]) for k, v in exogenous.monthly().items()}
        | {k: jnp.asarray(v[0]) for k, v in exogenous.weather().items()},
    }
    inputs = simulate.all_inputs()

    def month(sample):
        states = {}
        for s, _ in structure.steps():
            touched = seen.of(s.name)[2]
            names = simulate.Names(s.name, simulate.own(sample, s.name), touched)
            states[s.name] = s.init(names, inputs[s.name])
        key = jax.random.key(0)
        return simulate.one_month(
            structure, states, jnp.asarray(3), plan, sample, inputs, key, seen
        )[0]

    jax.eval_shape(month, sample)
    return seen


def test_reads_are_exactly_the_declared_ones(accesses):
    for name, subsystem in registry.subsystems().items():
        touched = set()
        for (owner, _), seen in accesses.items():
            if owner == name:
                touched |= seen.reads[name]
        assert touched == set(subsystem.reads), name


def test_every_declared_read_names_a_variable_of_another_subsystem():
    known = registry.subsystems()
    for name, subsystem in known.items():
        for read in subsystem.reads:
            owner, variable = read.split(".")
            if owner == "exogenous":
                assert variable in exogenous.monthly() | exogenous.weather(), read
            else:
                assert owner != name
                assert variable in {v for v, _, _ in known[owner].variables()}, read


def test_every_lever_is_moved_by_exactly_its_own_subsystem(accesses):
    implemented = {
        f"lever.{name}.{lever}"
        for (name, rival), seen in accesses.items()
        if rival is None
        for lever in seen.levers[name]
    }
    assert implemented == {lever.name for lever in reforms.levers()}


def test_every_sampled_parameter_is_used(accesses):
    used = {p for seen in accesses.values() for names in seen.parameters.values() for p in names}
    assert used == set(parameters.priors())


def test_an_undeclared_read_is_refused(history):
    camps = registry.subsystems()["camps"]
    blind = dataclasses.replace(camps, reads=tuple(r for r in camps.reads if "people." not in r))
    states = {"camps": None, "people": None}
    view = simulate.View(
        blind, {n: _Any() for n in registry.NAMES} | states, jnp.asarray(0), {}, None, set()
    )
    with pytest.raises(AttributeError, match="not among the declared reads"):
        _ = view.people


class _Any:
    def __getattr__(self, name):
        return jnp.zeros(())


def test_every_variable_states_unit_and_meaning():
    for name, subsystem in registry.subsystems().items():
        for variable, unit, meaning in subsystem.variables():
            assert unit and meaning, f"{name}.{variable}"


def test_every_observable_is_emitted(history):
    assert set(observation.observables()) <= set(history["series"])
    assert len(observation.observables()) == 77


def test_emissions_are_finite(history):
    for kind in history:
        for name, values in history[kind].items():
            assert np.isfinite(values).all(), (kind, name)


def test_order_of_subsystems_changes_no_bit():
    sample = parameter_sample(Settings(reforms.load_scenario("historical"), draws=2))
    paths = reforms.lever_paths(reforms.load_scenario("historical"), MONTHS)
    plan = simulate.plan_of(paths, MONTHS, exogenous.replayed_years(2, MONTHS))
    reverse = Structure(MONTHS, order=tuple(reversed(registry.NAMES)))
    forward = simulate.simulate(Structure(MONTHS), plan, sample, 0)
    assert same(forward, simulate.simulate(reverse, plan, sample, 0))


def test_draws_do_not_depend_on_how_many_there_are(history):
    many = trace(draws=19)
    assert same(history, jax.tree.map(lambda x: x[:4], many))


def test_threads_change_no_bit(history):
    sample = parameter_sample(Settings(reforms.load_scenario("historical"), draws=20))
    paths = reforms.lever_paths(reforms.load_scenario("historical"), MONTHS)
    plan = simulate.plan_of(paths, MONTHS, exogenous.replayed_years(20, MONTHS))
    one, two = (simulate.simulate(Structure(MONTHS), plan, sample, 0, threads=n) for n in (1, 2))
    assert same(one, two)


def test_seed_counts(history):
    assert not same(history, trace(seed=1))


@pytest.mark.parametrize("slug", ["virgin_lands", "secret_speech", "price_rise_1962"])
def test_dose_zero_is_absence(slug):
    base = reforms.load_scenario("historical")
    assert same(trace(base.dose(slug, 0.0)), trace(base.without(slug)))


def test_worlds_are_equal_until_they_differ(history):
    other = trace(reforms.load_scenario("historical").without("virgin_lands"))
    first = reforms.load_scenario("historical").without("virgin_lands").first_changed_month()
    before = jax.tree.map(lambda x: x[:, : first + 1], (history["latent"], other["latent"]))
    assert all(np.array_equal(before[0][n], before[1][n]) for n in before[0])
    assert not same(history, other)


def test_persons_are_conserved(history):
    total = history["series"]["population.total", "USSR"] * 1000.0
    latent = history["latent"]
    born, died = latent["people.births"], latent["people.deaths"]
    change = np.diff(total, axis=1)
    assert np.allclose(change, (born - died)[:, 1:], rtol=0, atol=1e-9 * total.max())


SLUGS = [
    "amnesty_1953",
    "virgin_lands",
    "special_settlement_lifted",
    "secret_speech",
    "sovnarkhozy",
]


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(SLUGS),
            st.sampled_from(["without", "shift", "dose"]),
            st.integers(-12, 36),
        ),
        min_size=1,
        max_size=3,
    ),
    st.integers(0, 99),
)
def test_persons_are_conserved_in_any_world(changes, seed):
    scenario = reforms.load_scenario("historical")
    for slug, how, amount in changes:
        if how == "without":
            scenario = scenario.without(slug)
        elif how == "shift":
            scenario = scenario.shift(slug, amount)
        else:
            scenario = scenario.dose(slug, abs(amount) / 18.0)
    world = trace(scenario, seed=seed)
    test_persons_are_conserved(world)
    test_emissions_are_finite(world)


def mechanisms():
    """Return the files of mechanisms; files that only load the record may name what they load."""
    files = sorted((Path(thaw.__file__).parent / "model" / "subsystems").glob("*.py"))
    return [f for f in files if not f.stem.endswith(("_inputs", "_roster"))]


@pytest.mark.parametrize(
    "path",
    mechanisms(),
    ids=lambda p: p.stem,
)
def test_no_year_and_no_unit_is_named_in_a_mechanism(path):
    """Names and dates stand in the record, the reforms and the exogenous list alone."""
    units = set(record.places(kind="unit")["place_id"])
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = [n for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    documented = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in inside:
        if id(node) in documented:
            continue
        if isinstance(node.value, str):
            assert node.value not in units, f"{path.name}:{node.lineno} names {node.value}"
        if isinstance(node.value, int) and not isinstance(node.value, bool):
            assert not re.fullmatch(r"195[4-9]|196\d", str(node.value)), (
                f"{path.name}:{node.lineno} holds the year {node.value}"
            )
