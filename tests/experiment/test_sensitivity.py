import dataclasses
import json

import jsonschema
import numpy as np
import pytest

from thaw import reforms
from thaw.cli import sensitivity as command
from thaw.cli.main import main
from thaw.errors import InputError
from thaw.experiment import executor, pieces, storage
from thaw.experiment import sensitivity as module
from thaw.experiment.designs import LUCK, OTHERS
from thaw.experiment.question import Question, target
from thaw.experiment.run import Settings
from thaw.experiment.sensitivity import sensitivity, simulated
from thaw.model import parameters, simulate
from thaw.report import contract
from thaw.report import sensitivity as report

STREAMS = 8
LUCKS = np.linspace(-0.5, 0.5, STREAMS)


def names():
    """Return a judgement parameter of the toy, one with evidence, and one without effect."""
    mine = [p for p in parameters.priors().values() if p.subsystem == "administration"]
    judged = [p.name for p in mine if p.provenance == "judgement"]
    known = [p.name for p in mine if p.provenance != "judgement"]
    return judged[0], known[0], judged[1]


def standing(name, values):
    prior = parameters.priors()[name]
    return (values - prior.low) / (prior.high - prior.low)


@pytest.fixture
def toy(monkeypatch):
    """Replace the model by 3 a - 2 b + luck (meat), a b (line) and a constant (risk)."""
    calls = []

    def simulated(settings, sample, streams):
        calls.append(streams)
        a, b = (standing(name, sample[name]) for name in names()[:2])
        line = 3.0 * a - 2.0 * b + LUCKS[streams]
        monthly = np.ones(settings.months + 1)
        return {
            "series": {("agriculture.meat", "USSR"): line[:, None] * monthly / 12},
            "latent": {
                "leadership.line": ((a - 0.5) * (b - 0.5))[:, None] * monthly,
                "leadership.risk": np.ones(len(a))[:, None] * monthly,
            },
        }

    monkeypatch.setattr(module, "simulated", simulated)
    return calls


def question(*texts, streams=STREAMS, **changes):
    settings = Settings(reforms.load_scenario("historical"), draws=streams)
    asked = texts or ("agriculture.meat:1960-12",)
    targets = tuple(target(text, settings.months) for text in asked)
    given = dict(subsystems=("administration",), points=16, top=3, trajectories=2)
    return Question(settings, targets, **{**given, **changes})


def variances():
    """Return the variances of the parts of the toy's sum, by integration over prior quantiles."""
    u = (np.arange(4000) + 0.5) / 4000
    a, b, _ = names()
    of = {name: standing(name, parameters.priors()[name].quantile(u)).var() for name in (a, b)}
    return 9.0 * of[a], 4.0 * of[b], LUCKS.var()


@pytest.fixture
def answer(toy, tmp_path):
    return sensitivity(question(points=512), tmp_path)


def test_indices_of_a_sum_are_its_parts(answer):
    found = answer.indices.set_index("group")
    a, b, _ = names()
    parts = np.array(variances())
    for name, share in zip((a, b, LUCK), parts / parts.sum(), strict=True):
        assert found.loc[name, "total"] == pytest.approx(share, abs=0.06)
        assert found.loc[name, "first"] == pytest.approx(share, abs=0.06)
    assert found.loc[OTHERS, "total"] == pytest.approx(0.0, abs=1e-9)


def test_shares_are_those_of_judgement_evidence_and_luck(answer):
    total = answer.shares.set_index("group")["total"]
    parts = np.array(variances())
    expected = dict(zip(("judgement", "evidence", "luck"), parts / parts.sum(), strict=True))
    assert total.to_dict() == pytest.approx(expected, abs=0.06)
    row = answer.targets.iloc[0]
    assert row["judgement_share"] == total["judgement"]
    assert row["label"] == ("prior-driven" if total["judgement"] > 0.5 else "")
    assert row["sd"] == pytest.approx(np.sqrt(parts.sum()), rel=0.05)


def test_screening_finds_what_moves_the_sum(answer):
    found = answer.screening.set_index("parameter")
    a, b, neither = names()
    assert found.loc[a, "mu"] > 0 > found.loc[b, "mu"]
    assert found.loc[a, "mu_star"] == pytest.approx(abs(found.loc[a, "mu"]))
    assert found.loc[neither, "mu_star"] == 0.0
    larger, smaller = sorted((a, b), key=lambda name: -found.loc[name, "mu_star"])
    assert found["rank"].dropna().to_dict() == {larger: 1.0, smaller: 2.0}
    assert np.isnan(found.loc[LUCK, "rank"])


def test_a_product_has_totals_above_its_first_orders(toy, tmp_path):
    found = sensitivity(question("state.leadership.line:1960-12", points=256), tmp_path)
    rows = found.indices.set_index("group")
    for name in names()[:2]:
        assert rows.loc[name, "total"] > rows.loc[name, "first"] + 0.1


def test_a_constant_has_no_indices(toy, tmp_path):
    found = sensitivity(question("state.leadership.risk:1960-12"), tmp_path)
    assert found.indices["total"].isna().all()
    assert (found.screening["mu_star"] == 0).all()
    (part,) = report.parts(found)
    assert "no parameter and no luck" in report.sentence(*part)
    report.figure(found)


def test_parameters_move_on_common_random_numbers():
    asked = question(streams=64)
    points = asked.screening().points()
    streams = asked.sample(points)[1]
    steps = np.diff(points, axis=0)
    within = (steps != 0).sum(axis=1) == 1
    moved = steps[:, asked.factors.index(LUCK)] != 0
    assert (np.diff(streams)[within & ~moved] == 0).all()
    assert (np.diff(streams)[within & moved] != 0).all()
    assert (question(streams=1).sample(points)[1] == 0).all()


