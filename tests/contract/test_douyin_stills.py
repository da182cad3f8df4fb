"""A text as pictures with words: uploaded once each, created exactly once, found again when an answer is lost."""

import asyncio
import contextlib
import datetime as dt
import io
import zipfile
from urllib.parse import urlsplit

import pytest

from cms.contract import Accepted, Ask, Manual, Sent, Span
from renderers.conformance.post import Ledger
from renderers.conformance.samples import make_piece
from renderers.conformance.world import World
from renderers.douyin.hooks import callback
from renderers.douyin.post import DouyinPost
from tests.contract.douyin_world import dialled
from tests.fakes.douyin.codes import Wrong
from tests.fakes.douyin.simulator import Douyin
from tests.fakes.stage.faults import Kind

NOW = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
PIECE = make_piece(7, at=NOW)
CREATE = "/api/douyin/v1/video/create_image_text/"


async def still(platform: Douyin) -> World:
    return await dialled(platform, text_as="pictures")


async def settled(world: World, platform: Douyin, ledger: Ledger) -> object:
    for _ in range(20):
        await ledger.drive(DouyinPost(), PIECE, world.target, world.services)
        world.faults.kill_at = 0
        platform.advance(120)
        if isinstance(ledger.outcome, Sent | Manual):
            break
    return ledger.outcome


@pytest.mark.parametrize("kind", [Kind.CUT_AFTER, Kind.MALFORMED, Kind.CUT_BEFORE, Kind.HTTP, Kind.STRINGS, Kind.GZIP])
async def test_pictures_when_the_answer_is_lost_are_posted_exactly_once(kind: Kind) -> None:
    platform = Douyin()
    world = await still(platform)
    platform.faults.plan(CREATE, kind)
    assert isinstance(await settled(world, platform, Ledger()), Sent)
    assert platform.journal.counters["creates"] == 1
    (item,) = platform.posts.items.values()
    assert 3 <= len(item.pictures) <= 6
    assert platform.journal.counters["images"] == len(item.pictures)


async def test_pictures_when_killed_at_any_call_are_posted_exactly_once() -> None:
    kill_at, killed = 0, True
    while killed:
        kill_at += 1
        platform = Douyin()
        world, ledger = await still(platform), Ledger()
        world.faults.calls, world.faults.kill_at = 0, kill_at
        with contextlib.suppress(asyncio.CancelledError):
            await ledger.drive(DouyinPost(), PIECE, world.target, world.services)
            killed = False
        world.faults.kill_at = 0
        assert isinstance(await settled(world, platform, ledger), Sent), kill_at
        assert platform.journal.counters["creates"] == 1, kill_at
    assert kill_at > 15


async def test_pictures_when_the_right_is_gone_are_in_the_pack() -> None:
    platform = Douyin()
    world = await still(platform)
    platform.troubles["video.create.bind"] = Wrong.CAPABILITY_WITHDRAWN
    outcome = await settled(world, platform, Ledger())
    assert isinstance(outcome, Manual)
    packed = zipfile.ZipFile(io.BytesIO(await world.services.assets.read(outcome.detail["pack"])))
    assert next(name for name in packed.namelist() if name.startswith("01")) == "01 图片/01.jpg"
    assert "发布图文" in packed.read("05 发布清单.html").decode()


async def test_pictures_when_the_right_is_gone_are_a_code_whose_phone_fetches_each_of_them() -> None:
    platform = Douyin()
    world = await dialled(platform, phone=True, text_as="pictures", mode="scan")
    prepared = await DouyinPost().prepare(PIECE, world.target, world.services)
    outcome = await DouyinPost().send(prepared, "a1", world.target, world.services)
    assert isinstance(outcome, Accepted)
    link = str(outcome.detail["qr"])
    fields = platform.share.opened(link)
    assert "share_to_publish" not in fields
    paths = [urlsplit(one).path.removeprefix("/hooks/douyin/t-douyin/") for one in fields["image_list_path"]]
    assert 3 <= len(paths) <= 6
    for path in paths:
        asked = Ask("GET", path, {}, {}, b"", world.services.now())
        reply = await callback(asked, world.target, world.services)
        (part,) = reply.parts
        assert isinstance(part, Span)
        assert (reply.status, reply.media_type) == (200, "image/jpeg")
        assert part.length == len(await world.services.assets.read(part.sha256))
    assert platform.press(link).is_pictures
    platform.advance(60)
    assert isinstance(await DouyinPost().reconcile("a1", world.target, world.services), Sent)
    assert platform.journal.counters["creates"] == 1
