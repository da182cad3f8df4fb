"""Rows of what cuts into a channel, and of the pictures that are made ahead for it."""

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.leases import Leased, LeaseRules

CHANNEL: Final = "tv"
"""The channel kind that has a plan of slots to cut into."""


class CutInKind(StrEnum):
    """What cuts in. An emergency outranks everything and takes the next slot; an insert plays a piece once.

    TEXT lays the words of a piece over what is planned. LIVE is a signal from outside under an approved piece.
    """

    EMERGENCY = "emergency"
    LIVE = "live"
    INSERT = "insert"
    TEXT = "text"


class CutInRow(Base):
    """A piece that stands on a channel instead of what is planned; ended, never deleted: rows say who and when.

    Whatever the piece is at the channel, approved and live there, is shown: a recall takes this off with it.

    Attributes:
        until: when an emergency or a text ends by itself; an insert ends with its film.
        job_id: of a text, the work that lays it.
    """

    __tablename__ = "cut_in"
    __table_args__ = (Index("ix_cut_in_target_start", "target_id", "start_at"),)

    id: Mapped[Key]
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("target.id"))
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    start_at: Mapped[dt.datetime]
    until: Mapped[dt.datetime | None]
    job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("air_job.id"))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[dt.datetime | None]


class AirState(StrEnum):
    """Where a picture stands."""

    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


AIR: Final = LeaseRules(
    ready=frozenset({AirState.WAITING}),
    held=AirState.MAKING,
    retry=AirState.WAITING,
    poisoned=AirState.FAILED,
    lease=dt.timedelta(seconds=30),
    max_attempts=6,
    max_lost=3,
)


class AirJob(Leased, Base):
    """A moving picture of words, made once for every channel: `key` is the hash of all it depends on.

    `sha256` is the index of the made file, in the store. Of a text laid over slots `parts` are those that are ready
    (``[start, count, item, first, index]``), shown as they come; `done` of `total` slots. Of a film with a logo they
    are what a later try takes up; `look` is the key of the logo and its place, `film` the index of the plain film,
    `took_ms` the time that `took_of` of its segments were at work.
    """

    __tablename__ = "air_job"
    __table_args__ = (Index("ix_air_job_state_due", "state", "not_before"), Index("ix_air_job_look", "look"))

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(String(12), default=AirState.WAITING.value)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    spec: Mapped[dict[str, Any]]
    look: Mapped[str] = mapped_column(String(64), default="", server_default="")
    film: Mapped[str] = mapped_column(String(64), default="", server_default="")
    sha256: Mapped[str | None] = mapped_column(String(64))
    parts: Mapped[list[Any]] = mapped_column(default=list)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    took_ms: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    took_of: Mapped[int] = mapped_column(default=0, server_default="0")
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]


LOGO: Final = "logo"
"""The kind of the work that puts a channel's logo over a film."""


class LogoRow(Base):
    """The logo of a channel from one act to the next; ended, never deleted.

    `look` is the hash of the picture and of all that says where it stands: channels that agree in it share films.
    """

    __tablename__ = "channel_logo"
    __table_args__ = (Index("ix_channel_logo_target", "target_id", "ended_at"),)

    id: Mapped[Key]
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("target.id"))
    # No foreign key: what was a logo once must not hold its picture for ever.
    asset_id: Mapped[uuid.UUID]
    look: Mapped[str] = mapped_column(String(64), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(100))
    corner: Mapped[str] = mapped_column(String(12))
    margin: Mapped[int]
    size: Mapped[int]
    opacity: Mapped[int]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[dt.datetime | None]
