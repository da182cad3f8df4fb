"""Searching pieces: what stands in the index, narrowed by what only the rows know, newest first, and no further."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.blocks import plain_text
from cms.content.filters import Filters, Scope, conditions, groups
from cms.content.grams import Run, excerpt
from cms.content.models import Document, Edition, Revision
from cms.content.search import among, hits
from cms.content.search_rows import SearchText
from cms.content.states import EditionState
from cms.people.actor import Actor

# Nobody reads further, and nobody needs to know how many more there are.
COUNTED: Final = 500


@dataclass(frozen=True, slots=True)
class Hit:
    """A piece that was found; `seq` is its place: the newest has the highest."""

    seq: int
    document: uuid.UUID
    state: EditionState


async def find_hits(
    session: AsyncSession, actor: Actor, filters: Filters, scope: Scope, *, most: int, below: int = 0
) -> list[Hit]:
    """At most `most` pieces, the one that was written last first; `below` is the last `seq` of the page before."""
    found: list[Hit] = []
    where = [
        *conditions(actor, filters, scope, indexed=True),
        *(SearchText.text.contains(word, autoescape=True) for word in filters.wanted.texts),
    ]
    query = (
        select(SearchText.seq, Document.id, Edition.state)
        .join(Document, Document.id == SearchText.document_id)
        .join(Edition, Edition.document_id == Document.id)
        .where(*where)
    )
    async for step in hits(session, groups(filters, scope), below=below, first=most):
        rows = await session.execute(query.where(among(session, step)))
        # Ordered here: asked to order, SQLite walks through every piece and looks each up among the hits.
        found += sorted((Hit(row.seq, row.id, EditionState(row.state)) for row in rows), key=lambda hit: -hit.seq)
        if len(found) >= most:
            break
    return found[:most]


async def excerpts(
    session: AsyncSession, editions: Sequence[uuid.UUID], words: Sequence[str]
) -> Mapping[uuid.UUID, list[Run]]:
    """A line of each piece around a word that was searched, by edition; none where only the title has it."""
    query = select(Edition.id, Revision.summary, Revision.body, Revision.subtitle, Revision.byline)
    query = query.join(Revision, Revision.id == Edition.revision_id).where(Edition.id.in_(editions))
    made = {}
    for row in await session.execute(query):
        byline = "　".join(str(row.byline[name]) for name in ("source", "reporter", "editor", "sponsor"))
        for text in (plain_text(row.body), row.summary, row.subtitle, byline):
            runs = excerpt(text, words)
            if runs:
                made[row.id] = runs
                break
    return made
