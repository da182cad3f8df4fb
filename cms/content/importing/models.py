"""What the drop folder has given, once each: a person's item by the hash of its bytes."""

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key


class DropRow(Base):
    """Written in the transaction that makes the draft: the same bytes again, also after a kill, make no second one."""

    __tablename__ = "drop_taken"
    __table_args__ = (UniqueConstraint("person_id", "sha256"),)

    id: Mapped[Key]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"))
    created_at: Mapped[dt.datetime]
