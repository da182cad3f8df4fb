"""The worker's loop of logos with a real film: the television rendition is made with the logo, the others stay."""

import asyncio
import datetime as dt
import io
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from PIL import Image
from sqlalchemy import select, update

from cms.contract import Aired, Airing
from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.kernel.metrics import Metrics
from cms.kernel.wake import Wake
from cms.library.models import Asset
from cms.library.upload import Workshop
from cms.planning.models import Target
from cms.planning.targets import add_target, as_contract
from cms.publishing.line_ups import RowLineUps
from cms.publishing.onair.logos import KEPT, LogoWish, end_logo, set_logo
from cms.publishing.onair.models import AirJob
from cms.publishing.services.assets import StoreAssets
from cms.publishing.services.models import AccountValue
from deploy.installation import Installation
from deploy.logos import Wishes, make_logos
from deploy.roles import METRICS
from deploy.settings import load
from deploy.workroom import take_folder
from media import ladder
from media.encode import EncodedVideo, encode_house
from media.house import INDEX, PLAY, RUNGS, read_index
from media.limits import VideoLimits
from media.logo import Corner, Place, box
from media.package import house_of
from media.sandbox import Sandbox
from media.store import Store
from media.video import examine
from renderers.tv.looks import looks_of
from tests.office import CENTRE, NOW, Office, make_office, make_picture

LIMITS = VideoLimits(min_free_bytes=0)
CLIP = (
    "ffmpeg -nostdin -v error -y -f lavfi -i color=gray:size=320x180:rate=25 -f lavfi -i sine=frequency=500 -t 1 "
    "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac"
)
PLACE = Place(Corner.BOTTOM_LEFT, 5, 20, 100)
CODE, PEOPLE = "tv-wj", "publisher"


async def film(folder: Path, room: Workshop) -> dict[str, str]:
    """A second of grey in house format, in the store; hashes by the names of its renditions."""
    clip = folder / "clip.mp4"
    await asyncio.to_thread(subprocess.run, [*CLIP.split(), str(clip)], check=True, timeout=60)
    facts = await examine(clip, sandbox=room.sandbox, work=room.work, limits=LIMITS)
    async with encode_house(clip, facts, sandbox=room.sandbox, work=room.work, limits=LIMITS) as video:
        return await kept(video, room.store)


async def kept(video: EncodedVideo, store: Store) -> dict[str, str]:
    return {one.rendition: (await store.put(one.path, media_type=one.media_type)).sha256 for one in video.files}


class Plan:
    """A channel on which the film that its plan names plays, behind a still."""

    value = "plan"

    def aired(self, plan: str, start: int, end: int, _now: dt.datetime) -> Aired:
        return Aired(
            (Airing(start, start + 9), Airing(start + 9, end, "d", "r", "第一讲", "m", index=plan)), start, end
        )


async def planned(db: Database, index: str) -> Office:
    """An office with a channel in whose plan the film is."""
    office = await make_office(db)
    async with db.write() as session:
        await add_target(session, None, code=CODE, kind="tv", name="吴江宣讲频道", unit=CENTRE, now=NOW)
        session.add(AccountValue(account=CODE, name=Plan.value, value=index, version=1))
    return office


async def target_of(db: Database) -> Target:
    async with db.read() as session:
        return (await session.scalars(select(Target).where(Target.code == CODE))).one()


async def with_logo(office: Office, store: Store) -> None:
    """A red picture as the channel's logo."""
    data = io.BytesIO()
    Image.new("RGB", (200, 200), (255, 0, 0)).save(data, "PNG")
    sha256 = (await store.put(data.getvalue(), media_type="image/png")).sha256
    picture = await make_picture(office)
    actor, target = await office.actor(PEOPLE), await target_of(office.db)
    async with office.db.write() as session:
        await session.execute(update(Asset).where(Asset.id == picture).values(sha256=sha256, media_type="image/png"))
        await set_logo(session, actor, target, LogoWish(picture, PLACE), now=NOW)


