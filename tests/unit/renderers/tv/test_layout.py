"""From every place on every page the arrows lead everywhere, however few cards there are."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from renderers.tv import keys, layout, pages

ENDS = [["home"], ["before", "home"], ["home", "after"], ["before", "home", "after"]]
PAGES = {
    "home": [
        ["live", *(f"card{n}" for n in range(c)), *(f"tile{n}" for n in range(t))]
        for c in range(5)
        for t in range(1, layout.TILES + 1)
    ],
    "list": [[*(f"item{n}" for n in range(c)), *extra] for c in range(11) for extra in ENDS],
    "tree": [[*(f"column{n}" for n in range(c)), *extra] for c in range(21) for extra in ENDS],
    "detail": [
        ["column", "home"],
        *([*(f"mark{n}" for n in range(m)), "play", "column", "home", *a] for m in range(5) for a in ([], ["again"])),
    ],
    "chapters": [[*(f"mark{n}" for n in range(c)), *extra] for c in range(1, 13) for extra in ENDS],
    "text": [["read", "column", "home"]],
    "day": [
        [*(f"date{n}" for n in range(d)), *(f"row{n}" for n in range(r)), *extra]
        for d in range(1, 10)
        for r in range(8)
        for extra in ENDS
    ],
    "channels": [[*(f"line{n}" for n in range(c)), *extra] for c in range(7) for extra in ENDS],
    "notice": [["read", "close"]],
    "lost": [["back", "home"]],
}  # fmt: skip
# What a page shows of pieces; any of them may be taken back after the page was written.
PIECES = {"home": ("card", layout.CARDS_AT_HOME), "list": ("item", layout.CARDS)}


def lost(page: str, names: Sequence[str]) -> set[str]:
    """What cannot be reached from the first place, or from where it cannot be reached."""
    there = layout.reach(page, names).there
    onward = {
        name: {layout.neighbour(there, name, arrow, wraps=page in layout.GRIDS) for arrow in "lrud"} - {None}
        for name in names
    }
    backward = {name: {other for other in names if name in onward[other]} for name in names}
    return set(names) - (walked(onward, names[0]) & walked(backward, names[0]))


def walked(ways: Mapping[str, set[Any]], start: str) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        for other in ways[waiting.pop()] - found:
            found.add(other)
            waiting.append(other)
    return found


@pytest.mark.parametrize("page", sorted(PAGES))
def test_arrows_from_anywhere_lead_everywhere(page: str) -> None:
    for names in PAGES[page]:
        assert lost(page, names) == set(), names


@pytest.mark.parametrize("page", sorted(PIECES))
def test_arrows_after_any_recall_still_lead_everywhere(page: str) -> None:
    name, count = PIECES[page]
    whole = max(PAGES[page], key=len)
    for left in itertools.product((True, False), repeat=count):
        there = {f"{name}{n}" for n in range(count) if left[n]}
        names = [one for one in whole if not one.startswith(name) or one in there]
        assert lost(page, names) == set(), names


@pytest.mark.parametrize("page", sorted(layout.PAGES))
def test_places_stand_inside_the_safe_area_and_apart(page: str) -> None:
    boxes = list(layout.PAGES[page].values())
    assert set(PAGES) == set(layout.PAGES)
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


def test_codes_of_keys_have_one_meaning_and_stand_in_the_manual() -> None:
    codes = [code for key in (*keys.KEYS, *keys.LEFT_TO_THE_BOX) for code in key.codes]
    assert len(codes) == len(set(codes))
    assert {0x08, 0x18, 27, 340, 0x21, 0x22, 372, 373, 0x300, *range(0x30, 0x3A), *range(0x113, 0x117)} <= set(codes)
    assert keys.table() in (pages.HERE.parents[1] / "docs" / "portal.md").read_text("utf-8")
