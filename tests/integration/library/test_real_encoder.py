"""One small clip through the real tools: from the upload to files that play, and what is refused on the way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.encoding import encode_next
from cms.library.models import Asset, EncodeJob
from cms.library.queries import assets
from cms.library.room import EncodeRoom
from cms.library.upload import Workshop
from cms.library.videos import upload_video
from media.errors import MediaRefused
from media.first_look import first_look
from media.house import read_index
from media.sandbox import Sandbox
from media.store import Store
from media.video import examine
from tests.fakes.videos import NAMES
from tests.integration.media.clips import make
from tests.office import NOW, Office, make_office
from tests.schema import sqlite_by_default

database_url = sqlite_by_default

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of bars with a tone, 320×180."""
    bars, tone = ("-f", "lavfi", "-i", "smptebars=s=320x180:r=25:d=2"), ("-f", "lavfi", "-i", "sine=f=440:d=2")
    fast = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
    return make(tmp_path_factory.mktemp("clip") / "clip.mp4", *bars, *tone, *fast)


@pytest.fixture
async def office(database: Database) -> Office:
    return await make_office(database)


@pytest.fixture
async def shop(tmp_path: Path) -> Workshop:
    work = tmp_path / "work"
    await asyncio.to_thread(work.mkdir)
    store = await asyncio.to_thread(Store.open, f"file://{tmp_path}/store", min_free_bytes=0)
    return Workshop(store, await Sandbox.detect(allow_unsandboxed=False), work)


async def _blocks(path: Path, most: int | None = None) -> AsyncIterator[bytes]:
    data = await asyncio.to_thread(path.read_bytes)
    for at in range(0, len(data if most is None else data[:most]), 65_536):
        yield data[at : min(at + 65_536, len(data) if most is None else most)]


async def test_clip_when_encoded_by_the_real_tools_is_ready_to_play(office: Office, shop: Workshop, clip: Path) -> None:
    actor = await office.actor("author")
    asset = await upload_video(office.db, shop, actor, _blocks(clip), name="试播.mp4", now=NOW)
    assert (asset.width, asset.height, asset.state) == (320, 180, "waiting")

    room = EncodeRoom(office.db, SystemClock(), shop, "real", tick=0.05)
    assert await encode_next(room)

    async with office.db.read() as session:
        job = (await session.scalars(select(EncodeJob))).one()
        assert (job.state, job.error_code, job.error_params) == ("ready", None, {})
        found = (await assets(session, [asset.id]))[asset.id]
        poster = await session.get_one(Asset, found.asset.poster_id)
    assert found.asset.duration_ms is not None
    assert 1_900 <= found.asset.duration_ms <= 2_200
    assert set(found.files) == set(NAMES)
    index = read_index(await shop.store.get(found.files["house-index"].sha256))
    assert index.segments == 1
    for name in ("1080", "720", "480", "audio"):
        assert index.tracks[name].sha256 == found.files[f"house-{name}"].sha256
    assert (poster.width, poster.height) == (1280, 720)
    assert await asyncio.to_thread(lambda: list(shop.work.iterdir())) == []


async def test_look_made_while_a_film_is_read_is_the_one_a_worker_makes_of_it(
    office: Office, shop: Workshop, tmp_path: Path
) -> None:
    bars, tone = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=50:d=9"), ("-f", "lavfi", "-i", "sine=f=440:d=9")
    fast = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
    film = await asyncio.to_thread(make, tmp_path / "film.mp4", *bars, *tone, *fast)
    looking = replace(shop, looking=shop.sandbox.apart())
    actor = await office.actor("author")
    asset = await upload_video(office.db, looking, actor, _blocks(film), name="讲座.mp4", now=NOW)
    async with office.db.read() as session:
        job = (await session.scalars(select(EncodeJob))).one()
        look = (await assets(session, [asset.id]))[asset.id].files["first-look"]
    assert job.looked_at == NOW
    given: dict[str, Any] = {"sandbox": shop.sandbox, "work": shop.work, "limits": shop.video_limits}
    facts = await examine(film, **given)
    async with first_look(film, facts, segments=1, **given) as made:
        assert await asyncio.to_thread(made.read_bytes) == await shop.store.get(look.sha256)
        told = await examine(made, **given)
    assert (told.width, told.height, told.fps, told.length_ms) == (854, 480, 25.0, 3_840)
    assert await asyncio.to_thread(lambda: list(shop.work.iterdir())) == []


async def test_upload_when_cut_off_is_refused_and_leaves_nothing(office: Office, shop: Workshop, clip: Path) -> None:
    actor = await office.actor("author")
    half = await asyncio.to_thread(lambda: clip.stat().st_size // 2)
    with pytest.raises(MediaRefused) as refused:
        await upload_video(office.db, shop, actor, _blocks(clip, half), name="半个.mp4", now=NOW)
    assert refused.value.code.startswith("media.video_")
    async with office.db.read() as session:
        assert (await session.scalars(select(Asset))).all() == []
    assert await asyncio.to_thread(lambda: list(shop.work.iterdir())) == []
