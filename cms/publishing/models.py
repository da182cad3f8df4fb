"""Rows of publishing: frozen orders, deliveries to targets, receipts, what each target shows, and its line-ups."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.immutable import Immutable
from cms.kernel.leases import Leased
from cms.publishing.services import models as services

SERVICES = services
"""Renderers' services keep their rows beside; importing this module declares them too."""


class Publication(Immutable, Base):
    """An order that never changes: what to do with which release, who ordered it, when it was due and written down.

    `key` makes it happen once, however often its cause is handled. `late_ms` is how long after `at` it was made.
    """

    __tablename__ = "publication"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    document_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("document.id"), index=True)
    edition_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("edition.id"), index=True)
    release: Mapped[str | None] = mapped_column(String(64))
    what: Mapped[dict[str, Any]]
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    reason: Mapped[str] = mapped_column(Text())
    at: Mapped[dt.datetime]
    created_at: Mapped[dt.datetime]
    late_ms: Mapped[int] = mapped_column(default=0)


class Delivery(Leased, Base):
    """A publication at one target.

    Attributes:
        turn: the target's counter at the claim; the fence of whatever this delivery writes outside the database.
        payload: hash of the frozen bytes of an irreversible call, in the store; a retry sends the same.
        call: our id of a call to a platform that was begun; while its outcome is open only reading is allowed.
        accepted_at: since when the platform has it and is not done.
        post: the platform's id of what it shows.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("publication_id", "target_id"),
        Index("ix_delivery_state_due", "state", "not_before"),
        Index("ix_delivery_target_state", "target_id", "state"),
        Index("ix_delivery_document", "document_id", "target_id"),
        Index(
            "uq_delivery_sending",
            "target_id",
            unique=True,
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
    )

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(String(12), default="due")
    publication_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("publication.id"))
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("target.id"))
    document_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("document.id"))
    edition_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("edition.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    release: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[dt.datetime]
    created_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    turn: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    receipt: Mapped[dict[str, Any] | None]
    payload: Mapped[str | None] = mapped_column(String(64))
    call: Mapped[str | None] = mapped_column(String(64))
    accepted_at: Mapped[dt.datetime | None]
    post: Mapped[str | None] = mapped_column(String(200))


class PostAttempt(Base):
    """A call to a platform that cannot be undone: written before it is made, and how it ended right after.

    Attributes:
        id: ours, 32 hexadecimal digits; it travels with the call and stands in the account's journal.
        ended_at: when its end was known; until then the delivery is only ever asked about.
        outcome: ``begun``, what the channel said last (``sent``, ``accepted``, ``manual``, ``unknown``, ``not_sent``),
            or who settled it: a later order (``settled``), a person (``by_hand``).
        why: the platform's id of what it shows, or the reason.
    """

    __tablename__ = "post_attempt"
    __table_args__ = (
        Index(
            "uq_post_attempt_open",
            "delivery_id",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        Index("ix_post_attempt_delivery", "delivery_id", "begun_at"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    delivery_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("delivery.id"))
    begun_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    outcome: Mapped[str] = mapped_column(String(12), default="begun")
    why: Mapped[str] = mapped_column(String(200), default="")


class Bundle(Immutable, Base):
    """A release with the approvals it was published with, as players verify it: the file `sha256` of the store."""

    __tablename__ = "bundle"

    release: Mapped[str] = mapped_column(String(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    text: Mapped[str] = mapped_column(Text())


class Receipt(Immutable, Base):
    """Proof of what happened at a target; a recall goes wherever one of these says that a release was."""

    __tablename__ = "receipt"
    __table_args__ = (Index("ix_receipt_document_target", "document_id", "target_id"),)

    id: Mapped[Key]
    delivery_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("delivery.id"), index=True)
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("target.id"))
    document_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("document.id"))
    release: Mapped[str | None] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(12))
    at: Mapped[dt.datetime]
    places: Mapped[list[str]]
    url: Mapped[str | None] = mapped_column(Text())
    detail: Mapped[dict[str, Any]]


class Showing(Base):
    """What a target is to show of a document: the newest order, and every release that was ever ordered there.

    Attributes:
        since: first publication at this target; lists are in its order.
        until: the envelope's end; from then on it is not shown, whatever else happens.
        removed_at: recalled or taken off; the row stays as the memory of it.
    """

    __tablename__ = "showing"
    __table_args__ = (
        Index("ix_showing_target_since", "target_id", "removed_at", "since"),
        Index("ix_showing_target_column_since", "target_id", "removed_at", "column", "since"),
    )

    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("target.id"), primary_key=True)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"), primary_key=True)
    edition_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("edition.id"))
    publication_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("publication.id"))
    release: Mapped[str] = mapped_column(String(64), index=True)
    releases: Mapped[list[str]]
    kind: Mapped[str] = mapped_column(String(20))
    column: Mapped[str] = mapped_column(String(40))
    month: Mapped[str] = mapped_column(String(7))
    since: Mapped[dt.datetime]
    corrected_at: Mapped[dt.datetime | None]
    not_before: Mapped[dt.datetime]
    until: Mapped[dt.datetime | None]
    removed_at: Mapped[dt.datetime | None]
    search: Mapped[str] = mapped_column(Text())


class LineUpVersion(Immutable, Base):
    """A line-up as it was computed, and the history: version n is what was shown from its start to that of n + 1.

    `slots` are ``[from ms, to ms, [[release, show ms], …]]``, gap-free from `start_at` to `end_at`.
    """

    __tablename__ = "line_up_version"
    __table_args__ = (UniqueConstraint("target_id", "version"),)

    id: Mapped[Key]
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("target.id"))
    version: Mapped[int]
    start_at: Mapped[dt.datetime]
    end_at: Mapped[dt.datetime]
    slots: Mapped[list[Any]]
    created_at: Mapped[dt.datetime]
