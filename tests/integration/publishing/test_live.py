"""A source on air and back: when the machine bears it, what the plan sees, what is kept and what is removed."""

import asyncio
import dataclasses
import datetime as dt
import hashlib
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cms.audit.models import AuditEvent
from cms.content.models import Document
from cms.kernel.clock import to_ms
from cms.kernel.errors import DomainError
from cms.library.models import Asset, EncodeJob
from cms.library.upload import Workshop as Library
from cms.live import keeping
from cms.live.holding import HeldLogo, Holding, SaidOfSource, hold, let_go
from cms.live.models import LivePart, LiveSlot, LiveSource, LiveState, LiveTake
from cms.live.recordings import recordings
from cms.live.rules import LEASE
from cms.live.seen import Seen, seen_on_air
from cms.live.taking import LiveWish, take_live
from cms.people.actor import Actor
from cms.planning.models import Target as TargetRow
from cms.publishing.onair.cutting import Wish, end_cut_in
from cms.publishing.onair.models import CutInKind, CutInRow, LogoRow
from media.house import write_index
from media.limits import VideoLimits
from media.logo import Corner, Place
from media.sandbox import Sandbox
from schedules.linear import SLOT_MS, slot_at
from tests.fakes.house_files import imagined
from tests.integration.publishing.conftest import Office
from tests.integration.publishing.office import SUN, ZHAO
from tests.integration.publishing.test_cut_ins import board, live, on_air, refused, tv

__all__ = ["tv"]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOUR = dt.timedelta(hours=1)
GOOD = SaidOfSource("receiving", None, 2.1, 3, 1, 0, 0, 0, 0, "1920×1080", "", recording=2.0)


async def source(tv: Office, code: str = "channel-a", port: int = 9000) -> uuid.UUID:
    async with tv.database.write() as session:
        target = (await session.scalars(select(TargetRow).where(TargetRow.code == code))).one()
        values: dict[str, Any] = {"created_by": SUN.person, "created_at": tv.now}
        row = LiveSource(id=uuid.uuid4(), target_id=target.id, name="礼堂", kind="listen", port=port, **values)
        session.add(row)
    return row.id


async def said(tv: Office, told: Mapping[uuid.UUID, SaidOfSource] | None = None, owner: str = "one") -> Holding:
    async with tv.database.write() as session:
        return await hold(session, owner, told or {}, now=tv.now)


async def take(tv: Office, of: uuid.UUID, document: uuid.UUID, who: Actor = SUN, *, record: bool = False) -> str:
    """The code of what refuses it; empty when it is on air."""
    try:
        async with tv.database.write() as session:
            await take_live(session, who, LiveWish(of, document, HOUR, record=record), now=tv.now)
    except DomainError as error:
        return error.code
    return ""


async def test_receiver_is_told_of_the_logo_of_its_channel_and_hears_nothing_anew_for_another(tv: Office) -> None:
    first, _ = await source(tv), await source(tv, "channel-b", 9001)
    before = await said(tv)
    assert before.logos == {}
    async with tv.database.write() as session:
        target = (await session.scalars(select(TargetRow).where(TargetRow.code == "channel-a"))).one()
        values: dict[str, Any] = {
            "margin": 4,
            "size": 10,
            "opacity": 90,
            "created_by": SUN.person,
            "created_at": tv.now,
        }
        values |= {"id": uuid.uuid4(), "target_id": target.id, "asset_id": uuid.uuid4(), "corner": "top-right"}
        row = LogoRow(look="1" * 64, sha256="2" * 64, media_type="image/png", **values)
        session.add(row)
    held = await said(tv)
    assert held.logos == {first: HeldLogo("2" * 64, "image/png", Place(Corner.TOP_RIGHT, 4, 10, 90))}
    assert held.sources == before.sources, "what it receives is not begun anew"
    async with tv.database.write() as session:
        (await session.get_one(LogoRow, row.id)).ended_at = tv.now
    assert (await said(tv)).logos == {}


