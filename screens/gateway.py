"""The gateway: everything the connections of one process share, and what happens to them when rows change."""

import asyncio
import contextlib
import datetime as dt
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from cms.kernel.clock import Clock, to_ms
from cms.kernel.db import Database
from cms.kernel.errors import DomainError
from cms.kernel.log import logger
from cms.kernel.metrics import Metrics
from cms.kernel.wake import Wake
from cms.trust.screen import ScreenFacts
from cms.trust.signed import Signed
from screens import pairing
from screens.beacons import Beacons
from screens.connection import ScreenConnection
from screens.fanout import Fanout, Report
from screens.frames import versions_of
from screens.hands.delivery import Orders
from screens.messages import Bye, Have, Pair, Pairing
from screens.presence import Presence
from screens.proof_intake import Intake
from screens.protocol import Goodbye
from screens.registry import Registry
from screens.session import Session
from screens.signer import Signer
from screens.source import Known, StoredStates
from screens.wheel import Wheel

# Codes on show at once; each costs a row, and anyone may ask.
MAX_WAITING: Final = 500
OFFERS_PER_S: Final = 20
SIGN_SECONDS: Final = 5.0
RESTART_SLICE: Final = 500
RESTART_PAUSE: Final = 0.25
REPLACED_RETRY: Final = 30_000
# A stranger's hello may make us look at the rows again, but not oftener than this.
REMEMBERED: Final = 1_000
LOOK_AGAIN: Final = 0.25

log = logger("screens")


@dataclass(frozen=True, slots=True)
class Place:
    """What a gateway must be told of where it stands.

    Attributes:
        hosts: host (and port) under which screens dial it; a hello is signed for one of them.
        media: base URL of the files `/a/{sha256}`.
    """

    hosts: tuple[str, ...]
    media: str


