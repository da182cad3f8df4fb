"""台标 on the desk: the picture in its corner with a preview, what it costs before it is saved, how far films are."""

import contextlib
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from cms.airing.logos import Film, cost_of, films_of, poster_of
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit, as_uuid
from cms.kernel.errors import DomainError, Invalid, NotFound
from cms.library.models import Asset
from cms.people.permissions import Action, Subject, can
from cms.publishing.onair.board import channel_of
from cms.publishing.onair.logos import (
    MARGIN,
    OPACITY,
    SIZE,
    LogoWish,
    Pace,
    end_logo,
    logo_of,
    pace,
    pictures,
    place_of,
    retry_films,
    set_logo,
)
from cms.publishing.onair.models import AirState, LogoRow
from media.logo import Corner, Place, box
from schedules.beijing import slot_start

_WIDTH: Final = 1920
_HEIGHT: Final = 1080
_LISTED: Final = 40
_GB: Final = 1_000_000_000
_TONES: Final = {"ready": "good", "making": "info", "failed": "bad"}
_RANGES: Final = {"margin": MARGIN, "size": SIZE, "opacity": OPACITY}


async def logo_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def films_part(visit: Visit) -> web.StreamResponse:
    """How far the films are, asked again every few seconds."""
    return visit.render("onair/logo_films.html", await _context(visit))


async def save(visit: Visit) -> web.StreamResponse:
    form = await _form(visit)
    try:
        wish = LogoWish(as_uuid(text(form, "picture")), _place(form))
        async with visit.deps.db.write() as session:
            target = await channel_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_PUBLISH)
            await set_logo(session, visit.actor, target, wish, now=visit.now)
    except DomainError as error:
        if error.status == 403:
            raise
        return await _page(visit, error, form)
    return visit.redirect(_href(visit), done="logo_saved")


async def take_off(visit: Visit) -> web.StreamResponse:
    await _form(visit)
    async with visit.deps.db.write() as session:
        target = await channel_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_PUBLISH)
        # Somebody else was quicker: it is off, which is what was asked for.
        with contextlib.suppress(NotFound):
            await end_logo(session, visit.actor, target, now=visit.now)
    return visit.redirect(_href(visit), done="logo_ended")


async def again(visit: Visit) -> web.StreamResponse:
    """Tries the films anew that could not be made."""
    await _form(visit)
    async with visit.deps.db.write() as session:
        target = await channel_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_PUBLISH)
        row = await logo_of(session, target.id)
        if row is not None:
            await retry_films(session, row, now=visit.now)
    return visit.redirect(_href(visit), done="logo_again")


async def _form(visit: Visit) -> Form:
    async with visit.deps.db.read() as session:
        await channel_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_PUBLISH)
    return await visit.form()


def _place(form: Form) -> Place:
    try:
        numbers = {name: int(text(form, name)) for name in _RANGES}
        return Place(Corner(text(form, "corner")), **numbers)
    except ValueError:
        raise Invalid("publishing.logo_place") from None


async def _page(visit: Visit, error: DomainError | None = None, form: Form | None = None) -> web.StreamResponse:
    context = await _context(visit)
    async with visit.deps.db.read() as session:
        target = await channel_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_READ)
        row = await logo_of(session, target.id)
        may_end = bool(can(visit.actor, Action.PUBLISHING_PUBLISH, Subject(target.unit_path)))
        may = may_end and visit.may(Action.LIBRARY_READ)
        chosen = await pictures(session, visit.actor, now=visit.now) if may else ()
        behind = await poster_of(session, visit.actor, context["films"][0]["film"]) if context["films"] else None
    place = _shown_place(row, form)
    picked = text(form, "picture") if form is not None else "" if row is None else str(row.asset_id)
    context |= {
        "channels_href": "/desk/onair/",
        "may": may,
        "may_end": may_end,
        "has_logo": row is not None,
        "pictures": [_picture(one, picked) for one in chosen],
        "picked": f"/desk/assets/{picked}/web-480" if picked else "",
        "corners": [{"value": c.value, "label": visit.t(f"desk.logo.corner.{c.value}")} for c in Corner],
        "place": place,
        "ranges": _ranges(visit, place),
        "box": box(place, _WIDTH, _HEIGHT),
        "fit": f"x{'Min' if place.corner.is_left else 'Max'}Y{'Min' if place.corner.is_top else 'Max'} meet",
        "behind": f"/desk/assets/{behind}/poster" if behind else "",
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("onair/logo.html", context, section="onair", status=error.status if error else 200)


async def _context(visit: Visit) -> dict[str, Any]:
    async with visit.deps.db.read() as session:
        target = await channel_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_READ)
        films = await films_of(session, target, visit.deps.channels, now=visit.now)
        row = await logo_of(session, target.id)
        by = await pace(session)
    ready = sum(1 for one in films if one.is_ready)
    may = bool(can(visit.actor, Action.PUBLISHING_PUBLISH, Subject(target.unit_path)))
    return {
        "target": {"code": target.code, "name": target.name, "href": f"/desk/onair/{target.code}"},
        "films": [_film(visit, one, asked=row is not None) for one in films[:_LISTED]],
        "more": max(0, len(films) - _LISTED),
        "total": len(films),
        "ready": ready,
        "failed": may and any(one.standing.state == AirState.FAILED for one in films),
        "has_logo": row is not None,
        "csrf": visit.csrf,
        "cost": _cost(visit, films, by, plain=row is None),
    }


