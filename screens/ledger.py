"""The publish→pixel ledger: what became of a piece on each screen, and who has it not, and why.

A manifest is queued for an audience; the gateway notes when it was sent to each screen, and each screen says when it
received, cached and showed it. What a later version brought a screen brought it this one too, so a screen that was
away is counted by the version it came back with. Versions begin again under a new epoch, so that a place in the order
is both: nothing said of a version of before speaks of the one that has its number now.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from sqlalchemy import and_, delete, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from screens.health import Fact, link_of, version_of
from screens.ledger_rows import ScreenSteps, ScreenVersion, ScreenVersionPiece
from screens.states import AudienceMember, ScreenState
from screens.steps import STAGES, Stage, Step, Tail, firsts, joined, packed, tail_of, unpacked
from screens.tables import Screen

KEEP: Final = dt.timedelta(days=92)
JOIN_AFTER: Final = dt.timedelta(hours=2)
# Rows read for one piece: a day of acks of a large district; whoever needed longer is counted without times.
_MOST_ROWS: Final = 5_000
_AT_ONCE: Final = 500
COUNTED: Final = ("queued", "sent", "received", "cached", "shown")
_SAID: Final = ("received", "cached", "shown")
_NEVER: Final = 2**62

Place: TypeAlias = tuple[int, int]
"""Epoch and version."""


@dataclass(frozen=True, slots=True)
class ScreenProgress:
    """How far one screen got; a stage without an instant was not reached, or its time is no longer kept."""

    screen: Screen
    version: int
    queued: dt.datetime
    times: Mapping[Stage, dt.datetime]
    reached: frozenset[Stage]
    why: Fact

    def at(self, stage: str) -> dt.datetime | None:
        return self.queued if stage == "queued" else self.times.get(STAGES[stage])

    @property
    def sent(self) -> bool:
        """Whether a gateway wrote it to the screen's socket, or the screen has said something of it."""
        return Stage.SENT in self.times or bool(self.reached)


