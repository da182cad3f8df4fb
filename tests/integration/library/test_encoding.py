"""Videos from upload to ready: killed encoders, full disks, sources that vanish, and never half a video."""

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.kernel.errors import Denied, NotFound, Refused
from cms.kernel.metrics import CORE, Metrics
from cms.library.checkpoints import Checkpoints
from cms.library.encoding import encode_next
from cms.library.looking import look_next
from cms.library.models import PICTURE, VIDEO, Asset, EncodeJob, EncodePart, Rendition
from cms.library.queries import assets, encodes_waiting, file_of, newest, videos
from cms.library.room import EncodeRoom
from cms.library.states import ENCODE
from cms.library.subtitling import tracks_of
from cms.library.upload import Workshop
from cms.library.videos import retry_encode, upload_video
from media.errors import MediaRefused
from media.findings import Findings
from media.house import FIRST_LOOK
from media.images import RENDITIONS
from media.limits import VideoLimits
from media.loudness import Loudness
from media.sandbox import Sandbox
from media.store import Store
from media.subtitles import Cue, write_vtt
from media.video import VideoFacts
from tests.fakes.videos import CLIP, DURATION_MS, NAMES, FakeTools
from tests.office import NOW, Office, make_office
from tests.schema import on_both, sqlite_by_default

database_url = sqlite_by_default


class Place:
    """A newsroom with a library and a clock to turn."""

    def __init__(self, office: Office, shop: Workshop, fake: FakeTools) -> None:
        self.office, self.db, self.shop, self.fake = office, office.db, shop, fake
        self.clock = FixedClock(NOW)
        self.metrics = Metrics(CORE)

    def room(self, owner: str = "one", fake: FakeTools | None = None) -> EncodeRoom:
        shop = replace(self.shop, tools=(fake or self.fake).tools)
        return EncodeRoom(self.db, self.clock, shop, owner, self.metrics, tick=0.01)

    async def upload(self, data: bytes = CLIP, name: str = "银龄课堂.mp4", who: str = "author") -> Asset:
        actor = await self.office.actor(who)
        return await upload_video(self.db, self.shop, actor, _blocks(data), name=name, now=self.clock.now())

    async def job(self) -> tuple[Asset, EncodeJob]:
        async with self.db.read() as session:
            video = (await session.scalars(select(Asset).where(Asset.kind == VIDEO))).one()
            return video, (await session.scalars(select(EncodeJob))).one()

    async def count(self, table: type[Asset] | type[Rendition] | type[EncodeJob]) -> int:
        async with self.db.read() as session:
            return await session.scalar(select(func.count()).select_from(table)) or 0


async def _blocks(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 1000):
        yield data[at : at + 1000]


async def make_place(database: Database, folder: Path) -> Place:
    work = folder / "work"
    await asyncio.to_thread(work.mkdir)
    store = await asyncio.to_thread(Store.open, f"file://{folder}/store", min_free_bytes=0)
    sandbox = await Sandbox.detect(allow_unsandboxed=False)
    fake = FakeTools()
    return Place(await make_office(database), Workshop(store, sandbox, work, tools=fake.tools), fake)


@pytest.fixture
async def place(database: Database, tmp_path: Path) -> Place:
    return await make_place(database, tmp_path)


def left_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@on_both
async def test_video_when_uploaded_waits_and_then_is_ready_with_every_file(place: Place) -> None:
    asset = await place.upload()
    video, job = await place.job()
    assert (video.state, job.state, video.kind, video.name) == ("waiting", "waiting", VIDEO, "银龄课堂.mp4")
    async with place.db.read() as session:
        assert await encodes_waiting(session) == 1

    assert await encode_next(place.room())

    video, job = await place.job()
    assert (video.state, job.state, job.percent, job.error_code) == ("ready", "ready", 100, None)
    assert video.duration_ms == DURATION_MS
    async with place.db.read() as session:
        found = (await assets(session, [asset.id]))[asset.id]
        poster = await session.get_one(Asset, video.poster_id)
    assert set(found.files) == set(NAMES)
    big = found.files["house-720"]
    assert (len(big.chunks), big.size) == (2, 1_800_000)
    assert (poster.kind, poster.width, poster.height, poster.created_by) == (PICTURE, 1280, 720, video.created_by)
    assert await place.shop.store.exists(video.sha256)
    assert video.sha256 not in {file.sha256 for file in found.files.values()}
    assert not await encode_next(place.room())
    assert b'yunping_encodes_total{state="ready"} 1.0' in place.metrics.text()


