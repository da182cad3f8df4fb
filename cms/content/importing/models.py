"""What came from outside and what became of it: dropped items, feeds and their pool, tables."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.leases import Leased


class DropRow(Base):
    """Written in the transaction that makes the draft: the same bytes again, also after a kill, make no second one."""

    __tablename__ = "drop_taken"
    __table_args__ = (UniqueConstraint("person_id", "sha256"),)

    id: Mapped[Key]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"))
    created_at: Mapped[dt.datetime]


class FeedSource(Leased, Base):
    """A feed an administrator allows, polled by whoever holds its lease; its states are `FeedState`.

    `unit_path` says whose pool it fills: the people of that unit and of everything below it take from it. `licence` is
    what the site allows us to do, in words. `etag` and `modified` are what the site gave with its last answer.
    """

    __tablename__ = "feed_source"
    __table_args__ = (UniqueConstraint("url"), Index("ix_feed_source_state_due", "state", "not_before"))

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    name: Mapped[str] = mapped_column(String(100))
    url: Mapped[str] = mapped_column(String(2000))
    licence: Mapped[str] = mapped_column(String(200))
    unit_path: Mapped[str] = mapped_column(String(200))
    every_minutes: Mapped[int]
    etag: Mapped[str] = mapped_column(String(200), default="")
    modified: Mapped[str] = mapped_column(String(100), default="")
    polled_at: Mapped[dt.datetime | None]
    good_at: Mapped[dt.datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(80))
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]


class PoolItem(Base):
    """A piece of somebody else that lies in the pool until an editor takes it or puts it aside.

    `key` is the sha256 of what the feed calls it; `digest` of its words, which a site may still change; `body` holds
    blocks, `pictures` the addresses of its pictures, `dropped` counts what had no place. `report` says what became of
    the pictures: `pictures` by address while they are fetched, `fetched` and `missing` once the item is taken.
    """

    __tablename__ = "pool_item"
    __table_args__ = (
        UniqueConstraint("source_id", "key"),
        Index("ix_pool_item_state_found", "state", "found_at", "id"),
    )

    id: Mapped[Key]
    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("feed_source.id"))
    key: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12), default="new")
    url: Mapped[str] = mapped_column(String(2000))
    title: Mapped[str] = mapped_column(String(200))
    author: Mapped[str] = mapped_column(String(100))
    origin: Mapped[str] = mapped_column(String(100))
    licence: Mapped[str] = mapped_column(String(500))
    summary: Mapped[str] = mapped_column(String(1000))
    body: Mapped[dict[str, Any]]
    pictures: Mapped[list[str]]
    dropped: Mapped[dict[str, Any]] = mapped_column(default=dict)
    published_at: Mapped[dt.datetime | None]
    found_at: Mapped[dt.datetime]
    report: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    settled_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    settled_at: Mapped[dt.datetime | None]
    document_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("document.id", ondelete="SET NULL"), index=True)


class SheetImport(Base):
    """A table somebody sent: its rows as they were read, and what became of them; its states are `SheetState`."""

    __tablename__ = "sheet_import"
    __table_args__ = (Index("ix_sheet_import_person_created", "person_id", "created_at"),)

    id: Mapped[Key]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    unit_path: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12), default="checked")
    rows: Mapped[list[Any]]
    documents: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[dt.datetime]
    done_at: Mapped[dt.datetime | None]
    undone_at: Mapped[dt.datetime | None]
