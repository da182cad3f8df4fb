"""Rows of shared previews: links that show one revision to people without an account, and what those people say."""

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.immutable import Immutable


class PreviewLink(Base):
    """A way to see one revision until `expires_at`. Only the hash of its token is kept: nobody can read it again.

    `label` says for whom it is and stands in the watermark; `opened` counts how often its page was asked for.
    """

    __tablename__ = "preview_link"
    __table_args__ = (Index("ix_preview_link_document_id_created_at", "document_id", "created_at"),)

    id: Mapped[Key]
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"))
    revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("revision.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(40))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    opened: Mapped[int]
    opened_at: Mapped[dt.datetime | None]


class PreviewOpinion(Immutable, Base):
    """What somebody without an account wrote; `sender` tells senders of one link apart and names nobody."""

    __tablename__ = "preview_opinion"
    __table_args__ = (
        Index("ix_preview_opinion_document_id_at", "document_id", "at"),
        Index("ix_preview_opinion_link_id_at", "link_id", "at"),
    )

    id: Mapped[Key]
    link_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("preview_link.id", ondelete="CASCADE"))
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text())
    sender: Mapped[str] = mapped_column(String(32))
    at: Mapped[dt.datetime]
