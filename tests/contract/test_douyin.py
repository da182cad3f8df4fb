"""Douyin against the simulator of its platform: one create whatever is lost, killed or refused."""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import io
import random
import zipfile

import pytest
from yarl import URL

from cms.contract import Accepted, Manual, NotSent, Piece, Sent
from cms.publishing.services.addresses import Policy
from cms.publishing.services.outbound import GuardedOutbound
from renderers.conformance import Platform, check_post
from renderers.conformance.post import Ledger
from renderers.conformance.samples import make_piece
from renderers.conformance.world import World
from renderers.douyin import channel
from renderers.douyin.post import DouyinPost
from tests.contract.douyin_world import dialled
from tests.fakes.douyin.codes import Wrong
from tests.fakes.douyin.simulator import Douyin
from tests.fakes.stage.clock import RunningClock
from tests.fakes.stage.faults import Kind
from tests.fakes.stage.serving import serving

NOW = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
CREATE = "/api/douyin/v1/video/create_video/"
UPLOAD = "/api/douyin/v1/video/upload_video/"
PIECE = make_piece(7, at=NOW)


def creates(platform: Douyin) -> int:
    return platform.journal.counters.get("creates", 0)


async def settled(
    post: DouyinPost, world: World, platform: Douyin, piece: Piece = PIECE, ledger: Ledger | None = None
) -> object:
    """Drives a worker, killed or not, until the ledger is closed."""
    ledger = ledger or Ledger()
    for _ in range(15):
        await ledger.drive(post, piece, world.target, world.services)
        world.faults.kill_at = 0
        platform.advance(60)
        if isinstance(ledger.outcome, Sent | Manual) or (
            isinstance(ledger.outcome, NotSent) and not ledger.outcome.retry
        ):
            break
    return ledger.outcome


@pytest.mark.timeout(300)  # a hundred and fifty runs of the sandbox on a machine that may be busy
async def test_post_under_fifty_schedules_when_lost_killed_and_refused_is_created_exactly_once() -> None:
    worlds: list[tuple[Douyin, World]] = []
    ready = [(platform := Douyin(seed=str(seed)), await dialled(platform, kills=False)) for seed in range(50)]

    def make() -> tuple[Platform, World]:
        worlds.append(ready.pop(0))
        return worlds[-1]

    findings = await check_post(channel(), make, now=NOW)
    assert findings == []
    assert [creates(platform) for platform, _ in worlds if creates(platform) > 1] == []
    assert sum(creates(platform) for platform, _ in worlds) > 40


@pytest.mark.parametrize("seed", range(25))
async def test_post_in_a_storm_of_faults_and_kills_is_created_at_most_once_and_settles(seed: int) -> None:
    dice, platform = random.Random(seed), Douyin(seed=str(seed))
    world = await dialled(platform)
    platform.arrange(dice)
    ledger, post, piece = Ledger(), DouyinPost(), make_piece(seed, at=NOW)
    for turn in range(120):
        if turn == 60:
            platform.calm()
        world.faults.calls, world.faults.kill_at = 0, dice.choice((0, 0, *range(1, 14)))
        with contextlib.suppress(asyncio.CancelledError):
            await ledger.drive(post, piece, world.target, world.services)
        assert creates(platform) <= 1, turn
        platform.advance(5)
    # By hand where the schedule took the right away before the create; then nothing was created.
    assert isinstance(ledger.outcome, Sent | NotSent | Manual)
    assert creates(platform) == int(not isinstance(ledger.outcome, Manual))
    assert platform.visible(piece.title) == int(isinstance(ledger.outcome, Sent))


async def test_post_when_killed_at_any_call_is_created_exactly_once() -> None:
    kill_at = 0
    while True:
        kill_at += 1
        platform = Douyin()
        world = await dialled(platform)
        ledger, post = Ledger(), DouyinPost()
        world.faults.calls, world.faults.kill_at = 0, kill_at
        try:
            await ledger.drive(post, PIECE, world.target, world.services)
        except asyncio.CancelledError:
            world.faults.kill_at = 0
        else:
            break
        outcome = await settled(post, world, platform, ledger=ledger)
        assert isinstance(outcome, Sent), kill_at
        assert creates(platform) == 1, kill_at
    assert kill_at > 12


