"""Every route by every role, in the unit of what it is about and beside it, generated from the route table."""

import asyncio
import itertools
import re
import uuid
from collections.abc import Iterator

import pytest

from cms.contract import Route
from cms.desk.app import build_desk
from cms.desk.deps import DeskDeps
from cms.desk.frame import Section
from cms.desk.routing import SIGNED_IN, WORDS
from cms.desk.visit import Visit
from cms.people.permissions import TABLE
from cms.people.roles import Role
from tests.integration.desk.calls import Caller, Sent
from tests.integration.desk.house import House
from tests.integration.desk.matrix import (
    ABOVE,
    BESIDE,
    HERE,
    NOBODY,
    every_route,
    is_public,
    make_matrix,
    may_enter,
)
from tests.integration.desk.samples import sent_to
from tests.integration.desk.world import begin, make_world, write

# Permissions do not differ by database; what narrows lists is tested on both where it lives.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgres = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
TITLE = "银龄课堂开讲"
# What belongs to nobody's unit: it is the same for everybody who may enter at all.
_SHARED = (
    "/desk/columns/",
    "/api/v1/columns/",
    "/desk/audit/export/",
    "/api/v1/audit/export/",
    "/api/v1/review/plans/versions/",
    "/api/v1/holidays/{year}",
)
# The office's, for everybody to see: only who may it for the whole office changes anything.
_OFFICE = (
    "/desk/checks/",
    "/desk/screens/updates/",
    "/api/v1/screen-rollouts",
    "/api/v1/checklists/",
    "/desk/review/plans",
    "/api/v1/review/plans/rules",
    "/api/v1/review/plans/t",
    "/desk/calendar/dayparts",
    "/api/v1/dayparts",
    "/desk/calendar/holidays",
    "/api/v1/holidays",
)
# Whoever reads a piece may come, and its state says who may move it; not all who look after deliveries read pieces:
# there a role is refused inside, too.
_DECIDED = (
    "/api/v1/documents/{id}/move",
    "/desk/calendar/check",
    "/desk/calendar/move",
    "/desk/documents/{id}/done",
    "/desk/documents/{id}/retry",
)
# What no role meets in this world, and why not.
_UNMET = {
    "POST /api/v1/screens": "a code is known only while a screen that shows it is connected",
    "POST /desk/screens/pair": "as over the API",
}
Answer = tuple[int, str, str]


def _visits(route: Route, turn: int | None) -> Iterator[tuple[str, str]]:
    """Who goes there from which unit: of roles that may all the same, one; one of those who may not.

    Beside first: what they may not touch must still be there for those who may. What a unit is asked by is the same for
    every role, so only one goes there beside it, another at each `turn`; None: all do. That one is the first to go in,
    too: the others follow as long as nobody has met what is there.
    """
    if route.permission in WORDS:
        yield from ((role, HERE) for role in (NOBODY, Role.EDITOR))
        return
    alike = {tuple(sorted(TABLE[role].items())): role.value for role in reversed(Role)}
    inside = [role for role in alike.values() if may_enter(route, role)]
    is_list = route.method == "GET" and not _is_about_one(route)
    if is_list or _is_about_one(route):
        beside = inside if turn is None or not inside else [inside[turn % len(inside)]]
        yield from ((role, BESIDE) for role in beside)
    # A list that opened beside opens here as well; what lies here is what it must not show there.
    first = 0 if turn is None or not inside else turn % len(inside)
    yield from ((role, HERE) for role in (inside[:1] if is_list else inside[first:] + inside[:first]))
    yield from [(role, HERE) for role in (*Role, NOBODY) if not may_enter(route, role)][:1]
    if route.path.startswith(_OFFICE):
        yield from ((role, ABOVE) for role in inside)


def _fault(route: Route, role: str, place: str, answer: Answer) -> bool:
    """Whether an answer is one that this role must not get there."""
    status, _, page = answer
    if status >= 500 or status == 401:
        return True
    if status == 403 and "people.denied.role" in page:
        return may_enter(route, role) and not (route.path.startswith(_DECIDED) or route.permission in WORDS)
    if not may_enter(route, role):
        return True
    if place == BESIDE:
        # What others may not touch is not told of either; of lists, none must show it.
        return TITLE in page or (_is_about_one(route) and status not in {403, 404})
    if place == HERE and route.path.startswith(_OFFICE):
        return route.method != "GET" and not route.path.endswith("/check") and status not in {403, 409, 422}
    return status == 403 and "people.denied.scope" in page and "{" in route.path


@on_sqlite
@pytest.mark.timeout(600)
@pytest.mark.parametrize("everybody_goes", [False, pytest.param(True, marks=pytest.mark.soak)])
async def test_route_when_any_role_comes_lets_in_those_who_may_and_only_to_what_lies_in_their_unit(
    house: House, everybody_goes: bool
) -> None:
    matrix = await make_matrix(house)
    routes = every_route(house)
    assert len(routes) > 100
    wrong, met = [], set()
    for turn, route in enumerate(routes):
        name = f"{route.method} {route.path}"
        for role, place in _visits(route, None if everybody_goes else turn):
            if name in met and place == HERE and may_enter(route, role) and not everybody_goes and "{" in route.path:
                continue
            answer = await matrix.by[role, place].ask(
                route.method, matrix.path(route.path), sent_to(route, matrix.parts)
            )
            if _fault(route, role, place, answer):
                wrong.append(f"{role} {place}: {route.method} {route.path} ({route.permission}) answered {answer[0]}")
            if (place != BESIDE or not _is_about_one(route)) and _is_met(route, role, answer):
                met.add(name)
            if route.method != "GET" and answer[0] < 400:
                matrix.renew()
    assert not wrong, "\n".join(wrong)
    # What nobody ever found says nothing about who may do it.
    unmet = {f"{route.method} {route.path}" for route in routes} - met
    assert unmet == set(_UNMET), "\n".join(sorted(unmet ^ set(_UNMET)))


