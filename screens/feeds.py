"""Data feeds to the screens: the newest signed values of each feed, to the audiences whose line-up has a card of it.

State, not events: a value stands as a row, whoever comes later gets the newest. The texts of an audience are made once
and shared; a socket that is busy is left alone and gets what is newest when it can take it.
"""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from websockets.protocol import OPEN

from cms.datafeeds.models import DataFeed
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.log import logger
from cms.kernel.metrics import Metrics
from cms.kernel.wake import CALM, Wake
from cms.signals.feed import cards
from cms.trust.errors import TrustError
from screens.connection import ScreenConnection
from screens.fanout import Group
from screens.frames import text_frame
from screens.messages import MOST_FEEDS, SUBPROTOCOLS, Feeds
from screens.registry import Registry
from screens.source import StoredStates

# Characters of values in one message: well below the frame's limit, whatever the script they are written in.
PART: Final = 16 * 2**10
AGAIN: Final = 0.5
SLICE: Final = 500

# Made once: it is asked at every wake-up.
_NEWEST: Final = select(DataFeed.code, DataFeed.epoch, DataFeed.seq, DataFeed.expires_at, DataFeed.signed).where(
    DataFeed.active, DataFeed.signed.is_not(None)
)

log = logger("screens")


@dataclass(frozen=True, slots=True)
class Signed:
    """The newest values of a feed in wire form, and until when a screen takes them."""

    epoch: int
    seq: int
    expires_at: dt.datetime
    wire: str


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What the screens of an audience are told of its feeds; compared as an object, one is made a change."""

    frames: tuple[bytes, ...]
    until: dt.datetime | None


class FeedTeller:
    """Follows the rows and writes to sockets; `run` must be running."""

    def __init__(
        self,
        database: Database,
        wake: Wake,
        source: StoredStates,
        registry: Registry,
        *,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._wake = wake
        self._clock = clock
        self._source = source
        self._registry = registry
        self._metrics = metrics
        self._feeds: dict[str, Signed] = {}
        self._told: dict[tuple[str, ...], Told] = {}
        self._waiting: dict[ScreenConnection, None] = {}
        self._bell = asyncio.Event()
        self._is_away = False

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            group.create_task(self._write())

    def entered(self, connection: ScreenConnection) -> None:
        """A screen came, or came to another audience: it gets the newest values after its state."""
        if self._tells(connection):
            self._waiting[connection] = None
            self._bell.set()

    def changed(self, audiences: Iterable[str]) -> None:
        """The line-ups of these may have other cards now."""
        for audience in audiences:
            group = self._registry.groups.get(audience)
            if group is not None:
                self._want(group)

    async def refresh(self) -> None:
        """Reads the rows once. Raises SQLAlchemyError."""
        async with self._database.read() as session:
            rows = (await session.execute(_NEWEST)).all()
        found = {
            code: Signed(epoch, seq, expires_at, signed)
            for code, epoch, seq, expires_at, signed in rows
            if expires_at is not None and signed is not None
        }
        before, self._feeds = self._feeds, found
        changed = {code for code in found.keys() | before.keys() if found.get(code) != before.get(code)}
        if changed:
            self._told = {codes: told for codes, told in self._told.items() if not changed & set(codes)}
            for group in tuple(self._registry.groups.values()):
                if changed & set(self._codes(group)):
                    self._want(group)

    # ------------------------------------------------------------ parts

    async def _follow(self) -> None:
        count = self._wake.count
        while True:
            try:
                await self.refresh()
                self._is_away = False
            except (SQLAlchemyError, OSError, ValueError) as problem:
                # ValueError: a row whose values nothing of ours wrote; the screens keep their link.
                if not self._is_away:
                    log.warning("feeds not read, serving what is known", error=str(problem))
                self._is_away = True
            count = await self._wake.after(count, calm=CALM)

    def _want(self, group: Group) -> None:
        if self._codes(group):
            members = (*group.lanes.values(), *group.apart)
            self._waiting.update(dict.fromkeys(one for one in members if _speaks(one)))
            self._bell.set()

    async def _write(self) -> None:
        while True:
            await self._bell.wait()
            self._bell.clear()
            for count, connection in enumerate(tuple(self._waiting), start=1):
                if self._serve(connection):
                    self._waiting.pop(connection, None)
                if count % SLICE == 0:
                    await asyncio.sleep(0)
            if self._waiting:
                # Busy, or without their first state: looked at again, whatever happens meanwhile.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(AGAIN):
                        await self._bell.wait()
                self._bell.set()

    def _serve(self, connection: ScreenConnection) -> bool:
        """Whether there is nothing more to tell it."""
        group = connection.group
        if not isinstance(group, Group) or connection.protocol.state is not OPEN or connection.transport.is_closing():
            return True
        told = self._newest(self._codes(group))
        if told is None or connection.fed is told:
            return True
        has_state = connection.sent is not None or group.lanes.get(connection.lane) is connection
        if connection.paused or not has_state:
            return False
        connection.fed = told
        for frame in told.frames:
            connection.write(frame)
        self._metrics.count("yunping_screen_feed_frames_total", len(told.frames))
        return True

    def _tells(self, connection: ScreenConnection) -> bool:
        return isinstance(connection.group, Group) and _speaks(connection) and bool(self._codes(connection.group))

    def _codes(self, group: Group) -> tuple[str, ...]:
        state = self._source.state_of(group.audience)
        return () if state is None else state.feeds

    def _newest(self, codes: tuple[str, ...]) -> Told | None:
        now = self._clock.now()
        told = self._told.get(codes)
        if told is None or (told.until is not None and now >= told.until):
            # What has run out is not sent: a screen would only refuse it.
            good = [self._feeds[code] for code in codes if code in self._feeds and now < self._feeds[code].expires_at]
            ends = min((one.expires_at for one in good), default=None)
            told = self._told[codes] = Told(tuple(frames_of([one.wire for one in good])), ends)
        return told if told.frames else None


def frames_of(wires: Sequence[str]) -> Iterator[bytes]:
    """The messages that say these values, each below the limit of a frame."""
    part: list[str] = []
    for wire in wires:
        if part and (len(part) == MOST_FEEDS or sum(map(len, part)) + len(wire) > PART):
            yield _frame(part)
            part = []
        part.append(wire)
    if part:
        yield _frame(part)


def feeds_of(content: Mapping[str, Any]) -> frozenset[str]:
    """The feeds whose values the street shows with a piece; a card that cannot be read is no card."""
    own = content.get("overrides", {}).get("screen", {})
    found: set[str] = set()
    for shown in (content, own):
        with contextlib.suppress(TrustError):
            found |= {card.feed for card in cards(shown)}
    return frozenset(found)


def _frame(wires: Sequence[str]) -> bytes:
    # The values are JSON already, as in a state.
    return text_frame(f'{{"t":"{Feeds.T}","feeds":[{",".join(wires)}]}}')


def _speaks(connection: ScreenConnection) -> bool:
    return SUBPROTOCOLS.get(connection.subprotocol or "", 0) >= Feeds.SINCE
