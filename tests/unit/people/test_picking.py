"""A unit is found by a part of its name, its initials or its code; the nearer the beginning the sooner."""

import uuid

import pytest
from hypothesis import given, strategies as st

from cms.people.picking import Place, matching, path_typed


def place(number: int, name: str) -> Place:
    return Place(uuid.UUID(int=number), f"/320509/{number}/", name, number, str(number))


PLACES = [place(1, "平望镇"), place(2, "黎里镇"), place(3, "平安社区"), place(4, "太平桥社区"), place(5, "盛泽镇")]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("平", ["平望镇", "平安社区", "太平桥社区"]),
        ("pwz", ["平望镇"]),
        ("PA", ["平安社区"]),
        (" 镇 ", ["平望镇", "黎里镇", "盛泽镇"]),
        ("5", ["盛泽镇"]),
        ("苏州", []),
        ("", [one.name for one in PLACES]),
    ],
)
def test_units_when_typed_in_part_are_found_the_nearest_first(typed: str, found: list[str]) -> None:
    assert [one.name for one in matching(PLACES, typed)] == found


@given(st.sampled_from(PLACES))
def test_what_the_plain_field_holds_means_its_own_unit(one: Place) -> None:
    assert path_typed(one.typed) == path_typed(one.path) == one.path


@pytest.mark.parametrize("typed", ["平望镇", "", "/", "/a", "x/320509/", "/320509/../"])
def test_what_ends_with_no_path_means_none(typed: str) -> None:
    assert path_typed(typed) == ""
