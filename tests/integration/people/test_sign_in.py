"""Signing in, sessions, passwords and the first run, on both databases."""

import asyncio
import datetime as dt

import pytest
from sqlalchemy import func, select

from cms.audit.chain import verify_chain
from cms.audit.models import AuditEvent
from cms.kernel.db import Database
from cms.kernel.errors import Denied, DomainError, Invalid, NotFound, Refused, TooMany
from cms.people.accounts import add_person, reset_password, set_active
from cms.people.actor import Actor
from cms.people.first_run import is_first_run, issue_set_up_code, set_up
from cms.people.login import Origin, SignedIn, sign_in, sign_in_by_code
from cms.people.models import DeskSession, OneTimeCode, Person, PersonKey
from cms.people.own_password import change_password, set_password
from cms.people.passwords import Passwords
from cms.people.roles import Role
from cms.people.sessions import SessionRules, authenticate, csrf_token, is_csrf_token, revoke, sessions_of
from tests.office import CENTRE, NOW, STATION, Keyring, Office

FAST = Passwords(memory_kib=1024, passes=1)
GOOD, BETTER = "运河边的晚霞真好看呀", "桥头的船夫天天在唱歌"
HOME = Origin("10.0.0.1", "Firefox")
RULES = SessionRules()
MINUTE = dt.timedelta(minutes=1)


async def hired(office: Office, login: str = "wangfang") -> tuple[Person, str]:
    admin = await office.actor("admin")
    async with office.db.write() as session:
        unit = office.units[STATION]
        return await add_person(session, admin, login=login, name="王芳", unit=unit, roles=[Role.EDITOR], now=NOW)


async def settled(office: Office, *, password: str = GOOD) -> tuple[SignedIn, Actor]:
    """Somebody who came with a code and set a password."""
    _, code = await hired(office)
    signed = await sign_in_by_code(office.db, code=code, origin=HOME, now=NOW)
    actor = await authenticate(office.db, signed.token, rules=RULES, now=NOW)
    assert actor is not None
    await set_password(office.db, actor, password=password, passwords=FAST, signer=office.signer, now=NOW)
    return signed, actor


async def enter(office: Office, password: str, *, login: str = "wangfang", ip: str = "10.0.0.1", at: dt.datetime = NOW):  # type: ignore[no-untyped-def]
    return await sign_in(office.db, login=login, password=password, origin=Origin(ip), passwords=FAST, now=at)


async def test_person_when_new_signs_in_by_code_sets_a_password_and_has_a_key(office: Office) -> None:
    person, code = await hired(office)
    signed = await sign_in_by_code(office.db, code=code.upper(), origin=HOME, now=NOW)
    actor = await authenticate(office.db, signed.token, rules=RULES, now=NOW)
    assert actor is not None
    assert (signed.must_set_password, actor.must_set_password, actor.roles) == (True, True, frozenset({Role.EDITOR}))
    await set_password(office.db, actor, password=GOOD, passwords=FAST, signer=office.signer, now=NOW)
    again = await enter(office, GOOD, login=" WangFang ")
    assert not again.must_set_password
    async with office.db.read() as session:
        keys = (await session.execute(select(PersonKey).where(PersonKey.person_id == person.id))).scalars().all()
        stored = (await session.execute(select(Person.password_hash).where(Person.id == person.id))).scalar_one()
    assert len(keys) == 1
    assert stored is not None
    assert GOOD not in stored


async def test_code_when_used_or_old_opens_nothing(office: Office) -> None:
    _, code = await hired(office)
    with pytest.raises(Denied):
        await sign_in_by_code(office.db, code=code, origin=HOME, now=NOW + dt.timedelta(hours=24))
    tries = [sign_in_by_code(office.db, code=code, origin=HOME, now=NOW) for _ in range(3)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, SignedIn) for one in done) == 1
    async with office.db.read() as session:
        assert code not in str((await session.execute(select(OneTimeCode.code_hash))).all())


async def test_password_when_wrong_and_login_when_unknown_are_refused_alike(office: Office) -> None:
    await settled(office)
    for login in ("wangfang", "nobody-here"):
        with pytest.raises(Denied) as refused:
            await enter(office, "不是这个密码呀", login=login)
        assert refused.value.code == "people.sign_in_failed"


