"""One post through the core under one fault schedule, life after life, until somebody knows how it ended."""

import collections
import dataclasses
import datetime as dt
import random
from typing import Final

from sqlalchemy import select

from cms.notices.models import Notice
from cms.planning.models import Target as TargetRow
from cms.publishing.accounts import resume
from cms.publishing.attempts import attempts_of
from cms.publishing.models import Delivery
from cms.publishing.states import OPEN, DeliveryState
from cms.publishing.tasks import confirm
from tests.faults.post_fakes import Fake
from tests.faults.post_world import LU, NEXT, TITLE, Room, weather
from tests.integration.publishing import office
from tests.integration.publishing.office import SUN

# So many lives in bad weather, and so many more on a calm day.
_STORM: Final = 10
_CALM: Final = 25
# A worker that dies five times in a row on one row is stopped by a rule of its own.
_MOST_IN_A_ROW: Final = 3
_LAST_STEP: Final = 70
# A day on: of messages to all followers the platform takes one a day.
_HOURS: Final = dt.timedelta(hours=27)
_LATE_WORD: Final = dt.timedelta(minutes=20)
_NOBODY: Final = dt.timedelta(minutes=15)
_AFTER_A_KILL: Final = dt.timedelta(seconds=50)
_OPEN: Final = {state.value for state in OPEN}
# What the core itself says when nothing of the post had begun in time.
_OF_THE_CORE: Final = frozenset({"publishing.too_late"})


@dataclasses.dataclass(slots=True)
class Tally:
    """What happened to all posts of a run."""

    schedules: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    lives: int = 0
    kills: int = 0
    steps: set[int] = dataclasses.field(default_factory=set)
    attempts: int = 0
    deaths: int = 0
    pauses: int = 0
    alerts: int = 0
    faults: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    callbacks: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    by_hand: int = 0
    perhaps: int = 0
    ends: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    lost: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    found: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    wrong: list[str] = dataclasses.field(default_factory=list)

    def said(self) -> str:
        """The counts, as `./yunping test faults` prints them."""
        rows = {
            "schedules 方案": _joined(self.schedules),
            "processes, killed by SIGKILL 进程数、被 kill -9": f"{self.lives}, {self.kills}",
            "steps at which they died 死于第几步": _span(self.steps),
            "attempts 发送尝试": str(self.attempts),
            "token deaths 令牌失效": str(self.deaths),
            "faults 故障": _joined(self.faults),
            "callbacks 回调": _joined(self.callbacks),
            "accounts paused, alerts 账号暂停、告警": f"{self.pauses}, {self.alerts}",
            "posted by a person 人工发布": str(self.by_hand),
            "ends 结局": _joined(self.ends),
            "lost effects 丢失回答的副作用": _joined(self.lost),
            "of them reconciled 已对账": _joined(self.found),
            "perhaps told, never again 可能已通知、不再补发": str(self.perhaps),
            "doubled or wrong 重复或不符": str(len(self.wrong)),
        }
        return "\n".join(f"{name:<52} {value}" for name, value in rows.items())


