"""Rows of the library: an asset is a checked, re-encoded file; a rendition is a file derived from it."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.leases import Leased

PICTURE = "picture"
VIDEO = "video"


class Asset(Base):
    """A picture or video that passed intake; `sha256` is its master, the identity a release signs.

    `focal_x` and `focal_y` are thousandths of width and height: where crops must keep looking. A video's master is the
    upload itself: it is kept to be encoded anew and never shown. Its `state` is that of its encode job, `duration_ms`
    how long it plays, `poster_id` the picture taken from it, both known once it is ready.
    """

    __tablename__ = "asset"
    __table_args__ = (
        CheckConstraint("focal_x between 0 and 1000 and focal_y between 0 and 1000", name="focal"),
        Index("ix_asset_unit_at", "unit_path", "created_at"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    width: Mapped[int]
    height: Mapped[int]
    dominant: Mapped[str] = mapped_column(String(7))
    placeholder: Mapped[bytes] = mapped_column(LargeBinary)
    focal_x: Mapped[int] = mapped_column(default=500)
    focal_y: Mapped[int] = mapped_column(default=500)
    state: Mapped[str] = mapped_column(String(12), default="ready", server_default="ready")
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    poster_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("asset.id", ondelete="SET NULL"), index=True)
    unit_path: Mapped[str] = mapped_column(String(200))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]


class Rendition(Base):
    """A file of an asset at one size; `chunks` are the sha256 of each MiB, for players that verify as they load."""

    __tablename__ = "rendition"
    __table_args__ = (UniqueConstraint("asset_id", "name"),)

    id: Mapped[Key]
    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    width: Mapped[int]
    height: Mapped[int]
    chunks: Mapped[list[str]]


class EncodeJob(Leased, Base):
    """The work of making a video ready, as a row that one encoder holds at a time; its states are `VideoState`.

    `stage`, `percent` and `eta_seconds` are what the encoder said last; `error_code` why it waits or was rejected.
    """

    __tablename__ = "encode_job"
    __table_args__ = (Index("ix_encode_job_state_due", "state", "not_before"),)

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), unique=True)
    stage: Mapped[str] = mapped_column(String(20), default="")
    percent: Mapped[int] = mapped_column(default=0)
    eta_seconds: Mapped[int | None]
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[dt.datetime]
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
