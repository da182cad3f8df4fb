"""Searching pieces: what stands in the index, narrowed by what only the rows know, newest first, and no further."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.blocks import plain_text
from cms.content.filters import Filters, Scope, conditions, groups
from cms.content.grams import Run, excerpt
from cms.content.models import Document, Edition, Revision
from cms.content.search import among, hits
from cms.content.search_rows import SearchText
from cms.content.spoken import Spoken, passages
from cms.content.states import EditionState
from cms.kernel.folding import search_form
from cms.people.actor import Actor

# Nobody reads further, and nobody needs to know how many more there are.
COUNTED: Final = 500
_TEXTS: Final = (Revision.title, Revision.summary, Revision.body, Revision.subtitle, Revision.byline)


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


@dataclass(frozen=True, slots=True)
class Found:
    """Where a piece has what was searched: a line of its text, and what a video says, for words that no text has."""

    line: list[Run]
    spoken: Spoken | None = None


async def excerpts(
    session: AsyncSession, editions: Sequence[uuid.UUID], words: Sequence[str]
) -> Mapping[uuid.UUID, Found]:
    """Where the words that were searched stand in each piece, by edition; none where only the title has them."""
    query = select(Edition.id, Edition.revision_id, *_TEXTS)
    query = query.join(Revision, Revision.id == Edition.revision_id).where(Edition.id.in_(editions))
    rows = (await session.execute(query)).all()
    lines = {row.revision_id: _line(row, words) for row in rows}
    said = await passages(session, {key: lacking for key, (_, lacking) in lines.items() if lacking}, words)
    made = {row.id: Found(lines[row.revision_id][0], said.get(row.revision_id)) for row in rows}
    return {edition: found for edition, found in made.items() if found.line or found.spoken}


def _line(row: Any, words: Sequence[str]) -> tuple[list[Run], list[str]]:
    """The first text around one of the words, and the words that no text of the piece has."""
    title = search_form(row.title)
    lacking = [word for word in words if word not in title]
    line: list[Run] = []
    byline = "　".join(str(row.byline[name]) for name in ("source", "reporter", "editor", "sponsor"))
    for text in (plain_text(row.body), row.summary, row.subtitle, byline):
        if line and not lacking:
            break
        form = search_form(text)
        line = line or (excerpt(text, words) if any(word in form for word in words) else [])
        lacking = [word for word in lacking if word not in form]
    return line, lacking