async def test_progress_when_an_encode_goes_on_is_written_with_the_time_it_will_take(place: Place) -> None:
    await place.upload()
    place.fake.gate.clear()
    work = asyncio.create_task(encode_next(place.room()))
    await place.fake.inside.wait()
    async with asyncio.timeout(5):
        while (found := await place.job())[1].percent == 0:  # noqa: ASYNC110 - said by a row
            await asyncio.sleep(0.01)
    video, job = found
    assert (video.state, job.stage, job.percent, job.eta_seconds) == ("encoding", "encoding", 51, 66)
    place.fake.gate.set()
    await work
    assert (await place.job())[0].state == "ready"


@on_both
async def test_encoder_when_its_lease_ran_out_leaves_one_set_of_files_to_the_next(place: Place) -> None:
    await place.upload()
    place.fake.gate.clear()
    slow = asyncio.create_task(encode_next(replace(place.room("slow"), tick=60)))
    await place.fake.inside.wait()
    place.clock.advance(ENCODE.lease + dt.timedelta(seconds=1))

    assert await encode_next(place.room("next", FakeTools()))
    place.fake.gate.set()
    await slow

    video, job = await place.job()
    assert (video.state, job.state) == ("ready", "ready")
    assert await place.count(Rendition) == len(NAMES) + len(RENDITIONS)  # and the sizes of one poster
    assert await place.count(Asset) == 2


async def test_encoder_when_it_asks_for_a_lost_lease_stops_at_once(place: Place) -> None:
    await place.upload()
    place.fake.gate.clear()
    # It asks with its news, or by its own watch once a third of the lease is over; the news may have been told already.
    rules = replace(ENCODE, lease=dt.timedelta(milliseconds=300))
    slow = asyncio.create_task(encode_next(replace(place.room("slow"), rules=rules)))
    await place.fake.inside.wait()
    async with place.db.write() as session:
        await session.execute(update(EncodeJob).values(fence=EncodeJob.fence + 1))
    place.clock.advance(dt.timedelta(seconds=5))
    await asyncio.wait_for(slow, 5)
    async with place.db.read() as session:
        assert (await session.scalars(select(Rendition.name))).all() == ["first-look"]


@on_both
async def test_worker_when_stopped_in_order_gives_the_job_back_without_blame(place: Place) -> None:
    await place.upload()
    for _ in range(ENCODE.max_attempts + 2):
        place.fake.gate.clear()
        place.fake.inside.clear()
        work = asyncio.create_task(encode_next(place.room()))
        await place.fake.inside.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        video, job = await place.job()
        assert (video.state, job.state, job.attempt, job.lost) == ("waiting", "waiting", 0, 0)
    place.fake.gate.set()
    assert await encode_next(place.room())
    assert (await place.job())[0].state == "ready"


async def test_video_when_it_kills_every_worker_is_rejected_with_the_reason(place: Place) -> None:
    await place.upload()
    gone = place.clock.now() - dt.timedelta(seconds=1)
    async with place.db.write() as session:
        held = {"state": "encoding", "lease_owner": "dead", "lease_until": gone, "lost": ENCODE.max_lost - 1}
        await session.execute(update(EncodeJob).values(**held))
        await session.execute(update(Asset).values(state="encoding"))
    assert not await encode_next(place.room())
    video, job = await place.job()
    assert (video.state, job.state, job.error_code) == ("rejected", "rejected", "library.encode_poisoned")


