"""Runs of rules dragged elsewhere, and pieces that enter and leave batches: what stands then, and the way back."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import select

from cms.audit.models import AuditEvent
from cms.content.states import EditionState
from cms.kernel.errors import Conflict, Denied, NotFound, Refused
from cms.planning.batches import Member, batch_progress, cancel_batch, join_batch, leave_batch, promise_batch
from cms.planning.membership import open_batches, put_back, step
from cms.planning.models import Placement
from cms.planning.placements import end_placement, place
from cms.planning.rules import read_rule
from cms.planning.runs import RunMove, Scope, look_at_run, move_run, put_back_run
from cms.planning.schedule import schedule, scheduled
from cms.planning.wishes import Move, move_to
from schedules.clashes import Severity
from schedules.resolve import Layer
from tests.calendar_office import DAY, HOUR, Calendar, approved, promised
from tests.office import NOW

LATER = NOW + DAY
MORNING = dt.datetime(2026, 11, 30, 0, tzinfo=dt.UTC)  # a Monday, eight o'clock in Wujiang


async def _placed(calendar: Calendar, **rule: object) -> uuid.UUID:
    publisher = await calendar.office.actor("publisher")
    await approved(calendar, "运河")
    wanted = {"start": NOW.isoformat(), "dayparts": [["08:00", "09:00"], ["18:00", "19:00"]], **rule}
    async with calendar.db.write() as session:
        document = await calendar.document("运河")
        row = await place(session, publisher, document, target="street", rule=wanted, layer=Layer.DAYPART, now=NOW)
        return row.id


async def _standing(calendar: Calendar) -> list[Placement]:
    async with calendar.db.read() as session:
        query = select(Placement).where(Placement.ended_at.is_(None)).order_by(Placement.id)
        return list((await session.scalars(query)).all())


async def test_run_when_moved_alone_leaves_the_rest_and_comes_back(calendar: Calendar) -> None:
    rule = await _placed(calendar, days="workdays")
    publisher, author = await calendar.office.actor("publisher"), await calendar.office.actor("author")
    saturday = RunMove(rule, MORNING, MORNING + 5 * DAY)
    async with calendar.db.read() as session:
        looked = await look_at_run(session, publisher, saturday, now=NOW)
    assert [one.severity for one in looked.clashes[Scope.ONE]] == []
    assert [one.code for one in looked.clashes[Scope.WHOLE]] == ["error.planning.run_days"]
    async with calendar.db.write() as session:
        with pytest.raises(Denied):
            await move_run(session, author, saturday, Scope.ONE, now=NOW)
        with pytest.raises(Refused, match="run_days"):
            await move_run(session, publisher, saturday, Scope.WHOLE, now=NOW)
        with pytest.raises(NotFound, match="no_run"):
            await move_run(session, publisher, RunMove(rule, MORNING + HOUR, LATER), Scope.ONE, now=NOW)
        with pytest.raises(Refused, match="in_the_past"):
            await move_run(session, publisher, RunMove(rule, MORNING, NOW), Scope.ONE, now=NOW)
        made = await move_run(session, publisher, saturday, Scope.ONE, now=NOW + HOUR)
    assert len(made) == 3
    assert read_rule(made[0].rule).start == MORNING + 5 * DAY
    assert dt.date(2026, 11, 30) in read_rule(made[1].rule).skip
    async with calendar.db.write() as session:
        back = await put_back_run(session, publisher, rule, now=NOW + 2 * HOUR)
    (only,) = await _standing(calendar)
    assert (only.id, read_rule(only.rule).days.value, only.layer) == (back.id, "workdays", Layer.DAYPART)


async def test_rule_when_moved_as_a_whole_moves_each_day_and_is_not_undone_over_a_later_change(
    calendar: Calendar,
) -> None:
    rule = await _placed(calendar)
    publisher = await calendar.office.actor("publisher")
    async with calendar.db.write() as session:
        move = RunMove(rule, MORNING, MORNING + 2 * HOUR)
        (made,) = await move_run(session, publisher, move, Scope.WHOLE, now=NOW)
        with pytest.raises(NotFound, match="not_placed"):
            await move_run(session, publisher, move, Scope.WHOLE, now=NOW)
    parts = [part.start.hour for part in read_rule(made.rule).dayparts]
    assert parts == [10, 18]
    async with calendar.db.write() as session:
        await end_placement(session, publisher, made.id, now=NOW + HOUR)
    async with calendar.db.write() as session:
        with pytest.raises(Conflict, match="moved_meanwhile"):
            await put_back_run(session, publisher, rule, now=NOW + HOUR)
        with pytest.raises(NotFound, match="not_placed"):
            await put_back_run(session, publisher, made.id, now=NOW + HOUR)


async def test_run_when_another_one_is_exclusive_names_it(calendar: Calendar) -> None:
    rule = await _placed(calendar)
    publisher = await calendar.office.actor("publisher")
    await approved(calendar, "湖边")
    async with calendar.db.write() as session:
        alone = {"start": (MORNING + 3 * HOUR).isoformat(), "end": (MORNING + 4 * HOUR).isoformat()}
        other = await calendar.document("湖边")
        await place(session, publisher, other, target="street", rule=alone, layer=Layer.EXCLUSIVE, now=NOW)
    async with calendar.db.read() as session:
        looked = await look_at_run(session, publisher, RunMove(rule, MORNING, MORNING + 3 * HOUR), now=NOW)
    assert {one.severity for one in looked.clashes[Scope.ONE]} == {Severity.INFO}
    assert looked.after.start == MORNING + 3 * HOUR


async def _batch(calendar: Calendar) -> uuid.UUID:
    publisher = await calendar.office.actor("publisher")
    pieces = [await approved(calendar, title) for title in ("一", "二")]
    members = [Member(one, ("site",)) for one in pieces]
    async with calendar.db.write() as session:
        row = await promise_batch(
            session, publisher, members, name="特刊", at=LATER, now=NOW, take_off_at=LATER + 9 * DAY
        )
        return row.id


async def _stands(calendar: Calendar, edition: uuid.UUID) -> tuple[object, ...] | None:
    async with calendar.db.read() as session:
        row = await scheduled(session, edition)
        return None if row is None else (row.at, row.targets, row.take_off_at, row.batch_id)


async def test_piece_when_moved_into_a_batch_goes_back_to_where_it_stood(calendar: Calendar) -> None:
    batch = await _batch(calendar)
    publisher = await calendar.office.actor("publisher")
    piece = await promised(calendar, "三", NOW + 3 * DAY, "street", off=NOW + 20 * DAY)
    before = await _stands(calendar, piece)
    async with calendar.db.write() as session:
        assert [one.id for one in await open_batches(session, publisher, now=NOW)] == [batch]
        await join_batch(session, publisher, batch, Member(piece, ("site",)), now=NOW + HOUR)
        seen = await step(session, piece)
    assert await _stands(calendar, piece) == (LATER, ["site"], LATER + 9 * DAY, batch)
    async with calendar.db.write() as session:
        with pytest.raises(Refused, match="promised_already"):
            await join_batch(session, publisher, batch, Member(piece, ("site",)), now=NOW + HOUR)
        with pytest.raises(Conflict, match="moved_meanwhile"):
            await put_back(session, publisher, piece, seen="", now=NOW + 2 * HOUR)
        await put_back(session, publisher, piece, seen=seen, now=NOW + 2 * HOUR)
    assert await _stands(calendar, piece) == before


async def test_pieces_when_they_left_a_batch_come_back_even_the_last_of_them(calendar: Calendar) -> None:
    batch = await _batch(calendar)
    publisher = await calendar.office.actor("publisher")
    pieces = [calendar.editions[title] for title in ("一", "二")]
    for hour, piece in enumerate(pieces, start=1):
        async with calendar.db.write() as session:
            await leave_batch(session, publisher, batch, piece, now=NOW + hour * HOUR)
        assert (await calendar.office.edition(piece)).state == EditionState.APPROVED
    for hour, piece in enumerate(pieces, start=4):
        async with calendar.db.write() as session:
            await put_back(session, publisher, piece, seen=await step(session, piece), now=NOW + hour * HOUR)
        assert await _stands(calendar, piece) == (LATER, ["site"], LATER + 9 * DAY, batch)
    async with calendar.db.read() as session:
        assert (await batch_progress(session, publisher, batch)).counts == {"due": 2}
        actions = (await session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("batch.%")))).all()
    assert sorted(actions) == ["batch.join"] * 2 + ["batch.leave"] * 2 + ["batch.promise"]


async def test_piece_when_it_entered_from_nowhere_is_approved_again_and_a_cancelled_batch_takes_none(
    calendar: Calendar,
) -> None:
    batch = await _batch(calendar)
    publisher = await calendar.office.actor("publisher")
    piece = await approved(calendar, "三")
    async with calendar.db.write() as session:
        await join_batch(session, publisher, batch, Member(piece, ("site",)), now=NOW)
        await put_back(session, publisher, piece, seen=await step(session, piece), now=NOW + HOUR)
    assert (await calendar.office.edition(piece)).state == EditionState.APPROVED
    async with calendar.db.write() as session:
        await cancel_batch(session, publisher, batch, now=NOW + HOUR)
        with pytest.raises(NotFound, match="batch_over"):
            await put_back(session, publisher, piece, seen=await step(session, piece), now=NOW + 2 * HOUR)


async def test_move_when_undone_brings_a_piece_back_into_its_batch(calendar: Calendar) -> None:
    await _batch(calendar)
    publisher = await calendar.office.actor("publisher")
    piece = calendar.editions["一"]
    before = await _stands(calendar, piece)
    async with calendar.db.write() as session:
        stood = await move_to(session, publisher, piece, Move(NOW + 5 * DAY), now=NOW)
    assert (await _stands(calendar, piece) or ())[-1] is None
    async with calendar.db.write() as session:
        assert stood.at is not None
        await move_to(session, publisher, piece, Move(stood.at, stood.targets, batch=stood.batch), now=NOW + HOUR)
    assert await _stands(calendar, piece) == before


async def test_promise_when_made_outside_is_no_change_of_a_batch(calendar: Calendar) -> None:
    publisher = await calendar.office.actor("publisher")
    piece = await approved(calendar, "三")
    async with calendar.db.write() as session:
        await schedule(session, publisher, piece, at=LATER, targets=["site"], now=NOW)
        with pytest.raises(NotFound, match="batch_over"):
            await put_back(session, publisher, piece, seen=await step(session, piece), now=NOW)
