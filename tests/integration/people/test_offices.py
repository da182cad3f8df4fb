"""Units, accounts, roles, and what the guard is told of them."""

import uuid

import pytest
from sqlalchemy import select

from cms.kernel.errors import Denied, Invalid, NotFound, Refused
from cms.people.accounts import add_person, edit_person, end_grant, grant, masked, members, reveal_phone, set_active
from cms.people.delegating import delegates
from cms.people.models import Membership, Unit
from cms.people.permissions import Action, require_reach
from cms.people.roles import Role
from cms.people.units import add_unit, move_unit, rename_unit, unit_at, units
from tests.office import CENTRE, INSTITUTE, NEIGHBOUR, NOW, STATION, Office


async def test_unit_when_added_has_its_path_and_only_an_administrator_may(office: Office) -> None:
    admin, chief = await office.actor("admin"), await office.actor("chief")
    async with office.db.write() as session:
        unit = await add_unit(
            session, admin, office.units[STATION], code="0412", name="松陵街道点", level="point", now=NOW
        )
        assert unit.path == f"{STATION}0412/"
    async with office.db.write() as session:
        with pytest.raises(Denied):
            await add_unit(session, chief, office.units[STATION], code="x", name="x", level="point", now=NOW)


@pytest.mark.parametrize(("code", "name"), [("A", "甲"), ("a/b", "甲"), ("", "甲"), ("a", " "), ("..", "甲")])
async def test_unit_when_its_form_is_wrong_is_refused(office: Office, code: str, name: str) -> None:
    admin = await office.actor("admin")
    async with office.db.write() as session:
        with pytest.raises(Invalid):
            await add_unit(session, admin, office.units[STATION], code=code, name=name, level="point", now=NOW)


async def test_unit_when_its_code_is_taken_beside_it_is_refused(office: Office) -> None:
    admin = await office.actor("admin")
    async with office.db.write() as session:
        with pytest.raises(Refused) as refused:
            await add_unit(session, admin, office.units[CENTRE], code="04", name="甲", level="institute", now=NOW)
    assert refused.value.code == "people.unit_code_taken"


async def test_unit_when_moved_takes_everything_below_along(office: Office) -> None:
    admin = await office.actor("admin")
    async with office.db.write() as session:
        await move_unit(session, admin, office.units[INSTITUTE], to=office.units[NEIGHBOUR], now=NOW)
    async with office.db.read() as session:
        assert (await session.get_one(Unit, office.units[STATION])).path == f"{NEIGHBOUR}04/017/"
        assert [unit.path for unit in await units(session, within=[NEIGHBOUR])] == [
            NEIGHBOUR,
            f"{NEIGHBOUR}04/",
            f"{NEIGHBOUR}04/017/",
        ]
        with pytest.raises(NotFound):
            await unit_at(session, STATION)
    author = await office.actor("author")
    assert author.unit == f"{NEIGHBOUR}04/017/"


async def test_unit_when_moved_below_itself_or_from_the_root_is_refused(office: Office) -> None:
    admin = await office.actor("admin")
    async with office.db.write() as session:
        with pytest.raises(Refused) as refused:
            await move_unit(session, admin, office.units[INSTITUTE], to=office.units[STATION], now=NOW)
    assert refused.value.code == "people.unit_cycle"
    async with office.db.write() as session:
        with pytest.raises(Refused) as refused:
            await move_unit(session, admin, office.units[CENTRE], to=office.units[STATION], now=NOW)
    assert refused.value.code == "people.unit_root"


async def test_unit_when_renamed_keeps_its_path(office: Office) -> None:
    admin = await office.actor("admin")
    async with office.db.write() as session:
        unit = await rename_unit(session, admin, office.units[STATION], name=" 松陵  站 ", now=NOW)
    assert (unit.name, unit.path) == ("松陵 站", STATION)


