"""Who gets a target, and why: the rule of each screen target, asked of every screen, and how the rule is changed."""

import datetime as dt
import re
import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.contract import AudienceRule, Receiver, Verdict, Why
from cms.contract.audience import MOST, SETTING, covers
from cms.kernel.errors import Invalid, NotFound
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can, require_reach
from cms.planning.models import Target
from cms.planning.targets import Change, edit_target, targets
from cms.publishing.refresh import refresh_targets
from screens.tables import Screen

KIND: Final = "screen"
_TAG: Final = re.compile(r"[a-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True)
class Explained:
    """A screen and what the rule says of it."""

    public: str
    name: str
    unit: str
    point: str
    tags: tuple[str, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """Every screen of the reach under a rule; `counts` by reason."""

    audience: AudienceRule
    screens: Sequence[Explained]
    counts: Mapping[Why, int]

    @property
    def reached(self) -> int:
        return sum(count for why, count in self.counts.items() if Verdict(why).is_in)


async def screen_targets(session: AsyncSession, actor: Actor) -> Sequence[Target]:
    """The screen targets that are on and concern this person's screens. Raises Denied for who sees no screens."""
    within = require_reach(actor, Action.SCREEN_READ)
    return [row for row in await targets(session, kind=KIND) if await _concerns(session, row, within)]


async def screen_target(session: AsyncSession, actor: Actor, code: str) -> Target:
    """One that concerns this person's screens. Raises Denied, NotFound `planning.no_such_target`."""
    within = require_reach(actor, Action.SCREEN_READ)
    row = await session.scalar(select(Target).where(Target.code == code, Target.kind == KIND))
    if row is None or not await _concerns(session, row, within):
        raise NotFound("planning.no_such_target", target=code[:40])
    return row


async def target_to_change(session: AsyncSession, actor: Actor, code: str) -> Target:
    """As `screen_target`, for whoever changes its rule: asked before what was sent is read. Raises Denied, NotFound."""
    row = await screen_target(session, actor, code)
    require_can(actor, Action.TARGET_MANAGE, Subject(row.unit_path))
    return row


async def _concerns(session: AsyncSession, row: Target, within: Sequence[str]) -> bool:
    """Whether a target is of these subtrees, or could reach a screen in them."""
    rule = AudienceRule.read(row.units, row.settings)
    if any(covers(within, one) for one in (row.unit_path, *rule.units)):
        return True
    if any(covers(rule.units, one) for one in within):
        return True
    return any(covers(within, unit) for unit in (await _units_of(session, rule.screens)).values())


async def _units_of(session: AsyncSession, ids: Collection[str]) -> Mapping[str, str]:
    """The unit of each screen by its id."""
    if not ids:
        return {}
    wanted = [uuid.UUID(one) for one in ids]
    rows = (await session.execute(select(Screen.id, Screen.unit).where(Screen.id.in_(wanted)))).all()
    return {str(row.id): row.unit for row in rows}


async def explain(session: AsyncSession, actor: Actor, audience: AudienceRule) -> Answer:
    """What a rule says of each screen this person may see, in the order of their places and names. Raises Denied."""
    within = require_reach(actor, Action.SCREEN_READ)
    query = select(Screen.id, Screen.public, Screen.name, Screen.unit, Screen.point, Screen.tags)
    query = query.where(Screen.revoked_at.is_(None), or_(*(Screen.unit.startswith(one) for one in within)))
    rows = (await session.execute(query.order_by(Screen.unit, Screen.name, Screen.id))).all()
    found = [
        Explained(
            row.public,
            row.name,
            row.unit,
            row.point,
            tuple(row.tags),
            audience.decide(Receiver(str(row.id), row.unit, frozenset(row.tags))),
        )
        for row in rows
    ]
    return Answer(audience, found, Counter(one.verdict.why for one in found))


async def audience_typed(
    session: AsyncSession, units: Sequence[str], lists: Mapping[str, Sequence[str]]
) -> AudienceRule:
    """A rule out of what a person sent: screens by their public number, tags in lower case.

    Units are checked by whoever saves it. Raises Invalid `screens.audience`.
    """
    tags = {name: _tags(lists.get(name, ())) for name in ("tags", "except_tags")}
    screens = {name: await _ids(session, lists.get(name, ())) for name in ("screens", "except_screens")}
    left = tuple(dict.fromkeys(lists.get("except_units", ())))
    for line in (*units, *left):
        if not line.startswith("/"):
            raise _wrong(line)
    if max(len(units), len(left)) > MOST:
        raise _wrong(str(len(left)))
    return AudienceRule(
        tuple(dict.fromkeys(units)),
        tags["tags"],
        left,
        tags["except_tags"],
        screens["screens"],
        screens["except_screens"],
    )


async def save_audience(
    session: AsyncSession, actor: Actor, code: str, audience: AudienceRule, *, now: dt.datetime
) -> Target:
    """Makes it the rule of the target; its line-up goes out anew at once.

    A screen that is named outranks the subtrees, so naming one asks for the same right in its unit as a subtree does.

    Raises Denied, NotFound, Invalid `planning.no_such_unit`, `planning.bad_target`.
    """
    row = await target_to_change(session, actor, code)
    added = set(audience.screens) - set(AudienceRule.read(row.units, row.settings).screens)
    for unit in sorted(set((await _units_of(session, added)).values())):
        require_can(actor, Action.TARGET_MANAGE, Subject(unit))
    kept = {name: value for name, value in row.settings.items() if name != SETTING}
    settings = {**kept, SETTING: audience.kept()} if audience.kept() else kept
    change = Change(row.name, audience.units, row.loop_seconds, row.active, settings)
    row = await edit_target(session, actor, code, change, now=now)
    if row.active:
        await refresh_targets(session, [row], reason="target", now=now, actor=actor.person)
    return row


async def publics(session: AsyncSession, ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Number and name of screens by id, for rules that name them."""
    query = select(Screen.id, Screen.public, Screen.name)
    rows = (await session.execute(query)).all() if ids else []
    wanted = set(ids)
    return {str(row.id): (row.public, row.name) for row in rows if str(row.id) in wanted}


def _tags(typed: Sequence[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(one.strip().lower() for one in typed if one.strip()))
    for one in found:
        if _TAG.fullmatch(one) is None or len(found) > MOST:
            raise _wrong(one)
    return found


async def _ids(session: AsyncSession, numbers: Sequence[str]) -> tuple[str, ...]:
    wanted = list(dict.fromkeys(one.strip().lower() for one in numbers if one.strip()))
    if len(wanted) > MOST:
        raise _wrong(wanted[MOST])
    rows = (await session.execute(select(Screen.public, Screen.id).where(Screen.public.in_(wanted)))).all()
    known = dict(rows)
    for one in wanted:
        if one not in known:
            raise _wrong(one)
    return tuple(str(known[one]) for one in wanted)


def _wrong(line: str) -> Invalid:
    return Invalid("screens.audience", fields={"audience": "screens.audience"}, line=line[:60], most=MOST)
