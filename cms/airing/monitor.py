"""The wall of all channels: what each shows now and next, whether it really goes out, and how many watch."""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.airing.day import aired_of, channels_of, on_air
from cms.airing.measured import Measured, measured_of
from cms.airing.viewing_rows import Viewing, viewing_of
from cms.contract import Aired, Airing, Channel
from cms.library.models import VIDEO, Asset
from cms.live.seen import Seen, seen_on_air
from cms.people.actor import Actor
from cms.planning.models import Target
from schedules.beijing import SLOT_MS, slot_of

PAGE: Final = 24
# A still of a minute between two items is a hole in the plan; a shorter one is what a grid leaves over.
STILL_SLOTS: Final = 16
# A list that stands longer than this has stopped; players stall after three of its segments.
LATE_SLOTS: Final = 3
_AHEAD: Final = 22_500

Probe = Callable[[str, str], Awaitable[int | None]]
"""The newest slot that a viewer of a channel (its kind, its code) can get; None when there is none."""

Still = Callable[[str, str], Awaitable[bytes | None]]
"""A JPEG of what a channel (its kind, its code) shows at this moment; None when there is none."""


class Health(StrEnum):
    """How a channel goes out."""

    GOOD = "good"
    STILL = "still"
    STOPPED = "stopped"
    UNPLANNED = "unplanned"


@dataclass(frozen=True, slots=True)
class Tile:
    """A channel on the wall.

    Attributes:
        now: what its plan shows in this slot; None while it has no plan.
        next: the next thing that is not the still picture.
        newest: the newest slot a viewer gets; None when that was not asked or there is none.
        asset: the film on air, for its picture.
        measured: what the intake measured of that film; None where it did not.
        live: the signal that is ordered to be on air; None where none is.
        missing: lines of the settings, of fillers and bumpers, that name nothing which is live there.
    """

    target: Target
    now: Airing | None
    next: Airing | None
    health: Health
    newest: int | None
    viewing: Viewing
    asset: uuid.UUID | None = None
    measured: Measured | None = None
    live: Seen | None = None
    missing: tuple[str, ...] = ()

    def into(self, slot: int) -> int:
        """Milliseconds into the film that is on, also where something lay over its beginning."""
        return 0 if self.now is None else max(0, self.now.segment(slot)) * SLOT_MS


async def wall(
    session: AsyncSession,
    actor: Actor,
    channels: Mapping[str, Channel],
    probe: Probe | None,
    *,
    now: dt.datetime,
    page: int = 0,
) -> tuple[Sequence[Tile], int]:
    """A page of the channels the actor may look at, and how many there are."""
    every = await channels_of(session, actor, channels)
    shown = every[page * PAGE : (page + 1) * PAGE]
    viewing = await viewing_of(session, [row.id for row in shown], now=now)
    found = [await _tile(session, row, channels, probe, viewing[row.id], now=now) for row in shown]
    signals = await seen_on_air(session, [row.id for row in shown], now=now)
    films = await _films(session, [tile.now.master for tile in found if tile.now is not None])
    tiles = [replace(_with_film(tile, films), live=signals.get(tile.target.id)) for tile in found]
    return tiles, len(every)


def health_of(aired: Aired | None, newest: int | None, here: int, *, probed: bool) -> Health:
    """How a channel goes out, by its plan and by what a viewer gets; the gravest first. Pure."""
    if aired is None:
        return Health.UNPLANNED
    if aired.ends <= here or (probed and (newest is None or newest < here - LATE_SLOTS)):
        return Health.STOPPED
    on = airing_at(aired.airings, here)
    if on is None or not on.is_still:
        return Health.GOOD
    return Health.STILL if here - on.start >= STILL_SLOTS or on.gone else Health.GOOD


def airing_at(airings: Sequence[Airing], slot: int) -> Airing | None:
    return next((one for one in airings if one.start <= slot < one.end), None)


def following(airings: Sequence[Airing], slot: int) -> Airing | None:
    """The next thing after what is on."""
    return next((one for one in airings if one.start > slot and not one.is_still), None)


async def look_at(
    session: AsyncSession, row: Target, channels: Mapping[str, Channel], probe: Probe | None, *, now: dt.datetime
) -> tuple[Aired | None, int | None, Health]:
    """The plan around now, the newest slot, and what they say."""
    here = slot_of(now)
    air = on_air(channels, row)
    aired = await aired_of(session, row, air, here - STILL_SLOTS - 1, here + _AHEAD, now=now)
    newest = None if probe is None else await probe(row.kind, row.code)
    return aired, newest, health_of(aired, newest, here, probed=probe is not None)


async def _tile(
    session: AsyncSession,
    row: Target,
    channels: Mapping[str, Channel],
    probe: Probe | None,
    viewing: Viewing,
    *,
    now: dt.datetime,
) -> Tile:
    aired, newest, health = await look_at(session, row, channels, probe, now=now)
    airings: Sequence[Airing] = () if aired is None else aired.airings
    here = slot_of(now)
    missing = () if aired is None else aired.missing
    on, coming = airing_at(airings, here), following(airings, here)
    return Tile(row, on, coming, health, newest, viewing, missing=missing)


async def _films(session: AsyncSession, masters: Sequence[str]) -> Mapping[str, Asset]:
    query = select(Asset).where(Asset.sha256.in_(masters), Asset.kind == VIDEO)
    return {row.sha256: row for row in (await session.scalars(query)).all()}


def _with_film(tile: Tile, films: Mapping[str, Asset]) -> Tile:
    asset = None if tile.now is None else films.get(tile.now.master)
    if asset is None:
        return tile
    # An installation whose intake writes no report has no such column.
    return replace(tile, asset=asset.id, measured=measured_of(asset.findings))
