"""Tags of screens as a whole: which there are, and giving one another name, with what that does to every audience.

A tag is a word that screens and rules share, so it is renamed in both at once: the same screens are reached after as
before, but where the new name was a tag already. Whoever renames must be allowed to change every screen and every rule
it stands in; a part of a tag is no tag.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.contract import AudienceRule, Receiver
from cms.contract.audience import SETTING
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, can, require_reach
from cms.planning.models import Target
from cms.planning.targets import Change, edit_target
from cms.publishing.refresh import request_refresh
from screens.audiences import KIND
from screens.pairing import TOPIC
from screens.states import next_change
from screens.tables import Screen

TAG: Final = re.compile(r"[a-z0-9_-]{1,40}")
# Tags that the player reads (docs/street-screens.md).
SPOKEN: Final = ("step-", "wall-", "layout-")
OFFERED: Final = 40
_LISTS: Final = ("tags", "except_tags")


@dataclass(frozen=True, slots=True)
class Known:
    """A tag, on how many screens of the reach it is, and the targets whose rules name it."""

    tag: str
    screens: int
    targets: tuple[str, ...]

    @property
    def is_spoken(self) -> bool:
        """Whether the player itself reads it."""
        return self.tag.startswith(SPOKEN)


@dataclass(frozen=True, slots=True)
class Affected:
    """A target whose rule names one of the tags: how many screens it reaches before and after."""

    code: str
    name: str
    before: int
    after: int
    come: int
    go: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a new name would do."""

    tag: str
    to: str
    screens: int
    merges: int
    affected: Sequence[Affected]


@dataclass(frozen=True, slots=True)
class _Work:
    screens: Sequence[Screen]
    targets: Sequence[tuple[Target, AudienceRule]]


async def tags_of(session: AsyncSession, actor: Actor) -> Sequence[Known]:
    """The tags of the screens a person may see, most used first. Raises Denied."""
    within = require_reach(actor, Action.SCREEN_READ)
    counted: Counter[str] = Counter()
    for tags in (await session.scalars(select(Screen.tags).where(*_standing(within)))).all():
        counted.update(tags)
    named: dict[str, list[str]] = {}
    for row, rule in await _rules(session):
        for tag in {*rule.tags, *rule.except_tags} & counted.keys():
            named.setdefault(tag, []).append(row.name)
    found = [Known(tag, count, tuple(named.get(tag, ()))) for tag, count in counted.items()]
    return sorted(found, key=lambda one: (-one.screens, one.tag))


async def preview_rename(session: AsyncSession, actor: Actor, tag: str, to: str) -> Preview:
    """Raises Denied, NotFound `screens.no_tag`, Invalid `screens.tag_name`, Refused `screens.tag_elsewhere`."""
    wanted = read_tag(tag, to)
    work = await _work(session, actor, tag)
    query = select(Screen.id, Screen.unit, Screen.tags).where(Screen.revoked_at.is_(None))
    rows = (await session.execute(query)).all()
    before = [Receiver(str(row.id), row.unit, frozenset(row.tags)) for row in rows]
    after = [replace(one, tags=_renamed_set(one.tags, tag, wanted)) for one in before]
    affected = []
    for row, rule in await _rules(session):
        if not {tag, wanted} & {*rule.tags, *rule.except_tags}:
            continue
        newer = renamed_rule(rule, tag, wanted)
        was = {one.id for one in before if rule.reaches(one)}
        will = {one.id for one in after if newer.reaches(one)}
        affected.append(Affected(row.code, row.name, len(was), len(will), len(will - was), len(was - will)))
    merges = sum(wanted in one.tags for one in before)
    return Preview(tag, wanted, len(work.screens), merges, affected)