@pytest.mark.parametrize("kind", [Kind.CUT_AFTER, Kind.MALFORMED, Kind.CUT_BEFORE, Kind.HTTP, Kind.REDIRECT, Kind.SLOW])
async def test_create_when_its_answer_is_lost_is_found_again(kind: Kind) -> None:
    platform = Douyin()
    world = await dialled(platform)
    platform.faults.plan(CREATE, kind, seconds=45.0)
    assert isinstance(await settled(DouyinPost(), world, platform), Sent)
    assert creates(platform) == 1
    assert platform.journal.counters["videos"] == 1


@pytest.mark.parametrize("new", [False, True])
async def test_create_when_busy_after_its_effect_is_not_repeated(new: bool) -> None:
    platform = Douyin()
    platform.new_family = new
    world = await dialled(platform)
    platform.faults.plan(CREATE, Kind.CODE, code=28001005 if new else 2100004, after=True)
    assert isinstance(await settled(DouyinPost(), world, platform), Sent)
    assert creates(platform) == 1


async def test_send_when_a_slow_worker_wakes_after_the_reconcile_creates_nothing() -> None:
    platform = Douyin()
    world = await dialled(platform)
    post = DouyinPost()
    prepared = await post.prepare(PIECE, world.target, world.services)
    assert isinstance(await post.reconcile("a1", world.target, world.services), NotSent)
    late = await post.send(prepared, "a1", world.target, world.services)
    assert late == NotSent("douyin.taken_over", retry=True)
    assert creates(platform) == 0


async def test_second_send_when_the_first_did_create_adopts_its_post() -> None:
    platform = Douyin()
    world = await dialled(platform)
    post = DouyinPost()
    prepared = await post.prepare(PIECE, world.target, world.services)
    platform.faults.plan(CREATE, Kind.CUT_AFTER)
    await post.send(prepared, "a1", world.target, world.services)
    # The core never sends again while the first is open; if it did, the upload can serve one create only.
    assert isinstance(await post.send(prepared, "a2", world.target, world.services), Accepted)
    assert creates(platform) == 1


async def test_review_when_refused_says_so_and_is_not_repeated() -> None:
    platform = Douyin()
    platform.posts.review.passed = False
    world = await dialled(platform)
    outcome = await settled(DouyinPost(), world, platform)
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == ("douyin.review_refused", False)
    assert creates(platform) == 1


async def test_review_when_it_lasts_is_accepted_and_then_sent_with_its_address() -> None:
    platform = Douyin()
    platform.posts.review.delay = 600.0
    world = await dialled(platform)
    post, ledger = DouyinPost(), Ledger()
    for _ in range(3):
        await ledger.drive(post, PIECE, world.target, world.services)
        assert isinstance(ledger.outcome, Accepted)
    platform.advance(600)
    await ledger.drive(post, PIECE, world.target, world.services)
    assert isinstance(ledger.outcome, Sent)
    assert ledger.outcome.url
    assert ledger.outcome.url.startswith("https://")


@pytest.mark.parametrize("wrong", [Wrong.NO_CAPABILITY, Wrong.CAPABILITY_BANNED, Wrong.CAPABILITY_WITHDRAWN])
async def test_right_when_withdrawn_becomes_a_task_with_a_pack_and_stays_so(wrong: Wrong) -> None:
    platform = Douyin()
    world = await dialled(platform)
    platform.troubles["video.create.bind"] = wrong
    first = await settled(DouyinPost(), world, platform)
    assert isinstance(first, Manual)
    assert {key: first.detail[key] for key in ("task", "ask")} == {"task": "douyin.task.post", "ask": "url"}
    packed = zipfile.ZipFile(io.BytesIO(await world.services.assets.read(first.detail["pack"])))
    assert packed.testzip() is None
    assert [name[:2] for name in packed.namelist()] == ["01", "02", "03", "04", "05", "06"]
    assert PIECE.title in packed.read("04 文案.txt").decode("utf-8-sig")
    assert "#吴江" in packed.read("04 文案.txt").decode("utf-8-sig")
    assert [fields for event, fields in world.journal if event == "douyin.downgraded"]
    calls = len(world.journal)
    assert isinstance(await settled(DouyinPost(), world, platform, make_piece(8, at=NOW)), Manual)
    assert [event for event, _ in world.journal[calls:]] == []
    assert creates(platform) == 0


