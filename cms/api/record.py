"""The record over the API: searched by who, when, where, what and result; handed out; looked at from end to end."""

import datetime as dt
from dataclasses import replace
from typing import Any

from cms.api.resources import Given, Resource, Spoken, ask, speak, take
from cms.api.shapes import Nothing
from cms.audit.archives import archives
from cms.audit.chain import verify_chain
from cms.audit.checking import check_record, last_check
from cms.audit.events import events
from cms.audit.models import AuditCheck
from cms.desk.views import audit
from cms.desk.visit import Visit
from cms.people.permissions import Action, require_reach

_PAGE = 100


class EventLine(Given):
    """One line of the record."""

    seq: int
    at: dt.datetime
    person: str
    ip: str
    action: str
    object: list[str]
    unit: str
    result: str
    details: dict[str, Any]
    hash: str


class EventList(Given):
    """Newest first; `next` is the `before` of the next page, 0 at the end."""

    events: list[EventLine]
    next: int


class ChainState(Given):
    """Whether the record is whole; where it breaks if not."""

    whole: bool
    seq: int | None
    fault: str | None


class RecordLook(Given):
    """A look at chain, archives and the end that was seen before: how far it went, and the first fault if any."""

    at: dt.datetime
    whole: bool
    seq: int
    hash: str
    fault: str
    fault_seq: int


class ArchiveLine(Given):
    """A file that older lines were moved into."""

    file: str
    first: int
    last: int
    until: dt.datetime


class RecordState(Given):
    """The last look, null before the first; and what lies in files, newest first."""

    look: RecordLook | None
    archives: list[ArchiveLine]


async def list_events(visit: Visit) -> EventList:
    """The record of the person's units, as the desk searches it; `action` is the beginning of one."""
    before, asked = visit.query("before"), audit.search_of(visit)
    async with visit.deps.db.read() as session:
        found = await events(
            session,
            within=require_reach(visit.actor, Action.AUDIT_READ),
            search=replace(asked, action=visit.query("action") or asked.action),
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
            limit=_PAGE,
        )
    lines = [
        EventLine(
            seq=one.seq,
            at=one.at,
            person=one.actor_name,
            ip=one.ip,
            action=one.action,
            object=[one.object_kind, one.object_id],
            unit=one.unit_path,
            result=one.result,
            details=one.details,
            hash=one.hash,
        )
        for one in found
    ]
    return EventList(events=lines, next=found[-1].seq if len(found) == _PAGE else 0)


async def check_chain(visit: Visit) -> ChainState:
    """Whether anybody changed the record."""
    async with visit.deps.db.read() as session:
        broken = await verify_chain(session)
    fault = str(broken.fault) if broken else None
    return ChainState(whole=broken is None, seq=broken.seq if broken else None, fault=fault)


async def record_state(visit: Visit) -> RecordState:
    """What the last look found, and what lies in files."""
    require_reach(visit.actor, Action.AUDIT_READ)
    async with visit.deps.db.read() as session:
        seen, kept = await last_check(session), await archives(session)
    files = [ArchiveLine(file=one.file, first=one.first_seq, last=one.last_seq, until=one.until) for one in kept]
    return RecordState(look=_look(seen) if seen else None, archives=files)


async def look_now(visit: Visit, _sent: Nothing) -> RecordLook:
    """Looks at the whole record and its files now; what comes out is kept."""
    require_reach(visit.actor, Action.AUDIT_READ)
    return _look(await check_record(visit.deps.db, visit.deps.archive, now=visit.now))


def _look(row: AuditCheck) -> RecordLook:
    return RecordLook(
        at=row.at, whole=not row.fault, seq=row.seq, hash=row.hash, fault=row.fault, fault_seq=row.fault_seq
    )


_READ = Action.AUDIT_READ
_SEARCH = ("who", "since", "until", "where", "ip", "of", "object", "result")
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/audit", list_events, _READ, given=EventList, queries=("action", "before", *_SEARCH)),
    ask("/api/v1/audit/chain", check_chain, _READ, given=ChainState),
    ask("/api/v1/audit/check", record_state, _READ, given=RecordState),
    take("POST", "/api/v1/audit/check", look_now, _READ, sent=Nothing, given=RecordLook),
    speak(
        "GET",
        "/api/v1/audit/export/{form}",
        audit.export,
        Action.AUDIT_EXPORT,
        summary="What a search finds as a file, form csv or jsonl; that it was taken is an event itself.",
        spoken=Spoken(gives=("text/csv", "application/x-ndjson")),
        queries=_SEARCH,
    ),
)
