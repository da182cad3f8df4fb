"""Tap zones over generated shapes: what is inside, what is refused, and that reading twice changes nothing."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, strategies as st

from cms.content.blocks import clean_text, read_body
from cms.content.zones import (
    LEAST,
    SCALE,
    Point,
    ZoneError,
    area2,
    box,
    contains,
    hit,
    is_simple,
    opened,
    outline,
    read_points,
    read_zones,
)
from cms.kernel.errors import Invalid

places = st.integers(0, SCALE)
points = st.tuples(places, places)
ONE, TWO = "b_00000000000a", "b_00000000000b"


@st.composite
def rectangles(draw: st.DrawFn) -> list[Point]:
    left, top = draw(st.integers(0, SCALE - LEAST)), draw(st.integers(0, SCALE - LEAST))
    return [(left, top), (draw(st.integers(left + LEAST, SCALE)), draw(st.integers(top + LEAST, SCALE)))]


@given(rectangles(), points)
def test_a_rectangle_has_what_lies_between_its_edges(corners: list[Point], at: Point) -> None:
    left, top, right, bottom = box(corners)
    assert contains(corners, *at) == (left <= at[0] <= right and top <= at[1] <= bottom)
    assert contains(outline(corners), *at) == contains(corners, *at)
    assert abs(area2(corners)) == 2 * (right - left) * (bottom - top)


@given(rectangles(), st.booleans(), st.booleans())
def test_a_rectangle_is_read_the_same_from_any_two_corners(corners: list[Point], across: bool, down: bool) -> None:
    (left, top), (right, bottom) = corners
    ends = [
        [right if across else left, bottom if down else top],
        [left if across else right, top if down else bottom],
    ]
    assert read_points(ends) == ((left, top), (right, bottom))


@given(st.lists(points, min_size=3, max_size=8))
def test_a_polygon_is_taken_or_refused_and_stays_what_it_was(found: list[Point]) -> None:
    try:
        read = read_points([list(point) for point in found])
    except ZoneError:
        return
    assert read_points(read) == read
    assert is_simple(read)
    left, top, right, bottom = box(read)
    assert right - left >= LEAST
    assert bottom - top >= LEAST
    assert all(contains(read, *corner) for corner in read)
    # Turned round it is the same place.
    assert contains(read[::-1], (left + right) // 2, (top + bottom) // 2) == contains(
        read, (left + right) // 2, (top + bottom) // 2
    )


@given(rectangles(), rectangles(), points)
def test_a_touch_means_the_smallest_zone_there(one: list[Point], two: list[Point], at: Point) -> None:
    zones = [{"id": ONE, "points": one}, {"id": TWO, "points": two}]
    there = [zone for zone in zones if contains(zone["points"], *at)]  # type: ignore[arg-type]
    found = hit(zones, *at)
    assert (found is None) == (not there)
    if found is not None:
        assert abs(area2(found["points"])) == min(abs(area2(zone["points"])) for zone in there)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        [[0, 0]],
        [[0, 0], [99, 5000]],
        [[0, 0], [5000, 10_001]],
        [[0, 0], [5000.5, 5000]],
        [[0, 0], [True, 5000]],
        [[0, 0], [5000, 5000], [5000, 0], [0, 5000]],
        [[0, 0], [5000, 0], [2500, 0]],
        [[0, 0], [0, 0], [0, 0]],
        [[0, 0]] * 41,
    ],
)
def test_points_that_make_no_zone_are_refused(wrong: Any) -> None:
    with pytest.raises(ZoneError):
        read_points(wrong)


def zone(id_: str = ONE, **fields: Any) -> dict[str, Any]:
    return {"id": id_, "points": [[0, 0], [5000, 5000]], **fields}


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "x"},
        {"href": "https://a.cn/"},
        {"document": "<script>"},
        {"document": "0123456789", "text": ["字"]},
        {"text": "字"},
        {"title": "字" * 201},
        {"of": "b_x"},
    ],
)
def test_a_zone_has_known_fields_and_opens_one_thing(wrong: dict[str, Any]) -> None:
    with pytest.raises(ZoneError):
        read_zones([{**zone(), **wrong}], clean_text)


def body(*zones: dict[str, Any], other: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    asset = "00000000-0000-7000-8000-000000000001"
    blocks: list[dict[str, Any]] = [
        {"id": "b_00000000000i", "type": "issue", "paper": "吴江日报", "date": "2026-11-26", "number": ""},
        {"id": "b_00000000000p", "type": "page", "asset": asset, "label": "01", "zones": list(zones)},
        {"id": "b_00000000000q", "type": "page", "asset": asset, "label": "02", "zones": list(other)},
    ]
    return {"schema": 1, "blocks": blocks}


def test_a_body_keeps_zones_without_what_is_empty() -> None:
    read = read_body(body(zone(title="  标题\u200b ", text=["一\u0000段", " "], document="", of="")))
    assert read["blocks"][1]["zones"] == [zone(title="标题", text=["一段"])]
    assert "number" not in read["blocks"][0]
    assert read_body(read) == read


def test_a_zone_continues_one_of_the_same_issue_that_continues_none() -> None:
    read = read_body(body(zone(text=["字"]), other=[zone(TWO, of=ONE)]))
    pages = read["blocks"][1:]
    assert opened(pages, pages[1]["zones"][0])["text"] == ["字"]
    for wrong in (zone(of=TWO), zone(of=ONE)):
        with pytest.raises(Invalid):
            read_body(body(wrong, other=[zone(TWO, of=ONE)]))
    with pytest.raises(Invalid):
        read_body(body(zone(), other=[zone()]))


@pytest.mark.parametrize("date", ["", "2026-13-01", "26.11.2026", None, 20261126])
def test_an_issue_has_a_date(date: Any) -> None:
    wrong = body()
    wrong["blocks"][0]["date"] = date
    with pytest.raises(Invalid):
        read_body(wrong)