async def test_source_is_admitted_only_with_a_signal_on_a_machine_that_bears_it(tv: Office) -> None:
    first, second = await source(tv), await source(tv, "channel-b", 9001)
    document = await live(tv, "礼堂直播")
    assert await take(tv, first, document) == "live.no_receiver"
    for told, code in (("waiting", "live.no_signal"), ("lost", "live.no_signal")):
        await said(tv, {first: SaidOfSource(told, None, 2.1, 3, 1, 0, 0, 0, 0, "", "")})
        assert await take(tv, first, document) == code
    for factor, rungs, code in ((0.0, 0, "live.measuring"), (0.8, 0, "live.slow")):
        await said(tv, {first: SaidOfSource("receiving", None, factor, rungs, 0, 0, 0, 0, 0, "", "")})
        assert await take(tv, first, document) == code
    await said(tv, {first: GOOD, second: GOOD})
    assert await take(tv, first, document, ZHAO), "who may not publish"
    assert await refused(tv, document, Wish(CutInKind.LIVE, ("channel-a",))) == "publishing.cut_in_no_source"
    assert await take(tv, first, document) == ""
    assert await take(tv, first, document) == "live.on_air"
    assert await take(tv, second, document) == "live.full", "one at a time on a small machine"
    (cut,) = await on_air(tv)
    assert (cut.kind, cut.until) == ("live", tv.now + HOUR)
    holding = await said(tv, {first: GOOD})
    assert {one.id for one in holding.sources} == {first, second}
    assert list(holding.on_air) == [first]
    assert [(one.title, one.ready, one.is_on(tv.now)) for one in await board(tv)] == [("礼堂直播", True, True)]
    async with tv.database.write() as session:
        await end_cut_in(session, SUN, uuid.UUID(cut.id), now=tv.now)
    assert await take(tv, second, document) == ""
    async with tv.database.read() as session:
        events = (await session.execute(select(AuditEvent.action, AuditEvent.details).order_by(AuditEvent.seq))).all()
    cut_ins = [row for row in events if row.action.startswith("cut_in.")]
    assert [row.action for row in cut_ins] == ["cut_in.begin", "cut_in.end", "cut_in.begin"]
    assert str(first) in str(cut_ins[0].details)


async def test_what_is_seen_of_a_signal_on_air_is_told_by_channel_until_its_receiver_is_silent(tv: Office) -> None:
    first = await source(tv)
    document = await live(tv, "礼堂直播")
    dark = dataclasses.replace(GOOD, loudness=-18.25, peak=-1.5, black=tv.now, frozen=tv.now)
    await said(tv, {first: dark})

    async def seen() -> Mapping[uuid.UUID, Seen]:
        async with tv.database.read() as session:
            targets = (await session.scalars(select(TargetRow.id))).all()
            return await seen_on_air(session, targets, now=tv.now)

    assert await seen() == {}, "not on air"
    assert await take(tv, first, document) == ""
    (found,) = (await seen()).values()
    assert found == Seen(is_there=True, loudness=-18.25, peak=-1.5, black=tv.now, frozen=tv.now)
    await said(tv, {first: GOOD})
    assert list((await seen()).values()) == [Seen(is_there=True)]
    tv.later(seconds=2 * LEASE.total_seconds() + 1)
    assert list((await seen()).values()) == [Seen(is_there=False)]


async def test_source_has_one_receiver_and_another_takes_over_when_it_is_silent(tv: Office) -> None:
    first = await source(tv)
    assert [one.id for one in (await said(tv)).sources] == [first]
    assert not (await said(tv, owner="two")).sources
    tv.later(seconds=LEASE.total_seconds() + 1)
    assert (await said(tv, owner="two")).sources
    async with tv.database.write() as session:
        await let_go(session, "two", now=tv.now)
    assert (await said(tv)).sources


async def test_each_signal_counts_with_what_its_logo_and_its_recording_cost(tv: Office) -> None:
    first, second = await source(tv), await source(tv, "channel-b", 9001)
    document = await live(tv, "礼堂直播")
    quick = dataclasses.replace(GOOD, factor=4.0, recording=3.6)
    slow = dataclasses.replace(GOOD, factor=2.0, recording=1.29)
    await said(tv)
    await said(tv, {first: quick, second: slow})
    assert await take(tv, second, document, record=True) == "live.slow", "with a recording it would be too slow"
    assert await take(tv, first, document, record=True) == ""
    assert await take(tv, second, document) == "live.full", "1 ÷ 3.6 and 1 ÷ 2.0 are more than 1 ÷ 1.3"
    assert (await said(tv, {first: quick})).recorded == {(await on_air_id(tv))}
    async with tv.database.write() as session:
        await end_cut_in(session, SUN, await on_air_id(tv), now=tv.now)
    assert await take(tv, first, document) == ""
    assert (await said(tv, {second: slow})).recorded == frozenset()
    assert await take(tv, second, document) == "", "without it both fit: 1 ÷ 4.0 and 1 ÷ 2.0"


