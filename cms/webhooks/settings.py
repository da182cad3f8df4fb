"""The webhooks of an office, kept by its system administrators; the secret is shown when it is made."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.models import AuditHead
from cms.audit.record import record
from cms.content.blocks import read_link
from cms.contract import Vault
from cms.kernel.db import Database
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can, require_reach
from cms.people.units import unit_at
from cms.webhooks.events import TEST, EventFamily, new_secret, written
from cms.webhooks.models import Webhook, WebhookAttempt, WebhookCall, account_of
from cms.webhooks.states import CallState

MOST: Final = 20
SECRET: Final = "secret"  # noqa: S105 - a name in the vault
_SHOWN: Final = 50
Vaults = Callable[[str], Vault]


@dataclass(frozen=True, slots=True)
class HookForm:
    """What an administrator says of a webhook."""

    name: str
    url: str
    events: tuple[str, ...]
    unit: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class HookRow:
    """A webhook with how many of its calls wait, and how many ended without arriving."""

    hook: Webhook
    waiting: int
    failed: int


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call with every attempt, oldest first."""

    call: WebhookCall
    attempts: tuple[WebhookAttempt, ...]


async def add_hook(
    db: Database, vaults: Vaults, actor: Actor, form: HookForm, *, now: dt.datetime
) -> tuple[Webhook, str]:
    """A new webhook, and its secret. Raises Invalid `webhooks.form` naming the fields, Refused `webhooks.many`."""
    async with db.write() as session:
        values = await _checked(session, actor, form)
        if (await session.execute(select(func.count()).select_from(Webhook))).scalar_one() >= MOST:
            raise Refused("webhooks.many", most=MOST)
        row = Webhook(
            id=uuid7(now),
            name=values.name,
            url=values.url,
            events=list(values.events),
            unit_path=values.unit,
            active=values.active,
            cursor=await _newest(session),
            created_by=actor.person,
            created_at=now,
        )
        session.add(row)
        await session.flush()
        await _record(session, actor, "webhook.add", row, now)
    # Until it has a secret its calls wait; a worker never sends one unsigned.
    secret = new_secret()
    await vaults(account_of(row.id)).put(SECRET, secret)
    return row, secret


async def edit_hook(
    session: AsyncSession, actor: Actor, hook: uuid.UUID, form: HookForm, *, now: dt.datetime
) -> Webhook:
    """Changes a webhook; what happened while it was off is not told later. Raises as `add_hook`."""
    row = await hook_of(session, actor, hook, lock=True)
    values = await _checked(session, actor, form)
    if values.active and not row.active:
        row.cursor = await _newest(session)
    row.name, row.url, row.events = values.name, values.url, list(values.events)
    row.unit_path, row.active = values.unit, values.active
    await session.flush()
    await _record(session, actor, "webhook.edit", row, now)
    return row


async def new_secret_for(db: Database, vaults: Vaults, actor: Actor, hook: uuid.UUID, *, now: dt.datetime) -> str:
    """A new secret in place of the old one, which signs nothing from now on."""
    async with db.write() as session:
        row = await hook_of(session, actor, hook)
        await _record(session, actor, "webhook.rotate", row, now)
    secret = new_secret()
    await vaults(account_of(hook)).put(SECRET, secret)
    return secret


async def send_test(session: AsyncSession, actor: Actor, hook: uuid.UUID, *, now: dt.datetime) -> WebhookCall:
    """A call that says nothing but that it came. Raises Refused `webhooks.off`."""
    row = await hook_of(session, actor, hook)
    if not row.active:
        raise Refused("webhooks.off")
    body = written({"id": f"test_{uuid7(now)}", "type": TEST, "unit": row.unit_path})
    call = WebhookCall(id=uuid7(now), hook_id=row.id, event=TEST, body=body, created_at=now, not_before=now)
    session.add(call)
    await session.flush()
    await _record(session, actor, "webhook.test", row, now)
    return call


