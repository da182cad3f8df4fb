"""The rows of data feeds: one a feed, with its newest signed values; older values are nobody's business."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base


class DataFeed(Base):
    """A feed: `fields` are those of its cards and never change, or values signed for them would fit no approved card.

    `signed` is the wire form of the newest values with their place in the order (`epoch`, `seq`) and their times, and
    `values` what they say, for people to read. `refused_code` is why the last attempt was not taken; a good one clears
    it.
    """

    __tablename__ = "data_feed"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    unit_path: Mapped[str] = mapped_column(String(200))
    fields: Mapped[list[Any]]
    schema: Mapped[str] = mapped_column(String(64))
    lasts: Mapped[int]
    """Seconds for which values stand; after that a screen shows none."""
    active: Mapped[bool] = mapped_column(default=True)
    signed: Mapped[str | None] = mapped_column(Text)
    epoch: Mapped[int] = mapped_column(BigInteger, default=0)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    at: Mapped[dt.datetime | None]
    expires_at: Mapped[dt.datetime | None]
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    said_by: Mapped[str] = mapped_column(String(80), default="")
    refused_code: Mapped[str | None] = mapped_column(String(80))
    refused_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    refused_at: Mapped[dt.datetime | None]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]
