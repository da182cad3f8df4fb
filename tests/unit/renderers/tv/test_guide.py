"""The guide is what plays, in all its forms: at any time it names what the slot shows, and no minute is left out."""

import dataclasses
import datetime as dt
import itertools
import json
import random
import re
from xml.etree import ElementTree as ET

from hypothesis import given, settings, strategies as st

from cms.contract import File
from cms.desk.onair.pages import ADDRESSES
from renderers.conformance.samples import HOSTILE
from renderers.conformance.world import SITE
from renderers.tv import bench_guide, daypage, guide, pages, schedule
from renderers.tv.dates import BEIJING
from renderers.tv.guide import HOLE
from renderers.tv.over import Kind, Over
from renderers.tv.plan import House, Item, Plan, Rule, decode, encode
from renderers.tv.ts.events import events
from schedules.linear import DAY_SLOTS, SLOT_MS, Loop, Run
from schedules.weaving import Rules, extended
from tests.fakes.channel import NOW, SLOT, ChannelWorld, slot_of
from tests.fakes.house_files import imagined
from tests.fakes.xmltv import faults

START = slot_of(NOW)
SLATE = imagined("slate", segments=2)
TITLES = ("第一讲", "老书记的党课", *HOSTILE)


def item(number: int, title: str) -> Item:
    return Item(f"1.{number}", f"d{number:09d}", "r", title, title, "理论宣讲", "m", "i", 900, 0, (1, 1, 1))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Runs of items, fillers and of items that were taken back, with gaps that no plan should have."""
    items = {f"1.{n}": item(n, draw(st.sampled_from(TITLES))) for n in range(1, draw(st.integers(1, 4)))}
    runs: list[Run] = []
    at = START
    for _ in range(draw(st.integers(0, 12))):
        at += draw(st.sampled_from((0, 0, 0, 3)))
        name = draw(st.sampled_from([*items, "1.9", ""]))
        first = draw(st.integers(0, 5))
        runs.append(Run(at, draw(st.integers(1, 900)), name, first if name else 0))
        at = runs[-1].end
    start = runs[0].start if runs else START
    rule = Rule(furniture=tuple(draw(st.lists(st.sampled_from([*items]), max_size=2)) if items else ()))
    return Plan("t-tv", "频道 <1>", start, 0, (House(1, SLATE.house, START, SLATE),), items, tuple(runs), rule)


def named(plan: Plan, slot: int) -> tuple[Item | None, bool]:
    """What the guide says of a slot, by what stands there: fillers and bumpers are the channel's own breaks."""
    item = plan.on(slot).item
    is_break = item is not None and item.id in plan.rule.furniture
    return (None if is_break else item), is_break


@given(plans(), st.data())
@settings(max_examples=150)
def test_guide_at_any_time_is_what_the_slot_shows(plan: Plan, data: st.DataObject) -> None:
    entries = list(guide.programmes(plan, plan.start, plan.end))
    assert all(a.end == b.start and a.start < a.end for a, b in itertools.pairwise(entries)), "no gap, no overlap"
    if entries:
        assert (entries[0].start, entries[-1].end) == (plan.start, plan.end)
        slot = data.draw(st.integers(plan.start, plan.end - 1))
        entry = next(one for one in entries if one.start <= slot < one.end)
        assert (entry.item, entry.is_break) == named(plan, slot)
        first = data.draw(st.integers(plan.start, slot))
        part = list(guide.programmes(plan, first, slot + 1))
        assert part[0].start <= first
        assert part[-1].end >= slot + 1
        assert all(named(plan, one.start) == (one.item, one.is_break) for one in part)
        on, *rest = guide.first(plan, slot, 2)
        assert (on.item, on.is_break) == named(plan, slot)
        assert not rest or (rest[0].item, rest[0].is_break) == named(plan, on.end)


