"""The rows of commands: what a person ordered, the signed order to each screen, and what boxes handed in."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key


class ScreenCommand(Base):
    """One command of one person: to one screen (`screen`), or to a unit's subtree."""

    __tablename__ = "screen_command"

    id: Mapped[Key]
    unit: Mapped[str] = mapped_column(String(255))
    screen: Mapped[uuid.UUID | None]
    action: Mapped[str] = mapped_column(String(16))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    by: Mapped[uuid.UUID]
    by_name: Mapped[str] = mapped_column(String(80))
    at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    count: Mapped[int]

    __table_args__ = (Index(None, "unit"), Index(None, "screen"))


class ScreenOrder(Base):
    """The signed order to one screen and how far it came (`screens.hands.states`)."""

    __tablename__ = "screen_order"

    id: Mapped[Key]
    command: Mapped[uuid.UUID] = mapped_column(ForeignKey("screen_command.id"))
    screen: Mapped[uuid.UUID] = mapped_column(ForeignKey("screen.id"))
    action: Mapped[str] = mapped_column(String(16))
    signed: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(9))
    code: Mapped[str | None] = mapped_column(String(64))
    value: Mapped[int | None] = mapped_column(BigInteger)
    """What the box read back after doing it: a volume, a brightness."""
    expires_at: Mapped[dt.datetime]
    holder: Mapped[uuid.UUID | None]
    """The connection that was given it: while this one lives nobody gives it again, and a new one gets it anew."""
    sent_at: Mapped[dt.datetime | None]
    received_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    ticket: Mapped[str | None] = mapped_column(String(64), unique=True)
    """sha256 of the ticket the order carries; None once it is used."""
    change: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index(None, "command", "state"),
        Index(None, "screen", "expires_at"),
        Index(None, "change"),
        Index(None, "state", "expires_at"),
    )


class ScreenFile(Base):
    """What a box handed in for an order, made anew by us; the row goes after `hands_keep_days`."""

    __tablename__ = "screen_file"

    order: Mapped[Key] = mapped_column(ForeignKey("screen_order.id"))
    media_type: Mapped[str] = mapped_column(String(40))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    width: Mapped[int | None]
    height: Mapped[int | None]
    at: Mapped[dt.datetime]

    __table_args__ = (Index(None, "at"),)
