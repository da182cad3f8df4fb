"""What a gateway knows: screens, audiences and states, read from the rows as they change and kept in memory.

Everything is answered from memory, so that connected and returning screens go on when the database is away.
"""

import asyncio
import datetime as dt
import sys
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.db import Database
from cms.kernel.log import logger
from cms.kernel.wake import Wake
from cms.trust.errors import TrustError
from cms.trust.signed import Signature, Signed
from screens.states import CHANGE, LINK, AudienceMember, Change, ScreenCounter, ScreenState, State
from screens.tables import Screen

log = logger("screens")
Rows: TypeAlias = Sequence[Any]
Links: TypeAlias = dict[uuid.UUID, tuple[uuid.UUID, dt.datetime]]


@dataclass(frozen=True, slots=True)
class Known:
    """A screen as people set it up; `facts` is its signed object, if it is signed and up to date."""

    id: uuid.UUID
    key: str
    unit: str
    tags: tuple[str, ...]
    revoked_at: dt.datetime | None
    facts: Signed | None
    facts_version: int


class StoredStates:
    """`AudienceStates` over the rows, and the directory of screens; `run` keeps it fresh."""

    def __init__(self, database: Database, wake: Wake) -> None:
        self._database = database
        self._wake = wake
        self._screens: dict[uuid.UUID, Known] = {}
        self._by_key: dict[str, uuid.UUID] = {}
        self._audiences: dict[uuid.UUID, str] = {}
        self._states: dict[str, State] = {}
        self._seen = 0
        self._links_seen: int | None = None
        self._turn = asyncio.Lock()
        self._listeners: set[asyncio.Queue[Change]] = set()
        self.is_fresh = False
        self.loaded = asyncio.Event()

    @property
    def count(self) -> int:
        """How many screens were ever paired."""
        return len(self._screens)

    def screen(self, screen: uuid.UUID) -> Known | None:
        return self._screens.get(screen)

    def by_key(self, key: str) -> Known | None:
        found = self._by_key.get(key)
        return None if found is None else self._screens[found]

    def state_of(self, audience: str) -> State | None:
        return self._states.get(audience)

    def audience_now(self, screen: uuid.UUID) -> str | None:
        return self._audiences.get(screen)

    async def current(self, audience: str) -> State | None:
        return self._states.get(audience)

    async def audience_of(self, screen: uuid.UUID) -> str | None:
        return self._audiences.get(screen)

    async def changes(self) -> AsyncIterator[Change]:
        """Every change from now on; nothing is lost between two steps of the iterator."""
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.discard(queue)

    def certified(self, screen: uuid.UUID, facts: Signed, version: int) -> None:
        """A guard signed the screen's facts of this version."""
        known = self._screens.get(screen)
        if known is not None and known.facts_version == version:
            self._screens[screen] = replace(known, facts=_slim(facts))

    async def run(self) -> None:
        """Reads what changed at every wake-up, until cancelled; a database that is away changes nothing."""
        count = self._wake.count
        while True:
            try:
                await self.refresh()
            except (SQLAlchemyError, OSError) as problem:
                if self.is_fresh:
                    log.warning("database away, serving from memory", error=str(problem))
                self.is_fresh = False
            count = await self._wake.after(count)

    async def refresh(self) -> None:
        """Reads what changed since the last time. Raises SQLAlchemyError."""
        async with self._turn:
            async with self._database.read() as session:
                change, seen, links_seen = await self._read(session)
            self._seen, self._links_seen = seen, links_seen
            self.is_fresh = True
            self.loaded.set()
        if change.audiences or change.screens or change.links:
            for queue in self._listeners:
                queue.put_nowait(change)

    async def _read(self, session: AsyncSession) -> tuple[Change, int, int]:
        # The counters first: whatever they count is visible to the reads after them, and what is younger is read again.
        counters: dict[str, int] = {row.name: row.value for row in await session.execute(_COUNTERS)}
        upto, links_upto = counters.get(CHANGE, 0), counters.get(LINK, 0)
        links = await self._entries(session, links_upto)
        if upto == self._seen:
            return Change(frozenset(), frozenset(), links), upto, links_upto
        screens, members, states = await _changed(session, self._seen)
        for row in screens:
            known = _known(row)
            self._screens[known.id] = known
            self._by_key[known.key] = known.id
        for screen, audience in members:
            one = self._screens.get(screen)
            self._audiences[screen if one is None else one.id] = sys.intern(audience)
        for row in states:
            self._states[row.audience] = State(
                row.audience, row.version, row.signed, row.digest, row.file, tuple(row.feeds)
            )
        touched = frozenset(row.id for row in screens) | frozenset(row.screen for row in members)
        return Change(frozenset(row.audience for row in states), touched, links), upto, links_upto

    async def _entries(self, session: AsyncSession, upto: int) -> Links:
        """Who entered anywhere since the last time; nothing at first, when nobody is here yet."""
        if self._links_seen is None or self._links_seen == upto:
            return {}
        found = select(Screen.id, Screen.link, Screen.linked_at).where(Screen.link_change > self._links_seen)
        return {screen: (link, at) for screen, link, at in await session.execute(found) if link and at}


_SEEN: Final[BindParameter[int]] = bindparam("seen")
_COUNTERS: Final = select(ScreenCounter.name, ScreenCounter.value).where(ScreenCounter.name.in_((CHANGE, LINK)))
_SCREENS: Final = select(
    Screen.id, Screen.key, Screen.unit, Screen.tags, Screen.revoked_at, Screen.facts, Screen.facts_version
).where(Screen.change > _SEEN)
_MEMBERS: Final = select(AudienceMember.screen, AudienceMember.audience).where(AudienceMember.change > _SEEN)
_STATES: Final = select(
    ScreenState.audience,
    ScreenState.version,
    ScreenState.signed,
    ScreenState.digest,
    ScreenState.file,
    ScreenState.feeds,
).where(ScreenState.change > _SEEN)


async def _changed(session: AsyncSession, seen: int) -> tuple[Rows, Rows, Rows]:
    given = {"seen": seen}
    return (
        (await session.execute(_SCREENS, given)).all(),
        (await session.execute(_MEMBERS, given)).all(),
        (await session.execute(_STATES, given)).all(),
    )


def _known(row: Any) -> Known:
    facts = None if row.facts is None else _kept(row)
    tags = tuple(map(sys.intern, row.tags))
    return Known(row.id, row.key, sys.intern(row.unit), tags, row.revoked_at, facts, row.facts_version)


def _kept(row: Any) -> Signed | None:
    """The facts as the guard signed them; a row that holds none is signed anew when its screen comes."""
    try:
        return _slim(Signed.kept(row.facts))
    except TrustError:
        log.warning("a screen's facts cannot be read", screen=str(row.id))
        return None


def _slim(facts: Signed) -> Signed:
    """The same with what all screens share held once: ten thousand facts name one guard's key."""
    shared = [Signature(sys.intern(one.key), sys.intern(one.alg), one.signature) for one in facts.signatures]
    return Signed(facts.text, tuple(shared))