async def retry_call(session: AsyncSession, actor: Actor, call: uuid.UUID, *, now: dt.datetime) -> WebhookCall:
    """Tries a call that failed once more, from the beginning. Raises NotFound, Refused `webhooks.not_failed`."""
    row = await session.get(WebhookCall, call, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("webhooks.no_call")
    hook = await hook_of(session, actor, row.hook_id)
    if row.state not in {CallState.FAILED, CallState.RETRY}:
        raise Refused("webhooks.not_failed")
    row.state, row.attempt, row.lost, row.not_before = CallState.DUE, 0, 0, now
    row.finished_at = row.error_code = None
    await session.flush()
    await _record(session, actor, "webhook.retry", hook, now)
    return row


async def hooks(session: AsyncSession, actor: Actor) -> Sequence[HookRow]:
    """The webhooks of the actor's units."""
    paths = require_reach(actor, Action.SYSTEM_CONFIGURE)
    query = select(Webhook).where(or_(*(Webhook.unit_path.startswith(path, autoescape=True) for path in paths)))
    rows = (await session.scalars(query.order_by(Webhook.name, Webhook.id))).all()
    counted = select(WebhookCall.hook_id, WebhookCall.state, func.count()).group_by(
        WebhookCall.hook_id, WebhookCall.state
    )
    counts = {(row[0], row[1]): row[2] for row in (await session.execute(counted)).all()}
    open_states = (CallState.DUE, CallState.SENDING, CallState.RETRY)
    return [
        HookRow(
            row,
            sum(counts.get((row.id, state.value), 0) for state in open_states),
            counts.get((row.id, CallState.FAILED.value), 0),
        )
        for row in rows
    ]


async def hook_of(session: AsyncSession, actor: Actor, hook: uuid.UUID, *, lock: bool = False) -> Webhook:
    """Raises NotFound `webhooks.no_hook`."""
    row = await session.get(Webhook, hook, with_for_update=lock or None, populate_existing=True)
    if row is None:
        raise NotFound("webhooks.no_hook")
    require_can(actor, Action.SYSTEM_CONFIGURE, Subject(row.unit_path))
    return row


async def calls_of(session: AsyncSession, actor: Actor, hook: uuid.UUID) -> Sequence[CallRow]:
    """The newest calls of a webhook with their attempts."""
    await hook_of(session, actor, hook)
    query = select(WebhookCall).where(WebhookCall.hook_id == hook)
    query = query.order_by(WebhookCall.created_at.desc(), WebhookCall.id.desc()).limit(_SHOWN)
    rows = (await session.scalars(query)).all()
    tried = select(WebhookAttempt).where(WebhookAttempt.call_id.in_([row.id for row in rows]))
    attempts = (await session.scalars(tried.order_by(WebhookAttempt.at, WebhookAttempt.id))).all()
    return [CallRow(row, tuple(one for one in attempts if one.call_id == row.id)) for row in rows]


async def _checked(session: AsyncSession, actor: Actor, form: HookForm) -> HookForm:
    wrong: dict[str, str] = {}
    name = one_line(form.name)
    if not 0 < len(name) <= 60:
        wrong["name"] = "webhooks.name"
    try:
        url = read_link(form.url.strip(), "", "url")
    except Invalid:
        url, wrong["url"] = "", "webhooks.url"
    events = tuple(one.value for one in EventFamily if one in form.events)
    if not events or len(events) != len(set(form.events)):
        wrong["events"] = "webhooks.events"
    if wrong:
        raise Invalid("webhooks.form", fields=wrong)
    place = await unit_at(session, form.unit)
    require_can(actor, Action.SYSTEM_CONFIGURE, Subject(place.path))
    return HookForm(name, url, events, place.path, form.active)


async def _newest(session: AsyncSession) -> int:
    return (await session.execute(select(func.max(AuditHead.seq)))).scalar_one() or 0


async def _record(session: AsyncSession, actor: Actor, action: str, row: Webhook, now: dt.datetime) -> None:
    details = {"name": row.name, "url": row.url, "events": row.events, "active": row.active}
    await record(session, actor, action, of=("webhook", str(row.id)), unit=row.unit_path, details=details, now=now)
