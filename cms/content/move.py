"""The only writer of an edition's state: asks the table, asks permission, writes the row of its history."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.held import Held
from cms.content.models import Status
from cms.content.states import BY_SYSTEM, Verb, step
from cms.kernel.errors import Denied
from cms.kernel.ids import uuid7
from cms.people.actor import Actor
from cms.people.permissions import require_can


async def move(
    session: AsyncSession,
    held: Held,
    verb: Verb,
    *,
    actor: Actor | None,
    now: dt.datetime,
    note: str = "",
    details: Mapping[str, Any] | None = None,
) -> Status:
    """Takes a held edition through `verb`; actor None is the system, which may only what `BY_SYSTEM` names.

    Changes `state` and its history and records it; whatever else the verb means is the caller's. `details` are kept
    with the status and in the record. Raises Refused `content.state`, Denied.
    """
    found = step(held.state, verb)
    if actor is None:
        if verb not in BY_SYSTEM:
            raise Denied("people.denied.role", action=verb.value)
    elif found.action is None:
        raise Denied("people.denied.role", action=verb.value)
    else:
        require_can(actor, found.action, held.subject)
    edition = held.edition
    edition.state, edition.state_at, edition.statuses = found.to.value, now, edition.statuses + 1
    held.document.updated_at = now
    status = status_row(held, verb, actor=actor, now=now, note=note, details=details)
    session.add(status)
    await session.flush()
    await record(
        session,
        actor,
        f"edition.{verb.value}",
        of=("edition", str(edition.id)),
        unit=held.unit.path,
        details={"document": held.document.public_id, "number": edition.number, **(details or {})},
        now=now,
    )
    return status


def status_row(
    held: Held,
    verb: Verb,
    *,
    actor: Actor | None,
    now: dt.datetime,
    note: str = "",
    details: Mapping[str, Any] | None = None,
) -> Status:
    """The row of an edition's present state."""
    return Status(
        id=uuid7(now),
        edition_id=held.edition.id,
        number=held.edition.statuses,
        revision_id=held.edition.revision_id,
        verb=verb.value,
        state=held.edition.state,
        actor_id=actor.person if actor else None,
        at=now,
        note=note,
        details=dict(details or {}),
    )