async def test_video_when_the_disk_is_full_waits_with_the_reason_and_is_made_later(place: Place) -> None:
    await place.upload()
    place.fake.refuse = MediaRefused("media.disk_full")
    for _ in range(ENCODE.max_attempts + 2):
        assert await encode_next(place.room())
        video, job = await place.job()
        assert (video.state, job.state, job.error_code) == ("waiting", "waiting", "media.disk_full")
        assert not await encode_next(place.room())
        place.clock.advance(dt.timedelta(minutes=2))
    async with place.db.read() as session:
        assert (await session.scalars(select(Rendition.name))).all() == [FIRST_LOOK]
    assert await place.count(Asset) == 1
    place.fake.refuse = None
    assert await encode_next(place.room())
    video, job = await place.job()
    assert (video.state, job.error_code) == ("ready", None)


async def test_video_that_was_examined_at_intake_is_not_examined_again_unless_that_is_lost(place: Place) -> None:
    examined: list[Path] = []

    async def examine(path: Path, **given: Any) -> VideoFacts:
        examined.append(path)
        return await FakeTools().examine(path, **given)

    room = place.room()
    room = replace(room, workshop=replace(room.workshop, tools=replace(room.workshop.tools, examine=examine)))
    first = await place.upload()
    assert await encode_next(room)
    assert examined == []

    second = await place.upload(CLIP + b"2", name="又一段.mp4")
    async with place.db.read() as session:
        told = (await session.scalars(select(EncodePart.sha256).where(EncodePart.asset_id == second.id))).one()
    await place.shop.store.delete(told)
    assert await encode_next(room)
    assert examined == [place.shop.store.local_path(second.sha256)]
    async with place.db.read() as session:
        states = (await session.scalars(select(Asset.state).where(Asset.id.in_([first.id, second.id])))).all()
    assert states == ["ready", "ready"]


async def test_video_when_its_source_vanished_is_rejected_plainly_and_may_be_tried_again(place: Place) -> None:
    asset = await place.upload()
    await place.shop.store.delete(asset.sha256)
    await encode_next(place.room())
    video, job = await place.job()
    assert (video.state, job.error_code) == ("rejected", "library.source_gone")

    actor, stranger = await place.office.actor("author"), await place.office.actor("publisher")
    await place.shop.store.put(CLIP, media_type="video/mp4")
    async with place.db.write() as session:
        with pytest.raises(Denied):
            await retry_encode(session, stranger, asset.id, now=place.clock.now())
    async with place.db.write() as session:
        await retry_encode(session, actor, asset.id, now=place.clock.now())
    assert await encode_next(place.room())
    assert (await place.job())[0].state == "ready"
    async with place.db.write() as session:
        with pytest.raises(Refused, match="not_rejected"):
            await retry_encode(session, actor, asset.id, now=place.clock.now())
    async with place.db.write() as session:
        with pytest.raises(NotFound):
            await retry_encode(session, actor, uuid.uuid4(), now=place.clock.now())


async def test_video_when_the_encoder_refuses_it_says_why(place: Place) -> None:
    await place.upload()
    place.fake.refuse = MediaRefused("media.broken", format="mp4")
    await encode_next(place.room())
    video, job = await place.job()
    assert (video.state, job.error_code, job.error_params) == ("rejected", "media.broken", {"format": "mp4"})
    assert await place.count(Rendition) == 0


async def test_video_when_the_encoder_has_a_defect_is_tried_a_few_times(place: Place) -> None:
    await place.upload()
    place.fake.breaks = True
    for _ in range(ENCODE.max_attempts):
        assert await encode_next(place.room())
        place.clock.advance(dt.timedelta(hours=1))
    video, job = await place.job()
    assert (video.state, job.error_code) == ("rejected", "library.encode_defect")
    assert not await encode_next(place.room())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "media.empty"),
        (b"#EXTM3U\n#EXTINF:4,\nhttp://127.0.0.1/x.ts\n", "media.playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "media.playlist"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "media.wrong_kind"),
        (b"MZ" + b"\0" * 100, "media.program"),
        (CLIP * 3, "media.too_large"),
    ],
)
async def test_upload_when_hostile_is_refused_and_leaves_nothing(place: Place, data: bytes, code: str) -> None:
    place.shop = replace(place.shop, video_limits=VideoLimits(file_bytes=8_000))
    with pytest.raises(MediaRefused) as refused:
        await place.upload(data)
    assert refused.value.code == code
    await _nothing_left(place)


