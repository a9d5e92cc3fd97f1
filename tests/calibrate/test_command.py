"""The command: what it refuses, and that it writes what it fitted."""

import pytest
from test_posteriors import small

from thaw.calibrate import coupled, fitting, posteriors, ranks
from thaw.cli.calibrate import calibrate, show
from thaw.errors import InputError


def test_it_writes_the_set_with_the_coupled_check_and_says_what_was_learned(
    monkeypatch, tmp_path, capsys
):
    fit = small().subsystems["agriculture"]
    monkeypatch.setattr(fitting, "fit_subsystem", lambda *_: fit)
    monkeypatch.setattr(coupled, "check", lambda _: [])
    monkeypatch.setattr(coupled, "lines", lambda _: ["coupled: fine"])
    out = tmp_path / "set.json"
    calibrate(until="1957-12", subsystem=["agriculture"], out=out)
    found = posteriors.load(str(out))
    assert found.fit_until == "1957-12" and found.log[-1] == "coupled: fine"
    assert "agriculture.rain_new" in capsys.readouterr().out
    assert [p.name for p in tmp_path.iterdir()] == ["set.json"]


def test_parameters_that_fail_on_synthetic_truths_are_marked(monkeypatch, tmp_path, capsys):
    failed = {"agriculture.y0": ranks.NOT_INTERPRETED}
    monkeypatch.setattr(ranks, "mark", lambda name: failed.get(name, ""))
    show(small(), tmp_path / "set.json")
    marked = [line for line in capsys.readouterr().out.splitlines() if "not interpreted" in line]
    assert [line.split()[0] for line in marked] == ["agriculture.y0"]


@pytest.mark.parametrize(
    "keys",
    [
        {"draws": 1},
        {"sbc": -1},
        {"until": "1958"},
        {"until": "1953-03"},
        {"subsystem": ["campss"]},
        {"leave_out": ["nothing"]},
        {"seed": 2**32},
    ],
    ids=str,
)
def test_bad_options_end_with_one_line(keys, tmp_path):
    with pytest.raises(InputError) as caught:
        calibrate(**keys, out=tmp_path / "set.json")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
