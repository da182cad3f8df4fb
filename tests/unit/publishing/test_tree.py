"""The fold of segments: whole, in order, the same for every reader, and deaf to workers whose turn is over."""

import pytest
from hypothesis import given, strategies as st

from cms.publishing.tree import (
    Entry,
    Segment,
    Tree,
    decode_segment,
    decode_snapshot,
    encode_segment,
    encode_snapshot,
)

A, B = "a" * 64, "b" * 64
paths = st.sampled_from(["/", "/d/x/", "/d/y/", "/c/news/"])
releases = st.lists(st.sampled_from([A, B]), unique=True, max_size=2).map(tuple)
entries = st.builds(
    Entry, paths, st.sampled_from(["1" * 64, "2" * 64]), st.integers(0, 9), st.just("text/html"), releases
)
links = st.builds(Entry, st.just("/a/" + "3" * 64), st.just("3" * 64), st.just(5), st.just("image/webp"), releases)
segments = st.builds(
    Segment,
    st.just(0),
    st.sampled_from(["web", "city"]),
    st.integers(1, 4),
    st.integers(0, 10**12),
    st.lists(entries, max_size=3, unique_by=lambda e: e.path).map(tuple),
    st.lists(links, max_size=1).map(tuple),
    st.lists(paths, max_size=2, unique=True).map(tuple),
)


def folded(changes: list[Segment]) -> Tree:
    tree = Tree()
    for change in changes:
        tree.fold(tree.rest(change))
    return tree


@given(st.lists(segments, max_size=10))
def test_a_snapshot_when_read_back_is_the_tree(changes: list[Segment]) -> None:
    tree = folded(changes)
    assert decode_snapshot(encode_snapshot(tree)) == tree


@given(segments)
def test_a_segment_when_read_back_is_the_same(segment: Segment) -> None:
    assert decode_segment(encode_segment(segment)) == segment


@given(st.lists(segments, max_size=6), segments)
def test_a_change_when_applied_again_leaves_nothing_to_do(changes: list[Segment], last: Segment) -> None:
    overlapping = set(last.removes) & {e.path for e in last.writes}
    tree = folded([*changes, last])
    if last.turn == tree.turns[last.writer] and not overlapping:
        assert tree.rest(last).is_empty


@given(st.lists(segments, max_size=10))
def test_segments_of_an_older_turn_change_nothing(changes: list[Segment]) -> None:
    tree = Tree()
    for change in changes:
        before = dict(tree.entries)
        late = change.turn < tree.turns.get(change.writer, 0)
        assert tree.fold(tree.rest(change)) is not late
        if late:
            assert tree.entries == before


def test_a_removed_path_is_remembered_as_gone_and_may_come_back() -> None:
    page = Entry("/d/x/", "1" * 64, 3, "text/html", (A,))
    tree = folded([Segment(0, "web", 1, 0, (page,)), Segment(0, "web", 2, 0, removes=("/d/x/",))])
    assert tree.entries["/d/x/"].gone
    assert tree.entries["/d/x/"].is_hidden(frozenset(), frozenset())
    tree.fold(tree.rest(Segment(0, "web", 3, 0, (page,))))
    assert tree.entries["/d/x/"] == page


def test_an_asset_is_hidden_when_all_its_releases_are_or_it_is_itself() -> None:
    one = Entry("/a/" + "3" * 64, "3" * 64, 5, "image/webp", (A,))
    two = Entry("/a/" + "3" * 64, "3" * 64, 5, "image/webp", (B,))
    asset = folded([Segment(0, "web", 1, 0, links=(one,)), Segment(0, "web", 1, 0, links=(two,))]).entries[one.path]
    assert asset.releases == (A, B)
    assert not asset.is_hidden(frozenset({A}), frozenset())
    assert asset.is_hidden(frozenset({A, B}), frozenset())
    assert asset.is_hidden(frozenset(), frozenset({"3" * 64}))


def test_a_page_is_not_hidden_by_one_of_its_releases_because_it_can_be_stripped() -> None:
    assert not Entry("/", "1" * 64, 3, "text/html", (A, B)).is_hidden(frozenset({A}), frozenset())


def test_a_segment_out_of_order_or_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="after"):
        Tree().fold(Segment(2, "web", 1, 0))
    with pytest.raises(ValueError, match="format"):
        decode_segment(b'{"format":2}')
