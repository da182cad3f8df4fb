"""The search index: what each piece is found by, and the index of its characters and their pairs.

``document_grams`` is an FTS5 table on SQLite and a tsvector with a GIN index on PostgreSQL; neither can be said in
terms of models, so both are made by the statements here, in the migration and wherever tables are created without it.
"""

import uuid
from typing import Final

from sqlalchemy import DDL, BigInteger, ForeignKey, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base

# No positions and no copy of the text: a pair of characters is a word of the index, and two characters are exact.
ON_SQLITE: Final = (
    "CREATE VIRTUAL TABLE document_grams USING fts5(grams, content='', detail=none, columnsize=0, tokenize='ascii')",
)
ON_POSTGRES: Final = (
    "CREATE SEQUENCE document_seq",
    "CREATE TABLE document_grams (seq bigint PRIMARY KEY, grams tsvector NOT NULL)",
    # Without the pending list: a save pays for its own words, and no search for those of others.
    "CREATE INDEX ix_document_grams ON document_grams USING gin (grams) WITH (fastupdate = off)",
)
GONE_SQLITE: Final = ("DROP TABLE document_grams",)
GONE_POSTGRES: Final = ("DROP TABLE document_grams", "DROP SEQUENCE document_seq")


class SearchText(Base):
    """What a piece is found by, as it is compared; follows the current edition in the transaction that changes it.

    `seq` grows with every change, so the newest pieces have the highest. `facets` are what it is narrowed by, as words
    of the index: its unit, kind, column and channels.
    """

    __tablename__ = "document_search"

    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger(), unique=True)
    facets: Mapped[str] = mapped_column(Text())
    text: Mapped[str] = mapped_column(Text())


for _dialect, _made, _gone in (("sqlite", ON_SQLITE, GONE_SQLITE), ("postgresql", ON_POSTGRES, GONE_POSTGRES)):
    for _when, _statements in (("after_create", _made), ("before_drop", _gone)):
        for _statement in _statements:
            _ddl = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
            event.listen(SearchText.__table__, _when, _ddl)
