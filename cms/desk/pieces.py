"""What the pages show of a piece besides its words: covers, actions, names of units, the frame of its pages."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.draft import Draft, draft_of, read_draft
from cms.content.editing import working_copy
from cms.content.held import Held
from cms.content.models import Column, Edition, Revision
from cms.content.queries import DocumentRow, find
from cms.content.states import EDITABLE, TABLE, EditionState, Verb
from cms.desk import labels
from cms.desk.visit import Visit
from cms.people.models import Person, Unit
from cms.people.permissions import Action, can

VOICE_URL = "/desk/assets/{asset}/voice"
ASSET_URL = "/desk/assets/{asset}/web-960"
THUMB_URL = "/desk/assets/{asset}/thumb"
_OUT = frozenset(
    {
        EditionState.PUBLISHED,
        EditionState.PUBLISHED_PENDING_REVIEW,
        EditionState.RECALLED,
        EditionState.SUPERSEDED,
    }
)
_PUBLISHABLE = frozenset(
    {
        EditionState.APPROVED,
        EditionState.SCHEDULED,
        EditionState.PUBLISHED,
        EditionState.PUBLISHED_PENDING_REVIEW,
        EditionState.FAILED_TO_PUBLISH,
        EditionState.RECALLED,
        EditionState.SUPERSEDED,
    }
)


def href(public_id: str) -> str:
    return f"/desk/documents/{public_id}"


def thumb(asset: uuid.UUID | str) -> str:
    return THUMB_URL.format(asset=asset)


async def covers(session: AsyncSession, editions: Collection[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    """Addresses of the covers of these editions; one without a cover is missing."""
    if not editions:
        return {}
    query = select(Edition.id, Revision.cover_id).join(Revision, Revision.id == Edition.revision_id)
    rows = (await session.execute(query.where(Edition.id.in_(editions), Revision.cover_id.is_not(None)))).all()
    return {row.id: thumb(row.cover_id) for row in rows}


def line(visit: Visit, row: DocumentRow, cover: str | None) -> dict[str, Any]:
    """A row of a list of pieces."""
    mine = visit.actor.name in {row.author, row.holder}
    return {
        "id": row.public_id,
        "href": href(row.public_id),
        "title": row.title,
        "kind": labels.kind(visit, row.kind),
        "column": row.column_name,
        "author": row.author,
        "unit": row.unit_name,
        "state": row.state.value,
        "updated_at": row.updated_at,
        "plan_at": row.scheduled_at,
        "published_at": row.published_at,
        "number": row.number,
        "cover": cover,
        "may_edit": row.state in EDITABLE and visit.may(Action.DOCUMENT_EDIT) and (mine or _edits_others(visit)),
    }


def may(visit: Visit, held: Held) -> dict[str, bool]:
    """What the person may do with an edition as it stands, by the word of the button."""
    actor, subject, state = visit.actor, held.subject, held.state

    def allowed(action: Action) -> bool:
        return bool(can(actor, action, subject))

    def verb(one: Verb) -> bool:
        step = TABLE[state].get(one)
        return step is not None and step.action is not None and allowed(step.action)

    return {
        "edit": state in EDITABLE and allowed(Action.DOCUMENT_EDIT),
        "submit": verb(Verb.SUBMIT),
        "withdraw": verb(Verb.WITHDRAW),
        "review": state in {EditionState.SUBMITTED, EditionState.PUBLISHED_PENDING_REVIEW}
        and allowed(Action.REVIEW_READ),
        "after": state is EditionState.PUBLISHED_PENDING_REVIEW,
        "rush": verb(Verb.RUSH),
        "reopen": verb(Verb.REOPEN),
        "discard": verb(Verb.DISCARD),
        "send_back": state is EditionState.APPROVED and verb(Verb.RETURN),
        "publish": state in _PUBLISHABLE and allowed(Action.PUBLISHING_READ),
        "recall": verb(Verb.RECALL),
        "correct": state in _OUT
        and held.edition.is_current
        and held.document.first_published_at is not None
        and allowed(Action.DOCUMENT_CORRECT),
        "slip": held.edition.round > 0,
    }


async def unit_names(session: AsyncSession, paths: Collection[str]) -> Mapping[str, str]:
    """Names by path."""
    rows = (await session.execute(select(Unit.path, Unit.name).where(Unit.path.in_(paths)))).all()
    return {row.path: row.name for row in rows}


async def unit_names_by_id(session: AsyncSession, units: Collection[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    """Names by id."""
    rows = (await session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(units)))).all()
    return {row.id: row.name for row in rows}


async def person_name(session: AsyncSession, person: uuid.UUID) -> str:
    return (await session.execute(select(Person.name).where(Person.id == person))).scalar_one_or_none() or ""


async def column_name(session: AsyncSession, code: str | None) -> str:
    return (await session.execute(select(Column.name).where(Column.code == code))).scalar_one_or_none() or ""


async def typed(session: AsyncSession, visit: Visit, held: Held) -> tuple[Draft, uuid.UUID, int]:
    """What the person would go on writing: their unsaved text or the saved one; its base, its version (0: saved)."""
    copy = await working_copy(session, held.document.id, visit.actor.person)
    if copy is None:
        return draft_of(held.revision), held.revision.id, 0
    return read_draft(copy.draft), copy.base_id, copy.version


async def asked_links(visit: Visit) -> Mapping[str, str] | None:
    """What the addresses in the person's text answer; asked between transactions, None where nobody asks."""
    if visit.deps.links is None:
        return None
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        draft, _, _ = await typed(session, visit, held)
    return await visit.deps.links.ask(draft, now=visit.now)


def head(visit: Visit, held: Held, column: str) -> dict[str, Any]:
    """What the head of each of a piece's pages says."""
    return {
        "id": held.document.public_id,
        "href": href(held.document.public_id),
        "title": held.revision.title or visit.t("desk.documents.untitled"),
        "kind": labels.kind(visit, held.document.kind),
        "column": column or visit.t("desk.documents.no_column"),
        "state": held.edition.state,
        "number": held.edition.number,
    }


def _edits_others(visit: Visit) -> bool:
    return visit.may(Action.REVIEW_PASS)
