"""The heartbeat of all connections: one timer wheel for everybody instead of a task and a timer each.

A connection that was just heard need not be looked at soon: touching ten thousand objects costs more than writing to
their sockets, so each stands in the slot of the moment at which something may be due.
"""

import asyncio
from typing import Final

from websockets.protocol import OPEN

from screens.connection import ScreenConnection
from screens.frames import PING, message_frame
from screens.messages import SUBPROTOCOLS, Pulse
from screens.native.writer import Batch, write

SLOTS: Final = 128
TICK: Final = 0.1
# A beacon that carries a ping asks before this (`screens.fanout.PING_EVERY`); who was not asked is, here …
PING_AFTER: Final = 20.0
# … and is given up this long after its last word, and a tick: a cut link is found in thirty seconds.
SILENT: Final = 24.0
# A screen of SP/2 that was told nothing for this long gets a word; usually beacons come sooner.
QUIET: Final = 10.0
PULSE: Final = message_frame(Pulse())
SPEAKS: Final = frozenset(name for name, protocol in SUBPROTOCOLS.items() if protocol >= Pulse.SINCE)
# A reader that cannot take one state in this time is as good as gone; it comes back and gets the newest.
LATE: Final = 30.0
# Seconds between two looks at a connection: at first, while it is late, and at most. Looking costs more than sending.
FIRST: Final = 4.8
SOON: Final = 3.0
MOST: Final = 12.0


class Wheel:
    """Looks at each connection when something may be due: pings the quiet ones, drops the silent and stuck."""

    def __init__(self, *, silent: float = SILENT, late: float = LATE) -> None:
        self._slots: list[set[ScreenConnection]] = [set() for _ in range(SLOTS)]
        self._place: dict[ScreenConnection, int] = {}
        self._next = 0
        self.silent = silent
        self.late = late
        self.dropped = 0

    def add(self, connection: ScreenConnection) -> None:
        """It is looked at some seconds later, so that a storm of connections is pinged as it came."""
        self._put(connection, FIRST)

    def remove(self, connection: ScreenConnection) -> None:
        place = self._place.pop(connection, None)
        if place is not None:
            self._slots[place].discard(connection)

    async def run(self) -> None:
        """Turns until cancelled; a loop that was busy catches up instead of slowing the heartbeat."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + TICK, loop.time() - 1)
            await asyncio.sleep(max(0, due - loop.time()))
            self.tick(loop.time())

    def tick(self, now: float) -> None:
        """One slot; `now` is loop time."""
        quiet: list[ScreenConnection] = []
        untold: list[ScreenConnection] = []
        ping_after, told = min(PING_AFTER, self.silent), now - QUIET
        looked, self._slots[self._next] = self._slots[self._next], set()
        self._next = (self._next + 1) % SLOTS
        for connection in looked:
            late, group, silence = connection.late_since, connection.group, now - connection.heard_at
            # A slow socket that missed a state is no quiet one.
            if (
                (group is None or group.told_at < told)
                and connection.told_at < told
                and connection.subprotocol in SPEAKS
                and _takes_more(connection)
            ):
                untold.append(connection)
            if silence > self.silent or (late and now - late > self.late):
                self.dropped += 1
                connection.abort()
            elif silence >= ping_after and _takes_more(connection):
                quiet.append(connection)
            due = ping_after - silence if silence < ping_after else self.silent - silence
            self._put(connection, min(due, SOON if late else MOST))
        _say(quiet, PING)
        _say(untold, PULSE)

    def _put(self, connection: ScreenConnection, after: float) -> None:
        ahead = min(max(int(after / TICK), 0), SLOTS - 2)
        place = self._place[connection] = (self._next + ahead) % SLOTS
        self._slots[place].add(connection)


def _takes_more(connection: ScreenConnection) -> bool:
    is_open = connection.protocol.state is OPEN and not connection.transport.is_closing()
    return is_open and not connection.paused


def _say(connections: list[ScreenConnection], frame: bytes) -> None:
    """Straight to the sockets: each of their transports is empty."""
    batch = Batch()
    batch.add([connection.lane for connection in connections], frame)
    for place, taken in write(batch):
        connection = connections[place]
        if taken < 0:
            connection.abort()
        elif taken or connection.lane < 0:
            connection.transport.write(frame[taken:])
        # else the kernel holds more than it could send: whoever reads that will not miss this
