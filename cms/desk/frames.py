"""A piece drawn by its channel into one sandboxed document: the policies it lives under, its files, its refusals."""

import asyncio
import base64
import html
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from aiohttp import web
from sqlalchemy import select

from cms.contract import Channel, Form, Piece, Preview, Site
from cms.desk import labels
from cms.desk.frame import Drawing
from cms.desk.refusing import as_refusal
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError, NotFound
from cms.kernel.log import logger
from cms.planning.models import Target
from media.errors import MediaRefused
from media.newspaper import LARGEST

# Of pictures in a frame that may not send our cookie; more than this is a book, not a preview.
_INLINE_BYTES: Final = 16 << 20
_FILES: Final = re.compile(rb"/a/([0-9a-f]{64})")
_BODY_END: Final = b"</body>"
# No script: the frame keeps our origin so that its files come with the cookie, and can do nothing with it.
_STILL: Final = (
    "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
)
# Scripts of ours alone, in an origin of its own: it has no cookie and reaches nothing.
_DRAWN: Final = (
    "default-src 'none'; img-src data:; script-src {here}; style-src {here}{more}; font-src {here}; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)
FILES: Final = "/desk/files/"
_REFUSED: Final = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{text}</title>
<style>html{{height:100%}}body{{display:grid;place-content:center;min-height:100%;margin:0;padding:8%;
background:#fdf2dc;color:#4d3000;font:{size}px/1.6 "Noto Sans CJK SC","PingFang SC",sans-serif;text-align:center}}
strong{{display:block;margin-bottom:.4em}}code{{display:block;margin-top:1em;opacity:.7;font-size:.7em}}</style>
<body data-refused="{code}"><p><strong>{text}</strong>{next}<code>{code}</code></p></body></html>
"""

log = logger("desk.frames")


@dataclass(frozen=True, slots=True)
class Asked:
    """One form of one channel; `drawing` is how a section of the desk draws it where the channel does not."""

    channel: Channel
    form: Form
    drawing: Drawing | None


@dataclass(frozen=True, slots=True)
class Mark:
    """What lies over a drawing: markup before the end of the body, and the hash of its style, for the policy."""

    html: bytes
    style_hash: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawing and the policy of the document that shows it."""

    preview: Preview
    policy: str


def frames_of(visit: Visit, url: str, only: Collection[str] = ()) -> list[dict[str, Any]]:
    """Every form that can be drawn below `url`, as a template shows it; of the channels in `only`, if it names any."""
    return [
        {
            "key": f"{kind}-{form.key}",
            "channel": kind,
            "title": f"{labels.channel(visit, kind)} · {form.title}",
            "label": form.title,
            "src": f"{url}/{kind}/{form.key}",
            "width": form.width,
            "height": form.height,
            "sandbox": "allow-same-origin" if channel.preview else "allow-scripts",
        }
        for kind, channel in sorted(visit.deps.channels.items())
        for form in channel.forms
        if (channel.preview or visit.desk.sections.drawing(kind)) and (not only or kind in only)
    ]


def asked_of(visit: Visit) -> Asked:
    """The form that the address names. Raises NotFound."""
    channel = visit.deps.channels.get(visit.part("channel"))
    forms = {form.key: form for form in channel.forms} if channel else {}
    form = forms.get(visit.part("form"))
    if channel is None or form is None:
        raise NotFound("kernel.not_found")
    drawing = visit.desk.sections.drawing(channel.kind)
    if channel.preview is None and drawing is None:
        raise NotFound("kernel.not_found")
    return Asked(channel, form, drawing)


async def draw(
    visit: Visit, asked: Asked, piece: Piece, *, files: str = FILES, mark: Mark | None = None
) -> web.Response:
    """The frame of a piece; a channel that cannot draw it says so in its own frame and nowhere else."""
    try:
        made = await drawn(visit, asked, piece, files=files, mark=mark)
    except Exception as error:  # a channel's own code: its defect is shown in its frame
        refused = as_refusal(error)
        if refused is None:
            log.exception("a preview broke off", channel=asked.channel.kind, form=asked.form.key)
        return refusal(visit, asked.form, refused or DomainError("desk.preview_failed"))
    return _answer(made.preview, made.preview.data, made.policy)


def refusal(visit: Visit, form: Form, error: DomainError) -> web.Response:
    """A sentence and a next step, as large as the frame is drawn small."""
    said = {name: html.escape(text) for name, text in visit.refusal(error).items()}
    page = _REFUSED.format(language=visit.language, size=max(16, form.width // 22), **said)
    made = Preview("text/html; charset=utf-8", page.encode(), form.width, form.height)
    return _answer(made, made.data, _STILL)


async def drawn(visit: Visit, asked: Asked, piece: Piece, *, files: str = FILES, mark: Mark | None = None) -> Drawn:
    """The piece as the channel draws it, and the policy to show it under. Raises whatever the channel's code does."""
    piece = piece.for_channel(asked.channel.kind)
    if asked.channel.preview is not None:
        made = await asyncio.to_thread(await _drawing(visit, asked.channel), piece, asked.form, visit.deps.site)
        data = _FILES.sub(files.encode() + rb"\1", made.data)
        return Drawn(replace(made, data=_marked(data, mark)), _STILL)
    if asked.drawing is None:
        raise NotFound("kernel.not_found")
    made = asked.drawing(piece, asked.form, await _inline(visit, asked.channel, piece))
    here = f"{visit.request.scheme}://{visit.request.host}/desk/"
    more = f" '{mark.style_hash}'" if mark else ""
    return Drawn(replace(made, data=_marked(made.data, mark)), _DRAWN.format(here=here, more=more))


async def _drawing(visit: Visit, channel: Channel) -> Callable[[Piece, Form, Site], Preview]:
    """How the channel draws: as its account looks, where it has one; of several, as the first by name."""
    at, usual = channel.preview_at, channel.preview
    if at is not None:
        query = select(Target.settings).where(Target.kind == channel.kind, Target.active).order_by(Target.code).limit(1)
        async with visit.deps.db.read() as session:
            settings = (await session.scalars(query)).first()
        if settings is not None:
            return lambda piece, form, site: at(piece, form, site, settings)
    if usual is None:
        raise NotFound("kernel.not_found")
    return usual


def _marked(data: bytes, mark: Mark | None) -> bytes:
    """The page with its mark as the last thing of it; a page without an end gets it at its end."""
    if mark is None:
        return data
    head, end, tail = data.rpartition(_BODY_END)
    return head + mark.html + end + tail if end else data + mark.html


async def _inline(visit: Visit, channel: Channel, piece: Piece) -> Mapping[str, str]:
    """The pictures this channel draws as data addresses, by their hash; of a video its poster."""
    # The largest picture of a newspaper's page is for looking closely, which no preview does.
    drawn = (channel.asset_renditions | channel.video_renditions | channel.page_renditions) - {LARGEST}
    found: dict[str, str] = {}
    left = _INLINE_BYTES
    for asset in piece.assets:
        is_picture = asset.media_type.startswith("image/")
        if not is_picture or asset.rendition not in drawn or asset.size > left:
            continue
        try:
            data = await visit.deps.workshop.store.get(asset.sha256)
        except MediaRefused:
            continue
        left -= len(data)
        found[asset.sha256] = f"data:{asset.media_type};base64,{base64.b64encode(data).decode('ascii')}"
    return found


def _answer(made: Preview, data: bytes, policy: str) -> web.Response:
    headers = {
        "Content-Type": made.media_type,
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
    }
    return web.Response(body=data, headers=headers)
