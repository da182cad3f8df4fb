"""One delivery through one channel: exactly one post whatever breaks, and every trouble a result."""

import asyncio
import dataclasses
import datetime as dt
import random
from typing import Any

import pytest
from hypothesis import given, strategies as st

from cms.contract import (
    AssetGone,
    Channel,
    Correction,
    Delta,
    Files,
    Manifests,
    Manual,
    NotSent,
    Outcome,
    Piece,
    Prepared,
    Receipt,
    Removed,
    Sent,
    Services,
    Target,
    Unknown,
)
from cms.kernel.errors import DomainError, Refused, TooMany, Unavailable
from cms.publishing.run import Again, Done, Failed, Open, Order, Result, run_delivery
from media.errors import MediaRefused
from renderers.conformance.samples import make_piece
from renderers.conformance.world import World

NOW = dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC)
TARGET = Target("account", "post", "公众号")


class Killed(BaseException):
    """The process died here."""


class Dice:
    """Says at each point whether the process dies there."""

    def __init__(self, seed: int, chance: float) -> None:
        self._random = random.Random(seed)
        self._chance = chance

    def roll(self) -> None:
        if self._random.random() < self._chance:
            raise Killed


class Notes:
    """A ledger that survives; the process may die before or after each note."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.payload: Prepared | None = None
        self.call: str | None = None
        self.post: str | None = None
        self.calls = 0

    async def prepared(self) -> Prepared | None:
        return self.payload

    async def freeze(self, prepared: Prepared) -> Prepared:
        self.dice.roll()
        self.payload = self.payload or prepared
        self.dice.roll()
        return self.payload

    async def begun(self) -> str | None:
        return self.call

    async def sent(self) -> str | None:
        return self.post

    async def begin(self) -> str:
        self.dice.roll()
        self.calls += 1
        self.call = f"call-{self.calls}"
        self.dice.roll()
        return self.call

    async def end(self, outcome: Outcome) -> None:
        self.dice.roll()
        if isinstance(outcome, Sent):
            self.post = outcome.post
        if not isinstance(outcome, Unknown):
            self.call = None
        self.dice.roll()


class Platform:
    """A post channel whose answers get lost: it may do the thing and say nothing."""

    def __init__(self, dice: Dice, correction: Correction = Correction.REPLACE) -> None:
        self.dice = dice
        self.correction = correction
        self.posts: dict[str, tuple[str, bytes]] = {}
        self.made = 0
        self.seen: set[bytes] = set()

    async def prepare(self, piece: Piece, target: Target, services: Services) -> Prepared:
        self.made += 1
        return Prepared(f"{piece.release} prepared {self.made}".encode())

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        self.dice.roll()
        self.seen.add(prepared.payload)
        self.posts[f"post-{len(self.posts)}"] = (attempt, prepared.payload)
        return self._answer(Sent(f"post-{len(self.posts) - 1}"))

    async def reconcile(self, attempt: str, target: Target, services: Services) -> Outcome:
        self.dice.roll()
        for post, (made_by, _) in self.posts.items():
            if made_by == attempt:
                return self._answer(Sent(post))
        return self._answer(NotSent("post.not_there", retry=True))

    async def correct(self, post: str, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        self.dice.roll()
        self.posts[post] = (attempt, prepared.payload)
        return self._answer(Sent(post))

    async def recall(self, post: str, target: Target, services: Services) -> Receipt:
        self.dice.roll()
        self.posts.pop(post, None)
        return Receipt("gone", NOW, (post,))

    def _answer(self, outcome: Outcome) -> Outcome:
        try:
            self.dice.roll()
        except Killed:
            return Unknown("reset")
        return outcome


class Shelf:
    """Outputs that keep what was written."""

    def __init__(self) -> None:
        self.written: list[Files | Manifests] = []

    async def files(self, order: Order, files: Files) -> Receipt:
        self.written.append(files)
        return Receipt("live", NOW)

    async def manifests(self, order: Order, manifests: Manifests) -> Receipt:
        self.written.append(manifests)
        return Receipt("live", NOW)


def piece() -> Piece:
    return make_piece(1, at=NOW)


async def attempt(order: Order, channel: Channel, ledger: Notes, shelf: Shelf | None = None) -> Result:
    services = World("post").services
    outputs = shelf or Shelf()
    return await run_delivery(order, channel, services, ledger=ledger, outputs=outputs, now=lambda: NOW, seconds=2)


async def until_done(order: Order, channel: Channel, ledger: Notes) -> Done:
    """What workers do: begin again after every death and every result that is not final."""
    for turn in range(300):
        if turn == 200:
            ledger.dice._chance = 0  # the storm is over
        try:
            result = await attempt(order, channel, ledger)
        except Killed:
            continue
        if isinstance(result, Done):
            return result
    raise AssertionError("never done")


@given(st.integers(0, 10**6), st.floats(0, 0.6))
def test_a_post_is_made_exactly_once_whatever_dies_or_gets_lost(seed: int, chance: float) -> None:
    dice = Dice(seed, chance)
    platform, ledger = Platform(dice), Notes(dice)
    order = Order("d", TARGET, piece())
    done = asyncio.run(until_done(order, Channel("post", post=platform), ledger))
    assert list(platform.posts) == [done.post]
    assert len(platform.seen) == 1


@given(st.integers(0, 10**6), st.floats(0, 0.5), st.sampled_from([Correction.REPLACE, Correction.REPOST]))
def test_a_correction_leaves_exactly_one_post_with_the_new_text(seed: int, chance: float, how: Correction) -> None:
    dice = Dice(seed, chance)
    platform, ledger = Platform(dice, how), Notes(dice)
    platform.posts["old"] = ("before", b"old text")
    order = Order("d", TARGET, piece(), post="old")
    asyncio.run(until_done(order, Channel("post", post=platform), ledger))
    assert len(platform.posts) == 1
    assert b"old text" not in {payload for _, payload in platform.posts.values()}


@given(st.integers(0, 10**6), st.floats(0, 0.5))
def test_a_recall_settles_an_open_call_first_and_leaves_nothing(seed: int, chance: float) -> None:
    dice = Dice(seed, chance)
    platform, ledger = Platform(dice), Notes(dice)
    platform.posts["lost"] = ("call-9", b"text")
    order = Order("d", TARGET, removed=Removed("doc", (), "", NOW), open_call="call-9")
    asyncio.run(until_done(order, Channel("post", post=platform), ledger))
    assert platform.posts == {}


class ByHand(Platform):
    """A platform whose posts only a person can change."""

    async def correct(self, post: str, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        return Manual({"task": "repost", "pack": "sha"})


async def test_a_platform_that_cannot_correct_asks_for_a_person_and_gives_the_pack() -> None:
    platform = ByHand(Dice(0, 0), Correction.MANUAL)
    result = await attempt(Order("d", TARGET, piece(), post="old"), Channel("post", post=platform), Notes(Dice(0, 0)))
    assert isinstance(result, Done)
    assert (result.receipt.state, result.post, platform.posts) == ("manual", "old", {})
    assert result.receipt.detail["pack"] == "sha"


async def test_a_document_that_never_reached_the_platform_is_gone_at_once() -> None:
    order = Order("d", TARGET, removed=Removed("doc", (), "", NOW))
    result = await attempt(order, Channel("post", post=Platform(Dice(0, 0))), Notes(Dice(0, 0)))
    assert isinstance(result, Done)
    assert result.receipt.state == "gone"


class Breaking:
    """A display that gives a result or raises."""

    def __init__(self, does: Any) -> None:
        self.does = does
        self.deltas: list[Delta] = []

    async def render(self, delta: Delta, services: Services, now: dt.datetime) -> Files | Manifests:
        self.deltas.append(delta)
        if isinstance(self.does, BaseException):
            raise self.does
        if self.does is None:
            await asyncio.sleep(60)
        return self.does  # type: ignore[no-any-return]


@pytest.mark.parametrize("output", [Files(()), Manifests(())])
async def test_what_a_display_renders_is_written(output: Files | Manifests) -> None:
    display, shelf = Breaking(output), Shelf()
    order = Order("d", TARGET, piece(), full=True)
    result = await attempt(order, Channel("x", display=display), Notes(Dice(0, 0)), shelf)
    assert isinstance(result, Done)
    assert shelf.written == [output]
    assert display.deltas == [Delta(TARGET, (order.piece,), (), full=True)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (AssetGone("publishing.asset_missing"), Again),
        (Unavailable("publishing.guard_down"), Again),
        (TooMany("post.quota", seconds=9), Again),
        (MediaRefused("media.disk_full"), Again),
        (Refused("post.content_refused"), Failed),
    ],
)
async def test_the_class_of_a_trouble_decides_what_follows(problem: Exception, expected: type[object]) -> None:
    result = await attempt(Order("d", TARGET, piece()), Channel("x", display=Breaking(problem)), Notes(Dice(0, 0)))
    assert isinstance(result, expected)
    assert isinstance(result, Again | Failed)
    assert isinstance(problem, DomainError | MediaRefused | AssetGone)
    assert result.code == problem.code


async def test_a_display_that_takes_too_long_is_stopped_and_tried_again() -> None:
    services = World("x").services
    result = await run_delivery(
        Order("d", TARGET, piece()),
        Channel("x", display=Breaking(None)),
        services,
        ledger=Notes(Dice(0, 0)),
        outputs=Shelf(),
        now=lambda: NOW,
        seconds=0.05,
    )
    assert result == Again("publishing.too_slow", {"seconds": 0})


class Hanging(Platform):
    """Does the thing and never answers."""

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        await super().send(prepared, attempt, target, services)
        await asyncio.sleep(60)
        raise AssertionError


async def test_a_post_that_hangs_after_the_call_is_open_and_only_reconciled() -> None:
    platform, ledger = Hanging(Dice(0, 0)), Notes(Dice(0, 0))
    channel, order = Channel("post", post=platform), Order("d", TARGET, piece())
    world = World("post").services
    result = await run_delivery(order, channel, world, ledger=ledger, outputs=Shelf(), now=lambda: NOW, seconds=0.05)
    assert isinstance(result, Open)
    again = await attempt(order, channel, ledger)
    assert isinstance(again, Done)
    assert list(platform.posts) == [again.post]


async def test_a_post_the_platform_refuses_for_good_fails() -> None:
    class Strict(Platform):
        async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
            return NotSent("post.content_refused", retry=False)

    result = await attempt(Order("d", TARGET, piece()), Channel("x", post=Strict(Dice(0, 0))), Notes(Dice(0, 0)))
    assert result == Failed("post.content_refused", {}, is_known=True)


async def test_a_channel_without_a_renderer_fails_with_its_name() -> None:
    bare = dataclasses.replace(Channel("x", display=Breaking(Files(()))), display=None)
    result = await attempt(Order("d", TARGET, piece()), bare, Notes(Dice(0, 0)))
    assert result == Failed("publishing.channel_without_renderer", {"kind": "x"})
