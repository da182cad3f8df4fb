"""Rows of watching the fleet: outages, and what people said of a unit's place and its quiet hours."""

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key


class Outage(Base):
    """Screens of one subtree, or one screen, that fell silent or stopped painting together.

    Attributes:
        key: what must not be there twice while it is open.
        kind: ``link`` or ``painted``.
        unit: the subtree's path; `screen` names the one screen when it is one.
        count: screens that were in it at most; `of`: how many stand there.
        began_at: when the first of them was heard, or painted, last.
        told_at: None while it waits for the end of the quiet hours.
    """

    __tablename__ = "screen_outage"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(340))
    kind: Mapped[str] = mapped_column(String(8))
    unit: Mapped[str] = mapped_column(String(255))
    screen: Mapped[uuid.UUID | None]
    count: Mapped[int]
    of: Mapped[int]
    began_at: Mapped[dt.datetime]
    told_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]

    __table_args__ = (
        Index(
            "uq_screen_outage_open",
            "key",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        Index(None, "began_at"),
    )


class UnitPlace(Base):
    """Where a unit lies on the map (millionths of a degree), and when its screens are expected to be off.

    Quiet hours are minutes of the day in `zone`, equal for none; what is None is inherited from the unit above.
    """

    __tablename__ = "screen_unit_place"

    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    lng: Mapped[int | None]
    lat: Mapped[int | None]
    quiet_from: Mapped[int | None]
    quiet_to: Mapped[int | None]
    zone: Mapped[str | None] = mapped_column(String(40))
