"""The search index: kept in the transaction that changes a piece, asked newest first, and built anew by a command."""

import contextlib
import datetime as dt
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Row,
    cast,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    table,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.blocks import plain_text, upcast
from cms.content.grams import facet, fts5, grams, tsquery
from cms.content.models import Document, Edition, Revision, RevisionAsset
from cms.content.printed import heard_and_printed
from cms.content.search_rows import SearchText
from cms.content.spoken import hold_videos
from cms.kernel.db import Database
from cms.kernel.folding import search_form

# Hits are read in steps that grow: a page of a common word is in the first, a rare word has no second.
_GROWS: Final = 4
_LONGEST_STEP: Final = 8_000
_BATCH: Final = 500
_FRESH: Final = {"populate_existing": True}
_GRAMS: Final = table("document_grams", column("rowid"), column("seq"), column("grams"))


def searched(revision: Revision, said: str = "") -> str:
    """What a piece is found by, as it is compared: its words, its title's pinyin initials, what its videos say."""
    byline = (revision.byline[name] for name in ("source", "reporter", "editor", "sponsor"))
    words = (revision.title, revision.subtitle, revision.summary, *byline)
    return search_form("\n".join((*words, plain_text(upcast(revision.body)), revision.pinyin, said)))


def facets_of(document: Document, revision: Revision) -> list[str]:
    """What a piece is narrowed by inside of the index."""
    named = [unit_facet(document.unit_id), facet("kind", document.kind)]
    named += [facet("column", revision.column_code)] if revision.column_code else []
    return [*named, *(facet("channel", code) for code in revision.channels)]


def unit_facet(unit: uuid.UUID) -> str:
    return facet("unit", unit.hex)


async def index(session: AsyncSession, document: Document, revision: Revision) -> None:
    """Brings the index to what a piece says now; call it in the transaction that changed the piece."""
    await session.flush()
    await hold_videos(session, [revision.id])
    # Held, so that a change of subtitles at this moment neither is overwritten nor leaves words behind.
    query = select(SearchText).where(SearchText.document_id == document.id).with_for_update()
    row = (await session.execute(query, execution_options=_FRESH)).scalar_one_or_none()
    if row is not None:
        await _take_out(session, [row])
    seq = await _next(session)
    said = (await heard_and_printed(session, [revision.id])).get(revision.id, "")
    words, facets = searched(revision, said), " ".join(facets_of(document, revision))
    if row is None:
        session.add(SearchText(document_id=document.id, seq=seq, facets=facets, text=words))
    else:
        row.seq, row.facets, row.text = seq, facets, words
    await session.flush()
    await _put_in(session, [(seq, facets, words)])


async def index_spoken(session: AsyncSession, video: uuid.UUID) -> int:
    """Brings the pieces that show a video to what its subtitles say now, each in its place; their number.

    Call it in the transaction that changed the subtitles and holds the video.
    """
    await session.flush()
    showing = (
        select(SearchText)
        .join(Edition, (Edition.document_id == SearchText.document_id) & Edition.is_current)
        .join(RevisionAsset, RevisionAsset.revision_id == Edition.revision_id)
        .where(RevisionAsset.asset_id == video)
        .order_by(SearchText.document_id)
        .with_for_update(of=SearchText)
    )
    rows = {row.document_id: row for row in await session.scalars(showing, execution_options=_FRESH)}
    # Asked for once they are held: whoever saved one of them meanwhile has committed.
    current = select(Document, Revision).join(Edition, (Edition.document_id == Document.id) & Edition.is_current)
    current = current.join(Revision, Revision.id == Edition.revision_id).where(Document.id.in_(rows))
    found = (await session.execute(current)).all()
    said = await heard_and_printed(session, [one.Revision.id for one in found])
    texts = {one.Document.id: searched(one.Revision, said.get(one.Revision.id, "")) for one in found}
    changed = [row for row in rows.values() if texts[row.document_id] != row.text]
    await _take_out(session, changed)
    for row in changed:
        row.text = texts[row.document_id]
    await session.flush()
    await _put_in(session, [(row.seq, row.facets, row.text) for row in changed])
    return len(changed)


