"""Rows of the newspaper: papers, their issues by date, the work of drawing one, and its pages."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.leases import Leased


class Newspaper(Base):
    """A paper of a unit, known by its name."""

    __tablename__ = "newspaper"
    __table_args__ = (UniqueConstraint("unit_path", "name"),)

    id: Mapped[Key]
    unit_path: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[dt.datetime]


class NewspaperIssue(Base):
    """One issue: of a paper and a date there is one, whose document carries pages and zones as blocks.

    `source_sha256` is the PDF as it was checked: it is kept to be drawn anew and never served.
    """

    __tablename__ = "newspaper_issue"
    __table_args__ = (UniqueConstraint("newspaper_id", "date"), Index("ix_newspaper_issue_date", "date", "id"))

    id: Mapped[Key]
    newspaper_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("newspaper.id"))
    date: Mapped[dt.date]
    number: Mapped[str] = mapped_column(String(40))
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"), unique=True)
    source_name: Mapped[str] = mapped_column(String(200))
    source_sha256: Mapped[str] = mapped_column(String(64))
    source_size: Mapped[int] = mapped_column(BigInteger)
    cover_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("asset.id", ondelete="SET NULL"))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]


class DrawJob(Leased, Base):
    """The work of drawing an issue, held by one worker at a time; its states are `DrawState`.

    `done` of `pages` are drawn; `left` counts by kind what a picture does without; `error_code` says why it waits or
    failed.
    """

    __tablename__ = "newspaper_job"
    __table_args__ = (Index("ix_newspaper_job_state_due", "state", "not_before"),)

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    issue_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("newspaper_issue.id", ondelete="CASCADE"), unique=True)
    pages: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    left: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]


class NewspaperPage(Base):
    """A page of an issue that is drawn: its picture and what it does without, by kind."""

    __tablename__ = "newspaper_page"

    issue_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("newspaper_issue.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("asset.id"), index=True)
    left: Mapped[dict[str, Any]]


class PastIssue(Base):
    """What an issue was before another PDF took its place, so that one step leads back; of the last exchange only.

    `pages` are `[number, asset, left]`, `revision_id` is where they and their zones stood; it ends with `edition_id`.
    """

    __tablename__ = "newspaper_past"

    issue_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("newspaper_issue.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    edition_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("edition.id"))
    revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("revision.id"))
    source_name: Mapped[str] = mapped_column(String(200))
    source_sha256: Mapped[str] = mapped_column(String(64))
    source_size: Mapped[int] = mapped_column(BigInteger)
    cover_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("asset.id", ondelete="SET NULL"))
    pages: Mapped[list[Any]]
    count: Mapped[int]
    left: Mapped[dict[str, Any]]
    by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[dt.datetime]
