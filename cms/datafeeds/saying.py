"""A value on its way: asked for, looked at, signed by the guard between two transactions, kept as the newest."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cms.audit.record import record
from cms.datafeeds.keeping import TOPIC, card_of, feed_of
from cms.datafeeds.lines import check_said
from cms.datafeeds.models import DataFeed
from cms.datafeeds.signing import FeedSigner
from cms.kernel.clock import from_ms
from cms.kernel.db import Database
from cms.kernel.errors import DomainError, Invalid, Refused, Unavailable
from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.people.permissions import Action
from cms.signals.feed import Feed, read_feed
from cms.trust.signed import Signed

_NAMED: Final = 80


@dataclass(frozen=True, slots=True)
class Said:
    """Values by field name, for so many seconds (None: as long as the feed's values stand)."""

    values: Mapping[str, object]
    lasts: int | None = None
    by_hand: bool = False


async def say(
    db: Database, signer: FeedSigner | None, actor: Actor, code: str, said: Said, *, now: dt.datetime
) -> DataFeed:
    """Makes these the newest values of a feed. What is refused is kept with its reason, for the page of the feed.

    Raises Denied, NotFound, Refused `datafeeds.off`, Invalid `datafeeds.values` or `datafeeds.lasts`; Unavailable and
    Refused `guard.feed_unknown` of the guard.
    """
    async with db.read() as session:
        row = await feed_of(session, actor, code, Action.VALUES_SAY)
        card, lasts, is_active = card_of(row), row.lasts, row.active
    try:
        if not is_active:
            raise Refused("datafeeds.off", feed=code)
        check_said(card, said.values)
        lasts = _lasts(said, lasts)
        if signer is None:
            raise Unavailable("guard.unreachable")
        signed = await signer.sign_feed(card.feed, card.schema, said.values, lasts_ms=lasts * 1000)
    except DomainError as refused:
        await _refused(db, code, refused, now)
        raise
    return await _keep(db, actor, signed, by_hand=said.by_hand, now=now)


def _lasts(said: Said, most: int) -> int:
    """Shorter than the feed's, never longer: that is what people set."""
    if said.lasts is None:
        return most
    if not 0 < said.lasts <= most:
        raise Invalid("datafeeds.lasts_long", fields={"lasts": "datafeeds.lasts_long"}, most=most)
    return said.lasts


async def _keep(db: Database, actor: Actor, signed: Signed, *, by_hand: bool, now: dt.datetime) -> DataFeed:
    feed = read_feed(signed.text)
    async with db.write() as session:
        row = await session.get_one(DataFeed, feed.feed, with_for_update=True, populate_existing=True)
        # Of two at once the guard has numbered one higher: that one stands, whoever comes to the rows last.
        if (feed.epoch, feed.seq) > (row.epoch, row.seq):
            _take(row, feed, signed)
            row.said_by = actor.name[:_NAMED]
        await session.flush()
        await ring(session, TOPIC)
        if by_hand:
            # What machines say every minute is counted; in the record it would bury what people did.
            details = {"values": {name: str(value) for name, value in feed.values.items()}, "seq": feed.seq}
            await record(
                session, actor, "datafeed.say", of=("datafeed", row.code), unit=row.unit_path, details=details, now=now
            )
        return row


def _take(row: DataFeed, feed: Feed, signed: Signed) -> None:
    row.signed, row.epoch, row.seq, row.values = signed.wire(), feed.epoch, feed.seq, dict(feed.values)
    row.at, row.expires_at = from_ms(feed.at), from_ms(feed.expires_at)
    row.refused_code, row.refused_params, row.refused_at = None, {}, None


async def _refused(db: Database, code: str, refused: DomainError, now: dt.datetime) -> None:
    fields = refused.fields if isinstance(refused, Invalid) else {}
    params = {name: value for name, value in refused.params.items() if isinstance(value, str | int)}
    async with db.write() as session:
        row = await session.get_one(DataFeed, code, with_for_update=True, populate_existing=True)
        row.refused_code, row.refused_at = refused.code, now
        row.refused_params = params | ({"fields": fields} if fields else {})
