"""Writes down one event at the end of the chain, in the transaction of what it speaks of."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping
from typing import Any, Final, Protocol

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.models import AuditEvent, AuditHead
from cms.kernel.clock import to_ms
from cms.trust.canonical import encode

GENESIS: Final = "0" * 64
DONE: Final = "done"
REFUSED: Final = "refused"
FAILED: Final = "failed"
RESULTS: Final = (DONE, REFUSED, FAILED)
SYSTEM: Final = "system"
_HEAD: Final = 1
_SECRET: Final = ("password", "secret", "token", "cookie", "code_hash", "private")


class Acting(Protocol):
    """What the record keeps of who acts; `cms.people.actor.Actor` is one."""

    @property
    def person(self) -> uuid.UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def session(self) -> uuid.UUID | None: ...
    @property
    def ip(self) -> str: ...


async def record(
    session: AsyncSession,
    actor: Acting | None,
    action: str,
    *,
    of: tuple[str, str],
    now: dt.datetime,
    unit: str = "/",
    details: Mapping[str, object] | None = None,
    at: dt.datetime | None = None,
    result: str = DONE,
) -> AuditEvent:
    """Appends `action` on the object `of` (kind, id); `at` is when it happened if not now, actor None the system.

    Call it last: it holds the chain's head until the commit, so everybody else's record waits for this transaction.
    `details` are integers, strings, booleans and their lists and objects. Raises ValueError for a name of a secret.
    """
    _no_secrets(details or {})
    head = await _locked_head(session)
    event = AuditEvent(
        seq=head.seq + 1,
        at=at or now,
        committed_at=now,
        actor_id=actor.person if actor else None,
        actor_name=actor.name if actor else SYSTEM,
        session_id=actor.session if actor else None,
        ip=actor.ip if actor else "",
        action=action,
        object_kind=of[0],
        object_id=of[1],
        unit_path=unit,
        result=result,
        details=dict(details or {}),
        prev_hash=head.hash,
        hash="",
    )
    event.hash = event_hash(event)
    head.seq, head.hash = event.seq, event.hash
    session.add(event)
    await session.flush()
    return event


class Written(Protocol):
    """An event as its hash sees it: a row, a line of an archive."""

    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> dt.datetime: ...
    @property
    def committed_at(self) -> dt.datetime: ...
    @property
    def actor_id(self) -> uuid.UUID | None: ...
    @property
    def actor_name(self) -> str: ...
    @property
    def session_id(self) -> uuid.UUID | None: ...
    @property
    def ip(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def object_kind(self) -> str: ...
    @property
    def object_id(self) -> str: ...
    @property
    def unit_path(self) -> str: ...
    @property
    def result(self) -> str: ...
    @property
    def details(self) -> Mapping[str, Any]: ...
    @property
    def prev_hash(self) -> str: ...
    @property
    def hash(self) -> str: ...


def event_hash(event: Written) -> str:
    """The hash of an event over everything else in it and the hash before it; pure.

    What was done says nothing of its result: events had none at first, and their hashes stand.
    """
    text = encode(
        {
            **({} if event.result == DONE else {"result": event.result}),
            "seq": event.seq,
            "at": to_ms(event.at),
            "committed_at": to_ms(event.committed_at),
            "actor": str(event.actor_id) if event.actor_id else None,
            "name": event.actor_name,
            "session": str(event.session_id) if event.session_id else None,
            "ip": event.ip,
            "action": event.action,
            "object": [event.object_kind, event.object_id],
            "unit": event.unit_path,
            "details": dict(event.details),
            "prev": event.prev_hash,
        }
    )
    return hashlib.sha256(f"yunping/audit/1\n{text}".encode()).hexdigest()


async def _locked_head(session: AsyncSession) -> AuditHead:
    query = select(AuditHead).where(AuditHead.id == _HEAD).with_for_update().execution_options(populate_existing=True)
    head = (await session.execute(query)).scalar_one_or_none()
    if head is None:
        await _begin_chain(session)
        head = (await session.execute(query)).scalar_one()
    return head


async def _begin_chain(session: AsyncSession) -> None:
    # Two first writers at once: one inserts, the other waits and then finds it.
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {"id": _HEAD, "seq": 0, "hash": GENESIS}
    await session.execute(insert(AuditHead).values(values).on_conflict_do_nothing())


def _no_secrets(details: Mapping[str, object]) -> None:
    for key, value in details.items():
        if any(word in key.lower() for word in _SECRET):
            raise ValueError(f"{key} does not belong in the record")
        if isinstance(value, Mapping):
            _no_secrets(value)
