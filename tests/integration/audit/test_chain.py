"""The record: one chain whoever writes, and the first touched row is named."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError

from cms.audit.chain import Broken, head, verify_chain
from cms.audit.events import events
from cms.audit.models import AuditEvent, AuditHead
from cms.audit.record import REFUSED, record
from cms.kernel.db import Database
from cms.kernel.errors import Refused
from cms.kernel.immutable import RowIsImmutable
from cms.people.permissions import Action, require_reach
from tests.office import NEIGHBOUR, NOW, STATION, Office

ROWS = 12


async def write(db: Database, number: int, *, unit: str = "/") -> None:
    async with db.write() as session:
        await record(session, None, "test.done", of=("thing", str(number)), unit=unit, details={"n": number}, now=NOW)


async def filled(db: Database) -> None:
    await asyncio.gather(*(write(db, number) for number in range(ROWS)))


async def own(db: Database) -> None:
    """As whoever owns the database and takes its guards away first."""
    names = ("audit_no_update", "audit_no_delete") if db.is_sqlite else ("audit_append_only",)
    async with db.write() as session:
        for name in names:
            await session.execute(text(f"drop trigger {name}" + ("" if db.is_sqlite else " on audit_event")))


async def broken(db: Database) -> Broken | None:
    async with db.read() as session:
        return await verify_chain(session)


async def test_chain_when_many_write_at_once_is_one_and_whole(database: Database) -> None:
    await filled(database)
    assert await broken(database) is None
    async with database.read() as session:
        assert (await head(session))[0] == ROWS
        seqs = (await session.execute(select(AuditEvent.seq).order_by(AuditEvent.seq))).scalars().all()
    assert seqs == list(range(1, ROWS + 1))


async def fail_after_recording(db: Database) -> None:
    async with db.write() as session:
        await record(session, None, "test.done", of=("thing", "2"), now=NOW)
        raise Refused("content.state")


async def test_chain_when_a_transaction_fails_has_no_gap(database: Database) -> None:
    await write(database, 1)
    with pytest.raises(Refused):
        await fail_after_recording(database)
    await write(database, 3)
    assert await broken(database) is None


CHANGES: dict[str, Callable[[int], object]] = {
    "action": lambda seq: update(AuditEvent).where(AuditEvent.seq == seq).values(action="test.undone"),
    "details": lambda seq: update(AuditEvent).where(AuditEvent.seq == seq).values(details={"n": 99}),
    "at": lambda seq: update(AuditEvent).where(AuditEvent.seq == seq).values(at=NOW.replace(year=2025)),
    "hash": lambda seq: update(AuditEvent).where(AuditEvent.seq == seq).values(hash="0" * 64),
    "actor": lambda seq: update(AuditEvent).where(AuditEvent.seq == seq).values(actor_name="别人"),
}


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("seq", [1, 7, ROWS])
async def test_row_when_changed_behind_our_back_is_named(database: Database, column: str, seq: int) -> None:
    await filled(database)
    await own(database)
    async with database.write() as session:
        await session.execute(CHANGES[column](seq))  # type: ignore[call-overload]
    assert await broken(database) == Broken(seq, "changed")


@pytest.mark.parametrize("seq", [1, 7])
async def test_row_when_deleted_behind_our_back_is_named(database: Database, seq: int) -> None:
    await filled(database)
    await own(database)
    async with database.write() as session:
        await session.execute(delete(AuditEvent).where(AuditEvent.seq == seq))
    assert await broken(database) == Broken(seq, "missing")


async def test_end_when_cut_off_is_told_by_the_head(database: Database) -> None:
    await filled(database)
    await own(database)
    async with database.write() as session:
        await session.execute(delete(AuditEvent).where(AuditEvent.seq > 9))
    assert await broken(database) == Broken(10, "truncated")


async def test_end_when_cut_off_with_its_head_differs_from_a_head_kept_elsewhere(database: Database) -> None:
    await filled(database)
    async with database.read() as session:
        kept = await head(session)
    await own(database)
    async with database.write() as session:
        await session.execute(delete(AuditEvent).where(AuditEvent.seq > 9))
        last = (await session.execute(select(AuditEvent.hash).where(AuditEvent.seq == 9))).scalar_one()
        await session.execute(update(AuditHead).values(seq=9, hash=last))
    assert await broken(database) is None
    async with database.read() as session:
        assert await head(session) != kept


@pytest.mark.parametrize("statement", ["update audit_event set action = 'x' where seq = 1", "delete from audit_event"])
async def test_row_when_touched_by_sql_is_refused_by_the_database(database: Database, statement: str) -> None:
    await write(database, 1)
    with pytest.raises(IntegrityError, match="audit_append_only"):
        async with database.write() as session:
            await session.execute(text(statement))
    assert await broken(database) is None


async def test_result_when_written_is_in_the_chain_and_what_was_done_hashes_as_it_did_before(
    database: Database,
) -> None:
    async with database.write() as session:
        done = await record(session, None, "test.done", of=("thing", "1"), now=NOW)
        refused = await record(session, None, "test.done", of=("thing", "1"), now=NOW, result=REFUSED)
    assert (done.result, refused.result) == ("done", "refused")
    assert await broken(database) is None
    await own(database)
    async with database.write() as session:
        await session.execute(update(AuditEvent).where(AuditEvent.seq == 2).values(result="done"))
    assert await broken(database) == Broken(2, "changed")


async def test_two_rows_when_swapped_are_told(database: Database) -> None:
    await filled(database)
    await own(database)
    async with database.write() as session:
        for old, new in ((3, 103), (4, 3), (103, 4)):
            await session.execute(text("update audit_event set seq = :new where seq = :old"), {"old": old, "new": new})
    assert await broken(database) == Broken(3, "changed")


async def test_row_when_changed_through_the_orm_stops_the_transaction(database: Database) -> None:
    await write(database, 1)
    with pytest.raises(RowIsImmutable):
        async with database.write() as session:
            (await session.get_one(AuditEvent, 1)).action = "test.undone"
    with pytest.raises(RowIsImmutable):
        async with database.write() as session:
            await session.delete(await session.get_one(AuditEvent, 1))
    assert await broken(database) is None


async def test_secret_when_given_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="password"):
        async with database.write() as session:
            await record(session, None, "x", of=("a", "b"), details={"deep": {"new_password": "x"}}, now=NOW)


async def test_events_when_asked_for_lie_in_the_auditors_units(office: Office) -> None:
    auditor = await office.actor("auditor")
    await write(office.db, 1, unit=STATION)
    await write(office.db, 2, unit=NEIGHBOUR)
    await write(office.db, 3, unit=STATION)
    async with office.db.read() as session:
        everywhere = require_reach(auditor, Action.AUDIT_READ)
        assert [one.object_id for one in await events(session, within=everywhere)] == ["3", "2", "1"]
        assert [one.object_id for one in await events(session, within=[NEIGHBOUR])] == ["2"]
        assert [one.object_id for one in await events(session, within=everywhere, before=3)] == ["2", "1"]
        assert [one.object_id for one in await events(session, within=everywhere, of=("thing", "1"))] == ["1"]
        assert len(await events(session, within=everywhere, action="test.", limit=2)) == 2
        assert await events(session, within=[]) == []
