"""A draft on the street screen: the player's own templates in a frame that has no origin, no cookie and no network."""

import hashlib
import html
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from cms.contract import Form, Piece, Preview
from cms.desk.routing import PUBLIC, get
from cms.desk.visit import Visit
from cms.kernel.clock import to_ms
from cms.kernel.errors import NotFound
from media.house import POSTER

_HERE: Final = Path(__file__).parent / "static"
_PLAYER: Final = Path(__file__).parents[1] / "player" / "templates"
# The frame's origin is nobody's, so its modules come with a word that anybody may read them; the player is public.
_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_TYPES: Final = {".js": "text/javascript", ".css": "text/css"}
_PAGE: Final = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="/desk/screens/player/frame.css">
<link rel="stylesheet" href="/desk/screens/player/newspaper.css">
<link rel="stylesheet" href="/desk/screens/player/preview.css">
<script type="module" src="/desk/screens/player/preview.js"></script></head>
<body><main id="stage"></main><script type="application/json" id="piece">{piece}</script></body></html>
"""


def draw(piece: Piece, form: Form, pictures: Mapping[str, str]) -> Preview:
    """The page of a draft in one form; `pictures` are data addresses by the sha256 of the file."""
    told = {"content": _content(piece), "assets": _assets(piece, pictures), "width": form.width, "height": form.height}
    # Nothing in the JSON can end the element or begin another one.
    data = json.dumps(told, ensure_ascii=False).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    page = _PAGE.format(title=html.escape(piece.title), piece=data)
    return Preview("text/html; charset=utf-8", page.encode(), form.width, form.height)


def _content(piece: Piece) -> dict[str, Any]:
    """What the player's templates draw of a release."""
    byline = piece.byline
    return {
        "class": piece.kind,
        "title": piece.title,
        "subtitle": piece.subtitle,
        "summary": piece.summary,
        "column": piece.column,
        "column_name": piece.column_name,
        "byline": {
            "source": byline.source,
            "reporter": byline.reporter,
            "editor": byline.editor,
            "sponsor": byline.sponsor,
            "date": to_ms(byline.date),
        },
        "cover": piece.cover,
        "body": dict(piece.body),
    }


def _assets(piece: Piece, pictures: Mapping[str, str]) -> dict[str, Any]:
    """Each master as the player has it: the picture, and for the cover its portrait crop."""
    found: dict[str, Any] = {}
    for asset in piece.assets:
        if asset.rendition not in {"screen-1080", "screen-cover", "page-1080", POSTER}:
            continue
        box = {"url": pictures.get(asset.sha256, ""), "width": asset.width, "height": asset.height}
        entry = found.setdefault(asset.of, {"url": "", "width": 0, "height": 0})
        if asset.rendition in {"screen-1080", "page-1080", POSTER}:
            entry |= box
        elif asset.of == piece.cover:
            entry["cover"] = box
    return found


async def file(visit: Visit) -> web.StreamResponse:
    """A module or stylesheet of the frame. Raises NotFound for every other name."""
    found = _files().get(visit.part("name"))
    if found is None:
        raise NotFound("kernel.not_found")
    media_type, tag, data = found
    headers = {**_HEADERS, "ETag": tag, "Content-Type": f"{media_type}; charset=utf-8"}
    if visit.request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=data, headers=headers)


@cache
def _files() -> Mapping[str, tuple[str, str, bytes]]:
    """The media type, tag and bytes of each."""
    found = {}
    for folder in (_PLAYER, _HERE):
        for path in sorted(folder.iterdir()):
            if path.suffix in _TYPES:
                data = path.read_bytes()
                found[path.name] = (_TYPES[path.suffix], f'"{hashlib.sha256(data).hexdigest()[:16]}"', data)
    return found


_files()
ROUTES = (get("/desk/screens/player/{name}", file, PUBLIC),)
