"""Numbers of a line's rules as the form shows them: exactly what a program set, and read again as the same."""

import pytest
from hypothesis import given, strategies as st

from cms.hands.line import MAX_SPREAD
from cms.kernel.errors import Invalid
from cms.trust.limits import MAX_INTEGER
from screens.pages.line_form import amount_of, amount_shown, spread_of, spread_shown


@given(st.integers(0, MAX_INTEGER))
def test_amount_when_shown_and_read_again_is_the_same_to_the_byte(size: int) -> None:
    assert amount_of(amount_shown(size)) == size


@given(st.integers(1, MAX_SPREAD))
def test_spread_when_shown_and_read_again_is_the_same_to_the_millisecond(length: int) -> None:
    assert spread_of(spread_shown(length)) == length


def test_what_people_type_is_read_as_they_mean_it() -> None:
    assert [amount_of(one) for one in ("", " 800 ", "1.5", "0")] == [None, 800_000_000, 1_500_000, 0]
    assert [spread_of(one) for one in ("", "20", "1.5", "1:40", "1：40.25")] == [0, 1_200_000, 90_000, 100_000, 100_250]
    for wrong in ("-1", "1,5", "一", "1e3", "9" * 11):
        with pytest.raises(Invalid):
            amount_of(wrong)
    for wrong in ("1:60", "1:5", ":30", "1:40.2500"):
        with pytest.raises(Invalid):
            spread_of(wrong)