async def test_login_when_guessed_at_is_locked_and_opens_after_the_wait(office: Office) -> None:
    await settled(office)
    for _ in range(5):
        with pytest.raises(Denied):
            await enter(office, "不是这个密码呀")
    with pytest.raises(TooMany) as locked:
        await enter(office, GOOD)
    assert locked.value.params["seconds"] == 30
    assert isinstance(await enter(office, GOOD, at=NOW + dt.timedelta(seconds=31)), SignedIn)
    for _ in range(4):
        with pytest.raises(Denied):
            await enter(office, "不是这个密码呀", at=NOW + MINUTE)
    assert isinstance(await enter(office, GOOD, at=NOW + MINUTE), SignedIn)


async def test_guesses_when_sent_at_once_are_each_counted(office: Office) -> None:
    await settled(office)
    tries = [enter(office, f"猜一猜密码是什么{number}", ip=f"10.0.1.{number}") for number in range(12)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, Denied) for one in done) <= 5
    assert sum(isinstance(one, TooMany) for one in done) >= 7


async def test_address_when_it_tries_many_logins_is_locked(office: Office) -> None:
    done = [await _answer(office, f"user{number}") for number in range(14)]
    assert [type(one) for one in done] == [Denied] * 10 + [TooMany] * 4
    assert isinstance(await _answer(office, "user99", ip="10.9.9.9"), Denied)


async def _answer(office: Office, login: str, *, ip: str = "10.0.0.7") -> DomainError | None:
    try:
        await enter(office, "猜一猜密码是什么", login=login, ip=ip)
    except DomainError as error:
        return error
    return None


async def test_session_when_idle_old_or_revoked_is_nobody(office: Office) -> None:
    signed, actor = await settled(office)
    assert await authenticate(office.db, "x" * 43, rules=RULES, now=NOW) is None
    assert await authenticate(office.db, signed.token, rules=RULES, now=NOW + 29 * MINUTE) is not None
    assert await authenticate(office.db, signed.token, rules=RULES, now=NOW + 58 * MINUTE) is not None
    assert await authenticate(office.db, signed.token, rules=RULES, now=NOW + 88 * MINUTE) is None
    lasting = SessionRules(idle=dt.timedelta(days=1))
    assert await authenticate(office.db, signed.token, rules=lasting, now=NOW + dt.timedelta(hours=12)) is None
    assert actor.session is not None
    async with office.db.write() as session:
        await revoke(session, actor, actor.session, now=NOW)
    assert await authenticate(office.db, signed.token, rules=RULES, now=NOW + 59 * MINUTE) is None


async def test_sessions_when_listed_are_ones_own_and_so_is_ending_them(office: Office) -> None:
    _, actor = await settled(office)
    other = await enter(office, GOOD)
    async with office.db.read() as session:
        assert len(await sessions_of(session, actor, rules=RULES, now=NOW)) == 2
        assert await sessions_of(session, await office.actor("chief"), rules=RULES, now=NOW) == []
    async with office.db.write() as session:
        with pytest.raises(NotFound):
            await revoke(session, await office.actor("chief"), other.session, now=NOW)


async def test_token_when_kept_is_only_a_hash_and_gives_one_csrf_token(office: Office) -> None:
    signed, _ = await settled(office)
    async with office.db.read() as session:
        row = await session.get_one(DeskSession, signed.session)
    assert signed.token not in str(vars(row))
    assert is_csrf_token(signed.token, csrf_token(signed.token))
    assert not is_csrf_token(signed.token, csrf_token("other"))
    assert not is_csrf_token(signed.token, "")


