"""Rows of live sources: what somebody set, beside it what their receiver says, and every slot that was made."""

import datetime as dt
import uuid

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key


class LiveSource(Base):
    """Where a signal comes from. `url` is masked; the true one, or the passphrase of a listener, lies in the vault.

    Attributes:
        kind: ``listen`` waits for an encoder at `port`, ``pull`` fetches from an address.
    """

    __tablename__ = "live_source"

    id: Mapped[Key]
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("target.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(8))
    url: Mapped[str] = mapped_column(String(300), default="")
    port: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]


class LiveState(Base):
    """Who receives a source until when, and what they last said of it; written by the receiver alone.

    Attributes:
        state: as `cms.live.rules.SourceState`.
        since: when it came into this state.
        speed: hundredths of real time at which this machine encodes a signal, measured; `rungs` pictures of it.
        recording: the same while it is recorded too; both with the logo of its channel, where there is one.
        room: signals that this machine can encode at once.
        slot: the last slot that was made; `late` were ready too late and not shown, `losses` counts lost signals.
        still: a small JPEG of what comes in.
        loudness: hundredths of an LKFS of its last seconds, `peak` of a dBTP; None without sound above silence.
        black_at: since when its picture is black; `frozen_at` since when it stands still.
    """

    __tablename__ = "live_source_state"

    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("live_source.id", ondelete="CASCADE"), primary_key=True)
    holder: Mapped[str] = mapped_column(String(100))
    until: Mapped[dt.datetime]
    said_at: Mapped[dt.datetime | None]
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    since: Mapped[dt.datetime | None]
    speed: Mapped[int] = mapped_column(default=0)
    recording: Mapped[int] = mapped_column(default=0, server_default="0")
    rungs: Mapped[int] = mapped_column(default=0)
    room: Mapped[int] = mapped_column(default=0)
    slot: Mapped[int] = mapped_column(BigInteger, default=0)
    late: Mapped[int] = mapped_column(default=0)
    losses: Mapped[int] = mapped_column(default=0)
    restarts: Mapped[int] = mapped_column(default=0)
    size: Mapped[str] = mapped_column(String(20), default="")
    error: Mapped[str] = mapped_column(String(300), default="")
    still: Mapped[bytes | None] = mapped_column(LargeBinary)
    still_at: Mapped[dt.datetime | None]
    loudness: Mapped[int | None]
    peak: Mapped[int | None]
    black_at: Mapped[dt.datetime | None]
    frozen_at: Mapped[dt.datetime | None]

    @property
    def factor(self) -> float:
        """Times real time; 0 while it is not measured."""
        return self.speed / 100

    def price_of(self, *, record: bool) -> float:
        """Times real time at which it is encoded, and recorded when that is asked; 0 while it is not measured."""
        return (self.recording if record else self.speed) / 100


class LiveTake(Base):
    """What belongs to an order that puts a source on air: the source, and whether and as what it is kept.

    Attributes:
        record: it becomes a draft of a lecture, of whoever took it on air.
        kept_at: when that was done; `kept_as` is the draft, `error` why there is none.
    """

    __tablename__ = "live_take"

    cut_in_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cut_in.id"), primary_key=True)
    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("live_source.id"), index=True)
    record: Mapped[bool] = mapped_column(default=False)
    kept_at: Mapped[dt.datetime | None]
    kept_as: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("document.id"))
    error: Mapped[str] = mapped_column(String(60), default="")


class LiveSlot(Base):
    """One slot of a channel that live input was encoded for; `index` and `sha256` are files of the store."""

    __tablename__ = "live_slot"
    __table_args__ = (Index("ix_live_slot_cut_in", "cut_in_id", "slot"),)

    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("target.id"), primary_key=True)
    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    cut_in_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cut_in.id"))
    index: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    rungs: Mapped[int]


class LivePart(Base):
    """Some seconds of what came in of a source while it was recorded, as they came; gone once they are a draft.

    Attributes:
        at: when its first byte came, `until` its last, `stretch` the first of those it goes on from; Unix milliseconds.
        sha256: a file of the store; empty where it could not be kept.
    """

    __tablename__ = "live_part"

    cut_in_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cut_in.id"), primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    stretch: Mapped[int] = mapped_column(BigInteger)
    until: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]


def account_of(source: uuid.UUID) -> str:
    """The account in the vault under which a source's address or passphrase is sealed."""
    return f"live-source-{source}"
