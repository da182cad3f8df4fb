"""The WeChat channel passes the kit of posts under fifty schedules, and survives a kill at every single point."""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import itertools
import random
from collections.abc import Mapping

import pytest

from cms.contract import Manual, NotSent, Outcome, Piece, Sent, Unknown
from renderers.conformance import Platform, check_post
from renderers.conformance.post import Ledger
from renderers.conformance.samples import make_piece
from renderers.conformance.world import World
from renderers.wechat import channel
from renderers.wechat.post import WeChatPost
from tests.contract.wechat import BETWEEN_TRIES, Service, Slipping, Wire, dialled
from tests.fakes.stage.faults import Kind
from tests.fakes.wechat.simulator import WeChat

NOW = dt.datetime(2026, 11, 26, 1, 0, tzinfo=dt.UTC)
POST = WeChatPost()
ADD, SUBMIT = "/cgi-bin/draft/add", "/cgi-bin/freepublish/submit"
LOSSES = (Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.MALFORMED, Kind.REDIRECT)


async def test_wechat_in_the_kit_has_no_findings() -> None:
    def make() -> tuple[Platform, World]:
        simulator = WeChat()
        world, _, _ = dialled(simulator)
        return Service(simulator), world

    assert await check_post(channel(), make, now=NOW) == []


class Story:
    """One piece, its ledger and the simulator; each go is one turn of a worker, 20 minutes after the last."""

    def __init__(self, simulator: WeChat, *, number: int = 3) -> None:
        self.simulator = simulator
        self.world, self.wire, self.state = dialled(simulator)
        self.piece: Piece = make_piece(number, at=NOW)
        self.ledger = Ledger()

    async def go(self) -> Outcome | None:
        with contextlib.suppress(asyncio.CancelledError):
            await self.ledger.drive(POST, self.piece, self.world.target, self.world.services)
        self.simulator.advance(BETWEEN_TRIES)
        assert self.simulator.visible(self.piece.title) <= 1
        return self.ledger.outcome

    async def to_the_end(self, *, turns: int = 12) -> Outcome | None:
        for _ in range(turns):
            await self.go()
            if isinstance(self.ledger.outcome, Sent | Manual) or _is_final(self.ledger.outcome):
                break
        return self.ledger.outcome

    def counted(self) -> tuple[int, int, int, int]:
        """Drafts ever made, submits that took effect, articles, drafts left in the box."""
        counters = self.simulator.journal.counters
        return counters["drafts"], counters["submits"], counters["publications"], len(self.simulator.drafts.box)


def _is_final(outcome: Outcome | None) -> bool:
    return isinstance(outcome, NotSent) and not outcome.retry


async def test_post_on_a_good_day_is_one_draft_and_one_article() -> None:
    story = Story(WeChat())
    outcome = await story.to_the_end()
    assert isinstance(outcome, Sent)
    assert outcome.url
    assert outcome.url.startswith("https://mp.weixin.qq.com/")
    assert story.counted() == (1, 1, 1, 0)
    [publication] = story.simulator.publishing.newest()
    assert publication.items[0].article.losses == ()
    assert story.simulator.journal.defects == []
    assert f"a={story.ledger.attempts[0]}" in publication.items[0].article.source_url


@pytest.mark.parametrize("leaves", [False, True])
async def test_post_when_killed_at_any_call_or_note_is_one_draft_and_one_article(*, leaves: bool) -> None:
    reached = 0
    for place, moment in itertools.product(("wire", "state"), ("kill_before", "kill_after")):
        for number in range(1, 40):
            story = Story(WeChat())
            story.simulator.publishing.leaves_at_submit = leaves
            victim: Wire | Slipping = story.wire if place == "wire" else story.state
            setattr(victim, moment, number)
            await story.go()
            killed = (victim.calls if isinstance(victim, Wire) else victim.writes) >= number
            reached += killed
            outcome = await story.to_the_end()
            assert isinstance(outcome, Sent), (place, moment, number, outcome)
            assert story.counted() == (1, 1, 1, 0), (place, moment, number)
            if not killed:
                break
    assert reached >= 25