def test_guide_of_a_random_day_is_what_plays_in_each_of_its_slots() -> None:
    luck = random.Random(6)
    items = {f"1.{n}": dataclasses.replace(item(n, f"第{n}讲"), segments=luck.randrange(1, 400)) for n in range(1, 9)}
    rules = Rules(filler=("1.1", "1.2"), before=("1.3",), after=("1.4",))
    turns, at, loops = ("1.5", "1.6", "1.7", "1.8"), START, []
    while at < START + DAY_SLOTS:
        end = at + luck.randrange(1, 900)
        chosen = tuple(luck.sample(turns, luck.randrange(3)))
        fixed = len(chosen) == 1 and luck.random() < 0.5
        loops.append(Loop(at, at + items[chosen[0]].segments if fixed else end, chosen, fixed=fixed))
        at = loops[-1].end
    runs = extended((), loops, {name: one.segments for name, one in items.items()}, start=START, rules=rules)
    overs = tuple(
        Over(
            n,
            str(n),
            luck.choice([Kind.INSERT, Kind.EMERGENCY]),
            START + luck.randrange(DAY_SLOTS),
            luck.randrange(1, 90),
            "1.8",
        )
        for n in range(1, 30)
    )
    rule = Rule(furniture=("1.1", "1.2", "1.3", "1.4"))
    plan = Plan("t-tv", "频道", START, 0, (House(1, SLATE.house, START, SLATE),), items, runs, rule, overs)
    entries = list(guide.programmes(plan, plan.start, plan.end))
    assert (entries[0].start, entries[-1].end) == (plan.start, plan.end)
    assert all(a.end == b.start for a, b in itertools.pairwise(entries))
    told = {slot: (one.item, one.is_break) for one in entries for slot in range(one.start, one.end)}
    assert all(told[slot] == named(plan, slot) for slot in range(plan.start, plan.end))
    hour = 3_600_000
    assert not any(
        a.is_break and b.is_break and a.start * SLOT_MS // hour == b.start * SLOT_MS // hour
        for a, b in itertools.pairwise(entries)
    ), "one entry for fillers and bumpers side by side"
    assert {one.title for one in entries if one.is_break} == {guide.BREAK}


@given(plans())
@settings(max_examples=60)
def test_forms_of_the_guide_say_the_same_and_keep_their_rules(plan: Plan) -> None:
    entries = list(guide.programmes(plan, plan.start, max(plan.end, START + 1)))
    text = guide.xmltv([plan], SITE, NOW)
    assert faults(text) == []
    told = [(p.get("start"), p.get("stop"), p.findtext("title")) for p in ET.fromstring(text).iter("programme")]
    stamps = [tuple(f"{guide.local(s):%Y%m%d%H%M%S %z}" for s in (one.start, one.end)) for one in entries]
    assert [one[:2] for one in told] == stamps
    listed = guide.listed([plan], NOW)["channels"][0]["programmes"]
    assert [(one["start"], one["end"]) for one in listed] == [(e.start * SLOT_MS, e.end * SLOT_MS) for e in entries]
    assert [one["title"] for one in listed] == [one.title_at(slot_of(NOW)) for one in entries]
    adi = ET.fromstring(schedule.schedule(plan, plan.start, plan.end))
    name = f"{{{schedule.NAMESPACE}}}"
    objects = list(adi.iter(f"{name}Object"))
    assert len(objects) == sum(one.item is not None for one in entries if one.end <= plan.end)
    assert [one.get("Code") for one in objects] == [one.get("ElementCode") for one in adi.iter(f"{name}Mapping")]
    for one in objects:
        said = {prop.get("Name"): prop.text for prop in one}
        assert re.fullmatch(r"\d{8}", said["StartDate"] or "")
        assert re.fullmatch(r"\d{6}", said["StartTime"] or "")
        assert re.fullmatch(r"\d{6}", said["Duration"] or "")
        assert (said["ChannelCode"], said["StorageDuration"]) == ("t-tv", "168")