def _cost(visit: Visit, films: Sequence[Film], by: Pace, *, plain: bool) -> dict[str, str]:
    """What a new logo takes of every film, and what the present one still takes."""
    found = cost_of(films, by)
    every = cost_of([Film(one.film, one.title, one.start, one.seconds, one.bytes) for one in films], by)
    basis = "by" if by.films else "assumed"
    words = {
        "films": str(every.films),
        "length": _length(visit, every.seconds),
        "core": _length(visit, every.work_seconds),
        "by": visit.t(f"desk.logo.cost.{basis}", count=by.films, rate=f"{by.rate:.2f}"),
        "room": f"{every.bytes / _GB:.1f} GB",
    }
    return words | {"left": "" if plain or not found.films else _length(visit, found.work_seconds)}


def _film(visit: Visit, one: Film, *, asked: bool) -> dict[str, Any]:
    standing = one.standing
    state = standing.state if standing.state in _TONES else "waiting" if asked else "plain"
    return {
        "film": one.film,
        "title": one.title,
        "at": slot_start(one.start),
        "length": _length(visit, one.seconds),
        "state": visit.t(f"desk.logo.state.{state}"),
        "tone": _TONES.get(state, "past" if state == "plain" else "wait"),
        "progress": {"done": standing.done, "total": standing.total} if 0 < standing.done < standing.total else None,
        "why": visit.t(f"error.{standing.error}.text", **_PARAMS) if standing.error and state == "failed" else "",
    }


_PARAMS: Final = {"track": "1080", "reason": "–", "setting": "–", "seconds": "–", "found": "–", "claimed": "–"}


def _picture(one: Asset, picked: str) -> dict[str, Any]:
    key = str(one.id)
    return {
        "value": key,
        "name": one.name,
        "thumb": f"/desk/assets/{key}/web-480",
        "checked": key == picked,
        "is_clear": one.media_type == "image/png",
    }


def _shown_place(row: LogoRow | None, form: Form | None) -> Place:
    if form is not None:
        try:
            typed = _place(form)
        except Invalid:
            return Place()
        return typed if all(getattr(typed, name) in range_ for name, range_ in _RANGES.items()) else Place()
    return Place() if row is None else place_of(row)


def _ranges(visit: Visit, place: Place) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "label": visit.t(f"desk.logo.{name}"),
            "hint": visit.t(f"desk.logo.{name}_hint"),
            "low": range_[0],
            "high": range_[-1],
            "value": getattr(place, name),
        }
        for name, range_ in _RANGES.items()
    ]


def _length(visit: Visit, seconds: int) -> str:
    if seconds < 60:
        return visit.t("desk.onair.s", count=seconds)
    minutes = round(seconds / 60)
    if minutes < 60:
        return visit.t("desk.onair.m", count=minutes)
    return visit.t("desk.logo.hm", hours=minutes // 60, minutes=minutes % 60)


def _href(visit: Visit) -> str:
    return f"/desk/onair/{visit.part('target')}/logo"


ROUTES = (
    get("/desk/onair/{target}/logo", logo_page, Action.PUBLISHING_READ),
    get("/desk/onair/{target}/logo/films", films_part, Action.PUBLISHING_READ),
    post("/desk/onair/{target}/logo", save, Action.PUBLISHING_PUBLISH),
    post("/desk/onair/{target}/logo/end", take_off, Action.PUBLISHING_PUBLISH),
    post("/desk/onair/{target}/logo/again", again, Action.PUBLISHING_PUBLISH),
)
