"""Placebos: priors without signs, what a reform can reach, false labels on a small run."""

import numpy as np
import pandas as pd
import pytest

from thaw import reforms
from thaw.experiment import labels, placebo
from thaw.model import parameters, registry
from thaw.report.pages import placebos as page

PRIORS = (placebo.GIVEN, placebo.SIGN_FREE)
SPEECH = next(m for m in placebo.MECHANISMS if m.reform == "secret_speech")


@pytest.fixture(scope="module")
def small():
    """Return the placebos of one mechanism on one batch of draws."""
    return placebo.placebos(placebo.Size(pool=16, histories=4), (SPEECH,), PRIORS)


def test_mechanisms_name_parameters_and_dates_that_exist():
    for mechanism in placebo.MECHANISMS:
        assert set(mechanism.parameters) <= set(parameters.priors())
        assert reforms.reform(mechanism.reform).kind == "policy"
        assert 0 < mechanism.start + mechanism.shift < placebo.MONTHS - 12
    assert len(placebo.MECHANISMS) * placebo.Size().histories >= 100


def test_signs_turn_half_of_the_draws_of_the_mechanism_and_nothing_else():
    base = parameters.sample_prior(0, 200)
    turned = placebo.signs(base, (SPEECH,), 0)
    moved = [name for name in base if not np.array_equal(base[name], turned[name])]
    assert moved == list(SPEECH.parameters)
    name = moved[0]
    assert np.array_equal(np.abs(base[name]), np.abs(turned[name]))
    assert 0.4 < (turned[name] < 0.0).mean() < 0.6
    open_ = placebo.signs(base, (SPEECH,), 0, placebo.OPEN)[name]
    assert [round(3 * share) for share in ((open_ < 0).mean(), (open_ == 0).mean())] == [1, 1]
    assert placebo.signs(base, (SPEECH,), 0, placebo.GIVEN)[name] == pytest.approx(base[name])


def test_mechanisms_that_share_a_parameter_share_its_sign():
    base = parameters.sample_prior(0, 50)
    turned = placebo.signs(base, placebo.MECHANISMS, 0)
    for mechanism in placebo.MECHANISMS:
        factors = {name: turned[name] / base[name] for name in mechanism.parameters}
        first = next(iter(factors.values()))
        assert all(factor == pytest.approx(first) for factor in factors.values())


def test_each_coupling_is_one_step():
    away = placebo.steps_away("secret_speech")
    assert away["information"] == 0
    for name, subsystem in registry.subsystems().items():
        owners = {read.split(".")[0] for read in subsystem.reads} & set(away)
        if name in away and away[name] > 0:
            assert away[name] == 1 + min(away[owner] for owner in owners)
        if name not in away:
            assert not owners


def test_the_mechanism_carries_the_effect(small):
    """With its parameters at zero the reform moves its outcomes by less than a thousandth."""
    series = small.labels[small.labels["series"]]
    size = series.groupby("kind")["truth"].apply(lambda x: x.abs().max())
    assert size[placebo.NEUTRAL] < 0.002
    assert size[placebo.NEVER] == size[placebo.WRONG_DATE] == 0.0
    assert size[placebo.ACTS] > 10 * size[placebo.NEUTRAL]


def test_every_history_is_labelled_under_every_prior(small):
    rows = small.labels
    assert set(rows["prior"]) == set(PRIORS)
    assert set(rows.loc[rows["prior"] == placebo.GIVEN, "kind"]) == {
        placebo.NEUTRAL,
        placebo.NEVER,
        placebo.WRONG_DATE,
    }
    counts = rows.groupby(["prior", "kind", "outcome", "month"])["history"].nunique()
    assert set(counts) == {4}
    given = rows[rows["series"] & (rows["prior"] == placebo.GIVEN)]
    assert set(given["label"]) == {labels.SIGN_ASSUMED}
    free = rows[rows["series"] & (rows["prior"] == placebo.SIGN_FREE)]
    assert labels.SIGN_ASSUMED not in set(free["label"])


def test_what_cannot_respond_is_not_labelled(small):
    assert small.blind["values"].min() > 100
    assert small.blind["labelled"].sum() == 0


def test_a_value_that_looks_one_month_on_is_not_blind(monkeypatch):
    """Were couplings counted as slower than they are, values that respond would be caught."""
    base = parameters.sample_prior(0, 2)
    history = reforms.load_scenario("historical").with_mode("do")
    pool = {
        ("", ""): placebo.world(history, base, 0),
        (SPEECH.reform, placebo.NEVER): placebo.world(history.without(SPEECH.reform), base, 0),
    }
    monkeypatch.setattr(placebo, "steps_away", lambda reform: {})
    assert placebo._blind(SPEECH, pool)["labelled"] > 0


def rows_of(kind, mechanism, found, right=True):
    head = {"kind": kind, "mechanism": mechanism, "right": right, "series": True, "truth": 0.001}
    return [
        {**head, "prior": placebo.SIGN_FREE, "history": number, "label": label}
        for number, label in enumerate(found)
    ]


def test_the_page_counts_false_labels_and_says_whether_the_aim_is_met():
    found = ["contributory", "undecided", "necessary", "undecided"]
    made = [
        *rows_of(placebo.NEUTRAL, "one", found),
        *rows_of(placebo.NEVER, "two", ["undecided"] * 4),
        *rows_of(placebo.ACTS, "one", ["contributory", "undecided"]),
        *rows_of(placebo.ACTS, "one", ["contributory", "undecided"], right=False),
    ]
    blind = pd.DataFrame([{"reform": "a", "values": 7, "labelled": 0}])
    text = page.text(placebo.Placebos(pd.DataFrame(made), blind), placebo.Size())
    assert "25.0% false labels, NOT within the aim" in text
    assert "Worst: one (sign-free prior), 50%." in text
    assert "8 synthetic histories" in " ".join(text.split())
    assert "| one | sign-free | 4 | 25% | 25% | 50% |" in text
    quiet = [*rows_of(placebo.NEUTRAL, "one", ["undecided"] * 4), *made[-4:]]
    assert ", within the aim" in page.text(
        placebo.Placebos(pd.DataFrame(quiet), blind), placebo.Size()
    )
