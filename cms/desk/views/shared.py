"""What somebody without an account sees through a link: one revision on every screen, marked, and a box for an opinion.

The token in the address is the whole right. The page names nobody of the office, leads nowhere, is in no index, and
every drawing carries the mark of whom it was made for.
"""

import base64
import datetime as dt
import hashlib
import html
import math
import re
from typing import Any, Final

from aiohttp import web

from cms.content.kinds import Kind
from cms.contract import Piece
from cms.desk import frames, labels
from cms.desk.frames import Mark
from cms.desk.pace import Pace
from cms.desk.routing import PUBLIC, get, post
from cms.desk.sending import send
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError, Invalid, NotFound, TooMany
from cms.library.queries import file_named
from cms.review.links import NAME, TEXT, Opened, give_opinion, open_link, shared_piece

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32}")
# A page with its frames and their pictures is some dozens of requests; whoever tries tokens gets nowhere with these.
_PACE: Final = Pace(400, dt.timedelta(minutes=1))
_NO_INDEX: Final = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Cache-Control": "no-store"}
_STYLE: Final = (
    ".yp-mark{position:fixed;inset:0;z-index:2147483647;width:100%;height:100%;object-fit:cover;pointer-events:none}"
)
_DRAWING: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%"><defs><pattern id="m" width="{wide}" '
    'height="{high}" patternUnits="userSpaceOnUse" patternTransform="rotate(-24)"><text x="8" y="{line}" '
    'font-size="{size}" font-family="sans-serif" fill="#888" fill-opacity=".42">{said}</text></pattern></defs>'
    '<rect width="100%" height="100%" fill="url(#m)"/></svg>'
)
_STYLE_HASH: Final = f"sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode('ascii')}"


async def page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def opinion(visit: Visit) -> web.StreamResponse:
    """Takes what somebody thinks, within the pace of a person."""
    form = await visit.form()
    typed = {"name": text(form, "name"), "text": text(form, "text")}
    _PACE.take(visit.ip, visit.now)
    try:
        async with visit.deps.db.write() as session:
            await give_opinion(session, _token(visit), **typed, ip=visit.ip, now=visit.now)
    except (Invalid, TooMany) as error:
        _count(visit, error.code)
        return await _page(visit, error=error, typed=typed)
    _count(visit, "taken")
    return visit.redirect(f"/desk/shared/{_token(visit)}", done="opinion")


async def frame(visit: Visit) -> web.StreamResponse:
    """One form of the revision, with the mark over it."""
    _PACE.take(visit.ip, visit.now)
    asked = frames.asked_of(visit)
    token = _token(visit)
    opened, piece = await _opened(visit)
    return await frames.draw(
        visit, asked, piece, files=f"/desk/shared/{token}/files/", mark=_mark(visit, opened, asked.form.width)
    )


async def file(visit: Visit) -> web.StreamResponse:
    """A file the revision draws; no other file of the library is here."""
    _PACE.take(visit.ip, visit.now)
    _, piece = await _opened(visit)
    sha256 = visit.part("sha256")
    if all(asset.sha256 != sha256 for asset in piece.assets):
        raise NotFound("kernel.not_found")
    async with visit.deps.db.read() as session:
        found = await file_named(session, sha256)
    return await send(visit, found)


async def _opened(visit: Visit) -> tuple[Opened, Piece]:
    async with visit.deps.db.read() as session:
        opened = await open_link(session, _token(visit), now=visit.now)
        return opened, await shared_piece(session, opened, press=visit.deps.press(1), now=visit.now)


async def _page(
    visit: Visit, *, error: DomainError | None = None, typed: dict[str, str] | None = None
) -> web.StreamResponse:
    _PACE.take(visit.ip, visit.now)
    token = _token(visit)
    async with visit.deps.db.write() as session:
        opened = await open_link(session, token, now=visit.now, count=error is None)
    wrong = dict(error.fields) if isinstance(error, Invalid) else {}
    context: dict[str, Any] = {
        "csrf": visit.csrf,
        "title": opened.revision.title or visit.t("desk.documents.untitled"),
        "site": visit.deps.site.name,
        "kind": visit.t(f"enum.Kind.{Kind(opened.document.kind).name}"),
        "label": opened.link.label,
        "until": labels.instant(visit, opened.link.expires_at),
        "revision": opened.revision.number,
        "frames": frames.frames_of(visit, f"/desk/shared/{token}/see", opened.revision.channels),
        "action": f"/desk/shared/{token}",
        "typed": typed or {"name": "", "text": ""},
        "most": {"name": NAME, "text": TEXT},
        "wrong": {
            name: visit.refusal(Invalid(code, most=NAME if name == "name" else TEXT)) for name, code in wrong.items()
        },
        "error": visit.refusal(error) if error and not wrong else None,
    }
    answer = visit.render("shared/show.html", context, status=error.status if error else 200)
    answer.headers.update(_NO_INDEX)
    return answer


def _token(visit: Visit) -> str:
    token = visit.part("token")
    if not _TOKEN.fullmatch(token):
        raise NotFound("review.link_gone")
    return token


def _mark(visit: Visit, opened: Opened, width: int) -> Mark:
    """Whom it was made for and the day, again and again over the whole drawing, too pale to hide a word."""
    day = visit.now.astimezone(visit.deps.zone).date().isoformat()
    said = html.escape(visit.t("desk.share.mark", label=opened.link.label, day=day))
    size = max(15, width // 44)
    wide = size * (4 + math.ceil(len(said) * 0.9))
    drawing = _DRAWING.format(wide=wide, high=size * 9, line=size * 5, size=size, said=said)
    data = base64.b64encode(drawing.encode()).decode("ascii")
    markup = f'<style>{_STYLE}</style><img class="yp-mark" alt="" src="data:image/svg+xml;base64,{data}">'
    return Mark(markup.encode(), _STYLE_HASH)


def _count(visit: Visit, outcome: str) -> None:
    if visit.deps.metrics is not None:
        visit.deps.metrics.count("yunping_preview_opinions_total", outcome=outcome)


ROUTES = (
    get("/desk/shared/{token}", page, PUBLIC),
    post("/desk/shared/{token}", opinion, PUBLIC),
    get("/desk/shared/{token}/see/{channel}/{form}", frame, PUBLIC),
    get("/desk/shared/{token}/files/{sha256}", file, PUBLIC),
)
