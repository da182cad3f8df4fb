"""What a person must do at a platform themselves: told on the delivery, confirmed by them, never forgotten.

A delivery waits in the state ``manual`` with the task in its receipt. Confirming settles it: what was to be shown is
live under the address the person gives, what was to be taken off is gone.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from cms.content.models import Document, Edition, Revision
from cms.contract import Channel
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, reach
from cms.planning.models import Target
from cms.publishing.attempts import BY_HAND, close
from cms.publishing.context import BY, TAKEN_DOWN
from cms.publishing.deliveries import Line, held_delivery, line_of, note, replaced, seen_delivery
from cms.publishing.models import Delivery, Receipt
from cms.publishing.proofs import ASKED, PROOF, PROOF_TYPE, Proof
from cms.publishing.run import OLD, SEND, THEN
from cms.publishing.settling import close_earlier
from cms.publishing.states import STUCK, TAKES_OFF, DeliveryState, PublicationKind

# An unconfirmed take-down is still on show: after this long somebody must ask.
LATE: Final = dt.timedelta(days=1)
_LONGEST: Final = 1000
_MANUAL: Final = DeliveryState.MANUAL.value
_OFF: Final = [kind.value for kind in sorted(TAKES_OFF)]


@dataclass(frozen=True, slots=True)
class Task:
    """A delivery that waits for a person, with its piece; `is_late` for a take-down nobody confirmed in a day."""

    line: Line
    document: str
    title: str
    is_late: bool


async def open_tasks(session: AsyncSession, actor: Actor, *, now: dt.datetime, limit: int = 100) -> Sequence[Task]:
    """Tasks of pieces in the actor's reach that wait for somebody, take-downs first, then longest waiting."""
    paths = reach(actor, Action.PUBLISHING_RETRY)
    title = (
        select(Revision.title)
        .join(Edition, Edition.revision_id == Revision.id)
        .where(Edition.document_id == Document.id)
        .order_by(Edition.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(Delivery, Target, Document.public_id, title.label("title"))
        .join(Target, Target.id == Delivery.target_id)
        .join(Document, Document.id == Delivery.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(*_waits(), or_(false(), *(Unit.path.startswith(path, autoescape=True) for path in paths)))
        .order_by(Delivery.priority.desc(), Delivery.finished_at)
    )
    return [
        Task(line_of(row.Delivery, row.Target), row.public_id, row.title or "", is_late(row.Delivery, now))
        for row in (await session.execute(query.limit(limit))).all()
    ]


async def count_tasks(session: AsyncSession, *, now: dt.datetime) -> tuple[Mapping[str, int], int]:
    """Open tasks by the kind of their delivery, every kind named, and how many take-downs are late."""
    query = select(Delivery.kind, func.count()).where(*_waits()).group_by(Delivery.kind)
    found = {row[0]: row[1] for row in (await session.execute(query)).all()}
    overdue = (Delivery.kind.in_(_OFF), Delivery.finished_at < now - LATE)
    late = await session.scalar(select(func.count()).select_from(Delivery).where(*_waits(), *overdue))
    return {kind.value: found.get(kind.value, 0) for kind in PublicationKind}, late or 0


def is_late(row: Delivery, now: dt.datetime) -> bool:
    return row.kind in _OFF and row.finished_at is not None and row.finished_at < now - LATE


async def confirm(
    session: AsyncSession,
    actor: Actor,
    delivery: uuid.UUID,
    *,
    url: str = "",
    proof: Proof | None = None,
    channels: Mapping[str, Channel] = MappingProxyType({}),
    now: dt.datetime,
) -> Delivery:
    """Somebody says that they did it at the platform: a task, or a delivery that is stuck.

    `channels` know where their posts are seen.

    Raises:
        Denied: no right to look after it.
        Invalid: `publishing.post_url_missing`, `.bad_post_url`, `.post_url_elsewhere` or `.proof_missing`.
        Refused: `publishing.not_stuck`, `.replaced`.
        NotFound: `publishing.no_delivery`.
    """
    row, target = await held_delivery(session, actor, delivery)
    if DeliveryState(row.state) not in STUCK | {DeliveryState.MANUAL}:
        raise Refused("publishing.not_stuck", state=row.state)
    if await replaced(session, row):
        raise Refused("publishing.replaced")
    receipt: dict[str, Any] = dict(row.receipt or {})
    detail: dict[str, Any] = dict(receipt.get("detail", {}))
    channel = channels.get(target.kind)
    hosts = () if channel is None else channel.hosts
    takes_off = PublicationKind(row.kind) in TAKES_OFF
    address = "" if takes_off else post_url(url, wanted=detail.get("ask") == "url", hosts=hosts)
    if detail.get("ask") == ASKED and proof is None:
        raise Invalid("publishing.proof_missing", fields={"proof": "publishing.proof_missing"})
    said = {**detail, BY: str(actor.person), "by_name": actor.name}
    if proof is not None:
        said |= {PROOF: proof.sha256, PROOF_TYPE: proof.media_type}
    if detail.get(THEN) == SEND:
        # The old one is gone now, so the new one may be sent.
        row.receipt = {**receipt, "state": "reviewing", "detail": {**said, TAKEN_DOWN: detail.get(OLD)}}
        row.state, row.not_before, row.attempt, row.at, row.finished_at = DeliveryState.RETRY.value, now, 0, now, None
    else:
        state = DeliveryState.GONE if takes_off else DeliveryState.LIVE
        row.receipt = {
            "state": state.value,
            "places": receipt.get("places", []),
            "url": address or receipt.get("url"),
            "detail": said,
        }
        row.state, row.finished_at = state.value, now
        session.add(_proof(row, now))
    # Whoever works on it at this moment has lost it; what it may still have begun is settled by the person's word.
    row.call, row.accepted_at, row.error_code, row.error_params, row.fence = None, None, None, {}, row.fence + 1
    await session.flush()
    await close(session, [row.id], BY_HAND, now=now)
    await close_earlier(session, row, now=now)
    await ring(session, "publishing")
    await note(session, actor, "delivery.by_hand", row, target, now=now, url=address)
    return row


def post_url(text: str, *, wanted: bool, hosts: Sequence[str] = ()) -> str:
    """The address of a post as somebody pasted it; empty for none. Raises Invalid as `confirm`.

    `hosts`: it must be at one of them or below; none are anywhere.
    """
    text = text.strip()
    if not text:
        if wanted:
            raise Invalid("publishing.post_url_missing", fields={"url": "publishing.post_url_missing"})
        return ""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    plain = all(" " < ch != "\x7f" for ch in text) and "\\" not in text and len(text) <= _LONGEST
    if not plain or parts.scheme != "https" or "." not in host or parts.username is not None or port not in {None, 443}:
        raise Invalid("publishing.bad_post_url", fields={"url": "publishing.bad_post_url"})
    if hosts and not any(host == one or host.endswith(f".{one}") for one in hosts):
        named = {"url": "publishing.post_url_elsewhere"}
        raise Invalid("publishing.post_url_elsewhere", fields=named, host=host[:100], hosts="、".join(hosts))
    return text


async def pack_of(session: AsyncSession, actor: Actor, delivery: uuid.UUID) -> tuple[str, str]:
    """The file to take along for a task, and a name for it. Raises Denied, NotFound `publishing.no_pack`."""
    row, target = await seen_delivery(session, actor, delivery)
    pack = (row.receipt or {}).get("detail", {}).get("pack")
    if row.state not in {_MANUAL, DeliveryState.REVIEWING} or not isinstance(pack, str) or await replaced(session, row):
        raise NotFound("publishing.no_pack")
    return pack, f"{target.code}-{str(row.id)[-8:]}"


def _waits() -> tuple[ColumnElement[bool], ...]:
    """Tasks that no later order about the document made pointless."""
    other = aliased(Delivery)
    later = or_(
        other.created_at > Delivery.created_at,
        and_(other.created_at == Delivery.created_at, other.priority > Delivery.priority),
    )
    here = (other.document_id == Delivery.document_id, other.target_id == Delivery.target_id)
    stands = other.state != DeliveryState.CANCELLED.value
    # What the platform waits for may be a task of a person too: a code to be scanned.
    asks = and_(
        Delivery.state == DeliveryState.REVIEWING.value, Delivery.receipt["detail"]["task"].as_string().is_not(None)
    )
    return or_(Delivery.state == _MANUAL, asks), ~exists().where(*here, later, stands, other.id != Delivery.id)


def _proof(row: Delivery, now: dt.datetime) -> Receipt:
    receipt = row.receipt or {}
    return Receipt(
        id=uuid7(now),
        delivery_id=row.id,
        target_id=row.target_id,
        document_id=row.document_id,
        release=row.release,
        state=row.state,
        at=now,
        places=list(receipt["places"]),
        url=receipt["url"],
        detail=dict(receipt["detail"]),
    )