async def test_upload_when_the_examination_refuses_leaves_nothing(place: Place) -> None:
    place.fake.refuse = MediaRefused("media.truncated")
    with pytest.raises(MediaRefused, match="truncated"):
        await place.upload()
    await _nothing_left(place)


async def test_upload_when_it_breaks_off_leaves_nothing(place: Place) -> None:
    actor = await place.office.actor("author")

    async def broken() -> AsyncIterator[bytes]:
        yield CLIP
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await upload_video(place.db, place.shop, actor, broken(), name="x.mp4", now=NOW)
    await _nothing_left(place)


async def test_upload_when_the_disk_is_full_is_refused_and_leaves_nothing(place: Place) -> None:
    place.shop = replace(place.shop, video_limits=VideoLimits(min_free_bytes=1 << 60))
    with pytest.raises(MediaRefused, match="disk_full"):
        await place.upload()
    await _nothing_left(place)


async def _nothing_left(place: Place) -> None:
    assert await place.count(Asset) == await place.count(EncodeJob) == 0
    assert await asyncio.to_thread(left_in, place.shop.work) == []
    store = place.shop.store.local_path("0" * 64)
    assert store is not None
    assert await asyncio.to_thread(left_in, store.parents[2]) == []


async def test_upload_when_the_person_may_not_is_denied(place: Place) -> None:
    with pytest.raises(Denied):
        await place.upload(who="auditor")


@on_both
async def test_videos_when_asked_for_are_those_in_reach(place: Place) -> None:
    asset = await place.upload()
    await encode_next(place.room())
    own, other = await place.office.actor("author"), await place.office.actor("neighbour")
    async with place.db.read() as session:
        assert [one.asset.id for one in await videos(session, own, [asset.id])] == [asset.id]
        assert await videos(session, other, [asset.id]) == []
        film = (await assets(session, [asset.id]))[asset.id].files["play-720"]
        assert (await file_of(session, own, film.sha256)).asset_id == asset.id
        with pytest.raises(NotFound):
            await file_of(session, other, film.sha256)
        kinds = [[one.asset.kind for one in await newest(session, own, kind=kind)] for kind in (VIDEO, PICTURE)]
        assert kinds == [[VIDEO], [PICTURE]]
        assert len(await newest(session, own)) == 2


@on_both
async def test_two_encoders_when_one_job_is_due_take_it_once(place: Place) -> None:
    await place.upload()
    other = FakeTools()
    done = await asyncio.gather(encode_next(place.room("one")), encode_next(place.room("two", other)))
    assert sorted(done) == [False, True]
    assert place.fake.encodes + other.encodes == 1


async def test_newcomer_can_be_watched_before_it_is_made_and_the_look_goes_with_the_making(place: Place) -> None:
    asset = await place.upload()
    assert await look_next(place.room("looker"))
    assert not await look_next(place.room("looker"))
    video, job = await place.job()
    assert (video.state, job.state, job.attempt, job.looked_at) == ("waiting", "waiting", 0, NOW)
    async with place.db.read() as session:
        look = (await assets(session, [asset.id]))[asset.id].files["first-look"]
    assert place.fake.looks == [1]
    assert await place.shop.store.exists(look.sha256)

    assert await encode_next(place.room())
    assert place.fake.looks == [1]
    async with place.db.read() as session:
        assert set((await assets(session, [asset.id]))[asset.id].files) == set(NAMES)
    assert not await place.shop.store.exists(look.sha256)


async def test_newcomer_behind_another_can_be_watched_for_a_minute(place: Place) -> None:
    await place.upload()
    assert await look_next(place.room())
    await place.upload(CLIP + b"2")
    assert await look_next(place.room())
    assert place.fake.looks == [1, 1, 16]


