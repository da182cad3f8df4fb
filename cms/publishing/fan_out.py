"""From an approved edition to a publication and its deliveries, in the one transaction that also moves the edition.

Nothing is sent here. Whoever commits this has published; whatever happens afterwards is visible on a delivery.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Document, Edition
from cms.kernel.clock import from_ms, to_ms
from cms.kernel.ids import uuid7
from cms.kernel.text import search_text
from cms.kernel.wake import ring
from cms.planning.models import Target
from cms.publishing.models import Bundle, Delivery, Publication, Showing
from cms.publishing.states import OPEN, PRIORITY, DeliveryState, PublicationKind
from cms.trust.release import Release
from schedules.beijing import day_of

TOPIC: Final = "publishing"


@dataclass(frozen=True, slots=True)
class Item:
    """What is published: an edition with the release people signed and the bundle that proves it."""

    document: Document
    edition: Edition
    release: str
    signed: Release
    bundle: Bundle


@dataclass(frozen=True, slots=True)
class Cause:
    """Who ordered it, why, when it was due, and the key that makes it happen once."""

    key: str
    actor: uuid.UUID | None
    at: dt.datetime
    reason: str = ""
    what: Mapping[str, Any] = field(default_factory=dict)


async def order(
    session: AsyncSession,
    kind: PublicationKind,
    cause: Cause,
    targets: Sequence[Target],
    *,
    now: dt.datetime,
    item: Item | None = None,
    document: uuid.UUID | None = None,
) -> Publication:
    """Writes the order down with a delivery for each target; gives the one of the same key, if it is there already."""
    found = await session.scalar(select(Publication).where(Publication.key == cause.key))
    if found is not None:
        return found
    publication = Publication(
        id=uuid7(now),
        key=cause.key,
        kind=kind.value,
        document_id=item.document.id if item else document,
        edition_id=item.edition.id if item else None,
        release=item.release if item else None,
        what=dict(cause.what) | {"targets": [target.code for target in targets]},
        actor_id=cause.actor,
        reason=cause.reason,
        at=cause.at,
        created_at=now,
        late_ms=max(0, to_ms(now) - to_ms(cause.at)),
    )
    session.add(publication)
    await session.flush()
    for target in targets:
        session.add(_delivery(publication, target, kind, now))
    await session.flush()
    await ring(session, TOPIC)
    return publication


def _delivery(publication: Publication, target: Target, kind: PublicationKind, now: dt.datetime) -> Delivery:
    return Delivery(
        id=uuid7(now),
        state=DeliveryState.DUE.value,
        publication_id=publication.id,
        target_id=target.id,
        document_id=publication.document_id,
        edition_id=publication.edition_id,
        kind=kind.value,
        release=publication.release,
        priority=PRIORITY[kind],
        at=publication.at,
        not_before=now,
        created_at=now,
    )


async def cancel_open(
    session: AsyncSession, *, document: uuid.UUID, ordered: Sequence[Target], code: str, now: dt.datetime
) -> None:
    """Ends deliveries of a document that wait; what is being sent at this moment is left to finish first.

    `ordered` are the targets a newer order takes care of. Elsewhere only what would show the document ends: what takes
    it off goes on, because nobody else would.
    """
    waiting = [state.value for state in sorted(OPEN - {DeliveryState.SENDING})]
    showing = [PublicationKind.PUBLISH.value, PublicationKind.CORRECT.value]
    replaced = or_(Delivery.kind.in_(showing), Delivery.target_id.in_([target.id for target in ordered]))
    here = [Delivery.document_id == document, Delivery.state.in_(waiting), replaced]
    values = {"state": DeliveryState.CANCELLED.value, "finished_at": now, "error_code": code}
    await session.execute(update(Delivery).where(*here).values(**values).execution_options(synchronize_session=False))


async def show(
    session: AsyncSession, publication: Publication, item: Item, targets: Sequence[Target], *, now: dt.datetime
) -> None:
    """Makes the release what these targets are to show of the document; earlier ones stay in its memory."""
    if await session.get(Bundle, item.bundle.release) is None:
        session.add(item.bundle)
    for target in targets:
        row = await session.get(Showing, (target.id, item.document.id), with_for_update=True)
        if row is None:
            session.add(_showing(publication, item, target, now))
            continue
        returns = row.removed_at is not None
        row.edition_id, row.publication_id, row.release = item.edition.id, publication.id, item.release
        row.releases = [*(r for r in row.releases if r != item.release), item.release]
        row.corrected_at = None if returns else now
        row.since = now if returns else row.since
        row.removed_at = None
        _describe(row, item)
    await session.flush()


def _showing(publication: Publication, item: Item, target: Target, now: dt.datetime) -> Showing:
    row = Showing(
        target_id=target.id,
        document_id=item.document.id,
        edition_id=item.edition.id,
        publication_id=publication.id,
        release=item.release,
        releases=[item.release],
        since=now,
    )
    _describe(row, item)
    return row


def _describe(row: Showing, item: Item) -> None:
    content, envelope = item.signed.content, item.signed.envelope
    row.kind = item.signed.class_
    row.column = str(content["column"] or "")
    row.month = day_of(row.since).strftime("%Y-%m")
    row.not_before = from_ms(envelope.not_before)
    row.until = None if envelope.not_after is None else from_ms(envelope.not_after)
    row.search = search_text(f"{content['title']} {content['subtitle']} {content['summary']}").casefold()


async def hide(
    session: AsyncSession, *, document: uuid.UUID, now: dt.datetime, targets: Sequence[uuid.UUID] | None = None
) -> None:
    """Takes the document off its targets, all of them unless some are named; the rows stay as their memory."""
    here = [Showing.document_id == document, Showing.removed_at.is_(None)]
    if targets is not None:
        here.append(Showing.target_id.in_(targets))
    await session.execute(
        update(Showing).where(*here).values(removed_at=now).execution_options(synchronize_session=False)
    )


async def ever_shown(session: AsyncSession, document: uuid.UUID) -> Sequence[Target]:
    """Every target that was ever ordered to show any edition, also those switched off since: where a recall goes.

    An order is written before anything can reach a target, so no receipt exists without one of these.
    """
    query = select(Target).join(Showing, Showing.target_id == Target.id).where(Showing.document_id == document)
    return (await session.scalars(query.order_by(Target.code))).all()
