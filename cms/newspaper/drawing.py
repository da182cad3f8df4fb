"""One issue from its PDF to pages with proposed zones: a page at a time under a renewed lease, each kept once drawn.

Files are stored first, by their hashes; a page's rows are written with its progress in one transaction that names the
fence, so that a worker who lost the job leaves nothing, and the next one goes on after the last page that is there.
"""

import asyncio
import contextlib
import datetime as dt
import random
import uuid
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.blocks import Body, read_body
from cms.content.draft import draft_of
from cms.content.held import hold
from cms.content.models import Document, Edition
from cms.content.revisions import cut
from cms.content.states import EDITABLE, EditionState
from cms.kernel import leases
from cms.kernel.ids import block_id, uuid7
from cms.kernel.log import logger
from cms.kernel.text import search_text
from cms.kernel.wake import ring
from cms.library.models import PAGE, Asset, PageText, Rendition
from cms.library.room import EncodeRoom, LeaseLostError
from cms.library.upload import NewPicture, Owner, asset_name, prepare_picture, rendition_row
from cms.newspaper.carrying import whole
from cms.newspaper.models import DrawJob, Newspaper, NewspaperIssue, NewspaperPage, PastIssue
from cms.newspaper.proposing import Printed, propose
from cms.newspaper.states import DRAW, DrawState
from cms.newspaper.taking import PDF_LIMITS, Named, issue_block
from cms.people.models import Unit
from media.crop import Focal
from media.errors import MediaRefused
from media.newspaper import LARGEST, PageDrawn, draw_page

POISON: Final = {"error_code": "newspaper.draw_poisoned", "error_params": {}}
_PASSES: Final = frozenset({"media.disk_full", "media.store_failed", "media.sandbox_unavailable"})
_WAIT: Final = dt.timedelta(minutes=1)
_PAPER: Final = "#f4f1ea"  # what stands where a page will be

# What a cut of the first page must keep: the paper's name and the lead.
_HEAD: Final = Focal(500, 120)

log = logger("newspaper.drawing")


@dataclass(frozen=True, slots=True)
class _Work:
    """What is drawn: the issue, where it belongs, and how many pages are there already.

    `stood` are the pictures of the pages before another PDF took their place, by hash; `past` what that was.
    """

    issue: NewspaperIssue
    paper: str
    unit: str
    pages: int
    drawn: frozenset[int]
    stood: Mapping[str, uuid.UUID]
    past: PastIssue | None


async def draw_next(room: EncodeRoom) -> bool:
    """Draws the issue that waits longest; False when nothing is due."""
    now = room.clock.now()
    async with room.database.read() as session:
        if not await leases.is_due(session, DrawJob, DRAW, now=now):
            return False
    async with room.database.write() as session:
        held = await leases.claim(session, DrawJob, DRAW, owner=room.owner, now=now, poison=POISON)
    for one in held:
        await _Drawing(room, one).run()
    return bool(held)