async def hits(
    session: AsyncSession, every: Sequence[Sequence[str]], *, first: int, below: int = 0
) -> AsyncIterator[list[int]]:
    """The `seq` of pieces that have, of each group, any word of the index; newest first, in steps that grow.

    `first` is how many the first step has, `below` the last seq of what was seen before. Whoever has enough stops
    asking, and no more is read.
    """
    if not _is_sqlite(session):
        # The plan depends on how common the words are, so each query gets its own.
        await session.execute(text("select set_config('plan_cache_mode', 'force_custom_plan', true)"))
    limit = first
    while True:
        async with _by_the_index(session):
            found = list((await session.execute(_matching(session, every, below).limit(limit))).scalars())
        if found:
            yield found
        if len(found) < limit:
            return
        limit, below = min(limit * _GROWS, _LONGEST_STEP), found[-1]


@contextlib.asynccontextmanager
async def _by_the_index(session: AsyncSession) -> AsyncIterator[None]:
    """PostgreSQL guesses how rare a word is it never counted, and would look into the words of every piece instead.

    Measured on 100,000 pieces: a rare word 0.3 ms by the index and 600 ms without, the most common 20 ms and 5 ms.
    """
    if _is_sqlite(session):
        yield
        return
    await session.execute(text("select set_config('enable_seqscan', 'off', true)"))
    yield
    await session.execute(text("select set_config('enable_seqscan', 'on', true)"))


def among(session: AsyncSession, seqs: Sequence[int]) -> ColumnElement[bool]:
    """Pieces with one of these `seq`: one parameter, where thousands would have to be written out."""
    if _is_sqlite(session):
        listed = func.json_each(json.dumps(seqs)).table_valued("value")
        return SearchText.seq.in_(select(listed.c.value))
    return SearchText.seq == func.any(cast(list(seqs), ARRAY(BigInteger)))


async def rebuild(db: Database) -> int:
    """Throws the index away and makes it again from the current edition of every piece; their number."""
    async for _ in rebuilding(db):
        pass
    async with db.read() as session:
        return await session.scalar(select(func.count()).select_from(SearchText)) or 0


async def rebuilding(db: Database) -> AsyncIterator[int]:
    """Rebuilds batch by batch and says how many pieces each looked at.

    Newest first and a transaction for each batch: the last pieces are found again at once, and nobody who saves
    waits for the whole. A piece saved meanwhile indexes itself.
    """
    async with db.write() as session:
        await _empty(session)
        await session.execute(delete(SearchText))
        pieces = select(func.count()).select_from(Edition).where(Edition.is_current)
        seq = await session.scalar(pieces) or 0
        if not _is_sqlite(session):
            await session.execute(text("select setval('document_seq', :last)"), {"last": seq + 1})
        # In here, so that on SQLite the next piece that is saved counts on from the newest.
        found, added = await _add(session, None, seq)
    while found:
        yield len(found)
        seq, last = seq - added, found[-1]
        async with db.write() as session:
            found, added = await _add(session, last, seq)


