"""Which process receives which source, what it says of it, and which of them are to be on air; one row a source."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.live.models import LiveSource, LiveState
from cms.live.rules import LEASE
from cms.live.sources import open_takes
from cms.planning.models import Target
from cms.publishing.onair.logos import place_of, wearing
from media.logo import Place


@dataclass(frozen=True, slots=True)
class HeldSource:
    """A source that this process is to receive; `version` changes with everything that was set."""

    id: uuid.UUID
    version: int
    target: uuid.UUID
    code: str
    kind: str
    port: int
    masked: str


@dataclass(frozen=True, slots=True)
class SaidOfSource:
    """How it is with a source; fields as those of `LiveState`. `still` None leaves the one that is known."""

    state: str
    since: dt.datetime | None
    factor: float
    rungs: int
    room: int
    slot: int
    late: int
    losses: int
    restarts: int
    size: str
    error: str
    still: bytes | None = None
    recording: float = 0.0
    loudness: float | None = None
    peak: float | None = None
    black: dt.datetime | None = None
    frozen: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldLogo:
    """The logo of a source's channel: its picture in the store, and where it stands."""

    sha256: str
    media_type: str
    place: Place


@dataclass(frozen=True, slots=True)
class Holding:
    """What this process receives from now on, and by source the orders that have one of them on air, and the logos.

    `recorded` are those orders whose signal is to be kept.
    """

    sources: Sequence[HeldSource]
    on_air: Mapping[uuid.UUID, uuid.UUID]
    logos: Mapping[uuid.UUID, HeldLogo]
    recorded: frozenset[uuid.UUID] = frozenset()


async def hold(
    session: AsyncSession, owner: str, said: Mapping[uuid.UUID, SaidOfSource], *, now: dt.datetime
) -> Holding:
    """Takes what is free and keeps what is held, in one write."""
    query = select(LiveSource, Target.code).join(Target, Target.id == LiveSource.target_id)
    query = query.where(LiveSource.active, Target.active).order_by(LiveSource.created_at, LiveSource.id)
    wanted = (await session.execute(query)).all()
    states = {row.source_id: row for row in (await session.scalars(select(LiveState).with_for_update())).all()}
    held: list[HeldSource] = []
    for row, code in wanted:
        state = states.get(row.id)
        if state is None:
            state = LiveState(source_id=row.id, holder=owner, until=now + LEASE)
            session.add(state)
        if state.holder != owner and state.until > now:
            continue
        state.holder, state.until = owner, now + LEASE
        if row.id in said:
            _say(state, said[row.id], now)
        held.append(HeldSource(row.id, row.version, row.target_id, code, row.kind, row.port, row.url))
    await session.flush()
    takes = [(take, cut) for take, cut in await open_takes(session, now=now) if cut.start_at <= now]
    on_air = {take.source_id: cut.id for take, cut in takes}
    rows = await wearing(session, {one.target for one in held})
    worn = {target: HeldLogo(row.sha256, row.media_type, place_of(row)) for target, row in rows.items()}
    logos = {one.id: worn[one.target] for one in held if one.target in worn}
    return Holding(held, on_air, logos, frozenset(take.cut_in_id for take, _ in takes if take.record))


async def let_go(session: AsyncSession, owner: str, *, now: dt.datetime) -> None:
    """At the end of a process: another one may take its sources at once."""
    for state in (await session.scalars(select(LiveState).where(LiveState.holder == owner))).all():
        state.until = now
    await session.flush()


def _say(state: LiveState, said: SaidOfSource, now: dt.datetime) -> None:
    state.said_at, state.state, state.since = now, said.state, said.since
    state.speed, state.rungs, state.room = round(said.factor * 100), said.rungs, said.room
    state.recording = round(said.recording * 100)
    state.slot, state.late, state.losses = said.slot, said.late, said.losses
    state.restarts, state.size, state.error = said.restarts, said.size[:20], said.error[:300]
    state.loudness, state.peak = _hundredths(said.loudness), _hundredths(said.peak)
    state.black_at, state.frozen_at = said.black, said.frozen
    if said.still is not None:
        state.still, state.still_at = said.still, now


def _hundredths(value: float | None) -> int | None:
    return None if value is None else round(value * 100)
