"""Every route by every role, generated from the route table: no error of ours, and only those get in who may."""

import asyncio

import pytest

from cms.contract import Route
from cms.desk.app import build_desk, routes_of
from cms.desk.deps import DeskDeps
from cms.desk.frame import Section
from cms.desk.routing import PUBLIC, SET_PASSWORD, SIGNED_IN
from cms.desk.visit import Visit
from cms.people.permissions import TABLE, Action
from cms.people.roles import Role
from tests.integration.desk.house import House
from tests.integration.desk.world import World, begin, make_world, write

# Everybody's browser goes on being used, so what ends it comes last.
_LAST = "/desk/logout"


def may_enter(route: Route, role: str) -> bool:
    if route.permission in {PUBLIC, SIGNED_IN, SET_PASSWORD, Action.ACCOUNT_MANAGE}:
        return True
    return role != "nobody" and Action(route.permission) in TABLE[Role(role)]


def every_route(house: House) -> list[Route]:
    """HEAD is GET without a body."""
    found = [route for route in routes_of(house.app) if route.method != "HEAD"]
    return sorted(found, key=lambda route: (route.path == _LAST, route.path, route.method))


async def _status(world: World, role: str, route: Route) -> tuple[int, str, str]:
    browser = world.by[role]
    data = {"csrf": browser.token} if route.method == "POST" else None
    headers = {"X-CSRF-Token": browser.token} if route.method in {"PATCH", "DELETE"} else {}
    url = browser.base.join(browser.base.with_path(world.path(route.path)))
    async with browser.session.request(route.method, url, data=data, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text(errors="replace")


@pytest.mark.timeout(240)
async def test_route_when_any_role_comes_lets_in_only_those_who_may(house: House) -> None:
    world = await make_world(house)
    routes = every_route(house)
    assert len(routes) > 60
    wrong: list[str] = []
    for role, browser in world.by.items():
        await browser.get("/desk/account")
        for route in routes:
            status, _, page = await _status(world, role, route)
            refused = status == 403 and ("people.denied.role" in page)
            if status >= 500 or refused == may_enter(route, role) or status == 401:
                wrong.append(f"{role}: {route.method} {route.path} ({route.permission}) answered {status}")
    assert wrong == []


async def test_route_when_nobody_is_signed_in_leads_to_the_sign_in_unless_public(house: House) -> None:
    world = await make_world(house)
    world.by["anonymous"] = house.browser()
    await world.by["anonymous"].get("/desk/login")
    wrong = []
    for route in every_route(house):
        status, to, page = await _status(world, "anonymous", route)
        if route.permission == PUBLIC:
            good = status in {200, 303, 403, 404, 409, 422} and "desk.sign_in_first" not in page
        elif route.method == "GET":
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