@pytest.mark.parametrize(("path", "kind", "delay"), list(itertools.product((ADD, SUBMIT), LOSSES, (0.0, 3.0, 600.0))))
async def test_answer_when_lost_is_found_by_reading(path: str, kind: Kind, delay: float) -> None:
    for leaves in (False, True):
        story = Story(WeChat())
        story.simulator.publishing.leaves_at_submit = leaves
        story.simulator.publishing.plan.delay = delay
        story.simulator.faults.plan(path, kind)
        outcome = await story.to_the_end()
        assert isinstance(outcome, Sent), outcome
        assert story.counted() == (1, 1, 1, 0)


@pytest.mark.parametrize("seed", range(50))
async def test_post_under_faults_and_kills_is_never_doubled_and_leaves_no_draft(seed: int) -> None:
    dice = random.Random(seed)
    story = Story(WeChat(), number=seed)
    story.simulator.arrange(dice)
    for _ in range(14):
        story.wire.calls = story.state.writes = 0
        story.wire.kill_before, story.wire.kill_after, story.state.kill_before, story.state.kill_after = (
            dice.choice((0, 0, 0, 0, 0, number)) for number in (dice.randint(1, 9) for _ in range(4))
        )
        await story.go()
    story.wire.kill_before = story.wire.kill_after = story.state.kill_before = story.state.kill_after = 0
    story.simulator.calm()
    outcome = await story.to_the_end(turns=20)
    drafts, _, articles, left = story.counted()
    if isinstance(outcome, Sent):
        assert (drafts, articles, left) == (1, 1, 0)
    else:
        assert isinstance(outcome, NotSent), outcome
        assert not outcome.retry
        assert articles == 0
        # One that the platform would not let go is swept with the next piece.
        await _next_piece(story)
        assert len(story.simulator.drafts.box) == 0


async def _next_piece(story: Story) -> None:
    story.simulator.account.rights |= {"draft", "material", "freepublish"}
    story.simulator.advance(dt.timedelta(hours=3))
    services, target = story.world.services, story.world.target
    prepared = await POST.prepare(make_piece(59, at=NOW), target, services)
    assert isinstance(await POST.send(prepared, "f" * 32, target, services), Sent)


class Sleeper(Wire):
    """A worker that stops before or after its call of one path until it is woken: a stalled machine."""

    def __init__(self, simulator: WeChat, path: str, *, after: bool) -> None:
        super().__init__(simulator)
        self.path = path
        self.after = after
        self.asleep = asyncio.Event()
        self.woken = asyncio.Event()

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        here = self.path in url and not self.asleep.is_set()
        if here and not self.after:
            await self._sleep()
        answer = await super().request(method, url, body=body, headers=headers, limit=limit)
        if here and self.after:
            await self._sleep()
        return answer

    async def _sleep(self) -> None:
        self.asleep.set()
        await self.woken.wait()


@pytest.mark.parametrize(("path", "after"), list(itertools.product((ADD, SUBMIT), (False, True))))
async def test_worker_when_it_wakes_after_its_successor_changes_nothing(path: str, *, after: bool) -> None:
    story = Story(WeChat())
    wire = Sleeper(story.simulator, path, after=after)
    services = story.world.services
    stalled = dataclasses.replace(services, outbound=wire)
    prepared = await POST.prepare(story.piece, story.world.target, services)
    zombie = asyncio.create_task(POST.send(prepared, "a" * 32, story.world.target, stalled))
    await wire.asleep.wait()
    story.simulator.advance(BETWEEN_TRIES)
    story.ledger.prepared, story.ledger.attempt = prepared, "a" * 32
    story.ledger.attempts.append("a" * 32)
    story.ledger.outcome = Unknown("intent")
    outcome = await story.to_the_end()
    assert isinstance(outcome, Sent)
    wire.woken.set()
    await zombie
    story.simulator.advance(BETWEEN_TRIES)
    assert story.simulator.visible(story.piece.title) == 1
    assert story.counted()[2:] == (1, 0)
