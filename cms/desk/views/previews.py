"""Previews: the piece as each channel will show it, drawn by the channel, in frames that can do nothing else."""

import asyncio
import base64
import re
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from cms.content.queries import find
from cms.contract import Channel, Form, Piece, Preview
from cms.desk import labels, pieces
from cms.desk.frame import Drawing
from cms.desk.routing import get
from cms.desk.visit import Visit
from cms.kernel.errors import NotFound
from cms.people.permissions import Action
from cms.review.submit import preview_piece
from media.errors import MediaRefused

# Of pictures in a frame that may not send our cookie; more than this is a book, not a preview.
_INLINE_BYTES: Final = 16 << 20
_FILES: Final = re.compile(rb"/a/([0-9a-f]{64})")
# No script: the frame keeps our origin so that its files come with the cookie, and can do nothing with it.
_STILL: Final = (
    "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
)
# Scripts of ours alone, in an origin of its own: it has no cookie and reaches nothing.
_DRAWN: Final = (
    "default-src 'none'; img-src data:; script-src {here}; style-src {here}; font-src {here}; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)


async def preview_page(visit: Visit) -> web.StreamResponse:
    """Every form of every channel beside each other."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        column = await pieces.column_name(session, held.revision.column_code)
        draft, _, _ = await pieces.typed(session, visit, held)
    url = pieces.href(held.document.public_id)
    frames = [
        {
            "key": f"{kind}-{form.key}",
            "title": f"{labels.channel(visit, kind)} · {form.title}",
            "src": f"{url}/preview/{kind}/{form.key}",
            "width": form.width,
            "height": form.height,
            "sandbox": "allow-same-origin" if channel.preview else "allow-scripts",
        }
        for kind, channel in sorted(visit.deps.channels.items())
        for form in channel.forms
        if channel.preview or visit.desk.sections.drawing(kind)
    ]
    head = {**pieces.head(visit, held, column), "title": draft.title or visit.t("desk.documents.untitled")}
    context = {"document": head, "frames": frames, "may": pieces.may(visit, held)}
    return visit.page("documents/preview.html", context, section="documents")


async def frame(visit: Visit) -> web.StreamResponse:
    """One form of one channel, under a policy of its own."""
    channel, form, drawing = _of(visit)
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        draft, _, _ = await pieces.typed(session, visit, held)
        press = visit.deps.press(1)
        piece = await preview_piece(session, visit.actor, held.edition.id, press=press, draft=draft, now=visit.now)
    if channel.preview is not None:
        made = await asyncio.to_thread(channel.preview, piece, form, visit.deps.site)
        return _answer(made, _FILES.sub(rb"/desk/files/\1", made.data), _STILL)
    if drawing is None:
        raise NotFound("kernel.not_found")
    made = drawing(piece, form, await _inline(visit, channel, piece))
    here = f"{visit.request.scheme}://{visit.request.host}/desk/"
    return _answer(made, made.data, _DRAWN.format(here=here))


def _of(visit: Visit) -> tuple[Channel, Form, Drawing | None]:
    channel = visit.deps.channels.get(visit.part("channel"))
    forms = {form.key: form for form in channel.forms} if channel else {}
    form = forms.get(visit.part("form"))
    if channel is None or form is None:
        raise NotFound("kernel.not_found")
    return channel, form, visit.desk.sections.drawing(channel.kind)


async def _inline(visit: Visit, channel: Channel, piece: Piece) -> Mapping[str, str]:
    """The pictures this channel draws as data addresses, by their hash; of a video its poster."""
    drawn = channel.asset_renditions | channel.video_renditions
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
    }
    return web.Response(body=data, headers=headers)


ROUTES = (
    get("/desk/documents/{id}/preview", preview_page, Action.DOCUMENT_READ),
    get("/desk/documents/{id}/preview/{channel}/{form}", frame, Action.DOCUMENT_READ),
)
