"""Bringing in over the API: Word documents, tables, the pool and the feeds that fill it."""

import datetime as dt
from typing import Any

from aiohttp import BodyPartReader

from cms.api.models import Text
from cms.api.resources import Given, Resource, Sent, ask, bring, take
from cms.api.shapes import Done, Nothing
from cms.content.importing import feeds, pool, sheet_runs
from cms.content.importing.feeds import Allowed
from cms.content.importing.models import FeedSource, SheetImport
from cms.content.importing.pool import PoolFilters, PoolRow, PoolState
from cms.content.importing.rehosting import take_whole
from cms.content.importing.word import take_word
from cms.desk import labels
from cms.desk.missing import missing
from cms.desk.uploads import blocks_of
from cms.desk.views.imports import begun, fault_of, words_of
from cms.desk.views.pool import house_of
from cms.desk.visit import Visit, as_uuid
from cms.kernel.errors import Invalid
from cms.people.permissions import Action
from media.sheets import read_sheet


class ImportedPicture(Given):
    """A picture of a document, now in the library; `alt` is empty where somebody has to write it."""

    asset: str
    block: str
    alt: str


class ImportedWord(Given):
    """The draft a document became, and how much of what had no place in it."""

    document: str
    title: str
    again: bool
    pictures: list[ImportedPicture]
    dropped: dict[str, int]


class Fault(Given):
    """What is wrong in which cell."""

    row: int
    letter: str
    header: str
    code: str
    text: str
    next: str


class SheetRun(Given):
    """A table: `good` rows can be imported once there are no faults."""

    id: str
    name: str
    state: str
    rows: int
    good: int
    faults: list[Fault]
    documents: list[str]


class PoolLine(Given):
    """An item of the pool."""

    id: str
    title: str
    summary: str
    origin: str
    author: str
    licence: str
    url: str
    source: str
    state: str
    published_at: dt.datetime | None
    found_at: dt.datetime
    document: str


class PoolList(Given):
    """A page of the pool, newest first; `next` is the `after` of the next one, empty at the end."""

    items: list[PoolLine]
    total: int
    next: str


class PoolWhole(PoolLine):
    """An item with its text and the addresses of its pictures."""

    body: dict[str, Any]
    pictures: list[str]
    dropped: dict[str, int]


class Taking(Sent):
    """For which unit; without one it is the person's own."""

    unit: str = ""


class PictureMissing(Given):
    """A picture that could not be fetched: where it is, after which words it stood, why, and what to do."""

    url: str
    name: str
    after: str
    code: str
    text: str
    next: str


class Taken(Given):
    """The draft it became, how many pictures came with it, and those that did not."""

    document: str
    pictures: int
    missing: list[PictureMissing]


class FeedSent(Sent):
    """A feed that may be collected."""

    name: Text
    url: Text
    licence: Text
    unit: str
    every_minutes: int
    active: bool = True


class Feed(Given):
    """A feed and how it stands; `waiting` items of it nobody looked at yet."""

    id: str
    name: str
    url: str
    licence: str
    unit: str
    every_minutes: int
    state: str
    good_at: dt.datetime | None
    next_at: dt.datetime | None
    waiting: int
    error: str | None
    text: str | None


class PoolSource(Given):
    """A feed that the person sees items of."""

    id: str
    name: str


class PoolSources(Given):
    """By name."""

    sources: list[PoolSource]


class FeedList(Given):
    """The feeds of the person's units."""

    feeds: list[Feed]


async def bring_word(visit: Visit, part: BodyPartReader) -> ImportedWord:
    """Makes a draft of a .docx."""
    taken = await take_word(
        visit.deps.db,
        visit.deps.workshop,
        visit.actor,
        blocks_of(part),
        name=part.filename or "",
        size=visit.request.content_length,
        base=await begun(visit),
        now=visit.now,
    )
    shown = [ImportedPicture(asset=str(one.asset), block=one.block, alt=one.alt) for one in taken.pictures]
    return ImportedWord(
        document=taken.document, title=taken.title, again=taken.again, pictures=shown, dropped=dict(taken.dropped)
    )


