"""Codes that work once: made, shown to one person, kept only as a hash, gone after a short time."""

import datetime as dt
import hashlib
import secrets
import uuid
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.ids import PUBLIC_ALPHABET, uuid7
from cms.people.models import OneTimeCode

# 40 bits, and a lockout in front: a guess a second would need 17,000 years.
_LENGTH: Final = 8
_LOOK_ALIKE: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "u": "v"})


class Purpose(StrEnum):
    """What a code opens."""

    SIGN_IN = "sign_in"
    FIRST_RUN = "first_run"


LIFETIME: Final = {Purpose.SIGN_IN: dt.timedelta(hours=24), Purpose.FIRST_RUN: dt.timedelta(days=7)}


def new_code() -> str:
    """Two groups of four, such as ``7k3m-x9qd``: read over the telephone without doubt."""
    letters = "".join(secrets.choice(PUBLIC_ALPHABET) for _ in range(_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def code_hash(code: str) -> str:
    """The hash of what a person typed: case, spaces, dashes and look-alike letters do not matter."""
    plain = "".join(ch for ch in code.casefold().translate(_LOOK_ALIKE) if ch.isalnum())
    return hashlib.sha256(f"yunping/code/1\n{plain}".encode()).hexdigest()


async def issue(session: AsyncSession, purpose: Purpose, *, person: uuid.UUID | None, now: dt.datetime) -> str:
    """A new code; those of the same purpose and person before it stop working. The text is nowhere else."""
    await cancel(session, purpose, person=person, now=now)
    code = new_code()
    session.add(
        OneTimeCode(
            id=uuid7(now),
            person_id=person,
            purpose=purpose.value,
            code_hash=code_hash(code),
            created_at=now,
            expires_at=now + LIFETIME[purpose],
        )
    )
    await session.flush()
    return code


async def cancel(session: AsyncSession, purpose: Purpose, *, person: uuid.UUID | None, now: dt.datetime) -> None:
    """Open codes of this purpose and person stop working."""
    await session.execute(
        update(OneTimeCode)
        .where(OneTimeCode.purpose == purpose.value, OneTimeCode.person_id.is_not_distinct_from(person))
        .where(OneTimeCode.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )


async def use(session: AsyncSession, purpose: Purpose, code: str, *, now: dt.datetime) -> OneTimeCode | None:
    """Takes the code; None when there is none such, or it was used or is too old. Two at once: one gets it."""
    taken = (
        update(OneTimeCode)
        .where(*_open(purpose, code, now))
        .values(used_at=now)
        .returning(OneTimeCode.id)
        .execution_options(synchronize_session=False)
    )
    found = (await session.execute(taken)).scalar_one_or_none()
    return None if found is None else await session.get_one(OneTimeCode, found)


async def is_open(session: AsyncSession, purpose: Purpose, code: str, *, now: dt.datetime) -> bool:
    """Whether `use` would take it."""
    return (await session.execute(select(OneTimeCode.id).where(*_open(purpose, code, now)))).first() is not None


def _open(purpose: Purpose, code: str, now: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OneTimeCode.purpose == purpose.value,
        OneTimeCode.code_hash == code_hash(code),
        OneTimeCode.used_at.is_(None),
        OneTimeCode.expires_at > now,
    )
