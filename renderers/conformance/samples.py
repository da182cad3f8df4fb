"""Pieces the kit publishes: ordinary, long, without pictures, corrected, and hostile ones."""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from cms.contract import AssetFile, Byline, Piece

COLUMNS = (("news", "要闻"), ("talks", "理论宣讲"), ("notices", "通知公告"))
UNITS = ("/1/", "/1/01/", "/1/02/", "/1/02/001/")
# Every text a person can type may hold these; none of them may ever be markup.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "]]><script>alert(1)</script>",
    "--><!--/r--><script>alert(1)</script><!--r:",
    "{{ 7*7 }}{% raw %}",
    "\u202eevil\u202c",
    "&amp;&lt;",
)
_SIZES: Mapping[str, tuple[str, int, int]] = {
    "web-480": ("image/webp", 480, 270),
    "web-960": ("image/webp", 960, 540),
    "web-1440": ("image/webp", 1440, 810),
    "web-960-jpeg": ("image/jpeg", 960, 540),
    "og": ("image/jpeg", 1200, 630),
    "thumb": ("image/webp", 320, 240),
    "screen-1080": ("image/webp", 1080, 608),
    "screen-cover": ("image/webp", 1080, 1920),
}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_piece(
    number: int, *, at: dt.datetime, edition: int = 1, text: str | None = None, pictured: bool = True
) -> Piece:
    """The piece of document `number`; its title is unique, so that a check can look for it in what is shown."""
    column, column_name = COLUMNS[number % len(COLUMNS)]
    title = text or f"第{number:04d}号稿件之第{edition}版"
    cover = digest(f"cover {number}") if pictured else None
    release = digest(f"release {number} {edition} {title}")
    return Piece(
        document=f"d{number:09d}",
        edition=edition,
        release=release,
        bundle=digest("bundle " + release),
        bundle_size=4096,
        kind="notice" if column == "notices" else "news",
        column=column,
        column_name=column_name,
        language="zh-CN",
        title=title,
        subtitle="",
        summary=text or f"第{number:04d}号稿件的摘要。",
        pinyin="d",
        byline=Byline("吴江发布", "沈记者", "周责编", "区委宣传部", at),
        cover=cover,
        body=_body(number, cover, text),
        assets=(*_assets(cover), *_page_assets(number)),
        units=("/1/",),
        channels=("screen", "web"),
        not_before=at,
        not_after=None,
        offline=None,
        published_at=at + dt.timedelta(minutes=number),
    )


def corrected(piece: Piece, *, at: dt.datetime) -> Piece:
    """The next edition of the same document, first published when the first one was."""
    number = int(piece.document[1:])
    newer = make_piece(number, at=piece.not_before, edition=piece.edition + 1, pictured=piece.cover is not None)
    return dataclasses.replace(newer, published_at=piece.published_at, corrected_at=at)


def _body(number: int, cover: str | None, text: str | None) -> Mapping[str, Any]:
    words = text or f"第{number:04d}号稿件的正文，写给街道与社区的读者。"
    run = [{"t": words}, {"t": "加粗", "m": ["b"]}, {"t": "链接", "href": "https://www.example.cn/"}]
    blocks: list[dict[str, Any]] = [
        {"id": "b_000000000001", "type": "paragraph", "text": run},
        {"id": "b_000000000002", "type": "heading", "level": 2, "text": [{"t": words[:40]}]},
        {"id": "b_000000000003", "type": "list", "ordered": True, "items": [{"id": "b_00000000000a", "text": run}]},
        {"id": "b_000000000004", "type": "quote", "text": run, "cite": words[:20]},
        {"id": "b_000000000005", "type": "notice", "title": words[:20], "text": run},
        {"id": "b_000000000006", "type": "table", "header": True, "rows": [[run, run], [run, run]]},
        {"id": "b_000000000007", "type": "divider"},
    ]
    if cover:
        blocks.append(
            {"id": "b_000000000008", "type": "image", "asset": cover, "alt": words[:40], "caption": words[:40]}
        )
    if _is_newspaper(number):
        blocks += _newspaper(number, words)
    return {"schema": 1, "blocks": blocks}


def _is_newspaper(number: int) -> bool:
    """Every fifth piece has pages of a newspaper too: a channel that knows none must still show the piece."""
    return number % 5 == 4


def _newspaper(number: int, words: str) -> list[dict[str, Any]]:
    whole = {"id": "b_0000000000z1", "points": [[500, 500], [5000, 5000]], "title": words[:40], "text": [words, words]}
    far = {"id": "b_0000000000z2", "points": [[5100, 500], [9000, 500], [9000, 4000]], "of": "b_0000000000z1"}
    link = {
        "id": "b_0000000000z3",
        "points": [[500, 5100], [9000, 9000]],
        "title": words[:20],
        "document": "d000000001",
    }
    page = digest(f"page {number}")
    return [
        {"id": "b_000000000009", "type": "issue", "paper": words[:20], "date": "2026-11-26", "number": words[:10]},
        {"id": "b_00000000000b", "type": "page", "asset": page, "label": "01", "zones": [whole, far, link]},
    ]


def _page_assets(number: int) -> tuple[AssetFile, ...]:
    if not _is_newspaper(number):
        return ()
    of = digest(f"page {number}")
    return tuple(
        AssetFile(digest(f"{of}{name}"), 1000, "image/webp", width, width * 3 // 2, of, name)
        for name, width in (("page-2160", 2160), ("page-1080", 1080), ("page-720", 720), ("page-thumb", 240))
    )


def _assets(cover: str | None) -> tuple[AssetFile, ...]:
    if cover is None:
        return ()
    return tuple(
        AssetFile(digest(cover + name), 1000, media_type, width, height, cover, name)
        for name, (media_type, width, height) in _SIZES.items()
    )