@on_postgres
async def test_page_when_opened_on_postgresql_answers_as_on_sqlite(house: House) -> None:
    """What changes rows is tested on both where the use cases are; what only the pages and lists ask, here."""
    matrix = await make_matrix(house)
    wrong, opened = [], 0
    for route in every_route(house):
        if route.method != "GET":
            continue
        inside = [one for one in (*Role, NOBODY) if may_enter(route, one)]
        answer: Answer = (404, "", "")
        for role, place in itertools.product(inside, (HERE, ABOVE)):
            answer = await matrix.by[role, place].ask("GET", matrix.path(route.path), sent_to(route, matrix.parts))
            if answer[0] >= 500 or (_is_met(route, role, answer) and answer[0] != 403):
                break
        opened += answer[0] == 200
        if answer[0] >= 500 or answer[0] in {401, 403, 404}:
            wrong.append(f"{role} {place}: {route.path} answered {answer[0]}")
    assert wrong == []
    assert opened > 100


def _is_met(route: Route, role: str, answer: Answer) -> bool:
    status, _, page = answer
    return may_enter(route, role) and status != 404 and not (status == 403 and "people.denied.scope" in page)


def _is_about_one(route: Route) -> bool:
    """Whether it speaks of a thing that has a unit, by its address."""
    return "{" in route.path and route.permission not in WORDS and not route.path.startswith((*_SHARED, *_OFFICE))


@on_sqlite
async def test_thing_of_one_person_when_another_comes_is_not_touched(house: House) -> None:
    matrix = await make_matrix(house)
    wrong = []
    for route in every_route(house):
        if "{" in route.path and route.permission in WORDS and not is_public(route):
            for role, place in ((Role.EDITOR, BESIDE), (Role.CHIEF, HERE), (Role.PUBLISHER, ABOVE)):
                status, _, _ = await matrix.by[role, place].ask(
                    route.method, matrix.path(route.path), sent_to(route, matrix.parts)
                )
                if status not in {403, 404}:
                    wrong.append(f"{role} {place}: {route.method} {route.path} answered {status}")
    assert wrong == []


@on_sqlite
async def test_route_when_nobody_is_signed_in_leads_to_the_sign_in_unless_public(house: House) -> None:
    await house.set_up()
    browser = house.browser()
    await browser.get("/desk/login")
    (given,) = browser.session.cookie_jar
    stranger = Caller(house.server.app, given.value, given.key)
    wrong = []
    for route in every_route(house):
        path = re.sub(r"\{\w+(:[^}]*)?\}", str(uuid.UUID(int=7)), route.path)
        status, to, page = await stranger.ask(route.method, path, Sent.as_json({}) if "/api/" in path else None)
        if is_public(route):
            good = status in {200, 303, 403, 404, 409, 422} and "desk.sign_in_first" not in page
        elif route.method == "GET" and not route.path.startswith("/api/"):
            good = status == 303 and to.startswith("/desk/login?next=")
        else:
            good = status == 401 and "desk.sign_in_first" in page
        if not good:
            wrong.append(f"{route.method} {route.path} answered {status} {to}")
    assert wrong == []


async def test_piece_when_somebody_elses_is_read_but_not_changed(house: House) -> None:
    world = await make_world(house)
    other = await house.add("qian", "钱慧", "editor")

    await other.get(f"/desk/documents/{world.document}")
    await other.get(f"/desk/documents/{world.document}/edit")
    assert other.at == f"/desk/documents/{world.document}"
    await other.post(f"/desk/documents/{world.document}/do/discard", {}, status=403)
    assert "people.denied.not_own" in other.page
    await other.post(f"/desk/documents/{world.document}/submit", {}, status=403)


async def test_own_piece_when_an_author_reviews_it_is_refused(house: House) -> None:
    await house.set_up()
    chief = await house.add("wu", "吴建国", "chief", "editor")
    await chief.get("/desk/columns/")
    await chief.post("/desk/columns/", {"code": "news", "name": "要闻", "position": "1"})
    document = await begin(chief, "自审自签")
    await write(chief, document)
    await chief.post(f"/desk/documents/{document}/submit", {})
    page = await chief.get(f"/desk/documents/{document}/review")
    assert 'name="password"' not in page
    await chief.post(f"/desk/documents/{document}/review/pass", {"hash": "0" * 64, "password": "x"}, status=403)
    assert "people.denied.own" in chief.page


async def _open_door(visit: Visit) -> None:
    raise AssertionError(visit)


@pytest.mark.parametrize("permission", ["", "everybody", "document.reads"])
async def test_route_when_it_declares_no_permission_stops_the_start(house: House, permission: str) -> None:
    deps: DeskDeps = house.deps
    route = Route("GET", "/desk/open", _open_door, permission)
    section = Section("open", "", "", 99, "", SIGNED_IN, routes=(route,))
    with pytest.raises(ValueError, match="declares no known permission"):
        await asyncio.to_thread(build_desk, deps, [section])
