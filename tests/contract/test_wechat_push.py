"""A message to followers is one of four a month: whatever is lost or killed, it goes out once, and the rule is kept."""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import itertools
import random

import pytest

from cms.contract import Accepted, Channel, NotSent, Outcome, Sent, Unknown
from renderers.conformance.post import check_post
from renderers.conformance.samples import corrected, make_piece
from renderers.conformance.world import World
from renderers.wechat import channel
from renderers.wechat.post import WeChatPost
from renderers.wechat.quota import pushes
from renderers.wechat.standing import standing
from tests.contract.test_wechat import NOW, Story
from tests.contract.wechat import BETWEEN_TRIES, Service, Slipping, Wire, dialled
from tests.fakes.stage.faults import Kind
from tests.fakes.wechat.simulator import WeChat

POST = WeChatPost()
SENDALL = "/cgi-bin/message/mass/sendall"
LOSSES = (Kind.CUT_AFTER, Kind.CUT_BEFORE, Kind.MALFORMED, Kind.HTTP, Kind.SLOW, Kind.GZIP, Kind.STRINGS)


def pushing(world: World, **settings: object) -> World:
    """The account of a world that tells followers."""
    world.target = dataclasses.replace(world.target, settings={**world.target.settings, "way": "push_all", **settings})
    return world


def story(*, number: int = 3, **settings: object) -> Story:
    made = Story(WeChat(), number=number)
    pushing(made.world, **settings)
    return made


def counted(told: Story) -> tuple[int, int, int, int]:
    """Drafts ever made, messages to followers, publishings, drafts left."""
    counters = told.simulator.journal.counters
    return counters["drafts"], counters["pushes"], counters["submits"], len(told.simulator.drafts.box)


async def test_push_in_the_kit_has_no_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    # A killed worker's lease stands; nobody has to wait for it in true time.
    monkeypatch.setattr("renderers.wechat.token._PAUSE", 0.0)

    def make() -> tuple[Service, World]:
        simulator = WeChat()
        world, _, _ = dialled(simulator)
        return Service(simulator), pushing(world)

    wechat: Channel = channel()
    assert await check_post(wechat, make, now=NOW) == []


async def test_push_on_a_good_day_is_one_message_with_its_address() -> None:
    told = story()
    outcome = await told.to_the_end()
    assert isinstance(outcome, Sent)
    assert outcome.post.startswith("mass:")
    assert outcome.url
    assert outcome.url.startswith("https://mp.weixin.qq.com/")
    assert counted(told) == (1, 1, 0, 0)
    [sent] = told.simulator.mass.pushes.values()
    assert sent.client_id == told.ledger.attempts[0]
    receipt = await POST.recall(outcome.post, told.world.target, told.world.services)
    assert receipt.state == "gone"
    assert told.simulator.visible(told.piece.title) == 0


async def test_push_when_killed_at_any_call_or_note_is_one_message() -> None:
    reached = 0
    for place, moment in itertools.product(("wire", "state"), ("kill_before", "kill_after")):
        for number in range(1, 40):
            told = story()
            victim: Wire | Slipping = told.wire if place == "wire" else told.state
            setattr(victim, moment, number)
            await told.go()
            killed = (victim.calls if isinstance(victim, Wire) else victim.writes) >= number
            reached += killed
            outcome = await told.to_the_end()
            assert isinstance(outcome, Sent), (place, moment, number, outcome)
            assert counted(told) == (1, 1, 0, 0), (place, moment, number)
            if not killed:
                break
    assert reached >= 25


@pytest.mark.parametrize(("kind", "delay"), list(itertools.product(LOSSES, (0.0, 3.0, 1700.0))))
async def test_answer_when_lost_is_found_again_under_our_id(kind: Kind, delay: float) -> None:
    told = story()
    told.simulator.mass.delay = delay
    told.simulator.faults.plan(SENDALL, kind)
    outcome = await told.to_the_end()
    assert isinstance(outcome, Sent), outcome
    assert counted(told) == (1, 1, 0, 0)
    assert len(await pushes(told.world.services.state)) == 1


@pytest.mark.parametrize("seed", range(25))
async def test_push_under_faults_and_kills_is_never_doubled(seed: int) -> None:
    dice = random.Random(seed)
    told = story(number=seed)
    told.simulator.arrange(dice)
    for _ in range(14):
        told.wire.calls = told.state.writes = 0
        told.wire.kill_before, told.wire.kill_after, told.state.kill_before, told.state.kill_after = (
            dice.choice((0, 0, 0, 0, 0, number)) for number in (dice.randint(1, 9) for _ in range(4))
        )
        await told.go()
    told.wire.kill_before = told.wire.kill_after = told.state.kill_before = told.state.kill_after = 0
    told.simulator.calm()
    outcome = await told.to_the_end(turns=20)
    sent = [one for one in told.simulator.mass.pushes.values() if one.status != "SEND_FAIL"]
    if isinstance(outcome, Sent):
        assert len(sent) == 1
        assert told.simulator.visible(told.piece.title) == 1
    else:
        assert isinstance(outcome, NotSent), outcome
        assert sent == []


