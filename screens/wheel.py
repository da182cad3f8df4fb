"""The heartbeat of all connections: one timer for everybody instead of a task and a timer each."""

import asyncio
from typing import Final

from screens.connection import ScreenConnection
from screens.frames import PING

SLOTS: Final = 100
TICK: Final = 0.1
# A link that was cut without a word is found within three turns of the wheel, thirty seconds.
SILENT: Final = 20.0
# A reader that cannot take one state in this time is as good as gone; it comes back and gets the newest.
LATE: Final = 30.0


class Wheel:
    """Pings a hundredth of the connections every tenth of a second and drops those that are silent or stuck."""

    def __init__(self, *, silent: float = SILENT, late: float = LATE) -> None:
        self._slots: list[set[ScreenConnection]] = [set() for _ in range(SLOTS)]
        self._place: dict[ScreenConnection, int] = {}
        self._next = 0
        self._silent = silent
        self._late = late
        self.dropped = 0

    def add(self, connection: ScreenConnection) -> None:
        """Its first ping comes a whole turn later, so that a storm of connections is pinged as it came."""
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
        for connection in tuple(self._slots[self._next]):
            if now - connection.heard_at > self._silent or self._is_stuck(connection, now):
                self.dropped += 1
                connection.abort()
            elif not connection.paused and not connection.transport.is_closing():
                connection.transport.write(PING)
        self._next = (self._next + 1) % SLOTS

    def _is_stuck(self, connection: ScreenConnection, now: float) -> bool:
        return bool(connection.late_since) and now - connection.late_since > self._late
