"""A newsroom with a television channel: lectures of known lengths, signed and published, and a plan as rendered."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select, delete, select, update

from cms.airing.editing import Hand
from cms.content.draft import EnvelopeDraft
from cms.content.editing import create
from cms.content.kinds import Kind
from cms.contract import AssetFile
from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.kernel.ids import block_id
from cms.library.models import Asset
from cms.people.models import Unit
from cms.planning.models import Target
from cms.planning.targets import add_target, as_contract
from cms.publishing.line_ups import RowLineUps
from cms.publishing.publish import publish_now
from cms.publishing.services.models import AccountValue
from cms.review.release import Press
from cms.review.submit import submit
from media.house import INDEX
from renderers.tv.air import TvOnAir
from renderers.tv.items import VIDEO_RENDITIONS, Video, masters
from renderers.tv.plan import from_value, to_value
from renderers.tv.programme import AHEAD, Live, day_start, planned
from tests.fakes.house_files import imagined
from tests.office import CENTRE, DOMAIN, NOW, STATION, Office, form, make_draft, make_office, make_video, paragraph

CODE: Final = "tv-wj"
AIR: Final = TvOnAir()
SLOT: Final = dt.timedelta(milliseconds=3840)


@dataclass
class DayOffice:
    """The newsroom; `documents` and `editions` by title."""

    office: Office
    documents: dict[str, uuid.UUID] = field(default_factory=dict)
    editions: dict[str, uuid.UUID] = field(default_factory=dict)

    @property
    def db(self) -> Database:
        return self.office.db

    async def hand(self, name: str = "publisher", *, now: dt.datetime = NOW) -> Hand:
        async with self.db.read() as session:
            row = (await session.scalars(select(Target).where(Target.code == CODE))).one()
        return Hand(await self.office.actor(name), row, AIR, now)

    async def film(self, title: str, slots: int, **envelope: object) -> uuid.UUID:
        """A draft whose film takes so many slots on the channel."""
        office = self.office
        asset = await make_video(office, renditions=tuple(sorted(VIDEO_RENDITIONS)))
        async with office.db.write() as session:
            length = slots * 3840 - 200
            await session.execute(
                update(Asset).where(Asset.id == asset).values(duration_ms=length, name=f"{title}.mp4")
            )
        block = {"id": block_id(), "type": "video", "asset": str(asset), "title": title}
        allowed = EnvelopeDraft(**({"not_before": NOW - dt.timedelta(days=30)} | envelope))  # type: ignore[arg-type]
        body = {"schema": 1, "blocks": [paragraph("宣讲视频。"), block]}
        draft = make_draft(title, body=body, channels=("tv",), envelope=allowed)
        author = await office.actor("author")
        async with office.db.write() as session:
            unit = (await session.get_one(Unit, office.units[STATION])).id
            made = await create(session, author, kind=Kind.NEWS, unit=unit, draft=draft, now=NOW)
            self.documents[title], self.editions[title] = made.document_id, made.id
        return made.id

    async def signed(self, title: str, slots: int, **envelope: object) -> uuid.UUID:
        edition = await self.film(title, slots, **envelope)
        author = await self.office.actor("author")
        async with self.db.write() as session:
            await submit(session, author, edition, press=self.office.press, now=NOW)
        await self.office.approve("reviewer", edition)
        await self.office.approve("chief", edition)
        return edition

    async def out(self, title: str, slots: int, **envelope: object) -> uuid.UUID:
        """Signed, and published to the channel."""
        edition = await self.signed(title, slots, **envelope)
        publisher = await self.office.actor("publisher")
        async with self.db.write() as session:
            await publish_now(session, publisher, edition, targets=[CODE], now=NOW - dt.timedelta(hours=1))
        return edition

    async def render(self, *, now: dt.datetime = NOW) -> None:
        """Makes the plan anew as the worker does, with films whose bytes nobody asks for."""
        async with self.db.read() as session:
            row = (await session.scalars(select(Target).where(Target.code == CODE))).one()
            value = await session.scalar(_value())
        start = day_start(now)
        line = await RowLineUps(self.db, FixedClock(now)).line_up(as_contract(row), start=start, end=start + AHEAD)
        videos = {}
        for release, piece in line.pieces.items():
            found = []
            for master in masters(piece):
                index = imagined(master, segments=AIR.slots_of(piece))
                listed = piece.rendition(master, INDEX)
                file = AssetFile(master, 1, "application/json", 0, 0, master, INDEX) if listed is None else listed
                found.append(Video(piece, master, file, index))
            videos[release] = tuple(found)
        live = Live(line.slots, videos, {piece.document: piece for piece in line.pieces.values()})
        before = None if value is None else from_value(value)
        plan = planned(before, live, imagined("slate", segments=2), code=CODE, name=row.name, now=now)
        async with self.db.write() as session:
            await session.execute(delete(AccountValue).where(AccountValue.account == CODE))
            session.add(AccountValue(account=CODE, name=AIR.value, value=to_value(plan), version=1))


async def open_day_office(db: Database) -> DayOffice:
    """The channel with nothing on it."""
    office = await make_office(db)
    office.press = Press(DOMAIN, 1, {"tv": ()}, form, videos={"tv": tuple(VIDEO_RENDITIONS)})
    async with db.write() as session:
        await add_target(session, None, code=CODE, kind="tv", name="吴江宣讲频道", unit=CENTRE, now=NOW)
    return DayOffice(office)


def _value() -> Select[Any]:
    return select(AccountValue.value).where(AccountValue.account == CODE, AccountValue.name == AIR.value)
