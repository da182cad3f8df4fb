"""The electronic newspaper over the API: issues brought in as PDFs, how far they are, and their tap zones."""

import datetime as dt
import uuid
from typing import Any

from aiohttp import BodyPartReader
from pydantic import Field

from cms.api.resources import Given, Resource, Sent, Spoken, ask, bring, speak, take
from cms.api.shapes import Done, Nothing
from cms.content.queries import find
from cms.content.zones import MAX_POINTS, MAX_ZONES
from cms.desk import pieces
from cms.desk.newspapers import exchange, files, issues
from cms.desk.newspapers.issues import one, take_part, to_edit
from cms.desk.visit import Visit
from cms.newspaper.drawing import draw_again
from cms.newspaper.queries import PAGE, IssueRow, issues as read_issues, pages_of
from cms.newspaper.taking import read_named
from cms.newspaper.zoning import PageZones, change_issue, keep_zones
from cms.people.permissions import Action

_ONE = "/api/v1/newspapers/{id}"


class IssueGiven(Given):
    """An issue: `drawing` is waiting, drawing, done or failed; `left` counts what its page images do without."""

    document: str
    title: str
    paper: str
    date: dt.date
    number: str
    unit: str
    state: str
    drawing: str
    pages: int
    done: int
    left: dict[str, int]
    error: str | None


class IssuesGiven(Given):
    """Issues, newest first; `before` asks for the ones before these, empty at the end."""

    issues: list[IssueGiven]
    before: str


class IssueSent(Sent):
    """The date and the number of an issue."""

    date: dt.date
    number: str = ""


class ZoneShape(Sent):
    """A tap zone: two points are a rectangle, more a polygon, each a whole number of ten-thousandths of the page.

    It opens `text`, or the piece `document`, or what the zone `of` opens; nothing of these: the page enlarged.
    `check`: it was brought over from another PDF and nobody looked at it yet.
    """

    id: str
    points: list[tuple[int, int]] = Field(min_length=2, max_length=MAX_POINTS)
    title: str = ""
    document: str = ""
    text: list[str] = Field(default_factory=list)
    of: str = ""
    check: bool = False


class PageShape(Sent):
    """A page of an issue and its zones; `id` is that of its block."""

    id: str
    label: str
    zones: list[ZoneShape] = Field(max_length=MAX_ZONES)


class ZonesGiven(Given):
    """The pages as this person has them; `revision` and `version` are what the next writing is based on."""

    revision: uuid.UUID
    version: int
    pages: list[PageShape]


class ZonesSent(Sent):
    """Pages whose zones are written anew; the others stay."""

    revision: uuid.UUID
    version: int = Field(default=0, ge=0)
    pages: list[PageShape]


class PrintedGiven(Given):
    """What is printed on each page: `[left, top, right, bottom, height of its type, text]`."""

    pages: list[list[list[Any]]]


class ImportedGiven(Given):
    """How many pages got zones."""

    pages: int


async def every_issue(visit: Visit) -> IssuesGiven:
    """The issues a person may read, newest first."""
    before = issues.read_before(visit.query("before"))
    async with visit.deps.db.read() as session:
        rows = await read_issues(session, visit.actor, before=before, limit=PAGE + 1)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return IssuesGiven(
        issues=[_given(row) for row in rows[:PAGE]], before=f"{last.date.isoformat()}_{last.id}" if last else ""
    )


async def upload(visit: Visit, part: BodyPartReader) -> Done:
    """Takes the PDF of an issue; paper, date and number stand in the address. Its pages are drawn by a worker."""
    return Done(id=await take_part(visit, part))


async def one_issue(visit: Visit) -> IssueGiven:
    """How an issue stands."""
    return _given(await one(visit))


async def again(visit: Visit, _sent: Nothing) -> IssueGiven:
    """Another try of a drawing that failed."""
    row = await to_edit(visit)
    async with visit.deps.db.write() as session:
        await draw_again(session, row.id, now=visit.now)
    return await one_issue(visit)


async def other_pdf(visit: Visit, part: BodyPartReader) -> IssueGiven:
    """Takes another PDF in the place of the issue's; pages that look the same keep their zones. 409 while it draws."""
    await exchange.take_other(visit, part)
    return await one_issue(visit)


