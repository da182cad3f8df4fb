"""The page of a channel's day, its rail and its shelf as parts, and the way to a channel."""

import datetime as dt
from typing import Any, Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.airing.day import aired_of, channel_of, channels_of, date_of, on_air, read_day
from cms.airing.editing import Hand, Repeat, last_change
from cms.airing.ready import shelf
from cms.airing.templates import templates_of
from cms.contract import OnAir
from cms.desk.days import lines
from cms.desk.routing import get
from cms.desk.visit import Visit
from cms.kernel.errors import NotFound
from cms.people.permissions import Action, Subject, can
from cms.planning.models import Target
from schedules.beijing import day_of, slot_of

SCRIPT: Final = "days.script."
_NAMED: Final = 5
_DAY: Final = dt.timedelta(days=1)


async def way(visit: Visit) -> web.StreamResponse:
    """Leads to the first channel; without one, says what to do."""
    async with visit.deps.db.read() as session:
        every = await channels_of(session, visit.actor, visit.deps.channels)
    if every:
        return visit.redirect(f"/desk/days/{every[0].code}")
    return visit.page("days/none.html", {"may": visit.may(Action.TARGET_MANAGE)}, section="days")


async def page(visit: Visit) -> web.StreamResponse:
    on = date_in(visit)
    async with visit.deps.db.read() as session:
        row, hand = await opened(session, visit)
        every = await channels_of(session, visit.actor, visit.deps.channels)
        context = {
            **await _rail(session, visit, hand, on),
            **await _shelf(session, visit, hand, on),
            "targets": [{"value": one.code, "label": one.name} for one in every],
            "templates": [
                {"value": str(one.id), "label": one.name, "count": len(one.entries)}
                for one in await templates_of(session, row)
            ],
            "repeats": [{"value": one.value, "label": visit.t(f"days.repeat.{one.value}")} for one in Repeat],
            "tomorrow": (on + _DAY).isoformat(),
            "data": _data(visit, row, on),
            **await _missing(session, visit, row, hand),
        }
    return visit.page("days/page.html", context, section="days")


async def _missing(session: AsyncSession, visit: Visit, row: Target, hand: Hand) -> dict[str, Any]:
    """What the channel's settings name and nobody finds, with the way to correct it."""
    here = slot_of(visit.now)
    aired = await aired_of(session, row, hand.air, here, here + 1, now=visit.now)
    names = () if aired is None else aired.missing
    may = bool(can(visit.actor, Action.TARGET_MANAGE, Subject(row.unit_path)))
    return {
        "missing": visit.joined(names[:_NAMED]) + ("…" if len(names) > _NAMED else ""),
        "settings": f"/desk/targets/{row.code}" if may else "",
    }


async def rail_part(visit: Visit) -> web.StreamResponse:
    """The rail alone: after a change, and every few seconds."""
    async with visit.deps.db.read() as session:
        _, hand = await opened(session, visit)
        context = await _rail(session, visit, hand, date_in(visit))
    return visit.render("days/rail.html", context)


async def shelf_part(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        _, hand = await opened(session, visit)
        context = await _shelf(session, visit, hand, date_in(visit))
    return visit.render("days/shelf.html", context)


async def opened(session: AsyncSession, visit: Visit) -> tuple[Target, Hand]:
    """The channel of the address and who works on it. Raises NotFound `airing.no_channel`, Denied."""
    row = await channel_of(session, visit.actor, visit.deps.channels, visit.part("target"))
    air: OnAir = on_air(visit.deps.channels, row)
    return row, Hand(visit.actor, row, air, visit.now)


def urls(row: Target, on: dt.date) -> dict[str, str]:
    """Where the page and its parts are."""
    base = f"/desk/days/{row.code}"
    return {"day": f"{base}/{on}", "base": base}


async def _rail(session: AsyncSession, visit: Visit, hand: Hand, on: dt.date) -> dict[str, Any]:
    row = hand.target
    day = await read_day(session, visit.actor, row, hand.air, on, now=visit.now)
    last = await last_change(session, hand)
    today = day_of(visit.now)
    may = bool(can(visit.actor, Action.PUBLISHING_SCHEDULE, Subject(row.unit_path)))
    return {
        "target": {"code": row.code, "name": row.name},
        "on": on.isoformat(),
        "label": lines.day_label(visit, on),
        "feast": lines.feast(visit, day),
        "is_holiday": day.feast is not None and day.feast.kind.value == "holiday",
        "rail": lines.rail(visit, day),
        "urls": urls(row, on),
        "links": {
            "before": f"/desk/days/{row.code}/{on - _DAY}",
            "after": f"/desk/days/{row.code}/{on + _DAY}",
            "today": f"/desk/days/{row.code}/{today}",
        },
        "may": may and on >= today,
        "is_past": on < today,
        "is_today": on == today,
        "change": "" if last is None else str(last.id),
        "change_word": "" if last is None else visit.t(f"days.act.{last.act}"),
        "csrf": visit.csrf,
    }


async def _shelf(session: AsyncSession, visit: Visit, hand: Hand, on: dt.date) -> dict[str, Any]:
    found = await shelf(session, visit.actor, hand.target, hand.air, words=visit.query("q"))
    is_past = on < day_of(visit.now)
    return {"pieces": [lines.shelf_line(visit, one, is_past=is_past) for one in found], "q": visit.query("q")}


def _data(visit: Visit, row: Target, on: dt.date) -> dict[str, Any]:
    """What the script needs; texts in the reader's language."""
    return {
        "on": on.isoformat(),
        "urls": {**urls(row, on), "check": f"/desk/days/{row.code}/check", "do": f"/desk/days/{row.code}/do"},
        "texts": {
            key.removeprefix(SCRIPT): said for key, said in visit.deps.catalogue.table(visit.language, SCRIPT).items()
        },
    }


def date_in(visit: Visit) -> dt.date:
    """The date of the address; a channel's own address is today. Raises NotFound for what is no date."""
    if "on" not in visit.request.match_info:
        return day_of(visit.now)
    text = visit.part("on")
    found = date_of(text, visit.now)
    if found.isoformat() != text:
        raise NotFound("airing.no_day")
    return found


ROUTES = (
    get("/desk/days/", way, Action.PUBLISHING_READ),
    get("/desk/days/{target}", page, Action.PUBLISHING_READ),
    get("/desk/days/{target}/{on}", page, Action.PUBLISHING_READ),
    get("/desk/days/{target}/{on}/rail", rail_part, Action.PUBLISHING_READ),
    get("/desk/days/{target}/{on}/shelf", shelf_part, Action.PUBLISHING_READ),
)
