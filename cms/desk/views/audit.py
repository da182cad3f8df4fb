"""The record: searched by who, when, where, what and with which result; exported; and whether its chain is whole."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from cms.audit.archives import archives
from cms.audit.chain import head
from cms.audit.checking import check_record, last_check
from cms.audit.events import Search, events, every_event
from cms.audit.lines import csv_head, csv_line, json_line
from cms.audit.record import RESULTS, record
from cms.desk import labels
from cms.desk.routing import get, post
from cms.desk.visit import Visit
from cms.kernel.clock import from_ms
from cms.kernel.errors import Invalid
from cms.people.permissions import Action, require_reach

PAGE: Final = 50
_HASH: Final = re.compile(r"[0-9a-f]{32,64}|[0-9a-f-]{36}")
_FIELDS: Final = ("who", "since", "until", "where", "ip", "of", "object", "result")
_DAY: Final = dt.timedelta(days=1)
FAMILIES: Final = (
    "edition.",
    "preview_link.",
    "review.",
    "library.",
    "screen.",
    "target.",
    "delivery.",
    "person.",
    "role.",
    "unit.",
    "sign_in.",
    "factor.",
    "session.",
    "password.",
    "request.",
    "audit.",
)
_EXPORTS: Final = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
# No count, number or size of the record is as great as the milliseconds of a day of this century.
_INSTANTS_FROM: Final = 1_000_000_000_000
_TONES: Final = {"done": "good", "refused": "wait", "failed": "bad"}


async def audit_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def check(visit: Visit) -> web.StreamResponse:
    """Looks at the whole record now; what comes out is kept, as the worker's looks are."""
    require_reach(visit.actor, Action.AUDIT_READ)
    await check_record(visit.deps.db, visit.deps.archive, now=visit.now)
    return visit.redirect("/desk/audit/", done="audit_checked")


