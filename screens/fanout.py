"""One state to many sockets: built once, written straight to the socket, newest wins, nobody waits for a slow one.

Connections that hold the same state and can take more stand together in a *cohort*, known to the loop by their
descriptors alone: handing out a state touches no object of a connection, only numbers and the kernel. Those that agreed
to packed messages stand in one of their own. What a socket does not take goes through its transport; it then leaves its
cohort and gets no second frame until it has drained, and then whatever is newest. So at most one state is outstanding a
screen, and a stuck one holds a shared frame, no queue.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, NamedTuple

from websockets.protocol import OPEN

from screens.connection import ScreenConnection
from screens.frames import NOTHING, AudienceFrames
from screens.native.writer import Batch, write

# About 6 ms of sends: handshakes, pongs and the next publication wait no longer than that.
SLICE: Final = 1024
# With a beacon every 8.5 to 9.8 s a member is asked every 17 to 19.6 s whether it is there; the wheel asks the others.
PING_EVERY: Final = 15.0


@dataclass(slots=True)
class Report:
    """One run: audiences, frames written, sockets that were busy, bytes; seconds of this thread, and of the wall."""

    audiences: int = 0
    sent: int = 0
    late: int = 0
    bytes: int = 0
    cpu: float = 0.0
    wall: float = 0.0

    def add(self, other: "Report") -> None:
        for name in ("audiences", "sent", "late", "bytes", "cpu", "wall"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Stand(NamedTuple):
    """What the sockets of a cohort hold, and whether they agreed to packed messages."""

    frames: AudienceFrames
    packs: bool


class Sent(NamedTuple):
    """Screens whose socket was handed another version than they had, and when (loop time)."""

    frames: AudienceFrames
    to: tuple[ScreenConnection, ...]
    at: float


class Group:
    """The live connections of one audience and its newest frames (None until a beacon is signed).

    A member is in the cohort of the frames it was sent last, or in `apart`: new, or still busy with what it was sent.
    Cohorts are sets of numbers, because touching ten thousand objects costs more than ten thousand writes to memory.
    """

    __slots__ = ("apart", "audience", "cohorts", "frames", "given", "lanes", "pinged_at", "told_at")

    def __init__(self, audience: str) -> None:
        self.audience = audience
        self.frames: AudienceFrames | None = None
        self.cohorts: dict[Stand, set[int]] = {}
        self.lanes: dict[int, ScreenConnection] = {}
        self.apart: set[ScreenConnection] = set()
        self.given: list[Sent] = []
        self.told_at = self.pinged_at = 0.0

    @property
    def members(self) -> int:
        return len(self.apart) + len(self.lanes)

    def join(self, connection: ScreenConnection) -> None:
        """`connection.has` says what it holds; `catch_up` or the next run gives it the rest."""
        connection.group, connection.sent = self, None
        self.apart.add(connection)

    def leave(self, connection: ScreenConnection) -> None:
        self.set_apart(connection)
        self.apart.discard(connection)
        connection.group = None

    def forget(self) -> None:
        """Every member is sent all parts again."""
        for connection in tuple(self.lanes.values()):
            self.set_apart(connection)
        for connection in self.apart:
            connection.has = NOTHING

    def set_apart(self, connection: ScreenConnection) -> None:
        """Its transport holds bytes, or it is closing: its descriptor must not be written to."""
        if self.lanes.get(connection.lane) is connection:
            del self.lanes[connection.lane]
            held = next(stand for stand, cohort in self.cohorts.items() if connection.lane in cohort)
            connection.has, connection.sent = held.frames.has, held.frames
            self._shrink(held, connection.lane)
        self.apart.add(connection)

    def catch_up(self, connection: ScreenConnection) -> bool:
        """Writes the newest state to one member that stands apart; False if it cannot take it now."""
        frames = self.frames
        if frames is None or connection not in self.apart:
            return True
        if connection.paused or connection.protocol.state is not OPEN or connection.transport.is_closing():
            connection.late_since = connection.late_since or connection.loop.time()
            return False
        if connection.sent is frames:
            self._settle(connection, frames)  # it was only slow to take it
        else:
            self._give(connection, frames, frames.frame(connection.has, packs=connection.packs))
        return True

    def behind(self) -> Stand | None:
        """A cohort that holds something older than the newest."""
        for stand in self.cohorts:
            if stand.frames is not self.frames:
                return stand
        return None

    def put(self, batch: "Slice", room: int) -> int:
        """Adds at most `room` members of an older cohort to a slice, as if it were written already; how many."""
        held, frames = self.behind(), self.frames
        if held is None or frames is None:
            return 0
        cohort, stand = self.cohorts[held], Stand(frames, held.packs)
        lanes: Collection[int] = cohort
        if len(cohort) > room:
            lanes = list(itertools.islice(cohort, room))
            cohort.difference_update(lanes)
            self.cohorts.setdefault(stand, set()).update(lanes)
        else:
            # The usual case of many small audiences: the whole set changes hands, none of its members is touched.
            del self.cohorts[held]
            newest = self.cohorts.setdefault(stand, cohort)
            if newest is not cohort:
                newest |= cohort
        batch.put(self, lanes, frames.renewal(held.frames.has, packs=held.packs))
        if held.frames.has[3] != frames.has[3]:
            batch.news.append((self, frames, tuple(lanes)))
        return len(lanes)

    def finish(self, lane: int, frame: bytes, taken: int) -> None:
        """A socket that did not take the whole frame; `taken` is -1 when it is broken."""
        connection = self.lanes.get(lane)
        if connection is None:
            return
        self.set_apart(connection)
        if taken < 0:
            connection.abort()
        elif self.frames is not None:
            self._give(connection, self.frames, frame[taken:] if taken else frame)

    def _shrink(self, held: Stand, lane: int) -> None:
        cohort = self.cohorts[held]
        cohort.discard(lane)
        if not cohort:
            del self.cohorts[held]

    def _give(self, connection: ScreenConnection, frames: AudienceFrames, rest: bytes) -> None:
        """Hands bytes to the transport; the member joins its new cohort unless that made it busy."""
        if connection.has[3] != frames.has[3]:
            self.given.append(Sent(frames, (connection,), connection.loop.time()))
        connection.has, connection.sent, connection.late_since = frames.has, frames, 0.0
        connection.write(rest)
        if not connection.paused:
            self._settle(connection, frames)

    def _settle(self, connection: ScreenConnection, frames: AudienceFrames) -> None:
        self.apart.discard(connection)
        self.lanes[connection.lane] = connection
        self.cohorts.setdefault(Stand(frames, connection.packs), set()).add(connection.lane)


class Slice:
    """Sends of several audiences that are handed to the kernel in one go."""

    __slots__ = ("_batch", "_groups", "news")

    def __init__(self) -> None:
        self._batch = Batch()
        self._groups: list[Group] = []
        self.news: list[tuple[Group, AudienceFrames, tuple[int, ...]]] = []

    def put(self, group: Group, lanes: Collection[int], frame: bytes) -> None:
        self._batch.add(lanes, frame)
        self._groups.append(group)

    def write(self, report: Report) -> None:
        """Now; what a socket does not take goes through its transport."""
        batch = self._batch
        for place, taken in write(batch):
            part = batch.part(place)
            self._groups[part].finish(batch.lanes[place], batch.frames[part], taken)
        report.sent += len(batch)
        report.bytes += batch.bytes


class Fanout:
    """Writes the newest frames of groups that changed; `observer` hears of every run, `sent` of who got a new version.

    Who that was is worked out after the run: it delays no screen.
    """

    def __init__(
        self, observer: Callable[[Report], None] | None = None, sent: Callable[[Sent], None] | None = None
    ) -> None:
        self._observer = observer
        self._sent = sent
        self._news: list[tuple[float, list[tuple[Group, AudienceFrames, tuple[int, ...]]]]] = []
        self._due: dict[Group, None] = {}
        self._task: asyncio.Task[None] | None = None

    def publish(self, group: Group, frames: AudienceFrames) -> None:
        """Makes `frames` the group's newest; a run under way goes on with them instead of the older ones."""
        loop = asyncio.get_running_loop()
        if group.frames is not frames:
            group.frames, group.told_at = frames, loop.time()
            if group.told_at - group.pinged_at >= PING_EVERY:
                frames.pings, group.pinged_at = True, group.told_at
        if group.members:
            self._due[group] = None
            if self._task is None or self._task.done():
                self._task = loop.create_task(self._run())

    async def settle(self) -> None:
        """Returns when nothing is left to write."""
        while self._task is not None and not self._task.done():
            await self._task

    async def _run(self) -> None:
        await asyncio.sleep(0)  # publications of the same moment join this run
        report, began = Report(), time.perf_counter()
        while self._due:
            cpu = time.thread_time()
            self._slice(report)
            report.cpu += time.thread_time() - cpu
            await asyncio.sleep(0)
        report.wall = time.perf_counter() - began
        await self._tell()
        if self._observer is not None:
            self._observer(report)

    async def _tell(self) -> None:
        """Whose sockets took a new version in this run; a slice of them at a time."""
        news, self._news = self._news, []
        for at, parts in news:
            for group, frames, lanes in parts:
                found = (group.lanes.get(lane) for lane in lanes)
                if self._sent is not None:
                    self._sent(Sent(frames, tuple(one for one in found if one is not None), at))
            await asyncio.sleep(0)

    def _slice(self, report: Report) -> None:
        """Up to so many sends, over as many audiences as they take."""
        batch, room = Slice(), SLICE
        written: list[Group] = []
        while self._due and room > 0:
            group = next(iter(self._due))
            room -= group.put(batch, room)
            if group.behind() is None:
                del self._due[group]
                report.audiences += 1
                written.append(group)
        batch.write(report)
        if batch.news and self._sent is not None:
            self._news.append((asyncio.get_running_loop().time(), batch.news))
        for group in written:
            if group.apart:
                self._catch_up(group, report)

    def _catch_up(self, group: Group, report: Report) -> None:
        for connection in tuple(group.apart):
            done = group.catch_up(connection)
            report.sent += done
            report.late += not done
