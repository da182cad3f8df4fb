"""A graphics card's encoder for a worker that was told to use one: tried at its start, and watched from then on."""

import functools
import socket
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cms.kernel.log import logger
from cms.library.room import EncodeRoom
from cms.notices.alarms import end_alarm, raise_alarm
from cms.people.models import Unit
from deploy.installation import Installation
from media.encode import encode_house
from media.encoders import HARDWARE, Encoder
from media.errors import MediaRefused
from media.hardware import Hardware, probed

log = logger("deploy")


async def with_card(here: Installation, room: EncodeRoom) -> EncodeRoom:
    """The room with the card of the settings, as it is where there is none or its encoder is not of the house."""
    encoder = HARDWARE.get(here.settings.encoder)
    return room if encoder is None else await with_encoder(here, room, encoder)


async def with_encoder(here: Installation, room: EncodeRoom, encoder: Encoder) -> EncodeRoom:
    """As `with_card`, for one encoder; says in the log and by an alarm why it is not used."""
    shop = room.workshop
    try:
        reason = await probed(encoder, sandbox=shop.sandbox, work=shop.work)
    except MediaRefused as refused:
        reason = refused.code
    if reason:
        if reason == "absent":
            log.warning("the card's encoder is not there", encoder=encoder.name)
        else:
            log.warning("the card's encoder is refused", encoder=encoder.name, error=reason)
        await _alarm(here, encoder, reason)
        return room
    log.info("videos are made by the card", encoder=encoder.name)
    await _alarm(here, encoder, "")

    async def tell(why: str) -> None:
        log.warning("a video was made in software", encoder=encoder.name, error=why)
        here.metrics.count("yunping_encoder_refusals_total", encoder=encoder.name)
        await _alarm(here, encoder, why)

    encode = functools.partial(encode_house, hardware=Hardware(encoder, tell))
    return replace(room, workshop=replace(shop, tools=replace(shop.tools, encode=encode)))


async def _alarm(here: Installation, encoder: Encoder, reason: str) -> None:
    """One alarm a machine; it ends when a start finds the card in order."""
    host, now = socket.gethostname(), here.clock.now()
    cause = f"encoder:{encoder.name}:{host}"[:100]
    subject = "library.alarm.encoder_absent" if reason == "absent" else "library.alarm.encoder"
    params = {"encoder": encoder.name, "host": host, "reason": reason}
    try:
        async with here.db.write() as session:
            if not reason:
                await end_alarm(session, cause=cause, now=now)
                return
            unit = await session.scalar(select(Unit.path).where(Unit.parent_id.is_(None)))
            if unit is None:
                return  # before the first start is done
            href = "/desk/library"
            await raise_alarm(session, cause=cause, unit=unit, subject=subject, params=params, href=href, now=now)
    except SQLAlchemyError:
        # Videos are made whether or not anybody can be told.
        log.exception("an alarm could not be raised")
