"""Templates of the public site, and the dates and marks they need."""

import datetime as dt
import hashlib
import re
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup

from cms.contract import Piece
from renderers.web import blocks, paths, pictures, videos

HERE = Path(__file__).parent
BEIJING = ZoneInfo("Asia/Shanghai")
# https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile("[^\\t\\n\\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@cache
def environment() -> jinja2.Environment:
    """Autoescaping, and strict: a name that is not given is a defect."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(day=day, minute=minute, iso=iso, short=short)
    env.globals.update(
        paths=paths,
        cover=pictures.cover,
        thumb=pictures.thumb,
        picture=pictures.picture,
        body=blocks.body,
        shows_cover=blocks.shows_cover,
        badge=videos.badge,
        films=videos.films,
        is_playable=videos.is_playable,
        mark=mark,
        css=stylesheet()[0],
    )
    return env


def warm() -> None:
    """Reads templates and stylesheet into memory, so that rendering never waits for a disk in the loop."""
    env = environment()
    for name in env.list_templates():
        env.get_template(name)
    stylesheet()
    scripts()


def page(template: str, **context: object) -> bytes:
    """The filled template without characters that no XML reader takes: one in a title would end a whole feed."""
    return _NOT_XML.sub("", environment().get_template(template).render(**context)).encode()


def mark(piece: Piece, html: Markup) -> Markup:
    """Brackets a list item, so that the serving path can leave it out the moment its release is recalled."""
    if not piece.release:
        return html
    return Markup("<!--r:{0}-->{1}<!--/r-->").format(piece.release, html)


@cache
def stylesheet() -> tuple[str, bytes]:
    """Path and bytes of the one stylesheet; the hash in the path makes it cacheable for ever."""
    data = (HERE / "static" / "site.css").read_bytes()
    return f"/static/site-{_tag(data)}.css", data


@cache
def scripts() -> tuple[tuple[str, bytes], tuple[str, bytes]]:
    """Path and bytes of the film player's library, and of the script that takes it when a reader presses play."""
    (library,) = (HERE / "static" / "vendor").glob("hls-*.min.mjs")
    data = library.read_bytes()
    name = f"hls-{_tag(data)}.mjs"
    script = (HERE / "static" / "film.js").read_bytes().replace(b"hls.min.mjs", name.encode())
    return (f"/static/{name}", data), (f"/static/film-{_tag(script)}.js", script)


def _tag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def day(at: dt.datetime) -> str:
    local = at.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日"


def minute(at: dt.datetime) -> str:
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def short(at: dt.datetime) -> str:
    return at.astimezone(BEIJING).strftime("%m-%d")


def iso(at: dt.datetime) -> str:
    return at.astimezone(BEIJING).isoformat(timespec="seconds")
