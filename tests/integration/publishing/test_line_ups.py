"""Line-ups over placements, and the versions that are their history."""

import datetime as dt
import json
import uuid

import pytest
from sqlalchemy import select, text

from cms.contract import LineUp, Target
from cms.kernel.errors import Denied, Invalid, NotFound
from cms.planning.models import CalendarDate, Target as TargetRow
from cms.planning.placements import end_placement, place as put, placements_of
from cms.publishing.history import history
from cms.publishing.models import LineUpVersion
from cms.publishing.publish import publish_now
from cms.review.models import ReleaseRow
from cms.trust import canonical
from schedules.intervals import Interval, tiles
from schedules.resolve import Layer
from schedules.timeline import stretch_at
from tests.integration.publishing import office
from tests.integration.publishing.conftest import Office
from tests.integration.publishing.office import SUN, ZHAO
from tests.schema import on_both, sqlite_by_default

database_url = sqlite_by_default

STREET = Target("street", "screen", "街面阅读屏", (office.world.DISTRICT,))
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


async def live(place: Office, title: str, **envelope: object) -> uuid.UUID:
    """A published document; each a minute after the one before."""
    now = place.later(minutes=1)
    edition = await office.approved(place.database, now, title, **envelope)
    async with place.database.write() as session:
        await publish_now(session, SUN, edition, targets=["street"], now=now)
    return (await office.document_of(place.database, edition)).id


async def line_up(place: Office, days: float = 3) -> LineUp:
    services = place.shop.services(STREET)
    return await services.line_ups.line_up(STREET, start=place.now, end=place.now + days * DAY)


def titles(line: LineUp, at: dt.datetime) -> list[str]:
    slot = next(s for s in line.slots if s.start <= at < s.end)
    return [line.pieces[entry.release].title for entry in slot.loop]


def whole(line: LineUp) -> bool:
    spans = [Interval(slot.start, slot.end) for slot in line.slots]
    return tiles(spans, Interval(line.slots[0].start, line.slots[-1].end))


async def test_a_street_with_nothing_shows_one_empty_slot(place: Office) -> None:
    line = await line_up(place)
    assert [(s.start, s.end, s.loop) for s in line.slots] == [(place.now, place.now + 3 * DAY, ())]


async def test_live_pieces_loop_newest_first_inside_their_envelopes(place: Office) -> None:
    await live(place, "一")
    await live(place, "二", not_after=place.now + 10 * HOUR)
    await live(place, "三")
    line = await line_up(place)
    assert whole(line)
    assert titles(line, place.now) == ["三", "二", "一"]
    assert titles(line, place.now + 10 * HOUR) == ["三", "一"]
    assert all(dt.timedelta(seconds=10) <= e.show <= dt.timedelta(seconds=60) for s in line.slots for e in s.loop)


@on_both
async def test_placements_follow_layers_hours_and_the_calendar(place: Office) -> None:
    morning, always = await live(place, "早间"), await live(place, "常年")
    await live(place, "普通")
    # 2026-11-19 is a Thursday; here the office works on Saturday the 21st for it.
    async with place.database.write() as session:
        for on, kind in (("2026-11-19", "holiday"), ("2026-11-21", "makeup")):
            session.add(CalendarDate(id=uuid.uuid4(), on=on, kind=kind))
        hours = {"start": place.now.isoformat(), "dayparts": [["07:00", "09:00"]], "days": "workdays"}
        one = {"target": "street", "now": place.now}
        await put(session, SUN, morning, rule=hours, layer=Layer.EXCLUSIVE, show_seconds=5, **one)  # type: ignore[arg-type]
        await put(session, SUN, always, rule={"start": place.now.isoformat()}, priority=5, **one)  # type: ignore[arg-type]
    line = await line_up(place, 5)
    assert whole(line)
    morning_of = {day: dt.datetime(2026, 11, day, 0, 30, tzinfo=dt.UTC) for day in (19, 20, 21, 22)}
    assert titles(line, place.now) == ["常年", "普通"]
    assert {day: titles(line, at) for day, at in morning_of.items()} == {
        19: ["常年", "普通"],
        20: ["早间"],
        21: ["早间"],
        22: ["常年", "普通"],
    }


