"""A channel's day: what may be placed, exactly where it plays, and that each act comes back."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import select

from cms.airing.day import Day, aired_of, read_day
from cms.airing.editing import Hand, Looked, Repeat, Wish, look, put, shift, take_off, undo
from cms.airing.many import copied, filling, from_template, held, lay_all
from cms.airing.models import DayChange
from cms.airing.ready import shelf
from cms.airing.templates import end_template, entries_of, save_template, templates_of
from cms.airing.tidying import end_what_is_over
from cms.audit.models import AuditEvent
from cms.kernel.errors import Conflict, Denied, Invalid, NotFound, Refused
from cms.planning.models import Placement
from cms.planning.runs import RunMove, Scope
from schedules.beijing import day_slots, slot_of, slot_start
from tests.day_office import AIR, DayOffice
from tests.office import NOW

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
# The next day, eight o'clock in Wujiang, which is an edge of the grid.
EIGHT = dt.datetime(2026, 11, 21, 0, 0, tzinfo=dt.UTC)
TOMORROW = dt.date(2026, 11, 21)


async def day_of(office: DayOffice, hand: Hand, on: dt.date = TOMORROW) -> Day:
    async with office.db.read() as session:
        return await read_day(session, hand.actor, hand.target, AIR, on, now=hand.now)


async def looked(office: DayOffice, hand: Hand, wish: Wish) -> Looked:
    async with office.db.read() as session:
        return await look(session, hand, wish)


async def placed(office: DayOffice, hand: Hand, wish: Wish) -> DayChange:
    async with office.db.write() as session:
        return await put(session, hand, wish)


def codes(found: Looked) -> list[str]:
    return [one.code for one in found.clashes]


def times(day: Day) -> list[tuple[str, str, int]]:
    return [(one.title, one.interval.start.strftime("%H:%M:%S.%f")[:-3], one.lying.count) for one in day.placed]


async def test_film_when_placed_plays_at_exactly_its_slot_for_its_length_and_a_neighbour_fits_to_the_slot(
    office: DayOffice,
) -> None:
    for title, slots in (("第一讲", 100), ("第二讲", 50), ("垫片", 7)):
        await office.out(title, slots)
    await office.render()
    hand = await office.hand()
    first, second = office.documents["第一讲"], office.documents["第二讲"]
    await placed(office, hand, Wish(first, EIGHT + dt.timedelta(seconds=1)))
    clash = await looked(office, hand, Wish(second, EIGHT + 99 * dt.timedelta(milliseconds=3840)))
    assert codes(clash) == ["day_taken"]
    assert clash.clashes[0].params == {"title": "第一讲", "start": "08:00:00", "end": "08:06:24"}
    with pytest.raises(Refused, match="taken"):
        await placed(office, hand, Wish(second, EIGHT + 99 * dt.timedelta(milliseconds=3840)))
    await placed(office, hand, Wish(second, EIGHT + dt.timedelta(minutes=6, seconds=24)))
    await office.render()
    day = await day_of(office, hand)
    assert times(day) == [("第一讲", "00:00:00.000", 100), ("第二讲", "00:06:24.000", 50)]
    assert day.aired is not None
    start = slot_of(EIGHT)
    shown = [
        (one.start - start, one.end - start, one.title) for one in day.aired.airings if 0 <= one.start - start < 150
    ]
    assert shown == [(0, 100, "第一讲"), (100, 150, "第二讲")]
    # The line is gap-free, and what plays before is not late.
    assert all(one.end == two.start for one, two in zip(day.aired.airings, day.aired.airings[1:], strict=False))


async def test_shelf_shows_what_is_ready_and_says_why_the_rest_is_not(office: DayOffice) -> None:
    await office.out("已发布", 10)
    await office.signed("已签发", 10)
    await office.film("草稿", 10)
    await office.out("限期", 10, not_after=EIGHT + HOUR)
    await office.render()
    hand, author = await office.hand(), await office.hand("author")
    async with office.db.read() as session:
        found = {one.title: one for one in await shelf(session, hand.actor, hand.target, AIR)}
        assert [one.title for one in await shelf(session, hand.actor, hand.target, AIR, words="签 已")] == ["已签发"]
        assert await shelf(session, (await office.hand("neighbour")).actor, hand.target, AIR) == []
    assert {title: (one.piece is not None, one.live, one.slots) for title, one in found.items()} == {
        "已发布": (True, True, 10),
        "已签发": (True, False, 10),
        "草稿": (False, False, 10),
        "限期": (True, True, 10),
    }
    assert str(found["草稿"].why).startswith("airing.not_signed")
    assert codes(await looked(office, hand, Wish(office.documents["草稿"], EIGHT))) == ["error.airing.not_signed"]
    assert codes(await looked(office, hand, Wish(office.documents["已签发"], EIGHT))) == ["not_out_yet"]
    late = Wish(office.documents["限期"], EIGHT + HOUR - dt.timedelta(seconds=20))
    assert codes(await looked(office, hand, late)) == ["error.planning.too_late"]
    soon = Wish(office.documents["已发布"], NOW)
    assert codes(await looked(office, hand, soon)) == ["error.airing.too_soon"]
    for wish in (late, soon, Wish(office.documents["草稿"], EIGHT)):
        with pytest.raises(Refused):
            await placed(office, hand, wish)
    with pytest.raises(Denied):
        await looked(office, author, Wish(office.documents["已发布"], EIGHT))
    with pytest.raises(NotFound, match="no_piece"):
        await looked(office, hand, Wish(uuid.uuid4(), EIGHT))


async def test_placed_film_when_moved_repeated_and_removed_comes_back_by_undo(office: DayOffice) -> None:
    await office.out("第一讲", 100)
    await office.render()
    hand = await office.hand()
    document = office.documents["第一讲"]
    change = await placed(office, hand, Wish(document, EIGHT, Repeat.WORKDAYS, dt.date(2026, 12, 31)))
    # A Saturday is no workday: the rule begins on Monday.
    assert times(await day_of(office, hand)) == []
    monday = TOMORROW + 2 * DAY
    (one,) = (await day_of(office, hand, monday)).placed
    assert (one.repeats, one.is_run, one.lying.count) == (True, True, 100)
    later = Hand(hand.actor, hand.target, AIR, NOW + HOUR)
    move = RunMove(one.placement, one.interval.start, one.interval.start + HOUR + dt.timedelta(seconds=1))
    async with office.db.write() as session:
        moved = await shift(session, later, move, Scope.ONE)
    assert [at for _, at, _ in times(await day_of(office, later, monday))] == ["01:00:01.920"]
    assert [at for _, at, _ in times(await day_of(office, later, monday + DAY))] == ["00:00:00.000"]
    async with office.db.write() as session:
        await undo(session, later, moved.id)
    assert [at for _, at, _ in times(await day_of(office, later, monday))] == ["00:00:00.000"]
    async with office.db.write() as session:
        with pytest.raises(Conflict):
            await undo(session, later, moved.id)
        with pytest.raises(Conflict):
            await undo(session, later, change.id)
    (one,) = (await day_of(office, later, monday)).placed
    async with office.db.write() as session:
        gone = await take_off(session, later, (one.placement, one.interval.start), Scope.ONE)
    assert times(await day_of(office, later, monday)) == []
    assert len(times(await day_of(office, later, monday + DAY))) == 1
    async with office.db.write() as session:
        await undo(session, later, gone.id)
        acts = (await session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("day.")))).all()
    assert acts == ["day.place", "day.move", "day.undo", "day.remove", "day.undo"]
    assert len(times(await day_of(office, later, monday))) == 1
    with pytest.raises(Invalid, match="repeat_ends_first"):
        await looked(office, hand, Wish(document, EIGHT, Repeat.DAILY, TOMORROW - DAY))


async def test_day_when_copied_kept_as_a_template_or_filled_is_shown_first_and_undone_at_once(
    office: DayOffice,
) -> None:
    for title, slots in (("第一讲", 100), ("第二讲", 50)):
        await office.out(title, slots)
    await office.render()
    hand = await office.hand()
    await placed(office, hand, Wish(office.documents["第一讲"], EIGHT))
    await placed(office, hand, Wish(office.documents["第二讲"], EIGHT + HOUR))
    to = [TOMORROW + DAY, TOMORROW + 2 * DAY]
    await placed(office, hand, Wish(office.documents["第二讲"], EIGHT + DAY))
    async with office.db.write() as session:
        await held(session, hand)
        lines = await copied(session, hand, TOMORROW, to)
        assert [(one.title, one.is_good) for one in lines] == [
            ("第一讲", False), ("第二讲", True), ("第一讲", True), ("第二讲", True),
        ]  # fmt: skip
        assert lines[0].clashes[0].params["title"] == "第二讲"
        change = await lay_all(session, hand, lines, "copy")
    assert [len((await day_of(office, hand, on)).placed) for on in to] == [2, 2]
    async with office.db.read() as session:
        again = await copied(session, hand, TOMORROW, to[1:])
        assert [(one.stands, one.is_good) for one in again] == [(True, False)] * 2
        with pytest.raises(Invalid):
            await copied(session, hand, TOMORROW, [TOMORROW])
    later = Hand(hand.actor, hand.target, AIR, NOW + HOUR)
    async with office.db.write() as session:
        await undo(session, later, change.id)
    assert [len((await day_of(office, later, on)).placed) for on in to] == [1, 0]

    async with office.db.write() as session:
        kept = await save_template(session, later, TOMORROW, "  周末 ")
        with pytest.raises(Conflict, match="template_taken"):
            await save_template(session, later, TOMORROW, "周末")
        with pytest.raises(Invalid, match="empty_day"):
            await save_template(session, later, to[1], "空")
        lines = await from_template(session, later, entries_of(kept), to[1])
        assert [one.lying.start - day_slots(to[1]).start for one in lines] == [7500, 8437]
        assert all(one.is_good for one in lines)
        await end_template(session, later, kept.id)
        assert await templates_of(session, later.target) == []

    async with office.db.read() as session:
        documents = [office.documents["第一讲"], office.documents["第二讲"]]
        lines = await filling(session, later, to[1], documents, is_open=True)
        assert [one.title for one in lines[:3]] == ["第一讲", "第二讲", "第一讲"]
        assert sum(one.lying.count for one in lines) == 22_500
        assert all(one.is_good for one in lines)
        # Loops play there, so that no still has to be filled.
        aired = await aired_of(session, later.target, AIR, lines[0].lying.start, lines[-1].lying.end, now=NOW)
        assert aired is not None
        stills = sum(one.end - one.start for one in aired.airings if one.is_still)
        found = await filling(session, later, to[1], documents, is_open=False)
        assert sum(one.lying.count for one in found) <= stills
        with pytest.raises(Invalid, match="nothing_chosen"):
            await filling(session, later, to[1], [], is_open=True)


async def test_placement_of_one_time_when_it_is_long_over_ends_by_itself(office: DayOffice) -> None:
    await office.out("第一讲", 100)
    await office.render()
    hand = await office.hand()
    await placed(office, hand, Wish(office.documents["第一讲"], EIGHT))
    await placed(office, hand, Wish(office.documents["第一讲"], EIGHT + HOUR, Repeat.DAILY))
    async with office.db.write() as session:
        assert await end_what_is_over(session, now=EIGHT + 8 * DAY) == 0
        assert await end_what_is_over(session, now=EIGHT + 10 * DAY) == 1
        ended = (await session.scalars(select(Placement).where(Placement.ended_at.is_not(None)))).all()
    assert [(one.ended_at, one.ended_by) for one in ended] == [(slot_start(slot_of(EIGHT) + 100), None)]
