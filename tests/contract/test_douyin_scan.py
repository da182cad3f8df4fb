"""Douyin without the right to post: a code to scan, the pack after it, and the right that comes back by itself."""

import datetime as dt
import hashlib
from urllib.parse import urlsplit

import pytest

from cms.contract import Accepted, Ask, ContractError, Manual, NotSent, Reply, Sent, Span
from renderers.conformance.samples import make_piece
from renderers.conformance.world import World
from renderers.douyin import consent
from renderers.douyin.account import MODE, POSTS, Account, Halt
from renderers.douyin.hooks import callback, signature
from renderers.douyin.outbox import take_down
from renderers.douyin.post import CREATE, DouyinPost
from renderers.douyin.standing import keep_up, standing
from renderers.douyin.uploads import uploaded
from tests.contract.douyin_world import dialled
from tests.fakes.douyin.codes import Wrong
from tests.fakes.douyin.posts import Item
from tests.fakes.douyin.simulator import Douyin
from tests.fakes.stage.faults import Kind

NOW = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
PIECE = make_piece(7, at=NOW)
RIGHT = "video.create.bind"


async def asked(world: World, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
    found = Ask(method, path, {}, headers, body, world.services.now())
    return await callback(found, world.target, world.services)


async def heard(world: World, platform: Douyin, item: Item) -> Reply:
    """The platform's event about a post that came from a link."""
    body = platform.webhooks.body("create_video", {"item_id": item.item_id, "share_id": item.share_id})
    signed = {"x-douyin-signature": signature(platform.app.client_secret, body), "msg-id": item.item_id}
    return await asked(world, "POST", "", body, **signed)


async def offered(platform: Douyin, world: World) -> tuple[DouyinPost, Accepted]:
    platform.troubles[RIGHT] = Wrong.CAPABILITY_WITHDRAWN
    post = DouyinPost()
    prepared = await post.prepare(PIECE, world.target, world.services)
    outcome = await post.send(prepared, "a1", world.target, world.services)
    assert isinstance(outcome, Accepted)
    return post, outcome


@pytest.mark.parametrize("wrong", [Wrong.CAPABILITY_BANNED, Wrong.CAPABILITY_WITHDRAWN])
async def test_right_when_withdrawn_becomes_a_code_whose_post_is_known_by_its_event(wrong: Wrong) -> None:
    platform = Douyin()
    platform.new_family = True  # 28001018 and 28001056
    world = await dialled(platform, phone=True)
    post, outcome = await offered(platform, world)
    platform.troubles[RIGHT] = wrong
    assert (outcome.why, outcome.detail["task"], outcome.detail["ask"]) == ("scan", "douyin.task.scan", "url")
    link = str(outcome.detail["qr"])
    film = urlsplit(str(platform.share.opened(link)["video_path"])).path.removeprefix("/hooks/douyin/t-douyin/")
    assert isinstance((await asked(world, "GET", film)).parts[0], Span)
    again = await post.reconcile("a1", world.target, world.services)
    assert isinstance(again, Accepted)
    assert again.detail["qr"] == link
    item = platform.press(link)
    assert (await heard(world, platform, item)).hint
    assert isinstance(await post.reconcile("a1", world.target, world.services), Accepted)
    platform.advance(60)
    assert isinstance(await post.reconcile("a1", world.target, world.services), Sent)
    assert platform.journal.counters["creates"] == 1
    assert "#吴江" in item.text


async def test_code_when_its_event_is_lost_is_found_by_its_words() -> None:
    platform = Douyin()
    world = await dialled(platform, phone=True)
    post, outcome = await offered(platform, world)
    platform.press(str(outcome.detail["qr"]))
    platform.advance(60)
    assert isinstance(await post.reconcile("a1", world.target, world.services), Sent)


async def test_code_when_nobody_scans_it_ends_as_a_pack_and_its_film_with_it() -> None:
    platform = Douyin()
    world = await dialled(platform, phone=True)
    post, outcome = await offered(platform, world)
    film = urlsplit(str(platform.share.opened(str(outcome.detail["qr"]))["video_path"])).path.rpartition("/film/")[2]
    part = await asked(world, "GET", f"film/{film}", range="bytes=0-99")
    assert (part.status, part.headers["content-range"].split("/")[0]) == (206, "bytes 0-99")
    platform.advance(dt.timedelta(hours=3))
    assert (await asked(world, "GET", f"film/{film}")).status == 410
    assert (await asked(world, "GET", "film/guessed")).status == 410
    ended = await post.reconcile("a1", world.target, world.services)
    assert isinstance(ended, Manual)
    assert (ended.detail["task"], ended.detail["pack"]) == ("douyin.task.after_scan", outcome.detail["pack"])
    assert platform.journal.counters.get("creates", 0) == 0


async def test_code_when_the_app_may_not_have_it_is_a_pack_at_once_and_is_remembered() -> None:
    platform = Douyin()
    world = await dialled(platform)
    platform.troubles[RIGHT] = Wrong.CAPABILITY_WITHDRAWN
    post = DouyinPost()
    prepared = await post.prepare(PIECE, world.target, world.services)
    assert isinstance(await post.send(prepared, "a1", world.target, world.services), Manual)
    assert [name for name, _ in world.journal if name == "douyin.scan_refused"]
    calls = len(world.journal)
    assert isinstance(await post.send(prepared, "a2", world.target, world.services), Manual)
    assert len(world.journal) == calls


@pytest.mark.parametrize("path", ["/oauth/client_token/", "/open/getticket/", "/share-id/", "*/get_share/"])
async def test_code_when_a_call_for_it_is_lost_is_asked_for_again(path: str) -> None:
    platform = Douyin()
    world = await dialled(platform, phone=True, mode="scan")
    post = DouyinPost()
    prepared = await post.prepare(PIECE, world.target, world.services)
    platform.faults.plan(path, Kind.MALFORMED)
    first = await post.send(prepared, "a1", world.target, world.services)
    assert isinstance(first, NotSent)
    assert first.retry
    assert isinstance(await post.send(prepared, "a2", world.target, world.services), Accepted)


async def test_event_when_of_a_share_that_is_not_ours_is_not_kept() -> None:
    platform = Douyin()
    world = await dialled(platform, phone=True)
    await heard(world, platform, platform.posts.create_elsewhere("别处", "12345", pictures=False))
    assert (await world.services.state.get("share:12345"))[0] is None


async def test_right_when_it_comes_back_is_found_by_the_daily_look() -> None:
    platform = Douyin()
    world = await dialled(platform)
    platform.troubles[RIGHT] = Wrong.CAPABILITY_BANNED
    post = DouyinPost()
    prepared = await post.prepare(PIECE, world.target, world.services)
    assert isinstance(await post.send(prepared, "a1", world.target, world.services), Manual)
    await keep_up(world.target, world.services)
    assert "douyin.standing.downgraded" in (await standing(world.target, world.services.state)).notes
    platform.troubles.clear()
    await keep_up(world.target, world.services)
    assert not (await world.services.state.get(MODE))[0]
    assert (await standing(world.target, world.services.state)).notes == ()
    assert isinstance(await post.send(prepared, "a2", world.target, world.services), Accepted)


async def test_post_when_the_day_is_full_waits_and_the_meter_shows_it() -> None:
    platform = Douyin()
    world = await dialled(platform, posts_a_day=1)
    post = DouyinPost()
    assert [quota.name for quota in (await standing(world.target, world.services.state)).quotas] == [POSTS]
    first, second = [await post.prepare(one, world.target, world.services) for one in (PIECE, make_piece(8, at=NOW))]
    assert isinstance(await post.send(first, "a1", world.target, world.services), Accepted)
    outcome = await post.send(second, "a2", world.target, world.services)
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == ("douyin.own_quota", True)
    assert outcome.wait is not None
    assert outcome.wait > dt.timedelta(hours=23)
    made = [fields["attempt"] for _, fields in world.journal if fields.get("path") == CREATE]
    assert made == ["a1"]
    assert platform.journal.counters["creates"] == 1


async def test_quota_of_the_platform_when_used_up_waits_for_beijings_next_day() -> None:
    platform = Douyin()
    world = await dialled(platform)
    prepared = await DouyinPost().prepare(PIECE, world.target, world.services)
    platform.faults.plan("*/create_video/", Kind.CODE, code=28003017)
    outcome = await DouyinPost().send(prepared, "a1", world.target, world.services)
    assert isinstance(outcome, NotSent)
    assert outcome.wait is not None
    back = (platform.clock.now() + outcome.wait).astimezone(dt.timezone(dt.timedelta(hours=8)))
    assert (back.hour, back.minute) == (0, 3)


async def test_take_down_when_done_is_seen_and_when_not_is_said_daily() -> None:
    platform = Douyin()
    world = await dialled(platform)
    items = [platform.posts.create_elsewhere(text, "", pictures=False) for text in ("一", "二")]
    account = await Account.open(world.target, world.services)
    for item in items:
        receipt = await take_down(item.item_id, account)
        assert (receipt.state, receipt.detail["ask"]) == ("manual", "proof")
    platform.posts.delete(items[0].item_id)
    await keep_up(world.target, world.services)  # a day to do it in
    assert [fields["item"] for name, fields in world.journal if name == "douyin.seen_gone"] == [items[0].item_id]
    platform.advance(dt.timedelta(days=1))
    with pytest.raises(ContractError) as still:
        await keep_up(world.target, world.services)
    assert (still.value.code, still.value.params["post"]) == ("douyin.still_there", "二")
    platform.posts.delete(items[1].item_id)
    await keep_up(world.target, world.services)


async def test_video_when_of_two_gigabytes_goes_up_a_part_at_a_time_and_a_larger_one_is_refused() -> None:
    platform = Douyin()
    world = await dialled(platform, chunk_mb=20)
    account, size = await Account.open(world.target, world.services), 2 << 30
    asked_for: list[tuple[int, int]] = []

    async def part(_: str, start: int, length: int) -> bytes:
        asked_for.append((start, length))
        return b"\0\0\0\x18ftypisom" if start == 0 else b"x"

    async def read(_: str) -> bytes:
        raise AssertionError

    world.assets.part, world.assets.read = part, read  # type: ignore[method-assign, assignment]
    platform.uploads.limits.chunk_least = 0
    platform.faults.plan("*/upload_video_part/", Kind.CUT_BEFORE)
    with pytest.raises(Halt):
        await uploaded(account, "upload:x", sha256="f" * 64, size=size)
    assert await uploaded(account, "upload:x", sha256="f" * 64, size=size)
    assert {length for _, length in asked_for} == {20 << 20}
    assert [start for start, _ in asked_for] == [0, *range(0, size, 20 << 20)]
    with pytest.raises(Halt, match="too_large"):
        await uploaded(account, "upload:y", sha256="f" * 64, size=5 << 30)


async def test_post_when_the_consent_ends_at_midnight_sends_nothing_and_goes_out_once_after_a_new_one() -> None:
    platform = Douyin()
    world = await dialled(platform)
    grant = platform.oauth.grants[-1]
    midnight = dt.datetime(2026, 11, 30, 16, 0, tzinfo=dt.UTC)  # of Beijing
    grant.access_ends = grant.refresh_ends = midnight
    prepared = await DouyinPost().prepare(PIECE, world.target, world.services)
    platform.advance(midnight - platform.clock.now())
    outcome = await DouyinPost().send(prepared, "a1", world.target, world.services)
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == ("douyin.setup.consent_over", False)
    assert platform.journal.counters.get("creates", 0) == 0
    state = "s" * 43
    await consent.begin(world.target, world.services)
    pending, version = await world.services.state.get(consent.PENDING)
    known = {**pending, "state": hashlib.sha256(state.encode()).hexdigest()}
    await world.services.state.put(consent.PENDING, known, version=version)
    code, now = platform.oauth.consent(",".join(platform.app.scopes)), world.services.now()
    assert await consent.finish(world.target, world.services, code=code, state=state, now=now) is None
    assert isinstance(await DouyinPost().send(prepared, "a2", world.target, world.services), Accepted)
    assert platform.journal.counters["creates"] == 1
