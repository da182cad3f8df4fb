"""Orders on their way: from the rows to the screens that are connected here, and from their answers to the rows.

State, not events: what is open is read again at every wake-up and given again to a screen that comes back, so a dead
gateway, a cut link or a lost wake-up loses nothing. A screen heeds each order once, however often it is given.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.hands.line import FREE, Policy
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.log import logger
from cms.kernel.metrics import Metrics
from cms.kernel.wake import Wake
from cms.trust.signed import Signed
from screens.connection import ScreenConnection
from screens.hands import states
from screens.hands.lines import policies, policy_of
from screens.hands.tables import ScreenOrder
from screens.messages import SUBPROTOCOLS, Done, Line, OrderFrame
from screens.registry import Registry

# While orders are open their end is looked for as often as this; else only wake-ups are, and a lost one costs QUIET.
EVERY: Final = 1.0
QUIET: Final = 10.0
# A burst of commits is looked at once; nobody sees an order come a tenth of a second later.
CALM: Final = 0.1
SINCE: Final = OrderFrame.SINCE
# What one screen may say of orders between two flushes; more is noise, and the last word of each order is kept.
_MOST: Final = 20_000

log = logger("screens")


@dataclass(frozen=True, slots=True)
class Open:
    """An order that may still be given."""

    id: uuid.UUID
    screen: uuid.UUID
    signed: Signed
    expires_at: dt.datetime


class Orders:
    """The open orders of the installation, and the line rules; gives them to this process's screens.

    `unit_of` knows the unit of every screen, so that rules cost no question.
    """

    def __init__(
        self,
        database: Database,
        wake: Wake,
        clock: Clock,
        registry: Registry,
        metrics: Metrics,
        *,
        unit_of: Callable[[uuid.UUID], str],
    ) -> None:
        self._database = database
        self._wake = wake
        self._clock = clock
        self._registry = registry
        self._metrics = metrics
        self._open: dict[uuid.UUID, dict[uuid.UUID, Open]] = defaultdict(dict)
        self._given: dict[uuid.UUID, dict[str, Any]] = {}
        self._heard: dict[tuple[uuid.UUID, uuid.UUID], list[tuple[Done, dt.datetime]]] = defaultdict(list)
        self._policies: dict[str, Policy] = {}
        self._unit_of = unit_of
        self._ruled: dict[uuid.UUID, Policy] = {}  # whom rules were told that hold it back
        self._seen = 0
        self._is_overdue = False
        self._is_away = False

    async def run(self) -> None:
        """Until cancelled."""
        count = self._wake.count
        while True:
            try:
                await self.look()
                await self.flush()
            except (SQLAlchemyError, OSError) as problem:
                if not self._is_away:
                    log.warning("orders not read, trying again", error=str(problem))
                self._is_away = True
            else:
                self._is_away = False
            is_busy = self._open or self._given or self._heard
            count = await self._wake.after(count, within=EVERY if is_busy else QUIET, calm=CALM)

    def entered(self, screen: uuid.UUID, connection: ScreenConnection) -> None:
        """A screen is linked here: its line's rules, and whatever it still has to do."""
        if not _speaks(connection):
            return
        self._ruled.pop(screen, None)
        if self._policies:
            self.ruled(screen, connection)
        if screen in self._open:
            self._give(screen, connection, self._open[screen].values())

    def ruled(self, screen: uuid.UUID, connection: ScreenConnection) -> None:
        """Tells a screen the rules of its unit, unless they are what it was told or never was held to."""
        rules = policy_of(self._policies, self._unit_of(screen))
        if rules != self._ruled.get(screen, FREE) and _speaks(connection):
            self._ruled[screen] = rules
            connection.push(Line(rules))

    def heard(self, screen: uuid.UUID, done: Done) -> None:
        """What a screen said of an order; it can only speak of its own, the rows see to that."""
        if len(self._heard) < _MOST:
            self._heard[screen, uuid.UUID(done.order)].append((done, self._clock.now()))
        if done.state != states.RECEIVED:
            self._open.get(screen, {}).pop(uuid.UUID(done.order), None)
            self._metrics.count("yunping_screen_orders_total", state=done.state)

    async def look(self) -> None:
        """Reads what is new, and gives it. Raises SQLAlchemyError."""
        now = self._clock.now()
        async with self._database.read() as session:
            rows = await _changed(session, self._seen, now)
            rules = await policies(session)
            self._is_overdue = await session.scalar(_OVERDUE, {"now": now}) is not None
        fresh: dict[uuid.UUID, list[Open]] = defaultdict(list)
        for row in rows:
            self._seen = max(self._seen, row.change)
            made = Open(row.id, row.screen, Signed.read(row.signed), row.expires_at)
            self._open[row.screen][row.id] = made
            fresh[row.screen].append(made)
        for screen, orders in fresh.items():
            connection = self._registry.get(screen)
            if connection is not None and _speaks(connection):
                self._give(screen, connection, orders)
        self._forget(now)
        if rules != self._policies:
            self._policies = rules
            for screen, connection in self._registry:
                self.ruled(screen, connection)

    async def flush(self) -> None:
        """Writes what was given and what was said of it; what nobody did runs out. Raises SQLAlchemyError."""
        given, self._given = self._given, {}
        heard, self._heard = self._heard, defaultdict(list)
        now = self._clock.now()
        try:
            if given or heard or self._is_overdue:
                async with self._database.write() as session:
                    await _write(session, given, heard)
                    await _expire(session, now)
        except (SQLAlchemyError, OSError):
            self._given = given | self._given
            for key, said in heard.items():
                self._heard[key] = said + self._heard[key]
            raise

    def _give(self, screen: uuid.UUID, connection: ScreenConnection, orders: Iterable[Open]) -> None:
        now = self._clock.now()
        for one in orders:
            if one.expires_at > now:
                connection.push(OrderFrame(one.signed))
                self._given[one.id] = {"this": one.id, "whose": screen, "held": connection.link, "moment": now}

    def _forget(self, now: dt.datetime) -> None:
        for screen, orders in list(self._open.items()):
            left = {name: one for name, one in orders.items() if one.expires_at > now}
            if left:
                self._open[screen] = left
            else:
                del self._open[screen]


