"""Rows of webhooks: the addresses of an office, the calls on their way to them, and every attempt."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.leases import Leased


class Webhook(Base):
    """An address that is told; `cursor` is the number of the last event in the record it was asked about.

    Its secret lies sealed in the vault, under `account_of`.
    """

    __tablename__ = "webhook"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(60))
    url: Mapped[str] = mapped_column(String(2000))
    events: Mapped[list[str]]
    unit_path: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]


class WebhookCall(Leased, Base):
    """One event for one address; `body` is what is sent, the same bytes at every attempt. States are `CallState`."""

    __tablename__ = "webhook_call"
    __table_args__ = (
        Index("ix_webhook_call_state_due", "state", "not_before"),
        Index("ix_webhook_call_hook_created", "hook_id", "created_at"),
    )

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(String(12), default="due")
    hook_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("webhook.id"))
    event: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(80))
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)


class WebhookAttempt(Base):
    """One try: what the other side answered, or why there was no answer."""

    __tablename__ = "webhook_attempt"

    id: Mapped[Key]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("webhook_call.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime]
    ms: Mapped[int]
    status: Mapped[int | None]
    said: Mapped[str] = mapped_column(String(300), default="")
    error_code: Mapped[str | None] = mapped_column(String(80))


def account_of(hook: uuid.UUID) -> str:
    """The account in the vault under which a webhook's secret is sealed."""
    return f"webhook-{hook}"