async def _add(session: AsyncSession, last: Row[uuid.UUID, dt.datetime] | None, seq: int) -> tuple[Sequence[Any], int]:
    """Indexes the pieces before `last`, counting down from `seq`; all it looked at, and how many were not in yet."""
    before = () if last is None else (tuple_(Document.updated_at, Document.id) < (last.updated_at, last.id),)
    older = select(Document.id, Document.updated_at).where(*before)
    older = older.join(Edition, (Edition.document_id == Document.id) & Edition.is_current)
    older = older.order_by(Document.updated_at.desc(), Document.id.desc()).limit(_BATCH).with_for_update(of=Document)
    held = (await session.execute(older)).all()
    # Asked for once they are held: whoever was saving one of them has put it in.
    has_none = ~select(SearchText.seq).where(SearchText.document_id == Document.id).exists()
    current = select(Document, Revision).join(Edition, (Edition.document_id == Document.id) & Edition.is_current)
    current = current.join(Revision, Revision.id == Edition.revision_id)
    current = current.where(Document.id.in_([one.id for one in held]), has_none)
    current = current.order_by(Document.updated_at.desc(), Document.id.desc())
    found = (await session.execute(current)).all()
    revisions = [one.Revision.id for one in found]
    await hold_videos(session, revisions)
    said = await heard_and_printed(session, revisions)
    rows = [
        {
            "document_id": one.Document.id,
            "seq": seq - place,
            "facets": " ".join(facets_of(one.Document, one.Revision)),
            "text": searched(one.Revision, said.get(one.Revision.id, "")),
        }
        for place, one in enumerate(found)
    ]
    if rows:
        await session.execute(insert(SearchText), rows)
    await _put_in(session, [(row["seq"], row["facets"], row["text"]) for row in rows])
    return held, len(rows)


def _matching(session: AsyncSession, every: Sequence[Sequence[str]], below: int) -> Any:
    if not every:
        # Marks alone are in no index: what is found is compared with every text.
        whole = select(SearchText.seq).where(SearchText.seq < below) if below else select(SearchText.seq)
        return whole.order_by(SearchText.seq.desc())
    if _is_sqlite(session):
        query = select(_GRAMS.c.rowid).where(literal_column("document_grams").op("MATCH")(fts5(every)))
        query = query.where(_GRAMS.c.rowid < below) if below else query
        return query.order_by(_GRAMS.c.rowid.desc())
    query = select(_GRAMS.c.seq).where(_GRAMS.c.grams.op("@@")(text("cast(:wanted as tsquery)")))
    # An expression, so that nobody walks down the index of `seq` and looks at each row on the way.
    newest = _GRAMS.c.seq + 0
    query = query.where(newest < below) if below else query
    return query.order_by(newest.desc()).params(wanted=tsquery(every))


async def _put_in(session: AsyncSession, rows: Sequence[tuple[int, str, str]]) -> None:
    if not rows:
        return
    if _is_sqlite(session):
        statement = text("INSERT INTO document_grams (rowid, grams) VALUES (:seq, :grams)")
        await session.execute(statement, [{"seq": seq, "grams": _words(facets, said)} for seq, facets, said in rows])
        return
    statement = text("INSERT INTO document_grams (seq, grams) VALUES (:seq, array_to_tsvector(cast(:grams as text[])))")
    values = [{"seq": seq, "grams": [*facets.split(), *grams(said)]} for seq, facets, said in rows]
    await session.execute(statement, values)


async def _take_out(session: AsyncSession, rows: Sequence[SearchText]) -> None:
    if not rows:
        return
    if _is_sqlite(session):
        # An index without a copy of its texts forgets a row only by being told what it holds.
        statement = text("INSERT INTO document_grams (document_grams, rowid, grams) VALUES ('delete', :seq, :grams)")
        held = [{"seq": row.seq, "grams": _words(row.facets, row.text)} for row in rows]
        await session.execute(statement, held)
        return
    await session.execute(text("DELETE FROM document_grams WHERE seq = :seq"), [{"seq": row.seq} for row in rows])


async def _empty(session: AsyncSession) -> None:
    if _is_sqlite(session):
        await session.execute(text("INSERT INTO document_grams (document_grams) VALUES ('delete-all')"))
        return
    await session.execute(text("TRUNCATE document_grams"))


async def _next(session: AsyncSession) -> int:
    if _is_sqlite(session):
        last = select(func.coalesce(func.max(SearchText.seq), 0))
        return (await session.execute(last)).scalar_one() + 1
    return int((await session.execute(text("select nextval('document_seq')"))).scalar_one())


def _words(facets: str, said: str) -> str:
    return " ".join((facets, *sorted(grams(said))))


def _is_sqlite(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "sqlite"
