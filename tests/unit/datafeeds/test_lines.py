"""What people type about a feed, and what a feed may say."""

import pytest
from hypothesis import given, strategies as st

from cms.datafeeds.lines import check_said, read_lines, read_values, shown, written
from cms.kernel.errors import Invalid
from cms.trust.signed import plain

LINES = "pm25 | PM2.5 | 微克/立方米 | 0 | 0 | 1000\ntemp | 气温 | ℃ | 1 | -20 | 45.5\n\nlevel | 空气 | good=优, fair=良"
CARD = read_lines("air", LINES)
GOOD = {"pm25": 35, "temp": 215, "level": "good"}


def test_fields_are_read_as_typed_and_written_the_same() -> None:
    assert [(one.name, one.kind) for one in CARD.fields] == [("pm25", "number"), ("temp", "number"), ("level", "word")]
    assert read_lines("air", written(plain(CARD.fields))) == CARD  # type: ignore[arg-type] # a tuple becomes a list


@pytest.mark.parametrize(
    ("typed", "line", "field"),
    [
        ("pm25 | PM2.5", 1, "|"),
        ("\na | b | c | 9 | 1 | 2", 2, "decimals"),
        ("a | b | c | 0 | x | 2", 1, "least"),
        ("a | b | c | 0 | 0 | 2.5", 1, "most"),
        ("a | b | c | 0 | 5 | 2", 1, "least"),
        ("a | b | g=1, g=2", 1, "words"),
        ("A | b | g=1", 1, "name"),
        (LINES + "\nlevel | 再来 | a=一", 5, "fields"),
    ],
)
def test_line_when_it_makes_no_sense_is_named(typed: str, line: int, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_lines("air", typed)
    assert (caught.value.code, caught.value.params) == ("datafeeds.line", {"line": line, "field": field})


def test_values_are_typed_as_they_are_shown() -> None:
    assert read_values(CARD, {"pm25": "35", "temp": "21.5", "level": "good"}) == GOOD
    assert read_values(CARD, {}) == dict.fromkeys(GOOD)
    with pytest.raises(Invalid) as caught:
        read_values(CARD, {"pm25": "3.5", "temp": "热"})
    assert caught.value.fields == {"pm25": "datafeeds.not_a_number", "temp": "datafeeds.not_a_number"}


def test_what_no_card_would_show_is_not_signed() -> None:
    check_said(CARD, GOOD)
    check_said(CARD, dict.fromkeys(GOOD))
    with pytest.raises(Invalid) as caught:
        check_said(CARD, {"pm25": 1001, "temp": True, "level": "bad", "x": 1})
    assert caught.value.fields == {
        "x": "datafeeds.no_field",
        "pm25": "datafeeds.out_of_bounds",
        "temp": "datafeeds.out_of_bounds",
        "level": "datafeeds.no_word",
    }
    with pytest.raises(Invalid, match=r"datafeeds\.values"):
        check_said(CARD, {"pm25": 1})


@given(st.integers(-200, 455))
def test_number_typed_as_shown_is_the_number(value: int) -> None:
    assert read_values(CARD, {"temp": shown(value, 1)})["temp"] == value
