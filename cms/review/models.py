"""Rows of review: plans, the release people sign, who sits at it, the steps, proofs and approvals, and deadlines."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.immutable import Immutable
from cms.kernel.leases import Leased


class PlanBookRow(Immutable, Base):
    """One version of the office's review plans; the newest counts, a release keeps the plan it was submitted under."""

    __tablename__ = "plan_book"

    id: Mapped[Key]
    version: Mapped[int] = mapped_column(unique=True)
    book: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(Text())
    saved_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    saved_at: Mapped[dt.datetime]


class ReleaseRow(Immutable, Base):
    """The frozen release 签发件 of one submission of an edition.

    `id` is the uuid inside the text, `hash` what people sign; `plan` and `terms` the review plan of that day and
    `findings` what the machine said. It counts while `round` is the edition's: nothing has to be marked void.
    """

    __tablename__ = "release"
    __table_args__ = (UniqueConstraint("edition_id", "round"),)

    id: Mapped[Key]
    edition_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("edition.id"))
    round: Mapped[int]
    revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("revision.id"))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    text: Mapped[str] = mapped_column(Text())
    authors: Mapped[list[str]]
    plan: Mapped[list[Any]]
    terms: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    findings: Mapped[list[Any]]
    rules_version: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text())
    submitted_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    submitted_at: Mapped[dt.datetime]


class Seat(Base):
    """Who has which part in one release: author, step, proof or after; one part a person, kept by the key.

    Where the office lets reviewers proof, a proofreader's seat becomes that of a step when they take one.
    """

    __tablename__ = "review_seat"
    __table_args__ = (
        PrimaryKeyConstraint("release_id", "person_id"),
        UniqueConstraint("release_id", "person_id", "seat"),
    )

    release_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("release.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    seat: Mapped[str] = mapped_column(String(10))


class ReviewStep(Immutable, Base):
    """What one person decided at one step. One decision a person and a step, kept by the database.

    It stands on a seat taken for a step, so that the database also refuses an author: theirs is another seat.
    """

    __tablename__ = "review_step"
    __table_args__ = (
        UniqueConstraint("release_id", "person_id"),
        UniqueConstraint("release_id", "ordinal"),
        ForeignKeyConstraint(
            ["release_id", "person_id", "seat"],
            ["review_seat.release_id", "review_seat.person_id", "review_seat.seat"],
            name="fk_review_step_seat",
        ),
        CheckConstraint("seat = 'step'", name="seat"),
    )

    id: Mapped[Key]
    release_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("release.id"))
    ordinal: Mapped[int]
    step: Mapped[str] = mapped_column(String(20))
    decision: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    opinion: Mapped[str] = mapped_column(Text())
    remarks: Mapped[list[Any]]
    seat: Mapped[str] = mapped_column(String(10), default="step", server_default="step")
    at: Mapped[dt.datetime]


class ApprovalRow(Immutable, Base):
    """A person's signature over a release, as docs/formats.md §2 writes it."""

    __tablename__ = "approval"
    __table_args__ = (UniqueConstraint("release_id", "person_id"), UniqueConstraint("release_id", "ordinal"))

    id: Mapped[Key]
    release_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("release.id"))
    ordinal: Mapped[int]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    key: Mapped[str] = mapped_column(String(32))
    alg: Mapped[str] = mapped_column(String(20))
    signature: Mapped[str] = mapped_column(String(200))
    webauthn: Mapped[dict[str, Any] | None]
    at: Mapped[dt.datetime]


class ProofMark(Immutable, Base):
    """One proof 校对 of a release: what was looked at, by `cms.review.plans.CHECKS`, and whether it was clean."""

    __tablename__ = "proof_mark"
    __table_args__ = (UniqueConstraint("release_id", "person_id"), UniqueConstraint("release_id", "ordinal"))

    id: Mapped[Key]
    release_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("release.id"))
    ordinal: Mapped[int]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    checks: Mapped[dict[str, Any]]
    clean: Mapped[bool]
    note: Mapped[str] = mapped_column(Text())
    at: Mapped[dt.datetime]


class AfterReview(Immutable, Base):
    """The review of an emergency publication after it went out: `agreed`, or an objection that asks for a recall."""

    __tablename__ = "after_review"

    id: Mapped[Key]
    release_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("release.id"), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    agreed: Mapped[bool]
    opinion: Mapped[str] = mapped_column(Text())
    at: Mapped[dt.datetime]


class Deadline(Leased, Base):
    """When a step of a release must be taken; a leased row, done when it was, or when it passed and somebody was told.

    `rung` counts the units it climbed, `unit_path` is whose turn it is to see to it; `reached` the unit above that was
    told when it passed, empty while it did not.
    """

    __tablename__ = "review_deadline"
    __table_args__ = (
        UniqueConstraint("release_id", "ordinal", "rung"),
        Index("ix_review_deadline_state_due", "state", "not_before"),
        Index(
            "uq_review_deadline_open",
            "release_id",
            unique=True,
            sqlite_where=text("state in ('due', 'working', 'retry')"),
            postgresql_where=text("state in ('due', 'working', 'retry')"),
        ),
    )

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(String(12), default="due")
    release_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("release.id"))
    ordinal: Mapped[int]
    rung: Mapped[int]
    step: Mapped[str] = mapped_column(String(20))
    hours: Mapped[int]
    at: Mapped[dt.datetime]
    unit_path: Mapped[str] = mapped_column(String(500))
    reached: Mapped[str] = mapped_column(String(500), default="")
    finished_at: Mapped[dt.datetime | None]


class ReviewView(Base):
    """What a person saw of a piece last: the revision on their page, and the one on it before that."""

    __tablename__ = "review_view"
    __table_args__ = (PrimaryKeyConstraint("document_id", "person_id"),)

    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("revision.id"))
    before_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("revision.id"))
    at: Mapped[dt.datetime]
