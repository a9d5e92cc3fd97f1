"""Pages drawn by a second process: the same files, whatever becomes of that process."""

import pytest

from thaw.report import figures, painter
from thaw.report.painter import Painter


@pytest.fixture
def alone(small_run, tmp_path):
    """Return two pages drawn in this process: bytes by name."""
    chosen = figures.pages(small_run, tmp_path / "alone")[:2]
    return {path.name: path.read_bytes() for path in figures.draw(chosen)}


def drawn(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def shared(small_run, folder, helper):
    """Draw two pages with a helper; return how many it was sent."""
    sent, left = helper.share(figures.pages(small_run, folder)[:2])
    figures.draw(left)
    helper.finish(sent)
    return len(sent)


def test_two_processes_draw_the_same_pages_as_one(small_run, tmp_path, alone, monkeypatch):
    with Painter() as helper:
        monkeypatch.setattr(painter, "draw", lambda pages: pytest.fail("drawn here"))
        assert shared(small_run, tmp_path / "both", helper) == 1
    assert drawn(tmp_path / "both") == alone


def test_pages_of_a_painter_that_was_killed_are_drawn_here(small_run, tmp_path, alone):
    with Painter() as helper:
        helper._process.kill()
        helper._process.wait()
        shared(small_run, tmp_path / "both", helper)
    assert drawn(tmp_path / "both") == alone


def test_without_a_second_process_all_pages_are_drawn_here(small_run, tmp_path, alone, monkeypatch):
    def refused(*arguments, **options):
        raise OSError("no more processes")

    monkeypatch.setattr(painter.subprocess, "Popen", refused)
    with Painter() as helper:
        assert shared(small_run, tmp_path / "both", helper) == 0
    assert drawn(tmp_path / "both") == alone


def test_a_painter_without_pages_ends_with_its_block():
    with Painter() as helper:
        process = helper._process
    assert process.returncode is not None