@dataclasses.dataclass(slots=True)
class Story:
    """One account and its one post."""

    room: Room
    fake: Fake
    target: TargetRow
    dice: random.Random
    tally: Tally
    lost: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    killed_in_a_row: int = 0
    was_paused: bool = False
    is_by_hand: bool = False
    copies: int = 1
    intended: int = 1

    @property
    def now(self) -> dt.datetime:
        return self.fake.simulator.clock.now()

    async def told(self) -> Delivery:
        """To the end: bad weather first, then a calm day on which everything must be settled."""
        self.tally.schedules[self.fake.name] += 1
        row = await self.room.row(self.target)
        for turn in range(_STORM + _CALM):
            if turn == _STORM:
                await self._calm()
            row = await self._person(await self._life(may_die=turn < _STORM))
            if row.state not in _OPEN and not await self._mended():
                break
        # What the platform still has to say comes late, and changes nothing.
        self.fake.simulator.advance(_LATE_WORD)
        row = await self._until_due()
        self._judge(row)
        await self._written_down(row)
        return row

    async def killed_at(self, step: int) -> bool:
        """Killed there in fine weather, then on to the end; whether it was."""
        self.tally.schedules[f"{self.fake.name}, one step"] += 1
        before = self.tally.kills
        row = await self._person(await self._life(may_die=True, at=step))
        for _ in range(_CALM):
            if row.state not in _OPEN:
                break
            row = await self._person(await self._life(may_die=False))
        self._judge(row)
        await self._written_down(row)
        # Where the platform has to be asked for longer than a post may be late, a person decides about the next try.
        if row.state != DeliveryState.LIVE.value and row.error_code not in _OF_THE_CORE:
            self._note(row, f"killed at step {step}: {row.error_code}")
        return self.tally.kills > before

    async def taken_back(self) -> Delivery:
        """The recall of it, on the calm day."""
        row = await self.room.row(self.target)
        for _ in range(_CALM):
            row = await self._life(may_die=False)
            if row.state not in _OPEN:
                break
        # Of what perhaps reached a reader nobody knows; the desk said so when it gave up.
        is_perhaps = (await self._first()).error_code in self.fake.perhaps
        if self.fake.visible(TITLE) and row.state != DeliveryState.MANUAL.value and not is_perhaps:
            self._note(row, "recalled, and still shown")
        return row

    async def next_one(self) -> None:
        """Another piece hours later goes out, and takes along what an earlier one left at the platform."""
        self.intended += 1
        is_handed = (await self._first()).state == DeliveryState.MANUAL.value
        row = await self.room.row(self.target)
        for _ in range(_CALM):
            row = await self._person(await self._life(may_die=False))
            if row.state not in _OPEN:
                break
        left = self.fake.left_behind() - is_handed
        if left > 0 or row.state not in {DeliveryState.LIVE.value, DeliveryState.MANUAL.value}:
            self._note(row, f"the next one: {row.error_code}; {left} left behind")

    async def _first(self) -> Delivery:
        async with self.room.database.read() as session:
            query = select(Delivery).where(Delivery.target_id == self.target.id).order_by(Delivery.created_at)
            return (await session.scalars(query.limit(1))).one()

    async def _life(self, *, may_die: bool, at: int = 0) -> Delivery:
        """A worker takes the post if it is due and works until it is done or killed; then time passes."""
        step = at or self._fated(may_die=may_die)
        if may_die and self.dice.random() < 0.12:
            self.fake.kill_tokens()
            self.tally.deaths += 1
        self.tally.lives += 1
        killed, lost = await self.room.life(self.fake, self.target, at=step)
        self.lost.update(lost)
        if killed:
            self.tally.kills += 1
            self.tally.steps.add(step)
            self.killed_in_a_row += 1
            self.fake.simulator.advance(_AFTER_A_KILL)
        else:
            self.killed_in_a_row = 0
        self._check_once()
        return await self._until_due()

    async def _person(self, row: Delivery) -> Delivery:
        """What somebody at the desk does for it: scans the code, or posts by hand and says so."""
        detail = (row.receipt or {}).get("detail", {})
        if row.state not in {DeliveryState.REVIEWING.value, DeliveryState.MANUAL.value} or "task" not in detail:
            return row
        url = self.fake.by_hand(detail, TITLE if self.intended == 1 else NEXT)
        if row.state == DeliveryState.REVIEWING.value and not url:
            # Nobody comes for a while; a code ends by itself.
            self.fake.simulator.advance(_NOBODY)
        if row.state == DeliveryState.MANUAL.value and url:
            self.is_by_hand = True
            self.tally.by_hand += 1
            async with self.room.database.write() as session:
                await confirm(session, SUN, row.id, url=url, now=self.now)
        return await self.room.row(self.target)

    async def _until_due(self) -> Delivery:
        row = await self.room.row(self.target)
        self.fake.simulator.settle()
        await self.room.ring(self.fake, self.target)
        row = await self.room.row(self.target)
        if row.state in _OPEN and row.not_before > self.now:
            self.fake.simulator.advance(row.not_before - self.now)
            await self.room.ring(self.fake, self.target)
        return await self.room.row(self.target)

    def _fated(self, *, may_die: bool) -> int:
        if not may_die or self.killed_in_a_row >= _MOST_IN_A_ROW or self.dice.random() < 0.35:
            return 0
        return self.dice.randint(1, _LAST_STEP)

    async def _calm(self) -> None:
        self.fake.simulator.calm()

    async def _mended(self) -> bool:
        """Whether the account waited for an administrator, who mends it on the calm day and goes on."""
        async with self.room.database.read() as session:
            row = await session.get_one(TargetRow, self.target.id)
        if row.paused_at is None:
            return False
        if not self.was_paused:
            self.was_paused = True
            self.tally.pauses += 1
            self.tally.alerts += await self._alerts()
        await self._calm()
        async with self.room.database.write() as session:
            await resume(session, LU, self.target.code, now=self.now)
        return True

    async def _alerts(self) -> int:
        async with self.room.database.read() as session:
            query = select(Notice.times).where(Notice.cause == f"account:{self.target.code}")
            return sum((await session.scalars(query)).all())

    def _check_once(self) -> None:
        posts, shown = self.fake.posts(), self.fake.visible(TITLE)
        if posts > self.intended or shown > 1 or self.fake.visible(NEXT) > 1:
            self.tally.wrong.append(f"{self.target.code}: {posts} side effects, {shown} shown")

    def _judge(self, row: Delivery) -> None:
        """Exactly one, or none with a reason the platform itself confirms; and nothing that nobody knows of."""
        sim = self.fake.simulator
        why = row.error_code or (row.receipt or {}).get("detail", {}).get("task", "")
        self.tally.ends[f"{self.fake.name} {row.state}{': ' + why if why else ''}"] += 1
        self.tally.faults.update(str(fault.kind) for _, fault in sim.faults.met)
        arrived = sum(one.state == "accepted" for one in sim.outbox.sent)
        self.tally.callbacks["lost"] += sum(one.state == "lost" for one in sim.outbox.sent)
        self.tally.callbacks["arrived"] += arrived
        self.tally.callbacks["doubled"] += arrived - -(-arrived // self.copies)
        self.tally.lost.update(self.lost)
        if row.state not in _OPEN:
            self.tally.found.update(self.lost)
        shown = self.fake.visible(TITLE)
        if row.state == DeliveryState.LIVE.value:
            if shown != 1:
                self._note(row, f"live, and {shown} are shown")
        elif row.state in {DeliveryState.FAILED.value, DeliveryState.MISSED.value, DeliveryState.MANUAL.value}:
            if why in self.fake.perhaps:
                self.tally.perhaps += 1
            elif shown:
                self._note(row, f"{why}, and {shown} are shown")
            if why not in self.fake.reasons() | _OF_THE_CORE:
                self._note(row, f"{why} is not why: {sorted(self.fake.reasons())}")
        else:
            self._note(row, f"never settled: {why} {row.error_params}")

    async def _written_down(self, row: Delivery) -> None:
        """Every attempt stands in the ledger with its end; what is live has exactly one that was sent."""
        async with self.room.database.read() as session:
            attempts = await attempts_of(session, row.id)
        self.tally.attempts += len(attempts)
        sent = sum(one.outcome == "sent" for one in attempts)
        if row.state not in _OPEN and any(one.ended_at is None for one in attempts):
            self._note(row, "an attempt without an end")
        if sent != (row.state == DeliveryState.LIVE.value and not self.is_by_hand):
            self._note(row, f"{sent} attempts say that they sent it")

    def _note(self, row: Delivery, what: str) -> None:
        self.tally.wrong.append(f"{self.target.code} {row.state}: {what}")


async def stories(
    room: Room, tally: Tally, fakes: dict[str, Fake], *, first: int = 0, rough: bool = True
) -> list[Story]:
    """An account for each platform, the one piece published to all of them, and their weather."""
    edition = await room.document()
    made = []
    for number, (code, fake) in enumerate(fakes.items()):
        target = await room.account(fake, code)
        dice = weather(fake, first + number) if rough else random.Random(0)
        made.append(Story(room, fake, target, dice, tally, copies=fake.simulator.outbox.always.copies))
    await room.publish(edition, list(fakes))
    return made


async def after(room: Room, told: list[Story], ended: list[Delivery]) -> None:
    """Hours later: another piece where the first is not out, then the recall of the first, everywhere."""
    now = max(story.now for story in told) + _HOURS
    for story in told:
        story.fake.simulator.calm()
        story.fake.simulator.advance(now - story.now)
    again = [story for story, row in zip(told, ended, strict=True) if row.state != DeliveryState.LIVE.value]
    if again:
        edition = await room.document(NEXT)
        await room.publish(edition, [story.target.code for story in again], now=now)
    for story in again:
        await story.next_one()
    document = ended[0].document_id
    assert document is not None
    await office.recall(room.database, room.guard, SUN, document, reason="误", now=now)
    for story in told:
        await story.taken_back()


def _joined(counts: collections.Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "0"


def _span(steps: set[int]) -> str:
    return f"{len(steps)} ({min(steps)}…{max(steps)})" if steps else "0"
