"""The wall of all channels: a tile each, drawn anew every few seconds."""

import datetime as dt
from typing import Any, Final

from aiohttp import web

from cms.airing.day import channel_of
from cms.airing.editing import clock
from cms.airing.measured import KINDS, Measured
from cms.airing.monitor import PAGE, Tile, wall
from cms.contract import Airing
from cms.desk import labels
from cms.desk.routing import get
from cms.desk.visit import Visit
from cms.live.seen import Seen
from cms.people.permissions import Action
from schedules.beijing import SLOT_MS, day_of, slot_of, slot_start

_NAMED: Final = 5
# A picture stays half a minute on a tile: decoding has a budget.
_STILL_SLOTS: Final = 8
_TONES: Final = {"good": "good", "still": "wait", "stopped": "bad", "unplanned": "past"}


async def page(visit: Visit) -> web.StreamResponse:
    return visit.page("days/monitor.html", await _context(visit), section="monitor")


async def tiles(visit: Visit) -> web.StreamResponse:
    return visit.render("days/tiles.html", await _context(visit))


async def still(visit: Visit) -> web.StreamResponse:
    """What a channel shows at this moment; nothing where that cannot be seen."""
    async with visit.deps.db.read() as session:
        row = await channel_of(session, visit.actor, visit.deps.channels, visit.part("target"))
    picture = None if visit.deps.still is None else await visit.deps.still(row.kind, row.code)
    if picture is None:
        return web.Response(status=204, headers={"Cache-Control": "no-store"})
    return web.Response(body=picture, content_type="image/jpeg", headers={"Cache-Control": "no-store"})


async def _context(visit: Visit) -> dict[str, Any]:
    number = int(visit.query("page")) if visit.query("page").isdecimal() else 0
    async with visit.deps.db.read() as session:
        found, every = await wall(
            session, visit.actor, visit.deps.channels, visit.deps.newest, now=visit.now, page=number
        )
    first = number * PAGE
    return {
        "tiles": [tile_line(visit, one) for one in found],
        "at": clock(visit.now),
        "url": f"/desk/monitor/tiles?page={number}",
        "may": visit.may(Action.TARGET_MANAGE),
        "pager": {
            "first": first + 1,
            "last": first + len(found),
            "total": every,
            "earlier": f"/desk/monitor/?page={number - 1}" if number else "",
            "later": f"/desk/monitor/?page={number + 1}" if first + PAGE < every else "",
        }
        if every > PAGE
        else None,
    }


def tile_line(visit: Visit, one: Tile) -> dict[str, Any]:
    """A tile in words and numbers."""
    here = slot_of(visit.now)
    health = one.health.value
    newest = None if one.newest is None else slot_start(one.newest)
    return {
        "name": one.target.name,
        "channel": labels.channel(visit, one.target.kind),
        "day": f"/desk/days/{one.target.code}",
        "health": health,
        "tone": _TONES[health],
        "word": visit.t(f"days.health.{health}"),
        "now": _airing(visit, one.now, here),
        "next": _coming(visit, one.next, here),
        "newest": clock(newest) if newest is not None else "",
        "ago": "" if newest is None else visit.t("days.ago", n=max(0, _seconds(visit.now - newest))),
        "poster": f"/desk/assets/{one.asset}/poster" if one.asset is not None else "",
        "still": f"/desk/monitor/still/{one.target.code}?{here // _STILL_SLOTS}" if _is_seen(visit, one) else "",
        "sound": _sound(visit, one.measured) if one.live is None else _signal_sound(visit, one.live),
        "picture": _picture(visit, one, here) if one.live is None else _signal(visit, one.live),
        "missing": visit.joined(one.missing[:_NAMED]) + ("…" if len(one.missing) > _NAMED else ""),
        "settings": f"/desk/targets/{one.target.code}",
        "viewers": one.viewing.now,
        "sessions": one.viewing.sessions,
        "most": one.viewing.most,
        "hours": f"{one.viewing.seconds / 3600:.1f}",
        "is_probed": visit.deps.newest is not None,
        "has_plan": one.now is not None,
    }


