"""Taking drafts out of the box that nobody will submit any more."""

import datetime as dt
from typing import Final

from cms.contract import Services
from renderers.wechat.client import Client
from renderers.wechat.notes import Notes, Record, Spare, Step, Superseded
from renderers.wechat.posting import removed

# Longer than the core waits between two tries of a post that may still want its draft.
_KEPT: Final = dt.timedelta(hours=2)
_AT_ONCE: Final = 3
_IN_USE: Final = frozenset({Step.SUBMITTING, Step.SUBMITTED})


async def sweep(client: Client, services: Services, notes: Notes) -> None:
    """A few of the oldest; what fails is tried again the next time anything is sent or recalled."""
    now = services.now()
    due = [one for one in await notes.spares() if now - dt.datetime.fromisoformat(one.at) > _KEPT]
    for spare in due[:_AT_ONCE]:
        await _swept(spare, client, notes)


async def _swept(spare: Spare, client: Client, notes: Notes) -> None:
    record, version = await notes.load(spare.post)
    if record.draft == spare.draft:
        if record.step in _IN_USE:
            return
        if record.step is Step.DRAFTED:
            try:
                await notes.save(spare.post, Record(at=record.at), version=version)
            except Superseded:
                return
    if await removed(client, spare.draft):
        await notes.drop_spare(spare.draft)
