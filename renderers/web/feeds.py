"""RSS 2.0 and JSON Feed 1.1 of the newest pieces; each item names its release, so that a recall can hide it at once."""

import json
from collections.abc import Sequence
from email.utils import format_datetime

from cms.contract import AssetFile, File, Piece, Site
from renderers.web import blocks, pages, paths, videos

SIZE = 50


def rss(pieces: Sequence[Piece], site: Site, *, path: str, title: str, link: str) -> File:
    """An RSS 2.0 feed (https://www.rssboard.org/rss-specification)."""
    data = pages.page(
        "feed.xml",
        pieces=pieces,
        site=site,
        title=title,
        link=site.base_url + link,
        feed_url=site.base_url + path,
        rfc822=format_datetime,
    )
    return File(path, "application/rss+xml; charset=utf-8", data, _releases(pieces))


def json_feed(pieces: Sequence[Piece], site: Site) -> File:
    """A JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.name,
        "home_page_url": site.base_url + paths.HOME,
        "feed_url": site.base_url + paths.JSON_FEED,
        "language": site.language,
        "items": [_item(piece, site) for piece in pieces],
    }
    data = json.dumps(feed, ensure_ascii=False, separators=(",", ":")).encode()
    return File(paths.JSON_FEED, "application/feed+json; charset=utf-8", data, _releases(pieces))


def _item(piece: Piece, site: Site) -> dict[str, object]:
    url = site.base_url + paths.article_of(piece)
    item: dict[str, object] = {
        "id": url,
        "url": url,
        "title": piece.title,
        "summary": piece.summary,
        "content_html": str(blocks.body(piece, media=site.media_url)),
        "date_published": pages.iso(piece.published_at),
        "authors": [{"name": piece.byline.reporter}],
        "tags": [piece.column_name],
        "_yunping": {"release": piece.release, "source": piece.byline.source, "editor": piece.byline.editor},
    }
    if piece.corrected_at is not None:
        item["date_modified"] = pages.iso(piece.corrected_at)
    attached = [_attachment(film, film.play, site) for film in videos.films(piece) if film.play]
    if attached:
        item["attachments"] = attached
    share = piece.rendition(piece.cover, "og") if piece.cover else None
    if share is not None:
        item["image"] = f"{site.media_url}/a/{share.sha256}"
    return item


def _attachment(film: videos.Film, file: AssetFile, site: Site) -> dict[str, object]:
    told: dict[str, object] = {
        "url": f"{site.media_url}/a/{file.sha256}",
        "mime_type": file.media_type,
        "title": film.title,
        "size_in_bytes": file.size,
    }
    return told | ({"duration_in_seconds": round(film.ms / 1000)} if film.ms else {})


def _releases(pieces: Sequence[Piece]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p.release for p in pieces if p.release))
