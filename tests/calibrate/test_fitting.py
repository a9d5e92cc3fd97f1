"""A whole calibration: order, checkpoint and resume, and requests that are not allowed."""

import pytest

from thaw.calibrate import fitting, posteriors
from thaw.calibrate.posteriors import Fit
from thaw.errors import InputError


@pytest.fixture
def quick(monkeypatch):
    """Replace the fit of a subsystem by a mark that it was asked for; fail at ``industry`` once."""
    asked = []

    def fit(name, request, means, report):
        asked.append(name)
        if name == "industry" and asked.count("industry") == 1:
            raise KeyboardInterrupt
        return Fit(status="refused", reason="not tried")

    monkeypatch.setattr(fitting, "fit_subsystem", fit)
    return asked


def test_a_killed_calibration_goes_on_where_it_was(quick, tmp_path):
    request, part = fitting.Request("1958-12"), tmp_path / "set.json.part"
    with pytest.raises(KeyboardInterrupt):
        fitting.calibrate(request, checkpoint=part)
    assert list(posteriors.read(part).subsystems) == ["people", "camps", "agriculture"]
    found = fitting.calibrate(request, checkpoint=part, resume=True)
    assert quick == [*fitting.ORDER[:4], *fitting.ORDER[3:]]
    assert list(found.subsystems) == list(fitting.ORDER)
    fitting.finish(found, tmp_path / "set.json", part)
    assert posteriors.read(tmp_path / "set.json") == found
    assert not part.exists()


def test_a_checkpoint_of_another_request_is_refused(quick, tmp_path):
    part = tmp_path / "part"
    fitting.calibrate(fitting.Request("1958-12"), ["people"], checkpoint=part)
    with pytest.raises(InputError, match="seed"):
        fitting.calibrate(fitting.Request("1958-12", seed=1), ["people"], None, part, resume=True)


def test_other_subsystems_come_from_the_base(quick):
    base = fitting.empty(fitting.Request("1958-12")).model_copy(
        update={"subsystems": {"arts": Fit(status="prior", reason="few data")}}
    )
    found = fitting.calibrate(fitting.Request("1958-12"), ["camps"], base)
    assert found.subsystems["arts"].reason == "few data"
    assert found.subsystems["camps"].reason == "not tried"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"until": "1953-06"}, "less than two years"),
        ({"until": "1999-01"}, "outside"),
        ({"seed": -1}, "--seed"),
        ({"leave_out": ("agriculture.meet",)}, "did you mean 'agriculture.meat'"),
        ({"leave_out": ("bloc_unrest@hungry",)}, "did you mean 'bloc_unrest@hungary'"),
    ],
)
def test_bad_requests_end_with_one_line(keys, said):
    with pytest.raises(InputError, match=said) as caught:
        fitting.Request(**keys)
    assert "\n" not in str(caught.value)


def test_unknown_subsystems_and_those_without_data():
    with pytest.raises(InputError, match="did you mean 'camps'"):
        fitting.chosen(["camp"])
    with pytest.raises(InputError, match="with fitted data 'leadership'"):
        fitting.chosen(["leadership"])
    assert fitting.chosen([]) == fitting.ORDER
    assert fitting.chosen(["industry", "people"]) == ("people", "industry")


def test_what_is_left_out_names_its_subsystem():
    assert fitting.owners(["agriculture.meat"]) == ("agriculture",)
    assert fitting.owners(["bloc_unrest@poland", "mass_disturbance"]) == ("bloc", "public")
    assert fitting.Request("1958-12", leave_out=("agriculture.meat",)).name == (
        "until-1958 without agriculture.meat"
    )