class _Drawing:
    def __init__(self, room: EncodeRoom, held: leases.Claim) -> None:
        self._room = room
        self._held = held
        self._page = 0

    async def run(self) -> None:
        try:
            work = await self._work()
            await self._pages(work)
            await self._finish(work)
        except LeaseLostError:
            log.info("an issue was taken over", job=str(self._held.id))
        except MediaRefused as refused:
            wait = _WAIT if refused.code in _PASSES else None
            params = {**refused.params, "page": self._page} if self._page else dict(refused.params)
            await self._failed(refused.code, params, wait, final=wait is None)
        except asyncio.CancelledError:
            with contextlib.suppress(SQLAlchemyError):
                await asyncio.shield(self._give_back())
            raise
        except SQLAlchemyError:
            raise
        except Exception:
            log.exception("an issue could not be drawn", job=str(self._held.id))
            await self._failed("newspaper.draw_defect", {}, None, final=False)

    async def _work(self) -> _Work:
        async with self._room.database.read() as session:
            job = await session.get_one(DrawJob, self._held.id)
            issue = await session.get_one(NewspaperIssue, job.issue_id)
            paper = await session.get_one(Newspaper, issue.newspaper_id)
            unit = select(Unit.path).join(Document, Document.unit_id == Unit.id).where(Document.id == issue.document_id)
            drawn = select(NewspaperPage.number).where(NewspaperPage.issue_id == issue.id)
            numbers = frozenset((await session.scalars(drawn)).all())
            path = (await session.execute(unit)).scalar_one()
            past = await session.get(PastIssue, issue.id)
            return _Work(issue, paper.name, path, job.pages, numbers, await _stood(session, past), past)

    async def _pages(self, work: _Work) -> None:
        shop = self._room.workshop
        async with shop.store.as_path(work.issue.source_sha256) as pdf:
            for number in range(1, work.pages + 1):
                self._page = number
                if number not in work.drawn:
                    drawing = draw_page(pdf, number, sandbox=shop.sandbox, work=shop.work, limits=PDF_LIMITS)
                    async with drawing as drawn:
                        await self._keep(work, number, drawn)
        self._page = 0

    async def _keep(self, work: _Work, number: int, drawn: PageDrawn) -> None:
        shop, now = self._room.workshop, self._room.clock.now()
        owner = Owner(work.unit, work.issue.created_by)
        name = f"{work.paper} {work.issue.date.isoformat()} {number:02d}版"
        kept = {size: await shop.store.put(file.path, media_type=file.media_type) for size, file in drawn.files.items()}
        if (same := work.stood.get(kept[LARGEST].sha256)) is not None:
            await self._keep_same(work, number, drawn, same)
            return
        cover = await self._cover(drawn.files[LARGEST].path, owner, name) if number == 1 else None
        text = "\n".join(block.text for block in drawn.blocks)
        master, file = kept[LARGEST], drawn.files[LARGEST]
        asset = Asset(
            id=uuid7(now),
            kind=PAGE,
            name=asset_name(name),
            sha256=master.sha256,
            source_sha256=work.issue.source_sha256,
            search_text=search_text(f"{name}\n{text}".lower()),
            size=master.size,
            media_type=file.media_type,
            width=file.width,
            height=file.height,
            dominant=_PAPER,
            placeholder=b"",
            unit_path=owner.unit,
            created_by=owner.person,
            created_at=now,
        )
        rows: list[Rendition] = [
            rendition_row(asset.id, size, drawn.files[size], stored, now) for size, stored in kept.items()
        ]
        async with self._room.database.write() as session:
            await self._renew(session, now, done=number)
            if cover is not None:
                await cover.add(session)
                await _with_cover(session, work.issue.id, cover.asset.id)
            session.add(asset)
            await session.flush()
            session.add_all(rows)
            session.add(PageText(asset_id=asset.id, blocks=[list(astuple(one)) for one in drawn.blocks], text=text))
            page = NewspaperPage(issue_id=work.issue.id, number=number, asset_id=asset.id, left=dict(drawn.left))
            session.add(page)
            await ring(session, "library")
        self._count_page()

    async def _keep_same(self, work: _Work, number: int, drawn: PageDrawn, asset: uuid.UUID) -> None:
        """A page that looks as one of the file before: that picture goes on standing, and its zones with it."""
        async with self._room.database.write() as session:
            await self._renew(session, self._room.clock.now(), done=number)
            if number == 1 and work.past is not None and work.past.cover_id is not None:
                await _with_cover(session, work.issue.id, work.past.cover_id)
            page = NewspaperPage(issue_id=work.issue.id, number=number, asset_id=asset, left=dict(drawn.left))
            session.add(page)
            await ring(session, "library")
        self._count_page()

    def _count_page(self) -> None:
        if self._room.metrics is not None:
            self._room.metrics.count("yunping_newspaper_pages_total")

    async def _cover(self, path: Path, owner: Owner, name: str) -> NewPicture:
        """The first page as a picture like any other: what television and the social channels show of the issue."""
        shop, now = self._room.workshop, self._room.clock.now()
        return await prepare_picture(shop, path, owner, name=name, focal=_HEAD, now=now)

    async def _renew(self, session: AsyncSession, now: dt.datetime, **values: Any) -> None:
        if not await leases.renew(session, DrawJob, DRAW, self._held, now=now, **values):
            raise LeaseLostError

    async def _finish(self, work: _Work) -> None:
        now = self._room.clock.now()
        async with self._room.database.write() as session:
            if not await self._end(session, DrawState.DONE, finished_at=now):
                raise LeaseLostError
            await _into_document(session, work, now)
            details = {"paper": work.paper, "date": work.issue.date.isoformat(), "pages": work.pages}
            of = ("issue", str(work.issue.id))
            await record(session, None, "newspaper.drawn", of=of, unit=work.unit, details=details, now=now)
            await ring(session, "library")
        self._count(DrawState.DONE)

    async def _failed(self, code: str, params: dict[str, Any], wait: dt.timedelta | None, *, final: bool) -> None:
        error = {"error_code": code[:60], "error_params": params}
        now, failed = self._room.clock.now(), DrawState.FAILED.value
        async with self._room.database.write() as session:
            if final:
                ended = await leases.finish(session, DrawJob, DRAW, self._held, state=failed, finished_at=now, **error)
                state = failed if ended else None
            else:
                jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
                state = await leases.fail(
                    session, DrawJob, DRAW, self._held, now=now, jitter=jitter, failed=failed, after=wait, **error
                )
            await ring(session, "library")
        if state == failed:
            self._count(DrawState.FAILED)

    async def _give_back(self) -> None:
        now = self._room.clock.now()
        async with self._room.database.write() as session:
            await self._end(session, DrawState.WAITING, not_before=now, attempt=self._held.attempt - 1)

    async def _end(self, session: AsyncSession, state: DrawState, **values: Any) -> bool:
        values = {"error_code": None, "error_params": {}, **values}
        return await leases.finish(session, DrawJob, DRAW, self._held, state=state.value, **values)

    def _count(self, state: DrawState) -> None:
        log.info("an issue was drawn", job=str(self._held.id), state=state.value)
        if self._room.metrics is not None:
            self._room.metrics.count("yunping_newspaper_issues_total", state=state.value)