def _speaks(connection: ScreenConnection) -> bool:
    return SUBPROTOCOLS.get(connection.subprotocol or "", 0) >= SINCE


_COLUMNS: Final = (ScreenOrder.id, ScreenOrder.screen, ScreenOrder.signed, ScreenOrder.expires_at, ScreenOrder.change)
_CHANGED: Final = (
    select(*_COLUMNS)
    .where(ScreenOrder.change > bindparam("seen"), ScreenOrder.state.in_(states.OPEN))
    .where(ScreenOrder.expires_at > bindparam("now", type_=ScreenOrder.expires_at.type))
    .order_by(ScreenOrder.change, ScreenOrder.id)
)

_OVERDUE: Final = (
    select(ScreenOrder.id)
    .where(ScreenOrder.state.in_(states.OPEN))
    .where(ScreenOrder.expires_at <= bindparam("now", type_=ScreenOrder.expires_at.type))
    .limit(1)
)


async def _changed(session: AsyncSession, seen: int, now: dt.datetime) -> list[Any]:
    return list((await session.execute(_CHANGED, {"seen": seen, "now": now})).all())


async def _write(
    session: AsyncSession,
    given: dict[uuid.UUID, dict[str, Any]],
    heard: dict[tuple[uuid.UUID, uuid.UUID], list[tuple[Done, dt.datetime]]],
) -> None:
    table = ScreenOrder.__table__
    mine = (table.c.id == bindparam("this"), table.c.screen == bindparam("whose"))
    connection = await session.connection()
    if given:
        sent = update(ScreenOrder).where(*mine, _from(states.SENT))
        await connection.execute(
            sent.values(
                state=states.SENT, holder=bindparam("held"), sent_at=bindparam("moment", type_=table.c.sent_at.type)
            ),
            [given[one] for one in sorted(given)],
        )
    said = [
        {"this": order, "whose": screen, "why": done.code, "read": done.value, "moment": at, "to": done.state}
        for (screen, order), each in sorted(heard.items(), key=lambda item: str(item[0]))
        for done, at in each
    ]
    for state in (states.RECEIVED, states.DONE, states.REFUSED, states.FAILED):
        rows = [{name: value for name, value in row.items() if name != "to"} for row in said if row["to"] == state]
        if not rows:
            continue
        moment = bindparam("moment", type_=table.c.sent_at.type)
        values: dict[str, Any] = {"state": state, "code": bindparam("why"), "value": bindparam("read")}
        values["received_at" if state == states.RECEIVED else "ended_at"] = moment
        await connection.execute(update(ScreenOrder).where(*mine, _from(state)).values(values), rows)


def _from(state: str) -> ColumnElement[bool]:
    """The rows that may come to a state; an IN would not go into one statement for many rows."""
    column = ScreenOrder.__table__.c.state
    return or_(*(column == one for one in states.FROM[state]))


async def _expire(session: AsyncSession, now: dt.datetime) -> None:
    over = update(ScreenOrder).where(ScreenOrder.state.in_(states.OPEN), ScreenOrder.expires_at <= now)
    await session.execute(over.values(state=states.EXPIRED, ended_at=now))