@on_both
async def test_killed_encoder_leaves_what_it_finished_to_the_next_and_nothing_in_the_end(place: Place) -> None:
    asset = await place.upload()
    place.fake.parts = ("720.00000", "480.00000")
    killed = replace(place.room("killed"), tick=60)
    keep = Checkpoints.keep

    class PowerCutError(BaseException):
        """The machine stops."""

    async def cut(checkpoints: Checkpoints, parts: Mapping[str, Path]) -> None:
        await keep(checkpoints, parts)
        raise PowerCutError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoints, "keep", cut)
        with pytest.raises(PowerCutError):
            await encode_next(killed)
    async with place.db.read() as session:
        made = await session.scalars(select(EncodePart.name).where(EncodePart.house == "house"))
        assert sorted(made) == ["480.00000", "720.00000"]

    place.clock.advance(ENCODE.lease + dt.timedelta(seconds=1))
    following = FakeTools()
    assert await encode_next(place.room("next", following))
    assert following.found == ["480.00000", "720.00000"]
    async with place.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(EncodePart)) == 0
        names = set((await assets(session, [asset.id]))[asset.id].files)
    assert names == set(NAMES)


@on_both
async def test_video_that_hurries_is_made_first_and_takes_the_encoder_between_two_stretches(place: Place) -> None:
    long, hurried = await place.upload(), await place.upload(CLIP + b"2", name="明早播出.mp4")

    async def soon(_: object, ids: Collection[uuid.UUID], now: dt.datetime) -> Collection[uuid.UUID]:
        assert now == place.clock.now()
        return {hurried.id} & set(ids)

    room = replace(place.room(), soon=soon)
    place.fake.parts = ("720.00000",)
    async with place.db.write() as session:
        later = update(EncodeJob).where(EncodeJob.asset_id == hurried.id)
        await session.execute(later.values(not_before=place.clock.now() + dt.timedelta(seconds=1)))
    place.fake.gate.clear()
    work = asyncio.create_task(encode_next(room))
    await place.fake.inside.wait()
    place.clock.advance(dt.timedelta(seconds=2))
    place.fake.gate.set()
    await work
    states = {one: await _state(place, one) for one in (long.id, hurried.id)}
    assert states == {long.id: ("waiting", 0), hurried.id: ("waiting", 10)}

    assert await encode_next(room)
    assert await _state(place, hurried.id) == ("ready", 10)
    assert await encode_next(room)
    assert place.fake.found == ["720.00000"]
    assert await _state(place, long.id) == ("ready", 0)


async def test_what_was_inside_a_file_is_kept_with_what_a_person_should_look_at(place: Place) -> None:
    asset = await place.upload()
    place.fake.subtitles = {"zh": (Cue(0, 2_000, "各位老师好"),)}
    place.fake.chapters = ((0, "开场"), (30_000, "提问"))
    place.fake.findings = Findings(black=((1_000, 4_000),), loudness=Loudness(-24.0, -3.5))
    assert await encode_next(place.room())
    async with place.db.read() as session:
        found = (await assets(session, [asset.id]))[asset.id]
        tracks = (await tracks_of(session, [asset.id]))[asset.id]
    assert [one.cues for one in tracks] == [[[0, 2_000, "各位老师好"]]]
    assert await place.shop.store.get(found.files["subtitles-zh"].sha256) == write_vtt(place.fake.subtitles["zh"])
    assert found.asset.chapters == [[0, "开场"], [30_000, "提问"]]
    assert found.asset.findings["black"] == [[1_000, 4_000]]
    assert found.asset.findings["loudness"] == {"integrated": -2_400, "peak": -350}
    assert "老" in found.asset.search_text


async def _state(place: Place, asset: uuid.UUID) -> tuple[str, int]:
    async with place.db.read() as session:
        job = (await session.scalars(select(EncodeJob).where(EncodeJob.asset_id == asset))).one()
        return job.state, job.priority
