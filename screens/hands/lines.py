"""The rules of thin lines as people set them, by unit; the nearest unit above a screen that has rules decides."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cms.audit.record import record
from cms.hands.line import FREE, Policy
from cms.kernel.base import Base
from cms.kernel.errors import Invalid
from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, require_can, require_reach
from cms.trust.errors import TrustError
from cms.trust.shape import read
from cms.trust.signed import plain

TOPIC: Final = "lines"


class ScreenLine(Base):
    """The rules of one unit's line."""

    __tablename__ = "screen_line"

    unit: Mapped[str] = mapped_column(String(255), primary_key=True)
    policy: Mapped[dict[str, Any]]
    by: Mapped[uuid.UUID]
    at: Mapped[dt.datetime]


async def policies(session: AsyncSession) -> dict[str, Policy]:
    """All rules by unit path; rows this version cannot read hold nobody back."""
    rows = await session.execute(select(ScreenLine.unit, ScreenLine.policy))
    return {row.unit: made for row in rows if (made := _read(row.policy)) is not None}


def policy_of(rules: Mapping[str, Policy], unit: str) -> Policy:
    """The rules for a screen in `unit`."""
    above = [path for path in rules if unit.startswith(path)]
    return rules[max(above, key=len)] if above else FREE


async def visible(session: AsyncSession, actor: Actor) -> dict[str, Policy]:
    """The rules of the units a person may see. Raises Denied."""
    within = require_reach(actor, Action.SCREEN_READ)
    return {unit: one for unit, one in (await policies(session)).items() if unit.startswith(within)}


async def set_policy(
    session: AsyncSession, actor: Actor, unit: str, policy: Mapping[str, object] | None, *, now: dt.datetime
) -> None:
    """Sets a unit's rules, or takes them away (None); call inside a write block.

    Raises Denied, Invalid `screens.unit`, `hands.line`.
    """
    require_can(actor, Action.SCREEN_MANAGE, Subject(unit))
    if await session.scalar(select(Unit.id).where(Unit.path == unit)) is None:
        raise Invalid("screens.unit", fields={"unit": "screens.unit"})
    if policy is None:
        await session.execute(delete(ScreenLine).where(ScreenLine.unit == unit))
    else:
        made = checked(policy)
        row = await session.get(ScreenLine, unit)
        if row is None:
            row = ScreenLine(unit=unit)
            session.add(row)
        row.policy, row.by, row.at = _plain(made), actor.person, now
    await session.flush()
    await ring(session, TOPIC)
    details = {"policy": None if policy is None else dict(policy)}
    await record(session, actor, "screen.line", of=("line", unit), unit=unit, details=details, now=now)


def checked(policy: Mapping[str, object]) -> Policy:
    """Raises Invalid `hands.line`, naming the field."""
    try:
        return read(Policy, dict(policy), "policy")
    except TrustError as fault:
        field = str(fault.params.get("field", ""))
        raise Invalid("hands.line", fields={"policy": "hands.line"}, field=field) from fault


def _read(policy: Mapping[str, object]) -> Policy | None:
    try:
        return read(Policy, dict(policy), "policy")
    except TrustError:
        return None


def _plain(policy: Policy) -> dict[str, Any]:
    made = plain(policy)
    return made if isinstance(made, dict) else {}
