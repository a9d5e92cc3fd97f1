"""The page on synthetic truths agrees with what ships, and failures are marked where shown."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

from thaw.calibrate import ranks
from thaw.calibrate.ranks import DENSITY, MOST, NOT_INTERPRETED
from thaw.report.pages import parameters, sbc, trust

DOCS = Path(__file__).parent.parent.parent / "docs"
FAILS, PASSES = "agriculture.y0", "agriculture.rain_new"


def test_the_page_is_up_to_date(tmp_path):
    (tmp_path / "model").mkdir()
    for path in sbc.write(tmp_path):
        kept = DOCS / path.relative_to(tmp_path)
        if path.suffix == ".md":
            assert path.read_text("utf-8") == kept.read_text("utf-8")
        else:
            assert kept.stat().st_size < 200_000


@pytest.fixture
def failing(monkeypatch):
    """Let ranks ship of which one parameter failed."""
    even = np.random.default_rng(0).integers(0, MOST + 1, 100)
    quantities = {FAILS: even // 4, PASSES: even, DENSITY: even}
    part = ranks.ranked(100, [4, 5], [4], quantities, 0.0, 1.0, 0.5)
    found = ranks.shipped().model_copy(update={"subsystems": {"agriculture": part}})
    monkeypatch.setattr(ranks, "shipped", lambda: found)
    return found


def test_the_mean_over_all_subsystems_is_that_of_the_ranks(failing):
    part = failing.subsystems["agriculture"]
    found = sbc.together(failing)
    assert found["parameters"] == pytest.approx(
        np.mean([*part.parameters[FAILS], *part.parameters[PASSES]])
    )
    assert found["density"] == pytest.approx(np.mean(part.log_density))
    assert found["error"] == pytest.approx(0.577, abs=0.001)


def test_a_failed_parameter_is_named_with_what_is_wrong(failing):
    page = sbc.text(failing)
    assert f"| Farms | `{FAILS}` | ranks too low: estimates too high | 0.00000 |" in page
    assert "1 of 2 fitted parameters fail; 1 of 100 refits" in page
    assert f"`{PASSES}`" not in page


def test_a_failed_parameter_is_marked_where_estimates_are_shown(failing, tmp_path):
    (tmp_path / "model").mkdir()
    shown = parameters.write(tmp_path)[0].read_text("utf-8")
    marked = [line for line in shown.splitlines() if f"(fit {NOT_INTERPRETED})" in line]
    assert [line.split(" | ")[0] for line in marked] == ["| `y0`"]
    trust.write(tmp_path)
    line = next(x for x in (tmp_path / "trust.md").read_text().splitlines() if "Synthetic" in x)
    assert f"`{FAILS}`" in line and PASSES not in line


def test_a_line_leaves_the_band_only_if_it_failed(failing):
    with mpl.rc_context():
        panel = sbc.figure(failing).axes[0]
    band = panel.collections[0].get_paths()[0]
    low = {int(x): y for x, y in band.vertices if y < 0}
    lines = dict(zip((FAILS, PASSES, DENSITY), panel.lines, strict=True))
    assert lines[FAILS].get_color() == sbc.SEEN != lines[PASSES].get_color()
    high = {int(x): y for x, y in band.vertices if y > 0}
    out = {n: any(y > high[int(x)] + 1e-9 or y < low[int(x)] - 1e-9
                  for x, y in zip(*line.get_data(), strict=True))
           for n, line in lines.items()}  # fmt: skip
    assert out == {FAILS: True, PASSES: False, DENSITY: False}
