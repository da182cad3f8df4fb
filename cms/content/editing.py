"""Writing: a new document, autosave into a working copy, and saving a revision; never over somebody else's."""

import datetime as dt
import uuid

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.draft import Draft, draft_json, draft_of
from cms.content.held import Held, hold
from cms.content.kinds import Kind
from cms.content.models import Column, Document, Edition, Revision, WorkingCopy
from cms.content.move import move, status_row
from cms.content.revisions import cut
from cms.content.states import EDITABLE, EditionState, Verb, step
from cms.kernel.errors import Conflict, Invalid, NotFound, Refused
from cms.kernel.ids import public_id, uuid7
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, require_can


async def create(
    session: AsyncSession,
    actor: Actor,
    *,
    kind: Kind,
    unit: uuid.UUID,
    draft: Draft | None = None,
    now: dt.datetime,
) -> Edition:
    """A new document of a unit with its first edition, a draft the actor holds. Raises NotFound `people.no_unit`."""
    place = await session.get(Unit, unit)
    if place is None:
        raise NotFound("people.no_unit")
    require_can(actor, Action.DOCUMENT_CREATE, Subject(place.path, frozenset({actor.person})))
    draft = draft or Draft()
    await check_column(session, draft)
    document = await _document(session, actor, kind, place, now)
    revision = await cut(session, document, draft, parent=None, author=actor.person, now=now)
    edition = first_edition(document, revision, number=1, holder=actor.person, now=now)
    held = Held(edition, document, revision, place)
    session.add(edition)
    await session.flush()
    session.add(status_row(held, Verb.EDIT, actor=actor, now=now))
    details = {"document": document.public_id, "kind": kind.value}
    of = ("edition", str(edition.id))
    await record(session, actor, "edition.create", of=of, unit=place.path, details=details, now=now)
    return edition


async def autosave(
    session: AsyncSession,
    actor: Actor,
    edition: uuid.UUID,
    draft: Draft,
    *,
    base: uuid.UUID,
    version: int | None = None,
    now: dt.datetime,
) -> WorkingCopy:
    """Keeps what the actor has typed on top of revision `base`; nobody else sees it before `save`.

    `version` is that of the working copy this tab wrote last (None: do not ask).

    Raises Conflict `content.conflict` when somebody saved meanwhile (`revision`, `theirs`), `content.conflict_tab` when
    the same person typed elsewhere, Refused `content.not_editable`.
    """
    held = await hold(session, edition)
    require_can(actor, Action.DOCUMENT_EDIT, held.subject)
    if held.state not in EDITABLE:
        raise Refused("content.not_editable", state=held.edition.state)
    check_base(held, base, draft)
    copy = await working_copy(session, held.document.id, actor.person)
    if copy is None:
        copy = WorkingCopy(
            id=uuid7(now), document_id=held.document.id, editor_id=actor.person, base_id=base, version=0, draft={}
        )
        session.add(copy)
    elif version is not None and copy.version != version:
        raise Conflict("content.conflict_tab", version=copy.version, theirs=copy.draft, mine=draft_json(draft))
    copy.base_id, copy.draft = base, draft_json(draft)
    copy.version, copy.updated_at = copy.version + 1, now
    await session.flush()
    return copy


async def save(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, draft: Draft, *, base: uuid.UUID, now: dt.datetime
) -> Revision:
    """Cuts a revision on top of `base`; an approved edition becomes a draft again, its approvals void.

    The same content again is no revision. Raises Conflict `content.conflict` as `autosave`, Refused `content.state`,
    Invalid `content.no_column`.
    """
    held = await hold(session, edition)
    require_can(actor, Action.DOCUMENT_EDIT, held.subject)
    step(held.state, Verb.EDIT)
    check_base(held, base, draft)
    await check_column(session, draft)
    await _drop(session, held.document.id, actor.person)
    return await save_held(session, actor, held, draft, now=now)


async def save_held(session: AsyncSession, actor: Actor, held: Held, draft: Draft, *, now: dt.datetime) -> Revision:
    """`save` for a use case that holds the edition already and has asked permission."""
    if draft_json(draft) == draft_json(draft_of(held.revision)):
        return held.revision
    revision = await cut(session, held.document, draft, parent=held.revision, author=actor.person, now=now)
    held.revision, held.edition.revision_id = revision, revision.id
    if held.state is EditionState.APPROVED:
        await move(session, held, Verb.EDIT, actor=actor, now=now)
    else:
        await session.flush()
        details = {"document": held.document.public_id, "revision": revision.number}
        of = ("edition", str(held.edition.id))
        await record(session, actor, "edition.save", of=of, unit=held.unit.path, details=details, now=now)
    return revision


async def working_copy(session: AsyncSession, document: uuid.UUID, editor: uuid.UUID) -> WorkingCopy | None:
    """What this editor has typed and not saved."""
    query = select(WorkingCopy).where(WorkingCopy.document_id == document, WorkingCopy.editor_id == editor)
    return (await session.execute(query)).scalar_one_or_none()


async def drop_working_copy(session: AsyncSession, actor: Actor, edition: uuid.UUID) -> None:
    """Throws away what the actor has typed since the last save."""
    held = await hold(session, edition)
    require_can(actor, Action.DOCUMENT_EDIT, held.subject)
    await _drop(session, held.document.id, actor.person)


async def check_column(session: AsyncSession, draft: Draft) -> None:
    """Raises Invalid `content.no_column` for a column this installation does not have."""
    if draft.column is None:
        return
    known = select(Column.id).where(Column.code == draft.column)
    if (await session.execute(known)).first() is None:
        raise Invalid("content.no_column", fields={"column": "content.no_column"}, column=draft.column)


def first_edition(
    document: Document, revision: Revision, *, number: int, holder: uuid.UUID, now: dt.datetime
) -> Edition:
    """A new current edition, a draft."""
    return Edition(
        id=uuid7(now),
        document_id=document.id,
        number=number,
        is_current=True,
        is_live=False,
        state=EditionState.DRAFT.value,
        state_at=now,
        statuses=1,
        revision_id=revision.id,
        holder_id=holder,
        round=0,
        created_at=now,
    )


async def _document(session: AsyncSession, actor: Actor, kind: Kind, unit: Unit, now: dt.datetime) -> Document:
    # 50 random bits: a second try is for the one in a billion, a third for nobody.
    for last in (False, False, True):
        document = Document(
            id=uuid7(now),
            public_id=public_id(),
            kind=kind.value,
            unit_id=unit.id,
            title="",
            created_by=actor.person,
            created_at=now,
            updated_at=now,
        )
        try:
            async with session.begin_nested():
                session.add(document)
        except IntegrityError:
            if last:
                raise
            continue
        return document
    raise AssertionError("unreachable")


async def _drop(session: AsyncSession, document: uuid.UUID, editor: uuid.UUID) -> None:
    found = await working_copy(session, document, editor)
    if found is not None:
        await session.delete(found)


def check_base(held: Held, base: uuid.UUID, draft: Draft) -> None:
    """Raises Conflict `content.conflict`, carrying both texts, when `draft` was written on an older revision."""
    current = held.revision
    if current.id != base:
        raise Conflict(
            "content.conflict",
            revision=str(current.id),
            number=current.number,
            by=str(current.created_by),
            theirs=draft_json(draft_of(current)),
            mine=draft_json(draft),
        )
