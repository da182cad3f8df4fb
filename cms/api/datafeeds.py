"""Data feeds over the API: what a station's own program sends, and how each feed stands."""

import datetime as dt
from typing import Annotated, Any

from pydantic import Field, StrictInt, StrictStr

from cms.api.models import Text
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.datafeeds.keeping import Kept, add_feed, code_typed, edit_feed, feed_of, feeds
from cms.datafeeds.models import DataFeed
from cms.datafeeds.saying import Said
from cms.datafeeds.states import state_of
from cms.desk.saying import say_for
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid
from cms.people.permissions import Action
from cms.signals.feed import read_card
from cms.trust.errors import TrustError

Value = StrictInt | StrictStr | None


class FeedSent(Sent):
    """What may change of a feed; its values stand for `lasts` seconds."""

    name: Text
    unit: str
    lasts: int
    active: bool = True


class NewFeed(FeedSent):
    """A feed; `fields` as in a data card (docs/formats.md), which never change."""

    code: Text
    fields: list[dict[str, Any]]


class ValuesSent(Sent):
    """Whole numbers in the smallest place a field draws, code words, or null where there is no reading."""

    values: Annotated[dict[str, Value], Field(min_length=1)]
    lasts: int | None = None


class FeedLine(Given):
    """A feed with its newest values and how it stands; `refused` is why the last attempt was not taken."""

    code: str
    name: str
    unit: str
    fields: list[dict[str, Any]]
    lasts: int
    state: str
    values: dict[str, int | str | None]
    at: dt.datetime | None
    expires_at: dt.datetime | None
    said_by: str
    refused: str | None
    refused_at: dt.datetime | None


class FeedList(Given):
    """The feeds of the person's units."""

    feeds: list[FeedLine]


class ValuesTaken(Given):
    """Signed, and on their way to the screens."""

    seq: int
    at: dt.datetime | None
    expires_at: dt.datetime | None


async def list_feeds(visit: Visit) -> FeedList:
    """Data feeds, their newest values and how they stand."""
    async with visit.deps.db.read() as session:
        return FeedList(feeds=[_line(visit, one) for one in await feeds(session, visit.actor)])


async def one_feed(visit: Visit) -> FeedLine:
    """One data feed."""
    async with visit.deps.db.read() as session:
        return _line(visit, await feed_of(session, visit.actor, visit.part("feed")))


async def new_feed(visit: Visit, sent: NewFeed) -> FeedLine:
    """Adds a data feed."""
    try:
        card = read_card({"feed": code_typed(sent.code), "fields": sent.fields})
    except TrustError as error:
        raise Invalid(error.code, fields={"fields": error.code}, **error.params) from error
    async with visit.deps.db.write() as session:
        return _line(visit, await add_feed(session, visit.actor, card, _kept(sent), now=visit.now))


async def change_feed(visit: Visit, sent: FeedSent) -> FeedLine:
    """Changes a data feed, switches it off or on."""
    async with visit.deps.db.write() as session:
        return _line(visit, await edit_feed(session, visit.actor, visit.part("feed"), _kept(sent), now=visit.now))


async def say_values(visit: Visit, sent: ValuesSent) -> ValuesTaken:
    """Says the newest values of a feed; they are signed and go to the screens that have a card of it."""
    row = await say_for(visit, Said(sent.values, sent.lasts))
    return ValuesTaken(seq=row.seq, at=row.at, expires_at=row.expires_at)


def _kept(sent: FeedSent) -> Kept:
    return Kept(sent.name, sent.unit, sent.lasts, sent.active)


def _line(visit: Visit, row: DataFeed) -> FeedLine:
    return FeedLine(
        code=row.code,
        name=row.name,
        unit=row.unit_path,
        fields=row.fields,
        lasts=row.lasts,
        state=state_of(row, visit.now),
        values=row.values,
        at=row.at,
        expires_at=row.expires_at,
        said_by=row.said_by,
        refused=row.refused_code,
        refused_at=row.refused_at,
    )


_ALL, _ONE = "/api/v1/data-feeds", "/api/v1/data-feeds/{feed}"
RESOURCES: tuple[Resource, ...] = (
    ask(_ALL, list_feeds, Action.DATA_READ, given=FeedList),
    take("POST", _ALL, new_feed, Action.DATA_MANAGE, sent=NewFeed, given=FeedLine),
    ask(_ONE, one_feed, Action.DATA_READ, given=FeedLine),
    take("PUT", _ONE, change_feed, Action.DATA_MANAGE, sent=FeedSent, given=FeedLine),
    take("PUT", f"{_ONE}/values", say_values, Action.VALUES_SAY, sent=ValuesSent, given=ValuesTaken),
)
