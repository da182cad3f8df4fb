"""The newest signed state of every audience as rows, and who belongs to which: publishing writes, gateways read.

Two numbers order everything. A manifest's *version* is taken before it is signed, so that any newer manifest of the
installation has a higher one. The *change* is taken in the transaction that stores a row: both databases let only one
transaction hold the counter, so changes commit in their order and a reader that asks for "after n" misses nothing.
"""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from sqlalchemy import BigInteger, Index, String, Text, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base
from cms.trust.manifest import Manifest, read_manifest
from cms.trust.signed import Signed
from screens.tables import Screen

VERSION: Final = "version"
CHANGE: Final = "change"
LINK: Final = "link"
# Parameters of one statement; SQLite takes 32,766.
_BATCH: Final = 5_000


class ScreenCounter(Base):
    """The counters of the installation; `value` is the last number given out."""

    __tablename__ = "screen_counter"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class ScreenState(Base):
    """The newest manifest of an audience; beacons name `digest`; `file` is the sha256 of `signed`, its wire form."""

    __tablename__ = "screen_state"

    audience: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    file: Mapped[str] = mapped_column(String(64))
    signed: Mapped[str] = mapped_column(Text)
    at: Mapped[dt.datetime]
    change: Mapped[int] = mapped_column(BigInteger)
    feeds: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    """The data feeds that its pieces have cards of."""

    __table_args__ = (Index(None, "change"),)


class AudienceMember(Base):
    """A screen is in one audience, or in none as long as nothing was published for it."""

    __tablename__ = "screen_audience_member"

    screen: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    audience: Mapped[str] = mapped_column(String(40))
    change: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "change"), Index(None, "audience"))


@dataclass(frozen=True, slots=True)
class State:
    """What an audience must show: the signed manifest in wire form, its version, digest and file hash."""

    audience: str
    version: int
    wire: str
    digest: str
    file: str
    feeds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What became different: audiences with a newer state, screens whose row or audience changed, and entries.

    `links` has the connection that holds a screen now, at this gateway or another, and since when.
    """

    audiences: frozenset[str] = frozenset()
    screens: frozenset[uuid.UUID] = frozenset()
    links: Mapping[uuid.UUID, tuple[uuid.UUID, dt.datetime]] = field(default_factory=dict)


class AudienceStates(Protocol):
    """Where a gateway learns states. Both questions are answered from memory, also while the database is down."""

    async def current(self, audience: str) -> State | None: ...

    async def audience_of(self, screen: uuid.UUID) -> str | None: ...

    def changes(self) -> AsyncIterator[Change]: ...


async def next_number(session: AsyncSession, name: str) -> int:
    """The next number of a counter; held until the end of the transaction. Call inside a write block."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    first = insert(ScreenCounter).values(name=name, value=1)
    raised = first.on_conflict_do_update(index_elements=["name"], set_={"value": ScreenCounter.value + 1})
    return (await session.execute(raised.returning(ScreenCounter.value))).scalar_one()


async def next_version(session: AsyncSession) -> int:
    """The version of the next manifest; take it in a write block of its own, before the guard is asked to sign."""
    return await next_number(session, VERSION)


async def next_change(session: AsyncSession) -> int:
    """The place of this transaction in the order of changes."""
    return await next_number(session, CHANGE)


async def next_link(session: AsyncSession) -> int:
    """The place of these entries in the order of all gateways' entries."""
    return await next_number(session, LINK)


async def store_state(
    session: AsyncSession,
    manifest: Signed,
    *,
    receivers: Iterable[uuid.UUID],
    feeds: Collection[str] = (),
    now: dt.datetime,
) -> bool:
    """Makes a signed manifest the newest of its audience and moves `receivers` there; call inside a write block.

    `feeds` are the data feeds that its pieces have cards of.

    The manifest's file must stand in the store before. The same manifest again only moves receivers. False, and nothing
    is changed, when a newer version is stored: somebody was faster. A screen that comes from another audience takes
    only a version above the one it has seen there, so such an audience needs a manifest signed anew.
    Raises TrustError for a text that is no manifest.
    """
    body = read_manifest(manifest.text)
    # The lock comes first: two writers of one audience are compared one after the other.
    change = await next_change(session)
    row = await session.get(ScreenState, body.audience, populate_existing=True)
    # Under a new epoch versions begin again; a row of the one before is older whatever its number.
    standing = (0, 0) if row is None else (read_manifest(Signed.read(row.signed).text).epoch, row.version)
    new = (body.epoch, body.version)
    if row is not None and (standing > new or (standing == new and row.file != manifest.file)):
        return False
    if row is None:
        row = ScreenState(audience=body.audience)
        session.add(row)
    if standing[0] < body.epoch and row.version is not None:
        # Their numbers were of before; they speak of the new ones from now on.
        anew = {"epoch": body.epoch, "received": 0, "cached": 0, "shown": 0, "refused": 0, "refused_code": None}
        await session.execute(update(Screen).where(Screen.epoch < body.epoch).values(anew))
    if standing != new:
        row.version, row.change, row.at = body.version, change, now
        row.digest, row.file, row.signed = manifest.digest(Manifest.TYPE), manifest.file, manifest.wire()
        row.feeds = sorted(feeds)
    await _move(session, set(receivers), body.audience, change)
    await session.flush()
    return True


async def _move(session: AsyncSession, receivers: set[uuid.UUID], audience: str, change: int) -> None:
    """Only rows that differ are written: a publication normally moves nobody, and then one question says so."""
    there = await session.scalars(select(AudienceMember.screen).where(AudienceMember.audience == audience))
    wanted = sorted(receivers.difference(there))
    for start in range(0, len(wanted), _BATCH):
        part = wanted[start : start + _BATCH]
        rows = await session.scalars(select(AudienceMember).where(AudienceMember.screen.in_(part)))
        found = {row.screen: row for row in rows}
        for screen in part:
            if screen not in found:
                session.add(AudienceMember(screen=screen, audience=audience, change=change))
            else:
                found[screen].audience, found[screen].change = audience, change
