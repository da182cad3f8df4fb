"""Rows of the library: an asset is a checked, re-encoded file; a rendition is a file derived from it."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key


class Asset(Base):
    """A picture or document that passed intake; `sha256` is its master, the identity a release signs.

    `focal_x` and `focal_y` are thousandths of width and height: where crops must keep looking.
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
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(100))
    width: Mapped[int]
    height: Mapped[int]
    dominant: Mapped[str] = mapped_column(String(7))
    placeholder: Mapped[bytes] = mapped_column(LargeBinary)
    focal_x: Mapped[int] = mapped_column(default=500)
    focal_y: Mapped[int] = mapped_column(default=500)
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
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(100))
    width: Mapped[int]
    height: Mapped[int]
    chunks: Mapped[list[str]]
