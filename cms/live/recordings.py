"""What became of signals that were to be recorded, for those who see their channels."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Document
from cms.live.models import LiveTake
from cms.live.sources import reached
from cms.people.actor import Actor
from cms.people.permissions import Action
from cms.planning.models import Target
from cms.publishing.onair.models import CutInRow

_MOST: Final = 10


class RecordingState(StrEnum):
    """How far a recording is: still coming in, being made a draft, a draft, or nothing."""

    RUNNING = "running"
    WAITING = "waiting"
    KEPT = "kept"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording; `document` is the public id of its first draft, `error` what is missing or why there is none."""

    title: str
    channel: str
    at: dt.datetime
    state: RecordingState
    document: str
    error: str


async def recordings(session: AsyncSession, actor: Actor, *, now: dt.datetime) -> Sequence[Recording]:
    """The last recordings of the channels whose deliveries the actor sees, the newest first."""
    query = select(LiveTake, CutInRow, Document.title, Target.name)
    query = query.join(CutInRow, CutInRow.id == LiveTake.cut_in_id).join(Target, Target.id == CutInRow.target_id)
    query = query.join(Document, Document.id == CutInRow.document_id)
    query = query.where(LiveTake.record, reached(actor, Action.PUBLISHING_READ))
    rows = (await session.execute(query.order_by(CutInRow.start_at.desc(), CutInRow.id).limit(_MOST))).all()
    kept = [take.kept_as for take, *_ in rows if take.kept_as is not None]
    named = await session.execute(select(Document.id, Document.public_id).where(Document.id.in_(kept)))
    names: dict[uuid.UUID, str] = {row[0]: row[1] for row in named.all()}
    return [
        Recording(
            title, channel, cut.start_at, _state(take, cut, now), names.get(take.kept_as or cut.id, ""), take.error
        )
        for take, cut, title, channel in rows
    ]


def _state(take: LiveTake, cut: CutInRow, now: dt.datetime) -> RecordingState:
    if take.kept_at is not None:
        return RecordingState.KEPT if take.kept_as is not None else RecordingState.FAILED
    is_over = cut.ended_at is not None or (cut.until is not None and cut.until <= now)
    return RecordingState.WAITING if is_over else RecordingState.RUNNING
