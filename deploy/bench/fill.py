"""An office of a district in a database: units, people, pieces and their versions, as many as one asks for."""

import datetime as dt
import itertools
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from cms.content.models import Column, Document, Edition, Revision, Status
from cms.content.states import EditionState, Verb
from cms.kernel.db import normal_url, sync_url
from cms.kernel.ids import PUBLIC_ALPHABET
from cms.people.models import Membership, Person, Unit
from cms.people.roles import Role
from deploy.bench import plans
from deploy.bench.texts import Language

NOW: Final = dt.datetime(2026, 11, 26, 4, 0, tzinfo=dt.UTC)
ROOT: Final = "/320509/"
_BATCH: Final = 5_000
_DUTIES: Final = ("吴江区融媒体中心", "沈静怡", "陆明", "区委宣传部")
_COLUMNS: Final = ("news", "notice", "lecture", "culture", "health", "rural", "youth", "party")
_CHANNELS: Final = (["screen", "web"], ["web", "wechat"], ["screen", "web", "wechat"], ["douyin", "web"])
_S = EditionState
# How the pieces of an old office are spread over their states.
_STATES: Final = {
    _S.PUBLISHED: 82,
    _S.DRAFT: 8,
    _S.RETURNED: 2,
    _S.APPROVED: 2,
    _S.SCHEDULED: 2,
    _S.RECALLED: 2,
    _S.DISCARDED: 2,
}
_NOBODY: Final = uuid.UUID(int=0)


@dataclass
class Office:
    """What was made: people by what they are, and pieces that may be written on."""

    chief: uuid.UUID = _NOBODY
    reviewer: uuid.UUID = _NOBODY
    editor: uuid.UUID = _NOBODY
    people: list[uuid.UUID] = field(default_factory=list)
    units: list[tuple[uuid.UUID, str]] = field(default_factory=list)


