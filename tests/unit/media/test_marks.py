"""Time marks as people write them, and subtitles that move along with what they cut out."""

import pytest

from media.marks import MOST, MarksWrong, read_marks, total, within

_TOO_MANY = "0:01-0:02\n" * (MOST + 1)


@pytest.mark.parametrize(
    "text",
    ["1:05-2:10", "1:05－2:10", "01:05 ~ 02:10", "1：05至2：10", "00:01:05.000 --> 0:02:10"[:12] + " - 0:02:10"],
)
def test_marks_when_written_as_people_do_are_read(text: str) -> None:
    assert read_marks(text) == ((65_000, 130_000),)


def test_marks_when_many_keep_the_order_they_were_written_in() -> None:
    assert read_marks("0:30-0:40\n\n0:05-0:10；1:00-1:01") == ((30_000, 40_000), (5_000, 10_000), (60_000, 61_000))
    assert read_marks(" \n") == ()


@pytest.mark.parametrize("text", ["1:05", "2:10-1:05", "0:01-0:01", "a-b", "1-2-3", "0:01-0:61", _TOO_MANY])
def test_marks_when_none_are_refused_with_the_line(text: str) -> None:
    with pytest.raises(MarksWrong):
        read_marks(text)


def test_stretches_when_longer_than_allowed_end_there() -> None:
    marks = read_marks("0:10-0:30\n0:50-2:00\n0:00-0:05")
    assert within(marks, length=60_000, most=25_000) == ((10_000, 30_000), (50_000, 55_000))
    assert total(within(marks, length=60_000, most=900_000)) == 35_000
    assert within(marks, length=5_000, most=900_000) == ((0, 5_000),)