async def test_administrator_when_granting_themselves_or_mixing_officers_is_refused(office: Office) -> None:
    admin, people = await office.actor("admin"), office.people
    centre = office.units[CENTRE]
    async with office.db.write() as session:
        with pytest.raises(Denied) as denied:
            await grant(session, admin, people["admin"], role=Role.CHIEF, unit=centre, now=NOW)
    assert denied.value.code == "people.denied.own"
    async with office.db.write() as session:
        with pytest.raises(Refused) as refused:
            await grant(session, admin, people["auditor"], role=Role.EDITOR, unit=centre, now=NOW)
    assert refused.value.code == "people.roles_exclude"
    async with office.db.write() as session:
        await grant(session, admin, people["author"], role=Role.REVIEWER, unit=centre, now=NOW)
        with pytest.raises(Refused) as refused:
            await grant(session, admin, people["author"], role=Role.REVIEWER, unit=centre, now=NOW)
    assert refused.value.code == "people.role_held"


async def test_role_when_ended_is_gone_from_the_actor(office: Office) -> None:
    admin = await office.actor("admin")
    async with office.db.write() as session:
        query = select(Membership.id).where(Membership.person_id == office.people["chief"])
        await end_grant(session, admin, (await session.execute(query)).scalar_one(), now=NOW)
    assert (await office.actor("chief")).roles == frozenset()
    async with office.db.write() as session:
        with pytest.raises(NotFound):
            await end_grant(session, admin, uuid.uuid4(), now=NOW)


async def test_person_when_their_form_is_wrong_or_login_taken_is_refused(office: Office) -> None:
    admin, unit = await office.actor("admin"), office.units[STATION]
    async with office.db.write() as session:
        with pytest.raises(Invalid) as invalid:
            await add_person(session, admin, login="王 芳", name="", unit=unit, phone="abc", now=NOW)
    assert set(invalid.value.fields) == {"login", "name", "phone"}
    async with office.db.write() as session:
        with pytest.raises(Refused) as refused:
            await add_person(session, admin, login="AUTHOR", name="王芳", unit=unit, now=NOW)
    assert refused.value.code == "people.login_taken"


async def test_phone_when_listed_is_masked_and_when_looked_at_recorded(office: Office) -> None:
    admin = await office.actor("admin")
    async with office.db.write() as session:
        person, _ = await add_person(
            session, admin, login="wf", name="王芳", unit=office.units[STATION], phone="13812345678", now=NOW
        )
        assert await reveal_phone(session, admin, person.id, now=NOW) == "13812345678"
    async with office.db.read() as session:
        found = await members(session, within=require_reach(admin, Action.PEOPLE_READ), words="王")
        assert [(one.name, one.phone) for one in found] == [("王芳", "138****5678")]
        assert await members(session, within=[NEIGHBOUR], words="王") == []
    assert (masked(None), masked("110")) == ("", "***")


async def test_person_when_edited_by_another_unit_is_denied(office: Office) -> None:
    chief = await office.actor("chief")
    async with office.db.write() as session:
        with pytest.raises(Denied):
            await edit_person(session, chief, office.people["author"], name="改名", unit=office.units[STATION], now=NOW)


async def test_delegations_when_asked_for_name_signers_with_scope_and_rights(office: Office) -> None:
    async with office.db.read() as session:
        found = {one.person: one for one in await delegates(session)}
    by_name = {name: found.get(str(person)) for name, person in office.people.items()}
    assert {name for name, one in by_name.items() if one is not None} == {
        "reviewer",
        "second",
        "chief",
        "deputy",
        "publisher",
        "neighbour",
        "admin",
    }
    chief, neighbour, admin = by_name["chief"], by_name["neighbour"], by_name["admin"]
    assert chief is not None
    assert neighbour is not None
    assert admin is not None
    assert (chief.unit, chief.rights, "urgent" in chief.classes) == (CENTRE, ("approve", "recall"), True)
    assert (neighbour.unit, admin.rights) == (NEIGHBOUR, ("delegate",))


async def test_delegations_when_a_reviewer_leaves_still_verify_what_they_signed(office: Office) -> None:
    admin = await office.actor("admin")
    async with office.db.write() as session:
        await set_active(session, admin, office.people["reviewer"], active=False, now=NOW)
    async with office.db.read() as session:
        found = {one.person: one for one in await delegates(session)}
    assert found[str(office.people["reviewer"])].rights == ("approve",)
    assert (await office.actor("reviewer")).grants == ()
