"""How the fleet stands by unit: counted by the database, rolled up the tree here: ten thousand cost one query."""

import datetime as dt
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final

from sqlalchemy import and_, case, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, require_reach
from screens.health import (
    CLOCK_MOST_MS,
    HELD,
    HOT,
    PAINTED_WITHIN,
    SEEN_WITHIN,
    SHOWN_WITHIN,
    STORAGE_LEAST,
    STORAGE_LEAST_MB,
)
from screens.outages import ancestors
from screens.states import AudienceMember, ScreenState
from screens.tables import Screen

TROUBLES: Final = ("link", "version", "painted", "clock", "storage", "temperature")
WANTED: Final = ("trouble", *TROUBLES, "never")
"""What a list of screens can be narrowed to."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Screens and how many of them have which trouble; `never` were paired and not heard yet, which is none."""

    total: int = 0
    never: int = 0
    trouble: int = 0
    link: int = 0
    version: int = 0
    painted: int = 0
    clock: int = 0
    storage: int = 0
    temperature: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*map(operator.add, astuple(self), astuple(other)))

    @property
    def good(self) -> int:
        return self.total - self.never - self.trouble

    @property
    def down(self) -> int:
        """Not linked, or painting nothing: somebody stands before a dead screen, or soon will."""
        return min(self.trouble, self.link + self.painted)

    @property
    def level(self) -> str:
        if self.trouble == 0:
            return "good" if self.total > self.never else "none"
        return "bad" if self.down or self.version else "warn"

    @property
    def worst(self) -> tuple[int, int, int]:
        """Sorts the worst first."""
        return (-self.down, -self.trouble, -self.total)


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit with everything that stands below it."""

    path: str
    name: str
    level: str
    tally: Tally
    units: int


def troubles(now: dt.datetime) -> Mapping[str, Any]:
    """The conditions of `screens.health` as the database asks them, by fact."""
    heard = Screen.last_seen > now - SEEN_WITHIN
    least = Screen.storage_mb * STORAGE_LEAST / 100
    is_held = and_(_refused(), func.coalesce(Screen.refused_code, "") == HELD)  # by rules that people set: no trouble
    late = and_(ScreenState.version > Screen.shown, or_(ScreenState.at < now - SHOWN_WITHIN, _refused()), ~is_held)
    return {
        "link": and_(Screen.last_seen.is_not(None), or_(Screen.link.is_(None), ~heard)),
        "version": and_(ScreenState.version.is_not(None), late),
        "painted": and_(heard, Screen.painted_at < now - PAINTED_WITHIN),
        "clock": or_(Screen.clock_error > CLOCK_MOST_MS, Screen.clock_error < -CLOCK_MOST_MS),
        "storage": or_(Screen.storage_free_mb < STORAGE_LEAST_MB, Screen.storage_free_mb < least),
        "temperature": Screen.temperature > HOT,
    }


def _refused() -> Any:
    return Screen.refused >= ScreenState.version


def wanted_of(name: str, now: dt.datetime) -> Any:
    """The condition of one of `WANTED`; the query joins `AudienceMember` and `ScreenState`."""
    bad = troubles(now)
    never = Screen.last_seen.is_(None)
    if name == "never":
        return never
    any_bad = or_(false(), *(func.coalesce(one, False) for one in bad.values()))
    return and_(~never, any_bad if name == "trouble" else bad[name])


def counted(now: dt.datetime) -> list[Any]:
    """The columns of a `Tally`, in its order, to be grouped by whatever is asked."""
    bad = troubles(now)
    never = Screen.last_seen.is_(None)
    any_bad = and_(~never, or_(false(), *(func.coalesce(one, False) for one in bad.values())))
    columns = (never, any_bad, *(and_(~never, bad[name]) for name in TROUBLES))
    return [func.count(), *(func.sum(case((one, 1), else_=0)) for one in columns)]


async def tallies(session: AsyncSession, within: Sequence[str], *, now: dt.datetime) -> Mapping[str, Tally]:
    """By the unit the screens stand in, of the subtrees `within`."""
    query = (
        select(Screen.unit, *counted(now))
        .outerjoin(AudienceMember, AudienceMember.screen == Screen.id)
        .outerjoin(ScreenState, ScreenState.audience == AudienceMember.audience)
        .where(Screen.revoked_at.is_(None), or_(false(), *(Screen.unit.startswith(one) for one in within)))
        .group_by(Screen.unit)
    )
    return {row[0]: Tally(*(int(one or 0) for one in row[1:])) for row in (await session.execute(query)).all()}


def rolled_up(by_unit: Mapping[str, Tally]) -> dict[str, Tally]:
    """The sums of every subtree, by its path; pure."""
    sums: dict[str, list[int]] = {}
    for unit, tally in by_unit.items():
        parts = astuple(tally)
        for path in ancestors(unit):
            sums[path] = list(map(operator.add, sums[path], parts)) if path in sums else list(parts)
    return {path: Tally(*parts) for path, parts in sums.items()}


_NONE: Final = Tally()


@dataclass(frozen=True, slots=True)
class Standing:
    """A unit of the tree view: itself, its way up, its branches with the worst first, and its own screens' sum."""

    unit: Branch
    way: Sequence[Branch]
    branches: Sequence[Branch]
    own: Tally


async def standing(session: AsyncSession, actor: Actor, unit: str, *, now: dt.datetime) -> Standing:
    """How a unit stands; outside of the reach the top of what the actor may see. Raises Denied."""
    reach = require_reach(actor, Action.SCREEN_READ)
    path = unit if unit.startswith(reach) else reach[0]
    by_unit = await tallies(session, reach, now=now)
    sums = rolled_up(by_unit)
    inside = or_(*(Unit.path.startswith(one, autoescape=True) for one in reach))
    units = (await session.execute(select(Unit.path, Unit.name, Unit.level).where(inside))).all()
    depth = path.count("/")
    below = [one for one in units if one.path.startswith(path) and one.path.count("/") == depth + 1]
    counts = _below(row.path for row in units)
    branches = [Branch(one.path, one.name, one.level, sums.get(one.path, _NONE), counts[one.path]) for one in below]
    branches.sort(key=lambda one: (*one.tally.worst, one.path))
    known = {row.path: row for row in units}
    way = [
        Branch(one, known[one].name, known[one].level, sums.get(one, _NONE), counts[one])
        for one in ancestors(path)
        if one in known and one.startswith(reach)
    ]
    here = way[-1] if way else Branch(path, path, "", sums.get(path, _NONE), 0)
    return Standing(here, way[:-1], branches, by_unit.get(path, _NONE))


def _below(paths: Iterable[str]) -> dict[str, int]:
    """How many units hang below each path, itself not counted."""
    found: dict[str, int] = {}
    for path in paths:
        found.setdefault(path, 0)
        for above in ancestors(path)[:-1]:
            found[above] = found.get(above, 0) + 1
    return found