@given(plans(), st.data())
@settings(max_examples=60)
def test_events_of_a_stream_are_those_of_the_guide_in_whatever_order_they_are_asked_for(
    plan: Plan, data: st.DataObject
) -> None:
    midnight = START - (START - 15_000) % DAY_SLOTS  # Beijing's, before the plans' beginning
    for slot in data.draw(st.lists(st.integers(plan.start, max(plan.end, plan.start + 1)), min_size=3, max_size=6)):
        live = dataclasses.replace(plan, live={slot: ("1" * 64, 1)})
        told = events(live, slot)
        entries = list(guide.programmes(plan, midnight, plan.end)) if plan.start <= slot < plan.end else []
        on = next((one for one in entries if one.start <= slot < one.end), None)
        after = next((one for one in entries if one.start > slot), None)
        assert [None if one is None else one.title for one in (told.present, told.following)] == [
            None if one is None else one.title for one in (on, after)
        ]


async def test_guide_when_asked_for_in_every_form_is_answered() -> None:
    world = ChannelWorld()
    world.lecture(1, imagined("item", segments=30), at=NOW)
    await world.render(NOW)
    title = next(iter(world.live.values())).title
    for path in ("epg.xml", "epg.json", "t-tv/epg.xml", "t-tv/epg.json", "t-tv/schedule.xml"):
        assert title in await world.text(path, NOW), path
    told = json.loads(await world.text("t-tv/channels/list.json", NOW))
    assert [(one["number"], one["code"], one["path"]) for one in told["channels"]] == [(1, "t-tv", "/tv/t-tv/live/")]
    listed = await world.text("channels.m3u", NOW)
    assert re.search(
        r'tvg-chno="1" .*catchup="default" catchup-days="7" catchup-source="\S+\?begin=\$\{\(b\)yyyyMMdd', listed
    )
    page = await world.text("t-tv/channels/", NOW)
    assert title in page
    world.tombstones.add(next(iter(world.live.values())).release)
    for path in ("epg.xml", "epg.json", "t-tv/schedule.xml", "t-tv/channels/", "t-tv/day/"):
        assert title not in await world.text(path, NOW), path
    assert HOLE in await world.text("t-tv/channels/", NOW)


async def test_catch_up_address_of_the_list_filled_in_with_a_programme_of_the_guide_plays_its_slots() -> None:
    """As a player does it: the template out of the M3U, the times out of the XMLTV of the same channel."""
    world = ChannelWorld()
    world.lecture(1, imagined("one", segments=30), at=NOW)
    world.lecture(2, imagined("two", segments=12), at=NOW - dt.timedelta(hours=1))
    await world.render(NOW)
    now = NOW + dt.timedelta(minutes=20)
    listed = await world.text("channels.m3u", now)
    (about,) = (line for line in listed.splitlines() if 'tvg-id="t-tv"' in line)
    (template,) = re.findall(r'catchup-source="([^"]+)"', about)
    assert re.findall(r'catchup="(\w+)" catchup-days="(\d)"', about) == [("default", "7")]
    told = ET.fromstring(await world.text("epg.xml", now)).iter("programme")
    over = [(p.get("start") or "", p.get("stop") or "") for p in told if (p.get("stop") or "") < f"{local(now)} +0800"]
    assert len(over) > 5
    entries = list(guide.programmes(plan_of(world), plan_of(world).start, slot_of(now)))
    for start, stop in over:
        asked = template.replace("${(b)yyyyMMddHHmmss}", start[:14]).replace("${(e)yyyyMMddHHmmss}", stop[:14])
        text = await world.text(asked.partition("/tv/")[2].replace("catchup.", "catchup-480."), now)
        slots = [int(name) for name in re.findall(r"480/(?:slate-)?(\d+)\.m4s", text)]
        entry = next(one for one in entries if guide._stamp(one.start) == start)
        # Stamps are whole seconds, slots are not: nothing of a neighbour is in it all the same.
        assert slots == [*range(entry.start, entry.end)]
        told = json.loads(await world.text(f"t-tv/now.json?begin={start[:14]}&end={stop[:14]}", now))
        assert (told["programmes"][0]["title"], told["now"]) == (entry.title, round(now.timestamp() * 1000))
        assert text.endswith("#EXT-X-ENDLIST\n")


