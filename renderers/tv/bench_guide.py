"""`./yunping bench guide`: a guide of 50 channels and seven days, against the standard library writing the same."""

import datetime as dt
import random
import statistics
import time
from collections.abc import Callable
from typing import Any, Final
from xml.etree import ElementTree as ET

from cms.contract import Site
from media.house import SEGMENT_MS, TRACKS, HouseIndex, Track
from renderers.tv import guide, schedule
from renderers.tv.plan import House, Item, Plan
from schedules.linear import DAY_SLOTS, Run, slot_at

_AT: Final = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
_SITE: Final = Site("吴江云屏", "区委宣传部", "https://tv.example.cn", "https://media.example.cn")
_HOUSE: Final = "house-of-bench"
# Trailers of a few seconds up to lectures of three quarters of an hour.
_LENGTHS: Final = (1, 2, 4, 16, 47, 94, 188, 320, 470, 703)


def run(*, channels: int = 50, days: int = 7, rounds: int = 5) -> dict[str, Any]:
    """Seconds for the whole XMLTV document, median of `rounds`; the other forms beside it."""
    plans = [_plan(f"channel-{number:02d}", days, random.Random(number)) for number in range(channels)]  # noqa: S311
    entries = [_entries(plan) for plan in plans]
    text = guide.xmltv(plans, _SITE, _AT)
    ours = _median(lambda: guide.xmltv(plans, _SITE, _AT), rounds)
    theirs = _median(lambda: _by_library(entries), rounds)
    return {
        "bench": "guide",
        "figure": round(ours, 4),
        "unit": f"s for {channels} channels and {days} days of XMLTV",
        "reference": round(theirs, 4),
        "ratio": round(ours / theirs, 3),
        "detail": {
            "reference": "xml.etree.ElementTree writing the same entries, already looked up",
            "entries": sum(len(found) for found in entries),
            "bytes": len(text.encode()),
            "json_s": round(_median(lambda: guide.listed(plans, _AT), rounds), 4),
            "c2_schedule_s": round(_median(lambda: [schedule.schedule(p, p.start, p.end) for p in plans], rounds), 4),
            "m3u_s": round(_median(lambda: guide.channels(plans, _SITE), rounds), 5),
            "now_and_next_of_all_s": round(_median(lambda: [guide.now(p, _AT) for p in plans], rounds), 5),
        },
    }


def _plan(code: str, days: int, dice: random.Random) -> Plan:
    """Items one after another, now and then a hole."""
    items = {f"1.{n}": _item(f"1.{n}", length) for n, length in enumerate(_LENGTHS, start=1)}
    start = slot_at(int(_AT.timestamp() * 1000))
    runs: list[Run] = []
    at = start
    while at < start + days * DAY_SLOTS:
        name = dice.choice(sorted(items))
        made = Run(at, dice.randrange(1, 20)) if dice.random() < 0.1 else Run(at, items[name].segments, name)
        runs.append(made)
        at = made.end
    return Plan(code, f"频道 {code}", start, 0, (House(1, _HOUSE, start, _slate()),), items, tuple(runs))


def _item(name: str, length: int) -> Item:
    title = f"“青年说”第{length}讲：在太湖边读懂生态文明 & more"
    return Item(
        name,
        f"d{length}",
        "r" * 64,
        title,
        "从一条步道看一座城的分寸。" * 4,
        "理论宣讲",
        "m",
        "i",
        length,
        0,
        (1, 1, 1),
    )


def _slate() -> HouseIndex:
    tracks = {name: Track("s" * 64, 0, 1, (2,), 1280, 720, "avc1", 1, 1, 1) for name in TRACKS}
    return HouseIndex(_HOUSE, 1, SEGMENT_MS, tracks)


def _entries(plan: Plan) -> list[tuple[str, ...]]:
    return [
        (
            plan.code,
            *(f"{guide.local(slot):%Y%m%d%H%M%S %z}" for slot in (one.start, one.end)),
            one.title,
            *_words(one.item),
        )
        for one in guide.programmes(plan, plan.start, plan.end)
    ]


def _words(item: Item | None) -> tuple[str, str]:
    return ("", "") if item is None else (item.summary, item.column)


def _by_library(entries: list[list[tuple[str, ...]]]) -> bytes:
    root = ET.Element("tv")
    for found in entries:
        for code, start, stop, title, summary, column in found:
            programme = ET.SubElement(root, "programme", {"start": start, "stop": stop, "channel": code})
            ET.SubElement(programme, "title", {"lang": "zh"}).text = title
            if column:
                ET.SubElement(programme, "desc", {"lang": "zh"}).text = summary
                ET.SubElement(programme, "category", {"lang": "zh"}).text = column
    made: bytes = ET.tostring(root, "utf-8")
    return made


def _median(work: Callable[[], object], rounds: int) -> float:
    took = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return statistics.median(took)
