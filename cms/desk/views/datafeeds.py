"""Data feeds: how each stands, what it said last, and readings entered by hand."""

import datetime as dt
from typing import Any, Final

from aiohttp import web

from cms.datafeeds.keeping import Kept, add_feed, card_of, code_typed, edit_feed, feed_of, feeds, feeds_for_cards
from cms.datafeeds.lines import read_lines, read_values, shown
from cms.datafeeds.models import DataFeed
from cms.datafeeds.saying import Said
from cms.datafeeds.states import DataState, state_of
from cms.desk import labels, unit_field
from cms.desk.frame import Section
from cms.desk.routing import get, post
from cms.desk.saying import say_for
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.errors import DomainError, Invalid
from cms.people.permissions import Action, Subject, can, may_anywhere
from cms.signals.feed import Card, Number

_TONES: Final = {DataState.EMPTY: "plain", DataState.CURRENT: "good", DataState.STALE: "bad", DataState.OFF: "past"}
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_LASTS: Final = (300, 900, 1_800, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY)
_FIELDS: Final = ("code", "name", "unit", "lasts", "fields")
VALUE: Final = "value."
CARDS: Final = "/desk/datafeeds/cards/choices"


async def feeds_page(visit: Visit) -> web.StreamResponse:
    return await _feeds(visit)


