"""Rows of the publish→pixel ledger: which manifest brought which piece, and how far each screen got with it, packed."""

import datetime as dt

from sqlalchemy import BigInteger, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, BigId


class ScreenVersion(Base):
    """A manifest as it was queued for its audience; kept as long as the ledger is."""

    __tablename__ = "screen_version"

    epoch: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, server_default="1")
    """Versions begin again under a new epoch: those of before are others, whatever their numbers."""
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    audience: Mapped[str] = mapped_column(String(40))
    at: Mapped[dt.datetime]
    receivers: Mapped[int]

    __table_args__ = (Index(None, "at"),)


class ScreenVersionPiece(Base):
    """What a manifest brought that the one before it in its audience did not have, or took away."""

    __tablename__ = "screen_version_piece"

    release: Mapped[str] = mapped_column(String(64), primary_key=True)
    epoch: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, server_default="1")
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    brought: Mapped[bool]


class ScreenSteps(Base):
    """Steps of many screens within a second, packed by `screens.steps`; appended, later joined to one a version."""

    __tablename__ = "screen_steps"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    epoch: Mapped[int] = mapped_column(BigInteger, server_default="1")
    version: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[dt.datetime]
    entries: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (Index(None, "version"), Index(None, "at"))
