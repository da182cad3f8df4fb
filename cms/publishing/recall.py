"""Recall: the tombstone first, then the order to every target that was ever to show the piece. It is for ever.

One authorised person is enough, because stopping must be easier than starting; more than twenty in an hour take a
second one, because emptying all screens is an attack too. Restoring is a new edition with new approvals.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import Held, hold, look
from cms.content.models import Document, Edition
from cms.content.move import move
from cms.content.states import TABLE, Verb
from cms.kernel.db import Database
from cms.kernel.errors import NotFound, Refused, Unavailable
from cms.kernel.log import logger
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.permissions import Action, require_can
from cms.people.sessions import actor_of
from cms.planning.occurrences import cancel_occurrences, publish_key, unpublish_key
from cms.publishing.fan_out import Cause, cancel_open, ever_shown, hide, order
from cms.publishing.guarding import Guard
from cms.publishing.models import Publication
from cms.publishing.states import PublicationKind
from cms.review.models import ReleaseRow

ALONE_IN_AN_HOUR: Final = 20
_HOUR: Final = dt.timedelta(hours=1)
_RECALLABLE: Final = frozenset(state for state, row in TABLE.items() if Verb.RECALL in row)

log = logger("publishing.recall")


@dataclass(frozen=True, slots=True)
class RecallOrder:
    """What a recall names: releases always, asset hashes only when the files themselves must go."""

    releases: tuple[str, ...]
    assets: tuple[str, ...]
    person: uuid.UUID
    second: uuid.UUID | None
    reason: str
    signed: bool = True
    """Whether the guard has the tombstones; otherwise the worker hands them in as soon as it answers."""


async def recall(
    database: Database,
    guard: Guard,
    actor: Actor,
    document: uuid.UUID,
    *,
    reason: str,
    now: dt.datetime,
    assets: Sequence[str] = (),
    second: Actor | None = None,
) -> Publication:
    """Recalls a document: all its releases, everywhere, for ever.

    A guard that does not answer stops nothing: the order goes out, and the worker hands the tombstones in later.

    Raises:
        Denied: no right to recall in its unit, for either person.
        Refused: `publishing.recall_without_reason`, `.nothing_to_recall`, `.recall_needs_second`, or what the guard
            refuses.
        NotFound: the document.
    """
    said = one_line(reason)
    if not said:
        raise Refused("publishing.recall_without_reason")
    async with database.read() as session:
        releases = await _check(session, actor, document, second, now)
    wanted = RecallOrder(releases, tuple(assets), actor.person, second.person if second else None, said[:500])
    wanted = await _signed(guard, wanted)
    if not wanted.signed:
        async with database.read() as session:
            # Without a delivery nobody would come back to hand the tombstones in.
            if not await ever_shown(session, document):
                raise Unavailable("publishing.guard_down")
    async with database.write() as session:
        return await record_recall(session, actor, document, wanted, now=now)


async def recall_everything(
    database: Database,
    guard: Guard,
    actor: Actor,
    documents: Sequence[uuid.UUID],
    *,
    reason: str,
    second: Actor,
    now: dt.datetime,
) -> list[Publication]:
    """Recalls many at once, with two people; all tombstones are signed before the first order is written.

    Raises as `recall`.
    """
    said = one_line(reason)
    if not said:
        raise Refused("publishing.recall_without_reason")
    found: dict[uuid.UUID, tuple[str, ...]] = {}
    async with database.read() as session:
        for document in documents:
            found[document] = await _check(session, actor, document, second, now, many=True)
    both = (actor.person, second.person)
    every = tuple(release for releases in found.values() for release in releases)
    signed = (await _signed(guard, RecallOrder(every, (), *both, said[:500]))).signed
    publications = []
    for document, releases in found.items():
        async with database.write() as session:
            wanted = RecallOrder(releases, (), *both, said[:500], signed)
            publications.append(await record_recall(session, actor, document, wanted, now=now))
    return publications


async def replay_recalls(
    database: Database, items: Sequence[tuple[str, uuid.UUID, str]], *, now: dt.datetime
) -> list[Publication]:
    """Writes down recalls that the guard made while the database was away: (release, person, reason) of its journal.

    What is recorded already, and a release nobody knows here, is passed over.
    """
    written = []
    for release, person, reason in items:
        async with database.write() as session:
            document = await session.scalar(
                select(Edition.document_id)
                .join(ReleaseRow, ReleaseRow.edition_id == Edition.id)
                .where(ReleaseRow.hash == release)
            )
            if document is None or release in await _recalled(session, document):
                continue
            releases = await _releases(session, document)
            actor = await actor_of(session, person)
            wanted = RecallOrder(tuple(dict.fromkeys((*releases, release))), (), person, None, reason, signed=False)
            written.append(await record_recall(session, actor, document, wanted, now=now))
    return written


async def record_recall(
    session: AsyncSession, actor: Actor, document: uuid.UUID, wanted: RecallOrder, *, now: dt.datetime
) -> Publication:
    """The order in one transaction: what waits is cancelled, every target that ever got it is told, editions end."""
    editions = await _held(session, document)
    keys = [key for held in editions for key in (publish_key(held.edition.id), unpublish_key(held.edition.id))]
    await cancel_occurrences(session, now=now, keys=keys)
    targets = await ever_shown(session, document)
    await cancel_open(session, document=document, ordered=targets, code="publishing.recalled", now=now)
    await hide(session, document=document, now=now)
    what = {
        "releases": list(wanted.releases),
        "assets": list(wanted.assets),
        "second": None if wanted.second is None else str(wanted.second),
        "signed": wanted.signed,
    }
    named = hashlib.sha256("\n".join(sorted((*wanted.releases, *wanted.assets))).encode()).hexdigest()
    cause = Cause(f"recall:{named}", wanted.person, now, wanted.reason, what)
    publication = await order(session, PublicationKind.RECALL, cause, targets, now=now, document=document)
    details = {"releases": list(wanted.releases), "targets": [target.code for target in targets]}
    for held in editions:
        held.edition.is_live, held.edition.scheduled_at = False, None
        await move(session, held, Verb.RECALL, actor=actor, now=now, note=wanted.reason, details=details)
    return publication


async def _check(
    session: AsyncSession,
    actor: Actor,
    document: uuid.UUID,
    second: Actor | None,
    now: dt.datetime,
    *,
    many: bool = False,
) -> tuple[str, ...]:
    current = await session.scalar(select(Edition.id).where(Edition.document_id == document, Edition.is_current))
    if current is None:
        raise NotFound("content.no_document")
    subject = (await look(session, current)).subject
    require_can(actor, Action.PUBLISHING_RECALL, subject)
    if second is not None:
        require_can(second, Action.PUBLISHING_RECALL, subject)
    if many or await recalls_in_the_last_hour(session, actor.person, now) >= ALONE_IN_AN_HOUR:
        if second is None or second.person == actor.person:
            raise Refused("publishing.recall_needs_second", limit=ALONE_IN_AN_HOUR)
        require_can(second, Action.PUBLISHING_RECALL_MANY, subject)
    releases = await _releases(session, document)
    if not set(releases) - await _recalled(session, document):
        raise Refused("publishing.nothing_to_recall")
    return releases


async def recalls_in_the_last_hour(session: AsyncSession, person: uuid.UUID, now: dt.datetime) -> int:
    query = select(func.count()).select_from(Publication)
    mine = (Publication.actor_id == person, Publication.kind == PublicationKind.RECALL.value)
    return await session.scalar(query.where(*mine, Publication.created_at > now - _HOUR)) or 0


async def _releases(session: AsyncSession, document: uuid.UUID) -> tuple[str, ...]:
    """Releases that went out or might: those of editions which can be recalled, and every one ever ordered."""
    approved = (
        select(ReleaseRow.hash)
        .join(Edition, Edition.id == ReleaseRow.edition_id)
        .where(Edition.document_id == document, Edition.state.in_([state.value for state in _RECALLABLE]))
        .where(Edition.round == ReleaseRow.round)
    )
    ordered = select(Publication.release).where(Publication.document_id == document, Publication.release.is_not(None))
    found = [*(await session.scalars(ordered)).all(), *(await session.scalars(approved)).all()]
    return tuple(sorted({release for release in found if release is not None}))


async def _recalled(session: AsyncSession, document: uuid.UUID) -> set[str]:
    query = select(Publication.what).where(
        Publication.document_id == document, Publication.kind == PublicationKind.RECALL.value
    )
    return {release for what in (await session.scalars(query)).all() for release in what["releases"]}


async def _held(session: AsyncSession, document: uuid.UUID) -> list[Held]:
    await session.get(Document, document, with_for_update=True, populate_existing=True)
    states = [state.value for state in _RECALLABLE]
    query = select(Edition.id).where(Edition.document_id == document, Edition.state.in_(states))
    return [await hold(session, edition) for edition in (await session.scalars(query.order_by(Edition.number))).all()]


async def _signed(guard: Guard, wanted: RecallOrder) -> RecallOrder:
    try:
        await guard.recall(
            person=wanted.person,
            releases=wanted.releases,
            assets=wanted.assets,
            reason=wanted.reason,
            second=wanted.second,
        )
    except Unavailable:
        log.exception("the guard is away; the recall goes out without its tombstones", releases=list(wanted.releases))
        both = (wanted.person, wanted.second)
        return RecallOrder(wanted.releases, wanted.assets, *both, wanted.reason, signed=False)
    return wanted
