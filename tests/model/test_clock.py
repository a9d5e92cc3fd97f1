import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaw.errors import InputError
from thaw.model.clock import LAST_MONTH, month_index, months_until, stamp


@given(st.integers(-120, 400))
def test_stamp_and_index_are_inverse(index):
    assert month_index(stamp(index)) == index


def test_january_1953_is_zero():
    assert month_index("1953-01") == 0
    assert month_index("1964-12") == 143


@pytest.mark.parametrize("text", ["1953", "1953-13", "1953-00", "53-01", "1953-1", "", "abc"])
def test_bad_months_are_refused_in_one_line(text):
    with pytest.raises(InputError, match="YYYY-MM") as caught:
        month_index(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["1952-12", "1953-01", "1971-01"])
def test_ends_outside_the_inputs_are_refused(text):
    with pytest.raises(InputError, match="outside"):
        months_until(text)


def test_the_last_allowed_end():
    assert months_until("1970-12") == LAST_MONTH