async def test_right_when_missing_and_only_the_interface_is_allowed_fails_plainly() -> None:
    platform = Douyin()
    world = await dialled(platform, mode="api")
    platform.troubles["video.create.bind"] = Wrong.NO_CAPABILITY
    outcome = await settled(DouyinPost(), world, platform)
    assert isinstance(outcome, NotSent)
    assert outcome.code == "douyin.rights.capability_gone"


async def test_outbox_when_chosen_calls_nobody() -> None:
    platform = Douyin()
    world = await dialled(platform, mode="outbox")
    assert isinstance(await settled(DouyinPost(), world, platform), Manual)
    assert platform.journal.counters.get("videos", 0) == 0


async def test_access_token_when_expired_is_refreshed_once_and_posts() -> None:
    platform = Douyin()
    world = await dialled(platform)
    platform.advance(dt.timedelta(days=16))
    assert isinstance(await settled(DouyinPost(), world, platform), Sent)
    assert [fields["path"] for event, fields in world.journal if event == "douyin.call"].count(
        "/oauth/refresh_token/"
    ) == 1


async def test_account_when_only_its_tokens_were_typed_in_learns_whose_they_are_and_posts() -> None:
    platform = Douyin()
    world = await dialled(platform, open_id="")
    _, version = await world.services.state.get("tokens")
    await world.services.state.put("tokens", None, version=version)
    assert isinstance(await settled(DouyinPost(), world, platform), Sent)
    tokens, _ = await world.services.state.get("tokens")
    assert tokens["open_id"] == platform.app.open_id
    assert tokens["consent_ends"] > tokens["refresh_ends"]


async def test_token_when_dead_asks_for_consent_in_plain_words() -> None:
    platform = Douyin()
    world = await dialled(platform)
    platform.advance(dt.timedelta(days=40))
    outcome = await settled(DouyinPost(), world, platform)
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == ("douyin.setup.consent_over", False)
    assert creates(platform) == 0


async def test_post_over_real_sockets_with_the_client_of_the_house_is_sent() -> None:
    platform = Douyin(RunningClock(NOW))
    platform.posts.review.delay = 0.0
    async with serving(platform) as base:
        world = await dialled(platform, base_url=base, chunk_above_mb=0)
        here = URL(base)
        policy = Policy(exceptions=frozenset({(str(here.host), here.port or 0)}))
        world.services = dataclasses.replace(world.services, outbound=GuardedOutbound(policy))
        platform.faults.plan(UPLOAD.replace("upload_video/", "upload_video_part/"), Kind.GZIP)
        platform.faults.plan(CREATE, Kind.CUT_AFTER)
        assert isinstance(await settled(DouyinPost(), world, platform), Sent)
    assert creates(platform) == 1


async def test_recall_when_there_is_no_call_for_it_is_a_take_down_task() -> None:
    platform = Douyin()
    world = await dialled(platform)
    post = DouyinPost()
    outcome = await settled(post, world, platform)
    assert isinstance(outcome, Sent)
    receipt = await post.recall(outcome.post, world.target, world.services)
    assert receipt.state == "manual"
    assert receipt.at == platform.clock.now()
    assert (receipt.detail["task"], receipt.detail["ask"]) == ("douyin.task.take_down", "proof")
    assert receipt.detail["link"] == outcome.url


async def test_recall_when_the_platform_is_away_is_a_task_all_the_same() -> None:
    platform = Douyin()
    world = await dialled(platform)
    platform.faults.plan("*", Kind.CUT_BEFORE, times=50)
    receipt = await DouyinPost().recall("@item", world.target, world.services)
    assert receipt.state == "manual"
    assert receipt.detail["link"].startswith("https://creator.douyin.com/")
