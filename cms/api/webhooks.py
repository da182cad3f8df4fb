"""Webhooks over the API."""

import datetime as dt

from cms.api.models import Text
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.webhooks import settings
from cms.webhooks.models import Webhook
from cms.webhooks.settings import CallRow, HookForm


class HookSent(Sent):
    """Who is told what."""

    name: Text
    url: Text
    events: list[str]
    unit: str
    active: bool = True


class HookLine(Given):
    """A webhook, and how its calls stand."""

    id: str
    name: str
    url: str
    events: list[str]
    unit: str
    active: bool
    waiting: int = 0
    failed: int = 0


class HookList(Given):
    """The webhooks of the person's units."""

    webhooks: list[HookLine]


class HookMade(Given):
    """The webhook's secret, shown now and never again."""

    id: str
    secret: str


class AttemptLine(Given):
    """One try."""

    at: dt.datetime
    ms: int
    status: int | None
    error: str | None


class CallLine(Given):
    """A call with its attempts."""

    id: str
    event: str
    state: str
    created_at: dt.datetime
    error: str | None
    attempts: list[AttemptLine]


class CallList(Given):
    """Newest first."""

    calls: list[CallLine]


async def list_hooks(visit: Visit) -> HookList:
    """Webhooks and how their calls stand."""
    async with visit.deps.db.read() as session:
        found = await settings.hooks(session, visit.actor)
    return HookList(webhooks=[_line(one.hook, one.waiting, one.failed) for one in found])


async def add_hook(visit: Visit, sent: HookSent) -> HookMade:
    """Adds a webhook."""
    row, secret = await settings.add_hook(visit.deps.db, visit.deps.vault, visit.actor, _form(sent), now=visit.now)
    return HookMade(id=str(row.id), secret=secret)


async def edit_hook(visit: Visit, sent: HookSent) -> HookLine:
    """Changes a webhook, switches it off or on."""
    async with visit.deps.db.write() as session:
        row = await settings.edit_hook(session, visit.actor, visit.uuid("hook"), _form(sent), now=visit.now)
        return _line(row)


async def rotate_secret(visit: Visit, _sent: Nothing) -> HookMade:
    """Makes a new secret; the old one signs nothing from now on."""
    deps = visit.deps
    secret = await settings.new_secret_for(deps.db, deps.vault, visit.actor, visit.uuid("hook"), now=visit.now)
    return HookMade(id=visit.part("hook"), secret=secret)


async def send_test(visit: Visit, _sent: Nothing) -> Done:
    """Sends a call that says nothing but that it came."""
    async with visit.deps.db.write() as session:
        call = await settings.send_test(session, visit.actor, visit.uuid("hook"), now=visit.now)
    return Done(id=str(call.id))


async def list_calls(visit: Visit) -> CallList:
    """The newest calls of a webhook with every attempt."""
    async with visit.deps.db.read() as session:
        found = await settings.calls_of(session, visit.actor, visit.uuid("hook"))
    return CallList(calls=[_call(one) for one in found])


async def retry_call(visit: Visit, _sent: Nothing) -> Done:
    """Tries a call that failed once more."""
    async with visit.deps.db.write() as session:
        row = await settings.retry_call(session, visit.actor, visit.uuid("call"), now=visit.now)
    return Done(id=str(row.id))


def _form(sent: HookSent) -> HookForm:
    return HookForm(sent.name, sent.url, tuple(sent.events), sent.unit, sent.active)


def _line(row: Webhook, waiting: int = 0, failed: int = 0) -> HookLine:
    return HookLine(
        id=str(row.id),
        name=row.name,
        url=row.url,
        events=row.events,
        unit=row.unit_path,
        active=row.active,
        waiting=waiting,
        failed=failed,
    )


def _call(row: CallRow) -> CallLine:
    tried = [AttemptLine(at=one.at, ms=one.ms, status=one.status, error=one.error_code) for one in row.attempts]
    call = row.call
    return CallLine(
        id=str(call.id),
        event=call.event,
        state=call.state,
        created_at=call.created_at,
        error=call.error_code,
        attempts=tried,
    )


_ONE, _SYSTEM = "/api/v1/webhooks/{hook}", Action.SYSTEM_CONFIGURE
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/webhooks", list_hooks, _SYSTEM, given=HookList),
    take("POST", "/api/v1/webhooks", add_hook, _SYSTEM, sent=HookSent, given=HookMade, is_kept=False),
    take("PUT", _ONE, edit_hook, _SYSTEM, sent=HookSent, given=HookLine),
    take("POST", f"{_ONE}/secret", rotate_secret, _SYSTEM, sent=Nothing, given=HookMade, is_kept=False),
    take("POST", f"{_ONE}/test", send_test, _SYSTEM, sent=Nothing, given=Done),
    ask(f"{_ONE}/calls", list_calls, _SYSTEM, given=CallList),
    take("POST", "/api/v1/webhooks/calls/{call}/retry", retry_call, _SYSTEM, sent=Nothing, given=Done),
)
