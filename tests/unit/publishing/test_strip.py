"""A tombstone hides exactly what belongs to its release."""

import json

from hypothesis import given, strategies as st

from cms.publishing.strip import served, strip

A, B, C = "a" * 64, "b" * 64, "c" * 64

Parts = list[tuple[str | None, str]]

texts = st.text("xy<>é云 ", max_size=6)
pages = st.lists(st.tuples(st.sampled_from([None, A, B, C]), texts), max_size=12)


def build(parts: Parts) -> bytes:
    return "".join(t if r is None else f"<!--r:{r}-->{t}<!--/r-->" for r, t in parts).encode()


@given(pages, st.frozensets(st.sampled_from([A, B, C])))
def test_a_page_when_stripped_is_the_page_built_without(parts: Parts, gone: frozenset[str]) -> None:
    assert strip(build(parts), gone) == build([(r, t) for r, t in parts if r not in gone])


@given(pages, st.frozensets(st.sampled_from([A, B])), st.frozensets(st.sampled_from([B, C])))
def test_two_strips_in_a_row_equal_one(parts: Parts, one: frozenset[str], two: frozenset[str]) -> None:
    assert strip(strip(build(parts), one), two) == strip(build(parts), one | two)


def test_a_bracket_inside_a_hidden_one_goes_with_it_and_inside_a_shown_one_alone() -> None:
    page = f"1<!--r:{A}-->2<!--r:{B}-->3<!--/r-->4<!--/r-->5".encode()
    assert strip(page, {A}) == b"15"
    assert strip(page, {B}) == f"1<!--r:{A}-->24<!--/r-->5".encode()


def test_a_bracket_that_never_closes_hides_the_rest() -> None:
    assert strip(f"1<!--r:{A}-->2".encode(), {A}) == b"1"


def test_a_page_of_a_recalled_piece_is_not_served_at_all() -> None:
    page = f"<h1>Recalled</h1><!--r:{B}-->other<!--/r-->".encode()
    assert served(page, media_type="text/html", releases=(A, B), recalled=frozenset({A})) is None
    assert served(page, media_type="text/html", releases=(A, B), recalled=frozenset({B})) == b"<h1>Recalled</h1>"


def test_a_page_without_recalled_releases_is_served_as_it_is() -> None:
    page = f"<!--r:{A}-->x<!--/r-->".encode()
    assert served(page, media_type="text/html", releases=(A,), recalled=frozenset({B})) is page


def test_a_json_feed_loses_the_items_of_recalled_releases() -> None:
    items = [{"title": "云", "_yunping": {"release": r}} for r in (A, B)]
    feed = json.dumps({"items": items}).encode()
    out = served(feed, media_type="application/feed+json; charset=utf-8", releases=(A, B), recalled=frozenset({A}))
    assert out is not None
    assert [i["_yunping"]["release"] for i in json.loads(out)["items"]] == [B]
    assert "云".encode() in out


def test_a_json_file_that_is_no_feed_is_hidden_whole() -> None:
    assert served(b'["x"]', media_type="application/json", releases=(A,), recalled=frozenset({A})) is None
