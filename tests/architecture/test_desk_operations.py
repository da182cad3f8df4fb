"""Everything the desk can change, a program can change by the same right: no route without its operation."""

from collections.abc import Iterable

from aiohttp import web

from cms.api.every import RESOURCES
from cms.contract import Route
from cms.desk.routing import WORDS, get, post
from cms.desk.views import core_sections
from cms.desk.visit import Visit
from cms.people.permissions import Action
from screens.pages import RESOURCES as SCREENS, sections
from tests.architecture.desk_operations import OPERATIONS, PAGES_ONLY

READS = frozenset({"GET", "HEAD", "OPTIONS"})
# One route of the desk for several acts; each use case asks for its own right, and so does each operation.
SEVERAL = {
    "POST /desk/documents/{id}/do/{verb}",
    "POST /desk/documents/{id}/timing",
    "POST /desk/library/assets/{asset}/trash",
}


def changing() -> dict[str, Route]:
    """Every route of the desk that changes something, of the core and of upper packages."""
    routes = (route for section in (*core_sections(), *sections()) for route in section.routes)
    return {f"{route.method} {route.path}": route for route in routes if route.method not in READS}


def operations() -> dict[str, str]:
    """Every operation of the API with its permission."""
    return {f"{one.route.method} {one.route.path}": one.route.permission for one in (*RESOURCES, *SCREENS)}


def unnamed(routes: Iterable[str]) -> list[str]:
    """Routes that no line of the table is about."""
    return sorted(set(routes) - OPERATIONS.keys() - PAGES_ONLY.keys())


def test_route_of_the_desk_when_it_changes_something_names_the_operations_that_do_the_same() -> None:
    assert unnamed(changing()) == []
    known = operations()
    missing = [one for done in OPERATIONS.values() for one in done if one not in known]
    assert missing == []
    assert [route for route, done in OPERATIONS.items() if not done] == []


def test_table_when_a_route_is_gone_or_stands_twice_says_so() -> None:
    named = [*OPERATIONS, *PAGES_ONLY]
    assert sorted(set(named) - changing().keys()) == []
    assert sorted(name for name in set(named) if named.count(name) > 1) == []
    assert all(reason for reason in PAGES_ONLY.values())


def test_operation_when_compared_asks_for_the_right_of_its_route() -> None:
    routes, known = changing(), operations()
    other = [
        f"{route} asks {routes[route].permission}, {one} asks {known[one]}"
        for route, done in OPERATIONS.items()
        if route not in SEVERAL
        for one in done
        # What is one's own alone: a browser is signed in, a token is refused.
        if known[one] != routes[route].permission
        and not (routes[route].permission in WORDS and known[one] == Action.ACCOUNT_MANAGE)
    ]
    assert other == []


async def _act(_visit: Visit) -> web.StreamResponse:
    raise AssertionError


def test_new_route_when_the_table_does_not_name_it_is_found() -> None:
    added = [post("/desk/documents/{id}/sing", _act, "document.edit"), get("/desk/songs", _act, "document.read")]
    found = {f"{route.method} {route.path}" for route in added if route.method not in READS}
    assert unnamed({*changing(), *found}) == ["POST /desk/documents/{id}/sing"]
