"""Who is connected: by screen, by audience, and who waits for a pairing code. Newest socket of a screen wins."""

import uuid
from collections.abc import Iterator

from screens.connection import ScreenConnection
from screens.fanout import Group


class Registry:
    """The live connections of this process; every method is safe to call twice."""

    def __init__(self) -> None:
        self._screens: dict[uuid.UUID, ScreenConnection] = {}
        self._names: dict[ScreenConnection, uuid.UUID] = {}
        self.groups: dict[str, Group] = {}
        self.waiting: dict[str, ScreenConnection] = {}

    def __len__(self) -> int:
        return len(self._screens)

    def __iter__(self) -> Iterator[tuple[uuid.UUID, ScreenConnection]]:
        return iter(tuple(self._screens.items()))

    def get(self, screen: uuid.UUID) -> ScreenConnection | None:
        return self._screens.get(screen)

    def screen_of(self, connection: ScreenConnection) -> uuid.UUID | None:
        """The screen whose newest connection this is."""
        return self._names.get(connection)

    def enter(self, screen: uuid.UUID, connection: ScreenConnection) -> ScreenConnection | None:
        """Links a screen to its newest connection; the one it replaces is returned and belongs to nobody now."""
        before = self._screens.get(screen)
        if before is connection:
            return None
        self._screens[screen] = connection
        self._names[connection] = screen
        if before is not None:
            self._names.pop(before, None)
            self.place(before, None)
        return before

    def leave(self, connection: ScreenConnection) -> uuid.UUID | None:
        """Forgets a connection; the screen's id if this was its link, None if a newer one holds it."""
        self.place(connection, None)
        screen = self._names.pop(connection, None)
        if screen is not None and self._screens.get(screen) is connection:
            del self._screens[screen]
            return screen
        return None

    def place(self, connection: ScreenConnection, audience: str | None) -> Group | None:
        """Moves a connection into an audience's group, or out of any."""
        group = connection.group
        wanted = None if audience is None else self.groups.get(audience)
        if group is not None and group is wanted:
            return wanted
        if group is not None:
            # An empty group stays: its last signed frames are what a returning screen gets while the guard is away.
            group.leave(connection)
        if audience is None:
            return None
        if wanted is None:
            wanted = self.groups[audience] = Group(audience)
        wanted.join(connection)
        return wanted

    def wait(self, key: str, connection: ScreenConnection) -> ScreenConnection | None:
        """Notes that the holder of `key` shows a code; the connection it did so on before is returned."""
        before = self.waiting.get(key)
        self.waiting[key] = connection
        return before if before is not connection else None

    def stop_waiting(self, key: str, connection: ScreenConnection) -> None:
        if self.waiting.get(key) is connection:
            del self.waiting[key]
