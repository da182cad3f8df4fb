"""Every route by every role, in the unit of what it is about and beside it, generated from the route table."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from cms.contract import Route
from cms.desk.app import build_desk
from cms.desk.deps import DeskDeps
from cms.desk.frame import Section
from cms.desk.routing import SIGNED_IN, WORDS
from cms.desk.visit import Visit
from cms.people.permissions import TABLE
from cms.people.roles import Role
from tests.integration.desk.house import Browser, House
from tests.integration.desk.matrix import NOBODY, Anything, Matrix, every_route, is_public, make_matrix, may_enter
from tests.integration.desk.world import World, begin, make_world, write

# Permissions do not differ by database; what narrows lists is tested on both where it lives.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TITLE = "银龄课堂开讲"
# Bodies of the API that get as far as the permission.
BODIES: dict[str, dict[str, Any]] = {
    "/approve": {"password": "x"},
    "/publish": {"targets": ["site"]},
    "/recall": {"reason": "x", "password": "x"},
}
# What belongs to nobody's unit: it is the same for everybody who may enter at all.
_SHARED = (
    "/desk/columns/",
    "/desk/audit/export/",
    "/desk/checks/",  # the office's: only who may it for the whole office changes anything
    "/api/v1/checklists/",
    "/desk/calendar/dayparts/",  # the district's
    "/api/v1/dayparts/",
    "/api/v1/holidays/",
)


async def _status(matrix: Matrix, browser: Browser, route: Route) -> tuple[int, str, str]:
    headers = {"X-CSRF-Token": browser.token}
    url = browser.base.join(browser.base.with_path(matrix.world.path(route.path)))
    body: dict[str, Any] = {}
    if route.path.startswith("/api/"):
        body = {"json": BODIES.get(route.path.partition("{id}")[2], {})} if route.method != "GET" else {}
    elif route.method == "POST":
        body = {"data": {}}
    async with browser.session.request(route.method, url, headers=headers, allow_redirects=False, **body) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text(errors="replace")


def _visits(route: Route) -> Iterator[tuple[str, str]]:
    """Who goes there from which unit: of roles that may all the same, one; one of those who may not.

    Beside first: what they may not touch must still be there for those who may.
    """
    if route.permission in WORDS:
        yield from ((role, "here") for role in (Role.EDITOR, NOBODY))
        return
    alike = {tuple(sorted(TABLE[role].items())): role.value for role in reversed(Role)}
    inside = [role for role in alike.values() if may_enter(route, role)]
    if _is_about_one(route) or route.method == "GET":
        yield from ((role, "beside") for role in inside)
    yield from ((role, "here") for role in inside)
    yield from [(role, "here") for role in (*Role, NOBODY) if not may_enter(route, role)][:1]


def _fault(route: Route, role: str, place: str, answer: tuple[int, str, str]) -> bool:
    """Whether an answer is one that this role must not get there."""
    status, _, page = answer
    refused = status == 403 and "people.denied.role" in page
    if status >= 500 or status == 401 or refused == may_enter(route, role):
        return True
    if place == "here":
        return _is_about_one(route) and "people.denied.scope" in page
    # What was refused for its form (412, 422) must not tell of it either; of lists, none must show it.
    told = TITLE in page
    return told or (_is_about_one(route) and status not in {403, 404, 412, 422})


@on_sqlite
@pytest.mark.timeout(240)
async def test_route_when_any_role_comes_lets_in_those_who_may_and_only_to_what_lies_in_their_unit(
    house: House,
) -> None:
    matrix = await make_matrix(house)
    routes = every_route(house)
    assert len(routes) > 100
    wrong = []
    for route in routes:
        for role, place in _visits(route):
            browser = (matrix.here if place == "here" else matrix.beside)[role]
            answer = await _status(matrix, browser, route)
            if _fault(route, role, place, answer):
                wrong.append(f"{role} {place}: {route.method} {route.path} ({route.permission}) answered {answer[0]}")
    assert not wrong, "\n".join(wrong)


def _is_about_one(route: Route) -> bool:
    """Whether it speaks of a thing that has a unit, by its address."""
    return "{" in route.path and route.permission not in WORDS and not route.path.startswith(_SHARED)


@on_sqlite
async def test_route_when_nobody_is_signed_in_leads_to_the_sign_in_unless_public(house: House) -> None:
    matrix = Matrix(house, {}, {}, World(house, {}, Anything(), ""))
    await house.set_up()
    stranger = house.browser()
    await stranger.get("/desk/login")
    wrong = []
    for route in every_route(house):
        status, to, page = await _status(matrix, stranger, route)
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
