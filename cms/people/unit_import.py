"""Units out of a CSV: a plan that names every fault by row and column, and the plan carried out in one transaction."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.ids import uuid7
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, require_reach
from cms.people.sheets import Column, Fault, Places, Row, SheetRefused, read_rows
from cms.people.units import CODE, MAX_DEPTH, path_of

# Each level may only hang below one that stands before it.
LEVELS: Final[dict[str, tuple[str, ...]]] = {
    "centre": ("centre", "center", "中心"),
    "institute": ("institute", "所"),
    "station": ("station", "站"),
    "point": ("point", "点"),
}
COLUMNS: Final = (
    Column("code", ("代码", "单位代码", "code")),
    Column("name", ("名称", "单位名称", "name")),
    Column("level", ("层级", "级别", "level")),
    Column("parent", ("上级", "上级单位", "parent"), required=False),
)
_ORDER: Final = tuple(LEVELS)
_BY_NAME: Final = {name: level for level, names in LEVELS.items() for name in names}


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit that is to be."""

    row: int
    code: str
    name: str
    level: str
    parent: str
    path: str


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """What a table would make, parents before children; nothing while it has a fault."""

    units: tuple[NewUnit, ...]
    faults: tuple[Fault, ...]


def plan_units(rows: Sequence[Row], existing: Mapping[str, str], within: Sequence[str]) -> UnitPlan:
    """What rows would make of a tree; pure. `existing` are levels by path, `within` where the importer may add.

    A parent may stand behind its children; an empty one is the importer's own topmost unit, when there is one only.
    """
    return _Planning(rows, existing, within).plan()


class _Planning:
    def __init__(self, rows: Sequence[Row], existing: Mapping[str, str], within: Sequence[str]) -> None:
        self._rows, self._within = rows, within
        self._levels = dict(existing)
        self._made_by: dict[str, int] = {}
        self._faults: list[Fault] = []
        self._units: list[NewUnit] = []
        self._places = Places(list(existing), more_codes=[row["code"].lower() for row in rows])

    def plan(self) -> UnitPlan:
        waiting = [row for row in self._rows if self._is_well_formed(row)]
        misshapen = {row.number for row in self._rows} - {row.number for row in waiting}
        while waiting:
            ready = [(row, parent) for row in waiting if (parent := self._parent(row)) is not None]
            if not ready:
                break
            for row, parent in ready:
                self._take(row, parent)
            taken = {row.number for row, _ in ready}
            waiting = [row for row in waiting if row.number not in taken]
        # Also of rows that are wrong otherwise: whoever mends a table wants to see everything at once.
        lost = [row for row in self._rows if row.number in misshapen and row["parent"] and self._parent(row) is None]
        for row in (*waiting, *lost):
            code = "people.csv_parent_ambiguous" if self._places.is_ambiguous(row["parent"]) else "people.csv_no_parent"
            self._fault(row, "parent", code, value=row["parent"])
        faults = tuple(sorted(self._faults, key=lambda one: (one.row, one.column)))
        return UnitPlan(() if faults else tuple(self._units), faults)

    def _is_well_formed(self, row: Row) -> bool:
        before = len(self._faults)
        if not CODE.fullmatch(row["code"].lower()):
            self._fault(row, "code", "people.csv_code", value=row["code"])
        if not 0 < len(row["name"]) <= 100:
            self._fault(row, "name", "people.csv_name")
        if row["level"].casefold() not in _BY_NAME:
            self._fault(row, "level", "people.csv_level", value=row["level"])
        return len(self._faults) == before

    def _parent(self, row: Row) -> str | None:
        if row["parent"]:
            return self._places.find(row["parent"])
        return self._within[0] if len(self._within) == 1 else None

    def _take(self, row: Row, parent: str) -> None:
        code, level = row["code"].lower(), _BY_NAME[row["level"].casefold()]
        path = path_of(parent, code)
        if not any(parent.startswith(one) for one in self._within):
            self._fault(row, "parent", "people.csv_reach", value=row["parent"])
        elif path in self._places:
            other = self._made_by.get(path)
            if other is None:
                self._fault(row, "code", "people.csv_code_taken", value=code)
            else:
                self._fault(row, "code", "people.csv_code_twice", value=code, other=other)
        elif not _may_hang(level, self._levels[parent]):
            self._fault(row, "level", "people.csv_level_order", value=row["level"])
        elif path.count("/") - 1 > MAX_DEPTH:
            self._fault(row, "parent", "people.csv_depth", most=MAX_DEPTH)
        else:
            self._units.append(NewUnit(row.number, code, row["name"], level, parent, path))
        if path not in self._places:
            # Also one with a fault: its children are judged by their own.
            self._places.add(path)
            self._levels[path], self._made_by[path] = level, row.number

    def _fault(self, row: Row, column: str, code: str, **params: object) -> None:
        self._faults.append(Fault(row.number, column, code, params))


def _may_hang(level: str, parent_level: str) -> bool:
    """A level we do not know is data of this office: nothing is said about it."""
    return parent_level not in _ORDER or _ORDER.index(level) > _ORDER.index(parent_level)


async def plan_unit_import(session: AsyncSession, actor: Actor, data: bytes) -> UnitPlan:
    """The dry run. Raises Invalid as `read_rows`, Denied where the actor manages no unit."""
    within = require_reach(actor, Action.UNIT_MANAGE)
    existing = {row.path: row.level for row in (await session.execute(select(Unit.path, Unit.level))).all()}
    return plan_units(read_rows(data, COLUMNS), existing, within)


async def import_units(session: AsyncSession, actor: Actor, data: bytes, *, now: dt.datetime) -> UnitPlan:
    """Makes every unit of the table, or raises SheetRefused and makes none."""
    # Two imports at once take turns: what the plan was made of must still stand when it is carried out.
    await session.execute(select(Unit.id).where(Unit.parent_id.is_(None)).with_for_update())
    plan = await plan_unit_import(session, actor, data)
    if plan.faults:
        raise SheetRefused(plan.faults)
    ids = {row.path: row.id for row in (await session.execute(select(Unit.path, Unit.id))).all()}
    for position, one in enumerate(plan.units, start=1):
        ids[one.path] = uuid7(now)
        session.add(_row(one, ids[one.path], ids[one.parent], now, position))
    await session.flush()
    top = _common([one.parent for one in plan.units])
    details = {"units": len(plan.units), "sha256": hashlib.sha256(data).hexdigest(), "path": top}
    await record(session, actor, "unit.import", of=("unit", top[-80:]), unit=top, details=details, now=now)
    return plan


def _row(one: NewUnit, key: uuid.UUID, parent: uuid.UUID, now: dt.datetime, position: int) -> Unit:
    return Unit(
        id=key,
        parent_id=parent,
        code=one.code,
        name=one.name,
        level=one.level,
        path=one.path,
        position=position,
        created_at=now,
    )


def _common(paths: Sequence[str]) -> str:
    """The path that all lie in."""
    names = [path.strip("/").split("/") for path in paths]
    same = 0
    while all(len(one) > same and one[same] == names[0][same] for one in names):
        same += 1
    return "/" + "".join(f"{name}/" for name in names[0][:same])
