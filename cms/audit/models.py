"""Rows of the record: events in one chain, its head, parts that were archived, and looks at whether it is whole."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.immutable import Immutable


class AuditEvent(Immutable, Base):
    """One thing that happened. `at`: when; `committed_at`: when it was written down; `hash` covers all of it.

    No foreign keys: the record outlives what it speaks of. The database itself refuses to change a row, and to delete
    one that no archive holds.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_object", "object_kind", "object_id"),
        Index("ix_audit_event_actor", "actor_id", "seq"),
        Index("ix_audit_event_at", "at"),
    )

    seq: Mapped[int] = mapped_column(BigInteger(), primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime]
    committed_at: Mapped[dt.datetime]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str] = mapped_column(String(100))
    session_id: Mapped[uuid.UUID | None]
    ip: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(60))
    object_kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(80))
    unit_path: Mapped[str] = mapped_column(String(500))
    result: Mapped[str] = mapped_column(String(10), server_default="done")
    details: Mapped[dict[str, Any]]
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the chain, whose row lock puts writers in one line; and the end of what lies in archives."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger())
    hash: Mapped[str] = mapped_column(String(64))
    archived_seq: Mapped[int] = mapped_column(BigInteger(), default=0, server_default="0")
    archived_hash: Mapped[str] = mapped_column(String(64), default="0" * 64, server_default="0" * 64)


class AuditArchive(Base):
    """A part of the chain that lies in a file: where it begins and ends, and the file's hash."""

    __tablename__ = "audit_archive"

    last_seq: Mapped[int] = mapped_column(BigInteger(), primary_key=True, autoincrement=False)
    first_seq: Mapped[int] = mapped_column(BigInteger())
    prev_hash: Mapped[str] = mapped_column(String(64))
    last_hash: Mapped[str] = mapped_column(String(64))
    until: Mapped[dt.datetime]
    file: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[dt.datetime]


class AuditCheck(Base):
    """A look at the whole chain: how far it went, and the first fault; an empty `fault` is a whole chain."""

    __tablename__ = "audit_check"

    id: Mapped[Key]
    at: Mapped[dt.datetime] = mapped_column(index=True)
    seq: Mapped[int] = mapped_column(BigInteger())
    hash: Mapped[str] = mapped_column(String(64))
    fault: Mapped[str] = mapped_column(String(20), default="")
    fault_seq: Mapped[int] = mapped_column(BigInteger(), default=0)
