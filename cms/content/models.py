"""Rows of content: columns, documents, editions, immutable revisions and states, and working copies."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.immutable import Immutable


class Column(Base):
    """A column 栏目; its code stands in URLs and releases and never changes."""

    __tablename__ = "news_column"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class Document(Base):
    """A piece over all its versions. `title` and `column_code` follow the current edition."""

    __tablename__ = "document"
    __table_args__ = (
        Index("ix_document_unit_updated", "unit_id", "updated_at"),
        Index("ix_document_unit_id", "unit_id", "id"),
        Index("ix_document_updated", "updated_at", "id"),
    )

    id: Mapped[Key]
    public_id: Mapped[str] = mapped_column(String(10), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"))
    column_code: Mapped[str | None] = mapped_column(String(40), index=True)
    title: Mapped[str] = mapped_column(String(500))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    first_published_at: Mapped[dt.datetime | None]


class Revision(Immutable, Base):
    """What was written at one save, never changed. `sha256` is over the canonical text of its content.

    `authors` is everyone who wrote any part of it, so whoever is not in it may approve. `byline`, `envelope` and
    `overrides` have the form of `cms.content.draft.Draft`.
    """

    __tablename__ = "revision"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        Index("ix_revision_created_by", "created_by", "document_id"),
    )

    id: Mapped[Key]
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"))
    number: Mapped[int]
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("revision.id"))
    title: Mapped[str] = mapped_column(String(500))
    subtitle: Mapped[str] = mapped_column(String(500))
    summary: Mapped[str] = mapped_column(Text())
    pinyin: Mapped[str] = mapped_column(Text())
    byline: Mapped[dict[str, Any]]
    language: Mapped[str] = mapped_column(String(35))
    column_code: Mapped[str | None] = mapped_column(String(40))
    cover_id: Mapped[uuid.UUID | None]
    cover_alt: Mapped[str] = mapped_column(String(300))
    narration_id: Mapped[uuid.UUID | None]
    body: Mapped[dict[str, Any]]
    channels: Mapped[list[str]]
    envelope: Mapped[dict[str, Any]]
    overrides: Mapped[dict[str, Any]]
    authors: Mapped[list[str]]
    sha256: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]


class RevisionAsset(Base):
    """That a revision names an asset: where a picture or video is used is one look, however many pieces there are."""

    __tablename__ = "revision_asset"

    revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("revision.id"), primary_key=True)
    asset_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, index=True)


class Edition(Base):
    """A numbered attempt to publish a document: at most one current and one live, both kept by the database.

    `round` counts submissions; a release belongs to one round, so every edit leaves it behind. `planned_at` is a wish,
    `scheduled_at` a promise of the runner, `published_at` a fact. `statuses` counts the rows of its history.
    """

    __tablename__ = "edition"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        Index(
            "uq_edition_current",
            "document_id",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
        Index(
            "uq_edition_live",
            "document_id",
            unique=True,
            sqlite_where=text("is_live"),
            postgresql_where=text("is_live"),
        ),
        Index("ix_edition_state_at", "state", "state_at"),
        Index(
            "ix_edition_current_state",
            "state",
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
        # All that counting a unit's pieces by state reads.
        Index("ix_edition_document_state", "document_id", "is_current", "state"),
        Index("ix_edition_planned_at", "planned_at"),
        Index("ix_edition_published_at", "published_at"),
    )

    id: Mapped[Key]
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"))
    number: Mapped[int]
    is_current: Mapped[bool]
    is_live: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(20))
    state_at: Mapped[dt.datetime]
    statuses: Mapped[int] = mapped_column(default=0)
    revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("revision.id"))
    holder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    round: Mapped[int] = mapped_column(default=0)
    planned_at: Mapped[dt.datetime | None]
    scheduled_at: Mapped[dt.datetime | None]
    published_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]


class Status(Immutable, Base):
    """One change of state of an edition; `note` is what the person said, `details` what the change carries."""

    __tablename__ = "status"
    __table_args__ = (UniqueConstraint("edition_id", "number"),)

    id: Mapped[Key]
    edition_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("edition.id"))
    number: Mapped[int]
    revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("revision.id"))
    verb: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[dt.datetime]
    note: Mapped[str] = mapped_column(Text())
    details: Mapped[dict[str, Any]]


class WorkingCopy(Base):
    """What an editor has typed and not yet saved as a revision; one a document and editor; `draft` as JSON."""

    __tablename__ = "working_copy"
    __table_args__ = (UniqueConstraint("document_id", "editor_id"),)

    id: Mapped[Key]
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"))
    editor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    base_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("revision.id"))
    version: Mapped[int] = mapped_column(default=1)
    draft: Mapped[dict[str, Any]]
    updated_at: Mapped[dt.datetime]


class Presence(Base):
    """Who has a document open in the editor, and when their page said so last."""

    __tablename__ = "presence"

    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    seen_at: Mapped[dt.datetime]