def test_screening_stays_within_the_band_of_the_prior():
    asked = question()
    sample = asked.sample(asked.screening().points())[0]
    name = names()[0]
    low, high = parameters.priors()[name].quantile(np.array([0.05, 0.95]))
    assert sample[name].min() == pytest.approx(low)
    assert sample[name].max() == pytest.approx(high)
    held = next(n for n in sample if n.startswith("camps."))
    assert (sample[held] == parameters.priors()[held].mode).all()


def test_what_the_scenario_fixes_does_not_vary():
    asked = question()
    name, prior = names()[0], parameters.priors()[names()[0]]
    world = reforms.apply_options(asked.settings.scenario, set_=[f"{name}={prior.high}"])
    fixed = dataclasses.replace(asked, settings=Settings(world, draws=STREAMS))
    assert name not in fixed.factors
    assert len(fixed.factors) == len(asked.factors) - 1
    sample = fixed.sample(fixed.screening().points())[0]
    assert (sample[name] == prior.high).all()


def test_points_are_the_draws_of_a_run():
    """Same parameters and stream give what a run gives, but for rounding by place in a batch."""
    settings = Settings(reforms.load_scenario("historical"), draws=simulate.BATCH)
    expected = executor.trace_block(executor.Task(settings))
    chosen = np.array([simulate.BATCH - 1, 3, 3])
    sample = {n: v[chosen] for n, v in parameters.sample_prior(0, simulate.BATCH).items()}
    found = simulated(settings, sample, chosen)
    for group, series in expected.items():
        for key, values in series.items():
            assert np.allclose(found[group][key], values[chosen], rtol=1e-12, atol=0), key


def test_a_stopped_run_goes_on_to_the_same_answer(toy, tmp_path):
    class Stop(Exception):
        pass

    def stop(done, total):
        if done >= 100:
            raise Stop

    with pytest.raises(Stop):
        sensitivity(question(), tmp_path / "a", runner=executor.Local(1), progress=stop)
    kept = len(list((tmp_path / "a" / pieces.PARTS).rglob("*.npy")))
    assert kept >= 6
    toy.clear()
    resumed = sensitivity(question(), tmp_path / "a", resume=True)
    again = len(toy)
    toy.clear()
    whole = sensitivity(question(), tmp_path / "b")
    assert again == len(toy) - kept
    assert resumed.digest == whole.digest


def test_resume_refuses_another_question(toy, tmp_path):
    sensitivity(question(), tmp_path)
    with pytest.raises(InputError, match="other settings"):
        sensitivity(question(points=32), tmp_path, resume=True)


def test_progress_ends_at_the_number_of_runs(toy, tmp_path):
    seen = []
    found = sensitivity(
        question(), tmp_path, progress=lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (found.runs, found.runs)
    assert all(done <= total for done, total in seen)


def test_command_writes_tables_figure_and_document(toy, tmp_path, capsys):
    asked = ["agriculture.meat:1960-12", "state.leadership.line:1957-12"]
    options = dict(subsystem=["administration"], points=16, top=2, trajectories=2)
    command.sensitivity(asked, **options, streams=STREAMS, out=tmp_path, json_=True)
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, contract.schema("sensitivity"))
    assert {row["group"] for row in document["sobol"]} >= {LUCK, OTHERS, *names()[:2]}
    manifest = storage.read_manifest(tmp_path)
    assert manifest["digest"] == document["digest"]
    assert {"outcomes.csv", "shares.csv", "sobol.csv", "screening.csv", "sensitivity.png",
            "sensitivity.pdf", "sensitivity.json"} == set(manifest["files"])  # fmt: skip
    assert not (tmp_path / pieces.PARTS).exists()


def test_text_names_the_label_and_the_top(toy, tmp_path, capsys):
    command.sensitivity(
        ["agriculture.meat:1960-12"],
        subsystem=["administration"],
        points=16,
        streams=STREAMS,
        out=tmp_path,
    )
    text = capsys.readouterr().out
    assert "total share of variance: " in text
    assert names()[0] in text


def test_an_outcome_that_is_not_finite_is_refused(monkeypatch, tmp_path):
    def broken(settings, sample, streams):
        found = np.full((len(streams), settings.months + 1), np.nan)
        return {"series": {("agriculture.meat", "USSR"): found}}

    monkeypatch.setattr(module, "simulated", broken)
    with pytest.raises(InputError, match=r"agriculture\.meat USSR 1960-12 is not finite"):
        sensitivity(question(), tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["agriculture.meet"], "did you mean"),
        (["agriculture.grain_harvest"], "several places"),
        (["agriculture.meat:1960-03"], "no value in 1960-03"),
        (["agriculture.meat", "--subsystem", "campz"], "did you mean 'camps'"),
        (["agriculture.meat", "--points", "100"], "powers of two"),
        (["agriculture.meat", "--points", "4"], "8 to 8192"),
        (["agriculture.meat", "--trajectories", "1"], "2 to 1000"),
        (["agriculture.meat", "--trajectories", "200"], "allowed: 100000; lower --points"),
        (["agriculture.meat", "--top", "0"], "1 to 100"),
        (["agriculture.meat", "--streams", "0"], "--streams"),
        (["agriculture.meat", "--weather", "fair"], "unknown weather"),
        ([], "Missing argument"),
    ],
    ids=str,
)
def test_bad_options_are_one_line(options, message, tmp_path, capsys):
    assert main(["sensitivity", *options, "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"thaw\[calibrate\]"):
        question()
