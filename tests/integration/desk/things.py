"""One of everything an address may speak of, as rows of a unit: what a test needs of each is only that it is there."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.importing.models import FeedSource, PoolItem, SheetImport
from cms.content.models import Document, Edition
from cms.datafeeds.models import DataFeed
from cms.library.models import VIDEO, Asset, EncodeJob, Folder, LibraryBatch, SubtitleTrack, Upload
from cms.live.models import LiveSource, LiveState, LiveTake
from cms.notices.models import Alarm, Notice
from cms.outlets.models import TvOutput
from cms.people.models import DeskSession, FactorReset, Person
from cms.people.tokens import ApiToken
from cms.planning.models import Batch, Embargo, NamedDaypart, Occurrence, Placement, Target
from cms.planning.rules import read_rule, rule_json
from cms.publishing.models import Delivery, Publication
from cms.publishing.onair.models import CutInRow
from cms.review.link_models import PreviewLink
from cms.review.links import hash_of
from cms.review.list_rows import CheckImport, CheckList
from cms.review.models import PlanBookRow
from cms.review.plans import BUILT_IN, book_json
from cms.webhooks.models import Webhook, WebhookCall
from schedules.resolve import Layer
from screens.tables import Screen
from tests.integration.desk.maker import Maker
from tests.integration.desk.things_on_air import ON_AIR, on_air
from tests.integration.desk.things_shown import WALL, an_issue, of_the_screens

# Addresses whose part means something else than elsewhere: by the beginning of the address, or by what is in it.
DIFFERENT: tuple[tuple[str, dict[str, str]], ...] = (
    ("/datafeeds/{feed}", {"feed": "datafeed"}),
    ("/data-feeds/{feed}", {"feed": "datafeed"}),
    ("/desk/library/undo/{batch}", {"batch": "library_batch"}),
    ("/api/v1/assets/batches/{batch}", {"batch": "library_batch"}),
    ("/newspapers/{id}", {"id": "issue"}),
    ("/placements/{placement}/runs/undo", {"placement": "moved"}),
    ("/screens/audiences/{target}", {"target": "wall"}),
    ("/screens/deliveries/{delivery}", {"delivery": "shown"}),
    ("/screens/progress/{delivery}", {"delivery": "shown"}),
    ("/desk/shared/", {"token": "shared"}),
    ("/export/{form}", {"form": "sheet"}),
    ("/desk/screens/player/", {"name": "player"}),
    ("/desk/screens/{screen}/do/", {"verb": "screen_verb"}),
    ("/screen-tags/{tag}", {"tag": "screen_tag"}),
    ("account/sessions/{session}", {"session": "own_session"}),
    ("/api/v1/sessions/{session}", {"session": "own_session"}),
    ("account/factor/resets/", {"reset": "own_reset"}),
    ("/plans/versions/", {"version": "book"}),
    ("/overrides/{channel}", {"channel": "override"}),
    ("/subtitles/", {"asset": "film"}),
    ("/library/videos/", {"asset": "film"}),
    ("/assets/{asset}/encode", {"asset": "film"}),
    ("/assets/{asset}/poster", {"asset": "film"}),
    ("/assets/{asset}/chapters", {"asset": "film"}),
    ("/assets/{asset}/cut", {"asset": "film"}),
    ("/assets/{asset}/film", {"asset": "film"}),
    ("/documents/{id}/slip", {"id": "submitted"}),
    ("/documents/{id}/review", {"id": "submitted"}),
    ("/documents/{id}/approve", {"id": "submitted"}),
    ("/documents/{id}/return", {"id": "submitted"}),
    ("/documents/{id}/proofs", {"id": "submitted"}),
    ("/documents/{id}/after-review", {"id": "submitted"}),
    ("/desk/onair/{target}", {"target": "air"}),
    ("/cut-ins", {"target": "air"}),
    ("/targets/{target}/logo", {"target": "air"}),
    ("/accounts/{target}/consent", {"target": "account"}),
    ("/desk/documents/{id}/trial/{target}", {"target": "tested"}),
    ("/accounts/{target}/posts/{delivery}", {"target": "tested", "delivery": "posted"}),
    ("/desk/days/", {"target": "channel_of_tv"}),
    ("/desk/monitor/still/", {"target": "channel_of_tv"}),
    ("/targets/{target}/days", {"target": "channel_of_tv"}),
    ("/targets/{target}/day-templates", {"target": "channel_of_tv"}),
    ("/targets/{target}/shelf", {"target": "channel_of_tv"}),
    ("/targets/{target}/changes", {"target": "channel_of_tv"}),
    ("/targets/{target}/entries", {"target": "channel_of_tv", "placement": "lying"}),
    ("/desk/m/{id}", {"id": "submitted"}),
)
# What is no row: words that addresses are made of.
WORDS_OF_ADDRESSES = {
    "sheet": "csv",
    "player": "frame.js",
    "screen_verb": "rename",
    "screen_tag": "park",
    "book": "1",
    "override": "web",
    "account": "dy",
    "tested": "wx",
    "channel_of_tv": ON_AIR,
    "on": "2027-03-01",
    "number": "1",
    "year": "2026",
    "language": "zh",
    "channel": "web",
    "datafeed": "air",
    "form": "wide",
    "list": "words",
    "verb": "withdraw",
    "state": "activate",
    "version": "vendor",
    "path": "htmx-2.0.11/htmx.min.js",
}


async def things(
    session: AsyncSession, *, unit: str, owner: uuid.UUID, document: str, target: str, picture: str, now: dt.datetime
) -> dict[str, str]:
    """Makes them; the parts of addresses, by name or by what `DIFFERENT` calls them."""
    chief = (await session.scalars(select(Person.id).where(Person.login == "chief-320509"))).one()
    maker = Maker(session, owner, unit, chief, now)
    piece = (await session.scalars(select(Document).where(Document.public_id == document))).one()
    edition = (await session.scalars(select(Edition).where(Edition.document_id == piece.id))).one()
    place = (await session.scalars(select(Target).where(Target.code == target))).one()
    victim = (await session.scalars(select(Person).where(Person.login == "victim"))).one()
    issue = await an_issue(maker, piece.title)
    found = {
        **await _of_a_piece(maker, piece, edition, place, picture),
        **await _of_a_person(maker, victim),
        **await _of_the_library(maker),
        **await _of_the_office(maker),
        **await on_air(maker, piece, edition),
    }
    screen = await maker.make(Screen, public="0123456789", unit=unit, key="x" * 43, change=0, tags=["park"])
    channel = await maker.make(Target, code="air", kind="tv", units=[], settings={})
    found["cut_in"] = await maker.make(
        CutInRow, target_id=channel.id, document_id=piece.id, kind="insert", start_at=now, created_at=now
    )
    found |= await of_the_screens(maker, screen, piece, edition)
    await _live(maker, found["source"], piece)
    parts = {name: str(row.id) for name, row in found.items()}
    parts |= {"base": str(edition.revision_id), "revision": str(edition.revision_id), "edition": str(edition.id)}
    parts |= {"document": document, "piece": document, "people": str(victim.id), "to": str(owner)}
    return {
        **WORDS_OF_ADDRESSES,
        **parts,
        "screen": screen.public,
        "shared": SHARED,
        "wall": WALL,
        "air": "air",
        "issue": issue,
    }


SHARED = "a" * 32
CARD = [{"name": "level", "kind": "word", "label": "空气", "words": [{"code": "good", "label": "优"}]}]
# When the run of a placement begins, which is what samples say of any moment.
RUN, RUN_ENDS = "2027-03-01T09:00:00+08:00", "2027-03-01T10:00:00+08:00"


async def _of_a_piece(maker: Maker, piece: Document, edition: Edition, place: Target, picture: str) -> dict[str, Any]:
    make, now = maker.make, maker.now
    soon = now + dt.timedelta(days=3)
    batch = await make(Batch, name="专题", at=soon)
    await make(
        Occurrence, key="x", kind="publish", at=soon, not_before=soon, targets=[place.code], batch_id=batch.id,
        document_id=piece.id, edition_id=edition.id,
    )  # fmt: skip
    rule = rule_json(read_rule({"start": RUN, "end": RUN_ENDS}))
    order = await make(Publication, key="x", kind="publish", document_id=piece.id, edition_id=edition.id, what={})
    await make(Embargo, document_id=piece.id, until=soon)
    account = await make(Target, code="wx", kind="wechat", units=[maker.unit], settings={})
    return {
        "batch": batch,
        "placement": await make(
            Placement, document_id=piece.id, target_id=place.id, rule=rule, layer=int(Layer.DAYPART)
        ),
        "moved": await make(
            Placement, document_id=piece.id, target_id=place.id, rule=rule, layer=int(Layer.DAYPART),
            created_at=now - dt.timedelta(days=1), ended_at=now, ended_by=maker.owner,
        ),
        "link": await make(
            PreviewLink, document_id=piece.id, revision_id=edition.revision_id, expires_at=soon, opened=0,
            token_hash=hash_of(SHARED),
        ),
        "delivery": await make(
            Delivery, publication_id=order.id, target_id=place.id, document_id=piece.id, edition_id=edition.id,
            kind="publish", state="manual", not_before=now, receipt={"detail": {"pack": picture, "proof": picture}},
        ),
        "posted": await make(
            Delivery, publication_id=order.id, target_id=account.id, document_id=piece.id, edition_id=edition.id,
            kind="publish", state="live", not_before=now, post="p", receipt={},
        ),
    }  # fmt: skip


async def _of_a_person(maker: Maker, victim: Person) -> dict[str, Any]:
    """Of the owner, and of somebody whom an administrator looks after."""
    make, soon = maker.make, maker.now + dt.timedelta(days=3)
    return {
        "session": await make(DeskSession, person_id=victim.id, token_hash="v" * 64),
        "own_session": await make(DeskSession, token_hash="o" * 64),
        "reset": await make(FactorReset, person_id=victim.id, expires_at=soon),
        "own_reset": await make(FactorReset, expires_at=soon),
        "token": await make(ApiToken, token_hash="t" * 64, expires_at=soon),
        "notice": await make(
            Notice, href="/desk/", cause="x", subject="notices.subject.silent", params={"days": 11, "name": "号"}
        ),
    }


async def _of_the_library(maker: Maker) -> dict[str, Any]:
    make, soon = maker.make, maker.now + dt.timedelta(days=3)
    film = await make(Asset, kind=VIDEO, sha256="f" * 64, name="宣讲.mp4", state="rejected")
    await make(EncodeJob, asset_id=film.id, state="rejected", not_before=soon)
    await make(SubtitleTrack, asset_id=film.id, language="zh", cues=[[0, 900, "字"]])
    return {
        "film": film,
        "folder": await make(Folder),
        "library_batch": await make(LibraryBatch, action="tag", before={}),
        "upload": await make(Upload, name="片.mp4", size=10, expires_at=soon, not_before=soon),
    }


async def _of_the_office(maker: Maker) -> dict[str, Any]:
    make, soon = maker.make, maker.now + dt.timedelta(days=3)
    feed = await make(FeedSource, url="https://example.cn/feed", every_minutes=60, not_before=soon)
    hook = await make(Webhook, url="https://example.cn/hook", events=["pieces"])
    await make(Target, code="dy", kind="douyin", units=[maker.unit], settings={})
    channel = await make(Target, code="tv", kind="tv", units=[], settings={})
    run = await make(SheetImport, rows=[])
    # Under one id, as one name of a part; a dry run is whoever's the page shows it to.
    await make(CheckImport, id=run.id, kind="words", mode="add", entries=[], created_by=maker.chief)
    await make(CheckList, kind="words", number=1, entries=[])
    await make(DataFeed, code=WORDS_OF_ADDRESSES["datafeed"], fields=CARD, schema="a" * 64, lasts=3_600)
    await make(PlanBookRow, version=1, book=book_json(BUILT_IN))
    return {
        "feed": feed,
        "item": await make(PoolItem, source_id=feed.id, body={"schema": 1, "blocks": []}, pictures=["x"]),
        "hook": hook,
        "call": await make(WebhookCall, hook_id=hook.id, body="{}", not_before=soon, state="failed"),
        "output": await make(
            TvOutput, target_id=channel.id, kind="udp", rung="720", address="239.1.1.1", port=5000, rate=3_600_000
        ),
        "source": await make(LiveSource, target_id=channel.id, name="礼堂", kind="listen", port=9000),
        "run": run,
        "daypart": await make(NamedDaypart, start="07:00", end="09:00"),
        "alarm": await make(Alarm, subject="notices.subject.silent", params={"days": 11, "name": "号"}, href="/desk/"),
    }


async def _live(maker: Maker, source: LiveSource, piece: Document) -> None:
    """A source with a picture, on air."""
    until = maker.now + dt.timedelta(hours=1)
    await maker.make(LiveState, source_id=source.id, until=until, still=b"picture", still_at=maker.now)
    times = {"start_at": maker.now, "created_at": maker.now, "until": until}
    order = await maker.make(CutInRow, target_id=source.target_id, document_id=piece.id, kind="live", **times)
    await maker.make(LiveTake, cut_in_id=order.id, source_id=source.id)
