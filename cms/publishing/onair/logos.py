"""台标: which picture stands in a channel's corner, the films that are made with it, and what becomes of old ones.

A logo is drawn into the television rendition alone, once for each film and look; the film as it is everywhere else is
not touched. Until a film has its logo the channel plays it without: nothing waits for an encoder.
"""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.wake import ring
from cms.library.models import PICTURE, Asset
from cms.library.rights import Rights, rights
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, can, require_can
from cms.planning.models import Target
from cms.publishing.onair.cutting import order_again
from cms.publishing.onair.models import CHANNEL, LOGO, AirJob, AirState, CutInKind, LogoRow
from media.house import SEGMENT_MS
from media.logo import Corner, Place

# Raised when the same numbers are drawn otherwise.
_DESIGN: Final = 1
FORMS: Final = ("image/png", "image/jpeg")
MARGIN: Final = range(11)
SIZE: Final = range(4, 31)
OPACITY: Final = range(20, 101)
# Of one core, for a second of film: read once, three pictures encoded anew. Where nothing was made yet.
RATE: Final = 1.5
# 回看 shows what had another logo then.
KEPT: Final = dt.timedelta(days=8)
_LAST: Final = 12
_FEWEST: Final = -100_000


@dataclass(frozen=True, slots=True)
class LogoWish:
    """Which picture of the library, and where it stands."""

    picture: uuid.UUID
    place: Place


@dataclass(frozen=True, slots=True)
class Wanted:
    """A film that a channel is going to play: its index, and in how many slots."""

    film: str
    ahead: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a film is: ``none`` while nobody asked, else as an `AirState`; `done` of `total` segments."""

    state: str = "none"
    done: int = 0
    total: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a second of film takes: measured over the last `films`, or assumed while there are none."""

    rate: float = RATE
    films: int = 0


async def pace(session: AsyncSession) -> Pace:
    """How long the last films with a logo took in this house, whatever else its machines did meanwhile."""
    query = select(AirJob.took_ms, AirJob.took_of).where(AirJob.kind == LOGO, AirJob.took_of > 0, AirJob.took_ms > 0)
    query = query.where(AirJob.state == AirState.READY.value).order_by(AirJob.finished_at.desc()).limit(_LAST)
    rows = (await session.execute(query)).all()
    segments = sum(row.took_of for row in rows)
    return Pace(sum(row.took_ms for row in rows) / (segments * SEGMENT_MS), len(rows)) if segments else Pace()


async def logo_of(session: AsyncSession, target: uuid.UUID) -> LogoRow | None:
    """The logo a channel has now."""
    query = select(LogoRow).where(LogoRow.target_id == target, LogoRow.ended_at.is_(None))
    return await session.scalar(query.order_by(LogoRow.created_at.desc()).limit(1))


async def wearing(session: AsyncSession, targets: Collection[uuid.UUID]) -> Mapping[uuid.UUID, LogoRow]:
    """The logos that these channels have now."""
    query = select(LogoRow).where(LogoRow.target_id.in_(targets), LogoRow.ended_at.is_(None))
    return {row.target_id: row for row in (await session.scalars(query.order_by(LogoRow.created_at))).all()}


def place_of(row: LogoRow) -> Place:
    return Place(Corner(row.corner), row.margin, row.size, row.opacity)


async def set_logo(session: AsyncSession, actor: Actor, target: Target, wish: LogoWish, *, now: dt.datetime) -> LogoRow:
    """Gives a channel a logo from now on; the one it had ends. The same again changes nothing.

    Raises:
        Denied: no right to publish on the channel, or to see the picture.
        NotFound: `library.asset_unknown` for a picture that is not there.
        Invalid: `publishing.logo_place` for numbers outside of what fits a corner.
        Refused: `publishing.cut_in_no_channel`, `.logo_form`, `.logo_rights`.
    """
    require_can(actor, Action.PUBLISHING_PUBLISH, Subject(target.unit_path))
    if target.kind != CHANNEL:
        raise Refused("publishing.cut_in_no_channel", target=target.name)
    _check(wish.place)
    asset = await picture_of(session, actor, wish.picture, now=now)
    before, look = await logo_of(session, target.id), look_of(asset.sha256, wish.place)
    if before is not None and before.look == look:
        return before
    if before is not None:
        before.ended_at, before.ended_by = now, actor.person
    row = LogoRow(
        id=uuid7(now),
        target_id=target.id,
        asset_id=asset.id,
        look=look,
        sha256=asset.sha256,
        media_type=asset.media_type,
        created_by=actor.person,
        created_at=now,
        **asdict(wish.place),
    )
    session.add(row)
    await session.flush()
    await _changed(session, actor, target, "logo.set", {"picture": str(asset.id), **asdict(wish.place)}, now)
    return row