async def draw_again(session: AsyncSession, issue: uuid.UUID, *, now: dt.datetime) -> None:
    """Puts a failed drawing back to its place; the pages that are there stay."""
    query = select(DrawJob).where(DrawJob.issue_id == issue, DrawJob.state == DrawState.FAILED.value)
    job = await session.scalar(query.with_for_update())
    if job is None:
        return
    job.state, job.not_before, job.attempt, job.lost = DrawState.WAITING.value, now, 0, 0
    job.error_code, job.error_params, job.finished_at = None, {}, None
    await session.flush()
    await ring(session, "library")


async def _with_cover(session: AsyncSession, issue: uuid.UUID, cover: uuid.UUID) -> None:
    await session.execute(update(NewspaperIssue).where(NewspaperIssue.id == issue).values(cover_id=cover))


async def _into_document(session: AsyncSession, work: _Work, now: dt.datetime) -> None:
    """A revision with the pages, by whoever brought the issue; what people wrote around them stays."""
    query = select(Edition.id).where(Edition.document_id == work.issue.document_id, Edition.is_current)
    held = await hold(session, (await session.execute(query)).scalar_one())
    if held.state not in EDITABLE or held.state is EditionState.APPROVED:
        return
    draft = draft_of(held.revision)
    issue = await session.get_one(NewspaperIssue, work.issue.id, populate_existing=True)
    body = await issue_body(session, issue, work.paper, draft.body)
    # A cover somebody chose stays; the first page of the file before does not stand for the new one.
    before = {None} if work.past is None else {None, work.past.cover_id}
    draft = replace(draft, body=body, cover=issue.cover_id if draft.cover in before else draft.cover)
    author = work.issue.created_by if work.past is None else work.past.by
    revision = await cut(session, held.document, draft, parent=held.revision, author=author, now=now)
    held.revision, held.edition.revision_id = revision, revision.id
    await session.flush()


async def issue_body(session: AsyncSession, issue: NewspaperIssue, paper: str, before: Mapping[str, Any]) -> Body:
    """The issue and its pages as blocks, each page with the zones its text proposes; other blocks follow.

    A page that stood already, wherever that was, keeps its label and the zones people drew.
    """
    query = (
        select(NewspaperPage.number, NewspaperPage.asset_id, PageText.blocks)
        .join(PageText, PageText.asset_id == NewspaperPage.asset_id)
        .where(NewspaperPage.issue_id == issue.id)
        .order_by(NewspaperPage.number)
    )
    named = Named(paper, issue.date, issue.number)
    blocks: list[dict[str, Any]] = [dict(issue_block(block_id(), named))]
    room = _ROOM
    standing = pages_standing(before)
    for number, asset, printed in (await session.execute(query)).all():
        if stood := standing.get(str(asset)):
            blocks.append(stood.pop(0).at(number))
            room -= sum(map(len, (text for zone in blocks[-1]["zones"] for text in zone.get("text", ()))))
            continue
        zones = propose([Printed.read(one) for one in printed], block_id)
        for zone in zones:
            room -= sum(map(len, zone.get("text", ()))) + len(zone.get("title", ""))
            if room < 0:
                zone.pop("text", None)  # the page still shows it; what is signed has an end
        blocks.append({"id": block_id(), "type": "page", "asset": str(asset), "label": f"{number:02d}", "zones": zones})
    # A page that stood may continue one that changed, whose zones are others now.
    for block, zones in zip(blocks[1:], whole(block["zones"] for block in blocks[1:]), strict=True):
        block["zones"] = zones
    blocks += [one for one in before["blocks"] if one["type"] not in {"issue", "page"}]
    return read_body({"schema": 1, "blocks": blocks})


@dataclass(frozen=True, slots=True)
class Standing:
    """A page as a body has it, and its place there."""

    number: int
    block: Mapping[str, Any]

    def at(self, number: int) -> dict[str, Any]:
        """The block at another place: a label that begins with the old number begins with the new one."""
        old = f"{self.number:02d}"
        label = str(self.block["label"])
        return {**self.block, "label": f"{number:02d}{label[2:]}" if label.startswith(old) else label}


def pages_standing(body: Mapping[str, Any]) -> dict[str, list[Standing]]:
    """The pages of a body by their picture; two may show the same, such as an empty one."""
    found: dict[str, list[Standing]] = {}
    pages = (block for block in body["blocks"] if block["type"] == "page")
    for number, block in enumerate(pages, 1):
        found.setdefault(str(block["asset"]), []).append(Standing(number, block))
    return found


async def _stood(session: AsyncSession, past: PastIssue | None) -> Mapping[str, uuid.UUID]:
    if past is None:
        return {}
    assets = [uuid.UUID(asset) for _, asset, _ in past.pages]
    rows = await session.execute(select(Asset.sha256, Asset.id).where(Asset.id.in_(assets)))
    return {row.sha256: row.id for row in rows}


# Characters of all zones, below what a body may have.
_ROOM: Final = 150_000
