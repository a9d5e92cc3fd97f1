"""Posterior files: round trip, joint draws, and files that are none."""

import json

import numpy as np
import pytest

from thaw.calibrate import posteriors
from thaw.calibrate.posteriors import Fit, Learned, Misfit, PosteriorSet, Sampler
from thaw.errors import InputError
from thaw.model.parameters import priors, sample_prior

NAMES = ("agriculture.rain_new", "agriculture.y0")


def learned(name):
    row = priors()[name]
    return Learned(
        low=row.low, mode=row.mode, high=row.high, mean=row.mode, sd=0.01, contraction=0.5
    )


def small(**changed):
    middle = [priors()[name].mode for name in NAMES]
    draws = [[middle[0] + 0.001 * at, middle[1] - 0.001 * at] for at in range(5)]
    fit = Fit(
        status="fitted",
        effective_number=10.0,
        parameters={name: learned(name) for name in NAMES},
        draws=draws,
        discrepancy={
            "agriculture.meat@USSR": Misfit(
                kind="log", sd=0.05, prior_scale=0.15, values=6, effective=5.0
            )
        },
        sampler=Sampler(rhat=1.0, ess=500.0, diverging=0.0, bfmi=0.9, chains=4, draws=300),
    )
    content = {
        "name": "test",
        "fit_until": "1958-12",
        "thaw": "0",
        "record_hash": "0",
        "seed": 0,
        "subsystems": {"agriculture": fit, "camps": Fit(status="refused", reason="R-hat")},
    }
    return PosteriorSet(**(content | changed))


def test_round_trip(tmp_path):
    file = tmp_path / "deep" / "set.json"
    posteriors.write(small(), file)
    assert posteriors.load(str(file)) == small()
    assert [p.name for p in file.parent.iterdir()] == ["set.json"]


def test_fitted_parameters_come_jointly_and_the_rest_keeps_prior_bits():
    found, prior = posteriors.sample(small(), 3, 12), sample_prior(3, 12)
    rows = np.array(small().subsystems["agriculture"].draws)
    pairs = np.stack([found[name] for name in NAMES], axis=1)
    assert all(any(np.array_equal(pair, row) for row in rows) for pair in pairs)
    assert len({tuple(pair) for pair in pairs[:5]}) == 5  # every row before any repeats
    assert np.array_equal(pairs[:5], pairs[5:10])
    for name, values in prior.items():
        assert name in NAMES or np.array_equal(found[name], values)


def test_draw_number_alone_decides_and_seed_permutes():
    few, many = posteriors.sample(small(), 3, 2), posteriors.sample(small(), 3, 12)
    assert all(np.array_equal(few[name], many[name][:2]) for name in few)
    other = [posteriors.sample(small(), seed, 5)[NAMES[0]] for seed in range(4)]
    assert len({tuple(values) for values in other}) > 1


def test_contraction_is_zero_where_nothing_was_fitted():
    found = small().contraction()
    assert found[NAMES[0]] == 0.5 and found["camps.inflow"] == 0.0
    assert set(small().discrepancy()) == {("agriculture.meat", "USSR")}


def spoiled(change):
    table = json.loads(posteriors.dumps(small()))
    change(table)
    return json.dumps(table)


BAD = {
    "no json": "{",
    "a list": "[]",
    "nothing": "{}",
    "not a number": spoiled(
        lambda t: t["subsystems"]["agriculture"]["draws"][0].__setitem__(0, "x")
    ),
    "not finite": spoiled(
        lambda t: t["subsystems"]["agriculture"]["draws"][0].__setitem__(0, float("nan"))
    ),
    "short row": spoiled(lambda t: t["subsystems"]["agriculture"]["draws"].append([1.0])),
    "no draws": spoiled(lambda t: t["subsystems"]["agriculture"].update(draws=[])),
    "strange key": spoiled(lambda t: t.update(surprise=1)),
    "other format": spoiled(lambda t: t.update(format=2)),
    "unknown parameter": spoiled(
        lambda t: t["subsystems"]["agriculture"].update(
            parameters={
                "agriculture.rain_newer" if k == NAMES[0] else k: v
                for k, v in t["subsystems"]["agriculture"]["parameters"].items()
            }
        )
    ),
    "other range": spoiled(
        lambda t: t["subsystems"]["agriculture"]["parameters"][NAMES[0]].update(high=9.0)
    ),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_bad_files_end_with_one_line(text, tmp_path):
    file = tmp_path / "set.json"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        posteriors.load(str(file))
    assert "\n" not in str(caught.value) and str(file) in str(caught.value)


def test_files_that_are_no_text_or_not_there(tmp_path):
    file = tmp_path / "set.json"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not a posterior set"):
        posteriors.load(str(file))
    with pytest.raises(InputError, match="unknown posterior"):
        posteriors.load("untill-1958")


def test_shipped_sets_hold_no_bad_fit():
    for name in posteriors.names():
        found = posteriors.load(name)
        assert found.name == name and found.fitted()
        for fit in found.fitted().values():
            assert fit.sampler.rhat <= 1.02 and fit.sampler.diverging <= 0.01
            assert fit.effective_number / 2 >= len(fit.parameters)
