"""Another PDF in the place of an issue's, and the step back."""

from typing import Any

from aiohttp import BodyPartReader, web

from cms.content.states import EDITABLE
from cms.desk import labels
from cms.desk.newspapers.issues import HREF, one, to_edit
from cms.desk.routing import post
from cms.desk.uploads import blocks_of, count_intake, file_part
from cms.desk.visit import Visit
from cms.newspaper.bringing import Offer, drop_offer
from cms.newspaper.queries import IssueRow
from cms.newspaper.replacing import Replaced, replace_pdf, undo_replacement
from cms.newspaper.states import DrawState
from cms.people.permissions import Action
from media.errors import MediaRefused


async def bring_other(visit: Visit) -> web.StreamResponse:
    """Takes a PDF as multipart field ``file`` in the place of the issue's. Answers {href}."""
    await to_edit(visit)
    await take_other(visit, await file_part(visit))
    return web.json_response({"href": HREF.format(visit.part("id"))})


async def take_other(visit: Visit, part: BodyPartReader) -> None:
    """Raises as `replace_pdf`."""
    row = await to_edit(visit)
    try:
        await replace_pdf(
            visit.deps.db,
            visit.deps.workshop,
            visit.actor,
            blocks_of(part),
            row.document,
            name=part.filename or "",
            size=visit.request.content_length,
            now=visit.now,
        )
    except MediaRefused as refused:
        count_intake(visit, "newspaper", refused.code)
        raise
    count_intake(visit, "newspaper", "taken")


async def undo(visit: Visit) -> web.StreamResponse:
    """Puts the PDF before back."""
    row = await to_edit(visit)
    await take_back(visit)
    return visit.redirect(HREF.format(row.document), done="newspaper_put_back")


async def take_back(visit: Visit) -> IssueRow:
    """The issue as it stands again. Raises as `undo_replacement`."""
    row = await to_edit(visit)
    async with visit.deps.db.write() as session:
        await undo_replacement(session, visit.actor, row.document, now=visit.now)
    return await one(visit)


async def drop(visit: Visit) -> web.StreamResponse:
    """Nothing of the pages before is wanted; answers JSON, for the page has put its own zones back already."""
    row = await to_edit(visit)
    async with visit.deps.db.write() as session:
        await drop_offer(session, visit.actor, row.document, now=visit.now)
    return web.json_response({})


def shown(visit: Visit, row: IssueRow, found: Replaced | None) -> dict[str, Any]:
    """What the page of an issue says of an exchange, and whether another is possible now."""
    is_drawn = row.drawing is DrawState.DONE
    can_exchange = row.state in EDITABLE and row.drawing in {DrawState.DONE, DrawState.FAILED}
    if found is None:
        return {"can_exchange": can_exchange, "exchanged": None}
    told = {"name": found.name, "at": labels.instant(visit, found.at), "kept": found.kept, "pages": found.pages}
    drawn = "newspaper.exchanged" if found.kept else "newspaper.exchanged_all"
    text = visit.t(drawn if is_drawn else "newspaper.exchanging", **told)
    return {"can_exchange": can_exchange, "exchanged": {"text": text, "next": visit.t("newspaper.exchanged_next")}}


def brought(visit: Visit, offer: Offer | None) -> dict[str, Any]:
    """What the page says of zones that can be brought over, and the pages as they would be."""
    if offer is None:
        return {"brought": None, "lost": None}
    said = [
        visit.t(f"newspaper.brought.{name}", count=getattr(offer, name))
        for name in ("stood", "moved", "check")
        if getattr(offer, name)
    ]
    pages = {key: {"label": label, "zones": zones} for key, (label, zones) in offer.pages.items()}
    text = visit.t("newspaper.brought", count=offer.count, how=visit.t("desk.list_mark").join(said))
    return {
        "brought": {"text": text if said else visit.t("newspaper.brought_names"), "pages": pages} if pages else None,
        "lost": visit.t("newspaper.brought_lost", count=offer.lost) if offer.lost else None,
    }


ROUTES = (
    post("/desk/newspapers/{id}/exchange", bring_other, Action.DOCUMENT_EDIT),
    post("/desk/newspapers/{id}/exchange/undo", undo, Action.DOCUMENT_EDIT),
    post("/desk/newspapers/{id}/offer", drop, Action.DOCUMENT_EDIT),
)
