"""The channels, and one channel's page: what is cutting in, what will, and the forms to begin and to end it."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.queries import find
from cms.desk.fields import instant
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit, as_uuid
from cms.kernel.errors import DomainError, Invalid
from cms.people.permissions import Action, Subject, can, require_reach
from cms.planning.models import Target
from cms.planning.targets import targets
from cms.publishing.onair.board import Choice, Shown, channel_of, choices, orders
from cms.publishing.onair.budget import LIMIT, Rungs, cost_of
from cms.publishing.onair.cutting import Wish, cut_in, end_cut_in
from cms.publishing.onair.jobs import queued_texts
from cms.publishing.onair.models import CHANNEL, CutInKind

_BASE: Final = "/desk/onair/"
_ICONS: Final = {
    CutInKind.EMERGENCY: "megaphone",
    CutInKind.LIVE: "radio-tower",
    CutInKind.INSERT: "monitor-play",
    CutInKind.TEXT: "captions",
}
_MINUTES: Final = (10, 30, 60, 120, 360)
_SECONDS: Final = (15, 30, 60, 120, 300, 600)


async def channels_page(visit: Visit) -> web.StreamResponse:
    """Every channel whose deliveries the person may see."""
    require_reach(visit.actor, Action.PUBLISHING_READ)
    rows = []
    async with visit.deps.db.read() as session:
        for target in await _channels(session, visit, Action.PUBLISHING_READ):
            shown = [one for one in await orders(session, target, now=visit.now) if one.is_open(visit.now)]
            shown.sort(key=lambda one: one.row.start_at)
            rows.append(
                {
                    "name": target.name,
                    "code": target.code,
                    "href": f"{_BASE}{target.code}",
                    "orders": [_told(visit, one, may_end=False) for one in shown[:3]],
                }
            )
    return visit.page("onair/channels.html", {"channels": rows}, section="onair")


async def channel_page(visit: Visit) -> web.StreamResponse:
    return await _channel(visit)


async def begin_emergency(visit: Visit) -> web.StreamResponse:
    """Onto every channel that was ticked; the word has to be typed."""
    form = await _form(visit, Action.PUBLISHING_PUBLISH)
    minutes = text(form, "minutes")
    length = dt.timedelta(minutes=int(minutes)) if minutes in {str(one) for one in _MINUTES} else dt.timedelta(0)
    chosen = [value for value in form.getall("channel", []) if isinstance(value, str)]
    try:
        if text(form, "word").strip() != visit.t("desk.onair.word"):
            raise Invalid("desk.onair_word", fields={"word": "desk.onair_word"})
        wish = Wish(CutInKind.EMERGENCY, tuple(chosen), until=visit.now + length)
        await _begin(visit, form, wish)
    except DomainError as error:
        return await _channel(visit, error)
    return visit.redirect(_href(visit), done="onair_emergency")


async def begin_insert(visit: Visit) -> web.StreamResponse:
    """A piece of the channel's own, once, instead of what is planned."""
    form = await _form(visit, Action.PUBLISHING_PUBLISH)
    try:
        await _begin(visit, form, Wish(CutInKind.INSERT, (visit.part("target"),), start=_at(visit, form)))
    except DomainError as error:
        return await _channel(visit, error)
    return visit.redirect(_href(visit), done="onair_insert")


async def begin_crawl(visit: Visit) -> web.StreamResponse:
    """A notice's words over what is planned; what it costs stood beside the choice."""
    form = await _form(visit, Action.PUBLISHING_PUBLISH)
    seconds, _, rungs = text(form, "length").partition(":")
    try:
        if seconds not in {str(one) for one in _SECONDS} or rungs not in set(Rungs):
            raise Invalid("publishing.cut_in_times", fields={"length": "publishing.cut_in_times"})
        length = dt.timedelta(seconds=int(seconds))
        start = _at(visit, form)
        wish = Wish(CutInKind.TEXT, (visit.part("target"),), start=start, length=length, rungs=Rungs(rungs))
        await _begin(visit, form, wish)
    except DomainError as error:
        return await _channel(visit, error)
    return visit.redirect(_href(visit), done="onair_crawl")


async def end(visit: Visit) -> web.StreamResponse:
    """Ends one of this channel's; stopping asks for nothing."""
    form = await _form(visit, Action.PUBLISHING_RECALL)
    try:
        async with visit.deps.db.write() as session:
            await end_cut_in(session, visit.actor, as_uuid(text(form, "cut_in")), now=visit.now)
    except DomainError as error:
        return await _channel(visit, error)
    return visit.redirect(_href(visit), done="onair_ended")


async def _form(visit: Visit, action: Action) -> Form:
    """What was sent, to somebody who may do this on this channel. Raises as `channel_of`."""
    async with visit.deps.db.read() as session:
        await channel_of(session, visit.actor, visit.part("target"), action)
    return await visit.form()


async def _begin(visit: Visit, form: Form, wish: Wish) -> None:
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, text(form, "document"))
        await cut_in(session, visit.actor, held.document.id, wish, now=visit.now)


