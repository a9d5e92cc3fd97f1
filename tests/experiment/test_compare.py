import jsonschema
import numpy as np
import pytest

import thaw
from thaw.errors import InputError
from thaw.experiment import labels
from thaw.experiment.compare import compare, sign_probability
from thaw.model.clock import month_index
from thaw.report import comparison as report
from thaw.report import contract


@pytest.fixture(scope="module")
def no_virgin_lands():
    return compare("historical", "no_virgin_lands", draws=16)


def rows(result, outcome, month):
    table = result.effects()
    return table[(table["outcome"] == outcome) & (table["month"] == month)]


def test_without_the_virgin_lands_there_is_less_virgin_land_grain(no_virgin_lands):
    (row,) = rows(no_virgin_lands, "agriculture.virgin_lands_grain", "1956-12").to_dict("records")
    assert row["median"] < -5.0
    assert row["p_sign"] == 1.0
    assert row["label"] == labels.SIGN_ASSUMED


def test_effects_begin_with_the_first_difference(no_virgin_lands):
    first = no_virgin_lands.changed_from
    assert (no_virgin_lands.effects()["month"].map(month_index) >= first).all()


def test_what_cannot_respond_does_not(no_virgin_lands):
    assert (
        rows(no_virgin_lands, "leadership.presidium_full", "1954-06")["label"] == "no effect"
    ).all()


def test_document_meets_its_schema(no_virgin_lands):
    document = report.document(no_virgin_lands)
    jsonschema.validate(document, contract.schema("compare"))
    assert document["answer"].startswith("In this model")
    contract.dumps(document)


def test_same_command_same_digest(no_virgin_lands):
    again = compare("historical", "no_virgin_lands", draws=16)
    assert again.digest == no_virgin_lands.digest


def test_figure_is_drawn(no_virgin_lands, tmp_path):
    no_virgin_lands.plot().savefig(tmp_path / "effects.png")
    assert (tmp_path / "effects.png").stat().st_size > 10_000


def test_the_path_from_the_speech_to_the_bloc_exists():
    result = compare("historical", thaw.scenario("historical").without("secret_speech"), draws=64)
    events = result.event_table
    unrest = events[events["family"].isin(["bloc_unrest", "intervention"])]
    unrest = unrest[unrest["place"].isin(["Poland", "Hungary"])]
    assert len(unrest)
    assert ((unrest["probability_a"] - unrest["probability_b"]).abs() > 0).any()


def test_equal_worlds_are_refused():
    with pytest.raises(InputError, match="does not differ"):
        compare("historical", "historical")


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        ([1.0, 2.0, 3.0, -1.0], 0.75),
        ([-1.0, -2.0, -3.0], 1.0),
        ([0.0, 0.0, 0.0], 0.0),
        ([0.0, 0.0, 0.0, 5.0], 0.25),
        ([], 0.0),
    ],
)
def test_sign_probability(effect, expected):
    assert sign_probability(np.array(effect)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("p_sign", "prior", "expected"),
    [
        (0.95, 0.6, "contributory"),
        (0.95, 0.9, "sign assumed"),
        (0.85, 0.6, "undecided"),
        (0.0, 0.0, "no effect"),
    ],
)
def test_label_of_an_effect(p_sign, prior, expected):
    assert labels.of_effect(p_sign, prior) == expected


def test_label_of_an_event():
    a, b = np.ones(40, bool), np.zeros(40, bool)
    assert labels.of_event((1.0, 0.93), (1.0, 0.93), a, b) == "necessary"
    assert labels.of_event((0.5, 0.3), (1.0, 0.93), a, b) == "sufficient"
    assert labels.of_event((0.9, 0.4), (0.1, 0.0), a, a) == "no effect"