async def end_logo(session: AsyncSession, actor: Actor, target: Target, *, now: dt.datetime) -> None:
    """Takes the logo off from the next slots on. Raises Denied, NotFound `publishing.no_logo`."""
    require_can(actor, Action.PUBLISHING_PUBLISH, Subject(target.unit_path))
    row = await logo_of(session, target.id)
    if row is None:
        raise NotFound("publishing.no_logo")
    row.ended_at, row.ended_by = now, actor.person
    await session.flush()
    await _changed(session, actor, target, "logo.end", {"picture": str(row.asset_id)}, now)


async def picture_of(session: AsyncSession, actor: Actor, key: uuid.UUID, *, now: dt.datetime) -> Asset:
    """A picture of the library that may be a logo. Raises as `set_logo`."""
    asset = await session.get(Asset, key)
    if asset is None or asset.deleted_at is not None or asset.kind != PICTURE:
        raise NotFound("library.asset_unknown")
    require_can(actor, Action.LIBRARY_READ, Subject(asset.unit_path, frozenset({asset.created_by})))
    if asset.media_type not in FORMS:
        raise Refused("publishing.logo_form", name=asset.name)
    if rights(asset.valid_until, now=now) is Rights.EXPIRED:
        raise Refused("publishing.logo_rights", name=asset.name)
    return asset


async def pictures(session: AsyncSession, actor: Actor, *, now: dt.datetime, limit: int = 60) -> Sequence[Asset]:
    """Pictures that may be a logo, those with transparency first, then the newest."""
    query = select(Asset).where(Asset.kind == PICTURE, Asset.deleted_at.is_(None), Asset.media_type.in_(FORMS))
    query = query.where(or_(Asset.valid_until.is_(None), Asset.valid_until > now))
    order = (Asset.media_type.desc(), Asset.created_at.desc())
    rows = (await session.scalars(query.order_by(*order).limit(10 * limit))).all()
    mine = (row for row in rows if can(actor, Action.LIBRARY_READ, Subject(row.unit_path, frozenset({row.created_by}))))
    return [row for row, _ in zip(mine, range(limit), strict=False)]


def look_of(sha256: str, place: Place) -> str:
    """The key of a look: channels with the same picture at the same place share films."""
    return _hash([LOGO, _DESIGN, sha256, asdict(place)])


async def looks_of(session: AsyncSession, target: Target) -> dict[str, str]:
    """What is made for a channel's logo: by the index of the plain film, that of the film with it."""
    row = await logo_of(session, target.id) if target.kind == CHANNEL else None
    if row is None:
        return {}
    query = select(AirJob.film, AirJob.sha256).where(AirJob.look == row.look, AirJob.sha256.is_not(None))
    return {film: made for film, made in (await session.execute(query)).all() if made is not None}


async def want_films(session: AsyncSession, row: LogoRow, films: Sequence[Wanted], *, now: dt.datetime) -> int:
    """Asks for films with this logo, the soonest first; how many of them are new."""
    known = set((await session.scalars(select(AirJob.film).where(AirJob.look == row.look))).all())
    new = {one.film: one for one in films if one.film not in known}
    place = {"corner": row.corner, "margin": row.margin, "size": row.size, "opacity": row.opacity}
    for one in new.values():
        spec = {"film": one.film, "picture": row.sha256, "media_type": row.media_type, "place": place}
        job = AirJob(id=uuid7(now), key=_hash([row.look, one.film]), kind=LOGO, spec=spec, look=row.look)
        job.film, job.not_before, job.created_at = one.film, now, now
        job.priority = max(_FEWEST, -one.ahead)
        session.add(job)
    if new:
        await session.flush()
        await ring(session, "onair")
    return len(new)


