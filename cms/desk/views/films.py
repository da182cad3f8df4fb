"""Pages of a finished film: its chapter marks, and the page on which others are cut out of it and joined to it."""

import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from cms.desk import films, incoming
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError, Refused
from cms.library.cutting import cut_video, joinable, set_chapters
from cms.library.details import editable
from cms.library.models import VIDEO
from cms.library.queries import asset_for
from cms.library.states import VideoState
from cms.people.permissions import Action, Subject, can
from media.cutting import read_pieces
from media.errors import MediaRefused

_ONE: Final = "/desk/library/assets/{asset}"
_MOST: Final = 50


async def chapters(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    marks = films.read_chapters(text(form, "chapters"))
    async with visit.deps.db.write() as session:
        row = await editable(session, visit.actor, visit.uuid("asset"))
        if row.kind != VIDEO:
            raise Refused("library.other_kind")
        await set_chapters(session, visit.actor, row, marks, now=visit.now)
    return visit.redirect(incoming.ASSET_PAGE.format(asset=visit.uuid("asset")), done="chapters_saved")


async def cut_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def cut(visit: Visit) -> web.StreamResponse:
    """Asks for the film of the pieces that were chosen; what is wrong comes back with them."""
    form = await visit.form()
    given, name = text(form, "pieces"), text(form, "name")
    try:
        sent = json.loads(given)
    except (ValueError, RecursionError):
        sent = None
    try:
        pieces = read_pieces(sent)
        deps = visit.deps
        made = await cut_video(deps.db, deps.workshop, visit.actor, pieces, name=name, now=visit.now)
    except (MediaRefused, DomainError) as error:
        return await _page(visit, typed=sent, name=name, error=error)
    return visit.redirect(incoming.ASSET_PAGE.format(asset=made.id), done="film_cut")


async def _page(
    visit: Visit, *, typed: Any = None, name: str = "", error: DomainError | MediaRefused | None = None
) -> web.Response:
    async with visit.deps.db.read() as session:
        found = await asset_for(session, visit.actor, visit.uuid("asset"))
        asset = found.asset
        if asset.kind != VIDEO or asset.state != VideoState.READY or asset.deleted_at is not None:
            raise Refused("library.video_unready")
        others = await joinable(session, visit.actor, asset, most=_MOST)
    known = [films.for_cutting(one) for one in (asset, *others)]
    whole = [[str(asset.id), 0, known[0]["segments"]]]
    told = None
    if error is not None:
        told = _told(visit, error)
    context = {
        "asset": {"name": asset.name, "page": incoming.ASSET_PAGE.format(asset=asset.id)},
        "films": known,
        "pieces": typed if isinstance(typed, list) else whole,
        "name": name or visit.t("desk.cut.named", name=asset.name)[:200],
        "choices": [{"value": one["id"], "label": f"{one['name']}（{one['clock']}）"} for one in known[1:]],
        "scrub": films.scrub(found),
        "href": f"{incoming.ASSET_PAGE.format(asset=asset.id)}/cut",
        "error": told,
        "may_cut": bool(can(visit.actor, Action.LIBRARY_UPLOAD, Subject(visit.actor.unit))),
    }
    return visit.page("library/cut.html", context, section="library", status=422 if error else 200)


def _told(visit: Visit, error: DomainError | MediaRefused) -> Mapping[str, str]:
    if isinstance(error, DomainError):
        return visit.refusal(error)
    sentence = visit.deps.catalogue.error(visit.language, error.code, error.params)
    return {"code": error.code, "text": sentence.text, "next": sentence.next}


ROUTES = (
    post(f"{_ONE}/chapters", chapters, Action.LIBRARY_EDIT),
    get(f"{_ONE}/cut", cut_page, Action.LIBRARY_READ),
    post(f"{_ONE}/cut", cut, Action.LIBRARY_UPLOAD),
)
