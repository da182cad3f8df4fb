"""Targets: made once under a permanent code, renamed and switched off, never deleted."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms import contract
from cms.audit.record import record
from cms.kernel.errors import Conflict, Invalid, NotFound
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from cms.planning.models import Target

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]")
_MAX_LOOP: Final = 6 * 3600


async def add_target(
    session: AsyncSession,
    actor: Actor | None,
    *,
    code: str,
    kind: str,
    name: str,
    unit: str,
    now: dt.datetime,
    units: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    loop_seconds: int = 900,
) -> Target:
    """Makes a target of `unit`; `actor` None is the installation itself.

    Raises:
        Denied: no right to manage targets there.
        Invalid: `planning.bad_target` for a code or loop of the wrong form.
        Conflict: `planning.code_taken`: a code is never used again.
    """
    if actor is not None:
        require_can(actor, Action.TARGET_MANAGE, Subject(unit))
    if _CODE.fullmatch(code) is None or not one_line(name) or not 10 <= loop_seconds <= _MAX_LOOP:
        raise Invalid("planning.bad_target", target=code[:40])
    if await session.scalar(select(Target.id).where(Target.code == code)) is not None:
        raise Conflict("planning.code_taken", target=code)
    target = Target(
        id=uuid7(now),
        code=code,
        kind=kind,
        name=one_line(name)[:100],
        units=list(units),
        settings=dict(settings or {}),
        unit_path=unit,
        loop_seconds=loop_seconds,
        created_at=now,
    )
    session.add(target)
    await session.flush()
    await record(session, actor, "target.add", of=("target", code), unit=unit, details={"kind": kind}, now=now)
    return target


async def targets(session: AsyncSession, *, kind: str | None = None) -> Sequence[Target]:
    """Active targets in the order of their codes."""
    query = select(Target).where(Target.active).order_by(Target.code)
    return (await session.scalars(query if kind is None else query.where(Target.kind == kind))).all()


async def targets_by_code(session: AsyncSession, codes: Iterable[str]) -> Sequence[Target]:
    """The active targets of these codes, each once, in the order of their codes.

    Raises:
        Invalid: `planning.no_targets` for none.
        NotFound: `planning.no_such_target` for an unknown or inactive one.
    """
    wanted = sorted(set(codes))
    if not wanted:
        raise Invalid("planning.no_targets")
    found = (await session.scalars(select(Target).where(Target.code.in_(wanted), Target.active))).all()
    missing = set(wanted) - {t.code for t in found}
    if missing:
        raise NotFound("planning.no_such_target", target=min(missing))
    return sorted(found, key=lambda t: t.code)


def as_contract(row: Target) -> contract.Target:
    return contract.Target(row.code, row.kind, row.name, tuple(row.units), row.settings)
