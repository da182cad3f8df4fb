"""Rows of the office's lists for machine checks: each version whole and for ever, and imports that wait for a yes."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.immutable import Immutable


class CheckList(Immutable, Base):
    """A version of a list: of words, of names with their titles, or of sources that may be reprinted.

    Whole, so that what a report of any day looked for can be read again. `sha256` is over its entries.
    """

    __tablename__ = "check_list"
    __table_args__ = (UniqueConstraint("kind", "number"),)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]
    entries: Mapped[list[Any]] = mapped_column(deferred=True)
    count: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(200))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]


class CheckImport(Base):
    """What a dry run read, kept until the person says yes or tries another file."""

    __tablename__ = "check_import"
    __table_args__ = (UniqueConstraint("kind", "created_by"),)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(10))
    mode: Mapped[str] = mapped_column(String(10))
    entries: Mapped[list[Any]] = mapped_column(deferred=True)
    name: Mapped[str] = mapped_column(String(200))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]
