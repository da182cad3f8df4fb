"""WeChat notices against the simulator: to each reader once, whoever refuses, whatever is lost or killed."""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import random

import pytest

from cms.contract import Manual, NotSent, Outcome, Sent
from renderers.conformance import Platform, check_post
from renderers.conformance.post import Ledger
from renderers.conformance.samples import make_piece
from renderers.conformance.world import World
from renderers.wxnotice import channel
from renderers.wxnotice.message import cut
from renderers.wxnotice.post import NoticePost
from tests.contract.wechat import Slipping, Wire
from tests.fakes.stage.faults import Kind
from tests.fakes.wechat.simulator import WeChat

NOW = dt.datetime(2026, 11, 26, 1, 0, tzinfo=dt.UTC)
POST = NoticePost()
PIECE = make_piece(5, at=NOW)
READERS = ("oReader1", "oReader2", "oReader3")
TEMPLATE = "/cgi-bin/message/template/send"
SUBSCRIBE = "/cgi-bin/message/subscribe/bizsend"


def settings(simulator: WeChat, **given: object) -> dict[str, object]:
    return {"appid": simulator.account.appid, "template_id": "tpl-1", "readers": READERS, **given}


def dialled(simulator: WeChat) -> tuple[World, Wire, Slipping]:
    world = World("wxnotice")
    wire, state = Wire(simulator), Slipping(world.services.state)
    world.services = dataclasses.replace(world.services, outbound=wire, state=state, now=simulator.clock.now)
    world.target = dataclasses.replace(world.target, settings=settings(simulator))
    world.services.vault._secrets["app_secret"] = simulator.account.secret  # type: ignore[attr-defined]
    return world, wire, state


def told(simulator: WeChat, title: str) -> list[int]:
    """How often each reader got a notice of this title."""
    wanted = cut(title)
    got = [one["touser"] for one in simulator.templates if one["data"]["thing1"]["value"] == wanted]
    return [got.count(reader) for reader in READERS]


class Readers:
    """Implements `renderers.conformance.Platform`: the reader who got most."""

    def __init__(self, simulator: WeChat) -> None:
        self.simulator = simulator

    def arrange(self, dice: random.Random) -> None:
        self.simulator.arrange(dice)

    def calm(self) -> None:
        self.simulator.calm()

    def visible(self, title: str) -> int:
        self.simulator.advance(20)
        return max(told(self.simulator, title))


class Office:
    def __init__(self, **given: object) -> None:
        self.simulator = WeChat()
        self.world, self.wire, self.state = dialled(self.simulator)
        self.world.target = dataclasses.replace(self.world.target, settings=settings(self.simulator, **given))
        self.attempts = 0

    async def send(self) -> Outcome:
        self.attempts += 1
        prepared = await POST.prepare(PIECE, self.world.target, self.world.services)
        return await POST.send(prepared, f"{self.attempts:032x}", self.world.target, self.world.services)

    async def ask(self) -> Outcome:
        return await POST.reconcile(f"{self.attempts:032x}", self.world.target, self.world.services)


async def test_notices_under_fifty_schedules_reach_each_reader_once_at_most() -> None:
    simulators: list[WeChat] = []

    def make() -> tuple[Platform, World]:
        simulators.append(WeChat(seed=str(len(simulators))))
        return Readers(simulators[-1]), dialled(simulators[-1])[0]

    assert await check_post(channel(), make, now=NOW) == []


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("way", ["template", "subscribe"])
async def test_notices_in_a_storm_of_faults_and_kills_reach_nobody_twice_and_settle(way: str, seed: int) -> None:
    dice, simulator = random.Random(seed), WeChat(seed=str(seed))
    world, wire, state = dialled(simulator)
    world.target = dataclasses.replace(world.target, settings=settings(simulator, way=way))
    simulator.arrange(dice)
    ledger = Ledger()
    for turn in range(50):
        if turn == 30:
            simulator.calm()
        wire.calls, state.writes = 0, 0
        wire.kill_before, wire.kill_after = dice.choice((0, 0, 1, 2, 3)), dice.choice((0, 0, 1, 2, 3, 4))
        state.kill_before, state.kill_after = dice.choice((0, 0, 1, 3, 5)), dice.choice((0, 0, 2, 4))
        with contextlib.suppress(asyncio.CancelledError):
            await ledger.drive(POST, PIECE, world.target, world.services)
        simulator.advance(dice.choice((5, 60, 900)))
        assert max(told(simulator, PIECE.title)) <= 1
    assert isinstance(ledger.outcome, Sent | NotSent)
    if isinstance(ledger.outcome, NotSent):
        assert ledger.outcome.code in {"wxnotice.all_lost", "wxnotice.nobody"}


