"""A district as large as the promised one: a centre, 11 institutes, 289 stations and 500 points, with their screens."""

import base64
import datetime as dt
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.db import Database
from cms.kernel.ids import public_id, uuid7
from cms.people.models import Unit
from cms.people.units import path_of
from screens.states import AudienceMember, ScreenState
from screens.tables import Screen
from screens.watch_rows import UnitPlace

INSTITUTES: Final = (
    "松陵街道",
    "江陵街道",
    "横扇街道",
    "八坼街道",
    "平望镇",
    "盛泽镇",
    "七都镇",
    "震泽镇",
    "桃源镇",
    "黎里镇",
    "同里镇",
)
STATIONS: Final = 289
POINTS: Final = 500
TAGS: Final = ("hall", "school", "market", "indoor", "outdoor", "large")
_MIDDLE: Final = (120_645_000, 31_060_000)
_SPREAD: Final = 170_000
_BATCH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Street:
    """What was filled: paths of the units, outermost first, and ids of the screens in the order of their places."""

    units: Sequence[str]
    screens: Sequence[uuid.UUID]


async def fill(
    database: Database, *, screens: int, now: dt.datetime, unwell: float = 0.06, seed: int = 20_261_126
) -> Street:
    """Units below the district's top (made unless it is there), and screens over all of them but the top."""
    dice = random.Random(seed)  # noqa: S311 - the same district every time
    async with database.write() as session:
        top = await _top(session, now)
        rows = _units(top, now)
        await session.execute(insert(Unit), rows)
        await session.flush()
        places = [(top.id, *_MIDDLE), *((row["id"], *_near(row, dice)) for row in rows if row["level"] != "point")]
        kept = [{"unit_id": unit, "lng": lng, "lat": lat} for unit, lng, lat in places]
        await session.execute(insert(UnitPlace), kept)
    paths = [row["path"] for row in rows]
    made = [_screen(paths[place % len(paths)], place, dice, now, unwell) for place in range(screens)]
    async with database.write() as session:
        session.add(
            ScreenState(audience="s-bench", version=9, digest="0" * 64, file="0" * 64, signed="", at=now, change=1)
        )
        await session.flush()
        for start in range(0, len(made), _BATCH):
            part = made[start : start + _BATCH]
            await session.execute(insert(Screen), part)
            members = [{"screen": one["id"], "audience": "s-bench", "change": 1} for one in part]
            await session.execute(insert(AudienceMember), members)
    return Street([top.path, *paths], [one["id"] for one in made])


async def _top(session: AsyncSession, now: dt.datetime) -> Unit:
    found = await session.scalar(select(Unit).where(Unit.parent_id.is_(None)))
    if found is None:
        found = Unit(
            id=uuid7(now), code="320509", name="吴江区融媒体中心", level="centre", path="/320509/", created_at=now
        )
        session.add(found)
        await session.flush()
    return found


def _units(top: Unit, now: dt.datetime) -> list[dict[str, Any]]:
    """Stations dealt out to institutes, points to stations."""
    institutes = [
        _unit((top.id, top.path), f"i{place:02d}", name, "institute", now) for place, name in enumerate(INSTITUTES)
    ]
    stations: list[dict[str, Any]] = []
    for place in range(STATIONS):
        above = institutes[place % len(institutes)]
        name = f"{above['name'][:2]}第{place // len(institutes) + 1}宣讲站"
        stations.append(_unit((above["id"], above["path"]), f"s{place:03d}", name, "station", now))
    points: list[dict[str, Any]] = []
    for place in range(POINTS):
        above = stations[place % len(stations)]
        name = f"{above['name'][:-3]}{'东' if place < STATIONS else '西'}点位"
        points.append(_unit((above["id"], above["path"]), f"p{place:03d}", name, "point", now))
    return [*institutes, *stations, *points]


def _unit(above: tuple[uuid.UUID, str], code: str, name: str, level: str, now: dt.datetime) -> dict[str, Any]:
    values = {"id": uuid7(now), "parent_id": above[0], "code": code, "name": name, "level": level, "position": 0}
    return {**values, "path": path_of(above[1], code), "created_at": now}


def _near(row: dict[str, Any], dice: random.Random) -> tuple[int, int]:
    """Stations lie around their institute, institutes around the middle."""
    code = row["path"].split("/")[2]
    own = random.Random(code)  # noqa: S311 - the same place every time
    lng, lat = (middle + own.randint(-_SPREAD, _SPREAD) for middle in _MIDDLE)
    if row["level"] == "institute":
        return lng, lat
    return lng + dice.randint(-_SPREAD // 5, _SPREAD // 5), lat + dice.randint(-_SPREAD // 5, _SPREAD // 5)


def _screen(unit: str, place: int, dice: random.Random, now: dt.datetime, unwell: float) -> dict[str, Any]:
    """A screen that is well, or with one of the troubles there are."""
    seen = now - dt.timedelta(seconds=dice.uniform(0, 20))
    row: dict[str, Any] = {
        "id": uuid7(now),
        "public": public_id(),
        "name": f"阅读屏 {place + 1}",
        "unit": unit,
        "point": f"D{place + 1:05d}",
        "tags": sorted(dice.sample(TAGS, dice.randint(0, 3))),
        "key": base64.urlsafe_b64encode(dice.randbytes(32)).decode().rstrip("="),
        "orientation": "portrait",
        "paired_at": now - dt.timedelta(days=30),
        "paired_by": uuid.UUID(int=0),
        "change": 1,
        "facts_version": 1,
        "link": uuid.UUID(int=place + 1),
        "linked_at": now - dt.timedelta(hours=5),
        "last_seen": seen,
        "received": 9,
        "cached": 9,
        "shown": 9,
        "refused": 0,
        "painted_at": seen,
        "clock_error": 12,
        "stale": False,
        "memory_mb": 180,
        "player": "1.0.0",
        "caps": {},
        "storage_mb": 32_000,
        "storage_free_mb": 21_000,
        "temperature": 415,
    }
    if dice.random() < unwell:
        gone = now - dt.timedelta(minutes=dice.randint(3, 600))
        wrong: tuple[dict[str, Any], ...] = (
            {"link": None, "last_seen": gone, "painted_at": gone},
            {"link": None, "last_seen": gone, "painted_at": gone},
            {"shown": 8},
            {"painted_at": gone},
            {"clock_error": -95_000},
            {"storage_free_mb": 120},
            {"temperature": 861},
            {"link": None, "last_seen": None, "painted_at": None},
        )
        row |= dice.choice(wrong)
    return row
