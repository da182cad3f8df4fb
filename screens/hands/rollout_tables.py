"""The row of a player update on its way over the fleet."""

import datetime as dt
import uuid

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key


class ScreenRollout(Base):
    """One signed player release and how far it may go: `stage` counts the shares of `screens.hands.rollout.STAGES`."""

    __tablename__ = "screen_rollout"

    id: Mapped[Key]
    version: Mapped[str] = mapped_column(String(32))
    files: Mapped[list[str]]
    """sha256 of the signed release of each stage, as far as they are signed."""
    stage: Mapped[int]
    state: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str | None] = mapped_column(String(64))
    by: Mapped[uuid.UUID]
    by_name: Mapped[str] = mapped_column(String(80))
    at: Mapped[dt.datetime]
    stage_at: Mapped[dt.datetime]
    looked_at: Mapped[dt.datetime]
    """The last turn: whoever moved this has the next `rollout.TURN` for itself."""
    ended_at: Mapped[dt.datetime | None]

    __table_args__ = (Index(None, "state"),)
