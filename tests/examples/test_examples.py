"""Every numbered example runs as it stands, in an empty folder, and prints what it promises."""

import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples"
PROMISED = {
    "01_first_run.py": ["1954-01", "the same digest when read back: True"],
    "02_change_a_reform.py": ["In this model", "virgin_lands_grain", "Half the area"],
    "03_write_a_scenario.py": ["moved by +24 months", "In this model"],
    "04_score_your_own_series.py": ["agriculture.meat: 3 values", "persistence"],
    "05_swap_a_mechanism.py": ["camps: line_only", "capacity queue"],
    "06_cluster_sweep.py": ["dose_virgin_lands", "0.5"],
}


def test_every_example_is_run_here():
    assert sorted(path.name for path in FOLDER.glob("*.py")) == sorted(PROMISED)


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_example(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(FOLDER / name), run_name="__main__")
    text = capsys.readouterr().out
    for words in PROMISED[name]:
        assert words in text