async def test_password_when_changed_keeps_the_key_and_ends_other_sessions(office: Office) -> None:
    signed, actor = await settled(office)
    other = await enter(office, GOOD)
    with pytest.raises(Denied):
        await change_password(
            office.db, actor, old="不是原来的密码", new=BETTER, passwords=FAST, signer=office.signer, now=NOW
        )
    with pytest.raises(Invalid):
        await change_password(office.db, actor, old=GOOD, new="123", passwords=FAST, signer=office.signer, now=NOW)
    await change_password(office.db, actor, old=GOOD, new=BETTER, passwords=FAST, signer=office.signer, now=NOW)
    assert await authenticate(office.db, signed.token, rules=RULES, now=NOW) is not None
    assert await authenticate(office.db, other.token, rules=RULES, now=NOW) is None
    assert isinstance(await enter(office, BETTER), SignedIn)
    async with office.db.read() as session:
        keys = select(func.count()).select_from(PersonKey).where(PersonKey.person_id == actor.person)
        assert (await session.execute(keys)).scalar_one() == 1
    assert (await office.signer.approve(actor.person, BETTER, "{}")).person == str(actor.person)


async def test_password_when_reset_gives_a_code_and_a_second_key(office: Office) -> None:
    signed, actor = await settled(office)
    admin = await office.actor("admin")
    async with office.db.write() as session:
        code = await reset_password(session, admin, actor.person, now=NOW)
    assert await authenticate(office.db, signed.token, rules=RULES, now=NOW) is None
    with pytest.raises(Denied):
        await enter(office, GOOD)
    fresh = await sign_in_by_code(office.db, code=code, origin=HOME, now=NOW)
    again = await authenticate(office.db, fresh.token, rules=RULES, now=NOW)
    assert again is not None
    await set_password(office.db, again, password=BETTER, passwords=FAST, signer=office.signer, now=NOW)
    with pytest.raises(Refused):
        await set_password(office.db, again, password=GOOD, passwords=FAST, signer=office.signer, now=NOW)
    async with office.db.read() as session:
        keys = select(func.count()).select_from(PersonKey).where(PersonKey.person_id == actor.person)
        assert (await session.execute(keys)).scalar_one() == 2


async def test_person_when_shut_out_is_out_at_once(office: Office) -> None:
    signed, actor = await settled(office)
    async with office.db.write() as session:
        await set_active(session, await office.actor("admin"), actor.person, active=False, now=NOW)
    assert await authenticate(office.db, signed.token, rules=RULES, now=NOW) is None
    with pytest.raises(Denied):
        await enter(office, GOOD)


async def first(db: Database, code: str, *, password: str = GOOD, login: str = "root") -> SignedIn:
    return await set_up(
        db,
        code=code,
        unit_code="320509",
        unit_name="吴江区融媒体中心",
        level="centre",
        name="陈管理",
        login=login,
        password=password,
        origin=HOME,
        passwords=FAST,
        signer=Keyring(),
        now=NOW,
    )


async def test_first_run_when_done_makes_one_administrator_and_never_runs_again(database: Database) -> None:
    async with database.write() as session:
        assert await is_first_run(session)
        code = await issue_set_up_code(session, now=NOW)
    with pytest.raises(Denied):
        await first(database, "0000-0000")
    with pytest.raises(Invalid):
        await first(database, code, password="1234567890")
    done = await asyncio.gather(first(database, code), first(database, code, login="root2"), return_exceptions=True)
    assert sum(isinstance(one, SignedIn) for one in done) == 1
    signed = next(one for one in done if isinstance(one, SignedIn))
    actor = await authenticate(database, signed.token, rules=RULES, now=NOW)
    assert actor is not None
    assert (actor.unit, actor.roles, actor.must_set_password) == (CENTRE, frozenset({Role.ADMIN}), False)
    with pytest.raises(Refused) as refused:
        await first(database, code)
    assert refused.value.code == "people.not_first_run"
    async with database.write() as session:
        assert not await is_first_run(session)
        with pytest.raises(Refused):
            await issue_set_up_code(session, now=NOW)


async def test_record_when_people_come_and_fail_names_no_secret_and_holds(office: Office) -> None:
    await settled(office)
    with pytest.raises(Denied):
        await enter(office, "不是这个密码呀", login=GOOD)
    async with office.db.read() as session:
        events = (await session.execute(select(AuditEvent).order_by(AuditEvent.seq))).scalars().all()
        assert await verify_chain(session) is None
    told = str([vars(event) for event in events])
    assert [event.action for event in events][-1] == "sign_in.failed"
    assert {"person.add", "role.grant", "sign_in.code", "password.set"} <= {event.action for event in events}
    assert GOOD not in told
