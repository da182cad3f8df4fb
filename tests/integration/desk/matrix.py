"""Two units side by side with one person of each role in both, and one of everything in the first.

People are rows with open sessions; nobody types a password, because nobody here is asked for one.
"""

import contextlib
import datetime as dt
import re
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.contract import Route
from cms.desk.app import routes_of
from cms.desk.middleware.sessions import session_cookie
from cms.desk.routing import PUBLIC, WORDS
from cms.kernel.ids import uuid7
from cms.people.models import Membership, Person, Unit
from cms.people.permissions import TABLE, Action
from cms.people.roles import Role
from cms.people.sessions import open_session
from cms.people.units import path_of
from tests.integration.desk.calls import Caller
from tests.integration.desk.house import Browser, House
from tests.integration.desk.things import DIFFERENT, things
from tests.integration.desk.world import begin, parts_of, target, upload, write

NOBODY = "nobody"
# Where somebody is: in the unit of everything, in the one beside it, over both.
HERE, BESIDE, ABOVE = "here", "beside", "above"
_UNITS = {HERE: "/320509/04/", BESIDE: "/320509/05/", ABOVE: "/320509/"}
NEXT = "05"
# Pages that only answer to a question.
_ASKED = {
    "/desk/units/choices": "?for=document.read",
    "/api/v1/screen-commands/reach": "?unit=/320509/04/&action=reload",
    "/api/v1/assets/same": f"?sha256={'0' * 64}",
}
# It ends the caller's own session, which the next ones need.
_LAST = "/desk/logout"


class Anything(dict[str, str]):
    """A value for whatever part an address has, for those who are turned away before anything is looked for."""

    def __missing__(self, key: str) -> str:
        return str(uuid.UUID(int=7))


@dataclass
class Matrix:
    """Callers by role and place, and values for the parts of addresses."""

    by: Mapping[tuple[str, str], Caller]
    parts: Mapping[str, str]
    file: str
    kept: sqlite3.Connection  # of an SQLite database; empty for another
    schema: int  # its version of the tables
    began: Path

    def path(self, pattern: str) -> str:
        """An address of a route's pattern. Raises KeyError for a part nothing was made for."""
        told = {name: one for within, names in DIFFERENT if within in pattern for name, one in names.items()}
        filled = re.sub(r"\{(\w+)(?::[^}]*)?\}", lambda found: self.parts[told.get(found[1], found[1])], pattern)
        return filled + _ASKED.get(pattern, "")

    def renew(self) -> None:
        """Brings back all rows as they were: the next visitor must meet what this one used up."""
        with contextlib.closing(sqlite3.connect(self.file)) as file:
            self.kept.backup(file)
            # The tables are the same ones: else every connection reads all of them anew.
            file.execute(f"pragma schema_version = {self.schema}")
        self.began.touch()


def every_route(house: House) -> list[Route]:
    """Of the desk and the API; HEAD is GET without a body."""
    apps: Sequence[web.Application] = (house.app, house.api)
    found = [route for app in apps for route in routes_of(app) if route.method != "HEAD"]
    return sorted(found, key=lambda route: (route.path == _LAST, route.path, route.method))


def may_enter(route: Route, role: str) -> bool:
    if route.permission in WORDS or route.permission == Action.ACCOUNT_MANAGE:
        return True
    return role != NOBODY and Action(route.permission) in TABLE[Role(role)]


def is_public(route: Route) -> bool:
    return route.permission == PUBLIC


async def make_matrix(house: House) -> Matrix:
    """Everything there is, in the unit 04, by the hands of its own people."""
    await house.set_up()
    by = {(role, place): await admit(house, role, _UNITS[place]) for place in _UNITS for role in (*Role, NOBODY)}
    chief, publisher, editor = [
        await _browse(house, by[role, HERE]) for role in (Role.CHIEF, Role.PUBLISHER, Role.EDITOR)
    ]
    await chief.get("/desk/columns/")
    await chief.post("/desk/columns/", {"code": "news", "name": "要闻", "position": "1"})
    page = await publisher.get("/desk/targets/")
    await publisher.post("/desk/targets/", target("site", "web", page))
    _, picture = await upload(editor, "lake.png")
    document, submitted = [await begin(editor, "银龄课堂开讲", column="news") for _ in range(2)]
    for piece in (document, submitted):
        await write(editor, piece, cover=picture["asset"], cover_alt="湖")
    await editor.post(f"/desk/documents/{submitted}/submit", {})
    await admit(house, NOBODY, _UNITS[HERE], login="victim")
    parts = {**await parts_of(house, document, unit=_UNITS[HERE]), "submitted": submitted}
    parts["parent"] = parts["unit"]
    now = house.deps.now()
    async with house.deps.db.write() as session:
        owner = (await session.scalars(select(Person.id).where(Person.login == "editor-04"))).one()
        unit = _UNITS[HERE]
        parts |= await things(
            session, unit=unit, owner=owner, document=document, target="site", picture=parts["sha256"], now=now
        )
    file, kept = house.deps.db.url.partition(":///")[2], sqlite3.connect(":memory:")
    if house.deps.db.is_sqlite:
        with contextlib.closing(sqlite3.connect(file)) as source:
            source.backup(kept)
    (schema,) = kept.execute("pragma schema_version").fetchone()
    began = house.deps.workshop.uploads_folder / uuid.UUID(parts["upload"]).hex
    began.parent.mkdir(exist_ok=True)
    began.touch()
    return Matrix(by, parts, file, kept, schema, began)


async def hire(house: House, role: str, code: str) -> Browser:
    """A browser of somebody with a role in a unit below the centre; the unit is made when it is not there."""
    return await _browse(house, await admit(house, role, f"{_UNITS[ABOVE]}{code}/"))


async def admit(house: House, role: str, path: str, *, login: str = "") -> Caller:
    """Somebody with a role in a unit, signed in; the unit is made when it is not there."""
    now = house.deps.now()
    async with house.deps.db.write() as session:
        unit = await _unit(session, path, now)
        person = Person(
            id=uuid7(now),
            login=login or f"{role.replace('_', '-')}-{unit.code}",
            name=f"{role}{unit.code}",
            unit_id=unit.id,
            must_set_password=False,
            created_at=now,
        )
        session.add(person)
        await session.flush()
        if role != NOBODY:
            session.add(Membership(id=uuid7(now), person_id=person.id, unit_id=unit.id, role=role, granted_at=now))
        token, _ = await open_session(session, person.id, ip="127.0.0.1", agent="", now=now)
    return Caller(house.server.app, token)


async def _browse(house: House, caller: Caller) -> Browser:
    """A browser of somebody who is signed in already."""
    browser = house.browser()
    browser.session.cookie_jar.update_cookies({session_cookie(secure=False): caller.token}, browser.base)
    await browser.get("/desk/account")
    return browser


async def _unit(session: AsyncSession, path: str, now: dt.datetime) -> Unit:
    found = (await session.scalars(select(Unit).where(Unit.path == path))).one_or_none()
    if found is None:
        top = (await session.scalars(select(Unit).where(Unit.parent_id.is_(None)))).one()
        code = path.strip("/").rpartition("/")[2]
        assert path == path_of(top.path, code)
        found = Unit(
            id=uuid7(now), parent_id=top.id, code=code, name=f"{code}所", level="institute", path=path, created_at=now
        )
        session.add(found)
        await session.flush()
    return found
