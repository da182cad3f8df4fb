"""Targets: made once under a permanent code, renamed and switched off, never deleted."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms import contract
from cms.audit.record import record
from cms.kernel.errors import Conflict, Invalid, NotFound
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.models import Unit
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
        for place in (unit, *units):
            require_can(actor, Action.TARGET_MANAGE, Subject(place))
    if _CODE.fullmatch(code) is None or not kind or not one_line(name) or not 10 <= loop_seconds <= _MAX_LOOP:
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


@dataclass(frozen=True, slots=True)
class Change:
    """What of a target may be changed: never its code, which is printed, nor its kind."""

    name: str
    units: tuple[str, ...]
    loop_seconds: int
    active: bool
    settings: Mapping[str, Any]


async def edit_target(session: AsyncSession, actor: Actor, code: str, change: Change, *, now: dt.datetime) -> Target:
    """Changes it; `change.settings` were checked by whoever knows the channel. The record names what changed.

    Raises:
        Denied: no right to manage targets there, or in a unit it reaches.
        Invalid: `planning.bad_target` for a name or loop of the wrong form, `planning.no_such_unit`.
        NotFound: `planning.no_such_target`.
    """
    row = await target_of(session, actor, code, lock=True)
    for place in set(change.units) - set(row.units):
        require_can(actor, Action.TARGET_MANAGE, Subject(place))
    if not one_line(change.name) or not 10 <= change.loop_seconds <= _MAX_LOOP:
        raise Invalid("planning.bad_target", target=code)
    known = set((await session.scalars(select(Unit.path).where(Unit.path.in_(change.units)))).all())
    if set(change.units) - known or (row.units and not change.units):
        raise Invalid("planning.no_such_unit", fields={"unit": "planning.no_such_unit"})
    values = {
        "name": one_line(change.name)[:100],
        "units": list(change.units),
        "loop_seconds": change.loop_seconds,
        "active": change.active,
        "settings": dict(change.settings),
    }
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    await session.flush()
    if changed:
        details = {"changed": changed, "active": change.active}
        await record(session, actor, "target.edit", of=("target", code), unit=row.unit_path, details=details, now=now)
    return row


async def note_secrets(
    session: AsyncSession, actor: Actor, code: str, names: Sequence[str], *, now: dt.datetime
) -> None:
    """The record that secrets were set: which, never what."""
    row = await target_of(session, actor, code)
    details = {"fields": list(names)}
    await record(session, actor, "target.keys", of=("target", code), unit=row.unit_path, details=details, now=now)


async def target_of(session: AsyncSession, actor: Actor, code: str, *, lock: bool = False) -> Target:
    """A target, also one that is switched off. Raises NotFound `planning.no_such_target`, Denied."""
    query = select(Target).where(Target.code == code)
    row = await session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("planning.no_such_target", target=code[:40])
    require_can(actor, Action.TARGET_MANAGE, Subject(row.unit_path))
    return row


async def every_target(session: AsyncSession) -> Sequence[Target]:
    """All of them, those switched off last."""
    return (await session.scalars(select(Target).order_by(Target.active.desc(), Target.code))).all()


async def targets(session: AsyncSession, *, kind: str | None = None) -> Sequence[Target]:
    """Active targets in the order of their codes."""
    query = select(Target).where(Target.active).order_by(Target.code)
    return (await session.scalars(query if kind is None else query.where(Target.kind == kind))).all()


async def targets_by_code(session: AsyncSession, codes: Iterable[str], *, lock: bool = False) -> Sequence[Target]:
    """The active targets of these codes, each once, in the order of their codes.

    Raises:
        Invalid: `planning.no_targets` for none.
        NotFound: `planning.no_such_target` for an unknown or inactive one.
    """
    wanted = sorted(set(codes))
    if not wanted:
        raise Invalid("planning.no_targets")
    query = select(Target).where(Target.code.in_(wanted), Target.active).order_by(Target.code)
    found = (await session.scalars(query.with_for_update() if lock else query)).all()
    missing = set(wanted) - {t.code for t in found}
    if missing:
        raise NotFound("planning.no_such_target", target=min(missing))
    return sorted(found, key=lambda t: t.code)


def as_contract(row: Target) -> contract.Target:
    return contract.Target(row.code, row.kind, row.name, tuple(row.units), row.settings)