def local(at: dt.datetime) -> str:
    return f"{at.astimezone(BEIJING):%Y%m%d%H%M%S}"


def plan_of(world: ChannelWorld) -> Plan:
    return decode(world.tree["/tv/t-tv/plan.json"].data)


async def test_hole_that_is_over_promises_nothing_and_one_to_come_does() -> None:
    world = ChannelWorld()
    await world.render(NOW)
    plan = plan_of(world)
    items = {"1.1": dataclasses.replace(item(1, "第一讲"), segments=50)}
    start = plan.start
    plan = dataclasses.replace(plan, items=items, runs=(Run(start, 20), Run(start + 20, 50, "1.1"), Run(start + 70, 9)))
    page = daypage.page(plan, SITE, {}, NOW + 30 * SLOT)
    assert page.index("没有节目") < page.index("第一讲") < page.index(HOLE)
    assert page.count(HOLE) == page.count("没有节目") == 1
    later = NOW + 30 * SLOT
    told = [one["title"] for one in guide.listed([plan], later)["channels"][0]["programmes"]]
    assert told == ["没有节目", "第一讲", HOLE]
    assert [one.text for one in ET.fromstring(guide.xmltv([plan], SITE, later)).iter("title")] == told
    assert [one["title"] for one in guide.now(plan, later, past=start)["programmes"]] == told


async def test_address_of_the_whole_television_leads_to_the_first_channel_anybody_may_see() -> None:
    world = ChannelWorld()
    assert (await world.ask("", NOW)).status == 404
    await world.render(NOW)
    reply = await world.ask("", NOW)
    assert (reply.status, reply.headers["Location"]) == (302, "/tv/t-tv/")
    led = dataclasses.replace(plan_of(world), rule=Rule(signed=True, keys=(("telecom", 1),), entry_only=True))
    world.tree["/tv/t-tv/plan.json"] = File("/tv/t-tv/plan.json", "application/json", encode(led))
    assert (await world.ask("", NOW)).status == 404


async def test_every_address_the_desk_names_is_answered() -> None:
    world = ChannelWorld()
    world.lecture(1, imagined("item", segments=30), at=NOW)
    await world.render(NOW)
    for path in ADDRESSES.values():
        assert await world.text(path.format("t-tv").removeprefix("/tv/"), NOW), path


def test_stamps_are_beijings_over_the_years() -> None:
    for year in (1992, 2026, 2100):
        for day in range(0, 365, 50):
            slot = slot_of(dt.datetime(year, 1, 1, 15, 59, 59, tzinfo=dt.UTC) + dt.timedelta(days=day))
            assert guide._stamp(slot) == f"{guide.local(slot):%Y%m%d%H%M%S %z}"


def test_bench_of_the_guide_gives_its_figure_and_its_reference() -> None:
    result = bench_guide.run(channels=2, days=1, rounds=1)
    assert result["bench"] == "guide"
    assert result["figure"] > 0
    assert result["reference"] > 0
    assert result["detail"]["entries"] > 50


async def test_pages_by_the_clock_have_their_style_before_anything_is_rendered_anew() -> None:
    world = ChannelWorld()
    await world.render(NOW)
    style, script = pages.static()["css"], pages.static()["portal"]
    page = await world.text("t-tv/day/", NOW)
    for path in (style, script):
        assert path in page
        world.tree.pop(path)
        reply = await world.ask(path.removeprefix("/tv/"), NOW)
        assert (reply.status, reply.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert (await world.ask("_/portal-none.js", NOW)).status == 404
