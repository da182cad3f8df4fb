"""The second step of a sign-in: set up, asked for, used once, recovered, reset; and accounts that nobody uses."""

import asyncio
import datetime as dt

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from cms.audit.models import AuditEvent
from cms.kernel.errors import Denied, NotFound, Refused, TooMany
from cms.kernel.ids import uuid7
from cms.people import second_factor
from cms.people.accounts import set_active
from cms.people.actor import Actor
from cms.people.login import SignedIn, sign_in
from cms.people.models import Membership, SecondFactor
from cms.people.people_import import import_people
from cms.people.permissions import Action, Subject, can
from cms.people.roles import Role
from cms.people.sealing import Sealer
from cms.people.sessions import SessionRules, acknowledge, authenticate, elsewhere, revoke, sessions_of
from cms.people.sheets import SheetRefused
from cms.people.stale import count_stale, shut_out, stale
from cms.people.totp import code_at, step_of
from cms.people.unit_import import import_units
from cms.people.units import units
from tests.integration.people.test_sign_in import FAST, GOOD, HOME, MINUTE, RULES, enter, settled
from tests.office import CENTRE, NOW, STATION, Office

SEALER = Sealer(b"k" * 32)
STEP = dt.timedelta(seconds=30)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def enrolled(office: Office) -> tuple[Actor, bytes, list[str]]:
    """Somebody with a password and a confirmed app."""
    _, actor = await settled(office)
    async with office.db.write() as session:
        secret = await second_factor.begin(session, actor, SEALER, now=NOW)
    codes = await second_factor.confirm(office.db, actor, SEALER, code=code_at(secret, step_of(NOW)), now=NOW)
    return actor, secret, list(codes)


async def half(office: Office, at: dt.datetime) -> tuple[SignedIn, Actor]:
    signed = await enter(office, GOOD, at=at)
    actor = await authenticate(office.db, signed.token, rules=RULES, now=at)
    assert actor is not None
    assert (signed.must_verify, actor.must_verify) == (True, True)
    return signed, actor


async def verify(office: Office, actor: Actor, code: str, at: dt.datetime) -> str:
    return await second_factor.verify(office.db, actor, SEALER, code=code, ip="10.0.0.1", now=at)


async def results(office: Office) -> list[tuple[str, str]]:
    async with office.db.read() as session:
        query = select(AuditEvent.action, AuditEvent.result).order_by(AuditEvent.seq)
        return [(row.action, row.result) for row in (await session.execute(query)).all()]


