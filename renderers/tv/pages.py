"""Pages of the portal: templates read once, static files named by their hash, pictures and marks of pieces."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Final

import jinja2
from markupsafe import Markup

from cms.contract import AssetFile, File, Piece
from media.house import POSTER as FILM
from renderers.tv import keys, layout, paths
from renderers.tv.dates import day

HERE: Final = Path(__file__).parent
HTML: Final = "text/html; charset=utf-8"
SCRIPTS: Final = ("box.js", "player.js", "pass.js", "watch.js", "portal.js", "alert.js")
HLS: Final = "vendor/hls-1.7.4/hls.min.js"
CARD: Final = "tv-card"
POSTER: Final = "web-960-jpeg"
RENDITIONS: Final = frozenset({CARD, POSTER})
# Bytes of pictures that a page has at once: an old box holds little, and its line is slow.
PICTURES: Final = 300_000
_SCRIPT: Final = "text/javascript; charset=utf-8"
# https://www.w3.org/TR/xml/#charsets
_NOT_TEXT: Final = re.compile("[^\\t\\n\\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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
    env.filters.update(day=day)
    env.globals.update(paths=paths, picture=picture, mark=mark, is_video=is_video, static=static())
    env.globals.update(part=layout.part, grids=layout.GRIDS)
    return env


def warm() -> None:
    """Reads templates and static files, so that rendering never waits for a disk in the loop."""
    env = environment()
    for name in env.list_templates():
        env.get_template(name)
    static_files()


def page(template: str, **context: object) -> bytes:
    return _NOT_TEXT.sub("", environment().get_template(template).render(**context)).encode()


def number(text: str, default: int) -> int:
    """The number of a page in an address."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else default


def mark(piece: Piece, html: Markup) -> Markup:
    """Brackets what belongs to a piece, so that the serving path can leave it out when its release is recalled."""
    return Markup("<!--r:{0}-->{1}<!--/r-->").format(piece.release, html) if piece.release else html


def picture(piece: Piece, name: str = CARD) -> Markup:
    """The cover, else the first picture's or video's; nothing when there is none that a page can hold."""
    file = next((one for one in _drawn(piece, name) if one.size <= PICTURES), None)
    return Markup("") if file is None else _image(file)


def pictures(pieces: Iterable[Piece]) -> Mapping[str, Markup]:
    """By document, the small pictures of a page with many: all, or those that are smallest and fit together."""
    found = [(piece.document, min(_drawn(piece, CARD), key=_card_first, default=None)) for piece in pieces]
    files = sorted((one.size, document, one) for document, one in found if one is not None)
    whole = accumulate(size for size, _, _ in files)
    fit = {document: _image(one) for (_, document, one), upto in zip(files, whole, strict=True) if upto <= PICTURES}
    return {document: fit.get(document, Markup("")) for document, _ in found}


def is_video(piece: Piece) -> bool:
    return any(block.get("type") == "video" for block in piece.body.get("blocks", ()))


@cache
def static_files() -> tuple[File, ...]:
    """Stylesheet and scripts; the hash in a path makes it cacheable for ever."""
    style = _read("portal.css") + layout.stylesheet()
    # One script for every page: a box asks for it once. The table of keys goes before those that use it.
    script = keys.script() + "".join(_read(name) for name in SCRIPTS)
    made = [
        ("portal.css", "text/css; charset=utf-8", style.encode()),
        ("portal.js", _SCRIPT, script.encode()),
        (HLS, _SCRIPT, (HERE / "static" / HLS).read_bytes()),
    ]
    return tuple(File(_static_path(name, data), kind, data) for name, kind, data in made)


def _read(name: str) -> str:
    return (HERE / "static" / name).read_text("utf-8")


@cache
def static() -> dict[str, str]:
    """Addresses of the static files by short name."""
    return {name: file.path for name, file in zip(("css", "portal", "hls"), static_files(), strict=True)}


def _static_path(name: str, data: bytes) -> str:
    stem, _, ending = name.rpartition("/")[2].rpartition(".")
    return f"{paths.FILES}{stem}-{hashlib.sha256(data).hexdigest()[:16]}.{ending}"


def _image(file: AssetFile) -> Markup:
    return Markup('<img src="/a/{}" alt="">').format(file.sha256)


def _card_first(file: AssetFile) -> tuple[bool, int]:
    return file.rendition != CARD, file.size


def _drawn(piece: Piece, name: str) -> Iterator[AssetFile]:
    """The first cover that has a file a box can draw, in the size that is asked for and in others."""
    for of in _covers(piece):
        found = [file for kind in (name, POSTER, FILM, CARD) if (file := piece.rendition(of, kind)) is not None]
        if found:
            yield from found
            return


def _covers(piece: Piece) -> list[str]:
    blocks = piece.body.get("blocks", ())
    found = [piece.cover, *(b.get("poster") for b in blocks), *(b.get("asset") for b in blocks)]
    return [of for of in found if of]
