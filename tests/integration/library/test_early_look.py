"""The first look that whoever takes a film in begins while the film is still read: kept where its claims were true."""

import asyncio
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cms.kernel.db import Database
from cms.library import early_look
from cms.library.encoding import encode_next
from cms.library.looking import look_next
from cms.library.models import EncodeJob, Upload
from cms.library.queries import assets
from cms.library.taking import take_next
from cms.library.uploads import Wish, append, begin
from media.errors import MediaRefused
from media.video import VideoFacts
from tests.fakes.videos import CLIP, NAMES
from tests.integration.library.test_encoding import Place, left_in, make_place
from tests.office import NOW
from tests.schema import on_both, sqlite_by_default

database_url = sqlite_by_default


@pytest.fixture
async def place(database: Database, tmp_path: Path) -> Place:
    place = await make_place(database, tmp_path)
    place.shop = dataclasses.replace(place.shop, looking=place.shop.sandbox.apart())
    return place


async def look_of(place: Place) -> str:
    """Hash of the look that can be watched; empty when there is none."""
    video, _ = await place.job()
    async with place.db.read() as session:
        files = (await assets(session, [video.id]))[video.id].files
    return files["first-look"].sha256 if "first-look" in files else ""


def stored(place: Place) -> list[str]:
    path = place.shop.store.local_path("0" * 64)
    assert path is not None
    return left_in(path.parents[2])


async def until_looked(place: Place) -> None:
    async with asyncio.timeout(20):
        while not place.fake.looks:  # noqa: ASYNC110 - the fake says nothing
            await asyncio.sleep(0.01)


def with_tools(place: Place, **tools: Any) -> None:
    place.shop = dataclasses.replace(place.shop, tools=dataclasses.replace(place.fake.tools, **tools))


@on_both
async def test_film_can_be_watched_the_moment_it_is_there_and_is_not_looked_at_again(place: Place) -> None:
    await place.upload()
    _, job = await place.job()
    assert (job.state, job.looked_at, job.small_at) == ("waiting", NOW, None)
    assert await place.shop.store.exists(sha256 := await look_of(place))
    assert not await look_next(place.room("looker"))
    assert await encode_next(place.room())
    assert place.fake.looks == [1]
    assert await look_of(place) == ""
    assert not await place.shop.store.exists(sha256)


async def test_film_behind_another_gets_its_minute_from_the_worker_and_keeps_its_look_until_then(place: Place) -> None:
    await place.upload()
    second = await place.upload(CLIP + b"2")
    async with place.db.read() as session:
        job = (await session.scalars(select(EncodeJob).where(EncodeJob.asset_id == second.id))).one()
        assert job.looked_at is None
        assert "first-look" in (await assets(session, [second.id]))[second.id].files
    assert await look_next(place.room("looker"))
    assert place.fake.looks == [1, 1, 16]
    assert not await look_next(place.room("looker"))


async def test_encoder_that_comes_before_the_looker_does_not_make_the_look_anew(place: Place) -> None:
    await place.upload()
    await place.upload(CLIP + b"2")
    assert await encode_next(place.room())
    assert await encode_next(place.room())
    assert place.fake.looks == [1, 1]


@pytest.mark.parametrize("truth", [{"sound": None}, {"width": 640}, {"length_ms": 3_000, "last_ms": 2_960}])
async def test_look_by_claims_that_were_found_false_is_not_shown(place: Place, truth: dict[str, Any]) -> None:
    async def examine(path: Path, *, claimed: Callable[[VideoFacts], None], **given: Any) -> VideoFacts:
        found = await place.fake.examine(path, **given)
        claimed(found)
        await until_looked(place)
        return dataclasses.replace(found, **truth)

    with_tools(place, examine=examine)
    await place.upload()
    assert place.fake.looks == [1]
    assert (await place.job())[1].looked_at is None
    assert await look_of(place) == ""
    assert await asyncio.to_thread(left_in, place.shop.work) == []