async def test_reader_who_refuses_does_not_keep_the_others_from_it() -> None:
    office = Office(way="subscribe")
    office.simulator.unwilling.add(READERS[1])
    outcome = await office.send()
    assert isinstance(outcome, Sent)
    assert outcome.post.endswith(" 2/3")
    assert told(office.simulator, PIECE.title) == [1, 0, 1]
    office.simulator.unwilling.update(READERS)
    assert isinstance(await office.send(), Sent)
    assert told(office.simulator, PIECE.title) == [1, 0, 1]


async def test_reader_whose_answer_was_lost_gets_one_message_by_its_id() -> None:
    office = Office()
    office.simulator.faults.plan(TEMPLATE, Kind.CUT_AFTER)
    outcome = await office.send()
    assert outcome == NotSent("wxnotice.unfinished", retry=True, params={"done": 3, "readers": 3})
    assert await office.ask() == outcome
    assert isinstance(await office.send(), Sent)
    assert told(office.simulator, PIECE.title) == [1, 1, 1]


@pytest.mark.parametrize(("way", "path", "later"), [("template", TEMPLATE, 900), ("subscribe", SUBSCRIBE, 1)])
async def test_reader_whose_answer_was_lost_for_good_is_never_told_again(way: str, path: str, later: int) -> None:
    office = Office(way=way)
    office.simulator.faults.plan(path, Kind.CUT_BEFORE)
    assert isinstance(await office.send(), NotSent)
    office.simulator.advance(later)
    outcome = await office.send()
    assert isinstance(outcome, Sent)
    assert outcome.post.endswith(" 2/3 ?1")
    assert told(office.simulator, PIECE.title) == [0, 1, 1]


@pytest.mark.parametrize(
    ("code", "said", "retry"),
    [
        (40001, "wxnotice.token_refused", True),
        (40164, "wxnotice.setup.refused", False),
        (47003, "wxnotice.setup.bad_template", False),
        (48001, "wxnotice.rights.refused", False),
        (45011, "wxnotice.waits", True),
        (99999, "wxnotice.refused", False),
    ],
)
async def test_refusal_of_the_platform_stops_the_batch_and_it_goes_on_where_it_stopped(
    code: int, said: str, retry: bool
) -> None:
    office = Office()
    office.simulator.faults.plan(TEMPLATE, Kind.CODE, code=code)
    outcome = await office.send()
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == (said, retry)
    assert isinstance(await office.send(), Sent)
    assert told(office.simulator, PIECE.title) == [1, 1, 1]


async def test_notice_that_is_out_is_never_said_to_be_gone_or_changed() -> None:
    office = Office()
    sent = await office.send()
    assert isinstance(sent, Sent)
    receipt = await POST.recall(sent.post, office.world.target, office.world.services)
    assert (receipt.state, receipt.detail["task"]) == ("manual", "wxnotice.task.recalled")
    prepared = await POST.prepare(PIECE, office.world.target, office.world.services)
    made = await POST.correct(sent.post, prepared, "c" * 32, office.world.target, office.world.services)
    assert isinstance(made, Manual)


async def test_account_without_readers_or_secret_is_told_so_and_its_secrets_are_in_no_journal() -> None:
    office = Office(readers=())
    assert await office.send() == NotSent("wxnotice.setup.no_readers", retry=False)
    office = Office(appid="")
    assert await office.send() == NotSent("wxnotice.setup.no_account", retry=False)
    office = Office(readers=("oReader1", "oReader1"))
    assert isinstance(await office.send(), Sent)
    assert told(office.simulator, PIECE.title) == [1, 0, 0]
    kept = repr(office.world.journal)
    assert office.simulator.account.secret not in kept
    assert office.simulator.tokens.stable[-1].value not in kept
