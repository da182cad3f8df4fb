"""The queue of videos, played to its end over any arrivals: who is made when, and how often anything is decoded."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings, strategies as st

from cms.library.turns import HURRIED, Place, gives_way, is_parted, priority_of
from media.house import RUNGS
from media.kept import Nothing
from media.passes import LARGE, SMALL, in_passes
from media.stretches import Stretch, stretches
from tests.office import NOW


class YieldedError(Exception):
    """It is another video's turn."""


@dataclass
class Video:
    number: int
    length: int
    comes: int
    hurries: int  # from this step on
    made: dict[int, set[str]] = field(default_factory=dict)
    decodes: int = 0
    watchable: bool = False
    done: bool = False

    def place(self, step: int) -> Place:
        priority = priority_of(hurried=step >= self.hurries, watchable=self.watchable)
        return Place(uuid.UUID(int=self.number), priority, NOW + dt.timedelta(seconds=self.comes))


@dataclass
class Queue:
    """One worker; a step is one stretch at work. A video's first segment is a stretch beside those of its length."""

    videos: list[Video]
    step: int = 0
    at: int = -1
    log: list[tuple[int, int, tuple[str, ...], list[Place]]] = field(default_factory=list)

    def waiting(self) -> list[Place]:
        return sorted(
            (v.place(self.step) for v in self.videos if v.comes <= self.step and not v.done and v.number != self.at),
            key=lambda one: one.key,
        )

    @property
    def mine(self) -> Place:
        return self.videos[self.at].place(self.step)

    def first(self) -> Place | None:
        return next(iter(self.waiting()), None)

    def rule(self) -> None:
        if gives_way(self.mine, self.first()):
            raise YieldedError

    async def run(self) -> None:
        while not all(video.done for video in self.videos):
            self.at = -1
            due = self.first()
            if due is None:
                self.step += 1
                continue
            self.at = due.id.int
            video = self.videos[self.at]
            try:
                every, kept = stretches(video.length * 16), Kept(self, video)
                await in_passes(Work(self, video), every, kept, is_long=video.length > 1)
                video.done = True
            except YieldedError:
                continue


@dataclass
class Work:
    queue: Queue
    video: Video

    async def stretch(self, stretch: Stretch, rungs: Sequence[str]) -> None:
        made = self.video.made.setdefault(stretch.number, set())
        missing = tuple(rung for rung in rungs if rung not in made)
        if not missing:
            return
        self.video.decodes += 1
        made.update(missing)
        if self.video.length == 1 and stretch.number > 0:
            return  # made in one go
        self.queue.log.append((self.video.number, self.queue.step, missing, self.queue.waiting()))
        self.queue.step += 1
        if self.video.length > 1:
            self.queue.rule()

    async def sound(self) -> None:
        """Waits for nobody and keeps nobody waiting."""

    async def watchable(self) -> None:
        assert all("480" in self.video.made.get(number, ()) for number in range(self.video.length + 1))
        self.video.watchable = True
        self.queue.rule()


@dataclass
class Kept(Nothing):
    queue: Queue
    video: Video

    async def small_first(self) -> bool:
        return not self.video.watchable and is_parted(self.queue.mine, self.queue.first())


VIDEOS = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 12), st.sampled_from([0, 4, 9, 999, 999])), max_size=6)


@given(VIDEOS)
@settings(max_examples=200, deadline=None)
def test_small_pictures_come_first_then_the_oldest_and_what_hurries_before_all(
    told: list[tuple[int, int, int]],
) -> None:
    queue = Queue([Video(number, *one) for number, one in enumerate(told)])
    asyncio.run(queue.run())
    for video in queue.videos:
        assert all(video.made[number] == set(RUNGS) for number in range(video.length + 1))
        assert video.decodes <= 2 * (video.length + 1)
    for number, step, rungs, waiting in queue.log:
        video = queue.videos[number]
        hurried = step >= video.hurries
        for other in waiting:
            # Nothing is made before what hurries unless it hurries itself.
            assert hurried or other.priority < HURRIED - 1
            peer = (other.priority >= HURRIED - 1) == hurried
            if peer and video.length > 1 and rungs != SMALL:
                # Larger pictures are made only when every peer can be watched already, and of the oldest.
                assert other.priority == priority_of(hurried=hurried, watchable=True)
                assert rungs == LARGE
                assert (video.comes, number) < (queue.videos[other.id.int].comes, other.id.int)


@given(st.integers(1, 30))
def test_video_that_nobody_waits_behind_is_decoded_once(length: int) -> None:
    queue = Queue([Video(0, length, 0, 999)])
    asyncio.run(queue.run())
    assert queue.videos[0].decodes == length + 1
    assert {rungs for _, _, rungs, _ in queue.log} == {RUNGS}


def test_what_comes_meanwhile_can_be_watched_before_the_rest_of_the_longer_is_made() -> None:
    queue = Queue([Video(0, 4, 0, 999), Video(1, 2, 1, 999)])
    asyncio.run(queue.run())
    order = [(number, rungs) for number, _, rungs, _ in queue.log]
    assert order == [
        (0, RUNGS),
        *[(0, SMALL)] * 4,
        *[(1, SMALL)] * 3,
        *[(0, LARGE)] * 4,
        *[(1, LARGE)] * 3,
    ]


def test_what_hurries_is_made_whole_in_one_decode_and_the_other_goes_on_from_there() -> None:
    queue = Queue([Video(0, 3, 0, 999), Video(1, 2, 1, 0)])
    asyncio.run(queue.run())
    assert [(number, rungs) for number, _, rungs, _ in queue.log] == [(0, RUNGS), *[(1, RUNGS)] * 3, *[(0, RUNGS)] * 3]
