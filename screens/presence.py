"""What screens say about themselves, gathered and written once a second: a thousand beats are one transaction."""

import asyncio
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import bindparam, case, or_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.log import logger
from cms.kernel.wake import ring
from screens.ledger import Place, note_steps
from screens.messages import Ack, Beat, Vitals
from screens.reached import SAID, Reached, joined, reached, said_value, with_acks
from screens.states import next_link
from screens.steps import STAGES, Stage, Step, tail_of
from screens.tables import Screen

EVERY: Final = 1.0
# While the database is away; 40 MiB of what ten thousand screens said in an hour of publishing.
MOST_STEPS: Final = 200_000
LONGEST_MS: Final = 365 * 86_400_000
_ENTRY: Final = frozenset({"link", "linked_at"})
TOPIC: Final = "links"

log = logger("screens")


class Presence:
    """The latest facts of each screen, waiting for the next flush; while the database is away they wait, not grow."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._facts: dict[uuid.UUID, dict[str, Any]] = defaultdict(dict)
        self._gone: dict[uuid.UUID, tuple[uuid.UUID, dt.datetime]] = {}
        self._signed: dict[uuid.UUID, tuple[str, int]] = {}
        self._acks: dict[uuid.UUID, Reached] = {}
        self._steps: dict[Place, list[Step]] = defaultdict(list)
        self._step_count = 0
        self._is_away = False

    def entered(self, screen: uuid.UUID, link: uuid.UUID, *, player: str, caps: Mapping[str, object]) -> dt.datetime:
        """The time of the entry, by which the newest of several wins at all gateways."""
        now = self._clock.now()
        self._facts[screen] |= {"link": link, "linked_at": now, "last_seen": now, "player": player, "caps": dict(caps)}
        return now

    def left(self, screen: uuid.UUID, link: uuid.UUID) -> None:
        """The connection ended; the screen stays linked if a newer one holds it."""
        self._gone[link] = (screen, self._clock.now())

    def acked(self, screen: uuid.UUID, ack: Ack, epoch: int) -> None:
        """How far a screen came with a version of this epoch."""
        now = self._clock.now()
        self._facts[screen]["last_seen"] = now
        self._acks[screen] = joined(self._acks.get(screen), reached(ack, epoch))
        self._step((epoch, ack.version), Step(tail_of(screen), STAGES[ack.state], now))

    def sent(self, screen: uuid.UUID, place: Place, at: dt.datetime) -> None:
        """A gateway wrote a version to the screen's socket."""
        self._step(place, Step(tail_of(screen), Stage.SENT, at))

    def _step(self, place: Place, step: Step) -> None:
        if self._step_count < MOST_STEPS:
            self._step_count += 1
            self._steps[place].append(step)

    def beaten(self, screen: uuid.UUID, beat: Beat) -> None:
        now = self._clock.now()
        self._facts[screen] |= {
            "last_seen": now,
            "painted_at": _painted_at(beat, now),
            "clock_error": beat.clock,
            "stale": beat.stale,
            "memory_mb": beat.mem,
            "showing": beat.showing,
        }

    def felt(self, screen: uuid.UUID, vitals: Vitals) -> None:
        told = {"storage_mb": vitals.storage, "storage_free_mb": vitals.free, "temperature": vitals.temperature}
        self._facts[screen] |= {"last_seen": self._clock.now(), **told}

    def certified(self, screen: uuid.UUID, facts: str, version: int) -> None:
        """A guard signed this version of a screen's facts; kept, so that the next start needs no guard."""
        self._signed[screen] = (facts, version)

    async def run(self) -> None:
        """Flushes once a second until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.flush()

    async def flush(self) -> None:
        """Writes what has gathered; keeps it, below anything newer, when the database does not answer."""
        facts, self._facts = self._facts, defaultdict(dict)
        acks, self._acks = self._acks, {}
        gone, self._gone = self._gone, {}
        signed, self._signed = self._signed, {}
        steps, self._steps, self._step_count = self._steps, defaultdict(list), 0
        if not facts and not gone and not signed and not steps:
            return
        try:
            async with self._database.write() as session:
                await _write(session, with_acks(facts, acks), gone)
                await _write_signed(session, signed)
                await note_steps(session, steps)
        except (SQLAlchemyError, OSError) as problem:
            for screen, older in facts.items():
                self._facts[screen] = older | self._facts[screen]
            for screen, said in acks.items():
                self._acks[screen] = joined(said, self._acks.get(screen))
            self._gone = gone | self._gone
            self._signed = signed | self._signed
            for place, found in steps.items():
                self._steps[place] = found + self._steps[place]
                self._step_count += len(found)
            if not self._is_away:
                log.warning("presence not written, keeping it", error=str(problem))
            self._is_away = True
        else:
            self._is_away = False


def _painted_at(beat: Beat, now: dt.datetime) -> dt.datetime | None:
    """By our clock: how long ago it painted is what a screen with a wrong clock still knows."""
    if beat.painted_at is None:
        return None
    return now - dt.timedelta(milliseconds=min(max(0, beat.at - beat.painted_at), LONGEST_MS))


async def _write(
    session: AsyncSession,
    facts: Mapping[uuid.UUID, Mapping[str, Any]],
    gone: Mapping[uuid.UUID, tuple[uuid.UUID, dt.datetime]],
) -> None:
    entries = [one for one in facts.values() if "link" in one]
    if entries:
        # Taken first and held to the end: entries of all gateways are ordered, and no reader misses one.
        place = await next_link(session)
        facts = {screen: {**one, "link_change": place} if "link" in one else one for screen, one in facts.items()}
        await ring(session, TOPIC)
    alike: dict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
    # In one order everywhere, or two gateways could each hold the row the other waits for.
    for screen in sorted(facts):
        found = {f"new_{name}": value for name, value in facts[screen].items()}
        alike[frozenset(facts[screen])].append({"this": screen, **found})
    connection = await session.connection()
    table = Screen.__table__
    for names, rows in alike.items():
        values = {name: _value(name) for name in sorted(names)}
        await connection.execute(update(Screen).where(table.c.id == bindparam("this")).values(values), rows)
    if gone:
        # After the entries: a connection that came and went within the second must not stay linked.
        theirs = (table.c.id == bindparam("this"), table.c.link == bindparam("held"))
        left = update(Screen).where(*theirs).values(link=None, last_seen=bindparam("at"))
        rows = [{"this": screen, "held": link, "at": at} for link, (screen, at) in gone.items()]
        await connection.execute(left, sorted(rows, key=lambda row: str(row["this"])))


async def _write_signed(session: AsyncSession, signed: Mapping[uuid.UUID, tuple[str, int]]) -> None:
    """Only where people have not changed the screen since."""
    if not signed:
        return
    table = Screen.__table__
    fits = (table.c.id == bindparam("this"), table.c.facts_version == bindparam("version"))
    rows = [{"this": one, "wire": signed[one][0], "version": signed[one][1]} for one in sorted(signed)]
    await (await session.connection()).execute(update(Screen).where(*fits).values(facts=bindparam("wire")), rows)


def _value(name: str) -> Any:
    table = Screen.__table__
    column = table.c[name]
    new = bindparam(f"new_{name}", type_=column.type)
    if name in SAID:
        return said_value(name, new)
    if name in _ENTRY:
        # Another gateway may have written a later entry already; then this one's is the socket that must go.
        entered = bindparam("new_linked_at", type_=table.c.linked_at.type)
        is_newest = or_(table.c.link.is_(None), table.c.linked_at.is_(None), table.c.linked_at <= entered)
        return case((is_newest, new), else_=column)
    return new
