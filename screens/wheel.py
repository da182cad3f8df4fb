"""The heartbeat of all connections: one timer for everybody instead of a task and a timer each."""

import asyncio
from typing import Final

from websockets.protocol import OPEN

from screens.connection import ScreenConnection
from screens.frames import PING, message_frame
from screens.messages import SUBPROTOCOLS, Pulse
from screens.native.writer import Batch, write

SLOTS: Final = 48
TICK: Final = 0.1
# A beacon that carries a ping asks before this (`screens.fanout.PING_EVERY`); who was not asked is, at the next look …
PING_AFTER: Final = 19.0
# … and with a look every 4.8 s it is given up 28.8 s after its last word at the latest: a cut link is found in thirty.
SILENT: Final = 24.0
# A screen of SP/2 that was told nothing for this long gets a word; usually beacons come sooner.
QUIET: Final = 10.0
PULSE: Final = message_frame(Pulse())
SPEAKS: Final = frozenset(name for name, protocol in SUBPROTOCOLS.items() if protocol >= Pulse.SINCE)
# A reader that cannot take one state in this time is as good as gone; it comes back and gets the newest.
LATE: Final = 30.0


class Wheel:
    """Looks at a part of the connections every tenth of a second: pings the quiet ones, drops the silent and stuck."""

    def __init__(self, *, silent: float = SILENT, late: float = LATE) -> None:
        self._slots: list[set[ScreenConnection]] = [set() for _ in range(SLOTS)]
        self._place: dict[ScreenConnection, int] = {}
        self._next = 0
        self.silent = silent
        self.late = late
        self.dropped = 0

    def add(self, connection: ScreenConnection) -> None:
        """It is looked at a whole turn later, so that a storm of connections is pinged as it came."""
        place = (self._next - 1) % SLOTS
        self._slots[place].add(connection)
        self._place[connection] = place

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
        spared = now - min(PING_AFTER, self.silent)
        for connection in tuple(self._slots[self._next]):
            late = connection.late_since
            if connection.last_told() < now - QUIET and connection.subprotocol in SPEAKS and _takes_more(connection):
                untold.append(connection)
            if connection.heard_at > spared and not late:
                continue
            if now - connection.heard_at > self.silent or (late and now - late > self.late):
                self.dropped += 1
                connection.abort()
            elif connection.heard_at <= spared and _takes_more(connection):
                quiet.append(connection)
        self._next = (self._next + 1) % SLOTS
        _say(quiet, PING)
        _say(untold, PULSE)


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