async def rename_tag(session: AsyncSession, actor: Actor, tag: str, to: str, *, now: dt.datetime) -> int:
    """On how many screens it was; in every rule too. Call inside a write block; raises as `preview_rename`."""
    wanted = read_tag(tag, to)
    work = await _work(session, actor, tag, lock=True)
    for row, rule in work.targets:
        kept = {name: value for name, value in row.settings.items() if name != SETTING}
        settings = {**kept, SETTING: renamed_rule(rule, tag, wanted).kept()}
        change = Change(row.name, rule.units, row.loop_seconds, row.active, settings)
        await edit_target(session, actor, row.code, change, now=now)
    change_number = await next_change(session)
    for screen in work.screens:
        screen.tags = sorted(_renamed_set(frozenset(screen.tags), tag, wanted))
        screen.facts, screen.change = None, change_number
        screen.facts_version += 1
    await session.flush()
    await request_refresh(session, kind=KIND, reason="screens.moved", now=now, actor=actor.person)
    await ring(session, TOPIC)
    details = {
        "from": tag,
        "to": wanted,
        "screens": len(work.screens),
        "targets": [row.code for row, _ in work.targets],
    }
    await record(session, actor, "screen.tag_rename", of=("tag", tag), unit=actor.unit, details=details, now=now)
    return len(work.screens)


def read_tag(tag: str, to: str) -> str:
    """The new name as it is kept. Raises Invalid `screens.tag_name`."""
    wanted = to.strip().lower()
    if TAG.fullmatch(wanted) is None or wanted == tag:
        raise Invalid("screens.tag_name", fields={"to": "screens.tag_name"})
    return wanted


def renamed_rule(rule: AudienceRule, tag: str, to: str) -> AudienceRule:
    """The rule with another word for a tag, each word once."""
    lists: Mapping[str, Sequence[str]] = {name: getattr(rule, name) for name in _LISTS}
    tags, left = (tuple(dict.fromkeys(to if one == tag else one for one in lists[name])) for name in _LISTS)
    return replace(rule, tags=tags, except_tags=left)


# ------------------------------------------------------------ parts


def _renamed_set(tags: frozenset[str], tag: str, to: str) -> frozenset[str]:
    return tags - {tag} | {to} if tag in tags else tags


def _standing(within: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    under = or_(*(Screen.unit.startswith(path, autoescape=True) for path in within))
    return under, Screen.revoked_at.is_(None)


async def _rules(session: AsyncSession) -> Sequence[tuple[Target, AudienceRule]]:
    """Of every screen target, also of one that is off: it may be switched on again."""
    rows = (await session.scalars(select(Target).where(Target.kind == KIND).order_by(Target.code))).all()
    return [(row, AudienceRule.read(row.units, row.settings)) for row in rows]


async def _work(session: AsyncSession, actor: Actor, tag: str, *, lock: bool = False) -> _Work:
    """Every screen and every rule with the tag, all of which this person may change."""
    require_reach(actor, Action.SCREEN_MANAGE)
    # A list of words has no index in either database; ten thousand short lists are looked through in memory.
    query = select(Screen.id, Screen.unit, Screen.tags).where(Screen.revoked_at.is_(None))
    found = [row for row in (await session.execute(query)).all() if tag in row.tags]
    if not any(can(actor, Action.SCREEN_READ, Subject(row.unit)) for row in found):
        raise NotFound("screens.no_tag")
    named = [(row, rule) for row, rule in await _rules(session) if tag in {*rule.tags, *rule.except_tags}]
    screens_off = sum(not can(actor, Action.SCREEN_MANAGE, Subject(row.unit)) for row in found)
    rules_off = sum(not can(actor, Action.TARGET_MANAGE, Subject(row.unit_path)) for row, _ in named)
    if screens_off or rules_off:
        raise Refused("screens.tag_elsewhere", screens=screens_off, rules=rules_off)
    wanted = select(Screen).where(Screen.id.in_([row.id for row in found])).order_by(Screen.id)
    rows = (await session.scalars(wanted.with_for_update() if lock else wanted)).all()
    return _Work(rows, named)
