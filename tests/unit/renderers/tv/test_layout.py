"""From every place on every page the arrows lead everywhere, however few cards there are."""

import itertools
from collections.abc import Sequence

import pytest

from renderers.tv import layout

PAGES = {
    "home": [
        ["live", *(f"card{n}" for n in range(c)), *(f"tile{n}" for n in range(t))]
        for c in range(5)
        for t in range(1, 13)
    ],
    "list": [
        [*(f"item{n}" for n in range(c)), "home", *extra]
        for c in range(11)
        for extra in ([], ["before"], ["after"], ["before", "after"])
    ],
    "detail": [["column", "home"], ["play", "column", "home"]],
    "text": [["read", "column", "home"]],
    "day": [
        [*(f"row{n}" for n in range(r)), "home", *extra]
        for r in range(8)
        for k in range(5)
        for extra in itertools.combinations(("yesterday", "before", "after", "tomorrow"), k)
    ],
}  # fmt: skip


def reached(page: str, names: Sequence[str]) -> set[str]:
    there = layout.reach(page, names).there
    found, waiting = {names[0]}, [names[0]]
    while waiting:
        here = waiting.pop()
        for arrow in "lrud":
            other = layout.neighbour(there, here, arrow)
            if other is not None and other not in found:
                found.add(other)
                waiting.append(other)
    return found


@pytest.mark.parametrize("page", sorted(PAGES))
def test_arrows_from_anywhere_lead_everywhere(page: str) -> None:
    for names in PAGES[page]:
        for start in names:
            rest = [name for name in names if name != start]
            assert reached(page, [start, *rest]) == set(names), names


@pytest.mark.parametrize("page", sorted(layout.PAGES))
def test_places_stand_inside_the_safe_area_and_apart(page: str) -> None:
    boxes = list(layout.PAGES[page].values())
    for box in boxes:
        assert box.left >= 64
        assert box.top >= 36
        assert box.left + box.width <= 1216
        assert box.top + box.height <= 684
    for a, b in itertools.combinations(boxes, 2):
        apart = (
            a.left + a.width <= b.left
            or b.left + b.width <= a.left
            or a.top + a.height <= b.top
            or b.top + b.height <= a.top
        )
        assert apart, (a, b)
