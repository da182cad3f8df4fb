"""The record, newest first, and whether its chain is whole."""

import re
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from cms.audit.chain import verify_chain
from cms.audit.events import events
from cms.desk.routing import get
from cms.desk.visit import Visit
from cms.people.permissions import Action, require_reach

PAGE: Final = 50
_HASH: Final = re.compile(r"[0-9a-f]{32,64}|[0-9a-f-]{36}")
FAMILIES: Final = (
    "edition.",
    "review.",
    "library.",
    "screen.",
    "target.",
    "delivery.",
    "person.",
    "role.",
    "unit.",
    "sign_in.",
    "session.",
    "password.",
)


async def audit_page(visit: Visit) -> web.StreamResponse:
    family = visit.query("of") if visit.query("of") in FAMILIES else ""
    before = visit.query("before")
    is_asked = visit.query("check") == "1"
    async with visit.deps.db.read() as session:
        found = await events(
            session,
            within=require_reach(visit.actor, Action.AUDIT_READ),
            action=family,
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
            limit=PAGE,
        )
        shown = [_line(visit, one) for one in found]
        last = found[-1].seq if len(found) == PAGE else 0
        broken = await verify_chain(session) if is_asked else None
    context = {
        "events": shown,
        "families": [{"value": one, "label": visit.t(f"desk.audit.of.{one.rstrip('.')}")} for one in FAMILIES],
        "family": family,
        "older": f"/desk/audit/?{urlencode({'of': family, 'before': last})}" if last else "",
        "checked": is_asked,
        "broken": {"seq": broken.seq, "fault": visit.t(f"desk.audit.fault.{broken.fault}")} if broken else None,
    }
    return visit.page("audit/list.html", context, section="audit")


def _line(visit: Visit, event: Any) -> dict[str, Any]:
    key = f"desk.audit.action.{event.action}"
    known = visit.deps.catalogue.keys(visit.language)
    details = "；".join(
        f"{_named(visit, name)}：{_plain(value)}"
        for name, value in event.details.items()
        if value not in ("", None, [])
    )
    return {
        "seq": event.seq,
        "at": event.at,
        "person": visit.t("desk.history.system") if event.actor_id is None else event.actor_name,
        "action": visit.t(key) if key in known else event.action,
        "code": event.action,
        "object": f"{event.object_kind} {event.object_id[:12]}",
        "unit": event.unit_path,
        "ip": event.ip,
        "details": details[:300],
        "hash": event.hash[:12],
    }


def _named(visit: Visit, name: str) -> str:
    key = f"desk.audit.detail.{name}"
    return visit.t(key) if key in visit.deps.catalogue.keys(visit.language) else name


def _plain(value: object) -> str:
    """Short enough to read: a hash is known by its beginning."""
    if isinstance(value, list):
        return "、".join(map(_plain, value))
    said = str(value)
    return f"{said[:12]}…" if _HASH.fullmatch(said) else said


ROUTES = (get("/desk/audit/", audit_page, Action.AUDIT_READ),)
