"""A lost second factor goes by the word of two administrators, and by nobody else's."""

import datetime as dt
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.models import AuditEvent
from cms.kernel.errors import Denied, Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.notices.models import Notice
from cms.people.actor import Actor
from cms.people.factor_reset import LASTS, ask, asked_for, confirm, expire, has_expired, stop, to_confirm
from cms.people.models import Membership, Person, SecondFactor
from cms.people.roles import Role
from cms.people.second_factor import standing
from cms.people.sessions import actor_of, open_session
from tests.office import CENTRE, NEIGHBOUR, NOW, Office

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOUR = dt.timedelta(hours=1)


async def hire_admin(office: Office, session: AsyncSession, login: str, unit: str) -> Actor:
    person = office.people[login] = uuid7(NOW)
    row = Person(id=person, login=login, name=login, unit_id=office.units[unit], created_at=NOW)
    row.must_set_password = False
    session.add(row)
    await session.flush()
    session.add(Membership(id=uuid7(NOW), person_id=person, unit_id=row.unit_id, role=Role.ADMIN.value, granted_at=NOW))
    await session.flush()
    return await actor_of(session, person)


@pytest.fixture
async def session(office: Office) -> AsyncIterator[AsyncSession]:
    """One transaction with everybody's phone lost: `author` and `admin` have second factors and open sessions."""
    async with office.db.write() as session:
        for name in ("author", "admin"):
            person = office.people[name]
            session.add(SecondFactor(person_id=person, sealed=b"x", created_at=NOW, confirmed_at=NOW))
            await open_session(session, person, ip="10.0.0.1", agent="", now=NOW)
        await session.flush()
        yield session


async def told(session: AsyncSession, person: object) -> list[str]:
    query = select(Notice.subject).where(Notice.person_id == person, Notice.done_at.is_(None)).order_by(Notice.id)
    return [one.removeprefix("notices.subject.") for one in (await session.scalars(query)).all()]


async def test_factor_when_one_asks_goes_only_by_the_word_of_another(office: Office, session: AsyncSession) -> None:
    admin, author = await office.actor("admin"), await office.actor("author")
    owner = author.person
    with pytest.raises(Denied):
        await ask(session, author, owner, reason="我的手机", now=NOW)
    with pytest.raises(Invalid, match=r"people\.reset_reason"):
        await ask(session, admin, owner, reason=" ", now=NOW)
    with pytest.raises(Refused, match=r"people\.reset_alone"):
        await ask(session, admin, owner, reason="手机遗失", now=NOW)
    second = await hire_admin(office, session, "second-admin", CENTRE)
    beside = await hire_admin(office, session, "beside-admin", NEIGHBOUR)
    with pytest.raises(Refused, match=r"people\.factor_not_set"):
        await ask(session, admin, office.people["colleague"], reason="手机遗失", now=NOW)
    row = await ask(session, admin, owner, reason="手机遗失，已当面核实", now=NOW)
    with pytest.raises(Refused, match=r"people\.reset_asked"):
        await ask(session, second, owner, reason="手机遗失", now=NOW)

    assert [one.id for one in await to_confirm(session, second, now=NOW)] == [row.id]
    for one in (admin, author, beside):
        assert await to_confirm(session, one, now=NOW) == []
    assert await told(session, second.person) == ["factor_reset"]
    assert await told(session, owner) == ["factor_asked"]
    assert await told(session, beside.person) == []
    with pytest.raises(Refused, match=r"people\.reset_same"):
        await confirm(session, admin, row.id, now=NOW)
    for one in (author, beside, await office.actor("chief")):
        with pytest.raises(Denied):
            await confirm(session, one, row.id, now=NOW)
    with pytest.raises(NotFound):
        await confirm(session, second, owner, now=NOW)
    assert (await standing(session, owner)).since is not None

    await confirm(session, second, row.id, now=NOW + HOUR)
    assert (await standing(session, owner)).since is None
    assert await told(session, owner) == ["factor_reset_done"]
    assert await told(session, second.person) == []
    assert await told(session, admin.person) == ["factor_confirmed"]
    with pytest.raises(Refused, match=r"people\.reset_over"):
        await confirm(session, second, row.id, now=NOW + HOUR)
    events = select(AuditEvent.action, AuditEvent.actor_id).where(AuditEvent.action.startswith("factor"))
    found = [(one.action, one.actor_id) for one in (await session.execute(events.order_by(AuditEvent.seq))).all()]
    assert found == [("factor.ask", admin.person), ("factor.reset", second.person)]


async def test_request_about_an_administrator_is_not_confirmed_by_themselves(
    office: Office, session: AsyncSession
) -> None:
    admin = await office.actor("admin")
    second = await hire_admin(office, session, "second-admin", CENTRE)
    with pytest.raises(Refused, match=r"people\.reset_alone"):
        await ask(session, second, admin.person, reason="手机遗失", now=NOW)
    with pytest.raises(Denied):
        await ask(session, admin, admin.person, reason="手机遗失", now=NOW)
    third = await hire_admin(office, session, "third-admin", CENTRE)
    row = await ask(session, second, admin.person, reason="手机遗失", now=NOW)
    with pytest.raises(Denied):
        await confirm(session, admin, row.id, now=NOW)
    # Whoever asked has gone meanwhile: what is left is one person.
    (await session.get_one(Person, second.person)).active = False
    await session.flush()
    with pytest.raises(Refused, match=r"people\.reset_unbacked"):
        await confirm(session, third, row.id, now=NOW)


async def test_request_when_stopped_or_a_day_old_opens_nothing(office: Office, session: AsyncSession) -> None:
    admin, author = await office.actor("admin"), await office.actor("author")
    second = await hire_admin(office, session, "second-admin", CENTRE)
    row = await ask(session, admin, author.person, reason="手机遗失", now=NOW)
    for name in ("colleague", "chief"):
        with pytest.raises(Denied):
            await stop(session, await office.actor(name), row.id, now=NOW)
    await stop(session, author, row.id, now=NOW)
    with pytest.raises(Refused, match=r"people\.reset_over"):
        await confirm(session, second, row.id, now=NOW)
    assert await told(session, second.person) == []
    assert await told(session, author.person) == []
    assert await told(session, admin.person) == ["factor_stopped"]

    row = await ask(session, admin, author.person, reason="手机遗失", now=NOW)
    late = NOW + LASTS
    assert not await has_expired(session, now=late - HOUR)
    assert await asked_for(session, author.person, now=late) is None
    assert await to_confirm(session, second, now=late) == []
    for use in (confirm, stop):
        with pytest.raises(Refused, match=r"people\.reset_over"):
            await use(session, second, row.id, now=late)
    assert await has_expired(session, now=late)
    assert await expire(session, now=late) == 1
    assert await told(session, second.person) == []
    assert (await standing(session, author.person)).since is not None
    again = await ask(session, second, author.person, reason="手机遗失", now=late)
    # Somebody who found the phone and set another up meanwhile keeps it.
    factor = await session.get_one(SecondFactor, author.person)
    factor.confirmed_at = late + HOUR
    await session.flush()
    with pytest.raises(Refused, match=r"people\.reset_over"):
        await confirm(session, admin, again.id, now=late + HOUR)
    factor.confirmed_at = late
    await session.flush()
    await confirm(session, admin, again.id, now=late + HOUR)
    expired = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "factor.expire")
    assert await session.scalar(expired) == 1