async def feed_add(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    try:
        card = read_lines(code_typed(text(form, "code")), text(form, "fields", keep=True))
        kept = await _kept(visit, form, active=True)
        async with visit.deps.db.write() as session:
            await add_feed(session, visit.actor, card, kept, now=visit.now)
    except DomainError as error:
        return await _feeds(visit, error, {name: text(form, name) for name in _FIELDS})
    return visit.redirect(f"/desk/datafeeds/{card.feed}", done="datafeed_added")


async def feed_page(visit: Visit) -> web.StreamResponse:
    return await _feed(visit)


async def feed_edit(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    try:
        kept = await _kept(visit, form, active=text(form, "active") == "on")
        async with visit.deps.db.write() as session:
            await edit_feed(session, visit.actor, visit.part("feed"), kept, now=visit.now)
    except DomainError as error:
        return await _feed(visit, error, form)
    return visit.redirect(f"/desk/datafeeds/{visit.part('feed')}", done="datafeed_saved")


async def feed_say(visit: Visit) -> web.StreamResponse:
    """Readings somebody typed: signed like those of a machine, and in the record."""
    form = await visit.form()
    code = visit.part("feed")
    async with visit.deps.db.read() as session:
        card = card_of(await feed_of(session, visit.actor, code, Action.VALUES_SAY))
    try:
        values = read_values(card, {field.name: text(form, VALUE + field.name) for field in card.fields})
        await say_for(visit, Said(values, by_hand=True))
    except DomainError as error:
        return await _feed(visit, error, form)
    return visit.redirect(f"/desk/datafeeds/{code}", done="datafeed_said")


async def feed_choices(visit: Visit) -> web.StreamResponse:
    """The feeds a writer may put on a card, for the editor's script."""
    async with visit.deps.db.read() as session:
        found = await feeds_for_cards(session, visit.actor)
    cards = [{"feed": row.code, "name": row.name, "fields": row.fields} for row in found]
    return web.json_response({"feeds": cards}, headers={"Cache-Control": "no-store"})


async def _kept(visit: Visit, form: Form, *, active: bool) -> Kept:
    """Raises Invalid for a unit that is none."""
    place = await unit_field.typed(visit, text(form, "unit"), Action.DATA_MANAGE)
    lasts = text(form, "lasts")
    return Kept(text(form, "name"), place.path, int(lasts) if lasts.isascii() and lasts.isdigit() else 0, active)


async def _feeds(visit: Visit, error: DomainError | None = None, typed: dict[str, str] | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        found = await feeds(session, visit.actor)
        values = typed or {"code": "", "name": "", "unit": visit.actor.unit, "lasts": str(_HOUR), "fields": ""}
        place = await unit_field.field_of(session, values["unit"], Action.DATA_MANAGE)
    context = {
        "feeds": [_shown(visit, one) for one in found],
        "values": values,
        "unit": place,
        "lasts": _choices(visit, values["lasts"]),
        "may_add": may_anywhere(visit.actor, Action.DATA_MANAGE),
        **_refused(visit, error),
    }
    return visit.page("datafeeds/list.html", context, section="datafeeds", status=error.status if error else 200)


async def _feed(visit: Visit, error: DomainError | None = None, form: Form | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        row = await feed_of(session, visit.actor, visit.part("feed"))
        subject = Subject(row.unit_path)
        values = {"name": row.name, "unit": row.unit_path, "lasts": str(row.lasts), "active": row.active}
        if form is not None and "name" in form:
            values |= {name: text(form, name) for name in ("name", "unit", "lasts")}
            values["active"] = text(form, "active") == "on"
        place = await unit_field.field_of(session, str(values["unit"]), Action.DATA_MANAGE)
    typed = {key.removeprefix(VALUE): text(form, key) for key in form if key.startswith(VALUE)} if form else {}
    context = {
        "feed": _shown(visit, row),
        "inputs": [_input(visit, card_of(row), field, row, typed) for field in row.fields],
        "values": values,
        "unit": place,
        "lasts": _choices(visit, str(values["lasts"])),
        "may_say": can(visit.actor, Action.VALUES_SAY, subject) and row.active,
        "may_edit": bool(can(visit.actor, Action.DATA_MANAGE, subject)),
        **_refused(visit, error),
    }
    return visit.page("datafeeds/feed.html", context, section="datafeeds", status=error.status if error else 200)


def _refused(visit: Visit, error: DomainError | None) -> dict[str, Any]:
    fields, params = (error.fields, error.params) if isinstance(error, Invalid) else ({}, {})
    told = {name: Invalid(code, fields=None, **params) for name, code in fields.items()}
    return {
        "error": visit.refusal(error) if error else None,
        "wrong": {name: visit.desk.refusal(one, language=visit.language) for name, one in told.items()},
    }


def _choices(visit: Visit, now: str) -> list[dict[str, str]]:
    known = {*_LASTS, *((int(now),) if now.isascii() and now.isdigit() else ())}
    return [{"value": str(one), "label": _length(visit, one)} for one in sorted(known)]


def _length(visit: Visit, seconds: int) -> str:
    for size, key in ((_DAY, "days"), (_HOUR, "hours")):
        if seconds >= size and seconds % size == 0:
            return visit.t(f"desk.datafeeds.{key}", count=seconds // size)
    return visit.t("desk.datafeeds.minutes", count=max(1, seconds // _MINUTE))


def _shown(visit: Visit, row: DataFeed) -> dict[str, Any]:
    state = state_of(row, visit.now)
    card = card_of(row)
    trouble = labels.trouble(visit, row.refused_code, row.refused_params) if row.refused_code else None
    return {
        "href": f"/desk/datafeeds/{row.code}",
        "code": row.code,
        "name": row.name,
        "label": visit.t(f"enum.DataState.{state.name}"),
        "tone": _TONES[state],
        "at": row.at,
        "age": _age(visit, row.at),
        "expires_at": row.expires_at,
        "by": row.said_by,
        "is_stale": state is DataState.STALE,
        "readings": [{"label": field.label, "text": _reading(visit, card, field.name, row)} for field in card.fields],
        "trouble": trouble,
        "why": _why(visit, card, row.refused_params) if trouble else "",
        "refused_at": row.refused_at,
    }


def _age(visit: Visit, at: dt.datetime | None) -> str:
    if at is None:
        return ""
    minutes = max(0, (visit.now - at) // dt.timedelta(minutes=1))
    if minutes < 2 * 60:
        return visit.t("desk.datafeeds.ago_minutes", count=minutes)
    return visit.t("desk.datafeeds.ago_hours", count=minutes // 60)


def _reading(visit: Visit, card: Card, name: str, row: DataFeed) -> str:
    """A value as the screen shows it."""
    field = next(one for one in card.fields if one.name == name)
    value = row.values.get(name)
    if value is None:
        return "—" if row.signed else visit.t("desk.datafeeds.no_reading")
    if isinstance(field, Number):
        return f"{shown(int(value), field.decimals)} {field.unit}".strip()
    return next((word.label for word in field.words if word.code == value), str(value))


def _why(visit: Visit, card: Card, params: dict[str, Any]) -> str:
    """Which fields of a refused value were wrong, by their labels."""
    known = {field.name: field.label for field in card.fields}
    fields = params.get("fields", {})
    said = (
        f"{known.get(name, name)}：{labels.trouble(visit, code, params)['text']}"
        for name, code in fields.items()
        if name != "lasts"
    )
    return " ".join(said)


def _input(visit: Visit, card: Card, plain: dict[str, Any], row: DataFeed, typed: dict[str, str]) -> dict[str, Any]:
    """A field to type into: a number with its bounds as a hint, or a choice of words."""
    field = next(one for one in card.fields if one.name == plain["name"])
    value = row.values.get(field.name)
    made: dict[str, Any] = {"name": VALUE + field.name, "key": field.name, "label": field.label, "words": None}
    if isinstance(field, Number):
        least, most = (shown(bound, field.decimals) for bound in (field.least, field.most))
        now = shown(value, field.decimals) if isinstance(value, int) else ""
        label = f"{field.label}（{field.unit}）" if field.unit else field.label
        made |= {"label": label, "hint": visit.t("desk.datafeeds.range", least=least, most=most)}
    else:
        now = str(value or "")
        none = {"value": "", "label": visit.t("desk.datafeeds.no_reading")}
        made["words"] = [none, *({"value": word.code, "label": word.label} for word in field.words)]
    return {**made, "value": typed.get(field.name, now)}


ROUTES = (
    get("/desk/datafeeds/", feeds_page, Action.DATA_READ),
    post("/desk/datafeeds/", feed_add, Action.DATA_MANAGE),
    get(CARDS, feed_choices, Action.DATA_READ),
    get("/desk/datafeeds/{feed}", feed_page, Action.DATA_READ),
    post("/desk/datafeeds/{feed}", feed_edit, Action.DATA_MANAGE),
    post("/desk/datafeeds/{feed}/values", feed_say, Action.VALUES_SAY),
)
_GROUP: Final = "desk.nav.group.screens"
_READS: Final = Action.DATA_READ
SECTION: Final = Section("datafeeds", "desk.nav.datafeeds", "hash", 65, "/desk/datafeeds/", _READS, _GROUP, ROUTES)
