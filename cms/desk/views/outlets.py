"""The outputs of television channels: where each is sent, whether it is going, and what its sender says."""

import datetime as dt
from typing import Any, Final

from aiohttp import web

from cms.desk.frame import Section
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.clock import from_ms
from cms.kernel.errors import DomainError, Invalid
from cms.outlets import settings
from cms.outlets.holding import LEASE
from cms.outlets.rules import RATES, OutletForm, OutletKind
from cms.outlets.settings import OutletRow
from cms.people.permissions import Action
from schedules.linear import SLOT_MS

_HREF: Final = "/desk/outputs/"
_LATE_MS: Final = 200
_FIELDS: Final = ("kind", "rung", "address", "port", "rate", "ttl", "interface", "service")
_NEW: Final = {
    "channel": "",
    "kind": "udp",
    "rung": "720",
    "address": "",
    "port": "5000",
    "rate": str(RATES["720"] // 1000),
    "ttl": "4",
    "interface": "",
    "service": "1",
    "active": True,
}


async def outputs_page(visit: Visit) -> web.StreamResponse:
    return await _outputs(visit)


async def output_add(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    deps = visit.deps
    try:
        await settings.add_outlet(
            deps.db,
            deps.vault,
            visit.actor,
            text(form, "channel"),
            _form(form, active=text(form, "active") == "on"),
            anywhere=deps.outputs_anywhere,
            now=visit.now,
        )
    except DomainError as error:
        return await _outputs(visit, error, _typed(form))
    return visit.redirect(_HREF, done="output_saved")


async def output_page(visit: Visit) -> web.StreamResponse:
    return await _output(visit)


async def output_edit(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    deps = visit.deps
    try:
        await settings.edit_outlet(
            deps.db,
            deps.vault,
            visit.actor,
            visit.uuid("output"),
            _form(form, active=text(form, "active") == "on"),
            anywhere=deps.outputs_anywhere,
            now=visit.now,
        )
    except DomainError as error:
        if error.status in {404, 403}:
            raise
        return await _output(visit, error, _typed(form))
    return visit.redirect(_HREF, done="output_saved")


async def output_remove(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.write() as session:
        await settings.remove_outlet(session, visit.actor, visit.uuid("output"), now=visit.now)
    return visit.redirect(_HREF, done="output_removed")


def _form(form: Form, *, active: bool) -> OutletForm:
    values = {name: text(form, name) for name in _FIELDS}
    # People say kilobits; the rows say bits.
    rate = values["rate"].strip()
    values["rate"] = f"{rate}000" if rate.isascii() and rate.isdigit() else rate
    return OutletForm(**values, active=active, url=text(form, "url").strip())


def _typed(form: Form) -> dict[str, Any]:
    """What was typed, but for an address with its secret."""
    told: dict[str, Any] = {name: text(form, name) for name in ("channel", *_FIELDS)}
    return told | {"active": text(form, "active") == "on"}


async def _outputs(visit: Visit, error: DomainError | None = None, typed: dict[str, Any] | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        found = await settings.outlets(session, visit.actor)
        channels = await settings.channels(session, visit.actor)
    context = {
        "outputs": [_shown(visit, one) for one in found],
        "channels": [{"value": one.code, "label": one.name} for one in channels],
        "values": typed or _NEW,
        **_choices(visit),
        **_refused(visit, error),
    }
    return visit.page("outlets/list.html", context, section="outputs", status=error.status if error else 200)


async def _output(visit: Visit, error: DomainError | None = None, typed: dict[str, Any] | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        found = await settings.outlet_of(session, visit.actor, visit.uuid("output"))
    row = found.output
    values = {name: str(getattr(row, name)) for name in _FIELDS} | {"active": row.active, "rate": str(row.rate // 1000)}
    context = {
        "output": _shown(visit, found),
        "values": values | (typed or {}) | {"kind": row.kind},
        **_choices(visit),
        **_refused(visit, error),
    }
    return visit.page("outlets/output.html", context, section="outputs", status=error.status if error else 200)


def _choices(visit: Visit) -> dict[str, Any]:
    return {
        "kinds": [{"value": one.value, "label": visit.t(f"enum.OutletKind.{one.name}")} for one in OutletKind],
        "rungs": [
            {"value": rung, "label": visit.t("desk.outputs.rung_of", rung=rung, rate=f"{rate / 1e6:.1f}")}
            for rung, rate in RATES.items()
        ],
    }


def _refused(visit: Visit, error: DomainError | None) -> dict[str, Any]:
    fields, params = (error.fields, error.params) if isinstance(error, Invalid) else ({}, {})
    return {
        "error": visit.refusal(error) if error else None,
        "wrong": {name: visit.refusal(Invalid(code, fields=None, **params)) for name, code in fields.items()},
    }


def _shown(visit: Visit, row: OutletRow) -> dict[str, Any]:
    output, state = row.output, row.state
    is_udp = output.kind == OutletKind.UDP
    tone, word = _going(row, visit.now)
    return {
        "href": f"{_HREF}{output.id}",
        "channel": row.target.name,
        "kind": visit.t(f"enum.OutletKind.{OutletKind(output.kind).name}"),
        "where": f"udp://{output.address}:{output.port}" if is_udp else output.url,
        "rate": f"{output.rate / 1e6:.1f}" if is_udp else "",
        "rung": output.rung,
        "is_udp": is_udp,
        "tone": tone,
        "word": visit.t(f"desk.outputs.is.{word}"),
        "slot_at": from_ms(state.slot * SLOT_MS) if state and state.slot else None,
        "late_ms": state.late_ms if state else 0,
        "missing": state.missing if state else 0,
        "errors": state.errors if state else 0,
        "short": state.short if state else 0,
        "restarts": state.restarts if state else 0,
        "error": visit.t("desk.outputs.not_allowed")
        if state and state.error == "address"
        else state.error
        if state
        else "",
    }


def _going(row: OutletRow, now: dt.datetime) -> tuple[str, str]:
    """The tone and the word for how an output goes."""
    state = row.state
    if not row.output.active or not row.target.active:
        return "past", "off"
    if state is None or state.said_at is None or now - state.said_at > LEASE * 2:
        return "bad", "silent"
    if from_ms((state.slot + 3) * SLOT_MS) < now:
        return "bad", "stopped"
    if state.late_ms > _LATE_MS:
        return "wait", "late"
    return "good", "on"


ROUTES = (
    get(_HREF, outputs_page, Action.TARGET_MANAGE),
    post(_HREF, output_add, Action.TARGET_MANAGE),
    get(f"{_HREF}{{output}}", output_page, Action.TARGET_MANAGE),
    post(f"{_HREF}{{output}}", output_edit, Action.TARGET_MANAGE),
    post(f"{_HREF}{{output}}/remove", output_remove, Action.TARGET_MANAGE),
)
SECTION = Section(
    "outputs", "desk.nav.outputs", "network", 62, _HREF, Action.TARGET_MANAGE, "desk.nav.group.screens", ROUTES
)
