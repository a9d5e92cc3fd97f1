"""Abduction: facts, weights and equal draws."""

import numpy as np
import pytest

from thaw.errors import InputError
from thaw.experiment import abduction
from thaw.experiment.run import record_of
from thaw.model.observation import observables

MONTHS = 145
UNREST = ("bloc_unrest", "Hungary")
STOCK = ("gulag.prisoners_total", "USSR")


def trace():
    """Return four draws: unrest in 1955, 1956, 1956 and never; prisoners as recorded, twice off."""
    counts = np.zeros((4, MONTHS))
    counts[[0, 1, 2], [35, 45, 36]] = 1.0
    known = record_of(observables()[STOCK], MONTHS)
    path = np.zeros(MONTHS)
    path[list(known)] = [found.value for found in known.values()]
    stock = path * np.array([[1.0], [1.0], [1.25], [2.0]])
    latent = {"some.state": np.zeros((4, MONTHS))}
    return {"series": {STOCK: stock}, "events": {UNREST: counts}, "latent": latent}


def test_an_event_is_a_fact_that_a_draw_has_or_has_not():
    chosen = abduction.weights(trace(), (abduction.fact("event.bloc_unrest@Hungary:1956"),))
    assert chosen == pytest.approx([0.0, 0.5, 0.5, 0.0])
    wider = abduction.weights(trace(), (abduction.fact("event.bloc_unrest@Hungary:1955-1956"),))
    assert wider == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.0])
    month = abduction.fact("event.bloc_unrest@Hungary:1956-10/1956-11")
    assert abduction.weights(trace(), (month,)) == pytest.approx([0.0, 1.0, 0.0, 0.0])


def test_a_series_weighs_by_distance_and_counts_once():
    chosen = abduction.weights(trace(), (abduction.fact("gulag.prisoners_total:1953-1956"),))
    assert chosen[0] == chosen[1] > chosen[2] > chosen[3]
    assert chosen[2] / chosen[0] == pytest.approx(np.exp(-0.5), rel=0.05)


def test_facts_that_exclude_each_other_leave_no_draw():
    years = ("1954", "1956")
    facts = tuple(abduction.fact(f"event.bloc_unrest@Hungary:{year}") for year in years)
    chosen = abduction.weights(trace(), facts)
    assert chosen.sum() == 0.0
    assert abduction.effective(chosen) == 0.0
    assert abduction.thinned(chosen).size == 0


def test_no_fact_keeps_every_draw():
    chosen = abduction.weights(trace(), ())
    assert abduction.effective(chosen) == pytest.approx(4.0)
    assert list(abduction.thinned(chosen)) == [0, 1, 2, 3]


def test_thinned_draws_stand_in_proportion_to_their_weights():
    raw = np.array([4.0, 2.0, 2.0, 1.0, 1.0])
    chosen = raw / raw.sum()
    kept = abduction.thinned(chosen)
    assert len(kept) == int(abduction.effective(chosen)) == 3
    assert kept[0] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("event.bloc_unrest@Hungary:56", "YYYY"),
        ("event.bloc_unrest@Hungary", "YYYY"),
        ("event.bloc_unrest:1956", "one series or event"),
        ("state.bloc.crisis:1956", "one series or event"),
        ("event.bloc_unrst@Hungary:1956", "bloc_unrest"),
    ],
)
def test_bad_facts_are_refused(text, said):
    with pytest.raises(InputError, match=said):
        abduction.fact(text)


def test_years_without_a_record_are_refused():
    one = abduction.fact("gulag.prisoners_total:1964")
    with pytest.raises(InputError, match="nothing is recorded"):
        one.log_weight(trace())