async def test_a_loop_is_no_longer_than_its_target_allows(place: Office) -> None:
    for number in range(5):
        await live(place, f"第{number}")
    async with place.database.write() as session:
        row = (await session.scalars(select(TargetRow).where(TargetRow.code == "street"))).one()
        row.loop_seconds = 25
    assert titles(await line_up(place), place.now) == ["第4", "第3"]


async def test_a_change_asks_for_the_line_up_to_be_made_anew(place: Office) -> None:
    document = await live(place, "一")
    await live(place, "二")
    await place.work()
    async with place.database.write() as session:
        rule = {"start": place.now.isoformat()}
        placement = await put(session, SUN, document, target="street", rule=rule, layer=Layer.PINNED, now=place.now)
        assert len(await placements_of(session, document)) == 1
    await place.work()
    assert len(await place.street.shown()) == 1
    async with place.database.write() as session:
        await end_placement(session, SUN, placement.id, now=place.now)
        assert await placements_of(session, document) == []
    await place.work()
    assert len(await place.street.shown()) == 2
    with pytest.raises(NotFound):
        async with place.database.write() as session:
            await end_placement(session, SUN, placement.id, now=place.now)


async def test_a_placement_that_is_wrong_or_not_allowed_is_refused(place: Office) -> None:
    document = await live(place, "一")
    rule = {"start": place.now.isoformat()}
    for change in (
        {"rule": {"start": "x"}},
        {"rule": rule | {"end": (place.now - HOUR).isoformat()}},
        {"rule": rule | {"every": 0}},
        {"rule": rule | {"unknown": 1}},
        {"layer": Layer.EMERGENCY},
        {"show_seconds": 0},
    ):
        wanted = {"rule": rule, "target": "street", "now": place.now} | change
        with pytest.raises(Invalid, match=r"planning\.(bad_rule|rule_)"):
            async with place.database.write() as session:
                await put(session, SUN, document, **wanted)  # type: ignore[arg-type]
    with pytest.raises(Denied):
        async with place.database.write() as session:
            await put(session, ZHAO, document, target="street", rule=rule, now=place.now)
    with pytest.raises(NotFound):
        async with place.database.write() as session:
            await put(session, SUN, uuid.uuid4(), target="street", rule=rule, now=place.now)


@on_both
async def test_versions_are_written_when_something_changes_and_the_past_stays(place: Office) -> None:
    await live(place, "一")
    first = await line_up(place)
    begin = place.now
    place.later(minutes=10)
    assert (await line_up(place)).version == first.version
    await live(place, "二")
    second = await line_up(place)
    assert second.version == first.version + 1
    async with place.database.read() as session:
        row = (await session.scalars(select(TargetRow).where(TargetRow.code == "street"))).one()
        versions = (await session.scalars(select(LineUpVersion))).all()
        past = await history(session, row.id, Interval(begin, place.now + HOUR))
    assert [v.version for v in sorted(versions, key=lambda v: v.version)] == [1, 2]
    before, after = stretch_at(past, begin), stretch_at(past, place.now)
    assert before is not None
    assert after is not None
    assert (len(before.loop), len(after.loop)) == (1, 2)


async def test_channel_of_films_has_only_what_shows_a_video_and_a_day_of_it(place: Office) -> None:
    for number in range(3):
        await live(place, f"第{number}讲")
    await live(place, "一篇报道，没有视频")
    async with place.database.write() as session:
        for row in (await session.execute(select(ReleaseRow.hash, ReleaseRow.text))).all():
            told = json.loads(row.text)
            blocks = told["content"]["body"]["blocks"]
            if "讲" in told["content"]["title"]:
                blocks.append({"asset": "a" * 64, "id": "b_videovideo00", "title": "", "type": "video"})
                told["content"]["durations"] = {"a" * 64: 1_200_000}
                index = {"of": "a" * 64, "rendition": "house-index", "media_type": "application/json"}
                file = {"sha256": "b" * 64, "size": 9, "width": None, "height": None, "chunks": ["b" * 64]}
                told["assets"].append(index | file)
            words = {"text": canonical.encode(told), "hash": row.hash}
            await session.execute(text("UPDATE release SET text = :text WHERE hash = :hash"), words)
        await session.execute(text("UPDATE target SET kind = 'tv', loop_seconds = 900 WHERE code = 'street'"))
    line = await line_up(place)
    assert titles(line, place.now) == ["第2讲", "第1讲", "第0讲"]
    assert {entry.show for slot in line.slots for entry in slot.loop} == {dt.timedelta(minutes=20)}