async def on_air_id(tv: Office) -> uuid.UUID:
    (cut,) = await on_air(tv)
    return uuid.UUID(cut.id)


async def recorded(tv: Office, document: uuid.UUID, *data: bytes) -> uuid.UUID:
    """A recording that ended: its parts, each a stretch of its own; the order."""
    first = await source(tv)
    await said(tv)
    await said(tv, {first: GOOD})
    assert await take(tv, first, document, record=True) == ""
    async with tv.database.write() as session:
        cut = (await session.scalars(select(CutInRow))).one()
        for number, one in enumerate(data):
            stored = await tv.store.put(one, media_type="video/mp2t") if one else None
            values = {"sha256": stored.sha256 if stored else "", "size": len(one)}
            session.add(LivePart(cut_in_id=cut.id, at=number, stretch=number, until=number, **values))
        await session.flush()
        await end_cut_in(session, SUN, cut.id, now=tv.now)
    tv.later(minutes=1)
    return cut.id


def signal(seconds: float, size: str) -> bytes:
    told = (
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        f"testsrc2=s={size}:r=25",
        "-t",
        str(seconds),
        "-c:v",
        "libx264",
    )
    made = ("-preset", "ultrafast", "-f", "mpegts", "pipe:1")
    return subprocess.run([*told, *made], check=True, capture_output=True, timeout=60).stdout


async def library(tv: Office, tmp_path: Path) -> Library:
    work = tmp_path / "work"
    await asyncio.to_thread(work.mkdir, exist_ok=True)
    sandbox = await Sandbox.detect(allow_unsandboxed=False, parallel=4)
    return Library(tv.store, sandbox, work, video_limits=VideoLimits(min_free_bytes=0))


async def test_recording_of_a_signal_becomes_a_lecture_in_draft(tv: Office, tmp_path: Path) -> None:
    document = await live(tv, "礼堂直播")
    data = await asyncio.to_thread(signal, 2, "192x108")
    order = await recorded(tv, document, data, data)  # the signal was away between them
    shop = await library(tv, tmp_path)
    assert await keeping.keep_next(tv.database, shop, now=tv.now)

    async with tv.database.read() as session:
        taken = await session.get_one(LiveTake, order)
        assert (taken.kept_at, taken.error) == (tv.now, "")
        lecture = await session.get_one(Document, taken.kept_as)
        asset = (await session.scalars(select(Asset).where(Asset.kind == "video"))).one()
        job = (await session.scalars(select(EncodeJob))).one()
        assert (await session.scalars(select(LivePart))).all() == []
        (line,) = await recordings(session, SUN, now=tv.now)
    assert (lecture.kind, lecture.title) == ("lecture", "礼堂直播")
    assert lecture.created_by == SUN.person, "of whoever took it live"
    assert (asset.width, asset.height) == (192, 108), "the signal itself, not what was on air"
    assert asset.duration_ms == pytest.approx(4_000, abs=200)
    assert (job.asset_id, job.state) == (asset.id, "waiting"), "it is made ready, and level, as any video"
    assert not await tv.store.exists(hashlib.sha256(data).hexdigest()), "what came in is gone once it is a draft"
    assert (line.title, line.state, line.document, line.error) == ("礼堂直播", "kept", lecture.public_id, "")
    assert not await keeping.keep_next(tv.database, shop, now=tv.now)
    assert list((tmp_path / "work").iterdir()) == []


