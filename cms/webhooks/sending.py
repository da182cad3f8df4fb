"""From the record to the other side: each event becomes one call an address, and each call is tried until it arrives.

The record itself is the list of what is to be told, so no use case has to think of it and nothing that committed is
forgotten: an address remembers how far it was read, in the transaction that makes its calls.
"""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.models import AuditEvent, AuditHead
from cms.contract import ContractError, Outbound, Vault
from cms.kernel import leases
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.errors import DomainError, Unavailable
from cms.kernel.ids import uuid7
from cms.kernel.log import logger
from cms.kernel.metrics import Metrics
from cms.webhooks.events import body_of, prefixes, signed
from cms.webhooks.models import Webhook, WebhookAttempt, WebhookCall, account_of
from cms.webhooks.settings import SECRET
from cms.webhooks.states import CALL, CallState

_BATCH: Final = 200
_ANSWER: Final = 64 << 10
_SAID: Final = 300
_GONE: Final = 410
_POISON: Final = {"error_code": "webhooks.poisoned", "error_params": {}}

log = logger("webhooks")


@dataclass(frozen=True, slots=True)
class HookRoom:
    """What a sender works with."""

    database: Database
    clock: Clock
    outbound: Outbound
    vaults: Callable[[str], Vault]
    owner: str
    metrics: Metrics | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """How an attempt ended; `code` is empty when the other side took it."""

    status: int | None = None
    said: str = ""
    code: str = ""
    params: dict[str, Any] | None = None


async def spread(room: HookRoom) -> int:
    """Makes calls of what happened since; how many."""
    async with room.database.read() as session:
        newest = (await session.scalars(select(AuditHead.seq))).one_or_none() or 0
        behind = select(Webhook.id).where(Webhook.active, Webhook.cursor < newest).limit(1)
        if (await session.execute(behind)).first() is None:
            return 0
    now, made = room.clock.now(), 0
    async with room.database.write() as session:
        query = select(Webhook).where(Webhook.active).order_by(Webhook.id).with_for_update()
        for hook in (await session.scalars(query)).all():
            made += await _spread_to(session, hook, now)
    return made


async def _spread_to(session: AsyncSession, hook: Webhook, now: dt.datetime) -> int:
    newest = (await session.scalars(select(AuditHead.seq))).one_or_none() or 0
    wanted = or_(*(AuditEvent.action.startswith(one, autoescape=True) for one in prefixes(hook.events)))
    query = select(AuditEvent).where(AuditEvent.seq > hook.cursor, AuditEvent.seq <= newest, wanted)
    query = query.where(AuditEvent.unit_path.startswith(hook.unit_path, autoescape=True))
    events = (await session.scalars(query.order_by(AuditEvent.seq).limit(_BATCH))).all()
    for event in events:
        session.add(
            WebhookCall(
                id=uuid7(now),
                hook_id=hook.id,
                event=event.action,
                body=body_of(event),
                created_at=now,
                not_before=now,
            )
        )
    hook.cursor = events[-1].seq if len(events) == _BATCH else newest
    await session.flush()
    return len(events)


async def send_next(room: HookRoom) -> bool:
    """Takes the call that waits longest and tries it; False when nothing is due."""
    now = room.clock.now()
    async with room.database.read() as session:
        if not await leases.is_due(session, WebhookCall, CALL, now=now):
            return False
    async with room.database.write() as session:
        held = await leases.claim(session, WebhookCall, CALL, owner=room.owner, now=now, poison=_POISON)
        found = [await _look(session, one) for one in held]
    for one, (call, hook) in zip(held, found, strict=True):
        await _send(room, one, call, hook)
    return bool(held)


async def _look(session: AsyncSession, held: leases.Claim) -> tuple[WebhookCall, Webhook]:
    call = await session.get_one(WebhookCall, held.id, populate_existing=True)
    return call, await session.get_one(Webhook, call.hook_id)


async def _send(room: HookRoom, held: leases.Claim, call: WebhookCall, hook: Webhook) -> None:
    began = room.clock.monotonic()
    answer = await _tried(room, call, hook)
    ms = int((room.clock.monotonic() - began) * 1000)
    now = room.clock.now()
    async with room.database.write() as session:
        if not await _settle(session, held, hook, answer, now):
            return
        session.add(
            WebhookAttempt(
                id=uuid7(now),
                call_id=call.id,
                at=now,
                ms=ms,
                status=answer.status,
                said=answer.said,
                error_code=answer.code or None,
            )
        )
    if room.metrics is not None:
        room.metrics.count("yunping_webhooks_total", outcome="failed" if answer.code else "sent")


async def _settle(session: AsyncSession, held: leases.Claim, hook: Webhook, answer: _Answer, now: dt.datetime) -> bool:
    if not answer.code:
        return await leases.finish(
            session, WebhookCall, CALL, held, state=CallState.SENT, finished_at=now, error_code=None, error_params={}
        )
    error: dict[str, Any] = {"error_code": answer.code, "error_params": answer.params or {}}
    if answer.status == _GONE or not hook.active:
        # The other side says that it will never take it, or ours was switched off.
        return await leases.finish(session, WebhookCall, CALL, held, state=CallState.FAILED, finished_at=now, **error)
    jitter = random.random()  # noqa: S311 - spreads retries
    state = await leases.fail(
        session, WebhookCall, CALL, held, now=now, jitter=jitter, failed=CallState.FAILED, finished_at=now, **error
    )
    return state is not None


async def _tried(room: HookRoom, call: WebhookCall, hook: Webhook) -> _Answer:
    if not hook.active:
        return _Answer(code="webhooks.off")
    try:
        secret = await room.vaults(account_of(hook.id)).get(SECRET)
        if secret is None:
            raise Unavailable("webhooks.no_secret")
        at = int(room.clock.now().timestamp())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "yunping-webhooks/1",
            **signed(secret, str(call.id), at, call.body),
        }
        status, _, data = await room.outbound.request(
            "POST", hook.url, body=call.body.encode(), headers=headers, limit=_ANSWER
        )
    except (ContractError, DomainError) as refused:
        params = {name: value for name, value in refused.params.items() if isinstance(value, str | int)}
        return _Answer(code=refused.code, params=params)
    said = data[: _SAID * 4].decode("utf-8", "replace")[:_SAID].replace("\0", "")
    if 200 <= status < 300:
        return _Answer(status, said)
    return _Answer(status, said, "webhooks.answered", {"status": status})
