"""What a page of the desk weighs when it is opened for the first time, over the route table."""

import gzip
import re
from collections.abc import Iterator

import pytest

from cms.contract import Route
from cms.desk.static_files import ROOT
from cms.people.roles import Role
from tests.integration.desk.house import House
from tests.integration.desk.matrix import Anything, every_route, hire, is_public, may_enter
from tests.integration.desk.world import begin

MOST = 150_000
EDITOR = "vendor/editor-bundle"
_LINKED = re.compile(r'(?:<script[^>]* src|<link[^>]* href)="/desk/static/(vendor|[0-9a-f]{12})/([^"]+)"')
# What a script imports when it needs it, `import("…")`, is no part of the page.
_IMPORTED = re.compile(r'(?:from|import)\s*"(\.[^"]+)"')


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_page_when_opened_first_weighs_less_than_the_limit(house: House) -> None:
    await house.set_up()
    staff = {role: await hire(house, role, "04") for role in (Role.EDITOR, Role.CHIEF, Role.PUBLISHER, *_OFFICERS)}
    parts = Anything(id=await begin(staff[Role.EDITOR], "银龄课堂开讲"))
    weights: dict[str, int] = {}
    for route in filter(_is_page, every_route(house)):
        role = next(one for one in staff if may_enter(route, one))
        path = re.sub(r"\{(\w+)[^}]*\}", lambda found: parts[found[1]], route.path)
        async with staff[role].session.get(staff[role].base.join(staff[role].base.with_path(path))) as answer:
            page = await answer.text() if answer.content_type == "text/html" else ""
        if answer.status == 200 and "<!doctype html>" in page:
            weights[route.path] = _packed(page.encode()) + sum(
                _packed((ROOT / one).read_bytes()) for one in _files(page)
            )

    assert len(weights) > 40, sorted(weights)
    assert {path: weight for path, weight in weights.items() if weight >= MOST} == {}


_OFFICERS = (Role.ADMIN, Role.OPERATOR, Role.AUDITOR)


def _is_page(route: Route) -> bool:
    return route.method == "GET" and route.path.startswith("/desk/") and not is_public(route)


def _files(page: str) -> set[str]:
    """The scripts and sheets a page asks for, and what those scripts ask for; not the editor."""
    found: set[str] = set()
    asked = [f"vendor/{path}" if version == "vendor" else path for version, path in _LINKED.findall(page)]
    while asked:
        name = asked.pop()
        if name in found or name.startswith(EDITOR):
            continue
        found.add(name)
        asked.extend(_imports(name))
    return found


def _imports(name: str) -> Iterator[str]:
    path = ROOT / name
    if path.suffix == ".js" and not name.startswith("vendor/"):
        for said in _IMPORTED.findall(path.read_text("utf-8")):
            yield (path.parent / said).resolve().relative_to(ROOT).as_posix()


def _packed(data: bytes) -> int:
    return len(gzip.compress(data, 6))
