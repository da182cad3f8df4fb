"""Two units side by side with one person of each role in both, and one of everything in the first.

People are rows with open sessions; nobody types a password, because nobody here is asked for one.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

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
from tests.integration.desk.house import Browser, House
from tests.integration.desk.world import World, begin, parts_of, target, upload

NOBODY = "nobody"
HERE, NEXT = "04", "05"
# Everybody's browser goes on being used, so what ends it comes last.
_LAST = "/desk/logout"


class Anything(dict[str, str]):
    """A value for whatever part an address has: what nothing was made for in this world is not there."""

    def __missing__(self, key: str) -> str:
        return str(uuid.UUID(int=7))


@dataclass
class Matrix:
    """Browsers by role in the unit where everything is, and in the one beside it; addresses as in `World`."""

    house: House
    here: dict[str, Browser]
    beside: dict[str, Browser]
    world: World


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
    here = {role: await hire(house, role, HERE) for role in (*Role, NOBODY)}
    beside = {role: await hire(house, role, NEXT) for role in (*Role, NOBODY)}
    chief, publisher, editor = here[Role.CHIEF], here[Role.PUBLISHER], here[Role.EDITOR]
    await chief.get("/desk/columns/")
    await chief.post("/desk/columns/", {"code": "news", "name": "要闻", "position": "1"})
    page = await publisher.get("/desk/targets/")
    await publisher.post("/desk/targets/", target("site", "web", page))
    document = await begin(editor, "银龄课堂开讲", column="news")
    await upload(editor, "lake.png")
    await hire(house, NOBODY, HERE, login="victim")
    parts = await parts_of(house, document, unit=f"/320509/{HERE}/")
    return Matrix(house, here, beside, World(house, here, Anything(parts), document))


async def hire(house: House, role: str, unit: str, *, login: str = "") -> Browser:
    """Somebody with a role in a unit below the centre, signed in; the unit is made when it is not there."""
    deps = house.deps
    now = deps.now()
    async with deps.db.write() as session:
        path = await _unit(session, unit, now)
        person = Person(
            id=uuid7(now),
            login=login or f"{role.replace('_', '-')}-{unit}",
            name=f"{role}{unit}",
            unit_id=path.id,
            must_set_password=False,
            created_at=now,
        )
        session.add(person)
        await session.flush()
        if role != NOBODY:
            session.add(Membership(id=uuid7(now), person_id=person.id, unit_id=path.id, role=role, granted_at=now))
        token, _ = await open_session(session, person.id, ip="127.0.0.1", agent="", now=now)
    browser = house.browser()
    browser.session.cookie_jar.update_cookies({session_cookie(secure=False): token}, browser.base)
    await browser.get("/desk/account")
    return browser


async def _unit(session: AsyncSession, code: str, now: dt.datetime) -> Unit:
    top = (await session.scalars(select(Unit).where(Unit.parent_id.is_(None)))).one()
    path = path_of(top.path, code)
    found = (await session.scalars(select(Unit).where(Unit.path == path))).one_or_none()
    if found is None:
        found = Unit(
            id=uuid7(now), parent_id=top.id, code=code, name=f"{code}所", level="institute", path=path, created_at=now
        )
        session.add(found)
        await session.flush()
    return found
