"""The publish→pixel ledger: what became of a piece on each screen, and who has it not, and why.

A manifest is queued for an audience; each screen says when it received, cached and showed it. What a later version
brought a screen brought it this one too, so a screen that was away is counted by the version it came back with.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import delete, func, select
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
        """Whether it was put on the wire: the screen was linked since, or has said something of it."""
        return bool(self.reached) or self.screen.link is not None


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
    queued: tuple[int, str],
    before: Iterable[str],
    after: Iterable[str],
    *,
    receivers: int,
    now: dt.datetime,
) -> None:
    """Writes down that a manifest (its version and audience) was queued, and the releases it brings or takes away."""
    version, audience = queued
    if await session.get(ScreenVersion, version) is not None:
        return
    session.add(ScreenVersion(version=version, audience=audience, at=now, receivers=receivers))
    old, new = set(before), set(after)
    for release in sorted(old ^ new):
        session.add(ScreenVersionPiece(release=release, version=version, brought=release in new))
    await session.flush()


async def note_steps(session: AsyncSession, steps: Mapping[int, Sequence[Step]]) -> None:
    """Appends what screens said within a second; one row a version."""
    for version, found in sorted(steps.items()):
        base, entries = packed(found)
        session.add(ScreenSteps(version=version, at=base, entries=entries))


async def progress(
    session: AsyncSession, release: str, *, brought: bool = True, since: dt.datetime | None = None, now: dt.datetime
) -> Progress:
    """What became of a release on the screens it was queued for, or, not `brought`, of taking it away."""
    query = (
        select(ScreenVersion.version, ScreenVersion.audience, ScreenVersion.at)
        .join(ScreenVersionPiece, ScreenVersionPiece.version == ScreenVersion.version)
        .where(ScreenVersionPiece.release == release, ScreenVersionPiece.brought == brought)
        .order_by(ScreenVersion.version)
    )
    if since is not None:
        query = query.where(ScreenVersion.at >= since)
    first: dict[str, tuple[int, dt.datetime]] = {}
    for version, audience, at in (await session.execute(query)).all():
        first.setdefault(audience, (version, at))
    if not first:
        return Progress(counts=dict.fromkeys(COUNTED, 0))
    members = (
        select(Screen, AudienceMember.audience, ScreenState.version, ScreenState.at)
        .join(AudienceMember, AudienceMember.screen == Screen.id)
        .join(ScreenState, ScreenState.audience == AudienceMember.audience)
        .where(AudienceMember.audience.in_(sorted(first)), Screen.revoked_at.is_(None))
    )
    rows = (await session.execute(members)).all()
    times = await _times(session, min(version for version, _ in first.values()))
    found = [_progress(row[0], *first[row[1]], times, now) for row in rows]
    return counted(found)


def counted(found: Sequence[ScreenProgress]) -> Progress:
    """The sums over screens; pure."""
    counts = {"queued": len(found), "sent": sum(one.sent for one in found)}
    spans: dict[str, list[int]] = {}
    for name in COUNTED[2:]:
        stage = STAGES[name]
        counts[name] = sum(stage in one.reached for one in found)
        took = (one.times[stage] - one.queued for one in found if stage in one.times)
        spans[name] = sorted(max(0, one // dt.timedelta(milliseconds=1)) for one in took)
    return Progress(found, counts, spans)


async def join_steps(session: AsyncSession, *, now: dt.datetime) -> int:
    """Joins the rows of versions that have come to rest to one row each; how many were joined. Safe to repeat."""
    of = (
        select(ScreenSteps.version)
        .group_by(ScreenSteps.version)
        .having(func.count() > 1, func.max(ScreenSteps.at) < now - JOIN_AFTER)
        .limit(_AT_ONCE)
    )
    versions = (await session.scalars(of)).all()
    for version in versions:
        rows = (await session.scalars(select(ScreenSteps).where(ScreenSteps.version == version))).all()
        base, entries = packed(joined(step for row in rows for step in unpacked(row.at, row.entries)))
        await session.execute(delete(ScreenSteps).where(ScreenSteps.version == version))
        session.add(ScreenSteps(version=version, at=base, entries=entries))
    await session.flush()
    return len(versions)


async def prune(session: AsyncSession, *, now: dt.datetime) -> int:
    """Forgets the times of versions older than a quarter of a year; the counts of a piece stay with its delivery."""
    old = select(ScreenVersion.version).where(ScreenVersion.at < now - KEEP)
    versions = (await session.scalars(old.limit(_AT_ONCE))).all()
    for table in (ScreenSteps, ScreenVersionPiece, ScreenVersion):
        await session.execute(delete(table).where(table.version.in_(versions)))
    return len(versions)


async def _times(session: AsyncSession, version: int) -> Mapping[Tail, Sequence[tuple[int, Stage, dt.datetime]]]:
    """Every step of this version and later ones, by screen."""
    query = select(ScreenSteps.version, ScreenSteps.at, ScreenSteps.entries).where(ScreenSteps.version >= version)
    found: dict[Tail, list[tuple[int, Stage, dt.datetime]]] = {}
    for number, base, entries in (await session.execute(query.order_by(ScreenSteps.id).limit(_MOST_ROWS))).all():
        for tail, stage, at in unpacked(base, entries):
            found.setdefault(tail, []).append((number, stage, at))
    return found


def _progress(
    screen: Screen,
    version: int,
    queued: dt.datetime,
    steps: Mapping[Tail, Sequence[tuple[int, Stage, dt.datetime]]],
    now: dt.datetime,
) -> ScreenProgress:
    tail = tail_of(screen.id)
    mine = (Step(tail, stage, at) for number, stage, at in steps.get(tail, ()) if number >= version)
    times = firsts(mine).get(tail, {})
    reached: set[Stage] = {
        stage for name, stage in STAGES.items() if stage is not Stage.REFUSED and getattr(screen, name) >= version
    }
    reached |= times.keys() - {Stage.REFUSED}
    # What was shown was received and cached, whether or not that was heard.
    highest = max(reached, default=0)
    reached |= {stage for stage in (Stage.RECEIVED, Stage.CACHED) if stage < highest}
    return ScreenProgress(screen, version, queued, times, frozenset(reached), _why(screen, version, queued, now))


def _why(screen: Screen, version: int, queued: dt.datetime, now: dt.datetime) -> Fact:
    """Why a screen does not show it, as its link and its version say."""
    link = link_of(screen, now)
    if link.reason.endswith((".down", ".silent", ".never")) and screen.shown < version:
        return link
    return version_of(screen, version, queued, now)