class Ids:
    """Ids in the order of their birth, without asking for randomness a million times."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._start = int(NOW.timestamp() * 1000) - 10**9

    def __call__(self) -> uuid.UUID:
        number = next(self._numbers)
        return uuid.UUID(int=((self._start + number // 8) << 80) | (7 << 76) | (2 << 62) | number)


def fill(url: str, *, documents: int, revisions: int, units: int) -> Office:
    """Fills the empty tables at `url` (blocking), without the index of search; always the same."""
    engine = sa.create_engine(sync_url(normal_url(url)))
    office, ids = Office(), Ids()
    with engine.begin() as connection:
        _add(connection, Unit, _units(office, ids, units))
        people = list(_people(office, ids))
        _add(connection, Person, (person for person, _ in people))
        _add(connection, Membership, (member for _, member in people))
        _add(connection, Column, _columns(ids))
    maker = _Pieces(office, ids, Language())
    each = max(1, revisions // documents)
    scheduled: list[tuple[uuid.UUID, uuid.UUID, dt.datetime]] = []
    live: list[uuid.UUID] = []
    for start in range(0, documents, _BATCH):
        made = [maker.piece(number, each) for number in range(start, min(documents, start + _BATCH))]
        with engine.begin() as connection:
            _add(connection, Document, (one[0] for one in made))
            _add(connection, Revision, (row for one in made for row in one[1]))
            _add(connection, Edition, (one[2] for one in made))
            _add(connection, Status, (row for one in made for row in one[3]))
        editions = [one[2] for one in made]
        scheduled += [(e["document_id"], e["id"], e["scheduled_at"]) for e in editions if e["scheduled_at"]]
        live += [e["document_id"] for e in editions if e["is_live"]]
    with engine.begin() as connection:
        paths = [path for _, path in office.units]
        coming = [one for one in scheduled if one[2] > NOW]
        plans.add(
            connection,
            scheduled=coming,
            live=live[-400:],
            person=office.chief,
            unit_paths=paths,
            ids=iter(ids, None),
            now=NOW,
        )
    engine.dispose()
    return office


def read(url: str) -> Office:
    """The office that `fill` made here before (blocking)."""
    engine = sa.create_engine(sync_url(normal_url(url)))
    with engine.connect() as connection:
        numbered = sa.select(Person.id).where(Person.login.in_(("p0", "p1", "p2"))).order_by(Person.login)
        chief, reviewer, editor = connection.scalars(numbered).all()
    engine.dispose()
    return Office(chief, reviewer, editor)


def analyse(url: str) -> None:
    """Tells the planner what is in the tables, as a server does by itself at night (blocking)."""
    engine = sa.create_engine(sync_url(normal_url(url)), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE" if url.startswith("sqlite") else "VACUUM ANALYZE")
    engine.dispose()


def _add(connection: sa.Connection, model: Any, rows: Iterator[dict[str, Any]]) -> None:
    while batch := list(itertools.islice(rows, _BATCH)):
        connection.execute(sa.insert(model), batch)


def _units(office: Office, ids: Ids, count: int) -> Iterator[dict[str, Any]]:
    """1 centre, 11 institutes, 289 stations, the rest points; fewer of everything in a smaller office."""
    levels = {"centre": 1, "institute": min(11, max(1, count // 72)), "station": max(1, count * 289 // 801)}
    levels["point"] = max(0, count - sum(levels.values()))
    above: Sequence[tuple[uuid.UUID, str]] = ()
    for level, many in levels.items():
        here: list[tuple[uuid.UUID, str]] = []
        for number in range(many):
            parent = above[number % len(above)] if above else None
            code = f"{number + 1:03d}" if parent else "320509"
            path = f"{parent[1]}{code}/" if parent else ROOT
            here.append((ids(), path))
            yield {
                "id": here[-1][0],
                "parent_id": parent[0] if parent else None,
                "code": code,
                "name": f"{level} {code}",
                "level": level,
                "path": path,
                "position": number,
                "created_at": NOW,
            }
        above = here or above
        office.units += here


def _people(office: Office, ids: Ids) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """One of each role at the top, a reviewer an institute, an editor a unit."""
    places = [(office.units[0], Role.CHIEF), (office.units[1], Role.REVIEWER), (office.units[-1], Role.EDITOR)]
    places += [(unit, Role.EDITOR) for unit in office.units]
    for number, ((unit, _), role) in enumerate(places):
        person = ids()
        office.people.append(person)
        row = {"id": person, "login": f"p{number}", "name": f"人员{number}", "unit_id": unit, "active": True}
        row |= {"must_set_password": False, "created_at": NOW}
        yield row, {"id": ids(), "person_id": person, "unit_id": unit, "role": role.value, "granted_at": NOW}
    office.chief, office.reviewer, office.editor = office.people[:3]


def _columns(ids: Ids) -> Iterator[dict[str, Any]]:
    for number, code in enumerate(_COLUMNS):
        yield {"id": ids(), "code": code, "name": f"栏目{number}", "position": number, "active": True}


class _Pieces:
    """Makes pieces one after the other, each with its versions, its edition and its states."""

    def __init__(self, office: Office, ids: Ids, language: Language) -> None:
        self._office, self._ids, self._language = office, ids, language
        self._dice = random.Random(7)  # noqa: S311 - the same office every time
        self._states = list(_STATES)
        self._weights = list(_STATES.values())

    def piece(
        self, number: int, versions: int
    ) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any], list[dict[str, Any]]]:
        dice = self._dice
        place = dice.randrange(len(self._office.units))
        unit, author = self._office.units[place][0], self._office.people[3 + place]
        at = NOW - dt.timedelta(minutes=5 * (100_000 - number) + dice.randrange(5))
        state = dice.choices(self._states, self._weights)[0]
        document = {
            "id": self._ids(),
            "public_id": public(number),
            "kind": "news" if number % 10 else "notice",
            "unit_id": unit,
            "column_code": _COLUMNS[number % len(_COLUMNS)],
            "title": self._language.title(number),
            "created_by": author,
            "created_at": at,
            "updated_at": at,
            "first_published_at": at if state is _S.PUBLISHED else None,
        }
        rows = self._versions(document, author, at, versions)
        edition = {
            "id": self._ids(),
            "document_id": document["id"],
            "number": 1,
            "is_current": True,
            "is_live": state is _S.PUBLISHED,
            "state": state.value,
            "state_at": at,
            "statuses": 2,
            "revision_id": rows[-1]["id"],
            "holder_id": author,
            "round": 0,
            "planned_at": at + dt.timedelta(days=dice.randrange(40)) if number % 5 == 0 else None,
            "scheduled_at": at + dt.timedelta(days=2) if state is _S.SCHEDULED else None,
            "published_at": at if state is _S.PUBLISHED else None,
            "created_at": at,
        }
        return document, rows, edition, [self._status(edition, nth, author, at) for nth in (1, 2)]

    def _versions(
        self, document: dict[str, Any], author: uuid.UUID, at: dt.datetime, count: int
    ) -> list[dict[str, Any]]:
        number = int(document["title"].rpartition("第")[2][:-1])
        body = self._language.body(number)
        byline: dict[str, Any] = dict(zip(("source", "reporter", "editor", "sponsor"), _DUTIES, strict=True))
        byline["date"] = None
        envelope: dict[str, Any] = {"units": [], "not_before": None, "not_after": None, "offline": 604_800_000}
        whole = {
            "document_id": document["id"],
            "parent_id": None,
            "title": document["title"],
            "subtitle": "",
            "summary": self._language.paragraphs[number % 1_000][:80],
            "pinyin": "",
            "byline": byline,
            "language": "zh-CN",
            "column_code": document["column_code"],
            "cover_id": None,
            "cover_alt": "",
            "body": body,
            "channels": _CHANNELS[number % len(_CHANNELS)],
            "envelope": envelope,
            "overrides": {},
            "authors": [str(author)],
            "sha256": f"{number:064x}",
            "created_by": author,
            "created_at": at,
        }
        return [{**whole, "id": self._ids(), "number": nth + 1} for nth in range(count)]

    def _status(self, edition: dict[str, Any], nth: int, actor: uuid.UUID, at: dt.datetime) -> dict[str, Any]:
        return {
            "id": self._ids(),
            "edition_id": edition["id"],
            "number": nth,
            "revision_id": edition["revision_id"],
            "verb": Verb.EDIT.value if nth == 1 else Verb.SUBMIT.value,
            "state": _S.DRAFT.value if nth == 1 else edition["state"],
            "actor_id": actor,
            "at": at,
            "note": "",
            "details": {},
        }


def public(number: int) -> str:
    """The public id of a piece by its number."""
    made = ""
    for _ in range(10):
        number, rest = divmod(number, len(PUBLIC_ALPHABET))
        made = PUBLIC_ALPHABET[rest] + made
    return made
