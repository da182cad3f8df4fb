"""The pages of a newspaper on the public site: the sheet with its zones as links, its articles as a list beside it."""

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup, escape

from cms.contract import Piece
from cms.contract.newspapers import SCALE, Page, Zone, issue_line, label_line, pages
from renderers.web import paths

_WIDTHS: Final = ("page-720", "page-1080")
_LARGEST: Final = "page-2160"
RENDITIONS: Final = frozenset({*_WIDTHS, _LARGEST, "page-thumb"})


def issue(block: Mapping[str, Any]) -> Markup:
    """Which issue of which paper it is."""
    return Markup('<p class="np-issue" id="{}">{}</p>').format(block["id"], issue_line(block))


def page(block: Mapping[str, Any], piece: Piece, media: str) -> Markup:
    """One page; a picture the release does not list leaves the list of its articles."""
    found = next(one for one in pages(piece.body) if one.id == block["id"])
    name = label_line(found.label)
    articles = [zone for zone in found.articles if zone.document or zone.text]
    items = Markup("").join(
        Markup('<li><a href="{}">{}</a></li>').format(_href(zone, media, piece), zone.title or name)
        for zone in articles
    )
    listed = Markup("<ol>{}</ol>").format(items) if items else Markup('<p class="np-none">本版没有单独的文章。</p>')
    texts = Markup("").join(_text(zone, name) for zone in articles if not zone.document)
    return Markup(
        '<section class="np-page" id="{0}" aria-labelledby="{0}-t">{1}'
        '<div class="np-list"><h2 id="{0}-t">{2}</h2>{3}</div></section>{4}'
    ).format(found.id, _sheet(found, piece, name, media), name, listed, texts)


def _sheet(found: Page, piece: Piece, name: str, media: str) -> Markup:
    files = [file for file in (piece.rendition(found.asset, one) for one in _WIDTHS) if file is not None]
    if not files:
        return Markup("")
    files.sort(key=lambda file: file.width)
    srcset = ", ".join(f"{media}/a/{file.sha256} {file.width}w" for file in files)
    shown = files[-1]
    image = Markup(
        '<img src="{}/a/{}" srcset="{}" sizes="(min-width: 900px) 720px, 100vw" width="{}" height="{}" alt="{}"'
        ' loading="lazy" decoding="async">'
    ).format(media, shown.sha256, srcset, shown.width, shown.height, f"{name}版面图")
    # The list beside says the same to keyboards and readers; the picture's links are for pointers.
    links = Markup("").join(_link(zone, media, piece) for zone in found.zones if zone.document or zone.text)
    map_ = Markup(
        '<svg class="np-zones" viewBox="0 0 {0} {0}" preserveAspectRatio="none" aria-hidden="true">{1}</svg>'
    ).format(SCALE, links)
    largest = piece.rendition(found.asset, _LARGEST)
    more = Markup("")
    if largest is not None:
        more = Markup('<a class="np-large" href="{}/a/{}">查看{}大图</a>').format(media, largest.sha256, name)
    return Markup('<div class="np-sheet"><div class="np-frame">{}{}</div>{}</div>').format(image, map_, more)


def _link(zone: Zone, media: str, piece: Piece) -> Markup:
    points = " ".join(f"{x},{y}" for x, y in zone.outline)
    return Markup('<a href="{}" tabindex="-1"><title>{}</title><polygon points="{}"/></a>').format(
        _href(zone, media, piece), zone.title, points
    )


def _href(zone: Zone, media: str, piece: Piece) -> str:
    """The linked piece's own page, or the words further down; a reader of a feed is on no page of ours."""
    if zone.document:
        return f"{media}{paths.article(zone.document)}"
    return f"{f'{media}{paths.article_of(piece)}' if media else ''}#{zone.opens}"


def _text(zone: Zone, name: str) -> Markup:
    words = Markup("").join(Markup("<p>{}</p>").format(one) for one in zone.text)
    return Markup(
        '<section class="np-article" id="{0}" aria-labelledby="{0}-t"><h3 id="{0}-t">{1}</h3>{2}</section>'
    ).format(zone.id, escape(zone.title or name), words)
