"""Every route by every role, in the unit of what it is about and beside it, generated from the route table."""

import asyncio
import uuid
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
from tests.integration.desk.calls import Caller
from tests.integration.desk.house import House
from tests.integration.desk.matrix import NOBODY, Matrix, every_route, is_public, make_matrix, may_enter
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
)


async def _answer(matrix: Matrix, caller: Caller, route: Route) -> tuple[int, str, str]:
    body = BODIES.get(route.path.partition("{id}")[2], {})
    return await caller.ask(route.method, matrix.world.path(route.path), body)


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
    wrong, met = [], set()
    for route in routes:
        if route.method != "GET" and "{" in route.path:
            await matrix.renew()
        for role, place in _visits(route):
            caller = (matrix.here if place == "here" else matrix.beside)[role]
            answer = await _answer(matrix, caller, route)
            if _fault(route, role, place, answer):
                wrong.append(f"{role} {place}: {route.method} {route.path} ({route.permission}) answered {answer[0]}")
            if place == "here" and may_enter(route, role) and answer[0] != 404:
                met.add(route)
    assert not wrong, "\n".join(wrong)
    # What nobody ever found says nothing about who may do it.
    lost = [f"{one.method} {one.path}" for one in routes if one not in met and not _is_of_one_person(one)]
    assert not lost, "\n".join(lost)


def _is_of_one_person(route: Route) -> bool:
    """Whether it speaks of a thing of the person who comes, or of nobody's."""
    return route.permission in WORDS or route.path.startswith(("/desk/account/", "/desk/inbox/"))


def _is_about_one(route: Route) -> bool:
    """Whether it speaks of a thing that has a unit, by its address."""
    return "{" in route.path and route.permission not in WORDS and not route.path.startswith(_SHARED)


class _Any(dict[str, str]):
    """A value for whatever part an address has: a stranger is turned away before anything is looked for."""

    def __missing__(self, key: str) -> str:
        return str(uuid.UUID(int=7))


@on_sqlite
async def test_route_when_nobody_is_signed_in_leads_to_the_sign_in_unless_public(house: House) -> None:
    matrix = Matrix(house, {}, {}, World(house, {}, _Any(), ""), uuid.UUID(int=7))
    await house.set_up()
    browser = house.browser()
    await browser.get("/desk/login")
    (given,) = browser.session.cookie_jar
    stranger = Caller(house.root, given.value, given.key)
    wrong = []
    for route in every_route(house):
        status, to, page = await _answer(matrix, stranger, route)
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
