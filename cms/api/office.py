"""The office over the API: units, columns and people."""

from cms.api.models import Text
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing, id_of
from cms.content.columns import add_column, columns, edit_column
from cms.content.models import Column
from cms.desk.confirming import confirm_own
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid
from cms.people import accounts
from cms.people.models import Unit
from cms.people.permissions import Action, require_reach
from cms.people.roles import RIGHTS, Role
from cms.people.units import add_unit, move_unit, rename_unit, units


class UnitLine(Given):
    """A unit of the tree."""

    id: str
    path: str
    code: str
    name: str
    level: str


class UnitList(Given):
    """Parents before children."""

    units: list[UnitLine]


class UnitSent(Sent):
    """A new unit below `parent`."""

    parent: str
    code: str
    name: Text
    level: str


class UnitChange(Sent):
    """Another name, and another parent if one is given."""

    name: Text
    parent: str = ""


class ColumnLine(Given):
    """A section of site and screens."""

    id: str
    code: str
    name: str
    position: int
    active: bool


class ColumnList(Given):
    """In their order."""

    columns: list[ColumnLine]


class ColumnSent(Sent):
    """A new section; its code is permanent."""

    code: str
    name: Text
    position: int = 0


class ColumnChange(Sent):
    """What may change."""

    name: Text
    position: int
    active: bool


class GrantLine(Given):
    """A role in a unit and below."""

    role: str
    unit: str


class PersonLine(Given):
    """A person; the phone is masked."""

    id: str
    login: str
    name: str
    phone: str
    unit: str
    active: bool
    grants: list[GrantLine]


class PersonList(Given):
    """The people of the person's units."""

    people: list[PersonLine]


class PersonSent(Sent):
    """A new person without a role."""

    login: str
    name: Text
    unit: str
    phone: str = ""


class PersonChange(Sent):
    """What may change."""

    name: Text
    unit: str
    phone: str = ""


class SignInCode(Given):
    """The code somebody signs in with once; shown now and never again."""

    id: str
    code: str


class RoleSent(Sent):
    """A role in a unit; one that signs needs the administrator's own password."""

    role: str
    unit: str
    password: str = ""


class RoleEnd(Sent):
    """The administrator's own password: the guard has to learn it."""

    password: str


async def list_units(visit: Visit) -> UnitList:
    """The units the person looks after."""
    async with visit.deps.db.read() as session:
        found = await units(session, within=require_reach(visit.actor, Action.UNIT_MANAGE))
    return UnitList(units=[_unit(one) for one in found])


async def add_one_unit(visit: Visit, sent: UnitSent) -> UnitLine:
    """Adds a unit."""
    async with visit.deps.db.write() as session:
        parent = id_of(sent.parent)
        row = await add_unit(
            session, visit.actor, parent, code=sent.code, name=sent.name, level=sent.level, now=visit.now
        )
        return _unit(row)


async def edit_one_unit(visit: Visit, sent: UnitChange) -> UnitLine:
    """Renames a unit, and hangs it elsewhere."""
    async with visit.deps.db.write() as session:
        row = await rename_unit(session, visit.actor, visit.uuid("unit"), name=sent.name, now=visit.now)
        if sent.parent:
            row = await move_unit(session, visit.actor, row.id, to=id_of(sent.parent), now=visit.now)
        return _unit(row)


async def list_columns(visit: Visit) -> ColumnList:
    """Every section, those that are off included."""
    async with visit.deps.db.read() as session:
        return ColumnList(columns=[_column(one) for one in await columns(session, all_of_them=True)])


async def add_one_column(visit: Visit, sent: ColumnSent) -> ColumnLine:
    """Adds a section."""
    async with visit.deps.db.write() as session:
        row = await add_column(
            session, visit.actor, code=sent.code, name=sent.name, position=sent.position, now=visit.now
        )
        return _column(row)


async def edit_one_column(visit: Visit, sent: ColumnChange) -> Done:
    """Changes a section, switches it off or on."""
    async with visit.deps.db.write() as session:
        await edit_column(
            session,
            visit.actor,
            visit.uuid("column"),
            name=sent.name,
            position=sent.position,
            active=sent.active,
            now=visit.now,
        )
    return Done(id=visit.part("column"))


async def list_people(visit: Visit) -> PersonList:
    """People, found by name or login."""
    async with visit.deps.db.read() as session:
        within = require_reach(visit.actor, Action.PEOPLE_READ)
        found = await accounts.members(session, within=within, words=visit.query("q"))
    return PersonList(people=[_person(one) for one in found])


async def add_one_person(visit: Visit, sent: PersonSent) -> SignInCode:
    """Adds a person; roles are granted afterwards."""
    async with visit.deps.db.write() as session:
        person, code = await accounts.add_person(
            session,
            visit.actor,
            login=sent.login,
            name=sent.name,
            unit=id_of(sent.unit),
            phone=sent.phone or None,
            now=visit.now,
        )
    return SignInCode(id=str(person.id), code=code)