async def test_film_that_is_refused_leaves_no_look(place: Place) -> None:
    async def examine(path: Path, *, claimed: Callable[[VideoFacts], None], **given: Any) -> VideoFacts:
        claimed(await place.fake.examine(path, **given))
        await until_looked(place)
        raise MediaRefused("media.video_truncated", found=1, claimed=2)

    with_tools(place, examine=examine)
    with pytest.raises(MediaRefused, match="truncated"):
        await place.upload()
    assert await asyncio.to_thread(left_in, place.shop.work) == []
    assert await asyncio.to_thread(stored, place) == []


async def test_film_is_taken_without_a_look_that_cannot_be_made(place: Place) -> None:
    async def refuse() -> None:
        raise MediaRefused("media.too_costly")

    @asynccontextmanager
    async def look(*_: Any, **__: Any) -> AsyncIterator[Path]:
        await refuse()
        yield Path()

    with_tools(place, look=look)
    await place.upload()
    assert (await place.job())[1].looked_at is None


async def test_film_is_taken_without_a_look_that_takes_too_long(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = asyncio.Event()

    @asynccontextmanager
    async def look(*_: Any, **__: Any) -> AsyncIterator[Path]:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        yield Path()

    monkeypatch.setattr(early_look, "_PATIENCE", 0.05)
    with_tools(place, look=look)
    await asyncio.wait_for(place.upload(), 20)
    assert ended.is_set()
    assert (await place.job())[1].looked_at is None


async def test_film_that_comes_while_another_is_looked_at_does_not_wait_for_it(place: Place) -> None:
    assert place.shop.looking is not None
    async with asyncio.timeout(20):
        await place.shop.looking._turns.acquire()
        await place.upload()
    assert place.fake.looks == []
    assert (await place.job())[1].looked_at is None


async def test_short_film_is_looked_at_once_it_is_read(place: Place) -> None:
    async def examine(path: Path, *, claimed: Callable[[VideoFacts], None], **given: Any) -> VideoFacts:
        found = dataclasses.replace(await place.fake.examine(path, **given), length_ms=5_000, last_ms=4_960)
        claimed(found)
        return found

    with_tools(place, examine=examine)
    await place.upload()
    assert place.fake.looks == []


async def _sent(place: Place, data: bytes, **wish: Any) -> Upload:
    actor = await place.office.actor("author")
    now = place.clock.now()
    row = await begin(place.db, place.shop, actor, Wish(len(data), "片.mp4", **wish), now=now)

    async def blocks() -> AsyncIterator[bytes]:
        yield data

    await append(place.db, place.shop, row, blocks(), at=0, now=now)
    assert await take_next(place.room("taker"))
    async with place.db.read() as session:
        return await session.get_one(Upload, row.id)


async def test_film_that_is_known_leaves_no_look_behind(place: Place) -> None:
    first = await _sent(place, CLIP)
    assert first.state == "done"
    assert place.fake.looks == [1]
    assert await encode_next(place.room())
    before = await asyncio.to_thread(stored, place)
    place.clock.advance(dt.timedelta(seconds=1))
    again = await _sent(place, CLIP)
    assert (again.state, again.twin_id) == ("twin", first.asset_id)
    assert await asyncio.to_thread(stored, place) == before


async def test_film_in_the_place_of_another_is_looked_at_by_the_worker(place: Place) -> None:
    first = await _sent(place, CLIP)
    assert await encode_next(place.room())
    place.clock.advance(dt.timedelta(seconds=1))
    assert (await _sent(place, CLIP + b"2", replaces=first.asset_id)).state == "done"
    assert place.fake.looks == [1]
    assert await look_next(place.room("looker"))
    assert place.fake.looks == [1, 1]
    assert await encode_next(place.room())
    video, _ = await place.job()
    async with place.db.read() as session:
        found = (await assets(session, [video.id]))[video.id]
    assert set(found.files) == set(NAMES)
