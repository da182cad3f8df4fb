"""The rows of the fleet: screens with what they last said, pairing attempts, and wrong guesses of pairing codes."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, BigId, Key


class Screen(Base):
    """One paired device.

    `key` is pinned at pairing and never changes; a new key is a new screen. The upper half is what people decided and
    carries a `change` number, so that gateways notice; the lower half is what the device said, written in batches
    once a second, and is never read back to decide anything.
    """

    __tablename__ = "screen"

    id: Mapped[Key]
    public: Mapped[str] = mapped_column(String(10), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    unit: Mapped[str] = mapped_column(String(255))
    point: Mapped[str] = mapped_column(String(40), default="")
    lng: Mapped[int | None]
    """Millionths of a degree; None: where its unit lies."""
    lat: Mapped[int | None]
    tags: Mapped[list[str]] = mapped_column(default=list)
    key: Mapped[str] = mapped_column(String(43), unique=True)
    orientation: Mapped[str] = mapped_column(String(9), default="portrait")
    paired_at: Mapped[dt.datetime]
    paired_by: Mapped[uuid.UUID]
    revoked_at: Mapped[dt.datetime | None]
    revoked_by: Mapped[uuid.UUID | None]
    change: Mapped[int] = mapped_column(BigInteger)
    facts: Mapped[str | None] = mapped_column(Text)
    """The signed screen object in wire form; None until a guard has signed it."""
    facts_version: Mapped[int] = mapped_column(default=1)
    """Raised by every change of unit or tags; `facts` of a lower version are signed anew."""

    link: Mapped[uuid.UUID | None]
    """The connection that holds the screen, or None: the id keeps a late goodbye from unlinking a newer connection."""
    linked_at: Mapped[dt.datetime | None]
    link_change: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """The place of the last entry in the order of all gateways' entries: another gateway that holds it lets go."""
    last_seen: Mapped[dt.datetime | None]
    epoch: Mapped[int] = mapped_column(BigInteger, default=1, server_default="1")
    """Under which the versions below were said; an ack of a later epoch sets them all anew."""
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    cached: Mapped[int] = mapped_column(BigInteger, default=0)
    shown: Mapped[int] = mapped_column(BigInteger, default=0)
    refused: Mapped[int] = mapped_column(BigInteger, default=0)
    refused_code: Mapped[str | None] = mapped_column(String(64))
    showing: Mapped[str | None] = mapped_column(String(64))
    painted_at: Mapped[dt.datetime | None]
    clock_error: Mapped[int | None] = mapped_column(BigInteger)
    """Milliseconds; positive when the screen's clock is ahead."""
    stale: Mapped[bool] = mapped_column(default=False)
    memory_mb: Mapped[int | None]
    storage_mb: Mapped[int | None]
    """Room for files, and how much of it is free; None where the box does not tell."""
    storage_free_mb: Mapped[int | None]
    temperature: Mapped[int | None]
    """Tenths of a degree Celsius; None where the box does not tell."""
    player: Mapped[str] = mapped_column(String(32), default="")
    caps: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (Index(None, "unit"), Index(None, "change"), Index(None, "link_change"))


class PairingAttempt(Base):
    """A device that shows a code; the row goes when an operator has typed it, or when it expires."""

    __tablename__ = "screen_pairing"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(43), unique=True)
    code: Mapped[str] = mapped_column(String(6), unique=True)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    player: Mapped[str] = mapped_column(String(32))
    caps: Mapped[dict[str, Any]]

    __table_args__ = (Index(None, "expires_at"),)


class PairingMiss(Base):
    """A code that was typed and is nobody's; counted, so that codes cannot be tried out."""

    __tablename__ = "screen_pairing_miss"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    actor: Mapped[uuid.UUID]
    at: Mapped[dt.datetime]

    __table_args__ = (Index(None, "at"),)
