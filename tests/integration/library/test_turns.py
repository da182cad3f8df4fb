"""The queue of videos on its leases: stretches of several videos in the order people wait for them."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.library.encoding import encode_next
from cms.library.looking import look_next
from cms.library.models import EncodeJob
from cms.library.queries import assets
from cms.library.queueing import mark_turns
from cms.library.room import EncodeRoom
from cms.library.states import ENCODE
from cms.library.tools import Tools
from cms.library.upload import Workshop
from cms.library.videos import upload_video
from media.encode import EncodedVideo
from media.house import RUNGS
from media.kept import Kept
from media.passes import LARGE, SMALL, in_passes
from media.sandbox import Sandbox
from media.store import Store
from media.stretches import Stretch, stretches
from media.video import VideoFacts
from tests.fakes.videos import CLIP, DURATION_MS, NAMES, FakeTools
from tests.office import NOW, Office, make_office

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass
class Paced(FakeTools):
    """An encoder of three stretches a video, one after another; `between` is done while one is made."""

    log: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    between: Any = None
    length_ms: int = DURATION_MS

    async def examine(self, path: Path, **given: Any) -> VideoFacts:
        return replace(await super().examine(path, **given), length_ms=self.length_ms, sound=None)

    @property
    def tools(self) -> Tools:
        return Tools(self.examine, self.paced, self.frame, look=self.look, join=self.join)

    @asynccontextmanager
    async def paced(self, path: Path, facts: VideoFacts, *, kept: Kept, **given: Any) -> AsyncIterator[EncodedVideo]:
        there = set(await kept.begin("house"))
        name = str(path.stat().st_size - len(CLIP))
        await in_passes(_Steps(self, name, kept, there, given["work"]), stretches(32), kept, is_long=True)
        async with self.encode(path, facts, kept=kept, **given) as made:
            yield made


@dataclass
class _Steps:
    tools: Paced
    name: str
    kept: Kept
    there: set[str]
    work: Path

    async def stretch(self, stretch: Stretch, rungs: Sequence[str]) -> None:
        missing = tuple(rung for rung in rungs if f"{rung}.{stretch.number}" not in self.there)
        if not missing:
            return
        self.tools.log.append((self.name, missing))
        if self.tools.between is not None:
            await self.tools.between()
        await self.kept.keep({f"{rung}.{stretch.number}": self._file(rung) for rung in missing})

    async def sound(self) -> None:
        """Waits for nobody and keeps nobody waiting."""

    async def watchable(self) -> None:
        await self.kept.watchable(self._file("film"))

    def _file(self, name: str) -> Path:
        path = self.work / f"paced-{name}"
        path.write_bytes(f"{self.name}.{name}".encode())
        return path


@dataclass
class Place:
    """A newsroom with a library and a clock to turn; `counted` is what somebody counts on soon."""

    office: Office
    shop: Workshop
    fake: Paced
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    counted: set[UUID] = field(default_factory=set)

    def room(self, owner: str = "one") -> EncodeRoom:
        return EncodeRoom(self.office.db, self.clock, self.shop, owner, tick=60, soon=self.soon)

    async def soon(self, _: object, ids: Collection[UUID], now: dt.datetime) -> Collection[UUID]:
        del now
        return self.counted & set(ids)

    async def upload(self, number: int) -> UUID:
        async def data() -> AsyncIterator[bytes]:
            yield CLIP + b"x" * number

        actor = await self.office.actor("author")
        name = f"{number}.mp4"
        asset = await upload_video(self.office.db, self.shop, actor, data(), name=name, now=self.clock.now())
        self.clock.advance(dt.timedelta(seconds=1))
        return asset.id

    async def files(self, asset: UUID) -> Mapping[str, Any]:
        async with self.office.db.read() as session:
            return (await assets(session, [asset]))[asset].files

    async def until_idle(self) -> None:
        while await encode_next(self.room()):
            pass


@pytest.fixture
async def place(database: Database, tmp_path: Path) -> Place:
    work = tmp_path / "work"
    await asyncio.to_thread(work.mkdir)
    store = await asyncio.to_thread(Store.open, f"file://{tmp_path}/store", min_free_bytes=0)
    fake = Paced()
    shop = Workshop(store, await Sandbox.detect(allow_unsandboxed=False), work, tools=fake.tools)
    return Place(await make_office(database), shop, fake)


async def test_small_picture_of_every_video_is_made_first_then_the_oldest(place: Place) -> None:
    first, second = await place.upload(1), await place.upload(2)
    seen: list[bool] = []

    async def watched() -> None:
        seen.append("first-look" in await place.files(second) and place.fake.log[-1][1] == LARGE)

    place.fake.between = watched
    await place.until_idle()
    assert place.fake.log == [
        *[("1", SMALL)] * 3,
        *[("2", SMALL)] * 3,
        *[("1", LARGE)] * 3,
        *[("2", LARGE)] * 3,
    ]
    # Both could be watched as a whole before anything larger was made of either.
    assert seen[6:] == [True] * 6
    for asset in (first, second):
        assert set(await place.files(asset)) == set(NAMES)


async def test_video_alone_is_made_in_one_decode_and_parted_from_where_another_came(place: Place) -> None:
    await place.upload(1)
    place.fake.between = lambda: place.upload(2) if len(place.fake.log) == 1 else asyncio.sleep(0)
    await place.until_idle()
    assert place.fake.log == [
        ("1", RUNGS),
        *[("1", SMALL)] * 2,
        *[("2", SMALL)] * 3,
        *[("1", LARGE)] * 2,
        *[("2", LARGE)] * 3,
    ]


async def test_what_hurries_takes_the_encoder_whole_and_before_all_small_pictures(place: Place) -> None:
    await place.upload(1)
    await place.upload(2)

    async def meanwhile() -> None:
        if len(place.fake.log) == 2:
            place.counted = {await place.upload(3)}

    place.fake.between = meanwhile
    await place.until_idle()
    assert place.fake.log == [
        *[("1", SMALL)] * 2,
        *[("3", RUNGS)] * 3,
        ("1", SMALL),
        *[("2", SMALL)] * 3,
        *[("1", LARGE)] * 3,
        *[("2", LARGE)] * 3,
    ]


async def test_dead_workers_small_pictures_are_not_made_again(place: Place) -> None:
    await place.upload(1)
    await place.upload(2)

    class PowerCutError(BaseException):
        """The machine stops."""

    async def cut() -> None:
        if len(place.fake.log) == 3:
            raise PowerCutError

    place.fake.between = cut
    with pytest.raises(PowerCutError):
        await encode_next(place.room("killed"))
    place.fake.between = None
    place.clock.advance(ENCODE.lease + dt.timedelta(seconds=1))
    del place.fake.log[2:]  # the one it was at
    await place.until_idle()
    assert sorted(place.fake.log) == sorted([(n, rungs) for n in "12" for rungs in (SMALL, LARGE) for _ in range(3)])


async def test_short_video_that_was_looked_at_as_a_whole_lets_the_longer_ones_pass(place: Place) -> None:
    await place.upload(1)
    assert await look_next(place.room("looker"))
    place.fake.length_ms = 30_000
    await place.upload(2)
    assert await look_next(place.room("looker"))
    async with place.office.db.write() as session:
        await mark_turns(session, None, now=place.clock.now())
    async with place.office.db.read() as session:
        jobs = (await session.scalars(select(EncodeJob).order_by(EncodeJob.not_before))).all()
    assert [(job.small_at is not None, job.priority) for job in jobs] == [(False, 0), (True, -1)]