def _is_seen(visit: Visit, one: Tile) -> bool:
    """Whether a picture of what goes out can be had: of a channel that has not stopped."""
    return visit.deps.still is not None and one.newest is not None


def _airing(visit: Visit, one: Airing | None, here: int) -> dict[str, Any] | None:
    if one is None:
        return None
    length = one.end - one.start
    kind = "gone" if one.gone else "still"
    return {
        "title": visit.t(f"days.kind.{kind}", count=1) if one.is_still else one.title,
        "start": clock(slot_start(one.start)),
        "end": clock(slot_start(one.end)),
        "done": min(length, max(0, here - one.start)),
        "of": length,
        "left": max(0, round((one.end - here) * SLOT_MS / 1000)),
    }


def _coming(visit: Visit, one: Airing | None, here: int) -> dict[str, Any] | None:
    line = _airing(visit, one, here)
    return None if one is None or line is None else {**line, "start": begins(slot_start(one.start), visit.now)}


def begins(at: dt.datetime, now: dt.datetime) -> str:
    """When something begins, as the channel counts it: another day than today's with its date."""
    on = day_of(at)
    return clock(at) if on == day_of(now) else f"{on:%m-%d} {clock(at)}"


def _sound(visit: Visit, found: Measured | None) -> dict[str, Any] | None:
    if found is None:
        return None
    if found.loudness is None:
        return {"words": visit.t("days.sound.none"), "is_good": True}
    peak = "–" if found.peak is None else f"{found.peak:.1f}"
    words = visit.t("days.sound", level=f"{found.loudness:.1f}", peak=peak)
    return {"words": words, "is_good": found.is_loud_right}


def _picture(visit: Visit, one: Tile, here: int) -> dict[str, Any] | None:
    """What the film's report says of its picture, and whether such a stretch is on now."""
    if one.measured is None:
        return None
    found = [(kind, len(one.measured.spans.get(kind, ()))) for kind in KINDS]
    counts = [visit.t(f"days.picture.{kind}", count=count) for kind, count in found if count]
    on = one.measured.at(one.into(here))
    words = visit.t("days.picture.now", what=visit.t(f"days.picture.word.{on}")) if on else ""
    return {"words": visit.joined(counts) or visit.t("days.picture.good"), "now": words, "is_good": not on}


def _signal_sound(visit: Visit, seen: Seen) -> dict[str, Any] | None:
    """How loud a signal on air comes in; it goes out levelled."""
    if not seen.is_there:
        return None
    if seen.loudness is None:
        return {"words": visit.t("days.sound.signal_none"), "is_good": False}
    peak = "–" if seen.peak is None else f"{seen.peak:.1f}"
    return {"words": visit.t("days.sound.signal", level=f"{seen.loudness:.1f}", peak=peak), "is_good": True}


def _signal(visit: Visit, seen: Seen) -> dict[str, Any]:
    """What is seen of a signal on air."""
    if not seen.is_there:
        return {"words": "", "now": visit.t("days.signal.lost"), "is_good": False}
    kind, since = ("black", seen.black) if seen.black is not None else ("frozen", seen.frozen)
    if since is None:
        return {"words": visit.t("days.signal.good"), "now": "", "is_good": True}
    word = visit.t(f"days.picture.word.{kind}")
    return {"words": "", "now": visit.t("days.signal.since", what=word, at=clock(since)), "is_good": False}


def _seconds(span: dt.timedelta) -> int:
    return round(span.total_seconds())


ROUTES = (
    get("/desk/monitor/", page, Action.PUBLISHING_READ),
    get("/desk/monitor/tiles", tiles, Action.PUBLISHING_READ),
    get("/desk/monitor/still/{target}", still, Action.PUBLISHING_READ),
)
