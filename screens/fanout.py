"""One state to many sockets: built once, written straight to the socket, newest wins, nobody waits for a slow one.

A frame goes to the file descriptor itself when the transport holds nothing, which costs little more than the kernel's
send; what the socket does not take goes through the transport. A socket that is still busy gets no second frame: it is
marked late, and when it drains it gets whatever is newest then. So at most one state is outstanding a screen, and a
stuck screen holds one shared frame instead of a queue.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from websockets.protocol import OPEN

from screens.connection import ScreenConnection
from screens.frames import AudienceFrames, Versions

# About 6 ms of sends: handshakes, pongs and the next publication wait no longer than that.
SLICE: Final = 512


class Group:
    """The live connections of one audience, in order of arrival, and its newest frames (None until signed)."""

    __slots__ = ("audience", "frames", "members")

    def __init__(self, audience: str) -> None:
        self.audience = audience
        self.frames: AudienceFrames | None = None
        self.members: dict[ScreenConnection, None] = {}


@dataclass(slots=True)
class Report:
    """One run: audiences, frames written, sockets that were busy, bytes; processor and wall time in seconds."""

    audiences: int = 0
    sent: int = 0
    late: int = 0
    bytes: int = 0
    cpu: float = 0.0
    wall: float = 0.0

    def add(self, other: "Report") -> None:
        for name in ("audiences", "sent", "late", "bytes", "cpu", "wall"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Fanout:
    """Writes the newest frames of groups that changed; `observer` hears of every run."""

    def __init__(self, observer: Callable[[Report], None] | None = None) -> None:
        self._observer = observer
        self._due: dict[Group, None] = {}
        self._task: asyncio.Task[None] | None = None

    def publish(self, group: Group, frames: AudienceFrames) -> None:
        """Makes `frames` the group's newest; a run under way goes on with them instead of the older ones."""
        group.frames = frames
        if group.members:
            self._due[group] = None
            if self._task is None or self._task.done():
                self._task = asyncio.get_running_loop().create_task(self._run())

    async def settle(self) -> None:
        """Returns when nothing is left to write."""
        while self._task is not None and not self._task.done():
            await self._task

    async def _run(self) -> None:
        await asyncio.sleep(0)  # publications of the same moment join this run
        report = Report()
        cpu, wall = time.process_time(), time.perf_counter()
        room = SLICE
        while self._due:
            group = next(iter(self._due))
            del self._due[group]
            report.audiences += 1
            members = deque(group.members)
            while members:
                turn = [members.popleft() for _ in range(min(room, len(members)))]
                if group.frames is not None:
                    write_all(turn, group.frames, report)
                room -= len(turn)
                if room <= 0:
                    await asyncio.sleep(0)
                    room = SLICE
        report.cpu, report.wall = time.process_time() - cpu, time.perf_counter() - wall
        if self._observer is not None:
            self._observer(report)


def write_all(members: Iterable[ScreenConnection], frames: AudienceFrames, report: Report) -> None:
    """Writes the newest state to every member that lacks it and can take it now.

    This is the loop that decides what ten thousand screens cost; it allocates nothing.
    """
    write, has_now = os.write, frames.has
    has: Versions | None = None
    data = b""
    size = sent = late = 0
    for member in members:
        if member.sent is frames:
            continue
        transport = member.transport
        if member.protocol.state is not OPEN or transport.is_closing():
            continue  # the descriptor may be another socket's already
        if member.paused:
            late += 1
            member.late_since = member.late_since or member.loop.time()
            continue
        if member.has is not has:
            has = member.has
            data = frames.frame(has)
            size = len(data)
        try:
            taken = write(member.fd, data) if member.fd >= 0 else 0
        except BlockingIOError:
            taken = 0
        except OSError:
            transport.abort()
            continue
        if taken != size:
            transport.write(data[taken:] if taken else data)
        member.sent, member.has, member.late_since = frames, has_now, 0.0
        sent += 1
        report.bytes += size
    report.sent += sent
    report.late += late


def catch_up(member: ScreenConnection) -> None:
    """Writes the newest state to a member that was late, once it drained."""
    group = member.group
    member.late_since = 0.0
    if group is not None and group.frames is not None:
        write_all((member,), group.frames, Report())
