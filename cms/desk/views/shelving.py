"""Order in the library: folders, one action on many, its undoing, and the trash."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.uses import used
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.views.library import LIBRARY, cards
from cms.desk.visit import Form, Visit, as_uuid
from cms.kernel.errors import Invalid
from cms.library import bulk
from cms.library.browse import Look, browse
from cms.library.details import read_tags
from cms.library.folders import add_folder, drop_folder, rename_folder
from cms.library.models import LibraryBatch
from cms.library.trash import KEPT, restore
from cms.people.permissions import Action

TRASH: Final = "/desk/library/trash"

_Change = Callable[[AsyncSession, Visit, list[uuid.UUID], Form], Awaitable[LibraryBatch]]


async def folder_add(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    parent = as_uuid(text(form, "parent")) if text(form, "parent") else None
    async with visit.deps.db.write() as session:
        made = await add_folder(session, visit.actor, text(form, "name"), parent=parent, now=visit.now)
    return visit.redirect(f"{LIBRARY}?folder={made.id}", done="folder_added")


async def folder_rename(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    async with visit.deps.db.write() as session:
        row = await rename_folder(session, visit.actor, visit.uuid("folder"), text(form, "name"), now=visit.now)
    return visit.redirect(f"{LIBRARY}?folder={row.id}", done="folder_renamed")


async def folder_drop(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.write() as session:
        row = await drop_folder(session, visit.actor, visit.uuid("folder"), now=visit.now)
    to = f"{LIBRARY}?folder={row.parent_id}" if row.parent_id else LIBRARY
    return visit.redirect(to, done="folder_dropped")


async def change_many(visit: Visit) -> web.StreamResponse:
    """One action on all that were ticked; leads back to the list, which offers to undo it."""
    form = await visit.form()
    change = _CHANGES.get(text(form, "do"))
    if change is None:
        raise Invalid("kernel.invalid")
    ids = [as_uuid(one) for one in form.getall("asset", []) if isinstance(one, str)]
    async with visit.deps.db.write() as session:
        batch = await change(session, visit, ids, form)
    return visit.redirect(_with_undo(text(form, "back"), batch.id))


async def undo(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.write() as session:
        await bulk.undo(session, visit.actor, visit.uuid("batch"), now=visit.now)
    return visit.redirect(LIBRARY, done="undone")


async def trash_page(visit: Visit) -> web.StreamResponse:
    given = visit.query("page")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 1
    async with visit.deps.db.read() as session:
        page = await browse(session, visit.actor, Look(trashed=True), now=visit.now, page=number)
        shown = await cards(visit, session, page.rows)
    for one, row in zip(shown, page.rows, strict=True):
        deleted = row.asset.deleted_at
        one["ends_at"] = deleted + KEPT if deleted else None
    last = page.first + len(page.rows)
    context: dict[str, Any] = {
        "assets": shown,
        "days": KEPT.days,
        "page": {
            "first": page.first + 1,
            "last": last,
            "total": page.total,
            "earlier": f"{TRASH}?page={number - 1}" if page.first else "",
            "later": f"{TRASH}?page={number + 1}" if last < page.total else "",
        }
        if page.total > len(page.rows)
        else None,
    }
    return visit.page("library/trash.html", context, section="library")


async def restore_many(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    ids = [as_uuid(one) for one in form.getall("asset", []) if isinstance(one, str)]
    if not 0 < len(ids) <= bulk.MOST:
        raise Invalid("library.bulk", most=bulk.MOST)
    async with visit.deps.db.write() as session:
        await restore(session, visit.actor, ids, now=visit.now)
    return visit.redirect(TRASH, done="restored")


async def _move(session: AsyncSession, visit: Visit, ids: list[uuid.UUID], form: Form) -> LibraryBatch:
    folder = as_uuid(text(form, "folder")) if text(form, "folder") else None
    return await bulk.move(session, visit.actor, ids, folder, now=visit.now)


async def _tag(session: AsyncSession, visit: Visit, ids: list[uuid.UUID], form: Form) -> LibraryBatch:
    return await bulk.tag(session, visit.actor, ids, read_tags(text(form, "tags")), now=visit.now)


async def _untag(session: AsyncSession, visit: Visit, ids: list[uuid.UUID], form: Form) -> LibraryBatch:
    return await bulk.untag(session, visit.actor, ids, read_tags(text(form, "tags")), now=visit.now)


async def _trash(session: AsyncSession, visit: Visit, ids: list[uuid.UUID], _form: Form) -> LibraryBatch:
    return await bulk.trash_all(session, visit.actor, ids, uses=used, now=visit.now)


_CHANGES: Final[dict[str, _Change]] = {"move": _move, "tag": _tag, "untag": _untag, "trash": _trash}


def _with_undo(back: str, batch: uuid.UUID) -> str:
    """The list the person came from, never another site's page."""
    parts = urlsplit(back)
    kept = [one for one in parts.query.split("&") if one and not one.startswith("undo=")]
    query = "&".join([*kept, f"undo={batch}"]) if parts.path == LIBRARY and not parts.netloc else f"undo={batch}"
    return f"{LIBRARY}?{query}"


ROUTES = (
    post("/desk/library/folders", folder_add, Action.LIBRARY_EDIT),
    post("/desk/library/folders/{folder}/rename", folder_rename, Action.LIBRARY_EDIT),
    post("/desk/library/folders/{folder}/drop", folder_drop, Action.LIBRARY_EDIT),
    post("/desk/library/bulk", change_many, Action.LIBRARY_EDIT),
    post("/desk/library/undo/{batch}", undo, Action.LIBRARY_EDIT),
    get(TRASH, trash_page, Action.LIBRARY_READ),
    post("/desk/library/trash/restore", restore_many, Action.LIBRARY_DELETE),
)
