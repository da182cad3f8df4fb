"""The list of issues, bringing one in, and how far the drawing of one is."""

import datetime as dt
from dataclasses import replace
from typing import Any, Final

from aiohttp import BodyPartReader, web

from cms.content.queries import find
from cms.desk import labels, pieces
from cms.desk.routing import get, post
from cms.desk.uploads import blocks_of, count_intake, file_part
from cms.desk.views.imports import begun
from cms.desk.visit import Visit, as_uuid
from cms.kernel.errors import NotFound, Refused
from cms.newspaper.drawing import draw_again
from cms.newspaper.queries import PAGE, IssueRow, issues
from cms.newspaper.states import DrawState
from cms.newspaper.taking import PDF_LIMITS, read_named, take_issue
from cms.people.permissions import Action, require_can
from media.errors import MediaRefused

HREF: Final = "/desk/newspapers/{}"
TONES: Final = {DrawState.WAITING: "wait", DrawState.DRAWING: "info", DrawState.DONE: "good", DrawState.FAILED: "bad"}


async def list_page(visit: Visit) -> web.StreamResponse:
    """Issues, newest first, and the way in for the next one."""
    before = read_before(visit.query("before"))
    async with visit.deps.db.read() as session:
        rows = await issues(session, visit.actor, before=before, limit=PAGE + 1)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    context = {
        "issues": [shown(visit, row) for row in rows[:PAGE]],
        "later": f"/desk/newspapers/?before={last.date.isoformat()}_{last.id}" if last else "",
        "may_add": visit.may(Action.DOCUMENT_CREATE) and visit.may(Action.LIBRARY_UPLOAD),
        "today": visit.now.astimezone(visit.deps.zone).date().isoformat(),
        "papers": list(dict.fromkeys(row.paper for row in rows)),
        "limit": PDF_LIMITS.file_bytes,
        "mib": PDF_LIMITS.file_bytes >> 20,
        "most": PDF_LIMITS.pages,
        "too_large": dict(visit.refusal(Refused("media.too_large", limit=PDF_LIMITS.file_bytes >> 20))),
    }
    return visit.page("newspapers/list.html", context, section="newspapers")


async def upload(visit: Visit) -> web.StreamResponse:
    """Takes a PDF as multipart field ``file``; which issue it is stands in the address. Answers {href}."""
    document = await take_part(visit, await file_part(visit))
    return web.json_response({"href": HREF.format(document), "document": document})


async def take_part(visit: Visit, part: BodyPartReader) -> str:
    """The document an uploaded PDF becomes; raises as `take_issue`."""
    today = visit.now.astimezone(visit.deps.zone).date()
    asked = {name: visit.query(name) for name in ("paper", "date", "number")}
    named = read_named(**asked, today=today)
    base = await begun(visit)
    noon = dt.datetime.combine(named.date, dt.time(12), visit.deps.zone).astimezone(dt.UTC)
    base = replace(base, byline=replace(base.byline, source=named.paper[:100], date=noon))
    try:
        document = await take_issue(
            visit.deps.db,
            visit.deps.workshop,
            visit.actor,
            blocks_of(part),
            named=named,
            name=part.filename or "",
            size=visit.request.content_length,
            base=base,
            now=visit.now,
        )
    except MediaRefused as refused:
        count_intake(visit, "newspaper", refused.code)
        raise
    count_intake(visit, "newspaper", "taken")
    return document


async def progress(visit: Visit) -> web.StreamResponse:
    """How far the drawing is; asks for itself again until it is done, and then opens the pages."""
    row = await one(visit)
    context = {"issue": shown(visit, row), "csrf": visit.csrf}
    answer = visit.render("newspapers/progress.html", context)
    if row.drawing is DrawState.DONE:
        answer.headers["HX-Refresh"] = "true"
    return answer


async def again(visit: Visit) -> web.StreamResponse:
    """Another try of a drawing that failed."""
    row = await to_edit(visit)
    async with visit.deps.db.write() as session:
        await draw_again(session, row.id, now=visit.now)
    return visit.redirect(HREF.format(row.document))


async def one(visit: Visit) -> IssueRow:
    """The issue of the address. Raises NotFound `content.no_edition`."""
    async with visit.deps.db.read() as session:
        rows = await issues(session, visit.actor, document=visit.part("id"), limit=1)
    if not rows:
        raise NotFound("content.no_edition")
    return rows[0]


async def to_edit(visit: Visit) -> IssueRow:
    """As `one`, for whoever changes it: asked before anything that was sent is read. Raises Denied."""
    row = await one(visit)
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, row.document)
    require_can(visit.actor, Action.DOCUMENT_EDIT, held.subject)
    return row


def shown(visit: Visit, row: IssueRow) -> dict[str, Any]:
    """An issue as its row and the head of its page show it."""
    return {
        "id": row.document,
        "href": HREF.format(row.document),
        "edit": f"{pieces.href(row.document)}/edit",
        "document": pieces.href(row.document),
        "title": row.title,
        "paper": row.paper,
        "date": row.date.isoformat(),
        "number": row.number,
        "unit": row.unit,
        "state": row.state.value,
        "cover": pieces.thumb(row.cover) if row.cover else "",
        "pages": row.pages,
        "done": row.done,
        "drawing": row.drawing.value,
        "drawing_label": visit.t(f"enum.DrawState.{row.drawing.name}"),
        "tone": TONES[row.drawing],
        "left": left_lines(visit, row.left),
        "error": labels.trouble(visit, *row.error) if row.error else None,
        "error_page": row.error[1].get("page") if row.error else None,
        "source": row.source,
    }


def left_lines(visit: Visit, left: Any) -> list[str]:
    """What a picture of a page does without, in words."""
    return [visit.t(f"newspaper.left.{kind}", count=count) for kind, count in left.items()]


def read_before(value: str) -> tuple[dt.date, Any] | None:
    """Where a list goes on, as its address says. Raises NotFound `kernel.not_found` for what no list gave."""
    if not value:
        return None
    day, _, key = value.partition("_")
    try:
        return dt.date.fromisoformat(day), as_uuid(key)
    except ValueError:
        raise NotFound("kernel.not_found") from None


ROUTES = (
    get("/desk/newspapers/", list_page, Action.DOCUMENT_READ),
    post("/desk/newspapers/upload", upload, Action.DOCUMENT_CREATE),
    get("/desk/newspapers/{id}/progress", progress, Action.DOCUMENT_READ),
    post("/desk/newspapers/{id}/again", again, Action.DOCUMENT_EDIT),
)
