"""Rows of airing: days kept as templates, changes of a day that can be taken back, and viewing, which names nobody."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key


class DayTemplate(Base):
    """A day of a channel under a name; ended, never deleted. `entries` are ``[document id, slots since midnight]``."""

    __tablename__ = "day_template"
    __table_args__ = (Index("ix_day_template_target", "target_id", "ended_at"),)

    id: Mapped[Key]
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("target.id"))
    name: Mapped[str] = mapped_column(String(40))
    entries: Mapped[list[Any]]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]


class DayChange(Base):
    """What one act did to a channel's days, as the placements it ended and those it made, so that it can be undone."""

    __tablename__ = "day_change"
    __table_args__ = (Index("ix_day_change_target_at", "target_id", "at"),)

    id: Mapped[Key]
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("target.id"))
    act: Mapped[str] = mapped_column(String(12))
    made: Mapped[list[Any]]
    ended: Mapped[list[Any]]
    by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[dt.datetime]
    undone_at: Mapped[dt.datetime | None]


class ViewingSalt(Base):
    """What the viewers of one Beijing day are hashed with; deleted with the day, so that nobody can be known again."""

    __tablename__ = "viewing_salt"

    on: Mapped[str] = mapped_column(String(10), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)


class ViewingSession(Base):
    """A viewer who is watching now; when they stop, only the day's sums are left of it."""

    __tablename__ = "viewing_session"
    __table_args__ = (Index("ix_viewing_session_last", "last_at"),)

    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("target.id"), primary_key=True)
    viewer: Mapped[str] = mapped_column(String(32), primary_key=True)
    started_at: Mapped[dt.datetime]
    last_at: Mapped[dt.datetime]


class ViewingDay(Base):
    """What a Beijing day of a channel adds up to: sessions begun, seconds watched, the most at one time."""

    __tablename__ = "viewing_day"

    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("target.id"), primary_key=True)
    on: Mapped[str] = mapped_column(String(10), primary_key=True)
    sessions: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[int] = mapped_column(default=0)
    most: Mapped[int] = mapped_column(default=0)