async def edit_one_person(visit: Visit, sent: PersonChange) -> Done:
    """Changes a person's name, unit or phone."""
    async with visit.deps.db.write() as session:
        await accounts.edit_person(
            session,
            visit.actor,
            visit.uuid("person"),
            name=sent.name,
            unit=id_of(sent.unit),
            phone=sent.phone or None,
            now=visit.now,
        )
    return Done(id=visit.part("person"))


async def activate_person(visit: Visit, _sent: Nothing) -> Done:
    """Lets a person sign in again."""
    return await _set_active(visit, active=True)


async def deactivate_person(visit: Visit, _sent: Nothing) -> Done:
    """Ends a person's sessions and lets them sign in no more."""
    return await _set_active(visit, active=False)


async def reset_person(visit: Visit, _sent: Nothing) -> SignInCode:
    """Takes a person's password away; they come back by a code."""
    async with visit.deps.db.write() as session:
        code = await accounts.reset_password(session, visit.actor, visit.uuid("person"), now=visit.now)
    return SignInCode(id=visit.part("person"), code=code)


async def grant_role(visit: Visit, sent: RoleSent) -> Done:
    """Gives a role; the guard delegates for one that signs."""
    if sent.role not in {one.value for one in Role}:
        raise Invalid("api.body", fields={"role": "api.field"}, names="role")
    role = Role(sent.role)
    if RIGHTS[role]:
        await confirm_own(visit, sent.password)
    async with visit.deps.db.write() as session:
        row = await accounts.grant(
            session, visit.actor, visit.uuid("person"), role=role, unit=id_of(sent.unit), now=visit.now
        )
    if RIGHTS[role]:
        await visit.deps.keys.delegate(visit.deps.db, by=visit.actor.person, password=sent.password)
    return Done(id=str(row.id))


async def end_role(visit: Visit, sent: RoleEnd) -> Done:
    """Takes a role back."""
    await confirm_own(visit, sent.password)
    async with visit.deps.db.write() as session:
        await accounts.end_grant(session, visit.actor, visit.uuid("membership"), now=visit.now)
    await visit.deps.keys.delegate(visit.deps.db, by=visit.actor.person, password=sent.password)
    return Done(id=visit.part("membership"))


async def _set_active(visit: Visit, *, active: bool) -> Done:
    async with visit.deps.db.write() as session:
        await accounts.set_active(session, visit.actor, visit.uuid("person"), active=active, now=visit.now)
    return Done(id=visit.part("person"))


def _unit(row: Unit) -> UnitLine:
    return UnitLine(id=str(row.id), path=row.path, code=row.code, name=row.name, level=row.level)


def _column(row: Column) -> ColumnLine:
    return ColumnLine(id=str(row.id), code=row.code, name=row.name, position=row.position, active=row.active)


def _person(one: accounts.Member) -> PersonLine:
    return PersonLine(
        id=str(one.id),
        login=one.login,
        name=one.name,
        phone=one.phone,
        unit=one.unit,
        active=one.active,
        grants=[GrantLine(role=grant.role.value, unit=grant.unit) for grant in one.grants],
    )


_ONE = "/api/v1/people/{person}"
_PEOPLE, _GRANT = Action.PEOPLE_MANAGE, Action.PEOPLE_GRANT
_UNIT, _COLUMN = Action.UNIT_MANAGE, Action.COLUMN_MANAGE
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/units", list_units, _UNIT, given=UnitList),
    take("POST", "/api/v1/units", add_one_unit, _UNIT, sent=UnitSent, given=UnitLine),
    take("PUT", "/api/v1/units/{unit}", edit_one_unit, _UNIT, sent=UnitChange, given=UnitLine),
    ask("/api/v1/columns", list_columns, Action.DOCUMENT_READ, given=ColumnList),
    take("POST", "/api/v1/columns", add_one_column, _COLUMN, sent=ColumnSent, given=ColumnLine),
    take("PUT", "/api/v1/columns/{column}", edit_one_column, _COLUMN, sent=ColumnChange, given=Done),
    ask("/api/v1/people", list_people, Action.PEOPLE_READ, given=PersonList, queries=("q",)),
    take("POST", "/api/v1/people", add_one_person, _PEOPLE, sent=PersonSent, given=SignInCode, is_kept=False),
    take("PUT", _ONE, edit_one_person, _PEOPLE, sent=PersonChange, given=Done),
    take("POST", f"{_ONE}/activate", activate_person, _PEOPLE, sent=Nothing, given=Done),
    take("POST", f"{_ONE}/deactivate", deactivate_person, _PEOPLE, sent=Nothing, given=Done),
    take("POST", f"{_ONE}/reset", reset_person, _PEOPLE, sent=Nothing, given=SignInCode, is_kept=False),
    take("POST", f"{_ONE}/roles", grant_role, _GRANT, sent=RoleSent, given=Done),
    take("DELETE", "/api/v1/roles/{membership}", end_role, _GRANT, sent=RoleEnd, given=Done),
)