async def export(visit: Visit) -> web.StreamResponse:
    """What the search finds, as a file that is written while it is read; that it was taken is an event itself."""
    form = visit.part("form")
    if form not in _EXPORTS:
        raise Invalid("kernel.invalid")
    within = require_reach(visit.actor, Action.AUDIT_EXPORT)
    search, asked = search_of(visit), _asked(visit)
    async with visit.deps.db.write() as session:
        until, _ = await head(session)
        details = {"form": form, "until": until, **{f"asked_{name}": value for name, value in asked.items()}}
        await record(
            session,
            visit.actor,
            "audit.export",
            of=("audit", str(until)),
            unit=visit.actor.unit,
            details=details,
            now=visit.now,
        )
    name = f"audit-{visit.now.astimezone(visit.deps.zone):%Y%m%d-%H%M%S}.{form}"
    answer = web.StreamResponse(
        headers={
            "Content-Type": f"{_EXPORTS[form]}; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
    )
    await answer.prepare(visit.request)
    if form == "csv":
        await answer.write(csv_head().encode())
    async with visit.deps.db.read() as session:
        async for rows in every_event(session, within=within, search=search, until=until):
            lines = (csv_line(row, visit.deps.zone) if form == "csv" else json_line(row) for row in rows)
            await answer.write("".join(lines).encode())
    await answer.write_eof()
    return answer


def search_of(visit: Visit) -> Search:
    """What the address asks for; a day that is none is not asked."""
    asked = _asked(visit)
    until = _day(visit, asked.get("until", ""))
    return Search(
        who=asked.get("who", ""),
        since=_day(visit, asked.get("since", "")),
        until=until + _DAY if until is not None else None,
        where=asked.get("where", ""),
        ip=asked.get("ip", ""),
        action=asked.get("of", ""),
        object=asked.get("object", ""),
        result=asked.get("result", ""),
    )


def _asked(visit: Visit) -> dict[str, str]:
    """The fields that say something; a family or a result nobody knows does not."""
    found = {name: visit.query(name).strip() for name in _FIELDS}
    if found["of"] not in FAMILIES:
        found["of"] = ""
    if found["result"] not in RESULTS:
        found["result"] = ""
    return {name: value for name, value in found.items() if value}


def _day(visit: Visit, said: str) -> dt.datetime | None:
    """The beginning of a day on the wall clock of the district."""
    try:
        return dt.datetime.combine(dt.date.fromisoformat(said), dt.time(), visit.deps.zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


async def _page(visit: Visit) -> web.Response:
    asked, before = _asked(visit), visit.query("before")
    async with visit.deps.db.read() as session:
        found = await events(
            session,
            within=require_reach(visit.actor, Action.AUDIT_READ),
            search=search_of(visit),
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
            limit=PAGE,
        )
        shown = [_line(visit, one) for one in found]
        checked = await last_check(session)
        kept = await archives(session)
    last = found[-1].seq if len(found) == PAGE else 0
    asking = urlencode(asked)
    context = {
        "events": shown,
        "families": [{"value": one, "label": visit.t(f"desk.audit.of.{one.rstrip('.')}")} for one in FAMILIES],
        "results": [{"value": one, "label": visit.t(f"desk.audit.result.{one}")} for one in RESULTS],
        "asked": {name: asked.get(name, "") for name in _FIELDS},
        "is_asked": bool(asked),
        "older": f"/desk/audit/?{urlencode({**asked, 'before': last})}" if last else "",
        "exports": [{"form": one, "href": f"/desk/audit/export/{one}?{asking}"} for one in _EXPORTS],
        "may_export": visit.may(Action.AUDIT_EXPORT),
        "check": _check(visit, checked),
        "archives": [
            {"file": one.file, "first": one.first_seq, "last": one.last_seq, "until": one.until} for one in kept
        ],
    }
    return visit.page("audit/list.html", context, section="audit")


def _check(visit: Visit, one: Any) -> Mapping[str, Any] | None:
    if one is None:
        return None
    fault = visit.t(f"desk.audit.fault.{one.fault}") if one.fault else ""
    return {"at": one.at, "seq": one.seq, "hash": one.hash[:12], "fault": fault, "fault_seq": one.fault_seq}


def _line(visit: Visit, event: Any) -> dict[str, Any]:
    known = visit.deps.catalogue.keys(visit.language)
    details = visit.t("desk.clause_mark").join(
        visit.t("desk.pair", label=_named(visit, name), value=_plain(visit, value))
        for name, value in event.details.items()
        if value not in ("", None, [])
    )
    key = f"desk.audit.action.{event.action}"
    return {
        "seq": event.seq,
        "at": event.at,
        "person": visit.t("desk.history.system") if event.actor_id is None else event.actor_name,
        "action": visit.t(key) if key in known else event.action,
        "code": event.action,
        "object": f"{event.object_kind} {event.object_id[:12]}",
        "unit": event.unit_path,
        "ip": event.ip,
        "result": event.result,
        "tone": _TONES.get(event.result, "plain"),
        "details": details[:300],
        "hash": event.hash[:12],
    }


def _named(visit: Visit, name: str) -> str:
    key = f"desk.audit.detail.{name}"
    return visit.t(key) if key in visit.deps.catalogue.keys(visit.language) else name


def _plain(visit: Visit, value: object) -> str:
    """As people read it: an instant by the clock of the district, and of a hash its beginning."""
    if isinstance(value, list):
        return visit.joined(_plain(visit, one) for one in value)
    if isinstance(value, bool):
        return visit.t("desk.audit.yes") if value else visit.t("desk.audit.no")
    if isinstance(value, int) and value >= _INSTANTS_FROM:
        return labels.instant(visit, from_ms(value))
    said = str(value)
    return f"{said[:12]}…" if _HASH.fullmatch(said) else said


ROUTES = (
    get("/desk/audit/", audit_page, Action.AUDIT_READ),
    post("/desk/audit/check", check, Action.AUDIT_READ),
    get("/desk/audit/export/{form}", export, Action.AUDIT_EXPORT),
)
