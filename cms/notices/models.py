"""Rows of notices: what each person is told, how they want to be reached, letters on their way, and alarms."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.leases import Leased


class Notice(Base):
    """One thing one person is told. While it is open, the same cause adds to `times` instead of a second row.

    Attributes:
        cause: what it is about, e.g. ``missed:{occurrence}``; whoever settles the cause closes it for everybody.
        subject: a key of the catalogue, filled with `params`.
        href: the page of the desk where it is dealt with.
        done_at: dealt with or put away; the row stays for as long as the office keeps its history.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index(
            "uq_notice_open",
            "person_id",
            "cause",
            unique=True,
            sqlite_where=text("done_at is null"),
            postgresql_where=text("done_at is null"),
        ),
        Index("ix_notice_cause", "cause"),
        Index("ix_notice_person_last", "person_id", "last_at"),
    )

    id: Mapped[Key]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    cause: Mapped[str] = mapped_column(String(160))
    subject: Mapped[str] = mapped_column(String(80))
    params: Mapped[dict[str, Any]]
    href: Mapped[str] = mapped_column(String(300))
    urgent: Mapped[bool] = mapped_column(default=False)
    times: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[dt.datetime]
    last_at: Mapped[dt.datetime]
    read_at: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]


class NoticeChoice(Base):
    """How a person wants to be reached outside of the desk; without a row only the inbox tells them.

    `quiet_from` and `quiet_to` are minutes of the district's day; equal ones mean no quiet hours.
    """

    __tablename__ = "notice_choice"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    mail: Mapped[str] = mapped_column(String(254), default="")
    quiet_from: Mapped[int] = mapped_column(default=0)
    quiet_to: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[dt.datetime]


class Letter(Leased, Base):
    """A notice on its way out of the house: a leased row beside the notice, one for each way."""

    __tablename__ = "letter"
    __table_args__ = (Index("ix_letter_state_due", "state", "not_before"),)

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(String(12), default="due")
    notice_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("notice.id"), index=True)
    way: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(60))


class Alarm(Base):
    """Something the office must look at: everybody in charge of `unit_path` sees it until one of them takes it."""

    __tablename__ = "alarm"
    __table_args__ = (
        Index(
            "uq_alarm_open",
            "cause",
            unique=True,
            sqlite_where=text("taken_at is null"),
            postgresql_where=text("taken_at is null"),
        ),
        Index("ix_alarm_taken_raised", "taken_at", "raised_at"),
    )

    id: Mapped[Key]
    cause: Mapped[str] = mapped_column(String(160))
    unit_path: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(80))
    params: Mapped[dict[str, Any]]
    href: Mapped[str] = mapped_column(String(300))
    times: Mapped[int] = mapped_column(default=1)
    raised_at: Mapped[dt.datetime]
    last_at: Mapped[dt.datetime]
    taken_at: Mapped[dt.datetime | None]
    taken_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
