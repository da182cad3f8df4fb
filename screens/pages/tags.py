"""The tags of the fleet: which there are, and giving one another name after a look at what that does."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError, NotFound
from cms.people.permissions import Action
from screens import tagging
from screens.pages import parts
from screens.tagging import OFFERED, Preview

HOME = "/desk/screens/tags"


async def list_page(visit: Visit) -> web.StreamResponse:
    """The tags; with `?tag=` the form of its new name, with `to` what that would do."""
    return await _list(visit)


async def rename(visit: Visit) -> web.StreamResponse:
    """Gives a tag another name, or joins it to one that is there."""
    form = await visit.form()
    tag, to = text(form, "tag"), text(form, "to")
    try:
        async with visit.deps.db.write() as session:
            await tagging.rename_tag(session, visit.actor, tag, to, now=visit.now)
    except DomainError as error:
        if isinstance(error, NotFound):
            raise
        return await _list(visit, error, tag=tag, to=to)
    return visit.redirect(HOME, done="tag_renamed")


async def _list(visit: Visit, error: DomainError | None = None, *, tag: str = "", to: str = "") -> web.Response:
    tag, to = tag or visit.query("tag"), to or visit.query("to")
    preview: Preview | None = None
    async with visit.deps.db.read() as session:
        found = await tagging.tags_of(session, visit.actor)
        known = next((one for one in found if one.tag == tag), None)
        if known is not None and to and error is None:
            try:
                preview = await tagging.preview_rename(session, visit.actor, tag, to)
            except DomainError as refused:
                error = refused
    rows: list[dict[str, Any]] = [
        {
            "tag": one.tag,
            "screens": one.screens,
            "targets": visit.joined(one.targets),
            "is_spoken": one.is_spoken,
            "href": f"{HOME}?tag={one.tag}",
            "find": f"/desk/screens/?q={one.tag}",
        }
        for one in found
    ]
    context = {
        "tabs": parts.tabs(visit, "tags"),
        "tags": rows,
        "known": known,
        "to": preview.to if preview is not None else to,
        "preview": preview,
        "may": visit.may(Action.SCREEN_MANAGE),
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("screens/tags.html", context, section="screens", status=error.status if error else 200)


async def offered(session: AsyncSession, visit: Visit) -> Sequence[str]:
    """The tags a form offers, the most used ones."""
    return [one.tag for one in (await tagging.tags_of(session, visit.actor))[:OFFERED]]


ROUTES = (
    get(HOME, list_page, Action.SCREEN_READ),
    post(f"{HOME}/rename", rename, Action.SCREEN_MANAGE),
)