async def bring_sheet(visit: Visit, part: BodyPartReader) -> SheetRun:
    """The dry run of an .xlsx or .csv; nothing is imported yet."""
    room = visit.deps.workshop
    rows = await read_sheet(blocks_of(part), sandbox=room.sandbox, work=room.work)
    async with visit.deps.db.write() as session:
        run = await sheet_runs.dry_run(session, visit.actor, rows, name=part.filename or "", now=visit.now)
        return await _run(visit, session, run)


async def sheet_one(visit: Visit) -> SheetRun:
    """A table as it would be imported now, or what became of it."""
    async with visit.deps.db.read() as session:
        run = await sheet_runs.run_of(session, visit.actor, visit.uuid("run"))
        return await _run(visit, session, run)


async def apply_sheet(visit: Visit, _sent: Nothing) -> SheetRun:
    """Makes a draft of every row, or of none."""
    async with visit.deps.db.write() as session:
        run = await sheet_runs.apply(session, visit.actor, visit.uuid("run"), words_of(visit), now=visit.now)
        return await _run(visit, session, run)


async def undo_sheet(visit: Visit, _sent: Nothing) -> SheetRun:
    """Discards every draft of an import, or none."""
    async with visit.deps.db.write() as session:
        run = await sheet_runs.undo(session, visit.actor, visit.uuid("run"), now=visit.now)
        return await _run(visit, session, run)


async def list_pool(visit: Visit) -> PoolList:
    """The pool of the person's units."""
    state = visit.query("state") or PoolState.NEW
    if state not in set(PoolState):
        raise Invalid("api.body", fields={"state": "api.field"}, names="state")
    source = as_uuid(visit.query("source")) if visit.query("source") else None
    filters = PoolFilters(PoolState(state), source, visit.query("q"))
    async with visit.deps.db.read() as session:
        page = await pool.pool(session, visit.actor, filters, after=visit.query("after"))
    return PoolList(items=[PoolLine(**_item(one)) for one in page.rows], total=page.total, next=page.after)


async def pool_one(visit: Visit) -> PoolWhole:
    """An item with its text."""
    async with visit.deps.db.read() as session:
        row = await pool.pool_item(session, visit.actor, visit.uuid("item"))
    item = row.item
    return PoolWhole(**_item(row), body=item.body, pictures=item.pictures, dropped=item.dropped)


async def take_item(visit: Visit, sent: Taking) -> Taken:
    """Makes a draft of an item with its pictures, which are fetched first; 409 when somebody was faster."""
    item, sponsor = visit.uuid("item"), visit.deps.site.sponsor
    document = await take_whole(house_of(visit), visit.actor, item, unit=sent.unit, sponsor=sponsor, now=visit.now)
    async with visit.deps.db.read() as session:
        report = (await pool.pool_item(session, visit.actor, item)).item.report
    lost = [PictureMissing(**one) for one in missing(visit, report)]
    return Taken(document=document, pictures=report.get("fetched", 0), missing=lost)


async def aside_item(visit: Visit, _sent: Nothing) -> Done:
    """Puts an item aside."""
    async with visit.deps.db.write() as session:
        await pool.put_aside(session, visit.actor, visit.uuid("item"), now=visit.now)
    return Done(id=visit.part("item"))


async def back_item(visit: Visit, _sent: Nothing) -> Done:
    """Brings an item back that was put aside."""
    async with visit.deps.db.write() as session:
        await pool.bring_back(session, visit.actor, visit.uuid("item"), now=visit.now)
    return Done(id=visit.part("item"))


async def list_feeds(visit: Visit) -> FeedList:
    """The feeds that may be collected."""
    async with visit.deps.db.read() as session:
        found = await feeds.sources(session, visit.actor)
    return FeedList(feeds=[_feed(visit, one.source, one.waiting) for one in found])


async def feed_one(visit: Visit) -> Feed:
    """A feed that may be collected."""
    async with visit.deps.db.read() as session:
        row = await feeds.source_of(session, visit.actor, visit.uuid("feed"))
        return _feed(visit, row, await feeds.waiting_of(session, row))


async def list_pool_sources(visit: Visit) -> PoolSources:
    """The feeds whose items the person sees, to narrow the pool by."""
    async with visit.deps.db.read() as session:
        found = await pool.pool_sources(session, visit.actor)
    return PoolSources(sources=[PoolSource(id=str(key), name=name) for key, name in found])