async def put_back(visit: Visit, _sent: Nothing) -> IssueGiven:
    """Undoes the last exchange: the PDF, the pages and the zones of before. 409 when there is none in this edition."""
    return _given(await exchange.take_back(visit))


async def correct(visit: Visit, sent: IssueSent) -> IssueGiven:
    """Corrects the date or the number of an issue; 409 when the paper has one of that day."""
    row = await to_edit(visit)
    today = visit.now.astimezone(visit.deps.zone).date()
    named = read_named(paper=row.paper, date=sent.date.isoformat(), number=sent.number, today=today)
    async with visit.deps.db.write() as session:
        await change_issue(session, visit.actor, row.document, date=named.date, number=named.number, now=visit.now)
    return await one_issue(visit)


async def zones(visit: Visit) -> ZonesGiven:
    """The pages of an issue with their zones, as far as this person has changed them."""
    row = await one(visit)
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, row.document)
        draft, base, version = await pieces.typed(session, visit, held)
    blocks = [block for block in draft.body["blocks"] if block["type"] == "page"]
    shapes = [
        PageShape(id=one["id"], label=one["label"], zones=[ZoneShape(**z) for z in one["zones"]]) for one in blocks
    ]
    return ZonesGiven(revision=base, version=version, pages=shapes)


async def write_zones(visit: Visit, sent: ZonesSent) -> ZonesGiven:
    """Writes zones into the person's working copy; 409 when somebody saved meanwhile."""
    row = await to_edit(visit)
    written = [PageZones(one.id, one.label, [_plain(zone) for zone in one.zones]) for one in sent.pages]
    async with visit.deps.db.write() as session:
        await keep_zones(
            session,
            visit.actor,
            row.document,
            written,
            base=sent.revision,
            version=sent.version or None,
            now=visit.now,
        )
    return await zones(visit)


async def printed(visit: Visit) -> PrintedGiven:
    """The text printed on the pages, with its places."""
    row = await one(visit)
    async with visit.deps.db.read() as session:
        return PrintedGiven(pages=[list(page.blocks) for page in await pages_of(session, row.id)])


async def import_file(visit: Visit, part: BodyPartReader) -> ImportedGiven:
    """Takes zones out of a JSON or XML file."""
    return ImportedGiven(pages=await files.import_zones(visit, part))


def _plain(zone: ZoneShape) -> dict[str, Any]:
    found = zone.model_dump()
    return {**found, "points": [list(point) for point in zone.points]}


def _given(row: IssueRow) -> IssueGiven:
    return IssueGiven(
        document=row.document,
        title=row.title,
        paper=row.paper,
        date=row.date,
        number=row.number,
        unit=row.unit,
        state=row.state.value,
        drawing=row.drawing.value,
        pages=row.pages,
        done=row.done,
        left=dict(row.left),
        error=row.error[0] if row.error else None,
    )


_READ, _EDIT = Action.DOCUMENT_READ, Action.DOCUMENT_EDIT
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/newspapers", every_issue, _READ, given=IssuesGiven, queries=("before",)),
    bring("/api/v1/newspapers", upload, Action.DOCUMENT_CREATE, given=Done, queries=("paper", "date", "number")),
    ask(_ONE, one_issue, _READ, given=IssueGiven),
    take("PUT", _ONE, correct, _EDIT, sent=IssueSent, given=IssueGiven),
    take("POST", f"{_ONE}/again", again, _EDIT, sent=Nothing, given=IssueGiven),
    bring(f"{_ONE}/exchange", other_pdf, _EDIT, given=IssueGiven),
    take("POST", f"{_ONE}/exchange/undo", put_back, _EDIT, sent=Nothing, given=IssueGiven),
    ask(f"{_ONE}/zones", zones, _READ, given=ZonesGiven),
    take("PUT", f"{_ONE}/zones", write_zones, _EDIT, sent=ZonesSent, given=ZonesGiven),
    ask(f"{_ONE}/text", printed, _READ, given=PrintedGiven),
    speak(
        "GET",
        f"{_ONE}/zones/export",
        files.export,
        _READ,
        summary="The zones as a file, form json or xml.",
        spoken=Spoken(gives=("application/json", "application/xml")),
        queries=("form",),
    ),
    bring(f"{_ONE}/zones/import", import_file, _EDIT, given=ImportedGiven),
)
