"""The page on reforms of the leadership's own choosing: shares, months, order, what is left out."""

import numpy as np
import pytest

from thaw.reforms.menu import policies
from thaw.reforms.shapes import first_month
from thaw.report.pages import endogenous

DRAWS, MONTHS = 8, 145


def trace(month_of):
    """Return a trace in which draw d adopts reform r in month ``month_of(r, d)`` (None: never)."""
    latent = {}
    for reform in policies():
        flags = np.zeros((DRAWS, MONTHS))
        for draw in range(DRAWS):
            month = month_of(reform, draw)
            if month is not None and 0 <= month < MONTHS:
                flags[draw, month] = 1.0
        latent[f"leadership.adopted_{reform.slug}"] = flags
    return {"latent": latent}


def line(page, name):
    return next(row for row in page.splitlines() if row.startswith(f"| {name} "))


def as_in_history(reform, draw):
    return first_month(reform.moves, 0) if draw < 6 else None


def test_shares_and_months_are_those_of_the_draws():
    page = endogenous.text(trace(as_in_history), "1964-12")
    cells = line(page, "R16").split(" | ")
    assert cells[1:] == ["disclosure", "0.75", "1956-02", "1956-02", "1956-02", "0.75 |"]
    assert "median 1.00" in page


def test_a_reform_that_comes_in_few_draws_has_no_median_month():
    page = endogenous.text(trace(lambda r, d: 20 if d == 0 else None), "1964-12")
    assert line(page, "R16").split(" | ")[2:5] == ["0.12", "", ""]


def test_the_order_of_history_turned_round_counts_as_minus_one():
    page = endogenous.text(
        trace(lambda r, d: MONTHS - 1 - max(first_month(r.moves, 0), 0)), "1964-12"
    )
    assert "median -1.00" in page


@pytest.mark.parametrize("name", ["R01", "R31", "B05", "D06"])
def test_what_is_not_on_the_menu_is_named_with_a_reason(name):
    page = endogenous.text(trace(as_in_history), "1964-12")
    assert len(line(page, name).split(" | ")) == 2
