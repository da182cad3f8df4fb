"""What every page of a person says above its content: another place uses their account, the record is broken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.checking import last_check
from cms.desk.deps import DeskDeps
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, can, may_anywhere, reach
from cms.people.sessions import elsewhere
from cms.review.books import current_book


@dataclass(frozen=True, slots=True)
class Banner:
    """Sentences ``desk.banner.{key}``, ``.next`` and ``.go``, and where to go."""

    key: str
    href: str
    tone: str
    params: Mapping[str, Any] = field(default_factory=dict)


async def banners_of(session: AsyncSession, actor: Actor, deps: DeskDeps) -> tuple[Banner, ...]:
    """What this person must know now, whatever page they are on."""
    found = []
    strange = await elsewhere(session, actor, rules=deps.session_rules, now=deps.now())
    if strange:
        found.append(Banner("elsewhere", "/desk/account", "wait", {"ip": strange[0].ip}))
    if may_anywhere(actor, Action.AUDIT_READ) or may_anywhere(actor, Action.SYSTEM_READ):
        check = await last_check(session)
        if check is not None and check.fault:
            # Only whoever reads the record has the page.
            href = "/desk/audit/" if may_anywhere(actor, Action.AUDIT_READ) else ""
            found.append(Banner("audit_broken", href, "bad", {"seq": check.fault_seq}))
    if reach(actor, Action.REVIEW_PLAN):
        # Asked until somebody chose, also when they choose what ships: nobody should find out in an inspection.
        root = await session.scalar(select(Unit.path).where(Unit.parent_id.is_(None)))
        may = root is not None and bool(can(actor, Action.REVIEW_PLAN, Subject(root)))
        if may and (await current_book(session)).version == 0:
            found.append(Banner("plans", "/desk/review/plans", "wait"))
    return tuple(found)
