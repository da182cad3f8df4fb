"""Rows of outputs: what an operator set, and beside it who sends it now and how that goes."""

import datetime as dt
import uuid

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key


class TvOutput(Base):
    """One output of a channel. `url` of a push is masked; its true one lies sealed in the vault, under `account_of`."""

    __tablename__ = "tv_output"

    id: Mapped[Key]
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("target.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    rung: Mapped[str] = mapped_column(String(8))
    active: Mapped[bool] = mapped_column(default=True)
    address: Mapped[str] = mapped_column(String(45), default="")
    port: Mapped[int] = mapped_column(default=0)
    rate: Mapped[int] = mapped_column(default=0)
    ttl: Mapped[int] = mapped_column(default=1)
    interface: Mapped[str] = mapped_column(String(45), default="")
    service: Mapped[int] = mapped_column(default=1)
    url: Mapped[str] = mapped_column(String(300), default="")
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]


class TvOutputState(Base):
    """Who sends an output until when, and what they last said of it; written by the sender alone.

    Attributes:
        slot: the last slot that went out.
        late_ms: how far behind its time the output was at most since it was last said.
        missing: datagrams that were not sent because nothing was ready or their time was over.
        short: slots that had to be shown in a smaller picture, or as the slate, because they did not fit.
        restarts: of a push, how often its program was started anew.
    """

    __tablename__ = "tv_output_state"

    output_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tv_output.id", ondelete="CASCADE"), primary_key=True)
    holder: Mapped[str] = mapped_column(String(100))
    until: Mapped[dt.datetime]
    said_at: Mapped[dt.datetime | None]
    slot: Mapped[int] = mapped_column(BigInteger, default=0)
    late_ms: Mapped[int] = mapped_column(default=0)
    missing: Mapped[int] = mapped_column(BigInteger, default=0)
    errors: Mapped[int] = mapped_column(BigInteger, default=0)
    short: Mapped[int] = mapped_column(BigInteger, default=0)
    restarts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(300), default="")


def account_of(output: uuid.UUID) -> str:
    """The account in the vault under which the address of a push is sealed."""
    return f"tv-output-{output}"
