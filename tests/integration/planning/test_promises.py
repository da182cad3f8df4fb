"""Promises: embargoes that hold, batches of all or none, an end on every target, and missed times that are not lost."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import select, update

from cms.content.models import Document
from cms.content.states import EditionState
from cms.kernel import leases
from cms.kernel.errors import Invalid, Refused
from cms.kernel.ids import uuid7
from cms.notices.alarms import open_alarms
from cms.notices.inbox import notices_of
from cms.planning.batches import BatchRefused, Member, batch_progress, cancel_batch, move_batch, promise_batch
from cms.planning.clashes import clashes_of_promise
from cms.planning.dayparts import Hours, add_daypart
from cms.planning.embargo import free_of_embargo, lift_embargo, set_embargo
from cms.planning.lines import check_lines, promise_lines, read_lines
from cms.planning.models import CalendarDate, Embargo, Occurrence
from cms.planning.occurrences import RULES, unpublish_key
from cms.planning.placements import place
from cms.planning.schedule import Wanted, schedule, scheduled, unschedule
from cms.publishing.alarming import sweep_lost
from cms.publishing.calendar import EntryState, entries
from cms.publishing.models import Publication, Showing
from cms.publishing.publish import publish_now
from cms.publishing.taking_off import set_take_off
from schedules.calendar import DayKind
from schedules.intervals import Interval
from tests.calendar_office import DAY, HOUR, POSTS, Calendar, approved, promised, run_due, submitted
from tests.office import NOW

LATER = NOW + DAY


async def _promise(calendar: Calendar, edition: uuid.UUID, at: dt.datetime = LATER) -> None:
    publisher = await calendar.office.actor("publisher")
    async with calendar.db.write() as session:
        await schedule(session, publisher, edition, at=at, targets=["site"], now=NOW)


async def test_embargo_when_it_stands_refuses_promises_orders_and_the_claim(calendar: Calendar) -> None:
    edition = await approved(calendar, "运河")
    publisher, document = await calendar.office.actor("publisher"), await calendar.document("运河")
    async with calendar.db.write() as session:
        await set_embargo(session, publisher, document, until=NOW + 2 * DAY, reason="统一发布", now=NOW)
    with pytest.raises(Refused, match=r"planning\.embargo "):
        await _promise(calendar, edition)
    async with calendar.db.write() as session:
        with pytest.raises(Refused, match=r"planning\.embargo "):
            await publish_now(session, publisher, edition, targets=["site"], now=NOW)
    await _promise(calendar, edition, NOW + 2 * DAY)

    # Whoever moves the floor behind everybody's back: the claim does not see the promise.
    async with calendar.db.write() as session:
        await session.execute(update(Embargo).values(until=NOW + 4 * DAY))
    due = NOW + 3 * DAY
    free = (free_of_embargo(due),)
    async with calendar.db.write() as session:
        assert await leases.claim(session, Occurrence, RULES, owner="w", now=due, where=free) == []
        await lift_embargo(session, publisher, document, now=due)
        assert len(await leases.claim(session, Occurrence, RULES, owner="w", now=due, where=free)) == 1


async def test_embargo_when_a_promise_lies_before_it_or_it_is_out_is_refused(calendar: Calendar) -> None:
    edition = await promised(calendar, "运河", LATER)
    publisher, document = await calendar.office.actor("publisher"), await calendar.document("运河")
    async with calendar.db.write() as session:
        with pytest.raises(Refused, match="embargo_promised"):
            await set_embargo(session, publisher, document, until=NOW + 2 * DAY, now=NOW)
        with pytest.raises(Invalid, match="embargo_past"):
            await set_embargo(session, publisher, document, until=NOW, now=NOW)
        await publish_now(session, publisher, edition, targets=["site"], now=NOW)
        with pytest.raises(Refused, match="embargo_live"):
            await set_embargo(session, publisher, document, until=NOW + 2 * DAY, now=NOW)


async def test_batch_when_one_piece_is_not_approved_promises_nothing_and_names_it(calendar: Calendar) -> None:
    good, bad = await approved(calendar, "运河"), await submitted(calendar, "步道")
    publisher = await calendar.office.actor("publisher")
    members = [Member(good, ("site",)), Member(bad, ("site",))]
    with pytest.raises(BatchRefused) as refused:
        async with calendar.db.write() as session:
            await promise_batch(session, publisher, members, name="专题", at=LATER, now=NOW)
    (problem,) = refused.value.problems
    assert (problem.line, problem.title, problem.error.code) == (2, "步道", "review.not_approved")
    assert (await calendar.office.edition(good)).state == EditionState.APPROVED.value
    async with calendar.db.read() as session:
        assert (await session.scalars(select(Occurrence))).all() == []


async def test_batch_when_promised_moves_goes_out_together_and_shows_its_progress(calendar: Calendar) -> None:
    members = [Member(await approved(calendar, title), ("site",)) for title in ("甲", "乙", "丙")]
    publisher = await calendar.office.actor("publisher")
    async with calendar.db.write() as session:
        batch = await promise_batch(session, publisher, members, name="专题", at=LATER, now=NOW)
        await move_batch(session, publisher, batch.id, at=LATER + HOUR, now=NOW)
        # One is taken back alone.
        await unschedule(session, publisher, members[2].edition, now=NOW)
        with pytest.raises(BatchRefused) as refused:
            await move_batch(session, publisher, batch.id, at=NOW - HOUR, now=NOW)
    assert {one.error.code for one in refused.value.problems} == {"planning.in_the_past"}
    await run_due(calendar, now=LATER + HOUR)
    async with calendar.db.read() as session:
        progress = await batch_progress(session, publisher, batch.id)
    assert (progress.done, progress.counts) == (2, {"done": 2, "cancelled": 1})
    async with calendar.db.write() as session:
        with pytest.raises(Exception, match="batch_over"):
            await cancel_batch(session, publisher, batch.id, now=LATER + HOUR)


async def test_promise_when_it_has_an_end_is_taken_off_every_target_at_its_time(calendar: Calendar) -> None:
    edition = await promised(calendar, "运河", LATER, "site", "street", off=LATER + DAY)
    await run_due(calendar, now=LATER)
    async with calendar.db.read() as session:
        shown = (await session.scalars(select(Showing))).all()
        off = (await session.scalars(select(Occurrence).where(Occurrence.key == unpublish_key(edition)))).one()
    assert ({row.until for row in shown}, off.at) == ({LATER + DAY}, LATER + DAY)
    publisher = await calendar.office.actor("publisher")
    async with calendar.db.write() as session:
        await set_take_off(session, publisher, edition, at=LATER + 2 * DAY, now=LATER)
    await run_due(calendar, now=LATER + DAY)
    await run_due(calendar, now=LATER + 2 * DAY)
    async with calendar.db.read() as session:
        removed = {row.removed_at for row in (await session.scalars(select(Showing))).all()}
        kinds = (await session.scalars(select(Publication.kind).order_by(Publication.created_at))).all()
    assert removed == {LATER + 2 * DAY}
    assert kinds[-1] == "unpublish"


async def test_promise_when_its_end_is_not_after_its_start_is_refused(calendar: Calendar) -> None:
    edition = await approved(calendar, "运河")
    publisher = await calendar.office.actor("publisher")
    async with calendar.db.write() as session:
        with pytest.raises(Refused, match="take_off_first"):
            await schedule(session, publisher, edition, at=LATER, targets=["site"], take_off_at=LATER, now=NOW)


async def test_post_when_it_comes_too_late_is_missed_and_displays_run_late_with_a_mark(calendar: Calendar) -> None:
    post = await promised(calendar, "只发微信", LATER, "wx")
    screen = await promised(calendar, "只上屏幕", LATER, "street")
    await run_due(calendar, now=LATER + 2 * HOUR)
    assert (await calendar.office.edition(post)).state == EditionState.FAILED_TO_PUBLISH.value
    assert (await calendar.office.edition(screen)).state == EditionState.PUBLISHED.value
    publisher, author = await calendar.office.actor("publisher"), await calendar.office.actor("author")
    window = Interval(NOW, NOW + 3 * DAY)
    async with calendar.db.read() as session:
        found = {one.title: one for one in (await entries(session, publisher, window, now=LATER)).entries}
        (alarm,) = await open_alarms(session, publisher)
        told = await notices_of(session, author)
    assert (found["只发微信"].state, found["只上屏幕"].state) == (EntryState.MISSED, EntryState.PUBLISHED)
    assert found["只上屏幕"].late == 120
    assert (alarm.params["title"], [one.cause for one in told]) == ("只发微信", [alarm.cause])


async def test_promise_when_the_runner_gave_it_up_fails_and_raises_an_alarm(calendar: Calendar) -> None:
    edition = await promised(calendar, "运河", LATER)
    async with calendar.db.write() as session:
        await session.execute(update(Occurrence).values(state="failed"))
        assert await sweep_lost(session, now=LATER) == 0
        assert await sweep_lost(session, now=LATER + HOUR) == 1
        assert await sweep_lost(session, now=LATER + HOUR) == 0
    publisher = await calendar.office.actor("publisher")
    assert (await calendar.office.edition(edition)).state == EditionState.FAILED_TO_PUBLISH.value
    async with calendar.db.read() as session:
        assert len(await open_alarms(session, publisher)) == 1


async def test_clashes_when_asked_before_saving_name_rules_and_neighbours(calendar: Calendar) -> None:
    edition = await approved(calendar, "运河", not_after=NOW + 2 * DAY)
    await promised(calendar, "步道", LATER + HOUR / 2, "wx")
    publisher = await calendar.office.actor("publisher")

    async def codes(wanted: Wanted) -> list[str]:
        async with calendar.db.read() as session:
            found = await clashes_of_promise(session, publisher, edition, wanted, posts=POSTS, now=NOW)
        return [one.code for one in found]

    assert await codes(Wanted(LATER, ("wx",))) == ["same_hour"]
    assert await codes(Wanted(LATER, ("site",))) == []
    assert await codes(Wanted(NOW + 3 * DAY, ("site",))) == ["error.planning.too_late"]
    assert await codes(Wanted(NOW - HOUR, ("site",))) == ["error.planning.in_the_past"]
    early = Wanted(LATER, ("site",), LATER - HOUR)
    assert await codes(early) == ["error.planning.take_off_first"]

    # A holiday, hours in which nothing should go out, and a rule that would show it only in the morning.
    document = await calendar.document("运河")
    async with calendar.db.write() as session:
        session.add(CalendarDate(id=uuid7(NOW), on="2026-11-21", kind=DayKind.HOLIDAY.value, name="元旦"))
        await add_daypart(session, publisher, Hours("午后", "15:00", "02:00", quiet=True), now=NOW)
        morning = {"start": NOW.isoformat(), "dayparts": [["07:00", "09:00"]]}
        await place(session, publisher, document, target="street", rule=morning, now=NOW)
    assert await codes(Wanted(LATER, ("street",))) == ["holiday", "quiet_daypart", "daypart_later"]
    assert await codes(Wanted(LATER + 15 * HOUR, ("street",))) == []


async def test_table_of_promises_when_a_line_is_wrong_saves_none_and_when_right_all(calendar: Calendar) -> None:
    editions = {title: await approved(calendar, title) for title in ("甲", "乙")}
    publisher = await calendar.office.actor("publisher")
    ids = {}
    async with calendar.db.read() as session:
        for title in editions:
            ids[title] = (await session.get_one(Document, await calendar.document(title))).public_id
    wrong = ("编号,时间,渠道,下线", f"{ids['甲']},2026-11-22 08:30,site;street,", f"{ids['乙']},2027-02-30 08:30,site,")
    lines = read_lines("\n".join((*wrong, "zzzz,2026-11-22 09:00,site,")).encode("gb18030"))
    async with calendar.db.write() as session:
        checked = await check_lines(session, publisher, lines, now=NOW)
        codes = [None if one.error is None else one.error.code for one in checked]
        assert codes == [None, "planning.line_time", "content.no_document"]
        with pytest.raises(Invalid, match="lines_wrong"):
            await promise_lines(session, publisher, lines, now=NOW)
    good = f"{ids['甲']}\t2026-11-22 08:30\tsite;street\n{ids['乙']}\t2026-11-23 08:30\tsite\t2026-11-24 08:30\n"
    async with calendar.db.write() as session:
        assert await promise_lines(session, publisher, read_lines(good.encode()), now=NOW) == 2
        promise = await scheduled(session, editions["乙"])
    assert promise is not None
    assert promise.take_off_at == dt.datetime(2026, 11, 24, 0, 30, tzinfo=dt.UTC)
