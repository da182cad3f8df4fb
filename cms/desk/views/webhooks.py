"""The webhooks of an office: who is told what, and how every call went."""

import json
from dataclasses import replace
from typing import Any

from aiohttp import web

from cms.desk import labels, unit_field
from cms.desk.confirming import confirm_own, password_of
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit, as_uuid
from cms.kernel.errors import DomainError, Invalid
from cms.people.permissions import Action, require_reach
from cms.webhooks import settings
from cms.webhooks.events import EventFamily
from cms.webhooks.settings import CallRow, HookForm, HookRow
from cms.webhooks.states import CallState

_FIELDS = ("name", "url", "unit")


async def hooks_page(visit: Visit) -> web.StreamResponse:
    return await _hooks(visit)


async def hook_add(visit: Visit) -> web.StreamResponse:
    """A new webhook; its secret stands on the answer and nowhere else."""
    form = await visit.form()
    try:
        given = await _placed(visit, _form(form, active=True))
        row, secret = await settings.add_hook(visit.deps.db, visit.deps.vault, visit.actor, given, now=visit.now)
    except DomainError as error:
        typed = {**{name: text(form, name) for name in _FIELDS}, "events": form.getall("event", [])}
        return await _hooks(visit, error, typed)
    return await _hook(visit, str(row.id), secret=secret)


async def hook_page(visit: Visit) -> web.StreamResponse:
    return await _hook(visit, visit.part("hook"))


async def hook_edit(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    given = _form(form, active=text(form, "active") == "on")
    try:
        given = await _placed(visit, given)
        async with visit.deps.db.write() as session:
            await settings.edit_hook(session, visit.actor, visit.uuid("hook"), given, now=visit.now)
    except Invalid as error:
        return await _hook(visit, visit.part("hook"), error=error, typed=given)
    return visit.redirect(f"/desk/webhooks/{visit.part('hook')}", done="hook_saved")


async def hook_rotate(visit: Visit) -> web.StreamResponse:
    """A new secret, after one's own password."""
    form = await visit.form()
    try:
        await confirm_own(visit, password_of(form))
        secret = await settings.new_secret_for(
            visit.deps.db, visit.deps.vault, visit.actor, visit.uuid("hook"), now=visit.now
        )
    except DomainError as error:
        return await _hook(visit, visit.part("hook"), error=error)
    return await _hook(visit, visit.part("hook"), secret=secret)


async def hook_test(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.write() as session:
        await settings.send_test(session, visit.actor, visit.uuid("hook"), now=visit.now)
    return visit.redirect(f"/desk/webhooks/{visit.part('hook')}", done="hook_tested")


async def call_retry(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.write() as session:
        row = await settings.retry_call(session, visit.actor, visit.uuid("call"), now=visit.now)
    return visit.redirect(f"/desk/webhooks/{row.hook_id}", done="hook_retried")


def _form(form: Form, *, active: bool) -> HookForm:
    events = tuple(one for one in form.getall("event", []) if isinstance(one, str))
    return HookForm(text(form, "name"), text(form, "url"), events, text(form, "unit"), active)


async def _placed(visit: Visit, given: HookForm) -> HookForm:
    """With the unit that was typed. Raises Invalid."""
    place = await unit_field.typed(visit, given.unit, Action.SYSTEM_CONFIGURE)
    return replace(given, unit=place.path)


async def _hooks(visit: Visit, error: DomainError | None = None, typed: dict[str, Any] | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        found = await settings.hooks(session, visit.actor)
    values = typed or {"name": "", "url": "", "unit": visit.actor.unit, "events": ["pieces", "publishing"]}
    context = {
        "hooks": [_shown(visit, one) for one in found],
        "values": values,
        **await _choices(visit, values["unit"]),
        **_refused(visit, error),
    }
    return visit.page("webhooks/list.html", context, section="webhooks", status=error.status if error else 200)


async def _hook(
    visit: Visit, hook: str, *, secret: str = "", error: DomainError | None = None, typed: HookForm | None = None
) -> web.Response:
    async with visit.deps.db.read() as session:
        row = await settings.hook_of(session, visit.actor, as_uuid(hook))
        calls = await settings.calls_of(session, visit.actor, row.id)
    given = typed or HookForm(row.name, row.url, tuple(row.events), row.unit_path, row.active)
    context = {
        "hook": _shown(visit, HookRow(row, 0, 0)),
        "values": {
            "name": given.name,
            "url": given.url,
            "unit": given.unit,
            "events": list(given.events),
            "active": given.active,
        },
        "secret": secret,
        "calls": [_call(visit, one) for one in calls],
        **await _choices(visit, given.unit),
        **_refused(visit, error),
    }
    return visit.page("webhooks/hook.html", context, section="webhooks", status=error.status if error else 200)


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
        "families": [{"value": one.value, "label": visit.t(f"enum.EventFamily.{one.name}")} for one in EventFamily],
    }


def _shown(visit: Visit, row: HookRow) -> dict[str, Any]:
    hook = row.hook
    return {
        "href": f"/desk/webhooks/{hook.id}",
        "name": hook.name,
        "url": hook.url,
        "active": hook.active,
        "events": [visit.t(f"enum.EventFamily.{EventFamily(one).name}") for one in hook.events],
        "waiting": row.waiting,
        "failed": row.failed,
    }


def _call(visit: Visit, row: CallRow) -> dict[str, Any]:
    call = row.call
    return {
        "id": str(call.id),
        "event": call.event,
        "state": call.state,
        "at": call.created_at,
        "next_at": call.not_before if call.state == CallState.RETRY else None,
        "trouble": labels.trouble(visit, call.error_code, call.error_params) if call.error_code else None,
        "may_retry": call.state in {CallState.FAILED, CallState.RETRY},
        "body": json.dumps(json.loads(call.body), ensure_ascii=False, indent=1),
        "attempts": [
            {
                "at": one.at,
                "ms": one.ms,
                "status": one.status,
                "said": one.said,
                "trouble": labels.trouble(visit, one.error_code, {"status": one.status or 0})["text"]
                if one.error_code
                else "",
            }
            for one in row.attempts
        ],
    }


ROUTES = (
    get("/desk/webhooks/", hooks_page, Action.SYSTEM_CONFIGURE),
    post("/desk/webhooks/", hook_add, Action.SYSTEM_CONFIGURE),
    get("/desk/webhooks/{hook}", hook_page, Action.SYSTEM_CONFIGURE),
    post("/desk/webhooks/{hook}", hook_edit, Action.SYSTEM_CONFIGURE),
    post("/desk/webhooks/{hook}/secret", hook_rotate, Action.SYSTEM_CONFIGURE),
    post("/desk/webhooks/{hook}/test", hook_test, Action.SYSTEM_CONFIGURE),
    post("/desk/webhooks/calls/{call}/retry", call_retry, Action.SYSTEM_CONFIGURE),
)
