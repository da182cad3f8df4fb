"""What people drew on a page of the PDF before goes where its words went, or is marked to be looked at."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given, strategies as st

from cms.content.blocks import clean_text
from cms.content.zones import Zone, contains, read_points, read_zones
from cms.newspaper.carrying import Carried, Sheet, by_hand, carry, pairs, whole
from cms.newspaper.proposing import Printed
from tests.unit.newspaper.test_proposing import head, text

LONG = "家门口的文明实践站里，志愿者把理论讲成了故事，把服务送到了桥边。"
FIRST = (head(500, 1000, "夜市开市"), text(500, 1300, words=LONG * 2))
SECOND = (head(500, 4000, "图书馆延长开放"), text(500, 4300, words="图书馆每晚开放到十点，读者可以凭身份证借书。" * 3))
THIRD = (head(5000, 1000, "村村有讲堂"), text(5000, 1300, words="宣讲员走进田头，用吴语讲政策，乡亲们边听边问。" * 3))
HAND = "b_handhandhand"


def ids() -> Callable[[], str]:
    numbers = itertools.count()
    return lambda: f"b_fresh{next(numbers):07d}"


def page(*blocks: Printed) -> Sheet:
    """As it is right after it was drawn."""
    bare = Sheet(blocks)
    return replace(bare, zones=bare.proposed)


def hand(points: list[list[int]], **fields: Any) -> Zone:
    return {"id": HAND, "points": points, **fields}


def moved(block: Printed, x: int, y: int, words: str | None = None) -> Printed:
    place = (block.left + x, block.top + y, block.right + x, block.bottom + y)
    return Printed(*place, block.size, block.text if words is None else words)


def found(done: Carried) -> Zone:
    [zone] = [one for one in done.zones if one["id"] == HAND]
    return zone


def fates(done: Carried) -> tuple[int, int, int, int]:
    return done.stood, done.moved, done.check, done.left_out


LINK = hand([[400, 900], [2100, 2900]], title="夜市", document="0123456789")


def with_link(sheet: Sheet) -> Sheet:
    return replace(sheet, zones=(LINK, *sheet.zones[1:]))


def test_zone_whose_words_stand_stays_and_takes_the_proposals_place() -> None:
    old = with_link(page(*FIRST, *SECOND))
    done = carry(old, page(*FIRST, *THIRD), ids())
    assert fates(done) == (1, 0, 0, 0)
    assert [one.get("title") for one in done.zones] == ["夜市", "村村有讲堂"]
    assert found(done) == LINK


def test_zone_whose_words_moved_goes_with_them_as_far_as_the_page_reaches() -> None:
    old = with_link(page(*FIRST, *SECOND))
    new = page(*SECOND, *(moved(one, 4500, 200) for one in FIRST))
    done = carry(old, new, ids())
    assert fates(done) == (0, 1, 0, 0)
    assert found(done)["points"] == [[4900, 1100], [6600, 3100]]
    assert "check" not in found(done)
    assert [one.get("title") for one in done.zones] == ["图书馆延长开放", "夜市"]
    rim = carry(with_link(page(*FIRST)), page(*(moved(one, 8400, 0) for one in FIRST)), ids())
    assert found(rim)["points"] == [[8300, 900], [10000, 2900]]


def test_zone_whose_words_are_gone_stays_and_is_to_be_checked() -> None:
    done = carry(with_link(page(*FIRST)), page(*SECOND), ids())
    assert fates(done) == (0, 0, 1, 0)
    assert found(done) == {**LINK, "check": True}
    assert [one.get("title") for one in done.zones] == ["图书馆延长开放", "夜市"]  # the proposal is offered beside it


def test_zone_over_a_picture_stays_and_is_to_be_checked() -> None:
    picture = hand([[6000, 6000], [9000, 9000]], title="图", document="0123456789")
    old = page(*FIRST)
    done = carry(replace(old, zones=(*old.zones, picture)), page(*FIRST, *SECOND), ids())
    assert fates(done) == (0, 0, 1, 0)
    assert found(done) == {**picture, "check": True}


def test_words_taken_from_the_page_are_taken_anew_and_written_ones_stay() -> None:
    taken = hand([[400, 900], [2100, 2900]], title="夜市开市", text=["夜市开市", FIRST[1].text])
    better = (
        moved(FIRST[0], 0, 0, "垂虹桥夜市开市"),
        moved(FIRST[1], 0, 0, FIRST[1].text.replace("志愿者", "志愿者们")),
    )
    done = found(carry(replace(page(*FIRST), zones=(taken,)), page(*better), ids()))
    assert (done["title"], done["text"]) == ("垂虹桥夜市开市", [one.text for one in better])
    assert "check" not in done
    wrote = hand([[400, 900], [2100, 2900]], title="夜市", text=["编辑自己写的导语。"])
    done = found(carry(replace(page(*FIRST), zones=(wrote,)), page(*better), ids()))
    assert (done["text"], done["check"]) == (wrote["text"], True)
    assert found(carry(replace(page(*FIRST), zones=(wrote,)), page(*FIRST, *SECOND), ids())) == wrote


def test_proposal_somebody_took_away_does_not_come_back() -> None:
    old = page(*FIRST, *SECOND)
    done = carry(replace(old, zones=old.zones[:1]), page(*FIRST, *SECOND, *THIRD), ids())
    assert fates(done) == (0, 0, 0, 1)
    assert [one["title"] for one in done.zones] == ["夜市开市", "村村有讲堂"]


def test_untouched_page_is_proposed_anew_and_what_continues_it_finds_it() -> None:
    old = page(*FIRST, *SECOND)
    assert by_hand(old) == []
    follows = hand([[8000, 8000], [9000, 9000]], of=old.zones[0]["id"])
    done = carry(replace(old, zones=(*old.zones, follows)), page(*SECOND, *FIRST), ids())
    assert found(done)["of"] in {one["id"] for one in done.zones if one.get("title") == "夜市开市"}
    lone, other = whole([[{**follows, "of": "b_gone00000000"}], list(old.zones)])
    assert lone == [{**hand(follows["points"]), "check": True}]
    assert other == list(old.zones)


def test_pages_are_paired_by_their_words_and_else_by_their_number() -> None:
    one, two, three = page(*FIRST), page(*SECOND), page(*THIRD)
    assert pairs([one, two, three], [page(*SECOND), page(*FIRST)]) == {0: 1, 1: 0}
    assert pairs([one, two], [page(*FIRST), page(head(500, 500, "新的一版"))]) == {0: 0, 1: 1}
    assert pairs([one], [page(*SECOND), page(*FIRST)]) == {1: 0}
    assert pairs([], [one]) == {}


@st.composite
def pages(draw: st.DrawFn) -> tuple[Sheet, Sheet]:
    articles = st.permutations([FIRST, SECOND, THIRD])
    shift = st.integers(-400, 2500)
    made = []
    for _ in range(2):
        blocks = [block for one in draw(articles)[: draw(st.integers(0, 3))] for block in one]
        made.append(page(*(moved(block, draw(shift), draw(shift)) for block in blocks)))
    away = draw(st.sets(st.integers(0, 5)))
    kept = [one for at, one in enumerate(made[0].zones) if at not in away]
    firsts = {one["id"] for one in kept if "of" not in one}
    zones = [one for one in kept if one.get("of") in {None, *firsts}]
    if draw(st.booleans()):
        corner = draw(st.integers(0, 8000))
        target = {"of": zones[0]["id"]} if draw(st.booleans()) and zones else {"document": "0123456789"}
        zones.append(hand([[corner, corner], [corner + 1900, corner + 1500]], **target))
    return replace(made[0], zones=tuple(zones)), made[1]


@given(pages())
def test_nothing_made_by_hand_is_lost_and_the_zones_are_good(given_: tuple[Sheet, Sheet]) -> None:
    old, new = given_
    done = carry(old, new, ids())
    [zones] = whole([done.zones])
    assert read_zones(zones, clean_text) == zones
    names = [one["id"] for one in zones]
    assert len(set(names)) == len(names)
    assert {one["id"] for one in by_hand(old)} <= set(names)
    assert done.stood + done.moved + done.check == len(by_hand(old))


def test_same_page_again_is_the_same() -> None:
    sheet = with_link(page(*FIRST, *SECOND, *THIRD))
    done = carry(sheet, page(*sheet.blocks), ids())
    assert list(done.zones) == list(sheet.zones)
    assert all(contains(read_points(one["points"]), *sheet.blocks[2 * at].centre) for at, one in enumerate(done.zones))
