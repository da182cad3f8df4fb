"""Rows of people: the unit tree, persons, their memberships, keys, sessions, one-time codes and lockouts."""

import datetime as dt
import uuid

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key


class Unit(Base):
    """A node of the tree 中心/所/站/点. `path` is materialised, `/320509/04/017/`; `level` is data, not an enum."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("parent_id", "code"),)

    id: Mapped[Key]
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(100))
    level: Mapped[str] = mapped_column(String(40))
    path: Mapped[str] = mapped_column(String(500), unique=True)
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime]


class Person(Base):
    """Somebody with an account. `phone` is shown masked unless asked for, which is recorded.

    `password_hash` is argon2id, None until the person set one. `signed_in_at` outlives the sessions: who stays away
    too long is flagged by it.
    """

    __tablename__ = "person"

    id: Mapped[Key]
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str | None] = mapped_column(String(32))
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_set_at: Mapped[dt.datetime | None]
    must_set_password: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime]
    signed_in_at: Mapped[dt.datetime | None]


class PersonKey(Base):
    """The public half of a signing key in the guard.

    It stays after the person leaves: what they signed is still on the street and must verify. `not_after` ends it.
    """

    __tablename__ = "person_key"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    alg: Mapped[str] = mapped_column(String(20))
    public: Mapped[str] = mapped_column(String(128))
    not_before: Mapped[dt.datetime]
    not_after: Mapped[dt.datetime | None]


class Passkey(Base):
    """What a browser needs to ask for a person's passkey; its public key is the `PersonKey` of the same id."""

    __tablename__ = "passkey"

    key: Mapped[str] = mapped_column(ForeignKey("person_key.key"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    credential: Mapped[str] = mapped_column(String(1400))
    rp: Mapped[str] = mapped_column(String(253))
    label: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[dt.datetime]


class Membership(Base):
    """A role of a person in a unit and everything below it; ended, never deleted."""

    __tablename__ = "membership"
    __table_args__ = (
        Index(
            "uq_membership_open",
            "person_id",
            "unit_id",
            "role",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
    )

    id: Mapped[Key]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    granted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    granted_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]


class DeskSession(Base):
    """A signed-in browser; only the hash of its token is kept.

    `must_verify`: the password was right, the second factor is still asked for. `known_at`: the person said, from
    another of their sessions, that this one is theirs too.
    """

    __tablename__ = "desk_session"

    id: Mapped[Key]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    ip: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    must_verify: Mapped[bool] = mapped_column(default=False, server_default=false())
    known_at: Mapped[dt.datetime | None]


class SecondFactor(Base):
    """The secret of a person's authenticator, sealed; it counts once a first code confirmed it.

    `last_step` is the newest step of time whose code was used: no code, and none before it, opens twice.
    """

    __tablename__ = "second_factor"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    sealed: Mapped[bytes]
    last_step: Mapped[int] = mapped_column(BigInteger(), default=0)
    created_at: Mapped[dt.datetime]
    confirmed_at: Mapped[dt.datetime | None]


class RecoveryCode(Base):
    """Stands in for the authenticator once; only its hash is kept."""

    __tablename__ = "recovery_code"

    id: Mapped[Key]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[dt.datetime | None]


class FactorReset(Base):
    """Somebody asked to take another person's second factor away; it takes a second person to do it.

    `outcome` is None while it is open: ``confirmed``, ``stopped`` or ``expired`` after that. One a person at a time.
    """

    __tablename__ = "factor_reset"
    __table_args__ = (
        Index(
            "uq_factor_reset_open",
            "person_id",
            unique=True,
            sqlite_where=text("outcome is null"),
            postgresql_where=text("outcome is null"),
        ),
    )

    id: Mapped[Key]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    outcome: Mapped[str | None] = mapped_column(String(20))
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[dt.datetime | None]


class OneTimeCode(Base):
    """A code that signs in once, or sets up the installation (then without a person); only its hash is kept."""

    __tablename__ = "one_time_code"

    id: Mapped[Key]
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class Attempts(Base):
    """Failed tries to sign in of one login or one address, and until when no further one is looked at."""

    __tablename__ = "sign_in_attempts"

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[dt.datetime] = mapped_column(index=True)
    blocked_until: Mapped[dt.datetime | None]
