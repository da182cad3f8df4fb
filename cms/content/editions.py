"""What may happen to an edition besides writing and review: reopen, correct, discard, hand over, plan."""

import datetime as dt
import uuid

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.draft import read_draft
from cms.content.editing import check_base, first_edition, save_held, working_copy
from cms.content.held import Held, hold, look
from cms.content.models import Document, Edition
from cms.content.move import move, status_row
from cms.content.revisions import follow
from cms.content.states import EDITABLE, OPEN, EditionState, Verb
from cms.kernel.clock import to_ms
from cms.kernel.errors import NotFound, Refused
from cms.people.actor import Actor
from cms.people.models import Person
from cms.people.permissions import Action, Subject, can, require_can
from cms.people.sessions import actor_of


async def reopen(session: AsyncSession, actor: Actor, edition: uuid.UUID, *, now: dt.datetime) -> Edition:
    """Makes an approved edition, or one that failed to publish, a draft again; its approvals are void."""
    held = await hold(session, edition)
    await move(session, held, Verb.REOPEN, actor=actor, now=now)
    held.edition.holder_id = actor.person
    return held.edition


async def correct(session: AsyncSession, actor: Actor, document: uuid.UUID, *, now: dt.datetime) -> Edition:
    """A new edition on top of what was last out: live, or recalled (restoring is a new edition with new approvals).

    Raises Refused `content.nothing_out` when nothing was ever published, `content.edition_open` when one is at work.
    """
    await session.get(Document, document, with_for_update=True, populate_existing=True)
    query = select(Edition.id).where(Edition.document_id == document, Edition.is_current)
    current = (await session.execute(query)).scalar_one_or_none()
    if current is None:
        raise NotFound("content.no_document")
    held = await hold(session, current)
    require_can(actor, Action.DOCUMENT_CORRECT, held.subject)
    if held.state in OPEN:
        raise Refused("content.edition_open", state=held.edition.state)
    if held.document.first_published_at is None:
        raise Refused("content.nothing_out")
    newest = select(func.max(Edition.number)).where(Edition.document_id == document)
    number = (await session.execute(newest)).scalar_one() + 1
    held.edition.is_current = False
    await session.flush()
    edition = first_edition(held.document, held.revision, number=number, holder=actor.person, now=now)
    session.add(edition)
    held.document.updated_at = now
    await session.flush()
    session.add(status_row(Held(edition, held.document, held.revision, held.unit), Verb.EDIT, actor=actor, now=now))
    details = {"document": held.document.public_id, "number": number}
    of = ("edition", str(edition.id))
    await record(session, actor, "edition.correct", of=of, unit=held.unit.path, details=details, now=now)
    return edition


async def discard(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, *, note: str = "", now: dt.datetime
) -> Edition:
    """Drops a draft for good; the edition that was out before becomes the current one again."""
    held = await hold(session, edition)
    await move(session, held, Verb.DISCARD, actor=actor, now=now, note=note)
    query = select(Edition).where(Edition.document_id == held.document.id, Edition.id != edition)
    query = query.where(Edition.state != EditionState.DISCARDED.value).order_by(Edition.number.desc()).limit(1)
    before = (await session.execute(query.with_for_update())).scalar_one_or_none()
    if before is not None:
        held.edition.is_current = False
        await session.flush()
        before.is_current = True
        await session.flush()
        await follow(session, held.document, (await look(session, before.id)).revision)
    return held.edition


async def hand_over(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, *, to: uuid.UUID, now: dt.datetime
) -> Edition:
    """Gives the pen to a colleague; what the actor typed and did not save becomes a revision first.

    Raises Refused `content.not_editable`, `content.cannot_hold` when the colleague may not write here, Conflict
    `content.conflict` when what was typed stands on an older revision: the actor must decide first.
    """
    held = await hold(session, edition)
    require_can(actor, Action.DOCUMENT_EDIT, held.subject)
    if held.state not in EDITABLE:
        raise Refused("content.not_editable", state=held.edition.state)
    person = await session.get(Person, to)
    if person is None or not person.active:
        raise NotFound("people.no_person")
    colleague = await actor_of(session, to)
    if not can(colleague, Action.DOCUMENT_EDIT, Subject(held.unit.path, frozenset({to}))):
        raise Refused("content.cannot_hold", name=person.name)
    copy = await working_copy(session, held.document.id, actor.person)
    if copy is not None:
        typed = read_draft(copy.draft)
        check_base(held, copy.base_id, typed)
        await save_held(session, actor, held, typed, now=now)
        await session.delete(copy)
    held.edition.holder_id = to
    await session.flush()
    details = {"document": held.document.public_id, "to": str(to)}
    of = ("edition", str(edition))
    await record(session, actor, "edition.hand_over", of=of, unit=held.unit.path, details=details, now=now)
    return held.edition


async def plan(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, *, planned_at: dt.datetime | None, now: dt.datetime
) -> Edition:
    """Notes when the office would like it to go out; a wish, nothing happens at that time."""
    held = await hold(session, edition)
    require_can(actor, Action.DOCUMENT_EDIT, held.subject)
    if held.state not in OPEN:
        raise Refused("content.not_editable", state=held.edition.state)
    held.edition.planned_at = planned_at
    await session.flush()
    details = {"document": held.document.public_id, "planned": None if planned_at is None else to_ms(planned_at)}
    of = ("edition", str(edition))
    await record(session, actor, "edition.plan", of=of, unit=held.unit.path, details=details, now=now)
    return held.edition
