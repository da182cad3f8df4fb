"""Cutting a revision: an immutable row with its hash, and the document's list fields after it."""

import datetime as dt
import uuid

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.blocks import asset_ids
from cms.content.draft import Draft, draft_json, revision_hash
from cms.content.models import Document, Revision, RevisionAsset
from cms.content.search import index
from cms.kernel.ids import uuid7


async def cut(
    session: AsyncSession,
    document: Document,
    draft: Draft,
    *,
    parent: Revision | None,
    author: uuid.UUID,
    now: dt.datetime,
) -> Revision:
    """Writes the draft down for good, as of `author` and everyone who wrote its parents."""
    written = draft_json(draft)
    authors = tuple(sorted({str(author), *(parent.authors if parent else ())}))
    newest = select(func.coalesce(func.max(Revision.number), 0)).where(Revision.document_id == document.id)
    revision = Revision(
        id=uuid7(now),
        document_id=document.id,
        number=(await session.execute(newest)).scalar_one() + 1,
        parent_id=parent.id if parent else None,
        title=draft.title,
        subtitle=draft.subtitle,
        summary=draft.summary,
        pinyin=draft.pinyin,
        byline=written["byline"],
        language=draft.language,
        column_code=draft.column,
        cover_id=draft.cover,
        cover_alt=draft.cover_alt,
        narration_id=draft.narration,
        body=draft.body,
        channels=written["channels"],
        envelope=written["envelope"],
        overrides=written["overrides"],
        authors=list(authors),
        sha256=revision_hash(draft, document=document.public_id, authors=authors),
        created_by=author,
        created_at=now,
    )
    session.add(revision)
    document.updated_at = now
    await session.flush()
    session.add_all(RevisionAsset(revision_id=revision.id, asset_id=asset) for asset in _named(draft))
    await session.flush()
    await follow(session, document, revision)
    return revision


def _named(draft: Draft) -> set[uuid.UUID]:
    return {*asset_ids(draft.body), *(one for one in (draft.cover, draft.narration) if one)}


async def follow(session: AsyncSession, document: Document, revision: Revision) -> None:
    """Brings the document's list fields, and what it is found by, to its current edition."""
    document.title = revision.title
    document.column_code = revision.column_code
    await index(session, document, revision)
