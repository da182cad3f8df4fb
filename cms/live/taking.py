"""Taking a source on air and back: admitted only where the machine can bear it, and always under an approved piece."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.errors import NotFound, Refused
from cms.live.models import LiveState, LiveTake
from cms.live.rules import may_take
from cms.live.sources import open_takes, source_of
from cms.people.actor import Actor
from cms.people.permissions import Action
from cms.publishing.onair.cutting import Wish, cut_in, end_cut_in
from cms.publishing.onair.models import CutInKind, CutInRow


@dataclass(frozen=True, slots=True)
class LiveWish:
    """A source under the piece that says what it is; `record` keeps it as the draft of a lecture."""

    source: uuid.UUID
    document: uuid.UUID
    length: dt.timedelta
    record: bool = False


async def take_live(session: AsyncSession, actor: Actor, wish: LiveWish, *, now: dt.datetime) -> CutInRow:
    """Puts a source on air instead of what is planned.

    Raises:
        Denied, NotFound `live.none`: as for any cut-in.
        Refused: `live.on_air` when the channel has live input already, `live.off` for one that is switched off, and as
            `may_take` and `cms.publishing.onair.cutting.cut_in`.
    """
    found = await source_of(session, actor, wish.source, Action.PUBLISHING_PUBLISH)
    if not found.source.active:
        raise Refused("live.off")
    running = await open_takes(session, now=now)
    for _, row in running:
        if row.target_id == found.target.id:
            raise Refused("live.on_air", target=found.target.name)
    beside = await _beside(session, found.state, [take for take, _ in running])
    may_take(found.state, record=wish.record, running=beside, now=now)
    order = Wish(CutInKind.LIVE, (found.target.code,), until=now + wish.length, source=wish.source)
    (made,) = await cut_in(session, actor, wish.document, order, now=now)
    session.add(LiveTake(cut_in_id=made.id, source_id=wish.source, record=wish.record))
    await session.flush()
    return made


async def end_live(session: AsyncSession, actor: Actor, source: uuid.UUID, *, now: dt.datetime) -> None:
    """Back to what is planned, at the next slot that may change.

    Raises Denied, NotFound `live.none`, and NotFound `publishing.no_cut_in` for a source that is not on air.
    """
    found = await source_of(session, actor, source, Action.PUBLISHING_RECALL)
    for take, row in await open_takes(session, now=now):
        if take.source_id == found.source.id:
            await end_cut_in(session, actor, row.id, now=now)
            return
    raise NotFound("publishing.no_cut_in")


async def _beside(session: AsyncSession, state: LiveState | None, takes: Sequence[LiveTake]) -> Sequence[float]:
    """What these cost that the same machine encodes; two people who take at once wait for one another here."""
    if state is None:
        return ()
    query = select(LiveState).where(LiveState.holder == state.holder).with_for_update()
    held = {row.source_id: row for row in (await session.scalars(query)).all()}
    return [held[take.source_id].price_of(record=take.record) for take in takes if take.source_id in held]
