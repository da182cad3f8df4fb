"""批次: several pieces promised together for one instant, all of them or none; progress is read from their rows."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.held import Held, hold
from cms.content.models import Document, Edition
from cms.content.states import EditionState
from cms.kernel.clock import to_ms
from cms.kernel.errors import DomainError, Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, reach, require_can
from cms.planning.models import Batch, Occurrence
from cms.planning.occurrences import OPEN
from cms.planning.schedule import Wanted, check_promise, promise, reschedule, schedule, unschedule

MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Member:
    """A piece of a batch to be, and where it goes."""

    edition: uuid.UUID
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one piece cannot be promised: which line, which piece, and the refusal."""

    line: int
    title: str
    error: DomainError


class BatchRefused(Refused):
    """Nothing was promised; each piece that stands in the way is named in `problems`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("planning.batch_refused", count=len(problems), title=problems[0].title)
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Progress:
    """A batch with its pieces: (public id, title, state of the promise); `editions` and `targets` in the same order."""

    batch: Batch
    pieces: tuple[tuple[str, str, str], ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    editions: tuple[uuid.UUID | None, ...] = ()
    targets: tuple[tuple[str, ...], ...] = ()

    @property
    def done(self) -> int:
        return self.counts.get("done", 0)


async def promise_batch(
    session: AsyncSession,
    actor: Actor,
    members: Sequence[Member],
    *,
    name: str,
    at: dt.datetime,
    now: dt.datetime,
    take_off_at: dt.datetime | None = None,
) -> Batch:
    """Promises every piece for the same instant in one transaction.

    Raises:
        Invalid: `planning.batch_name`, `planning.batch_size` for fewer than two or too many.
        BatchRefused: at least one piece cannot be promised; all such pieces are named, and nothing is.
    """
    if not one_line(name):
        raise Invalid("planning.batch_name", fields={"name": "planning.batch_name"})
    if not 2 <= len({one.edition for one in members}) == len(members) <= MOST:
        raise Invalid("planning.batch_size", most=MOST)
    held = await _hold_all(session, [one.edition for one in members])
    problems = []
    for line, one in enumerate(members, start=1):
        piece = held[one.edition]
        try:
            if piece.state is EditionState.SCHEDULED:
                raise Refused("planning.promised_already")
            await check_promise(session, piece, actor, Wanted(at, one.targets, take_off_at), now=now)
        except DomainError as error:
            problems.append(Problem(line, piece.document.title, error))
    if problems:
        raise BatchRefused(problems)
    batch = Batch(
        id=uuid7(now),
        name=one_line(name)[:100],
        unit_path=_common_unit([held[one.edition].unit.path for one in members]),
        at=at,
        created_by=actor.person,
        created_at=now,
    )
    session.add(batch)
    await session.flush()
    for one in members:
        await schedule(
            session,
            actor,
            one.edition,
            at=at,
            targets=one.targets,
            now=now,
            take_off_at=take_off_at,
            batch=batch.id,
        )
    await _note(session, actor, "batch.promise", batch, now, pieces=len(members))
    return batch


async def move_batch(
    session: AsyncSession, actor: Actor, batch: uuid.UUID, *, at: dt.datetime, now: dt.datetime
) -> Batch:
    """Moves every piece that still waits to another instant, all or none. Raises as `promise_batch`, NotFound."""
    row, waiting = await _open_pieces(session, actor, batch)
    held = await _hold_all(session, [edition for edition, _ in waiting])
    problems = []
    for line, (edition, stands) in enumerate(waiting, start=1):
        wanted = Wanted(at, tuple(stands.targets), stands.take_off_at)
        try:
            await check_promise(session, held[edition], actor, wanted, now=now)
        except DomainError as error:
            problems.append(Problem(line, held[edition].document.title, error))
    if problems:
        raise BatchRefused(problems)
    for edition, _ in waiting:
        await reschedule(session, actor, edition, at=at, now=now, batch=row.id)
    row.at = at
    await session.flush()
    await _note(session, actor, "batch.move", row, now, pieces=len(waiting))
    return row


async def join_batch(
    session: AsyncSession,
    actor: Actor,
    batch: uuid.UUID,
    member: Member,
    *,
    now: dt.datetime,
    again: bool = False,
    take_off_at: dt.datetime | None = None,
) -> Batch:
    """Promises one more piece for the instant of a batch that still waits; one that was promised elsewhere moves here.

    `again` is the way back of one that left: where nothing waits any more, `take_off_at` is the end it had.
    Raises as `promise_batch` for the piece alone, and as `cancel_batch`.
    """
    row, waiting = await _open_pieces(session, actor, batch, may_be_empty=again)
    if len(waiting) >= MOST:
        raise Invalid("planning.batch_size", most=MOST)
    if member.edition in {edition for edition, _ in waiting}:
        raise Refused("planning.promised_already")
    held = (await _hold_all(session, [member.edition]))[member.edition]
    # They go out together, and together they are taken off.
    off = waiting[0][1].take_off_at if waiting else take_off_at
    await promise(session, actor, member.edition, Wanted(row.at, member.targets, off, row.id), now=now)
    row.unit_path = _common_unit([row.unit_path, held.unit.path])
    await session.flush()
    await _note(session, actor, "batch.join", row, now, pieces=len(waiting) + 1)
    return row


async def leave_batch(
    session: AsyncSession, actor: Actor, batch: uuid.UUID, edition: uuid.UUID, *, now: dt.datetime
) -> Batch:
    """Takes the promise of one piece back; the others go out. Raises as `cancel_batch`, also for a piece not in it."""
    row, waiting = await _open_pieces(session, actor, batch)
    if edition not in {one for one, _ in waiting}:
        raise NotFound("planning.batch_over")
    await unschedule(session, actor, edition, now=now)
    await _note(session, actor, "batch.leave", row, now, pieces=len(waiting) - 1)
    return row


async def cancel_batch(session: AsyncSession, actor: Actor, batch: uuid.UUID, *, now: dt.datetime) -> None:
    """Takes back the promises that still wait; what is out stays out. Raises Denied, NotFound."""
    row, waiting = await _open_pieces(session, actor, batch)
    await _hold_all(session, [edition for edition, _ in waiting])
    for edition, _ in waiting:
        await unschedule(session, actor, edition, now=now)
    row.cancelled_at = now
    await session.flush()
    await _note(session, actor, "batch.cancel", row, now, pieces=len(waiting))


async def batches(session: AsyncSession, actor: Actor, *, since: dt.datetime, limit: int = 30) -> Sequence[Progress]:
    """Batches of the units the actor reads, those to come first."""
    paths = reach(actor, Action.PUBLISHING_READ)
    mine = or_(false(), *(Batch.unit_path.startswith(path, autoescape=True) for path in paths))
    query = select(Batch).where(Batch.at >= since, mine).order_by(Batch.at.desc(), Batch.id).limit(limit)
    return [await _progress(session, row) for row in (await session.scalars(query)).all()]


async def batch_progress(session: AsyncSession, actor: Actor, batch: uuid.UUID) -> Progress:
    """One batch with its pieces. Raises NotFound `planning.no_batch`, Denied."""
    row = await session.get(Batch, batch)
    if row is None:
        raise NotFound("planning.no_batch")
    require_can(actor, Action.PUBLISHING_READ, Subject(row.unit_path))
    return await _progress(session, row)


async def _progress(session: AsyncSession, row: Batch) -> Progress:
    query = (
        select(Document.public_id, Document.title, Occurrence.state, Occurrence.edition_id, Occurrence.targets)
        .join(Document, Document.id == Occurrence.document_id)
        .where(Occurrence.batch_id == row.id)
        .order_by(Occurrence.state != "cancelled", Occurrence.created_at, Occurrence.id)
    )
    # Moving takes a promise back and writes a new one: the last one of a piece that stands is the one that counts.
    newest = {one.public_id: one for one in (await session.execute(query)).all()}
    pieces = tuple((one.public_id, one.title, one.state) for one in newest.values())
    counts: dict[str, int] = {}
    for _, _, state in pieces:
        counts[state] = counts.get(state, 0) + 1
    editions = tuple(one.edition_id for one in newest.values())
    return Progress(row, pieces, counts, editions, tuple(tuple(one.targets) for one in newest.values()))


async def _open_pieces(
    session: AsyncSession, actor: Actor, batch: uuid.UUID, *, may_be_empty: bool = False
) -> tuple[Batch, Sequence[tuple[uuid.UUID, Occurrence]]]:
    row = await session.get(Batch, batch, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("planning.no_batch")
    require_can(actor, Action.PUBLISHING_SCHEDULE, Subject(row.unit_path))
    query = select(Occurrence).where(Occurrence.batch_id == batch, Occurrence.state.in_(OPEN))
    found = (await session.scalars(query.order_by(Occurrence.id))).all()
    waiting = [(one.edition_id, one) for one in found if one.edition_id is not None]
    if not waiting and (not may_be_empty or row.cancelled_at is not None):
        raise NotFound("planning.batch_over")
    return row, waiting


async def _hold_all(session: AsyncSession, editions: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Held]:
    """Locked in the order of their documents, so that two batches over the same pieces never wait for each other."""
    query = select(Edition.id).where(Edition.id.in_(editions)).order_by(Edition.document_id)
    found = (await session.scalars(query)).all()
    if len(found) != len(set(editions)):
        raise NotFound("content.no_edition")
    return {edition: await hold(session, edition) for edition in found}


def _common_unit(paths: Sequence[str]) -> str:
    """The narrowest unit above all of them."""
    parts = [path.strip("/").split("/") for path in paths]
    shared = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return "/" + "".join(f"{code}/" for code in shared)


async def _note(
    session: AsyncSession, actor: Actor, action: str, batch: Batch, now: dt.datetime, *, pieces: int
) -> None:
    details = {"name": batch.name, "at": to_ms(batch.at), "pieces": pieces}
    of = ("batch", str(batch.id))
    await record(session, actor, action, of=of, unit=batch.unit_path, details=details, now=now)
