"""Zones of an issue as a file, out and in: JSON or XML, at the desk and over the API."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import BodyPartReader, web

from cms.content.queries import find
from cms.desk import pieces
from cms.desk.newspapers.issues import HREF, one, to_edit
from cms.desk.routing import get, post
from cms.desk.uploads import blocks_of, file_part
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid
from cms.kernel.ids import block_id
from cms.newspaper.exchange import MAX_BYTES, PageIn, from_json, from_tree, placed, to_json, to_xml
from cms.newspaper.zoning import PageZones, keep_zones
from cms.people.permissions import Action
from media.errors import MediaRefused
from media.trees import read_tree

_FORMS: Final = {"json": ("application/json", to_json), "xml": ("application/xml", to_xml)}


async def export(visit: Visit) -> web.StreamResponse:
    """The zones as they are typed now, `form` json or xml."""
    row = await one(visit)
    form = visit.query("form") or "json"
    if form not in _FORMS:
        raise Invalid("newspaper.file", place="form")
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, row.document)
        draft, _, _ = await pieces.typed(session, visit, held)
    blocks = draft.body["blocks"]
    issue: Mapping[str, Any] = next((block for block in blocks if block["type"] == "issue"), {})
    media_type, write = _FORMS[form]
    said = write(issue, [block for block in blocks if block["type"] == "page"])
    name = f"zones-{row.date.isoformat()}-{row.document}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return web.Response(body=said.encode(), content_type=media_type, charset="utf-8", headers=headers)


async def bring(visit: Visit) -> web.StreamResponse:
    """Takes a file as multipart field ``file``; its pages' zones take the place of those that are there."""
    await to_edit(visit)
    await import_zones(visit, await file_part(visit))
    return web.json_response({"href": HREF.format(visit.part("id"))})


async def import_zones(visit: Visit, part: BodyPartReader) -> int:
    """How many pages got zones. Raises Invalid `newspaper.file`, `newspaper.page_unknown`, `content.block`."""
    row = await to_edit(visit)
    given = await read_zone_file(visit, part)
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, row.document)
        draft, base, _ = await pieces.typed(session, visit, held)
        blocks = [block for block in draft.body["blocks"] if block["type"] == "page"]
        pages = [PageZones(*found) for found in placed(given, blocks, block_id)]
        await keep_zones(session, visit.actor, row.document, pages, base=base, version=None, now=visit.now)
    return len(pages)


async def read_zone_file(visit: Visit, part: BodyPartReader) -> tuple[PageIn, ...]:
    """JSON by its first character, anything else as XML, which is read in the sandbox."""
    data = bytearray()
    async for block in blocks_of(part):
        data += block
        if len(data) > MAX_BYTES:
            raise MediaRefused("media.too_large", limit=MAX_BYTES >> 20)
    given = bytes(data).removeprefix(b"\xef\xbb\xbf")
    if given.lstrip()[:1] in {b"{", b"["}:
        return from_json(given)
    room = visit.deps.workshop
    return from_tree(await read_tree(given, sandbox=room.sandbox, work=room.work, most=MAX_BYTES))


ROUTES = (
    get("/desk/newspapers/{id}/export", export, Action.DOCUMENT_READ),
    post("/desk/newspapers/{id}/import", bring, Action.DOCUMENT_EDIT),
)