async def send(world: World, number: int) -> Outcome:
    prepared = await POST.prepare(make_piece(number, at=NOW), world.target, world.services)
    return await POST.send(prepared, f"{number:032x}", world.target, world.services)


async def test_four_go_out_in_a_month_one_a_day_and_the_fifth_is_refused_before_anything_is_asked() -> None:
    simulator = WeChat()
    simulator.mass.delay = 0.0
    world, _, _ = dialled(simulator)
    pushing(world)
    assert isinstance(await send(world, 0), Sent | Accepted)
    assert await send(world, 1) == NotSent("wechat.push_day_used", retry=False)
    for number in range(2, 5):
        simulator.advance(dt.timedelta(days=1))
        assert isinstance(await send(world, number), Sent | Accepted)
    simulator.advance(dt.timedelta(days=1))
    drafts = simulator.journal.counters["pushes"]
    refused = await send(world, 5)
    assert isinstance(refused, NotSent)
    assert (refused.code, refused.params) == ("wechat.push_month_used", {"count": 4, "limit": 4})
    assert simulator.journal.counters["pushes"] == drafts
    simulator.advance(dt.timedelta(days=31))
    assert isinstance(await send(world, 6), Sent | Accepted)


async def test_messages_of_the_console_end_with_the_platforms_own_no() -> None:
    told = story(pushes_a_month=31)
    told.simulator.limits.mass_a_month = 0
    outcome = await told.to_the_end()
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == ("wechat.quota", False)
    assert await pushes(told.world.services.state) == ()
    assert len(told.simulator.drafts.box) == 0


@pytest.mark.parametrize(("word", "code"), [("refused", "admin_refused"), ("silent", "admin_silent")])
async def test_administrator_who_does_not_agree_ends_it_and_the_reason_comes_by_the_event(word: str, code: str) -> None:
    told = story()
    told.simulator.mass.confirm = word
    # The event's words are kept by the callback; without one the refusal is read all the same.
    await told.go()
    assert isinstance(told.ledger.outcome, Accepted)
    told.simulator.advance(dt.timedelta(minutes=31))
    [push] = told.simulator.mass.pushes.values()
    notes = {"status": push.event, "url": ""}
    await told.world.services.state.put(f"wx:push:{push.msg_id}", notes, version=0)
    assert await told.to_the_end() == NotSent(f"wechat.push_{code}", retry=False)
    assert await pushes(told.world.services.state) == ()


async def test_correction_of_a_push_is_published_and_told_nobody() -> None:
    told = story()
    outcome = await told.to_the_end()
    assert isinstance(outcome, Sent)
    newer = corrected(told.piece, at=NOW)
    services = told.world.services
    prepared = await POST.prepare(newer, told.world.target, services)
    attempt = "c" * 32
    told.simulator.faults.plan("/cgi-bin/freepublish/submit", Kind.CUT_AFTER)
    lost = await POST.correct(outcome.post, prepared, attempt, told.world.target, services)
    assert isinstance(lost, Unknown)
    told.simulator.advance(BETWEEN_TRIES)
    done = await POST.reconcile(attempt, told.world.target, services)
    assert isinstance(done, Sent)
    assert (counted(told)[1], told.simulator.visible(told.piece.title)) == (1, 0)
    assert told.simulator.visible(newer.title) == 1


async def test_recall_of_a_push_whose_answer_is_lost_is_read() -> None:
    told = story()
    outcome = await told.to_the_end()
    assert isinstance(outcome, Sent)
    told.simulator.faults.plan("/cgi-bin/message/mass/delete", Kind.CUT_AFTER)
    receipt = await POST.recall(outcome.post, told.world.target, told.world.services)
    assert receipt.state == "gone"


async def test_worker_that_wakes_after_its_successor_sends_no_second_message() -> None:
    told = story()
    services = told.world.services
    prepared = await POST.prepare(told.piece, told.world.target, services)
    told.wire.kill_after = 40
    first = asyncio.create_task(POST.send(prepared, "a" * 32, told.world.target, services))
    second = asyncio.create_task(POST.send(prepared, "b" * 32, told.world.target, services))
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(first, second)
    told.simulator.advance(BETWEEN_TRIES)
    assert told.simulator.journal.counters["pushes"] <= 1


async def test_meters_count_the_month_and_the_day() -> None:
    told = story()
    await told.to_the_end()
    found = await standing(told.world.target, told.world.services.state)
    meters = {one.name: (len(one.taken or ()), one.limit, one.calendar) for one in found.quotas}
    assert meters["wechat.pushes_month"] == (1, 4, "month")
    assert meters["wechat.pushes_day"] == (1, 1, "day")