@dataclass(frozen=True, slots=True)
class Progress:
    """A piece on all of its screens; `spans` are milliseconds from queued, sorted, of screens whose times are known."""

    screens: Sequence[ScreenProgress] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    spans: Mapping[str, Sequence[int]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return len(self.screens)

    @property
    def is_done(self) -> bool:
        return self.total > 0 and self.counts["shown"] == self.total

    def share(self, stage: str, part: float) -> int | None:
        """The time within which this part of the screens got there (ms), e.g. 0.99; None while fewer did."""
        found = self.spans.get(stage, ())
        need = max(1, -(-int(self.total * part * 1000) // 1000)) if self.total else 1
        return found[need - 1] if len(found) >= need else None


async def note_version(
    session: AsyncSession,
    queued: tuple[Place, str],
    before: Iterable[str],
    after: Iterable[str],
    *,
    receivers: int,
    now: dt.datetime,
) -> None:
    """Writes down that a manifest (its place and audience) was queued, and the releases it brings or takes away."""
    (epoch, version), audience = queued
    if await session.get(ScreenVersion, (epoch, version)) is not None:
        return
    session.add(ScreenVersion(epoch=epoch, version=version, audience=audience, at=now, receivers=receivers))
    old, new = set(before), set(after)
    for release in sorted(old ^ new):
        session.add(ScreenVersionPiece(release=release, epoch=epoch, version=version, brought=release in new))
    await session.flush()


async def note_steps(session: AsyncSession, steps: Mapping[Place, Sequence[Step]]) -> None:
    """Appends what was sent and said within a second; one row a version."""
    for (epoch, version), found in sorted(steps.items()):
        base, entries = packed(found)
        session.add(ScreenSteps(epoch=epoch, version=version, at=base, entries=entries))


async def progress(
    session: AsyncSession, release: str, *, brought: bool = True, since: dt.datetime | None = None, now: dt.datetime
) -> Progress:
    """What became of a release on the screens it was queued for, or, not `brought`, of taking it away."""
    query = (
        select(ScreenVersion.epoch, ScreenVersion.version, ScreenVersion.audience, ScreenVersion.at)
        .join(
            ScreenVersionPiece,
            and_(ScreenVersionPiece.epoch == ScreenVersion.epoch, ScreenVersionPiece.version == ScreenVersion.version),
        )
        .where(ScreenVersionPiece.release == release, ScreenVersionPiece.brought == brought)
        .order_by(ScreenVersion.epoch, ScreenVersion.version)
    )
    if since is not None:
        query = query.where(ScreenVersion.at >= since)
    first: dict[str, tuple[Place, dt.datetime]] = {}
    for epoch, version, audience, at in (await session.execute(query)).all():
        first.setdefault(audience, ((epoch, version), at))
    if not first:
        return Progress(counts=dict.fromkeys(COUNTED, 0))
    members = (
        select(Screen, AudienceMember.audience, ScreenState.version, ScreenState.at)
        .join(AudienceMember, AudienceMember.screen == Screen.id)
        .join(ScreenState, ScreenState.audience == AudienceMember.audience)
        .where(AudienceMember.audience.in_(sorted(first)), Screen.revoked_at.is_(None))
    )
    rows = (await session.execute(members)).all()
    times = await _times(session, min(place for place, _ in first.values()))
    found = [_progress(row[0], *first[row[1]], times, now) for row in rows]
    return counted(found)


def counted(found: Sequence[ScreenProgress]) -> Progress:
    """The sums over screens; pure."""
    counts = {"queued": len(found)}
    spans: dict[str, list[int]] = {}
    for name in COUNTED[1:]:
        stage = STAGES[name]
        counts[name] = sum(one.sent if stage is Stage.SENT else stage in one.reached for one in found)
        took = (one.times[stage] - one.queued for one in found if stage in one.times)
        spans[name] = sorted(max(0, one // dt.timedelta(milliseconds=1)) for one in took)
    return Progress(found, counts, spans)


async def join_steps(session: AsyncSession, *, now: dt.datetime) -> int:
    """Joins the rows of versions that have come to rest to one row each; how many were joined. Safe to repeat."""
    of = (
        select(ScreenSteps.epoch, ScreenSteps.version)
        .group_by(ScreenSteps.epoch, ScreenSteps.version)
        .having(func.count() > 1, func.max(ScreenSteps.at) < now - JOIN_AFTER)
        .limit(_AT_ONCE)
    )
    places = (await session.execute(of)).all()
    for epoch, version in places:
        mine = (ScreenSteps.epoch == epoch, ScreenSteps.version == version)
        rows = (await session.scalars(select(ScreenSteps).where(*mine))).all()
        base, entries = packed(joined(step for row in rows for step in unpacked(row.at, row.entries)))
        await session.execute(delete(ScreenSteps).where(*mine))
        session.add(ScreenSteps(epoch=epoch, version=version, at=base, entries=entries))
    await session.flush()
    return len(places)


async def prune(session: AsyncSession, *, now: dt.datetime) -> int:
    """Forgets the times of versions older than a quarter of a year; the counts of a piece stay with its delivery."""
    old = select(ScreenVersion.epoch, ScreenVersion.version).where(ScreenVersion.at < now - KEEP)
    places = [(epoch, version) for epoch, version in (await session.execute(old.limit(_AT_ONCE))).all()]
    for table in (ScreenSteps, ScreenVersionPiece, ScreenVersion):
        await session.execute(delete(table).where(tuple_(table.epoch, table.version).in_(places)))
    return len(places)


async def _times(session: AsyncSession, since: Place) -> Mapping[Tail, Sequence[tuple[Place, Stage, dt.datetime]]]:
    """Every step of this version and later ones, by screen."""
    epoch, version = since
    later = or_(ScreenSteps.epoch > epoch, and_(ScreenSteps.epoch == epoch, ScreenSteps.version >= version))
    query = select(ScreenSteps.epoch, ScreenSteps.version, ScreenSteps.at, ScreenSteps.entries).where(later)
    found: dict[Tail, list[tuple[Place, Stage, dt.datetime]]] = {}
    for of, number, base, entries in (await session.execute(query.order_by(ScreenSteps.id).limit(_MOST_ROWS))).all():
        for tail, stage, at in unpacked(base, entries):
            found.setdefault(tail, []).append(((of, number), stage, at))
    return found


def _progress(
    screen: Screen,
    place: Place,
    queued: dt.datetime,
    steps: Mapping[Tail, Sequence[tuple[Place, Stage, dt.datetime]]],
    now: dt.datetime,
) -> ScreenProgress:
    tail = tail_of(screen.id)
    mine = (Step(tail, stage, at) for of, stage, at in steps.get(tail, ()) if of >= place)
    times = firsts(mine).get(tail, {})
    wanted = _wanted(screen, place)
    reached: set[Stage] = {STAGES[name] for name in _SAID if getattr(screen, name) >= wanted}
    reached |= times.keys() - {Stage.REFUSED, Stage.SENT}
    # What was shown was received and cached, whether or not that was heard.
    highest = max(reached, default=0)
    reached |= {stage for stage in (Stage.RECEIVED, Stage.CACHED) if stage < highest}
    return ScreenProgress(screen, place[1], queued, times, frozenset(reached), _why(screen, wanted, queued, now))


def _wanted(screen: Screen, place: Place) -> int:
    """The version from which on what a screen said, under the epoch in which it said it, includes this place."""
    epoch, version = place
    if screen.epoch == epoch:
        return version
    return 1 if screen.epoch > epoch else _NEVER


def _why(screen: Screen, version: int, queued: dt.datetime, now: dt.datetime) -> Fact:
    """Why a screen does not show it, as its link and its version say."""
    link = link_of(screen, now)
    if link.reason.endswith((".down", ".silent", ".never")) and screen.shown < version:
        return link
    return version_of(screen, version, queued, now)
