"""An event as a line of a file: what an archive keeps and an export says, and the way back for checking its hash."""

import csv
import datetime as dt
import io
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cms.audit.record import Written
from cms.kernel.clock import from_ms, to_ms

# The order of the columns of a table; names as in docs/formats.md.
COLUMNS: Final = (
    *("seq", "at", "committed_at", "actor", "name", "session", "ip", "action", "result"),
    *("kind", "id", "unit", "details", "prev", "hash"),
)
# A spreadsheet runs a cell that begins so.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Line:
    """An event out of a file."""

    seq: int
    at: dt.datetime
    committed_at: dt.datetime
    actor_id: uuid.UUID | None
    actor_name: str
    session_id: uuid.UUID | None
    ip: str
    action: str
    object_kind: str
    object_id: str
    unit_path: str
    result: str
    details: Mapping[str, Any]
    prev_hash: str
    hash: str


def plain(event: Written) -> dict[str, Any]:
    """Everything of an event under the names of `COLUMNS`; instants as milliseconds since 1970."""
    return {
        "seq": event.seq,
        "at": to_ms(event.at),
        "committed_at": to_ms(event.committed_at),
        "actor": str(event.actor_id) if event.actor_id else None,
        "name": event.actor_name,
        "session": str(event.session_id) if event.session_id else None,
        "ip": event.ip,
        "action": event.action,
        "result": event.result,
        "kind": event.object_kind,
        "id": event.object_id,
        "unit": event.unit_path,
        "details": dict(event.details),
        "prev": event.prev_hash,
        "hash": event.hash,
    }


def json_line(event: Written) -> str:
    return json.dumps(plain(event), ensure_ascii=False, separators=(",", ":")) + "\n"


def read_line(text: str) -> Line:
    """The event of a JSON line. Raises ValueError, KeyError or TypeError for anything else."""
    found = json.loads(text)
    return Line(
        seq=int(found["seq"]),
        at=from_ms(int(found["at"])),
        committed_at=from_ms(int(found["committed_at"])),
        actor_id=uuid.UUID(found["actor"]) if found["actor"] else None,
        actor_name=found["name"],
        session_id=uuid.UUID(found["session"]) if found["session"] else None,
        ip=found["ip"],
        action=found["action"],
        object_kind=found["kind"],
        object_id=found["id"],
        unit_path=found["unit"],
        result=found["result"],
        details=found["details"],
        prev_hash=found["prev"],
        hash=found["hash"],
    )


def csv_head() -> str:
    """A byte order mark for spreadsheets that would not guess UTF-8, and the names of the columns."""
    return "\ufeff" + _csv(COLUMNS)


def csv_line(event: Written, zone: dt.tzinfo) -> str:
    """A row for a spreadsheet: times on the wall clock of `zone`, nothing that it would take for a formula."""
    values = plain(event)
    values["at"] = event.at.astimezone(zone).isoformat(timespec="milliseconds")
    values["committed_at"] = event.committed_at.astimezone(zone).isoformat(timespec="milliseconds")
    values["details"] = json.dumps(values["details"], ensure_ascii=False)
    return _csv([_harmless(values[name]) for name in COLUMNS])


def _harmless(value: object) -> str:
    said = "" if value is None else str(value)
    return f"'{said}" if said.startswith(_FORMULA) else said


def _csv(values: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(values)
    return out.getvalue()
