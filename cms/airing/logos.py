"""The films a channel is going to play, for the logo that is put over them: how long, how far, and at what cost."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.airing.day import aired_of, on_air, timelines
from cms.contract import Airing, Channel
from cms.library.models import Asset, PastRendition, Rendition
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, can
from cms.planning.models import Target
from cms.publishing.onair.logos import Pace, Standing, Wanted, logo_of, standings, want_films
from cms.publishing.onair.models import AirState, LogoRow
from media.house import INDEX, RUNGS, rendition
from schedules.beijing import SLOT_MS, slot_of

# As far as a channel is planned.
AHEAD: Final = 4 * 22_500
_BACK: Final = 9 * 22_500


_UNASKED: Final = Standing()


@dataclass(frozen=True, slots=True)
class Film:
    """A film of the next days.

    Attributes:
        film: its index.
        start: the first slot it is planned in from now on.
        seconds: how long it is, as far as it is planned in one piece.
        bytes: of its three pictures; those with the logo take about as much again.
    """

    film: str
    title: str
    start: int
    seconds: int
    bytes: int = 0
    standing: Standing = _UNASKED

    @property
    def is_ready(self) -> bool:
        return self.standing.state == AirState.READY


@dataclass(frozen=True, slots=True)
class Cost:
    """What the films that are not made yet take: of time, and on the disk."""

    films: int
    seconds: int
    work_seconds: int
    bytes: int


def cost_of(films: Sequence[Film], pace: Pace) -> Cost:
    """The cost of what is still to be made. Pure."""
    open_ = [one for one in films if not one.is_ready]
    seconds = sum(one.seconds for one in open_)
    return Cost(len(open_), seconds, round(seconds * pace.rate), sum(one.bytes for one in open_))


def films_in(airings: Sequence[Airing], here: int) -> Sequence[Film]:
    """Each film once, the soonest first. Pure."""
    found: dict[str, Film] = {}
    for one in airings:
        # A picture made of words, and live input, are no films: they have no index of the library's.
        if one.is_still or one.end <= here or len(one.index) != 64 or one.index == one.master:
            continue
        seconds, before = (one.end - one.start) * SLOT_MS // 1000, found.get(one.index)
        if before is None:
            found[one.index] = Film(one.index, one.title, max(one.start, here), seconds)
        elif before.seconds < seconds:
            found[one.index] = Film(one.index, one.title, before.start, seconds)
    return list(found.values())


async def films_of(
    session: AsyncSession, target: Target, channels: Mapping[str, Channel], *, now: dt.datetime
) -> Sequence[Film]:
    """The films of a channel's plan from now on, and how far each is for the logo it has."""
    here = slot_of(now)
    aired = await aired_of(session, target, on_air(channels, target), here, here + AHEAD, now=now)
    films = () if aired is None else films_in(aired.airings, here)
    row = await logo_of(session, target.id)
    keys = [one.film for one in films]
    known = {} if row is None else await standings(session, row.look, keys)
    sizes = await _sizes(session, keys)
    return [
        Film(one.film, one.title, one.start, one.seconds, sizes.get(one.film, 0), known.get(one.film, _UNASKED))
        for one in films
    ]


async def ask_for_films(
    session: AsyncSession, row: LogoRow, channels: Mapping[str, Channel], *, now: dt.datetime
) -> int:
    """Has what a channel with a logo is going to play made with it; how many films that are new."""
    target = await session.get_one(Target, row.target_id)
    here = slot_of(now)
    aired = await aired_of(session, target, on_air(channels, target), here, here + AHEAD, now=now)
    films = () if aired is None else films_in(aired.airings, here)
    return await want_films(session, row, [Wanted(one.film, one.start - here) for one in films], now=now)


async def named_films(session: AsyncSession, channels: Mapping[str, Channel], *, now: dt.datetime) -> frozenset[str]:
    """The indexes of all films that any channel's plan names, past days with it."""
    here, found = slot_of(now), set()
    for target in (await session.scalars(select(Target).where(Target.kind.in_(timelines(channels))))).all():
        air = on_air(channels, target)
        aired = await aired_of(session, target, air, here - _BACK, here + AHEAD, now=now)
        found |= {one.index for one in (aired.airings if aired is not None else ()) if one.index}
    return frozenset(found)


async def poster_of(session: AsyncSession, actor: Actor, film: str) -> uuid.UUID | None:
    """The film of an index, for its poster; None where the actor may not see it or it has none."""
    query = select(Asset).join(Rendition, Rendition.asset_id == Asset.id).where(Rendition.sha256 == film)
    row = await session.scalar(query.where(Rendition.name == INDEX, Asset.poster_id.is_not(None)).limit(1))
    sees = row is not None and can(actor, Action.LIBRARY_READ, Subject(row.unit_path, frozenset({row.created_by})))
    return row.id if row is not None and sees else None


async def _sizes(session: AsyncSession, films: Sequence[str]) -> Mapping[str, int]:
    """Bytes of the pictures of films, by their indexes; 0 for one whose files were made anew meanwhile."""
    owners = select(Rendition.asset_id, Rendition.sha256).where(Rendition.name == INDEX, Rendition.sha256.in_(films))
    past = select(PastRendition.asset_id, PastRendition.sha256)
    past = past.where(PastRendition.name == INDEX, PastRendition.sha256.in_(films))
    rows = [*(await session.execute(owners)).all(), *(await session.execute(past)).all()]
    by_asset = {row.asset_id: row.sha256 for row in rows}
    query = select(Rendition.asset_id, func.sum(Rendition.size)).where(Rendition.asset_id.in_(by_asset))
    query = query.where(Rendition.name.in_([rendition(rung) for rung in RUNGS])).group_by(Rendition.asset_id)
    return {by_asset[asset]: int(size) for asset, size in (await session.execute(query)).all()}
