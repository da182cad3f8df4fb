"""Feeds are read by foreign programs: well-formed whatever people typed, whole addresses, newest first."""

import dataclasses
import datetime as dt
import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from email.utils import parsedate_to_datetime

from hypothesis import given, settings, strategies as st

from cms.contract import File, Piece
from cms.publishing.strip import served
from renderers.conformance.samples import make_piece
from renderers.conformance.world import SITE
from renderers.web import feeds, paths
from tests.unit.renderers.articles import AT, pieces, read

ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
LISTS = st.lists(pieces(), max_size=2, unique_by=lambda piece: piece.document)


def rss(shown: Sequence[Piece]) -> ET.Element:
    file = feeds.rss(shown, SITE, path=paths.RSS, title="吴江云屏", link=paths.HOME)
    # A document type is where entities come from; without one the parser of the standard library is safe.
    assert b"<!DOCTYPE" not in file.data
    root = ET.fromstring(file.data)
    channel = root.find("channel")
    assert root.tag == "rss"
    assert channel is not None
    return channel


def json_feed(shown: Sequence[Piece]) -> dict[str, object]:
    found = json.loads(feeds.json_feed(shown, SITE).data)
    assert isinstance(found, dict)
    return found


def test_rss_when_read_has_what_the_format_asks_for() -> None:
    piece = make_piece(1, at=AT)
    channel = rss([piece])
    assert [channel.findtext(name) for name in ("title", "link", "language")] == [
        "吴江云屏",
        "https://www.example.cn/",
        "zh-CN",
    ]
    own = channel.find(f"{ATOM}link")
    assert own is not None
    assert own.attrib == {"href": "https://www.example.cn/feed.xml", "rel": "self", "type": "application/rss+xml"}
    (item,) = channel.findall("item")
    assert item.findtext("link") == item.findtext("guid") == f"https://www.example.cn/d/{piece.document}/"
    assert parsedate_to_datetime(item.findtext("pubDate") or "") == piece.published_at
    assert item.findtext(f"{DC}creator") == "沈记者"
    assert item.findtext("source") == "吴江发布"


def test_rss_when_it_shows_a_picture_gives_its_whole_address() -> None:
    content = rss([make_piece(1, at=AT)]).findtext(f"item/{CONTENT}encoded") or ""
    assert content.count("https://www.example.cn/a/") == 4
    assert '"/a/' not in content


@settings(max_examples=40)
@given(LISTS)
def test_rss_with_any_text_in_it_is_read_and_says_it(shown: list[Piece]) -> None:
    items = rss(shown).findall("item")
    assert len(items) == len(shown)
    for item, piece in zip(items, shown, strict=True):
        assert "".join((item.findtext("title") or "").split()) == _shown(piece.title)
        read(item.findtext(f"{CONTENT}encoded") or "")


@settings(max_examples=40)
@given(LISTS)
def test_json_feed_with_any_text_in_it_is_read_and_says_it(shown: list[Piece]) -> None:
    items = json_feed(shown)["items"]
    assert isinstance(items, list)
    for item, piece in zip(items, shown, strict=True):
        assert item["title"] == piece.title
        assert item["_yunping"]["release"] == piece.release
        read(item["content_html"])


@settings(max_examples=40)
@given(LISTS, st.data())
def test_feeds_when_one_piece_is_recalled_lose_that_one_only(shown: list[Piece], data: st.DataObject) -> None:
    if not shown:
        return
    victim = data.draw(st.sampled_from(shown))
    left = [piece for piece in shown if piece is not victim]
    recalled = frozenset({victim.release})
    for make in (_rss_file, _json_file):
        file = make(shown)
        assert file.releases == tuple(piece.release for piece in shown)
        after = served(file.data, media_type=file.media_type, releases=file.releases, recalled=recalled)
        assert after is not None
        assert b"".join(after.split()) == b"".join(make(left).data.split())


def test_json_feed_when_read_has_what_the_format_asks_for() -> None:
    piece = dataclasses.replace(make_piece(1, at=AT), corrected_at=AT + dt.timedelta(days=1))
    feed = json_feed([piece])
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://www.example.cn/feed.json"
    items = feed["items"]
    assert isinstance(items, list)
    (item,) = items
    assert item["id"] == item["url"] == f"https://www.example.cn/d/{piece.document}/"
    assert dt.datetime.fromisoformat(item["date_published"]) == piece.published_at
    assert dt.datetime.fromisoformat(item["date_modified"]) == piece.corrected_at
    assert item["image"].startswith("https://www.example.cn/a/")


def test_json_feed_without_pictures_or_corrections_does_not_name_them() -> None:
    items = json_feed([make_piece(1, at=AT, pictured=False)])["items"]
    assert isinstance(items, list)
    assert not {"image", "date_modified"} & items[0].keys()


def test_feeds_when_nothing_is_published_are_empty_and_read() -> None:
    assert rss([]).findall("item") == []
    assert json_feed([])["items"] == []


def _rss_file(shown: Sequence[Piece]) -> File:
    return feeds.rss(shown, SITE, path=paths.RSS, title="t", link="/")


def _json_file(shown: Sequence[Piece]) -> File:
    return feeds.json_feed(shown, SITE)


def _shown(text: str) -> str:
    """What of a text XML can hold, without white space."""
    allowed = (
        ch
        for ch in text
        if ch in "\t\n\r" or "\u0020" <= ch <= "\ud7ff" or "\ue000" <= ch <= "\ufffd" or ch >= "\U00010000"
    )
    return "".join("".join(allowed).split())
