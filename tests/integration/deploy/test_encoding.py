"""The encoder of a worker: wakes for a video, stops in order, and works in a folder that no dead process keeps."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.kernel.metrics import Metrics
from cms.kernel.wake import Wake
from cms.library.models import EncodeJob
from cms.library.queries import encodes_waiting
from cms.library.room import EncodeRoom
from cms.library.upload import Workshop
from cms.library.videos import upload_video
from cms.notices.models import Alarm
from deploy.encoding import encode_videos
from deploy.encoding_card import with_encoder
from deploy.installation import Installation
from deploy.roles import METRICS
from deploy.settings import SettingsError, load
from deploy.workroom import take_folder
from media.encoders import HARDWARE
from media.sandbox import Grade, Sandbox
from media.store import Store
from tests.fakes.videos import CLIP, FakeTools
from tests.office import make_office


async def _state(db: Database) -> str:
    async with db.read() as session:
        return (await session.scalars(select(EncodeJob.state))).one()


async def _until(db: Database, state: str) -> None:
    async with asyncio.timeout(20):
        while await _state(db) != state:  # noqa: ASYNC110 - said by a row
            await asyncio.sleep(0.05)


async def test_encoder_when_a_video_comes_takes_it_and_when_told_to_stop_gives_it_back(
    database: Database, tmp_path: Path
) -> None:
    office = await make_office(database)
    work = await asyncio.to_thread(take_folder, tmp_path / "work")
    store = await asyncio.to_thread(Store.open, f"file://{tmp_path}/store", min_free_bytes=0)
    fake = FakeTools()
    fake.gate.clear()
    room = Workshop(store, await Sandbox.detect(allow_unsandboxed=False), work, tools=fake.tools)
    none = cast("Any", None)
    settings = load({"YUNPING_DATA": str(tmp_path / "data")})
    clock, wake, metrics = SystemClock(), Wake(database), Metrics(METRICS)
    here = Installation(settings, clock, database, wake, store, none, none, {}, none, metrics)
    encoder = asyncio.create_task(encode_videos(here, room, "test"))
    await upload_video(database, room, await office.actor("author"), CLIP, name="a.mp4", now=here.clock.now())
    await asyncio.wait_for(fake.inside.wait(), 20)
    assert await _state(database) == "encoding"
    encoder.cancel()
    await asyncio.gather(encoder, return_exceptions=True)
    assert await _state(database) == "waiting"
    async with database.read() as session:
        assert await encodes_waiting(session) == 1

    fake.gate.set()
    encoder = asyncio.create_task(encode_videos(here, replace(room), "test"))
    await _until(database, "ready")
    async with asyncio.timeout(20):
        while b"yunping_encode_seconds_count 1.0" not in metrics.text():  # noqa: ASYNC110 - counted after the row
            await asyncio.sleep(0.02)
    encoder.cancel()
    await asyncio.gather(encoder, return_exceptions=True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_card_that_is_not_there_or_fails_a_video_leaves_the_worker_to_software_with_one_alarm(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_office(database)
    store = await asyncio.to_thread(Store.open, f"file://{tmp_path}/store", min_free_bytes=0)
    work = await asyncio.to_thread(take_folder, tmp_path / "work")
    none, metrics = cast("Any", None), Metrics(METRICS)
    settings = load({"YUNPING_DATA": str(tmp_path / "data"), "YUNPING_ENCODER": "h264_nvenc"})
    clock, wake = SystemClock(), Wake(database)
    here = Installation(settings, clock, database, wake, store, none, none, {}, none, metrics)
    shop = Workshop(store, Sandbox(Grade.limits_only), work)
    room = EncodeRoom(database, clock, shop, "test")
    absent = replace(HARDWARE["h264_nvenc"], devices=("/dev/no-such-card",))
    assert await with_encoder(here, room, absent) is room
    assert [(one.subject, one.params["encoder"]) for one in await _alarms(database)] == [
        ("library.alarm.encoder_absent", "h264_nvenc")
    ]

    async def fine(*_: object, **__: object) -> str:
        return ""

    monkeypatch.setattr("deploy.encoding_card.probed", fine)
    with_it = await with_encoder(here, room, absent)
    assert await _alarms(database) == []
    encode = cast("Any", with_it.workshop.tools.encode)
    for reason in ("encoder_refused 1080 init", "encoder_refused 720 gop"):
        await encode.keywords["hardware"].tell(reason)
    assert [(one.subject, one.times, one.params["reason"]) for one in await _alarms(database)] == [
        ("library.alarm.encoder", 2, "encoder_refused 720 gop")
    ]


def test_encoder_that_nobody_knows_stops_the_start_with_its_name() -> None:
    with pytest.raises(SettingsError) as refused:
        load({"YUNPING_ENCODER": "h264_warp"})
    assert "YUNPING_ENCODER" in str(refused.value)


async def _alarms(db: Database) -> Sequence[Alarm]:
    async with db.read() as session:
        return (await session.scalars(select(Alarm).where(Alarm.taken_at.is_(None)))).all()


def test_folder_when_its_process_was_killed_is_removed_by_the_next_start(tmp_path: Path) -> None:
    mine = take_folder(tmp_path)
    (mine / "video").write_bytes(b"x")
    code = (
        "import os, pathlib; from deploy.workroom import take_folder;"
        f"made = take_folder(pathlib.Path({str(tmp_path)!r})); (made / 'gigabytes').write_bytes(b'x');"
        "print(made, flush=True); os.kill(os.getpid(), 9)"
    )
    ran = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=False)
    left = Path(ran.stdout.strip())
    assert (left / "gigabytes").is_file()
    assert (mine / "video").is_file()

    next_one = take_folder(tmp_path)
    assert not left.exists()
    assert (mine / "video").is_file()
    assert sorted(tmp_path.iterdir()) == sorted([mine, next_one])
