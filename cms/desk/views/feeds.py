"""The feeds an administrator allows: which, under which licence, how they stand."""

from typing import Any, Final

from aiohttp import web

from cms.content.importing.feeds import (
    EVERY,
    Allowed,
    FeedState,
    SourceRow,
    add_source,
    edit_source,
    source_of,
    sources,
)
from cms.content.importing.models import FeedSource
from cms.desk import labels, unit_field
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.errors import DomainError, Invalid
from cms.people.permissions import Action, require_reach

_TONES: Final = {"waiting": "good", "polling": "info", "off": "past", "stuck": "bad"}
_FIELDS: Final = ("name", "url", "licence", "unit", "every")
_HOUR: Final = 60


async def feeds_page(visit: Visit) -> web.StreamResponse:
    return await _feeds(visit)


async def feed_add(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    try:
        given = await allowed_of(visit, form, active=True)
        async with visit.deps.db.write() as session:
            await add_source(session, visit.actor, given, now=visit.now)
    except DomainError as error:
        return await _feeds(visit, error, {name: text(form, name) for name in _FIELDS})
    return visit.redirect("/desk/feeds/", done="feed_added")


async def feed_page(visit: Visit) -> web.StreamResponse:
    return await _feed(visit)


async def feed_edit(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    try:
        given = await allowed_of(visit, form, active=text(form, "active") == "on")
        async with visit.deps.db.write() as session:
            await edit_source(session, visit.actor, visit.uuid("feed"), given, now=visit.now)
    except (Invalid, DomainError) as error:
        return await _feed(visit, error, form)
    return visit.redirect("/desk/feeds/", done="feed_saved")


async def allowed_of(visit: Visit, form: Form, *, active: bool) -> Allowed:
    """Raises Invalid for a unit that is none."""
    unit = (await unit_field.typed(visit, text(form, "unit"), Action.SYSTEM_CONFIGURE)).path
    every = text(form, "every")
    minutes = int(every) if every.isascii() and every.isdigit() and len(every) < 6 else 0
    return Allowed(text(form, "name"), text(form, "url"), text(form, "licence"), unit, minutes, active)


async def _feeds(visit: Visit, error: DomainError | None = None, values: dict[str, str] | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        found = await sources(session, visit.actor)
    typed = values or {"name": "", "url": "", "licence": "", "unit": visit.actor.unit, "every": "60"}
    context = {
        "feeds": [_shown(visit, one) for one in found],
        "values": typed,
        **await _choices(visit, typed["unit"]),
        **_refused(visit, error),
    }
    return visit.page("imports/feeds.html", context, section="feeds", status=error.status if error else 200)


async def _feed(visit: Visit, error: DomainError | None = None, form: Form | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        row = await source_of(session, visit.actor, visit.uuid("feed"))
    values = {
        "name": row.name,
        "url": row.url,
        "licence": row.licence,
        "unit": row.unit_path,
        "every": str(row.every_minutes),
        "active": row.state != FeedState.OFF,
    }
    if form is not None:
        values |= {name: text(form, name) for name in _FIELDS} | {"active": text(form, "active") == "on"}
    context = {
        "feed": _shown(visit, SourceRow(row, 0)),
        "values": values,
        **await _choices(visit, str(values["unit"])),
        **_refused(visit, error),
    }
    return visit.page("imports/feed.html", context, section="feeds", status=error.status if error else 200)


def _refused(visit: Visit, error: DomainError | None) -> dict[str, Any]:
    fields, params = (error.fields, error.params) if isinstance(error, Invalid) else ({}, {})
    return {
        "error": visit.refusal(error) if error else None,
        "wrong": {name: visit.refusal(Invalid(code, fields=None, **params)) for name, code in fields.items()},
    }


async def _choices(visit: Visit, unit: str) -> dict[str, Any]:
    require_reach(visit.actor, Action.SYSTEM_CONFIGURE)
    async with visit.deps.db.read() as session:
        place = await unit_field.field_of(session, unit, Action.SYSTEM_CONFIGURE)
    return {
        "unit": place,
        "intervals": [{"value": str(one), "label": _every(visit, one)} for one in EVERY],
    }


def _every(visit: Visit, minutes: int) -> str:
    if minutes < _HOUR:
        return visit.t("desk.feeds.minutes", count=minutes)
    return visit.t("desk.feeds.hours", count=minutes // _HOUR)


def _shown(visit: Visit, row: SourceRow) -> dict[str, Any]:
    feed: FeedSource = row.source
    state = FeedState(feed.state)
    trouble = labels.trouble(visit, feed.error_code, feed.error_params) if feed.error_code else None
    return {
        "href": f"/desk/feeds/{feed.id}",
        "name": feed.name,
        "url": feed.url,
        "licence": feed.licence,
        "every": _every(visit, feed.every_minutes),
        "label": visit.t(f"enum.FeedState.{state.name}"),
        "tone": "wait" if trouble and state is FeedState.WAITING else _TONES[state],
        "trouble": trouble,
        "good_at": feed.good_at,
        "next_at": feed.not_before if state is FeedState.WAITING else None,
        "waiting": row.waiting,
    }


ROUTES = (
    get("/desk/feeds/", feeds_page, Action.SYSTEM_CONFIGURE),
    post("/desk/feeds/", feed_add, Action.SYSTEM_CONFIGURE),
    get("/desk/feeds/{feed}", feed_page, Action.SYSTEM_CONFIGURE),
    post("/desk/feeds/{feed}", feed_edit, Action.SYSTEM_CONFIGURE),
)