async def test_password_when_there_is_a_second_factor_opens_nothing_until_its_code_came(office: Office) -> None:
    _, secret, _ = await enrolled(office)
    at = NOW + MINUTE
    signed, actor = await half(office, at)
    assert not can(actor, Action.ACCOUNT_MANAGE, Subject(STATION, frozenset({actor.person})))
    assert can(actor, Action.DOCUMENT_READ, Subject(STATION)).reason == "people.denied.verify"
    code = code_at(secret, step_of(at))
    # Two browsers with one code at the same time: it opens once.
    _, other = await half(office, at)
    done = await asyncio.gather(*(verify(office, one, code, at) for one in (actor, other)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Denied", "str"]
    token = next(one for one in done if isinstance(one, str))
    whole = await authenticate(office.db, token, rules=RULES, now=at)
    assert whole is not None
    assert not whole.must_verify
    assert await authenticate(office.db, signed.token, rules=RULES, now=at + 11 * MINUTE) is None
    kept = await results(office)
    assert ("factor.set", "done") in kept
    assert ("sign_in.second", "done") in kept
    assert ("sign_in.second", "refused") in kept


@on_sqlite
async def test_code_when_replayed_guessed_or_from_a_wrong_app_is_refused_and_locked(office: Office) -> None:
    _, secret, _ = await enrolled(office)
    at = NOW + MINUTE
    _, actor = await half(office, at)
    code = code_at(secret, step_of(at))
    await verify(office, actor, code, at)
    _, again = await half(office, at)
    with pytest.raises(Denied, match=r"people\.factor_failed"):
        await verify(office, again, code, at)
    for number in range(4):
        with pytest.raises(Denied):
            await verify(office, again, f"{number:06d}", at)
    with pytest.raises(TooMany, match=r"people\.locked"):
        await verify(office, again, code_at(secret, step_of(at + STEP)), at + STEP / 3)
    # Whoever waits may go on, and a good code ends the count.
    later = at + 3 * MINUTE
    await verify(office, again, code_at(secret, step_of(later)), later)


@on_sqlite
async def test_recovery_code_when_used_opens_once_and_the_secret_is_sealed(office: Office) -> None:
    actor, secret, codes = await enrolled(office)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    for expected in (True, False):
        _, waiting = await half(office, NOW + MINUTE)
        if expected:
            await verify(office, waiting, codes[0].upper(), NOW + MINUTE)
        else:
            with pytest.raises(Denied):
                await verify(office, waiting, codes[0], NOW + MINUTE)
    async with office.db.read() as session:
        row = await session.get_one(SecondFactor, actor.person)
        assert secret not in row.sealed
        assert (await second_factor.standing(session, actor.person)).codes_left == len(codes) - 1


@on_sqlite
async def test_factor_when_required_cannot_be_given_up_and_is_owed_after_a_reset(office: Office) -> None:
    actor, _, _ = await enrolled(office)
    rules = SessionRules(factor_roles=frozenset({Role.EDITOR}))
    async with office.db.write() as session:
        with pytest.raises(Refused, match=r"people\.factor_required"):
            await second_factor.give_up(session, actor, rules, now=NOW)
    async with office.db.write() as session:
        await second_factor.take_away(session, actor.person, now=NOW)
    signed = await sign_in(office.db, login="wangfang", password=GOOD, origin=HOME, passwords=FAST, now=NOW)
    fresh = await authenticate(office.db, signed.token, rules=rules, now=NOW)
    assert fresh is not None
    assert (fresh.must_verify, fresh.owes) == (False, "factor")
    assert can(fresh, Action.DOCUMENT_READ, Subject(STATION)).reason == "people.denied.owes_factor"


@on_sqlite
async def test_sessions_at_two_places_are_shown_known_and_ended_by_those_who_may(office: Office) -> None:
    _, actor = await settled(office)
    away = await enter(office, GOOD, ip="172.16.9.9", at=NOW)
    async with office.db.read() as session:
        assert [one.id for one in await elsewhere(session, actor, rules=RULES, now=NOW)] == [away.session]
    async with office.db.write() as session:
        await acknowledge(session, actor, away.session, now=NOW)
    admin, author = await office.actor("admin"), await office.actor("author")
    async with office.db.read() as session:
        assert await elsewhere(session, actor, rules=RULES, now=NOW) == []
        assert len(await sessions_of(session, admin, rules=RULES, now=NOW, person=actor.person)) == 2
        with pytest.raises(Denied):
            await sessions_of(session, author, rules=RULES, now=NOW, person=actor.person)
    async with office.db.write() as session:
        with pytest.raises(NotFound):
            await revoke(session, author, away.session, now=NOW)
        await revoke(session, admin, away.session, now=NOW)
    assert await authenticate(office.db, away.token, rules=RULES, now=NOW) is None


@on_sqlite
async def test_account_when_unused_for_long_is_flagged_and_shut_out_unless_it_came_back(office: Office) -> None:
    _, actor = await settled(office)
    later = NOW + dt.timedelta(days=91)
    before = later - dt.timedelta(days=90)
    admin = await office.actor("admin")
    async with office.db.read() as session:
        found = await stale(session, within=[CENTRE], before=before)
        assert len(found) == await count_stale(session, within=[CENTRE], before=before)
        assert await stale(session, within=[], before=before) == []
    never = office.people["author"]
    assert {actor.person, never} <= {one.id for one in found}
    await sign_in(office.db, login="wangfang", password=GOOD, origin=HOME, passwords=FAST, now=later)
    async with office.db.write() as session:
        assert await shut_out(session, admin, [actor.person, never], before=before, now=later) == 1
    async with office.db.write() as session:
        with pytest.raises(Denied):
            await shut_out(session, admin, [office.people["colleague"], admin.person], before=before, now=later)
    async with office.db.write() as session:
        await set_active(session, admin, never, active=True, now=later)


async def test_officers_when_written_past_the_domain_are_kept_apart_by_the_database(office: Office) -> None:
    row = {"person_id": office.people["auditor"], "unit_id": office.units[CENTRE], "granted_at": NOW}
    for role in ("admin", "editor"):
        with pytest.raises(IntegrityError, match="officers_apart"):
            async with office.db.write() as session:
                session.add(Membership(id=uuid7(NOW), role=role, **row))
    # An ended one may be anything; opening it again may not.
    async with office.db.write() as session:
        session.add(Membership(id=uuid7(NOW), role="admin", ended_at=NOW, **row))
    with pytest.raises(IntegrityError, match="officers_apart"):
        async with office.db.write() as session:
            await session.execute(text("update membership set ended_at = null where ended_at is not null"))


@on_sqlite
async def test_units_and_people_when_imported_are_all_there_or_not_at_all(office: Office) -> None:
    admin = await office.actor("admin")
    good = "代码,名称,层级,上级\n06,示范所,所,320509\n001,示范站,站,320509/06\n".encode()
    bad = good + "002,甲站,站,77\n".encode()
    with pytest.raises(SheetRefused) as refused:
        async with office.db.write() as session:
            await import_units(session, admin, bad, now=NOW)
    assert [(one.row, one.column) for one in refused.value.faults] == [(4, "parent")]
    async with office.db.read() as session:
        before = len(await units(session, within=[CENTRE]))
    async with office.db.write() as session:
        await import_units(session, admin, good, now=NOW)
    async with office.db.read() as session:
        assert len(await units(session, within=[CENTRE])) == before + 2
    names = {"采编": Role.EDITOR, "审计员": Role.AUDITOR}
    table = "姓名,用户名,单位,角色\n甲,jia,320509/06/001,采编\n乙,yi-1,06,\n".encode()
    async with office.db.write() as session:
        added = await import_people(session, admin, table, role_names=names, now=NOW)
    assert [(one.login, one.unit) for one in added] == [("jia", "示范站"), ("yi-1", "示范所")]
    assert len({one.code for one in added}) == 2
    with pytest.raises(SheetRefused):
        async with office.db.write() as session:
            await import_people(session, admin, table, role_names=names, now=NOW)
    with pytest.raises(Denied):
        async with office.db.write() as session:
            await import_units(session, await office.actor("author"), good, now=NOW)
