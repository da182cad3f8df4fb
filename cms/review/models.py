"""Rows of review: the release people sign, the steps they take, and their approvals."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.immutable import Immutable


class ReleaseRow(Immutable, Base):
    """The frozen release 签发件 of one submission of an edition.

    `id` is the uuid inside the text, `hash` what people sign; `plan` the review steps as they stood that day and
    `findings` what the machine said. It counts while `round` is the edition's: nothing has to be marked void.
    """

    __tablename__ = "release"
    __table_args__ = (UniqueConstraint("edition_id", "round"),)

    id: Mapped[Key]
    edition_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("edition.id"))
    round: Mapped[int]
    revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("revision.id"))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    text: Mapped[str] = mapped_column(Text())
    authors: Mapped[list[str]]
    plan: Mapped[list[Any]]
    findings: Mapped[list[Any]]
    rules_version: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text())
    submitted_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    submitted_at: Mapped[dt.datetime]


class ReviewStep(Immutable, Base):
    """What one person decided at one step. One decision a person and a step, kept by the database."""

    __tablename__ = "review_step"
    __table_args__ = (UniqueConstraint("release_id", "person_id"), UniqueConstraint("release_id", "ordinal"))

    id: Mapped[Key]
    release_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("release.id"))
    ordinal: Mapped[int]
    step: Mapped[str] = mapped_column(String(20))
    decision: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    opinion: Mapped[str] = mapped_column(Text())
    remarks: Mapped[list[Any]]
    at: Mapped[dt.datetime]


class ApprovalRow(Immutable, Base):
    """A person's signature over a release, as docs/formats.md §2 writes it."""

    __tablename__ = "approval"
    __table_args__ = (UniqueConstraint("release_id", "person_id"), UniqueConstraint("release_id", "ordinal"))

    id: Mapped[Key]
    release_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("release.id"))
    ordinal: Mapped[int]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    key: Mapped[str] = mapped_column(String(32))
    alg: Mapped[str] = mapped_column(String(20))
    signature: Mapped[str] = mapped_column(String(200))
    at: Mapped[dt.datetime]
