import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from thaw.model.randomness import Keys, drawn_ahead, poisson_quantile
from thaw.model.simulate import draw_keys


def keys(draw=0, month=5, subsystem="camps", seed=3):
    return Keys.of(draw_keys(seed, np.array([draw]))[0], month, subsystem)


def test_same_key_same_number():
    assert keys().uniform("revolt") == keys().uniform("revolt")


@pytest.mark.parametrize(
    "other", [dict(draw=1), dict(month=6), dict(subsystem="people"), dict(seed=4)]
)
def test_every_part_of_the_key_counts(other):
    assert keys().uniform("revolt") != keys(**other).uniform("revolt")


def test_purpose_counts():
    assert keys().uniform("revolt") != keys().uniform("relapse")


def test_number_of_an_entity_does_not_depend_on_how_many_there_are():
    few, many = keys().uniform("place", (7,)), keys().uniform("place", (121,))
    assert jnp.array_equal(few, many[:7])


def test_a_draw_does_not_depend_on_its_batch():
    alone = draw_keys(0, np.array([40]))
    together = draw_keys(0, np.arange(64))
    assert jnp.array_equal(jax.random.key_data(alone[0]), jax.random.key_data(together[40]))


def test_uniform_is_uniform():
    sample = np.asarray(keys().uniform("x", (20_000,)))
    assert stats.kstest(sample, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("rate", [0.0, 0.05, 1.3, 9.0, 14.9])
def test_poisson_quantile_is_exact_for_small_rates(rate):
    u = jnp.linspace(0.0005, 0.9995, 400)
    expected = stats.poisson(rate).ppf(np.asarray(u))
    assert np.array_equal(np.asarray(poisson_quantile(u, jnp.full(400, rate))), expected)


def test_poisson_counts_have_the_right_mean_for_large_rates():
    counts = keys().poisson("n", jnp.full(20_000, 80.0))
    assert abs(float(counts.mean()) - 80.0) < 0.3


def test_a_higher_rate_never_gives_fewer_events_under_the_same_key():
    rates = jnp.linspace(0.0, 40.0, 81)
    u = jnp.full(81, 0.7)
    assert bool((jnp.diff(poisson_quantile(u, rates)) >= 0).all())


def test_numbers_drawn_ahead_are_those_of_each_month():
    draw = draw_keys(3, np.array([0]))[0]
    asked = {"camps": {"revolt": (), "habit": (5,)}, "arts": {"freeze": (), "relapse": (5,)}}
    ahead = drawn_ahead(draw, 6, asked)
    for name, shapes in asked.items():
        for purpose, shape in shapes.items():
            now = {p: table[5] for p, table in ahead[name].items()}
            alone = Keys.of(draw, 5, name).uniform(purpose, shape)
            assert jnp.array_equal(now[purpose], alone)
            assert jnp.array_equal(Keys.of(draw, 5, name, now).uniform(purpose, shape), alone)


def test_what_was_asked_is_noted_with_its_shape():
    noted = {}
    one = Keys.of(draw_keys(0, np.array([1]))[0], 0, "arts", asked=noted)
    one.happens("freeze", jnp.zeros(3))
    one.poisson("play", 1.0)
    assert noted == {"freeze": (3,), "play": ()}


def test_what_is_given_happens_where_it_can():
    given = {"onset": jnp.array([1.0, 0.0, jnp.nan, 1.0])}
    draw = draw_keys(0, np.array([1]))[0]
    one = Keys.of(draw, 0, "bloc", happened=given)
    chance = Keys.of(draw, 0, "bloc").happens("onset", jnp.array([0.5, 0.5, 0.5, 0.5]))
    found = one.happens("onset", jnp.array([1e-9, 1.0, 0.5, 0.0]))
    assert found.tolist() == [1.0, 0.0, float(chance[2]), 0.0]
    assert one.happens("other", 1.0) == 1.0


def test_skeleton_path_needs_no_key():
    frozen = Keys(None)
    assert float(frozen.uniform("x")) == 0.5
    assert abs(float(frozen.normal("x"))) < 1e-12