def _at(visit: Visit, form: Form) -> dt.datetime | None:
    try:
        return instant(text(form, "at"), visit.deps.zone)
    except (ValueError, OverflowError):
        raise Invalid("publishing.cut_in_times", fields={"at": "publishing.cut_in_times"}) from None


async def _channel(visit: Visit, error: DomainError | None = None) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        target = await channel_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_READ)
        shown = await orders(session, target, now=visit.now)
        queued = await queued_texts(session)
        may_begin = bool(can(visit.actor, Action.PUBLISHING_PUBLISH, Subject(target.unit_path)))
        found = await choices(session, target, now=visit.now) if may_begin else ()
        own = await _channels(session, visit, Action.PUBLISHING_PUBLISH)
    may_end = bool(can(visit.actor, Action.PUBLISHING_RECALL, Subject(target.unit_path)))
    context = {
        "target": {"code": target.code, "name": target.name, "href": f"{_BASE}{target.code}"},
        "stream": f"{visit.deps.site.base_url}/tv/{target.code}/master.m3u8",
        "open": [_told(visit, one, may_end=may_end) for one in shown if one.is_open(visit.now)],
        "past": [_told(visit, one, may_end=False) for one in shown if not one.is_open(visit.now)],
        "may_begin": may_begin,
        "pieces": {kind.value: _options(found, kind) for kind in CutInKind},
        "channels": [{"value": one.code, "label": one.name, "checked": one.code == target.code} for one in own],
        "minutes": [{"value": str(one), "label": _minutes(visit.t, one)} for one in _MINUTES],
        "lengths": lengths(visit.t, queued),
        "budget": round(LIMIT),
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("onair/channel.html", context, section="onair", status=error.status if error else 200)


async def _channels(session: AsyncSession, visit: Visit, action: Action) -> list[Target]:
    found = await targets(session, kind=CHANNEL)
    return [one for one in found if can(visit.actor, action, Subject(one.unit_path))]


def _options(found: Sequence[Choice], kind: CutInKind) -> list[dict[str, str]]:
    return [{"value": one.document, "label": one.title} for one in found if kind in one.kinds]


def lengths(t: Callable[..., str], queued: float) -> list[dict[str, str]]:
    """Each length with what its encoding costs and when it could begin at the earliest, behind what is ordered."""
    rows = []
    for rungs in Rungs:
        for seconds in _SECONDS:
            cost = cost_of(dt.timedelta(seconds=seconds), rungs, queued=queued)
            if cost.core_seconds <= LIMIT:
                label = t(
                    f"desk.onair.length.{rungs.value}",
                    length=_minutes(t, seconds // 60) if seconds >= 60 else t("desk.onair.s", count=seconds),
                    cost=round(cost.core_seconds),
                    ahead=round(cost.ahead.total_seconds()),
                )
                rows.append({"value": f"{seconds}:{rungs.value}", "label": label})
    return rows


def _minutes(t: Callable[..., str], minutes: int) -> str:
    return t("desk.onair.h", count=minutes // 60) if minutes % 60 == 0 else t("desk.onair.m", count=minutes)


def _told(visit: Visit, one: Shown, *, may_end: bool) -> dict[str, Any]:
    row, now = one.row, visit.now
    if row.ended_at is not None:
        state, tone = "ended", "past"
    elif not one.is_live:
        state, tone = "gone", "past"
    elif not one.is_open(now):
        state, tone = "over", "past"
    elif one.failed:
        state, tone = "failed", "bad"
    elif not one.ready:
        state, tone = "making", "wait"
    elif one.is_on(now):
        state, tone = "on", "bad" if row.kind == CutInKind.EMERGENCY else "good"
    else:
        state, tone = "coming", "info"
    return {
        "id": str(row.id),
        "kind": visit.t(f"desk.onair.kind.{row.kind}"),
        "icon": _ICONS[CutInKind(row.kind)],
        "title": one.title,
        "who": one.who,
        "start": row.start_at,
        "until": row.ended_at or one.until,
        "state": visit.t(f"desk.onair.state.{state}"),
        "tone": tone,
        "progress": {"done": one.done, "total": one.total} if 0 < one.done < one.total else None,
        "may_end": may_end,
    }


def _href(visit: Visit) -> str:
    return f"{_BASE}{visit.part('target')}"


ROUTES = (
    get("/desk/onair/", channels_page, Action.PUBLISHING_READ),
    get("/desk/onair/{target}", channel_page, Action.PUBLISHING_READ),
    post("/desk/onair/{target}/emergency", begin_emergency, Action.PUBLISHING_PUBLISH),
    post("/desk/onair/{target}/insert", begin_insert, Action.PUBLISHING_PUBLISH),
    post("/desk/onair/{target}/crawl", begin_crawl, Action.PUBLISHING_PUBLISH),
    post("/desk/onair/{target}/end", end, Action.PUBLISHING_RECALL),
)
