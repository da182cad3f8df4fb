"""Changing the zones of an issue: kept as one's own working copy like any other typing, saved as revisions."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.blocks import Body, read_body
from cms.content.draft import Draft, draft_of, read_draft
from cms.content.editing import autosave, working_copy
from cms.content.held import Held, hold
from cms.content.kinds import Kind
from cms.content.models import Document, WorkingCopy
from cms.content.queries import find
from cms.kernel.errors import Invalid, Refused
from cms.newspaper.models import NewspaperIssue
from cms.people.actor import Actor
from cms.people.permissions import Action, require_can


@dataclass(frozen=True, slots=True)
class PageZones:
    """What is written of one page: its label and its zones, as anybody may send them."""

    block: str
    label: str
    zones: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person would go on with: the draft, the revision it is based on, and its version (0: saved)."""

    draft: Draft
    base: uuid.UUID
    version: int


async def typed_by(session: AsyncSession, actor: Actor, held: Held) -> Typed:
    """Their unsaved text if there is any, else what was saved last."""
    copy = await working_copy(session, held.document.id, actor.person)
    if copy is None:
        return Typed(draft_of(held.revision), held.revision.id, 0)
    return Typed(read_draft(copy.draft), copy.base_id, copy.version)


def with_zones(body: Mapping[str, Any], pages: Collection[PageZones]) -> Body:
    """The body with what was written of these pages; pages keep their pictures and their order.

    Raises Invalid `newspaper.page_unknown` for a page that is not there, `content.block` for a zone that is wrong.
    """
    known = {block["id"] for block in body["blocks"] if block["type"] == "page"}
    if unknown := sorted({one.block for one in pages} - known):
        raise Invalid("newspaper.page_unknown", page=unknown[0][:40])
    written = {one.block: one for one in pages}
    blocks = [
        {**block, "label": written[block["id"]].label, "zones": list(written[block["id"]].zones)}
        if block["id"] in written
        else block
        for block in body["blocks"]
    ]
    return read_body({"schema": body["schema"], "blocks": blocks})


async def keep_zones(
    session: AsyncSession,
    actor: Actor,
    document: str,
    pages: Collection[PageZones],
    *,
    base: uuid.UUID,
    version: int | None,
    now: dt.datetime,
) -> WorkingCopy:
    """Keeps what was drawn; raises as `cms.content.editing.autosave` and `with_zones`."""
    held = await find(session, actor, document)
    require_can(actor, Action.DOCUMENT_EDIT, held.subject)
    held = await hold(session, held.edition.id)
    typed = await typed_by(session, actor, held)
    draft = replace(typed.draft, body=with_zones(typed.draft.body, pages))
    return await autosave(session, actor, held.edition.id, draft, base=base, version=version, now=now)


async def change_issue(
    session: AsyncSession, actor: Actor, document: str, *, date: dt.date, number: str, now: dt.datetime
) -> None:
    """Corrects the date or the number of an issue, in its row and in the text, which say the same.

    Raises Refused `newspaper.issue_exists`, and as `keep_zones`.
    """
    held = await find(session, actor, document)
    require_can(actor, Action.DOCUMENT_EDIT, held.subject)
    held = await hold(session, held.edition.id)
    issue = await issue_of(session, held)
    twin = select(Document.public_id).join(NewspaperIssue, NewspaperIssue.document_id == Document.id)
    twin = twin.where(NewspaperIssue.newspaper_id == issue.newspaper_id, NewspaperIssue.date == date)
    if (other := await session.scalar(twin.where(NewspaperIssue.id != issue.id))) is not None:
        raise Refused("newspaper.issue_exists", paper="", date=date.isoformat(), document=other)
    typed = await typed_by(session, actor, held)
    blocks = [
        {**{k: v for k, v in block.items() if k != "number"}, "date": date.isoformat(), "number": number}
        if block["type"] == "issue"
        else block
        for block in typed.draft.body["blocks"]
    ]
    draft = replace(typed.draft, body=read_body({"schema": 1, "blocks": blocks}))
    await autosave(session, actor, held.edition.id, draft, base=typed.base, version=None, now=now)
    issue.date, issue.number = date, number
    await session.flush()
    details = {"date": date.isoformat(), "number": number}
    of = ("document", document)
    await record(session, actor, "newspaper.issue", of=of, unit=held.unit.path, details=details, now=now)


async def issue_of(session: AsyncSession, held: Held) -> NewspaperIssue:
    """The issue a document is. Raises Refused `newspaper.not_an_issue`."""
    query = select(NewspaperIssue).where(NewspaperIssue.document_id == held.document.id)
    found = await session.scalar(query) if held.document.kind == Kind.NEWSPAPER.value else None
    if found is None:
        raise Refused("newspaper.not_an_issue")
    return found
