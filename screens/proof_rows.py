"""Rows of proof of play: the chains of the devices, their batches as they came, what was refused, and days counted."""

import datetime as dt
import uuid

from sqlalchemy import BigInteger, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, BigId


class ProofChain(Base):
    """How far a device's chain is counted: the last row's number and hash, and when the last good row ended."""

    __tablename__ = "proof_chain"

    screen: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    chain: Mapped[str] = mapped_column(String(22), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    head: Mapped[str] = mapped_column(String(64), default="")
    until: Mapped[int] = mapped_column(BigInteger, default=0)
    """Milliseconds; of all chains of the screen together no two rows overlap."""


class ProofBatch(Base):
    """Rows as the device sent them, packed. `state`: waiting for an earlier batch, counted, or broken."""

    __tablename__ = "proof_batch"

    screen: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    chain: Mapped[str] = mapped_column(String(22), primary_key=True)
    first: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    count: Mapped[int]
    state: Mapped[str] = mapped_column(String(8))
    at: Mapped[dt.datetime]
    rows: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (Index(None, "at"),)


class ProofRefusal(Base):
    """A row that was not counted, and why; `seq` is its number in the chain."""

    __tablename__ = "proof_refusal"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    screen: Mapped[uuid.UUID]
    chain: Mapped[str] = mapped_column(String(22))
    seq: Mapped[int] = mapped_column(BigInteger)
    code: Mapped[str] = mapped_column(String(20))
    release: Mapped[str] = mapped_column(String(64))
    start: Mapped[int] = mapped_column(BigInteger)
    ms: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[dt.datetime]

    __table_args__ = (Index(None, "screen", "at"),)


class ProofDay(Base):
    """What a screen showed of a piece on a day of the district; `unit` is where it stood then. Never taken back."""

    __tablename__ = "proof_day"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    release: Mapped[str] = mapped_column(String(64), primary_key=True)
    screen: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(255))
    plays: Mapped[int]
    ms: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "screen", "day"),)


class ProofPieceDay(Base):
    """The same over all screens: a month's report of pieces reads this; `screens` showed it that day."""

    __tablename__ = "proof_piece_day"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    release: Mapped[str] = mapped_column(String(64), primary_key=True)
    plays: Mapped[int]
    ms: Mapped[int] = mapped_column(BigInteger)
    screens: Mapped[int]


class ProofScreenDay(Base):
    """The same over all pieces: a month's report of units and screens reads this."""

    __tablename__ = "proof_screen_day"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    screen: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(255))
    plays: Mapped[int]
    ms: Mapped[int] = mapped_column(BigInteger)


class ProofPiece(Base):
    """What a release was called when it was first shown: the history stays readable when the piece is gone."""

    __tablename__ = "proof_piece"

    release: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(300))
    document: Mapped[str] = mapped_column(String(10))
    edition: Mapped[int]
