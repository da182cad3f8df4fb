"""A television channel's logo over the API: as it is, placed, taken off, and how far its films are with it."""

import contextlib
import datetime as dt
import uuid
from dataclasses import replace
from typing import Final

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from cms.airing.logos import Cost, Film, cost_of, films_of
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Nothing
from cms.desk.visit import Visit
from cms.kernel.errors import NotFound
from cms.people.permissions import Action
from cms.planning.models import Target
from cms.publishing.onair.board import channel_of
from cms.publishing.onair.logos import (
    MARGIN,
    OPACITY,
    SIZE,
    LogoWish,
    Standing,
    end_logo,
    logo_of,
    pace,
    retry_films,
    set_logo,
)
from cms.publishing.onair.models import AirState, LogoRow
from media.logo import Corner, Place
from schedules.beijing import slot_start

_USUAL: Final = Place()


class LogoSent(Sent):
    """A picture of the library, PNG or JPEG, and where it stands.

    `margin` and `size` are hundredths of the screen's width, `opacity` is in hundredths.
    """

    picture: uuid.UUID
    corner: Corner = _USUAL.corner
    margin: int = Field(default=_USUAL.margin, ge=MARGIN[0], le=MARGIN[-1])
    size: int = Field(default=_USUAL.size, ge=SIZE[0], le=SIZE[-1])
    opacity: int = Field(default=_USUAL.opacity, ge=OPACITY[0], le=OPACITY[-1])


class LogoLine(Given):
    """The logo that a channel has, and since when."""

    picture: str
    corner: Corner
    margin: int
    size: int
    opacity: int
    since: dt.datetime


class LogoCost(Given):
    """What films take: `work_seconds` of the encoder by the `Pace`, and on the disk."""

    films: int
    seconds: int
    work_seconds: int
    bytes: int


class LogoPace(Given):
    """Seconds that a second of film takes: of the clock, over the last `films`; with 0 films, assumed, of one core."""

    rate: float
    films: int


class LogoFilm(Given):
    """A film of the next days; `state` is none while nobody asked for it; `done` of `total` segments."""

    title: str
    start: dt.datetime
    seconds: int
    state: str
    done: int
    total: int
    error: str


class LogoGiven(Given):
    """The logo, or none; what a new one takes of every film, what the present one still takes, and each film."""

    logo: LogoLine | None
    pace: LogoPace
    new: LogoCost
    left: LogoCost
    films: list[LogoFilm]


async def show_logo(visit: Visit) -> LogoGiven:
    """The logo of a television channel, what a new one costs, and how far films are."""
    async with visit.deps.db.read() as session:
        target = await channel_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_READ)
        return await _given(session, visit, target)


async def put_logo(visit: Visit, sent: LogoSent) -> LogoGiven:
    """Gives a channel a logo from now on; the one it had ends, and the same again changes nothing."""
    place = Place(sent.corner, sent.margin, sent.size, sent.opacity)
    async with visit.deps.db.write() as session:
        target = await channel_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_PUBLISH)
        await set_logo(session, visit.actor, target, LogoWish(sent.picture, place), now=visit.now)
        return await _given(session, visit, target)


async def take_logo_off(visit: Visit, _sent: Nothing) -> LogoGiven:
    """Takes the logo off from the next slots on; a channel without one stays as it is."""
    async with visit.deps.db.write() as session:
        target = await channel_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_PUBLISH)
        with contextlib.suppress(NotFound):
            await end_logo(session, visit.actor, target, now=visit.now)
        return await _given(session, visit, target)


async def retry_logo(visit: Visit, _sent: Nothing) -> LogoGiven:
    """Tries the films anew that could not be made with the logo."""
    async with visit.deps.db.write() as session:
        target = await channel_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_PUBLISH)
        row = await logo_of(session, target.id)
        if row is not None:
            await retry_films(session, row, now=visit.now)
        return await _given(session, visit, target)


async def _given(session: AsyncSession, visit: Visit, target: Target) -> LogoGiven:
    row = await logo_of(session, target.id)
    films = await films_of(session, target, visit.deps.channels, now=visit.now)
    by = await pace(session)
    new = cost_of([replace(one, standing=Standing()) for one in films], by)
    return LogoGiven(
        logo=None if row is None else _line(row),
        pace=LogoPace(rate=round(by.rate, 2), films=by.films),
        new=_cost(new),
        left=_cost(cost_of(films if row is not None else (), by)),
        films=[_film(one, is_wanted=row is not None) for one in films],
    )


def _line(row: LogoRow) -> LogoLine:
    return LogoLine(
        picture=str(row.asset_id),
        corner=Corner(row.corner),
        margin=row.margin,
        size=row.size,
        opacity=row.opacity,
        since=row.created_at,
    )


def _cost(cost: Cost) -> LogoCost:
    return LogoCost(films=cost.films, seconds=cost.seconds, work_seconds=cost.work_seconds, bytes=cost.bytes)


def _film(one: Film, *, is_wanted: bool) -> LogoFilm:
    standing = one.standing
    # A worker asks for it within moments.
    state = AirState.WAITING.value if is_wanted and standing == Standing() else standing.state
    return LogoFilm(
        title=one.title,
        start=slot_start(one.start),
        seconds=one.seconds,
        state=state,
        done=standing.done,
        total=standing.total,
        error=standing.error if state == AirState.FAILED else "",
    )


_AT = "/api/v1/targets/{target}/logo"
RESOURCES: tuple[Resource, ...] = (
    ask(_AT, show_logo, Action.PUBLISHING_READ, given=LogoGiven),
    take("PUT", _AT, put_logo, Action.PUBLISHING_PUBLISH, sent=LogoSent, given=LogoGiven),
    take("DELETE", _AT, take_logo_off, Action.PUBLISHING_PUBLISH, sent=Nothing, given=LogoGiven),
    take("POST", f"{_AT}/again", retry_logo, Action.PUBLISHING_PUBLISH, sent=Nothing, given=LogoGiven),
)
