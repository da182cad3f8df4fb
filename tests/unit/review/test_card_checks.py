"""Data cards before anybody reads the piece: an error names the block, what is wrong and what to do."""

from typing import Any

import pytest

from cms.content.blocks import read_body
from cms.content.draft import Draft
from cms.kernel.errors import Invalid
from cms.kernel.messages import catalogue
from cms.review.card_checks import Kept, feeds_named, find_cards
from cms.signals.feed import read_card
from tests.vectors import world

CARD = {**world.card(), "id": "b_000000000009"}
FEEDS = {"air": Kept(read_card(CARD).schema, active=True)}
Found = list[tuple[str, str, str]]


def found(*cards: dict[str, Any], feeds: Any = FEEDS, channels: tuple[str, ...] = ("screen",)) -> Found:
    body = read_body({"schema": 1, "blocks": list(cards)})
    return [(one.severity, one.code, one.block) for one in find_cards(Draft(body=body, channels=channels), feeds)]


def must(code: str) -> Found:
    return [("must", code, CARD["id"])]


def test_a_card_of_a_feed_the_office_keeps_passes() -> None:
    assert found(CARD) == []
    assert found() == []
    assert found(CARD, feeds=None) == []
    assert feeds_named(Draft(body=read_body({"schema": 1, "blocks": [CARD]}))) == {"air"}
    assert found(CARD, channels=("screen", "web")) == [("hint", "card_street_only", CARD["id"])]
    assert found(CARD, feeds={"air": Kept(FEEDS["air"].schema, active=False)}) == [
        ("hint", "card_feed_off", CARD["id"])
    ]


def test_a_card_that_could_never_be_filled_stops_the_submission() -> None:
    number, word = CARD["fields"]
    for wrong in ({**number, "least": 5, "most": 1}, {**number, "decimals": 9}, {**word, "words": []}, {"kind": "x"}):
        assert found({**CARD, "fields": [wrong]}) == must("card_bad")
    assert found({**CARD, "fields": []}) == must("card_bad")
    assert found({**CARD, "feed": "AIR"}) == must("card_bad")
    assert found({**CARD, "feed": "water"}) == must("card_no_feed")
    assert found({**CARD, "fields": [number]}) == must("card_other_fields")
    assert found(CARD, channels=("web",)) == must("card_no_street")
    second = {**CARD, "id": "b_00000000000a"}
    assert found(CARD, second) == [("must", "card_second", second["id"])]


def test_the_sentence_names_the_field() -> None:
    number, word = CARD["fields"]
    body = read_body({"schema": 1, "blocks": [{**CARD, "fields": [word, {**number, "least": 5, "most": 1}]}]})
    (one,) = find_cards(Draft(body=body, channels=("screen",)), FEEDS)
    said = catalogue().text("zh-CN", f"review.check.{one.code}", **one.params)
    assert said == "数据卡“PM2.5”写法不对：fields.least"
    assert catalogue().text("zh-CN", f"review.check.{one.code}.next")


def test_what_is_no_card_at_all_is_refused_when_it_is_saved() -> None:
    for wrong in (
        {"fields": "x"},
        {"fields": [1]},
        {"fields": [{"words": [{"x": "y"}]}]},
        {"fields": [{"least": 1.5}]},
    ):
        with pytest.raises(Invalid, match=r"content\.block"):
            read_body({"schema": 1, "blocks": [{**CARD, **wrong}]})