async def test_recording_in_two_shapes_is_two_drafts_and_says_what_is_missing_and_a_killed_one_is_not_made_twice(
    tv: Office, tmp_path: Path
) -> None:
    document = await live(tv, "礼堂直播")
    two = [await asyncio.to_thread(signal, 1, size) for size in ("192x108", "160x90")]
    order = await recorded(tv, document, two[0], b"", two[1])
    shop = await library(tv, tmp_path)
    kept: list[uuid.UUID | None] = []
    for _ in range(2):
        async with tv.database.write() as session:  # the second time as after a kill before anybody wrote it down
            (await session.get_one(LiveTake, order)).kept_at = None
            for number, one in enumerate(two):
                stored = await tv.store.put(one, media_type="video/mp2t")
                values = {"at": 2 * number, "stretch": 2 * number, "until": 0, "sha256": stored.sha256}
                await session.merge(LivePart(cut_in_id=order, size=stored.size, **values))
            await session.merge(LivePart(cut_in_id=order, at=1, stretch=1, until=1, sha256="", size=0))
        assert await keeping.keep_next(tv.database, shop, now=tv.now)
        async with tv.database.read() as session:
            taken = await session.get_one(LiveTake, order)
            lectures = (await session.scalars(select(Document).where(Document.kind == "lecture"))).all()
        kept.append(taken.kept_as)
        assert taken.error == "live.cut"
        assert sorted(one.title for one in lectures) == ["礼堂直播", "礼堂直播（2）"]
    assert kept[0] == kept[1]


async def test_recording_of_which_nothing_came_says_so(tv: Office, tmp_path: Path) -> None:
    order = await recorded(tv, await live(tv, "礼堂直播"), b"", b"no picture" * 500)
    assert await keeping.keep_next(tv.database, await library(tv, tmp_path), now=tv.now)
    async with tv.database.read() as session:
        taken = await session.get_one(LiveTake, order)
        (line,) = await recordings(session, SUN, now=tv.now)
    assert (taken.kept_as, taken.error) == (None, "live.nothing")
    assert (line.state, line.document) == ("failed", "")


async def test_slots_of_a_signal_that_stands_still_are_one_file_which_stays_while_one_of_them_does(tv: Office) -> None:
    first, document = await source(tv), await live(tv, "礼堂直播")
    await said(tv, {first: GOOD})
    await said(tv, {first: GOOD})
    assert await take(tv, first, document) == ""
    data = await tv.store.put(b"a still picture", media_type="video/mp4")
    old = slot_at(to_ms(tv.now))
    async with tv.database.write() as session:
        cut = (await session.scalars(select(CutInRow))).one()
        for slot in (old, old + 9 * 22_500):
            hashes = {"index": data.sha256, "sha256": data.sha256}
            session.add(LiveSlot(target_id=cut.target_id, slot=slot, cut_in_id=cut.id, size=6, rungs=3, **hashes))
    tv.later(days=9)
    assert await keeping.tidy(tv.database, tv.store, now=tv.now) == 1
    assert await tv.store.exists(data.sha256), "a slot of today needs it"
    tv.later(days=9)
    assert await keeping.tidy(tv.database, tv.store, now=tv.now) == 1
    assert not await tv.store.exists(data.sha256)


async def test_what_was_on_air_waits_to_be_kept_and_is_removed_after_a_week(tv: Office) -> None:
    first, document = await source(tv), await live(tv, "礼堂直播")
    await said(tv, {first: GOOD})
    assert await take(tv, first, document, record=True) == ""
    made: list[str] = []
    async with tv.database.write() as session:
        cut = (await session.scalars(select(CutInRow))).one()
        for number in range(3):
            data = await tv.store.put(f"slot {number}".encode(), media_type="video/mp4")
            index = await tv.store.put(write_index(imagined(f"s{number}", segments=1)), media_type="application/json")
            made += [data.sha256, index.sha256]
            slot = int(tv.now.timestamp() * 1000) // SLOT_MS + number
            hashes = {"index": index.sha256, "sha256": data.sha256}
            session.add(LiveSlot(target_id=cut.target_id, slot=slot, cut_in_id=cut.id, size=6, rungs=3, **hashes))
        await session.flush()
        await end_cut_in(session, SUN, cut.id, now=tv.now)
    shop: Any = tv.shop
    assert not await keeping.keep_next(tv.database, shop, now=tv.now), "the last slots are still on their way"
    tv.later(days=9)
    assert await keeping.tidy(tv.database, tv.store, now=tv.now) == 0, "its recording still waits"
    async with tv.database.write() as session:
        (await session.get_one(LiveTake, cut.id)).kept_at = tv.now
    assert not await keeping.keep_next(tv.database, shop, now=tv.now)
    assert await keeping.tidy(tv.database, tv.store, now=tv.now) == 3
    assert [await tv.store.exists(sha256) for sha256 in made] == [False] * 6
    async with tv.database.read() as session:
        assert (await session.scalars(select(LiveSlot))).all() == []
        assert (await session.scalars(select(LiveState))).one().factor == GOOD.factor
