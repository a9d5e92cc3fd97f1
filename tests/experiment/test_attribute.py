import json
from itertools import combinations

import numpy as np
import pytest

from thaw.cli.attribute import save, show
from thaw.errors import InputError
from thaw.experiment import executor
from thaw.experiment.attribute import attribute, checked, shapley, share_of
from thaw.report import attribution as report
from thaw.report import contract


def every_set(players):
    return [frozenset(s) for k in range(len(players) + 1) for s in combinations(players, k)]


def test_shapley_of_a_game_solved_by_hand():
    """Gloves: a has a left one, b and c a right one; a pair is worth 1. Known: 2/3, 1/6, 1/6."""
    pair = {s: np.array([float("a" in s and len(s) > 1)]) for s in every_set("abc")}
    found = shapley("abc", pair)
    assert found["a"] == pytest.approx(2 / 3)
    assert found["b"] == found["c"] == pytest.approx(1 / 6)


@pytest.fixture
def random_game():
    generator = np.random.default_rng(7)
    return {s: generator.normal(size=5) for s in every_set("abcd")}


def test_shares_add_up_to_the_whole_in_every_draw(random_game):
    found = shapley("abcd", random_game)
    whole = random_game[frozenset("abcd")] - random_game[frozenset()]
    assert np.allclose(sum(found.values()), whole, atol=1e-12)


def test_players_that_do_the_same_get_the_same(random_game):
    swap = str.maketrans("ab", "ba")
    fair = {
        s: random_game[s] + random_game[frozenset("".join(s).translate(swap))] for s in random_game
    }
    found = shapley("abcd", fair)
    assert np.allclose(found["a"], found["b"])
    assert not np.allclose(found["a"], found["c"])


def test_who_adds_nothing_gets_nothing(random_game):
    game = {s: random_game[s - {"d"}] for s in random_game}
    assert np.allclose(shapley("abcd", game)["d"], 0.0)


def test_share_has_an_interval_and_none_of_nothing():
    generator = np.random.default_rng(3)
    whole = generator.normal(10.0, 1.0, 64)
    share, low, high = share_of(0.25 * whole, whole)
    assert share == low == pytest.approx(0.25) == high
    assert share_of(whole, generator.normal(0.0, 1.0, 64)) == (None, None, None)


@pytest.mark.parametrize(
    ("among", "message"),
    [
        (["virgin_lands"], "2 to 6"),
        (["virgin_lands", "R07"], "2 to 6"),
        (["virgin_lands", "ouster_1964"], "kind response"),
        (["virgin_lands", "virgin_land"], "did you mean"),
    ],
)
def test_bad_reforms_are_refused(among, message):
    with pytest.raises(InputError, match=message):
        checked(among)


def test_months_and_outcomes_are_checked_before_anything_runs():
    among = ["virgin_lands", "maize_campaign"]
    with pytest.raises(InputError, match="several places"):
        attribute("agriculture.grain_harvest", among)
    with pytest.raises(InputError, match="no value in 1960-03"):
        attribute("agriculture.grain_harvest@USSR:1960-03", among)
    with pytest.raises(InputError, match="did you mean"):
        attribute("agriculture.grain_harvst", among)
    with pytest.raises(InputError, match="after 1953-12"):
        attribute("agriculture.meat:1953-12", among)


@pytest.fixture
def farms(monkeypatch):
    """An attribution in which a stub stands for the model: new lands add 10, maize 2, both -4."""

    def trace_block(task):
        off = {change for change, how in task.settings.scenario.changes.items() if how.off}
        lands, maize = "R07" not in off, "R10" not in off
        luck = np.arange(task.first_draw, task.first_draw + task.draws) / 100
        level = 5.0 + luck + 10.0 * lands + 2.0 * maize - 4.0 * lands * maize
        return {"series": {("agriculture.meat", "USSR"): np.tile(level[:, None] / 12, 145)}}

    monkeypatch.setattr(executor, "trace_block", trace_block)
    return attribute("agriculture.meat:1960-12", ["R07", "R10"], draws=40)


def test_attribution_reads_worlds_with_and_without(farms, capsys, tmp_path):
    means = dict(zip(farms.table["reform"], farms.table["mean"], strict=True))
    assert means == pytest.approx({"virgin_lands": 8.0, "maize_campaign": 0.0}, abs=1e-9)
    assert farms.total["mean"] == pytest.approx(8.0)
    assert "virgin_lands" in farms.sentence()
    document = json.loads(contract.dumps(report.document(farms)))
    assert document["shares"][0]["share"] == pytest.approx(1.0)
    show(farms)
    assert "4 worlds of 40 draws" in capsys.readouterr().out
    save(farms, tmp_path)
    assert (tmp_path / "contributions.csv").read_text().count("\n") == 41
