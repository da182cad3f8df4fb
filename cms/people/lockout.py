"""Growing waits after failed sign-ins, per login and per address, as two tables."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.errors import TooMany
from cms.people.models import Attempts

Steps = tuple[tuple[int, dt.timedelta], ...]

# From so many failures on, each further one waits so long. A whole office may share one address: its table is milder.
LOGIN_STEPS: Final[Steps] = (
    (5, dt.timedelta(seconds=30)),
    (8, dt.timedelta(minutes=2)),
    (12, dt.timedelta(minutes=10)),
    (20, dt.timedelta(minutes=30)),
)
ADDRESS_STEPS: Final[Steps] = (
    (10, dt.timedelta(seconds=15)),
    (20, dt.timedelta(minutes=1)),
    (50, dt.timedelta(minutes=10)),
    (200, dt.timedelta(hours=1)),
)
# After so long without a failure the count begins anew.
FORGET: Final = dt.timedelta(hours=12)


def wait_after(failures: int, steps: Steps) -> dt.timedelta:
    """How long nobody is looked at after this many failures; pure."""
    return max((wait for least, wait in steps if failures >= least), default=dt.timedelta())


def login_subject(login: str) -> str:
    """A login as it stands in the table: hashed, because people type passwords into the wrong field."""
    return "login:" + hashlib.sha256(login.encode()).hexdigest()


def address_subject(ip: str) -> str:
    return f"ip:{ip}"


async def count_attempt(session: AsyncSession, *, login: str | None, ip: str, now: dt.datetime) -> None:
    """Counts a try as failed before it is looked at, so that a thousand at once are a thousand tries.

    Raises TooMany `people.locked` with `seconds`, and then counts nothing. `forgive` takes a good try back.
    """
    subjects = [(address_subject(ip), ADDRESS_STEPS)]
    if login is not None:
        subjects.append((login_subject(login), LOGIN_STEPS))
    await session.execute(delete(Attempts).where(Attempts.last_at < now - FORGET))
    rows = [(await _locked(session, subject, now), steps) for subject, steps in sorted(subjects)]
    waits = [row.blocked_until - now for row, _ in rows if row.blocked_until is not None and row.blocked_until > now]
    if waits:
        raise TooMany("people.locked", seconds=max(1, round(max(waits).total_seconds())))
    for row, steps in rows:
        row.failures += 1
        row.last_at = now
        wait = wait_after(row.failures, steps)
        row.blocked_until = now + wait if wait else None


async def forgive(session: AsyncSession, *, login: str | None, ip: str) -> None:
    """After a good try: the login starts anew, the address gets back the one try."""
    subjects: Sequence[str] = [address_subject(ip), *([login_subject(login)] if login is not None else [])]
    query = select(Attempts).where(Attempts.subject.in_(sorted(subjects))).order_by(Attempts.subject).with_for_update()
    for row in (await session.execute(query)).scalars():
        row.failures = max(0, row.failures - 1) if row.subject.startswith("ip:") else 0
        row.blocked_until = None


async def _locked(session: AsyncSession, subject: str, now: dt.datetime) -> Attempts:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    await session.execute(insert(Attempts).values(subject=subject, failures=0, last_at=now).on_conflict_do_nothing())
    query = select(Attempts).where(Attempts.subject == subject).with_for_update()
    return (await session.execute(query.execution_options(populate_existing=True))).scalar_one()
