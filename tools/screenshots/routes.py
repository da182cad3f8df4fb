"""Every page of the desk from its route table, and an address for each: plain ones as they are, the rest from links."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from playwright.sync_api import BrowserContext

from cms.contract import Route
from cms.desk.views import core_sections
from cms.people.permissions import TABLE, Action
from cms.people.roles import Role
from screens.pages import sections
from tools.screenshots.people import ROLES

# Parts of pages, files and exports: no pages of their own.
_NO_PAGES = re.compile(
    r"^/desk/(static|files|assets)/|\{id\}/checks|/(export|sample|picker|sizes|submission|deliveries|rows|events|template\.csv|"
    r"card|children|commands|frame)\b|\{(rendition|upload|sha256|delivery|channel|form)\}"
)
# Whose eyes a page is for, when the first who may is not the one it was made for.
_EYES = {
    "/desk/documents/{id}/review": "zhoulan",
    "/desk/review/": "zhoulan",
    "/desk/m/": "zhoulan",
    "/desk/m/{id}": "zhoulan",
}


@dataclass(frozen=True)
class Seen:
    """An address of the desk and who looks at it; `pattern` is its route."""

    pattern: str
    path: str
    login: str

    @property
    def name(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.pattern.removeprefix("/desk/").lower()).strip("-") or "home"


def pages() -> list[Route]:
    """The routes that answer with a page, without those before the sign-in."""
    found = [route for section in (*core_sections(), *sections()) for route in section.routes]
    return [
        one for one in found if one.method == "GET" and one.permission != "public" and not _NO_PAGES.search(one.path)
    ]


def eyes(route: Route) -> str:
    """The first of the demo's people who may go there."""
    if route.path in _EYES:
        return _EYES[route.path]
    actions = set(Action)
    may = [
        login
        for login, role in ROLES.items()
        if route.permission not in actions or Action(route.permission) in TABLE[Role(role)]
    ]
    return may[0]


def look_up(contexts: Mapping[str, BrowserContext], url: str) -> list[Seen]:
    """An address for every route: those with parts are found among the links of the plain ones, twice over."""
    routes = pages()
    found = {route.path: Seen(route.path, route.path, eyes(route)) for route in routes if "{" not in route.path}
    wanted = {route.path: route for route in routes if "{" in route.path}
    looked: set[str] = set()
    for _ in range(3):
        for one in [seen for seen in found.values() if seen.path not in looked]:
            looked.add(one.path)
            for pattern, link in _matches(_links(contexts[one.login], url, one.path), wanted):
                found.setdefault(pattern, Seen(pattern, link, eyes(wanted[pattern])))
    missing = sorted(set(wanted) - set(found))
    if missing:
        print("no link leads to", ", ".join(missing))
    return list(found.values())


def _links(context: BrowserContext, url: str, path: str) -> list[str]:
    answer = context.request.get(url + path)
    return re.findall(r'(?:href|action)="(/desk/[^"#?]*)', answer.text()) if answer.ok else []


def _matches(links: Iterable[str], wanted: Mapping[str, Route]) -> Iterator[tuple[str, str]]:
    for link in links:
        for pattern in wanted:
            if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", pattern), link) and not _is_plain(link):
                yield pattern, link


def _is_plain(link: str) -> bool:
    return any(route.path == link for route in pages())