async def standings(session: AsyncSession, look: str, films: Collection[str]) -> Mapping[str, Standing]:
    """How far these films are."""
    query = select(AirJob).where(AirJob.look == look, AirJob.film.in_(films))
    rows = (await session.scalars(query)).all()
    return {row.film: Standing(row.state, row.done, row.total, row.error_code or "") for row in rows}


async def show_logos(session: AsyncSession, _kind: str, now: dt.datetime) -> None:
    """Plans every channel with a logo anew; `cms.publishing.onair.jobs.Shown`."""
    wearing = select(LogoRow.target_id).where(LogoRow.ended_at.is_(None))
    query = select(Target).where(Target.active, Target.id.in_(wearing)).order_by(Target.code)
    await order_again(session, (await session.scalars(query)).all(), CutInKind.TEXT, now=now)


async def retry_films(session: AsyncSession, row: LogoRow, *, now: dt.datetime) -> int:
    """Tries those anew that could not be made; how many."""
    query = select(AirJob).where(AirJob.look == row.look, AirJob.state == AirState.FAILED.value)
    failed = (await session.scalars(query.with_for_update())).all()
    for job in failed:
        job.state, job.not_before, job.attempt, job.lost = AirState.WAITING.value, now, 0, 0
    await session.flush()
    await ring(session, "onair")
    return len(failed)


async def counted(session: AsyncSession) -> Mapping[str, int]:
    """How many films with a logo there are in each state."""
    query = select(AirJob.state, func.count()).where(AirJob.kind == LOGO).group_by(AirJob.state)
    found: dict[str, int] = {row[0]: row[1] for row in (await session.execute(query)).all()}
    return {state.value: found.get(state.value, 0) for state in AirState}


async def drop_films(session: AsyncSession, films: Collection[str], *, now: dt.datetime) -> Sequence[str]:
    """Ends the rows of films no channel plays or remembers, and of looks that ended long ago; their indexes' hashes.

    Args:
        session: in a write block.
        films: the indexes that any channel's plan names, past days with it.
        now: the instant.
    """
    alive = or_(LogoRow.ended_at.is_(None), LogoRow.ended_at > now - KEPT)
    looks = set((await session.scalars(select(LogoRow.look).where(alive))).all())
    query = select(AirJob).where(AirJob.kind == LOGO, AirJob.state != AirState.MAKING.value)
    rows = (await session.scalars(query.where(AirJob.created_at < now - KEPT))).all()
    gone = [row for row in rows if row.look not in looks or row.film not in films]
    files = [row.sha256 for row in gone if row.sha256] + [str(part[4]) for row in gone for part in row.parts]
    await session.execute(delete(AirJob).where(AirJob.id.in_([row.id for row in gone])))
    return files


async def spare_parts(session: AsyncSession) -> Sequence[str]:
    """Forgets the parts of films that are whole; their indexes' hashes. In a write block."""
    query = select(AirJob).where(AirJob.kind == LOGO, AirJob.state == AirState.READY.value)
    files: list[str] = []
    for row in (await session.scalars(query)).all():
        files += [str(part[4]) for part in row.parts]
        row.parts = []
    return files


async def worn(session: AsyncSession, assets: Collection[uuid.UUID]) -> Mapping[uuid.UUID, int]:
    """How many channels have each of these pictures as their logo now."""
    query = select(LogoRow.asset_id, func.count()).where(LogoRow.asset_id.in_(assets), LogoRow.ended_at.is_(None))
    return {row[0]: row[1] for row in (await session.execute(query.group_by(LogoRow.asset_id))).all()}


def _check(place: Place) -> None:
    wrong = {
        name: "publishing.logo_place"
        for name, range_ in (("margin", MARGIN), ("size", SIZE), ("opacity", OPACITY))
        if getattr(place, name) not in range_
    }
    if place.corner not in set(Corner):
        wrong["corner"] = "publishing.logo_place"
    if wrong:
        raise Invalid("publishing.logo_place", fields=wrong)


async def _changed(  # noqa: PLR0917 - two private callers
    session: AsyncSession, actor: Actor, target: Target, act: str, details: dict[str, Any], now: dt.datetime
) -> None:
    await order_again(session, [target], CutInKind.TEXT, now=now)
    await ring(session, "onair")
    await record(session, actor, act, of=("target", target.code), unit=target.unit_path, details=details, now=now)


def _hash(told: Any) -> str:
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
