"""One of everything an address may speak of, as rows of a unit: what a test needs of each is only that it is there."""

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.importing.models import FeedSource, PoolItem, SheetImport
from cms.content.models import Document, Edition
from cms.kernel.base import Base, Instant
from cms.kernel.ids import uuid7
from cms.library.models import VIDEO, Asset, Folder, LibraryBatch, SubtitleTrack, Upload
from cms.notices.models import Notice
from cms.people.models import DeskSession, Person
from cms.people.tokens import ApiToken
from cms.planning.models import Batch, NamedDaypart, Occurrence, Placement, Target
from cms.planning.rules import read_rule, rule_json
from cms.publishing.models import Delivery, Publication
from cms.review.link_models import PreviewLink
from cms.webhooks.models import Webhook, WebhookCall
from schedules.resolve import Layer
from screens.tables import Screen

Row = TypeVar("Row", bound=Base)
# Addresses whose part means something else than elsewhere, or only belongs to whoever comes.
DIFFERENT = {
    "/desk/library/undo/{batch}": {"batch": "library_batch"},
    "/api/v1/assets/batches/{batch}/undo": {"batch": "library_batch"},
    "/desk/shared/": {"token": "shared"},
    "/desk/audit/export/{form}": {"form": "sheet"},
    "/desk/screens/player/": {"name": "player"},
    "subtitles": {"asset": "film"},
}


@dataclass
class Maker:
    """Inserts rows: what a table asks for and nobody gave is filled in by the kind of its column."""

    session: AsyncSession
    owner: uuid.UUID
    unit: str
    now: dt.datetime
    made: int = 0

    async def make(self, table: type[Row], **given: Any) -> Row:
        values = dict(given)
        for column in table.__table__.columns:
            asked = not (column.nullable or column.default is not None or column.server_default is not None)
            if asked and column.key not in values:
                values[column.key] = self._value(table, column)
        row = table(**values)
        self.session.add(row)
        await self.session.flush()
        self.made += 1
        return row

    def _value(self, table: type[Base], column: Any) -> Any:
        if column.primary_key:
            return uuid7(self.now)
        if {key.column.table.name for key in column.foreign_keys} == {"person"}:
            return self.owner
        if column.key in {"unit_path", "unit"}:
            return self.unit
        kind = dt.datetime if isinstance(column.type, Instant) else column.type.python_type
        blank: dict[Any, Any] = {str: f"x{self.made}", int: 1, bool: False, bytes: b"", float: 0.5, dict: {}, list: []}
        blank |= {dt.datetime: self.now, uuid.UUID: self.owner}
        if kind is object:  # JSON says nothing of its form; the class does
            said = next(one.__annotations__[column.key] for one in table.__mro__ if column.key in one.__annotations__)
            return [] if "list" in str(said) else {}
        return blank[kind]


async def things(
    session: AsyncSession, *, unit: str, owner: uuid.UUID, document: str, target: str, now: dt.datetime
) -> dict[str, str]:
    """New ones of all that a request may use up; the parts of addresses, by name or by what `DIFFERENT` calls them."""
    maker = Maker(session, owner, unit, now)
    make = maker.make
    piece = (await session.scalars(select(Document).where(Document.public_id == document))).one()
    edition = (await session.scalars(select(Edition).where(Edition.document_id == piece.id))).one()
    place = (await session.scalars(select(Target).where(Target.code == target))).one()
    victim = (await session.scalars(select(Person).where(Person.login == "victim"))).one()
    soon, tag = now + dt.timedelta(days=3), uuid.uuid4().hex
    batch = await make(Batch, name="专题", at=soon)
    await make(
        Occurrence, key=tag, kind="publish", at=soon, not_before=soon, targets=[target], batch_id=batch.id,
        document_id=piece.id, edition_id=edition.id,
    )  # fmt: skip
    rule = rule_json(read_rule({"start": now.isoformat()}))
    placement = await make(Placement, document_id=piece.id, target_id=place.id, rule=rule, layer=int(Layer.DAYPART))
    link = await make(
        PreviewLink, document_id=piece.id, revision_id=edition.revision_id, expires_at=soon, opened=0,
        token_hash=hashlib.sha256(tag.encode()).hexdigest(),
    )  # fmt: skip
    order = await make(Publication, key=tag, kind="publish", document_id=piece.id, edition_id=edition.id, what={})
    delivery = await make(
        Delivery, publication_id=order.id, target_id=place.id, document_id=piece.id, edition_id=edition.id,
        kind="publish", state="live", not_before=now,
    )  # fmt: skip
    film = await make(Asset, kind=VIDEO, unit_path=unit, sha256=tag * 2, name="宣讲.mp4")
    await make(SubtitleTrack, asset_id=film.id, language="zh", cues=[{"start": 0, "end": 900, "text": "字"}])
    feed = await make(FeedSource, url=f"https://example.cn/{tag}", every_minutes=60, not_before=soon)
    item = await make(PoolItem, source_id=feed.id, key=tag, digest=tag, body={"schema": 1, "blocks": []})
    hook = await make(Webhook, url="https://example.cn/hook", events=["pieces"])
    call = await make(WebhookCall, hook_id=hook.id, body="{}", not_before=soon, state="failed")
    found = {
        "batch": batch,
        "placement": placement,
        "link": link,
        "delivery": delivery,
        "film": film,
        "feed": feed,
        "item": item,
        "hook": hook,
        "call": call,
        "folder": await make(Folder, name=tag),
        "library_batch": await make(LibraryBatch, action="tag", before={}),
        "upload": await make(Upload, name="片.mp4", size=10, expires_at=soon, not_before=soon),
        "run": await make(SheetImport, rows=[]),
        "notice": await make(
            Notice, href="/desk/", cause=tag, subject="notices.subject.silent", params={"days": 11, "name": "号"}
        ),
        "daypart": await make(NamedDaypart, name=tag[:20], start="07:00", end="09:00"),
        "session": await make(DeskSession, person_id=victim.id, token_hash=tag * 2, ip="127.0.0.1", agent=""),
        "token": await make(ApiToken, token_hash=tag * 2, expires_at=soon),
    }
    screen = await make(Screen, public=tag[:10], unit=unit, key=tag, change=0)
    parts = {name: str(row.id) for name, row in found.items()}
    return {**parts, "screen": screen.public, "shared": tag, "sheet": "csv", "player": "frame.js", "language": "zh"}
