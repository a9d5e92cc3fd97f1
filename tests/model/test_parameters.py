import numpy as np
import pytest
from scipy import stats

from thaw.errors import InputError
from thaw.model import parameters
from thaw.model.parameters import PROVENANCES, Prior


@pytest.mark.parametrize("prior", parameters.all_rows().values(), ids=lambda p: p.name)
def test_row_is_complete(prior):
    assert prior.low <= prior.mode <= prior.high
    assert prior.provenance in PROVENANCES
    assert prior.source and prior.meaning and prior.unit
    assert prior.role in ("prior", "target")


def test_prior_has_its_mode_and_range():
    prior = Prior("x.y", "m", "u", 1.0, 2.0, 5.0, "judgement", "s")
    sample = prior.quantile(np.linspace(0.0005, 0.9995, 20_000))
    assert sample.min() >= 1.0
    assert sample.max() <= 5.0
    density = stats.gaussian_kde(sample)
    grid = np.linspace(1.0, 5.0, 400)
    assert abs(grid[density(grid).argmax()] - 2.0) < 0.15


def test_value_of_a_draw_depends_on_its_number_alone():
    few, many = parameters.sample_prior(7, 3), parameters.sample_prior(7, 50)
    assert all(np.array_equal(few[name], many[name][:3]) for name in few)


def test_parameters_are_drawn_independently():
    sample = parameters.sample_prior(0, 4000)
    names = sorted(n for n in sample if sample[n].std() > 0)[:40]
    correlation = np.corrcoef([sample[n] for n in names]) - np.eye(len(names))
    assert np.abs(correlation).max() < 0.08


def test_override_checks_name_and_range():
    sample = parameters.modes(2)
    name = next(n for n, p in parameters.priors().items() if p.high > p.low)
    with pytest.raises(InputError, match="did you mean"):
        parameters.override(sample, {name + "x": 1.0})
    with pytest.raises(InputError, match="outside its range"):
        parameters.override(sample, {name: parameters.priors()[name].high + 1.0})
    middle = parameters.priors()[name].mode
    assert (parameters.override(sample, {name: middle})[name] == middle).all()


def test_axes_of_levers_are_the_axes_of_the_model():
    from thaw import reforms
    from thaw.model.places import BLOC_STATES, SETTLER_GROUPS

    targets = {lever.name: lever.targets for lever in reforms.levers()}
    assert targets["lever.bloc.intervene"] == BLOC_STATES
    assert targets["lever.camps.special_settlers_exit"] == SETTLER_GROUPS
