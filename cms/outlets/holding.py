"""Which process sends which output, and what it says of it: one row an output, taken for a while and taken again.

Two processes may run for safety; an output has one holder, so no address hears two streams. A holder that the database
cannot be asked about goes on with what it holds: nobody else can take it then either.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.outlets.models import TvOutput, TvOutputState
from cms.planning.models import Target

LEASE: Final = dt.timedelta(seconds=12)


@dataclass(frozen=True, slots=True)
class Held:
    """An output that this process is to send."""

    id: uuid.UUID
    version: int
    code: str
    kind: str
    rung: str
    address: str
    port: int
    rate: int
    ttl: int
    interface: str
    service: int
    url: str


@dataclass(frozen=True, slots=True)
class Said:
    """How an output went since its sender took it; fields as those of `TvOutputState`."""

    slot: int
    late_ms: int
    missing: int
    errors: int
    short: int
    restarts: int
    error: str


async def hold(
    session: AsyncSession, owner: str, said: Mapping[uuid.UUID, Said], *, now: dt.datetime
) -> Sequence[Held]:
    """Takes what is free and keeps what is held, in one write; what this process sends from now on."""
    query = select(TvOutput, Target.code).join(Target, Target.id == TvOutput.target_id)
    query = query.where(TvOutput.active, Target.active).order_by(TvOutput.created_at, TvOutput.id)
    wanted = (await session.execute(query)).all()
    states = {row.output_id: row for row in (await session.scalars(select(TvOutputState).with_for_update())).all()}
    held: list[Held] = []
    for output, code in wanted:
        state = states.get(output.id)
        if state is None:
            state = TvOutputState(output_id=output.id, holder=owner, until=now + LEASE)
            session.add(state)
        if state.holder != owner and state.until > now:
            continue
        state.holder, state.until = owner, now + LEASE
        if output.id in said:
            _say(state, said[output.id], now)
        held.append(_held(output, code))
    await session.flush()
    return held


async def let_go(session: AsyncSession, owner: str, *, now: dt.datetime) -> None:
    """At the end of a process: another one may take its outputs at once."""
    for state in (await session.scalars(select(TvOutputState).where(TvOutputState.holder == owner))).all():
        state.until = now
    await session.flush()


def _say(state: TvOutputState, said: Said, now: dt.datetime) -> None:
    state.said_at, state.slot, state.late_ms = now, said.slot, said.late_ms
    state.missing, state.errors, state.short = said.missing, said.errors, said.short
    state.restarts, state.error = said.restarts, said.error[:300]


def _held(row: TvOutput, code: str) -> Held:
    return Held(
        row.id,
        row.version,
        code,
        row.kind,
        row.rung,
        row.address,
        row.port,
        row.rate,
        row.ttl,
        row.interface,
        row.service,
        row.url,
    )
