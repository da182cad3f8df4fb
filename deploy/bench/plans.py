"""What the calendar of a large office shows: destinations, promises for the next days, and pieces placed by rules."""

import datetime as dt
import itertools
import random
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa

from cms.planning.models import Occurrence, Placement, Target
from schedules.resolve import Layer

# One of each channel, and a group of screens for each institute and for some of the stations below them.
_CHANNELS: Final = ("web", "wechat", "douyin", "tv")
_SCREENS: Final = 36
_PLACED: Final = 400
_RULES: Final[Sequence[dict[str, Any]]] = (
    {"dayparts": [["07:00:00", "09:00:00"]], "days": "workdays"},
    {"dayparts": [["22:00:00", "06:00:00"]]},
    {"dayparts": [["12:00:00", "13:30:00"]], "cycle": "week", "weekdays": [1, 3, 5]},
    {"cycle": "month", "month_days": [1, 15]},
)


def add(
    connection: sa.Connection,
    *,
    scheduled: Sequence[tuple[uuid.UUID, uuid.UUID, dt.datetime]],
    live: Sequence[uuid.UUID],
    person: uuid.UUID,
    unit_paths: Sequence[str],
    ids: Iterator[uuid.UUID],
    now: dt.datetime,
) -> None:
    """Writes the rows; `scheduled` are documents, their editions and instants, `live` documents that may be placed."""
    targets = list(_targets(unit_paths, ids, now))
    connection.execute(sa.insert(Target), targets)
    codes = [target["code"] for target in targets]
    dice = random.Random(11)  # noqa: S311 - the same office every time
    rows = [
        {
            "id": next(ids),
            "state": "due",
            "key": f"publish:{edition}",
            "kind": "publish",
            "at": at,
            "not_before": at,
            "document_id": document,
            "edition_id": edition,
            "targets": dice.sample(codes, 3),
            "actor_id": person,
            "error_params": {},
            "created_at": now,
        }
        for document, edition, at in scheduled
    ]
    if rows:
        connection.execute(sa.insert(Occurrence), rows)
    placed = [
        {
            "id": next(ids),
            "document_id": document,
            "target_id": targets[number % len(targets)]["id"],
            "rule": {"start": (now - dt.timedelta(days=30)).isoformat(), **_RULES[number % len(_RULES)]},
            "layer": Layer.DAYPART.value,
            "priority": 0,
            "show_seconds": None,
            "created_by": person,
            "created_at": now,
        }
        for number, document in enumerate(itertools.islice(live, _PLACED))
    ]
    if placed:
        connection.execute(sa.insert(Placement), placed)


def _targets(unit_paths: Sequence[str], ids: Iterator[uuid.UUID], now: dt.datetime) -> Iterator[dict[str, Any]]:
    places = [(code, code, unit_paths[0]) for code in _CHANNELS]
    places += [(f"street-{number}", "screen", path) for number, path in enumerate(unit_paths[:_SCREENS])]
    for code, kind, path in places:
        yield {
            "id": next(ids),
            "code": code,
            "kind": kind,
            "name": f"账号 {code}",
            "units": [path] if kind == "screen" else [],
            "settings": {},
            "unit_path": path,
            "created_at": now,
        }
