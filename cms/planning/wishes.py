"""Wishes and moves: when the office would like a piece to go out, and a piece moved to another instant or target."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.editions import plan
from cms.content.held import Held, look
from cms.content.models import Edition
from cms.content.states import EditionState
from cms.kernel.clock import to_ms
from cms.kernel.errors import Conflict, Refused
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, can, require_can
from cms.planning.clashes import clashes_of_promise
from cms.planning.embargo import check_embargo, embargo_of
from cms.planning.hours import holiday
from cms.planning.models import Batch
from cms.planning.schedule import Wanted, reschedule, scheduled
from cms.planning.targets import targets_by_code
from schedules.clashes import Clash, Severity, said


@dataclass(frozen=True, slots=True)
class Move:
    """Where a piece is to go.

    Attributes:
        targets: none leave them as they are.
        was: the time at which somebody saw it stand, in milliseconds; empty: it does not matter.
        batch: the batch it goes back into when a move is undone.
    """

    at: dt.datetime
    targets: tuple[str, ...] = ()
    was: str = ""
    batch: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Stood:
    """Where it stood: a promise with its targets, or a wish with its time, or nothing."""

    at: dt.datetime | None
    is_promise: bool = False
    targets: tuple[str, ...] = ()
    batch: uuid.UUID | None = None
    take_off_at: dt.datetime | None = None

    @property
    def seen(self) -> str:
        """What `Move.was` has to say."""
        return str(to_ms(self.at)) if self.at is not None else ""


@dataclass(frozen=True, slots=True)
class Moving:
    """What moving a piece would meet: where it stood, what clashes, and the names of other targets, if it gets any."""

    before: dt.datetime | None
    clashes: Sequence[Clash]
    leaves_batch: bool = False
    targets: tuple[Sequence[str], Sequence[str]] | None = None


async def wish(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, *, at: dt.datetime | None, now: dt.datetime
) -> Edition:
    """Notes a wish, or takes it back. Raises as `plan`, and Refused `planning.embargo` for one below the floor."""
    if at is not None:
        await check_embargo(session, (await look(session, edition)).document.id, at=at)
    return await plan(session, actor, edition, planned_at=at, now=now)


async def move_to(session: AsyncSession, actor: Actor, edition: uuid.UUID, move: Move, *, now: dt.datetime) -> Stood:
    """Moves a promise, or the wish of a piece that has none; returns where it stood.

    Raises:
        Conflict: `planning.moved_meanwhile`; somebody else's move is not overwritten unseen.
        Refused: `planning.wish_no_target`; also as `reschedule` and `wish`.
    """
    stood = await _stood(session, await look(session, edition))
    if move.was and move.was != stood.seen:
        raise Conflict("planning.moved_meanwhile")
    if stood.is_promise:
        batch = await _batch(session, actor, move)
        await reschedule(session, actor, edition, at=move.at, targets=move.targets or None, batch=batch, now=now)
    elif move.targets:
        raise Refused("planning.wish_no_target")
    else:
        await wish(session, actor, edition, at=move.at, now=now)
    return stood


async def look_at_move(
    session: AsyncSession, actor: Actor, held: Held, move: Move, *, posts: frozenset[str], now: dt.datetime
) -> Moving:
    """What `move_to` would meet; writes nothing. Raises Denied, and as `clashes_of_promise`."""
    stood = await _stood(session, held)
    if stood.is_promise:
        wanted = Wanted(move.at, move.targets or stood.targets, stood.take_off_at)
        clashes = await clashes_of_promise(session, actor, held.edition.id, wanted, posts=posts, now=now)
        return Moving(stood.at, clashes, stood.batch is not None, await _other_targets(session, stood, move))
    require_can(actor, Action.DOCUMENT_EDIT, held.subject)
    found = [Clash(Severity.ERROR, "error.planning.wish_no_target")] if move.targets else []
    if move.at <= now:
        found.append(Clash(Severity.WARNING, "wish_past"))
    row = await embargo_of(session, held.document.id, now=now)
    if row is not None and move.at < row.until:
        found.append(Clash(Severity.ERROR, "error.planning.embargo", {"until": said(row.until)}))
    return Moving(stood.at, [*found, *await holiday(session, move.at)])


async def _stood(session: AsyncSession, held: Held) -> Stood:
    if held.state is EditionState.SCHEDULED:
        at, row = held.edition.scheduled_at, await scheduled(session, held.edition.id)
        if row is None:
            return Stood(at, is_promise=True)
        return Stood(at, is_promise=True, targets=tuple(row.targets), batch=row.batch_id, take_off_at=row.take_off_at)
    return Stood(held.edition.planned_at)


async def _batch(session: AsyncSession, actor: Actor, move: Move) -> uuid.UUID | None:
    """The batch a piece goes back into: only at the batch's own time, and by whoever may change the batch."""
    row = None if move.batch is None else await session.get(Batch, move.batch)
    if row is None or row.cancelled_at is not None or row.at != move.at:
        return None
    return row.id if can(actor, Action.PUBLISHING_SCHEDULE, Subject(row.unit_path)) else None


async def _other_targets(session: AsyncSession, stood: Stood, move: Move) -> tuple[Sequence[str], Sequence[str]] | None:
    if not move.targets or set(move.targets) == set(stood.targets):
        return None
    names = {row.code: row.name for row in await targets_by_code(session, [*move.targets, *stood.targets])}
    return [names[code] for code in stood.targets], [names[code] for code in move.targets]
