"""One act on a channel's day, as the page's script asks for it: looked at, done, and taken back."""

import datetime as dt
import uuid
from typing import Any, Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.airing.editing import Hand, Looked, Repeat, Wish, clock, look, placement_on, put, shift, take_off, undo
from cms.desk import instants
from cms.desk.calendar.clash_lines import clash_lines
from cms.desk.days.pages import opened
from cms.desk.routing import post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit, as_uuid
from cms.kernel.errors import Invalid
from cms.people.permissions import Action
from cms.planning.runs import RunMove, Scope
from schedules.beijing import slot_of

_NO_STORE: Final = {"Cache-Control": "no-store"}


async def check(visit: Visit) -> web.StreamResponse:
    """What would be in the way; writes nothing."""
    form = await visit.form()
    async with visit.deps.db.read() as session:
        _, hand = await opened(session, visit)
        found = await _looked(session, visit, hand, form)
    answer = {
        "title": found.ready.title or visit.t("desk.documents.untitled"),
        "start": clock(found.interval.start),
        "end": clock(found.interval.end),
        "clashes": clash_lines(visit, found.clashes),
        "may": not found.is_refused,
    }
    return web.json_response(answer, headers=_NO_STORE)


async def do(visit: Visit) -> web.StreamResponse:
    """Places, moves or takes off; the rules are asked again in the transaction that does it."""
    form = await visit.form()
    act = text(form, "act")
    if text(form, "change"):
        act = "undo"
    async with visit.deps.db.write() as session:
        _, hand = await opened(session, visit)
        if act == "place":
            change = await put(session, hand, wish_of(visit, form))
        elif act == "move":
            change = await shift(session, hand, _move(visit, form), _scope(form))
        elif act == "remove":
            run = (as_uuid(text(form, "placement")), _exact(form, "start"))
            change = await take_off(session, hand, run, _scope(form))
        elif act == "undo":
            change = await undo(session, hand, as_uuid(text(form, "change")))
        else:
            raise Invalid("airing.no_act")
    back = "" if act == "undo" else str(change.id)
    answer: dict[str, Any] = {"said": visit.t(f"days.done.{act}"), "change": back, "made": change.made}
    return web.json_response(answer, headers=_NO_STORE)


def wish_of(visit: Visit, form: Form) -> Wish:
    """A piece, a time, and how it repeats. Raises Invalid `planning.line_time`, `airing.no_repeat`."""
    repeat, until = text(form, "repeat") or Repeat.ONCE.value, text(form, "until")
    if repeat not in set(Repeat):
        raise Invalid("airing.no_repeat")
    try:
        last = dt.date.fromisoformat(until) if until else None
    except ValueError as error:
        raise Invalid("planning.line_time", text=until[:40]) from error
    return Wish(as_uuid(text(form, "document")), instants.needed(visit, form, "at"), Repeat(repeat), last)


async def _looked(session: AsyncSession, visit: Visit, hand: Hand, form: Form) -> Looked:
    if text(form, "act") != "move":
        return await look(session, hand, wish_of(visit, form))
    move = _move(visit, form)
    row = await placement_on(session, hand.target, move.placement)
    return await look(session, hand, Wish(row.document_id, move.to), besides=(row.id, slot_of(move.start)))


def _move(visit: Visit, form: Form) -> RunMove:
    placement: uuid.UUID = as_uuid(text(form, "placement"))
    return RunMove(placement, _exact(form, "start"), instants.needed(visit, form, "at"))


def _scope(form: Form) -> Scope:
    sent = text(form, "scope")
    return Scope(sent) if sent in set(Scope) else Scope.ONE


def _exact(form: Form, name: str) -> dt.datetime:
    """An instant as the page had it. Raises Invalid `planning.line_time`."""
    typed = text(form, name)
    try:
        at = dt.datetime.fromisoformat(typed)
    except ValueError as error:
        raise Invalid("planning.line_time", text=typed[:40]) from error
    if at.tzinfo is None:
        raise Invalid("planning.line_time", text=typed[:40])
    return at.astimezone(dt.UTC)


ROUTES = (
    post("/desk/days/{target}/check", check, Action.PUBLISHING_SCHEDULE),
    post("/desk/days/{target}/do", do, Action.PUBLISHING_SCHEDULE),
)
