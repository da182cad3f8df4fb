"""The rows of the API: answers by the key a caller chose."""

import datetime as dt

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base


class ApiAnswer(Base):
    """A key of a caller, and the answer once there is one; `digest` is keyed by the caller's own secret."""

    __tablename__ = "api_answer"

    caller: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    body: Mapped[str | None] = mapped_column(Text)
    begun_at: Mapped[dt.datetime] = mapped_column(index=True)