class Gateway:
    """Serves connections handed to `serve`; `run` keeps what they need up to date."""

    def __init__(
        self, place: Place, *, database: Database, wake: Wake, signer: Signer, clock: Clock, metrics: Metrics
    ) -> None:
        self.hosts = place.hosts
        self.media = place.media
        self.clock = clock
        self.metrics = metrics
        self.source = StoredStates(database, wake)
        self.registry = Registry()
        self.fanout = Fanout(self._told)
        self.beacons = Beacons(signer, self.source, self.registry, self.fanout)
        self.presence = Presence(database, clock)
        self.orders = Orders(database, wake, clock, self.registry, metrics, unit_of=self._unit_of)
        self.proofs = Intake(database, clock, self.registry, metrics)
        self.wheel = Wheel()
        self._opening: set[ScreenConnection] = set()
        self._certifying: set[uuid.UUID] = set()
        self._bare: set[uuid.UUID] = set()
        self.written = Report()
        self._database = database
        self._signer = signer
        self._sessions: dict[ScreenConnection, Session] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking = asyncio.Lock()
        self._looked_at = 0.0
        self._remembered: set[str] = set()  # recall sets of screens that went to the guard, by file
        self._offers = float(OFFERS_PER_S)
        self._offered_at = 0.0

    @property
    def opening(self) -> int:
        """Connections that have not said yet who they are."""
        return len(self._opening)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for part in (
                self.source.run(),
                self.beacons.run(),
                self.presence.run(),
                self.proofs.run(),
                self.wheel.run(),
            ):
                group.create_task(part)
            group.create_task(self._follow())
            group.create_task(self.orders.run())
            group.create_task(self._keep_house())

    async def serve(self, connection: Any) -> None:
        """The handler of one connection, which is a `ScreenConnection`."""
        session = Session(self, connection)
        self._sessions[connection] = session
        self.wheel.add(connection)
        self._opening.add(connection)
        await session.run()

    async def warm(self, *, within: float) -> None:
        """Returns when rows and the guard were read once, or after `within` seconds; screens may come then."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self.source.loaded.wait()
                await self.beacons.guarded.wait()

    async def close(self) -> None:
        """Sends everybody away in slices, so that they do not come back in one moment."""
        sessions = list(self._sessions.values())
        for start in range(0, len(sessions), RESTART_SLICE):
            for session in sessions[start : start + RESTART_SLICE]:
                self._dismiss(session, Bye("restart", 500))
            await asyncio.sleep(RESTART_PAUSE)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
        await self.presence.flush()
        await self.proofs.flush()

    # ------------------------------------------------------------ what sessions ask

    async def known(self, screen: uuid.UUID, key: str) -> Known:
        """The screen this key is pinned to. Raises Goodbye: `revoked`, or `unknown` for a wrong id or a wrong key."""
        found = self.source.screen(screen)
        if found is None:
            await self._look_again()
            found = self.source.screen(screen)
        if not self.source.loaded.is_set():
            raise Goodbye("busy", why="database", retry=10_000)
        if found is None or found.key != key:
            raise Goodbye("unknown", retry=60_000)
        if found.revoked_at is not None:
            raise Goodbye("revoked", retry=600_000)
        return found

    async def certified(self, known: Known) -> Known:
        """The screen with facts a present guard signed, or without any while none answers."""
        if known.facts is not None and self.beacons.vouches(known.facts):
            return known
        trust = self.beacons.trust
        if trust is None:
            return known
        body = ScreenFacts(
            domain=trust.domain,
            epoch=trust.epoch,
            screen=str(known.id),
            key=known.key,
            unit=known.unit,
            tags=known.tags,
            version=known.facts_version,
            at=to_ms(self.clock.now()),
        )
        try:
            async with asyncio.timeout(SIGN_SECONDS):
                facts = await self._signer.sign_screen(body)
        except (DomainError, OSError, TimeoutError) as problem:
            log.warning("screen not certified", screen=str(known.id), error=str(problem))
            return replace(known, facts=None)
        self.source.certified(known.id, facts, known.facts_version)
        self.presence.certified(known.id, facts.wire(), known.facts_version)
        return self.source.screen(known.id) or known

    async def offer(self, session: Session, pair: Pair) -> None:
        """A code for a device nobody knows; `paired` at once for one whose key is pinned. Raises Goodbye."""
        self._spend_offer(session.connection.loop.time())
        if len(self.registry.waiting) >= MAX_WAITING and pair.key not in self.registry.waiting:
            raise Goodbye("busy", retry=60_000)
        now = self.clock.now()
        try:
            async with self._database.write() as rows:
                made = await pairing.offer(rows, pair.key, player=pair.player, caps=pair.caps, now=now)
        except (SQLAlchemyError, OSError) as problem:
            raise Goodbye("busy", why="database", retry=30_000) from problem
        if made.screen is not None:
            await self._look_again()
            await session.paired(await self.known(made.screen, pair.key))
        elif made.expires_at is not None:
            self._opening.discard(session.connection)
            before = self.registry.wait(pair.key, session.connection)
            if before is not None and before in self._sessions:
                self._dismiss(self._sessions[before], Bye("replaced", REPLACED_RETRY))
            session.code_until = to_ms(made.expires_at)
            session.connection.push(Pairing(made.code, session.code_until))

    def remember(self, connection: ScreenConnection, have: Have) -> None:
        connection.has = versions_of(have, self.beacons.epoch)

    def roots_after(self, version: int) -> tuple[Signed, ...]:
        """The guard's roots that follow this version."""
        trust = self.beacons.trust
        return trust.roots[version:] if trust else ()

    def remembered(self, session: Session, recalls: Signed) -> None:
        """What a screen knows and the guard may not, after a restore; asked once a connection and a set."""
        if not session.has_remembered and recalls.file not in self._remembered:
            session.has_remembered = True
            self._remembered = (
                {*self._remembered, recalls.file} if len(self._remembered) < REMEMBERED else {recalls.file}
            )
            self._spawn(self._join(recalls))

    async def _join(self, recalls: Signed) -> None:
        try:
            await self._signer.remembered(recalls)
        except (DomainError, OSError) as problem:
            self._remembered = self._remembered - {recalls.file}
            log.warning("recalls of a screen not joined", error=str(problem))

    def entered(self, session: Session, known: Known, *, player: str, caps: dict[str, object]) -> None:
        """A connection is a screen now: the newest wins, whatever it replaces is told and closed."""
        connection = session.connection
        self.stop_waiting(session)
        before = self.registry.enter(known.id, connection)
        if before is not None and before in self._sessions:
            self._dismiss(self._sessions[before], Bye("replaced", REPLACED_RETRY))
        self._opening.discard(connection)
        connection.trim()
        connection.entered_at = self.presence.entered(known.id, connection.link, player=player, caps=caps)
        self.metrics.gauge("yunping_screens_connected", len(self.registry))
        self._place(session, known)
        self.orders.entered(known.id, connection)

    def left(self, session: Session) -> None:
        """A connection ended; a newer one of the same screen is not touched."""
        connection = session.connection
        self.stop_waiting(session)
        self.wheel.remove(connection)
        self._sessions.pop(connection, None)
        self._opening.discard(connection)
        if session.screen is not None:
            self.registry.leave(connection)
            self.presence.left(session.screen, connection.link)
        self.metrics.gauge("yunping_screens_connected", len(self.registry))

    def refused(self, bye: Bye) -> None:
        self.metrics.count("yunping_screen_byes_total", code=bye.code, why=bye.why or "")

    def retry_bounds(self) -> tuple[int, int]:
        """Between which times (ms) a screen should come back: all there are within ten seconds, four thousand a second.

        By how many are paired, not by how many are here: the first to come are told what the last must keep to.
        """
        return 200, min(10_000, max(1_000, self.source.count // 4))

    # ------------------------------------------------------------ what rows change

    async def _follow(self) -> None:
        async for change in self.source.changes():
            for screen in change.screens:
                known = self.source.screen(screen)
                if known is not None:
                    self._changed(known)
            for screen, (link, at) in change.links.items():
                self._linked(screen, link, at)
            self.beacons.changed(change.audiences)

    def _linked(self, screen: uuid.UUID, link: uuid.UUID, at: dt.datetime) -> None:
        """Some gateway wrote who holds a screen: a socket here that is older than that one is told to go."""
        connection = self.registry.get(screen)
        if connection is None or connection not in self._sessions or connection.link == link:
            return
        # A newer entry here, not written yet, will say the same to the other gateway.
        if connection.entered_at is not None and connection.entered_at <= at:
            self._dismiss(self._sessions[connection], Bye("replaced", REPLACED_RETRY))

    def _changed(self, known: Known) -> None:
        waiting = self.registry.waiting.get(known.key)
        if waiting is not None and waiting in self._sessions:
            self._spawn(self._sessions[waiting].paired(known))
        connection = self.registry.get(known.id)
        if connection is None or connection not in self._sessions:
            return
        session = self._sessions[connection]
        if known.revoked_at is not None:
            self._dismiss(session, Bye("revoked", 600_000))
        else:
            self._spawn(self._placed_anew(session, known))

    async def _placed_anew(self, session: Session, known: Known) -> None:
        if known.id in self._certifying:
            return
        self._certifying.add(known.id)
        try:
            known = await self.certified(known)
        finally:
            self._certifying.discard(known.id)
        if self.registry.get(known.id) is session.connection:
            self._place(session, known)
            self.orders.ruled(known.id, session.connection)

    def _unit_of(self, screen: uuid.UUID) -> str:
        known = self.source.screen(screen)
        return "" if known is None else known.unit

    def _place(self, session: Session, known: Known) -> None:
        """Tells the screen what it is and puts it where its states come from."""
        if known.facts is None:
            self._bare.add(known.id)
        audience = self.source.audience_now(known.id)
        with session.connection.together():
            if session.welcome(known, audience):
                self._move(session.connection, audience)

    def _move(self, connection: ScreenConnection, audience: str | None) -> None:
        before = connection.group
        group = self.registry.place(connection, audience)
        if before is not None and before is not group:
            connection.has = (*connection.has[:3], 0)  # another audience's manifest says nothing here
        if group is None:
            return
        if group.frames is not None and self.beacons.is_fresh(group):
            group.catch_up(connection)
        else:
            self.beacons.changed((group.audience,))

    def _dismiss(self, session: Session, bye: Bye) -> None:
        """Takes a connection out of everything before it is told, so that nothing is written after the goodbye."""
        self.registry.leave(session.connection)
        self.refused(bye)
        self._spawn(session.dismiss(bye))

    # ------------------------------------------------------------ housekeeping

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(1)
            now = to_ms(self.clock.now())
            for connection in tuple(self.registry.waiting.values()):
                session = self._sessions.get(connection)
                if session is not None and session.pair is not None and session.code_until <= now:
                    self._spawn(self._offer_again(session, session.pair))
            if self.beacons.is_guarded:
                self._certify_late()

    def _certify_late(self) -> None:
        """Screens that were let in while no guard could sign what they are."""
        for screen in tuple(self._bare):
            connection, known = self.registry.get(screen), self.source.screen(screen)
            session = None if connection is None else self._sessions.get(connection)
            if session is None or known is None or known.facts is not None:
                self._bare.discard(screen)
            else:
                self._spawn(self._placed_anew(session, known))

    async def _offer_again(self, session: Session, pair: Pair) -> None:
        try:
            await self.offer(session, pair)
        except Goodbye as goodbye:
            await session.dismiss(goodbye.bye)

    async def _look_again(self) -> None:
        """Reads the rows once more; whoever asks meanwhile waits for the next reading, so that a crowd costs one."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        async with self._looking:
            if self._looked_at > asked:
                return
            await asyncio.sleep(max(0, self._looked_at + LOOK_AGAIN - loop.time()))
            self._looked_at = loop.time()
            await self._refresh()

    async def _refresh(self) -> None:
        try:
            await self.source.refresh()
        except (SQLAlchemyError, OSError) as problem:
            log.warning("database away", error=str(problem))

    def _spend_offer(self, now: float) -> None:
        self._offers = min(OFFERS_PER_S, self._offers + (now - self._offered_at) * OFFERS_PER_S)
        self._offered_at = now
        if self._offers < 1:
            raise Goodbye("busy", retry=10_000)
        self._offers -= 1

    def stop_waiting(self, session: Session) -> None:
        """Its code, if it showed one, is nobody's any more."""
        if session.pair is not None:
            self.registry.stop_waiting(session.pair.key, session.connection)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("a screen's task failed", error=repr(problem), exc_info=problem)

    def _told(self, report: Report) -> None:
        self.metrics.count("yunping_screen_frames_total", report.sent)
        self.metrics.observe("yunping_fanout_seconds", report.wall)
        self.written.add(report)
