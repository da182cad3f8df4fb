"""The editor of an issue's tap zones: its page, what it keeps, the text of a page, and the pieces a zone may open."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from cms.content.filters import Filters
from cms.content.queries import documents, find
from cms.content.states import EDITABLE
from cms.desk import pieces
from cms.desk.newspapers import exchange
from cms.desk.newspapers.issues import HREF, left_lines, one, shown, to_edit
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Visit, as_uuid
from cms.kernel.errors import DomainError, Invalid, NotFound, Refused
from cms.kernel.ids import block_id
from cms.newspaper.bringing import offered
from cms.newspaper.proposing import Printed, propose
from cms.newspaper.queries import IssueRow, linked, pages_of
from cms.newspaper.replacing import replaced
from cms.newspaper.states import DrawState
from cms.newspaper.taking import NUMBER_LENGTH, PDF_LIMITS, read_named
from cms.newspaper.zoning import PageZones, change_issue, keep_zones
from cms.people.permissions import Action, can, reach
from media.threads import in_thread

_FOUND: Final = 8


async def editor_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit, await one(visit))


async def keep(visit: Visit) -> web.StreamResponse:
    """Keeps what was drawn as the person's own working copy; answers JSON."""
    row = await to_edit(visit)
    form = await visit.form()
    given = text(form, "version")
    async with visit.deps.db.write() as session:
        copy = await keep_zones(
            session,
            visit.actor,
            row.document,
            read_pages(text(form, "pages")),
            base=as_uuid(text(form, "revision")),
            version=int(given) if given.isascii() and given.isdigit() and given != "0" else None,
            now=visit.now,
        )
    at = visit.now.astimezone(visit.deps.zone).strftime("%H:%M")
    return web.json_response({"revision": str(copy.base_id), "version": copy.version, "at": at})


def read_pages(value: str) -> list[PageZones]:
    """Pages as the script sends them. Raises Invalid `newspaper.file`."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise Invalid("newspaper.file", place="JSON") from error
    good = isinstance(found, list) and all(
        isinstance(one, dict)
        and isinstance(one.get("id"), str)
        and isinstance(one.get("label"), str)
        and isinstance(one.get("zones"), list)
        for one in found
    )
    if not good:
        raise Invalid("newspaper.file", place="pages")
    return [PageZones(one["id"], one["label"], one["zones"]) for one in found]


async def page_text(visit: Visit) -> web.StreamResponse:
    """What is printed on one page, and the zones that its text proposes."""
    row = await one(visit)
    async with visit.deps.db.read() as session:
        found = next((p for p in await pages_of(session, row.id) if str(p.number) == visit.part("number")), None)
    if found is None:
        raise NotFound("kernel.not_found")
    # A page of two thousand blocks takes half a second.
    proposed = await in_thread(propose, [Printed.read(block) for block in found.blocks], block_id)
    return web.json_response({"blocks": list(found.blocks), "proposed": proposed})


async def linkable(visit: Visit) -> web.StreamResponse:
    """Pieces a zone may open, by words of their title or text."""
    row = await one(visit)
    words = visit.query("q").strip()
    async with visit.deps.db.read() as session:
        page = await documents(session, visit.actor, Filters(words=words), limit=_FOUND, total=_FOUND)
    offered = [
        {
            "id": found.public_id,
            "title": found.title or visit.t("desk.documents.untitled"),
            "state": _state(visit, found.state),
        }
        for found in page.rows
        if found.public_id != row.document
    ]
    return web.json_response({"pieces": offered})


async def correct(visit: Visit) -> web.StreamResponse:
    """Corrects the date or the number of an issue."""
    row = await to_edit(visit)
    form = await visit.form()
    today = visit.now.astimezone(visit.deps.zone).date()
    number = text(form, "number")[: NUMBER_LENGTH * 4]
    try:
        named = read_named(paper=row.paper, date=text(form, "date"), number=number, today=today)
        async with visit.deps.db.write() as session:
            await change_issue(session, visit.actor, row.document, date=named.date, number=named.number, now=visit.now)
    except DomainError as error:
        return await _page(visit, row, error)
    return visit.redirect(HREF.format(row.document), done="saved")


async def _page(visit: Visit, row: IssueRow, error: DomainError | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, row.document)
        draft, base, version = await pieces.typed(session, visit, held)
        drawn = await pages_of(session, row.id)
        documents_ = {
            zone["document"] for block in draft.body["blocks"] for zone in block.get("zones", ()) if "document" in zone
        }
        past = await replaced(session, row.id, held.edition.id)
        named = await linked(session, documents_, within=reach(visit.actor, Action.DOCUMENT_READ))
        may_edit = bool(held.state in EDITABLE and can(visit.actor, Action.DOCUMENT_EDIT, held.subject))
        is_drawn = row.drawing is DrawState.DONE
        is_asked = may_edit and is_drawn and past is not None
        offer = await offered(session, row.id, held.edition.id, draft.body, document=row.document) if is_asked else None
    left = {str(page.asset): left_lines(visit, page.left) for page in drawn}
    blocks = [block for block in draft.body["blocks"] if block["type"] == "page"]
    context = {
        "issue": shown(visit, row),
        "is_ready": is_drawn and bool(blocks),
        "may_edit": may_edit,
        "pages": [_of_page(number, block, left) for number, block in enumerate(blocks, 1)],
        "linked": {key: {"title": title, "state": _state(visit, state)} for key, (title, state) in named.items()},
        "revision": str(base),
        "version": version,
        "urls": {
            name: f"{HREF.format(row.document)}/{name}"
            for name in (
                "zones",
                "text",
                "pieces",
                "export",
                "import",
                "issue",
                "progress",
                "again",
                "exchange",
                "offer",
            )
        },
        **exchange.shown(visit, row, past),
        **exchange.brought(visit, offer),
        "limit": PDF_LIMITS.file_bytes,
        "mib": PDF_LIMITS.file_bytes >> 20,
        "most": PDF_LIMITS.pages,
        "too_large": dict(visit.refusal(Refused("media.too_large", limit=PDF_LIMITS.file_bytes >> 20))),
        "texts": texts(visit),
        "csrf": visit.csrf,
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("newspapers/zones.html", context, section="newspapers", status=error.status if error else 200)


def texts(visit: Visit) -> Mapping[str, str]:
    """What the editor's script says."""
    table = visit.deps.catalogue.table(visit.language, "newspaper.script.")
    return {key.rpartition(".")[2]: value for key, value in table.items()}


def _of_page(number: int, block: Mapping[str, Any], left: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    address = f"/desk/assets/{block['asset']}"
    return {
        "id": block["id"],
        "number": number,
        "label": block["label"],
        "zones": block["zones"],
        "thumb": f"{address}/page-thumb",
        "image": f"{address}/page-1080",
        "large": f"{address}/page-2160",
        "left": list(left.get(block["asset"], ())),
    }


def _state(visit: Visit, state: Any) -> str:
    return visit.t(f"enum.EditionState.{state.name}")


_ONE = "/desk/newspapers/{id}"
ROUTES = (
    get(_ONE, editor_page, Action.DOCUMENT_READ),
    post(f"{_ONE}/zones", keep, Action.DOCUMENT_EDIT),
    get(f"{_ONE}/text/{{number}}", page_text, Action.DOCUMENT_READ),
    get(f"{_ONE}/pieces", linkable, Action.DOCUMENT_READ),
    post(f"{_ONE}/issue", correct, Action.DOCUMENT_EDIT),
)
