"""What a box hands in for an order: with the order's own ticket, once, in its time, and made anew before it is kept.

A box in the street is as hostile as anybody: its picture is decoded in the sandbox and encoded again, its text is cut,
cleaned and masked once more, and both are shown to nobody but who may see the screen.
"""

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.db import Database
from cms.kernel.errors import Denied, Invalid, NotFound
from cms.library.upload import Workshop
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from media.crop import Mode
from media.images import Rendition, make_renditions
from media.intake import take_picture
from media.threads import in_thread
from screens.hands import states
from screens.hands.ordering import ticket_hash
from screens.hands.tables import ScreenFile, ScreenOrder
from screens.kiosk.diary import BYTES, masked
from screens.tables import Screen

MAX_PICTURE: Final = 12 * 2**20
MAX_TEXT: Final = BYTES + 1024
# A box may be slow: it has this long after the end of its order.
GRACE: Final = dt.timedelta(minutes=2)
SHOWN: Final = Rendition("screenshot", Mode.width, 1080, 0, "image/webp", 82)
TEXT: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Handed:
    """A kept file with the screen it is of."""

    body: bytes
    media_type: str
    screen: str


async def hand_in(
    db: Database, workshop: Workshop, order: uuid.UUID, ticket: str, blocks: AsyncIterator[bytes], *, now: dt.datetime
) -> None:
    """Takes the one file of an order.

    Raises:
        Denied: `hands.ticket`: not this order's, used before, or too late.
        Invalid: `hands.too_large`.
        MediaRefused: the picture is none we take.
    """
    action = await _claimed(db, order, ticket, now)
    if action == "screenshot":
        made = await _picture(workshop, order, blocks, now)
    else:
        text = (await _read(blocks, MAX_TEXT)).decode("utf-8", "replace")
        made = ScreenFile(order=order, media_type=TEXT, body=masked(text).encode(), at=now)
    async with db.write() as session:
        session.add(made)


async def handed_in(session: AsyncSession, actor: Actor, order: uuid.UUID) -> Handed:
    """A file, for who may see its screen. Raises NotFound `hands.file`, Denied."""
    query = select(ScreenFile, Screen.unit, Screen.public).join(ScreenOrder, ScreenOrder.id == ScreenFile.order)
    row = (
        await session.execute(query.join(Screen, Screen.id == ScreenOrder.screen).where(ScreenFile.order == order))
    ).first()
    if row is None:
        raise NotFound("hands.file")
    require_can(actor, Action.SCREEN_READ, Subject(row.unit))
    if row.ScreenFile.media_type == TEXT:
        # A log tells of a box's inside: for who looks after it.
        require_can(actor, Action.SCREEN_MANAGE, Subject(row.unit))
    return Handed(row.ScreenFile.body, row.ScreenFile.media_type, row.public)


async def forget_files(db: Database, *, before: dt.datetime) -> int:
    """Deletes what boxes handed in before that time; how many went."""
    async with db.read() as session:
        if await session.scalar(select(ScreenFile.order).where(ScreenFile.at < before).limit(1)) is None:
            return 0
    async with db.write() as session:
        gone: Any = await session.execute(delete(ScreenFile).where(ScreenFile.at < before))
        return int(gone.rowcount)


async def _claimed(db: Database, order: uuid.UUID, ticket: str, now: dt.datetime) -> str:
    """The action of the order; its ticket is used up from here on, whatever becomes of the file."""
    async with db.write() as session:
        mine = (ScreenOrder.id == order, ScreenOrder.ticket == ticket_hash(ticket))
        may = (ScreenOrder.state.in_(states.OPEN), ScreenOrder.expires_at > now - GRACE)
        used = update(ScreenOrder).where(*mine, *may).values(ticket=None).returning(ScreenOrder.action)
        action = await session.scalar(used)
    if action is None:
        raise Denied("hands.ticket")
    return action


async def _picture(workshop: Workshop, order: uuid.UUID, blocks: AsyncIterator[bytes], now: dt.datetime) -> ScreenFile:
    room, limits = workshop.sandbox, replace(workshop.limits, file_bytes=MAX_PICTURE)
    work = workshop.work
    async with (
        take_picture(blocks, sandbox=room, work=work, limits=limits) as picture,
        make_renditions(picture.master, sandbox=room, work=work, wanted=(SHOWN,), limits=limits) as (made,),
    ):
        body = await in_thread(made.path.read_bytes)
        return ScreenFile(
            order=order, media_type=made.media_type, body=body, width=made.width, height=made.height, at=now
        )


async def _read(blocks: AsyncIterator[bytes], most: int) -> bytes:
    data = bytearray()
    async for block in blocks:
        data += block
        if len(data) > most:
            raise Invalid("hands.too_large", limit=most)
    return bytes(data)
