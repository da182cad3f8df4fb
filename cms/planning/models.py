"""Rows of planning: targets, placements of documents on them, and occurrences, the actions that fall due."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.leases import Leased


class Target(Base):
    """A concrete destination. `code` is permanent: it stands on printed QR codes and in programme guides.

    Attributes:
        kind: the channel's.
        units: paths of the subtrees it reaches; empty where the channel has no places.
        loop_seconds: how long a loop of this target may be; pieces that do not fit wait for a newer one to leave.
        turn: counts claimed deliveries, so that what a worker writes after it lost its lease can be told apart.
        rolls: its output is a timeline of the next days and must be made anew each day; the worker finds that out.
        paused_at: nothing but recalls is sent until a person mended what `paused_code` says.
    """

    __tablename__ = "target"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    name: Mapped[str] = mapped_column(String(100))
    units: Mapped[list[str]]
    settings: Mapped[dict[str, Any]]
    unit_path: Mapped[str] = mapped_column(String(500))
    loop_seconds: Mapped[int] = mapped_column(default=900)
    active: Mapped[bool] = mapped_column(default=True)
    turn: Mapped[int] = mapped_column(default=0)
    rolls: Mapped[bool] = mapped_column(default=False)
    paused_at: Mapped[dt.datetime | None]
    paused_code: Mapped[str | None] = mapped_column(String(60))
    paused_params: Mapped[dict[str, Any] | None]
    created_at: Mapped[dt.datetime]


class Placement(Base):
    """A document on a target by a rule; ended, never deleted. `rule` has the form of `cms.planning.rules`.

    A live document without a placement loops in the default layer.
    """

    __tablename__ = "placement"
    __table_args__ = (Index("ix_placement_target_document", "target_id", "document_id"),)

    id: Mapped[Key]
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"), index=True)
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("target.id"))
    rule: Mapped[dict[str, Any]]
    layer: Mapped[int]
    priority: Mapped[int] = mapped_column(default=0)
    show_seconds: Mapped[int | None]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[dt.datetime | None]


class NamedDaypart(Base):
    """Hours of the day the office gave a name (时段); rules refer to it by id and keep a copy of its hours.

    Attributes:
        start: ``HH:MM`` of wall time; `end` likewise, not after `start` meaning the next day.
        days: which dates it starts on, by `schedules.rules.Days`.
        quiet: nothing should go out then; a promise into it has to be confirmed.
    """

    __tablename__ = "daypart"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(20), unique=True)
    start: Mapped[str] = mapped_column(String(5))
    end: Mapped[str] = mapped_column(String(5))
    days: Mapped[str] = mapped_column(String(12), default="any")
    quiet: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]


class CalendarDate(Base):
    """A date whose kind differs from what its weekday says: holidays and the working weekends for them (调休)."""

    __tablename__ = "calendar_date"

    id: Mapped[Key]
    on: Mapped[str] = mapped_column(String(10), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(60), default="")


class CalendarYear(Base):
    """A year whose holidays were entered, and what they were taken from; a year that is not here is only guessed."""

    __tablename__ = "calendar_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(300))
    days: Mapped[int]
    entered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[dt.datetime]


class Embargo(Base):
    """Before `until` no edition of the document goes out anywhere, whatever was scheduled; lifted, never forgotten."""

    __tablename__ = "embargo"

    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"), primary_key=True)
    until: Mapped[dt.datetime]
    reason: Mapped[str] = mapped_column(String(200), default="")
    set_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[dt.datetime]


class Batch(Base):
    """Several pieces that were promised together for one instant; what became of each stands on its occurrence."""

    __tablename__ = "batch"
    __table_args__ = (Index("ix_batch_at", "at"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(100))
    unit_path: Mapped[str] = mapped_column(String(500))
    at: Mapped[dt.datetime]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]
    cancelled_at: Mapped[dt.datetime | None]


class Occurrence(Leased, Base):
    """Something to do at an instant. `at` is when it falls due, whatever retries make of `not_before`.

    Attributes:
        key: names what must not be there twice while it is open, e.g. ``publish:{edition}``.
        take_off_at: when what this publishes is taken off again everywhere; None: at the end of its envelope.
        batch_id: the pieces it was promised together with.
    """

    __tablename__ = "occurrence"
    __table_args__ = (
        Index("ix_occurrence_state_due", "state", "not_before"),
        Index("ix_occurrence_at", "at"),
        Index(
            "uq_occurrence_open",
            "key",
            unique=True,
            sqlite_where=text("state in ('due', 'working', 'retry')"),
            postgresql_where=text("state in ('due', 'working', 'retry')"),
        ),
    )

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(String(12), default="due")
    key: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(12))
    at: Mapped[dt.datetime]
    document_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("document.id"), index=True)
    edition_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("edition.id"), index=True)
    targets: Mapped[list[str]]
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    take_off_at: Mapped[dt.datetime | None]
    batch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("batch.id"), index=True)
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
