"""Differences: every block once, every character accounted for."""

import itertools
from typing import Any

from hypothesis import given, strategies as st

from cms.content.blocks import block_texts
from cms.content.diff import MAX_WORDS, diff, text_diff

words = st.text(alphabet="吴江新闻 ab,。\n", max_size=30)


@given(words, words)
def test_pieces_of_text_when_put_together_are_both_texts(old: str, new: str) -> None:
    pieces = text_diff(old, new)
    assert "".join(piece.text for piece in pieces if piece.how != "removed") == new
    assert "".join(piece.text for piece in pieces if piece.how != "added") == old
    assert all(first.how != second.how for first, second in itertools.pairwise(pieces))


def test_text_when_very_long_is_shown_as_replaced() -> None:
    old, new = "字" * (MAX_WORDS + 1), "词" * 10
    assert [(piece.how, piece.text) for piece in text_diff(old, new)] == [("removed", old), ("added", new)]


def test_text_when_one_word_changes_shows_that_word() -> None:
    pieces = text_diff("昨晚二十位居民读书", "昨晚三十位居民读书")
    assert [(piece.how, piece.text) for piece in pieces] == [
        ("same", "昨晚"),
        ("removed", "二"),
        ("added", "三"),
        ("same", "十位居民读书"),
    ]


def paragraph(id_: str, text: str = "") -> dict[str, Any]:
    return {"id": id_, "type": "paragraph", "text": [{"t": text or id_}]}


bodies = st.lists(
    st.builds(paragraph, st.sampled_from([f"b_{letter * 12}" for letter in "abcdef"]), st.sampled_from("甲乙")),
    unique_by=lambda block: block["id"],
).map(lambda blocks: {"schema": 1, "blocks": blocks})


@given(bodies, bodies)
def test_every_block_of_both_bodies_stands_in_the_difference_once(old: dict[str, Any], new: dict[str, Any]) -> None:
    changes = diff(old, new)
    assert [change.new for change in changes if change.new is not None] == new["blocks"]
    gone = [change.id for change in changes if change.new is None]
    kept = {block["id"] for block in new["blocks"]}
    assert gone == [block["id"] for block in old["blocks"] if block["id"] not in kept] or sorted(gone) == sorted(
        block["id"] for block in old["blocks"] if block["id"] not in kept
    )
    for change in changes:
        assert (change.how == "same") is (change.old == change.new)
        if change.new is not None:
            told = "".join(piece.text for piece in change.text if piece.how != "removed")
            assert told == "\n".join(block_texts(change.new))


@given(bodies)
def test_body_compared_with_itself_has_no_change(body: dict[str, Any]) -> None:
    assert all(change.how == "same" and not change.moved for change in diff(body, body))


def test_block_when_moved_is_marked_and_the_others_are_not() -> None:
    a, b, c = (paragraph(f"b_{letter * 12}") for letter in "abc")
    changes = diff({"schema": 1, "blocks": [a, b, c]}, {"schema": 1, "blocks": [c, a, b]})
    assert [(change.id[2], change.moved) for change in changes] == [("c", True), ("a", False), ("b", False)]


def test_block_when_removed_is_shown_where_it_was() -> None:
    a, b, c = (paragraph(f"b_{letter * 12}") for letter in "abc")
    changes = diff({"schema": 1, "blocks": [a, b, c]}, {"schema": 1, "blocks": [a, c]})
    assert [(change.id[2], change.how) for change in changes] == [("a", "same"), ("b", "removed"), ("c", "same")]


def test_block_when_its_type_changes_is_removed_and_added() -> None:
    old = paragraph("b_aaaaaaaaaaaa", "话")
    new = {"id": "b_aaaaaaaaaaaa", "type": "heading", "level": 2, "text": [{"t": "话"}]}
    changes = diff({"schema": 1, "blocks": [old]}, {"schema": 1, "blocks": [new]})
    assert sorted(change.how for change in changes) == ["added", "removed"]
