"""Feeds of every dialect as the same items, and no word of a real one lost."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from media.errors import MediaRefused
from media.worker.feed import run
from tests.journeys.inputs import SHARED

REAL = sorted((SHARED / "feeds" / "real").glob("*"))
CASES = sorted((SHARED / "feeds" / "feedparser").glob("*.xml"))
EXPECTED = re.compile(r"entries\[0\]\['(title|link|description|summary)'\] == '([^']*)'")


def read(data: str | bytes, tmp_path: Path) -> dict[str, Any]:
    given = tmp_path / "feed"
    given.write_bytes(data if isinstance(data, bytes) else data.encode())
    run(given, tmp_path, {"items": 200})
    found: dict[str, Any] = json.loads((tmp_path / "feed.json").read_text("utf-8"))
    return found


def words(markup: str) -> str:
    """The words alone, however often a site escaped them."""
    for _ in range(4):
        markup = re.sub(r"<[^>]*>", "", html.unescape(markup))
    return "".join(markup.split())


def test_rss_when_read_gives_its_items_with_their_whole_text(tmp_path: Path) -> None:
    feed = read(
        """<?xml version="1.0" encoding="utf-8"?>
        <rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
             xmlns:dc="http://purl.org/dc/elements/1.1/">
        <channel><title>苏州发布</title><copyright>版权所有</copyright>
        <item><title>夜市&amp;灯会</title><link>https://a.cn/1</link><guid isPermaLink="false">x1</guid>
        <dc:creator>沈静怡</dc:creator><pubDate>Thu, 26 Nov 2026 08:00:00 +0800</pubDate>
        <description>短</description><content:encoded><![CDATA[<p>长&nbsp;文</p>]]></content:encoded>
        <enclosure url="https://a.cn/1.jpg" type="image/jpeg"/></item></channel></rss>""",
        tmp_path,
    )
    (item,) = feed["items"]
    assert (feed["title"], feed["rights"], item["guid"], item["author"]) == ("苏州发布", "版权所有", "x1", "沈静怡")
    assert (item["title"], item["summary"], words(item["html"])) == ("夜市&灯会", "短", "长文")
    assert (item["at"], item["pictures"]) == ("2026-11-26T08:00:00+08:00", ["https://a.cn/1.jpg"])


def test_feed_when_it_says_gb2312_is_read_as_what_it_is(tmp_path: Path) -> None:
    text = '<?xml version="1.0" encoding="gb2312"?><rss><channel><item><title>镕基䶮</title></item></channel></rss>'
    assert read(text.encode("gb18030"), tmp_path)["items"][0]["title"] == "镕基䶮"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("<html><body/></html>", "media.no_feed"),
        ("<rss><channel>", "media.feed_broken"),
        ("", "media.feed_broken"),
        ('<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>', "media.feed_broken"),
    ],
)
def test_what_is_no_feed_is_refused(tmp_path: Path, data: str, code: str) -> None:
    with pytest.raises(MediaRefused) as refused:
        read(data, tmp_path)
    assert refused.value.code == code


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_real_feed_when_read_keeps_every_title_and_text(tmp_path: Path, path: Path) -> None:
    items = read(path.read_bytes(), tmp_path)["items"]
    got = "".join(words(item["title"] + item["summary"] + item["html"]) for item in items)
    text = path.read_bytes().decode("iso-8859-1" if path.name == "encoding.rss" else "utf-8")
    bodies = re.findall(r"<(?:item|entry)[ >].*?</(?:item|entry)>", text, re.DOTALL)
    assert len(items) == len(bodies) > 0
    for body in bodies:
        for wanted in re.findall(
            r"<(?:title|description|content:encoded|summary|content)\b[^>]*>(.*?)</", body, re.DOTALL
        )[:2]:
            plain = re.sub(r"<!\[CDATA\[(.*?)(\]\]>|$)", r"\1", wanted, flags=re.DOTALL)
            assert words(html.unescape(plain))[:200] in got


def test_published_cases_when_read_give_what_they_expect(tmp_path: Path) -> None:
    """The cases of feedparser name what they expect; those of words and links concern us."""
    names = {"link": "url", "description": "html", "summary": "html", "title": "title"}
    wrong = []
    for path in CASES:
        head = path.read_text("utf-8", errors="replace").partition("-->")[0]
        for name, value in EXPECTED.findall(head):
            item = read(path.read_bytes(), tmp_path)["items"][0]
            got = item["summary"] if name == "summary" and item["summary"] else item[names[name]]
            if words(html.unescape(got)) != words(html.unescape(value)) and got != value:
                wrong.append((path.name, name, value, got))
    assert wrong == []