def colours(data: bytes, spots: Sequence[tuple[int, int]], path: Path) -> list[tuple[int, ...]]:
    """Of some spots of the first picture, read on a screen of 1920 × 1080."""
    path.write_bytes(data)
    view = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-frames:v", "1", "-f", "image2pipe", "-c:v", "png"]
    told = subprocess.run([*view, "pipe:1"], check=True, capture_output=True, timeout=60).stdout
    with Image.open(io.BytesIO(told)) as shown:
        small = shown.convert("RGB")
    return [
        cast("tuple[int, ...]", small.getpixel((x * small.width // 1920, y * small.height // 1080))) for x, y in spots
    ]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_loop_makes_the_television_rendition_with_the_logo_leaves_the_others_and_lets_it_go_at_the_end(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await asyncio.to_thread(Store.open, f"file://{tmp_path}/store", min_free_bytes=0)
    work = await asyncio.to_thread(take_folder, tmp_path / "work")
    room = Workshop(store, (await Sandbox.detect(allow_unsandboxed=False)).apart(parallel=2), work)
    await house_of(room.sandbox, room.work)
    # Less effort of the encoder, which its init segments do not show: this is about where a logo is and where not.
    monkeypatch.setitem(cast("dict[str, Any]", ladder.VIDEO), "preset", "superfast")
    files = await film(tmp_path, room)
    office = await planned(database, files[INDEX])
    await with_logo(office, store)
    clock, none = FixedClock(NOW), cast("Any", None)
    graves = cast("Any", SimpleNamespace(asset_gone=lambda _: False))
    settings = load({"YUNPING_DATA": str(tmp_path / "data")})
    channels = cast("Any", {"tv": SimpleNamespace(on_air=Plan())})
    metrics = Metrics(METRICS)
    here = Installation(settings, clock, database, Wake(database), store, none, graves, channels, none, metrics)
    line_ups = RowLineUps(database, clock)

    working = asyncio.create_task(make_logos(here, room, "test"))
    async with asyncio.timeout(120):
        while b'yunping_logo_films{state="ready"} 1.0' not in metrics.text():  # noqa: ASYNC110 - said by the loop
            await asyncio.sleep(0.05)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)

    target = await target_of(database)
    async with database.read() as session:
        (job,) = (await session.scalars(select(AirJob))).all()
    assert (job.film, job.state, job.done, job.total) == (files[INDEX], "ready", 1, 1)
    line = await line_ups.line_up(as_contract(target), start=NOW, end=NOW + dt.timedelta(hours=1))
    assert line.looks == {files[INDEX]: job.sha256}
    assert await looks_of(line.looks, StoreAssets(store, lambda _: False)), "it passes the gate of the channel"
    made, plain = [read_index(await store.get(one)) for one in (str(job.sha256), files[INDEX])]
    assert made.tracks["audio"] == plain.tracks["audio"]
    here_ = box(PLACE, 1920, 1080)
    # The picture is as high as it is wide: it stands in the box's corner, the box's other end stays free.
    spots = [(here_.x + 60, here_.y + here_.height - 60), (here_.x + here_.width - 20, here_.y + 20)]
    for name in RUNGS:
        track = made.tracks[name]
        data = await store.get_range(track.sha256, track.start, track.ends[-1])
        logo, beside = await asyncio.to_thread(colours, data, spots, tmp_path / "tv.mp4")
        assert logo[0] > 200, f"{name} carries it"
        assert max(logo[1:]) < 60
        assert max(beside) - min(beside) < 20
    for name in (PLAY, f"house-{RUNGS[-1]}"):
        web = await asyncio.to_thread(colours, await store.get(files[name]), spots, tmp_path / "web.mp4")
        assert all(max(one) - min(one) < 20 for one in web), f"{name} is as it was"

    actor = await office.actor(PEOPLE)
    async with database.write() as session:
        await end_logo(session, actor, target, now=NOW)
    clock.advance(KEPT + dt.timedelta(hours=1))
    await Wishes(here).look()
    assert not await store.exists(str(job.sha256))
    assert not await store.exists(made.tracks[RUNGS[0]].sha256)
    assert all([await store.exists(one) for one in files.values()]), "the film's own files stay"
