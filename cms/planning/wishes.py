"""Wishes and moves: when the office would like a piece to go out, and a piece moved to another instant."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.editions import plan
from cms.content.held import Held, look
from cms.content.models import Edition
from cms.content.states import EditionState
from cms.people.actor import Actor
from cms.people.permissions import Action, require_can
from cms.planning.clashes import clashes_of_promise
from cms.planning.embargo import check_embargo, embargo_of
from cms.planning.schedule import Wanted, reschedule, scheduled
from schedules.clashes import Clash, Severity, said


@dataclass(frozen=True, slots=True)
class Moving:
    """What moving a piece would meet: where it stood, what clashes, and whether it leaves its batch."""

    before: dt.datetime | None
    clashes: Sequence[Clash]
    leaves_batch: bool = False


async def wish(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, *, at: dt.datetime | None, now: dt.datetime
) -> Edition:
    """Notes a wish, or takes it back. Raises as `plan`, and Refused `planning.embargo` for one below the floor."""
    if at is not None:
        await check_embargo(session, (await look(session, edition)).document.id, at=at)
    return await plan(session, actor, edition, planned_at=at, now=now)


async def move_to(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, *, at: dt.datetime, now: dt.datetime
) -> None:
    """Moves a promise to another instant, or the wish of a piece that has none. Raises as `reschedule` and `wish`."""
    held = await look(session, edition)
    if held.state is EditionState.SCHEDULED:
        await reschedule(session, actor, edition, at=at, now=now)
    else:
        await wish(session, actor, edition, at=at, now=now)


async def look_at_move(
    session: AsyncSession, actor: Actor, held: Held, *, at: dt.datetime, posts: frozenset[str], now: dt.datetime
) -> Moving:
    """What `move_to` would meet; writes nothing. Raises Denied, and as `clashes_of_promise`."""
    if held.state is EditionState.SCHEDULED:
        promise = await scheduled(session, held.edition.id)
        wanted = Wanted(at, ()) if promise is None else Wanted(at, tuple(promise.targets), promise.take_off_at)
        clashes = await clashes_of_promise(session, actor, held.edition.id, wanted, posts=posts, now=now)
        leaves = promise is not None and promise.batch_id is not None
        return Moving(held.edition.scheduled_at, clashes, leaves)
    require_can(actor, Action.DOCUMENT_EDIT, held.subject)
    found = [Clash(Severity.WARNING, "wish_past")] if at <= now else []
    row = await embargo_of(session, held.document.id, now=now)
    if row is not None and at < row.until:
        found.append(Clash(Severity.ERROR, "error.planning.embargo", {"until": said(row.until)}))
    return Moving(held.edition.planned_at, found)
