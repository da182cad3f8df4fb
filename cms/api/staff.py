"""Units and people out of a table, and the accounts nobody uses, over the API."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import id_of
from cms.desk.confirming import confirm_own
from cms.desk.views.csv_import import role_names
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid
from cms.people.people_import import import_people, plan_people_import
from cms.people.permissions import Action, require_reach
from cms.people.sheets import MOST_BYTES, Fault, SheetRefused
from cms.people.stale import shut_out, stale
from cms.people.unit_import import import_units, plan_unit_import

_MOST_NAMED = 100
_MANY = 200


class CsvSent(Sent):
    """The text of a CSV, its first line the names of its columns, as the samples of the desk have them."""

    csv: str = Field(min_length=1, max_length=MOST_BYTES)


class PeopleCsvSent(CsvSent):
    """The same of people; one's own password where somebody among them will sign."""

    password: str = ""


class CsvFault(Given):
    """What is wrong in which cell; the head is row 1."""

    row: int
    column: str
    code: str
    text: str
    next: str


class PlannedUnit(Given):
    """A unit that would be made."""

    row: int
    code: str
    name: str
    level: str
    path: str


class UnitsPlan(Given):
    """What a table would make; nothing while it has a fault."""

    units: list[PlannedUnit]
    faults: list[CsvFault]


class PlannedPerson(Given):
    """Somebody who would be added."""

    row: int
    login: str
    name: str
    unit: str
    roles: list[str]


class PeoplePlanned(Given):
    """Who a table would add; `signs`: applying it takes one's own password."""

    people: list[PlannedPerson]
    signs: bool
    faults: list[CsvFault]


class Imported(Given):
    """How many there are now that were not before."""

    count: int


class NewSignIn(Given):
    """Somebody who was added, and the code they sign in with once."""

    login: str
    name: str
    unit: str
    code: str


class NewSignIns(Given):
    """The codes are shown now and never again."""

    people: list[NewSignIn]


class StaleLine(Given):
    """An account that is open and unused; `last_at` null: nobody ever came."""

    id: str
    login: str
    name: str
    unit: str
    last_at: dt.datetime | None
    since: dt.datetime


class StaleList(Given):
    """Accounts unused for `days`, the longest away first."""

    people: list[StaleLine]
    days: int


class ShutOut(Sent):
    """Whom to shut out, of those who are stale."""

    people: list[str] = Field(min_length=1, max_length=_MANY)


async def check_units(visit: Visit, sent: CsvSent) -> UnitsPlan:
    """The dry run of a table of units."""
    async with visit.deps.db.read() as session:
        plan = await plan_unit_import(session, visit.actor, sent.csv.encode())
    units = [
        PlannedUnit(row=one.row, code=one.code, name=one.name, level=one.level, path=one.path) for one in plan.units
    ]
    return UnitsPlan(units=units, faults=_faults(visit, plan.faults))


async def apply_units(visit: Visit, sent: CsvSent) -> Imported:
    """Makes every unit of a table, or none."""
    try:
        async with visit.deps.db.write() as session:
            plan = await import_units(session, visit.actor, sent.csv.encode(), now=visit.now)
    except SheetRefused as refused:
        raise _refused(refused) from refused
    return Imported(count=len(plan.units))


async def check_people(visit: Visit, sent: PeopleCsvSent) -> PeoplePlanned:
    """The dry run of a table of people."""
    async with visit.deps.db.read() as session:
        plan = await plan_people_import(session, visit.actor, sent.csv.encode(), role_names=role_names(visit))
    people = [
        PlannedPerson(
            row=one.row, login=one.login, name=one.name, unit=one.unit, roles=[role.value for role in one.roles]
        )
        for one in plan.people
    ]
    return PeoplePlanned(people=people, signs=plan.signs, faults=_faults(visit, plan.faults))


async def apply_people(visit: Visit, sent: PeopleCsvSent) -> NewSignIns:
    """Adds everybody of a table, or nobody."""
    data, names = sent.csv.encode(), role_names(visit)
    try:
        async with visit.deps.db.read() as session:
            plan = await plan_people_import(session, visit.actor, data, role_names=names)
        if plan.signs:
            await confirm_own(visit, sent.password)
        async with visit.deps.db.write() as session:
            added = await import_people(session, visit.actor, data, role_names=names, now=visit.now)
    except SheetRefused as refused:
        raise _refused(refused) from refused
    return NewSignIns(people=[NewSignIn(login=one.login, name=one.name, unit=one.unit, code=one.code) for one in added])


async def list_stale(visit: Visit) -> StaleList:
    """Accounts nobody has used for long."""
    within, rules = require_reach(visit.actor, Action.PEOPLE_READ), visit.deps.stale_after
    async with visit.deps.db.read() as session:
        found = await stale(session, within=within, before=visit.now - rules)
    lines = [
        StaleLine(id=str(one.id), login=one.login, name=one.name, unit=one.unit, last_at=one.last_at, since=one.since)
        for one in found
    ]
    return StaleList(people=lines, days=rules.days)


async def shut_stale(visit: Visit, sent: ShutOut) -> Imported:
    """Shuts accounts out that are still unused; whoever came back meanwhile stays."""
    before = visit.now - visit.deps.stale_after
    async with visit.deps.db.write() as session:
        count = await shut_out(session, visit.actor, [id_of(one) for one in sent.people], before=before, now=visit.now)
    return Imported(count=count)


def _faults(visit: Visit, faults: Sequence[Fault]) -> list[CsvFault]:
    found = []
    for one in faults[:_MOST_NAMED]:
        said: Any = visit.deps.catalogue.error(visit.language, one.code, one.params)
        found.append(CsvFault(row=one.row, column=one.column, code=one.code, text=said.text, next=said.next))
    return found


def _refused(refused: SheetRefused) -> Invalid:
    """The same refusal with its places, as every refusal of the API has them."""
    fields = {f"{one.row}.{one.column}": one.code for one in refused.faults[:_MOST_NAMED]}
    return Invalid("people.csv_refused", fields=fields, count=len(refused.faults))


_UNITS, _PEOPLE, _MANAGE = "/api/v1/units/import", "/api/v1/people/import", Action.PEOPLE_MANAGE
RESOURCES: tuple[Resource, ...] = (
    take("POST", f"{_UNITS}/check", check_units, Action.UNIT_MANAGE, sent=CsvSent, given=UnitsPlan),
    take("POST", f"{_UNITS}/apply", apply_units, Action.UNIT_MANAGE, sent=CsvSent, given=Imported),
    take("POST", f"{_PEOPLE}/check", check_people, _MANAGE, sent=PeopleCsvSent, given=PeoplePlanned),
    take("POST", f"{_PEOPLE}/apply", apply_people, _MANAGE, sent=PeopleCsvSent, given=NewSignIns, is_kept=False),
    ask("/api/v1/people/stale", list_stale, Action.PEOPLE_READ, given=StaleList),
    take("POST", "/api/v1/people/stale", shut_stale, _MANAGE, sent=ShutOut, given=Imported),
)