async def add_feed(visit: Visit, sent: FeedSent) -> Feed:
    """Allows a feed."""
    async with visit.deps.db.write() as session:
        return _feed(visit, await feeds.add_source(session, visit.actor, _allowed(sent), now=visit.now), 0)


async def edit_feed(visit: Visit, sent: FeedSent) -> Feed:
    """Changes a feed, switches it off or on."""
    async with visit.deps.db.write() as session:
        row = await feeds.edit_source(session, visit.actor, visit.uuid("feed"), _allowed(sent), now=visit.now)
        return _feed(visit, row, await feeds.waiting_of(session, row))


def _allowed(sent: FeedSent) -> Allowed:
    return Allowed(sent.name, sent.url, sent.licence, sent.unit, sent.every_minutes, sent.active)


async def _run(visit: Visit, session: Any, run: SheetImport) -> SheetRun:
    is_open = run.state == sheet_runs.SheetState.CHECKED
    found = await sheet_runs.checked(session, visit.actor, run, words_of(visit), now=visit.now) if is_open else None
    made = await sheet_runs.made_by(session, run)
    return SheetRun(
        id=str(run.id),
        name=run.name,
        state=run.state,
        rows=max(0, len(run.rows) - 1),
        good=len(found.entries) if found else 0,
        faults=[Fault(**fault_of(visit, one)) for one in found.faults] if found else [],
        documents=[one.public_id for one in made],
    )


def _item(row: PoolRow) -> dict[str, Any]:
    item = row.item
    named = ("title", "summary", "origin", "author", "licence", "url", "state", "published_at", "found_at")
    return {
        "id": str(item.id),
        "source": row.source,
        "document": row.document,
        **{name: getattr(item, name) for name in named},
    }


def _feed(visit: Visit, row: FeedSource, waiting: int) -> Feed:
    said = labels.trouble(visit, row.error_code, row.error_params)["text"] if row.error_code else None
    return Feed(
        id=str(row.id),
        name=row.name,
        url=row.url,
        licence=row.licence,
        unit=row.unit_path,
        every_minutes=row.every_minutes,
        state=row.state,
        good_at=row.good_at,
        next_at=row.not_before if row.state == feeds.FeedState.WAITING else None,
        waiting=waiting,
        error=row.error_code,
        text=said,
    )


_RUN, _ITEM, _FEED = "/api/v1/imports/sheets/{run}", "/api/v1/pool/{item}", "/api/v1/feeds/{feed}"
_WRITE, _SYSTEM = Action.DOCUMENT_CREATE, Action.SYSTEM_CONFIGURE
RESOURCES: tuple[Resource, ...] = (
    bring("/api/v1/imports/word", bring_word, _WRITE, given=ImportedWord),
    bring("/api/v1/imports/sheets", bring_sheet, _WRITE, given=SheetRun),
    ask(_RUN, sheet_one, _WRITE, given=SheetRun),
    take("POST", f"{_RUN}/apply", apply_sheet, _WRITE, sent=Nothing, given=SheetRun),
    take("POST", f"{_RUN}/undo", undo_sheet, _WRITE, sent=Nothing, given=SheetRun),
    ask("/api/v1/pool", list_pool, _WRITE, given=PoolList, queries=("q", "state", "source", "after")),
    ask("/api/v1/pool/sources", list_pool_sources, _WRITE, given=PoolSources),
    ask(_ITEM, pool_one, _WRITE, given=PoolWhole),
    take("POST", f"{_ITEM}/take", take_item, _WRITE, sent=Taking, given=Taken),
    take("POST", f"{_ITEM}/aside", aside_item, _WRITE, sent=Nothing, given=Done),
    take("POST", f"{_ITEM}/back", back_item, _WRITE, sent=Nothing, given=Done),
    ask("/api/v1/feeds", list_feeds, _SYSTEM, given=FeedList),
    take("POST", "/api/v1/feeds", add_feed, _SYSTEM, sent=FeedSent, given=Feed),
    ask(_FEED, feed_one, _SYSTEM, given=Feed),
    take("PUT", _FEED, edit_feed, _SYSTEM, sent=FeedSent, given=Feed),
)
