"""Rows that renderers' services keep, so that a restart forgets nothing; `account` is a target's account name."""

import datetime as dt
from typing import Any

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Json, Key


class AccountSecret(Base):
    """A secret, encrypted; nonce first."""

    __tablename__ = "account_secret"
    account: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    changed_at: Mapped[dt.datetime]


class AccountValue(Base):
    """A small value; `version` counts its changes."""

    __tablename__ = "account_value"
    account: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(Json)
    version: Mapped[int]


class AccountLease(Base):
    """Who may act for an account until when; `fence` counts the holders."""

    __tablename__ = "account_lease"
    account: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    owner: Mapped[str | None] = mapped_column(String(80))
    until: Mapped[dt.datetime]
    fence: Mapped[int]


class AccountBudget(Base):
    """When units of a budget were taken: milliseconds, oldest first, of the last period only."""

    __tablename__ = "account_budget"
    account: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    taken: Mapped[list[Any]]


class AccountEvent(Base):
    """A line of an account's journal, secrets masked."""

    __tablename__ = "account_event"
    __table_args__ = (Index("ix_account_event_account_at", "account", "at"),)
    id: Mapped[Key]
    account: Mapped[str] = mapped_column(String(80))
    at: Mapped[dt.datetime]
    event: Mapped[str] = mapped_column(String(80))
    fields: Mapped[dict[str, Any]]
