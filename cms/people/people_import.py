"""People out of a CSV: every fault by row and column first, then all of them in one transaction, each with a code."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.ids import uuid7
from cms.people.accounts import LOGIN, PHONE
from cms.people.actor import Actor
from cms.people.codes import Purpose, issue
from cms.people.login import normal_login
from cms.people.models import Membership, Person, Unit
from cms.people.permissions import Action, outermost, reach_of_others, require_reach
from cms.people.roles import RIGHTS, Role, may_hold_together
from cms.people.sheets import Column, Fault, Places, Row, SheetRefused, read_rows

COLUMNS: Final = (
    Column("name", ("姓名", "name")),
    Column("login", ("用户名", "登录名", "login")),
    Column("unit", ("单位", "单位代码", "unit")),
    Column("roles", ("角色", "role", "roles"), required=False),
    Column("phone", ("电话", "手机", "phone"), required=False),
)
_SEPARATORS: Final = str.maketrans({"，": "、", ",": "、", "；": "、", ";": "、", "/": "、"})


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody who is to be added."""

    row: int
    login: str
    name: str
    unit: str
    roles: tuple[Role, ...]
    phone: str


@dataclass(frozen=True, slots=True)
class PeoplePlan:
    """Who a table would add; nobody while it has a fault. `signs`: somebody among them will sign releases."""

    people: tuple[NewPerson, ...]
    faults: tuple[Fault, ...]

    @property
    def signs(self) -> bool:
        return any(RIGHTS[role] for one in self.people for role in one.roles)


@dataclass(frozen=True, slots=True)
class Added:
    """Somebody who was added, and the code they sign in with first, which is nowhere else."""

    name: str
    login: str
    unit: str
    code: str


def plan_people(
    rows: Sequence[Row],
    *,
    units: Sequence[str],
    within: Sequence[str],
    taken: frozenset[str],
    role_names: dict[str, Role],
) -> PeoplePlan:
    """Who rows would add; pure. `taken` are logins that exist, `role_names` roles by what people call them."""
    places, faults, people = Places(units), list[Fault](), list[NewPerson]()
    seen: dict[str, int] = {}
    for row in rows:
        before = len(faults)
        login = normal_login(row["login"])
        for column, code, good in (
            ("login", "people.csv_login", LOGIN.fullmatch(login)),
            ("name", "people.csv_name", 0 < len(row["name"]) <= 100),
            ("phone", "people.csv_phone", not row["phone"] or PHONE.fullmatch(row["phone"])),
        ):
            if not good:
                faults.append(Fault(row.number, column, code, {"value": row[column]}))
        if login in taken:
            faults.append(Fault(row.number, "login", "people.csv_login_taken", {"value": login}))
        elif login in seen:
            faults.append(Fault(row.number, "login", "people.csv_login_twice", {"value": login, "other": seen[login]}))
        seen.setdefault(login, row.number)
        unit = _unit(row, places, within, faults)
        roles = _roles(row, role_names, faults)
        if len(faults) == before and unit is not None:
            people.append(NewPerson(row.number, login, row["name"], unit, roles, row["phone"]))
    return PeoplePlan(() if faults else tuple(people), tuple(faults))


def _unit(row: Row, places: Places, within: Sequence[str], faults: list[Fault]) -> str | None:
    found = places.find(row["unit"])
    if found is not None and any(found.startswith(one) for one in within):
        return found
    ambiguous = places.is_ambiguous(row["unit"])
    code = "people.csv_unit_ambiguous" if ambiguous else "people.csv_no_unit" if found is None else "people.csv_reach"
    faults.append(Fault(row.number, "unit", code, {"value": row["unit"]}))
    return None


def _roles(row: Row, names: dict[str, Role], faults: list[Fault]) -> tuple[Role, ...]:
    said = [part.strip() for part in row["roles"].translate(_SEPARATORS).split("、") if part.strip()]
    unknown = [one for one in said if one.casefold() not in names]
    if unknown:
        faults.append(Fault(row.number, "roles", "people.csv_role", {"value": "、".join(unknown)}))
        return ()
    roles = tuple(dict.fromkeys(names[one.casefold()] for one in said))
    if not may_hold_together(roles):
        faults.append(Fault(row.number, "roles", "people.roles_exclude", {}))
    return roles


async def plan_people_import(
    session: AsyncSession, actor: Actor, data: bytes, *, role_names: dict[str, Role]
) -> PeoplePlan:
    """The dry run. Raises Invalid as `read_rows`, Denied where the actor manages nobody."""
    require_reach(actor, Action.PEOPLE_MANAGE)
    rows = read_rows(data, COLUMNS)
    within = outermost(reach_of_others(actor, Action.PEOPLE_MANAGE))
    taken = frozenset((await session.execute(select(Person.login))).scalars())
    places = (await session.execute(select(Unit.path))).scalars().all()
    return plan_people(rows, units=places, within=within, taken=taken, role_names=role_names)


async def import_people(
    session: AsyncSession, actor: Actor, data: bytes, *, role_names: dict[str, Role], now: dt.datetime
) -> Sequence[Added]:
    """Adds everybody of the table, or raises SheetRefused and adds nobody; each has a one-time code."""
    await session.execute(select(Unit.id).where(Unit.parent_id.is_(None)).with_for_update())
    plan = await plan_people_import(session, actor, data, role_names=role_names)
    if plan.faults:
        raise SheetRefused(plan.faults)
    units = {row.path: row for row in (await session.execute(select(Unit))).scalars()}
    added = []
    for one in plan.people:
        unit = units[one.unit]
        person = Person(
            id=uuid7(now), login=one.login, name=one.name, phone=one.phone or None, unit_id=unit.id, created_at=now
        )
        session.add(person)
        await session.flush()
        session.add_all(
            Membership(
                id=uuid7(now),
                person_id=person.id,
                unit_id=unit.id,
                role=role.value,
                granted_by=actor.person,
                granted_at=now,
            )
            for role in one.roles
        )
        code = await issue(session, Purpose.SIGN_IN, person=person.id, now=now)
        details = {"login": one.login, "name": one.name, "roles": [role.value for role in one.roles]}
        of = ("person", str(person.id))
        await record(session, actor, "person.add", of=of, unit=one.unit, details=details, now=now)
        added.append(Added(one.name, one.login, unit.name, code))
    table = {"people": len(added), "sha256": hashlib.sha256(data).hexdigest()}
    await record(session, actor, "person.import", of=("person", "import"), unit=actor.unit, details=table, now=now)
    return added
