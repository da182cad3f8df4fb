"""Cutting a revision: an immutable row with its hash, and the document's list fields after it."""

import datetime as dt
import uuid

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.blocks import asset_ids, plain_text
from cms.content.draft import Draft, draft_json, revision_hash
from cms.content.models import Document, Revision, RevisionAsset
from cms.kernel.ids import uuid7
from cms.kernel.text import search_text


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
    follow(document, draft)
    document.updated_at = now
    await session.flush()
    session.add_all(RevisionAsset(revision_id=revision.id, asset_id=asset) for asset in _named(draft))
    await session.flush()
    return revision


def _named(draft: Draft) -> set[uuid.UUID]:
    return {*asset_ids(draft.body), *([draft.cover] if draft.cover else [])}


def follow(document: Document, draft: Draft) -> None:
    """Brings the document's list fields to its current edition."""
    document.title = draft.title
    document.column_code = draft.column
    document.search_text = searched(draft)


def searched(draft: Draft) -> str:
    """What a piece is found by: its words with every Han character spaced, lower case, and its pinyin initials."""
    byline = draft.byline
    words = (draft.title, draft.subtitle, draft.summary, byline.source, byline.reporter, byline.editor, byline.sponsor)
    return search_text("\n".join((*words, plain_text(draft.body), draft.pinyin)).lower())
