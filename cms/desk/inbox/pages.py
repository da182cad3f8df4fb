"""What waits for a person: reviews, alarms, trouble at targets, and what they were told; and how they are reached."""

from typing import Any, Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.desk.calendar.overview import alarm_line
from cms.desk.delivery_rows import quiet_row
from cms.desk.reading import waiting_line
from cms.desk.routing import SIGNED_IN, get, post
from cms.desk.views.gate import text
from cms.desk.views.people_factor import reset_lines
from cms.desk.visit import Visit, as_uuid
from cms.kernel.errors import DomainError, Invalid
from cms.notices.alarms import open_alarms
from cms.notices.choices import choice_of, choose
from cms.notices.inbox import notices_of, put_all_away, put_away, read_notice
from cms.notices.models import Notice, NoticeChoice
from cms.notices.words import subject_of
from cms.people.permissions import Action
from cms.publishing.deliveries import troubled
from cms.review.inbox import waiting_for

_SHOWN: Final = 50
_TROUBLE: Final = 10


async def inbox_page(visit: Visit) -> web.StreamResponse:
    done = visit.query("done") == "1"
    async with visit.deps.db.read() as session:
        context = await _lists(session, visit, done=done)
    return visit.page("inbox/list.html", context, section="inbox")


async def _lists(session: AsyncSession, visit: Visit, *, done: bool) -> dict[str, Any]:
    reads = visit.may(Action.DOCUMENT_READ)
    waiting = await waiting_for(session, visit.actor, limit=_SHOWN) if reads and not done else []
    alarms = await open_alarms(session, visit.actor, limit=_SHOWN) if not done else []
    trouble = (
        await troubled(session, visit.actor, limit=_TROUBLE) if visit.may(Action.PUBLISHING_RETRY) and not done else []
    )
    notices = await notices_of(session, visit.actor, done=done, limit=_SHOWN)
    resets = await reset_lines(session, visit) if not done else []
    shown = {alarm.cause for alarm in alarms} | {one["cause"] for one in resets}
    return {
        "done_list": done,
        "alarms": [alarm_line(visit, one) for one in alarms],
        "resets": resets,
        "waiting": [waiting_line(visit, one, None) for one in waiting],
        "trouble": [quiet_row(visit, one) for one in trouble],
        # What stands above is not said twice.
        "notices": [_notice(visit, one) for one in notices if one.cause not in shown],
        "tabs": [
            {"label": visit.t("desk.inbox.open"), "href": "/desk/inbox/", "is_current": not done},
            {"label": visit.t("desk.inbox.done"), "href": "/desk/inbox/?done=1", "is_current": done},
        ],
    }


async def open_notice(visit: Visit) -> web.StreamResponse:
    """Reading it leads to where it is dealt with."""
    async with visit.deps.db.write() as session:
        href = await read_notice(session, visit.actor, visit.uuid("notice"), now=visit.now)
    return visit.redirect(href)


async def put(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    async with visit.deps.db.write() as session:
        if text(form, "act") == "all":
            await put_all_away(session, visit.actor, now=visit.now)
        else:
            await put_away(session, visit.actor, as_uuid(text(form, "notice")), now=visit.now)
    return visit.redirect("/desk/inbox/", done="put_away")


async def choices_page(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        row = await choice_of(session, visit.actor)
    return _choices(visit, values_of(row))


async def choices(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    typed = {name: text(form, name) for name in ("mail", "quiet_from", "quiet_to")}
    try:
        async with visit.deps.db.write() as session:
            await choose(session, visit.actor, now=visit.now, **typed)
    except Invalid as error:
        return _choices(visit, typed, error)
    return visit.redirect("/desk/inbox/choices", done="choices_saved")


def _choices(visit: Visit, values: dict[str, str], error: DomainError | None = None) -> web.StreamResponse:
    named = error.fields if isinstance(error, Invalid) else {}
    errors = {name: visit.refusal(Invalid(named[name])) if name in named else None for name in values}
    context = {"values": values, "errors": errors}
    return visit.page("inbox/choices.html", context, section="inbox", status=error.status if error else 200)


def values_of(row: NoticeChoice | None) -> dict[str, str]:
    if row is None:
        return {"mail": "", "quiet_from": "", "quiet_to": ""}
    quiet = row.quiet_from != row.quiet_to
    return {
        "mail": row.mail,
        "quiet_from": _clock(row.quiet_from) if quiet else "",
        "quiet_to": _clock(row.quiet_to) if quiet else "",
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _notice(visit: Visit, one: Notice) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "text": subject_of(one.subject, dict(one.params), visit.deps.catalogue, visit.language),
        "at": one.last_at,
        "times": one.times,
        "is_new": one.read_at is None,
    }


ROUTES = (
    get("/desk/inbox/", inbox_page, SIGNED_IN),
    post("/desk/inbox/put", put, SIGNED_IN),
    get("/desk/inbox/choices", choices_page, SIGNED_IN),
    post("/desk/inbox/choices", choices, SIGNED_IN),
    post("/desk/inbox/{notice}", open_notice, SIGNED_IN),
)
