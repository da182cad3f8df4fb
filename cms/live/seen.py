"""What the receivers see and hear of the signals that are on air, for the wall of all channels."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.live.models import LiveSource, LiveState
from cms.live.rules import SourceState, is_heard
from cms.live.sources import open_takes


@dataclass(frozen=True, slots=True)
class Seen:
    """A signal on air.

    Attributes:
        is_there: whether it comes in; while it does not, its filler is on air.
        loudness: of the last seconds as they came in, in LKFS; None without sound above silence.
        peak: of the same, in dBTP.
        black: since when its picture is black, `frozen` since when it stands still; None for neither.
    """

    is_there: bool
    loudness: float | None = None
    peak: float | None = None
    black: dt.datetime | None = None
    frozen: dt.datetime | None = None


async def seen_on_air(
    session: AsyncSession, targets: Sequence[uuid.UUID], *, now: dt.datetime
) -> Mapping[uuid.UUID, Seen]:
    """By channel, the signals that are on air on these."""
    takes = [take.source_id for take, cut in await open_takes(session, now=now) if cut.start_at <= now]
    if not takes:
        return {}
    query = select(LiveSource.target_id, LiveState).join(LiveState, LiveState.source_id == LiveSource.id)
    query = query.where(LiveSource.id.in_(takes), LiveSource.target_id.in_(targets))
    return {target: _seen(state, now) for target, state in (await session.execute(query)).all()}


def _seen(state: LiveState, now: dt.datetime) -> Seen:
    if not is_heard(state, now) or state.state not in {SourceState.RECEIVING, SourceState.ENCODING}:
        return Seen(is_there=False)
    loudness = None if state.loudness is None else state.loudness / 100
    peak = None if state.peak is None else state.peak / 100
    return Seen(is_there=True, loudness=loudness, peak=peak, black=state.black_at, frozen=state.frozen_at)
