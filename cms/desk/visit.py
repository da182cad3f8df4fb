"""One request as the pages see it: who came, in which language, when; and the ways to answer."""

import datetime as dt
import functools
import uuid
from collections.abc import Iterable, Mapping
from typing import Final

from aiohttp import web
from multidict import MultiDictProxy

from cms.desk.banners import Banner
from cms.desk.deps import DeskDeps
from cms.desk.frame import Desk, Shell
from cms.desk.policy import page_headers
from cms.kernel.errors import DomainError, NotFound
from cms.people.actor import Actor
from cms.people.permissions import may_anywhere
from cms.people.sessions import csrf_token

Form = MultiDictProxy[str | bytes | bytearray | web.FileField]

DEPS: Final = web.AppKey("deps", DeskDeps)
DESK: Final = web.AppKey("desk", Desk)
LANGUAGE: Final = web.RequestKey("language", str)
UNIT_NAME: Final = web.RequestKey("unit_name", str)
BANNERS: Final[web.RequestKey[tuple[Banner, ...]]] = web.RequestKey("banners", tuple)
THEMES: Final = ("system", "light", "dark")
THEME_COOKIE: Final = "yp_theme"
COUNTS: Final[web.RequestKey[dict[str, int]]] = web.RequestKey("counts", dict)
DONE_COOKIE: Final = "yp_done"
_DONE_SECONDS: Final = 60


class Visit:
    """Made by the session middleware for every request; handlers get it instead of the bare request."""

    def __init__(
        self, request: web.Request, *, actor: Actor | None, token: str, language: str, now: dt.datetime
    ) -> None:
        self.request = request
        self.deps = request.app[DEPS]
        self.desk = request.app[DESK]
        self.actor_or_none = actor
        self.by_token = ""
        self.language = language
        self.now = now
        self.told = ""
        """The code of the refusal this answer tells, for the record."""
        self._token = token

    @property
    def actor(self) -> Actor:
        """The person who is signed in; a public handler must not ask."""
        if self.actor_or_none is None:
            raise RuntimeError("a public route asked for the actor")
        return self.actor_or_none

    @property
    def csrf(self) -> str:
        return csrf_token(self._token)

    @property
    def token(self) -> str:
        """The secret of the browser's cookie; empty for a browser that has none."""
        return self._token

    @property
    def ip(self) -> str:
        """Where the request comes from; our own proxy is believed only when the settings say that there is one."""
        forwarded = self.request.headers.get("X-Forwarded-For", "") if self.deps.behind_proxy else ""
        return forwarded.rpartition(",")[2].strip()[:64] or (self.request.remote or "")

    def shared_address(self, token: str) -> str:
        """Where a shared preview's link leads, as people copy it."""
        scheme = "https" if self.deps.secure else self.request.scheme
        return f"{scheme}://{self.request.host}/desk/shared/{token}"

    def part(self, name: str) -> str:
        """A part of the address."""
        return self.request.match_info[name]

    def uuid(self, name: str) -> uuid.UUID:
        """A part of the address as an id. Raises NotFound `kernel.not_found`."""
        return as_uuid(self.part(name))

    def query(self, name: str) -> str:
        return self.request.query.get(name, "")[:200]

    @property
    def theme(self) -> str:
        """Light, dark or as the system asks: what this browser chose."""
        chosen = self.request.cookies.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else THEMES[0]

    async def form(self) -> Form:
        """What was sent, within the limits of the application."""
        return await self.request.post()

    def t(self, key: str, **params: object) -> str:
        return self.deps.catalogue.text(self.language, key, **params)

    def joined(self, words: Iterable[str]) -> str:
        """Words one after the other, with the mark that the language sets between them."""
        return self.t("desk.list_mark").join(words)

    def refusal(self, error: DomainError) -> Mapping[str, str]:
        """A refusal as the components show it."""
        self.told = error.code
        return self.desk.refusal(error, language=self.language)

    def may(self, action: str) -> bool:
        """Whether the person has any right to this at all, for what a page offers."""
        return self.actor_or_none is not None and may_anywhere(self.actor, action)

    def is_for_script(self) -> bool:
        """Whether a script asked, which wants JSON and never a redirect."""
        accept = self.request.headers.get("Accept", "")
        if "HX-Request" in self.request.headers or self.request.path.startswith("/api/"):
            return True
        return "application/json" in accept and "text/html" not in accept

    def render(self, template: str, context: Mapping[str, object], *, status: int = 200) -> web.Response:
        """A page without the frame of a signed-in person, or a part of one."""
        html = self.desk.render(
            template, {"done": self._done(), "theme": self.theme, **context}, language=self.language
        )
        answer = web.Response(text=html, content_type="text/html", status=status, headers=page_headers())
        if DONE_COOKIE in self.request.cookies:
            answer.del_cookie(DONE_COOKIE, path="/desk")
        return answer

    def page(
        self, template: str, context: Mapping[str, object], *, section: str = "", status: int = 200
    ) -> web.Response:
        """A page in the frame; `section` is the entry of the navigation it belongs to."""
        return self.render(template, {"shell": self.shell(section), **context}, status=status)

    def shell(self, section: str) -> Shell:
        actor = self.actor
        counts = self.request.get(COUNTS, {})
        nav = self.desk.sections.nav(current=section, allowed=functools.partial(may_anywhere, actor), counts=counts)
        roles = self.joined(self.t(f"enum.Role.{role.name}") for role in sorted(actor.roles)) or self.t(
            "desk.role.none"
        )
        unit = self.request.get(UNIT_NAME, "")
        banners = tuple(self._said(one) for one in self.request.get(BANNERS, ()))
        return Shell(person=actor.name, role=roles, unit=unit, csrf=self.csrf, nav=nav, search="", banners=banners)

    def _said(self, one: Banner) -> Mapping[str, str]:
        key = f"desk.banner.{one.key}"
        said = {"text": self.t(key, **one.params), "next": self.t(f"{key}.next"), "go": self.t(f"{key}.go")}
        return {**said, "href": one.href, "tone": one.tone}

    def redirect(self, to: str, *, done: str = "") -> web.Response:
        """Leads on after something was done; `done` names the sentence ``desk.done.…`` the next page says once."""
        answer = web.Response(status=303, headers={"Location": to})
        if done:
            answer.set_cookie(
                DONE_COOKIE,
                done,
                max_age=_DONE_SECONDS,
                path="/desk",
                httponly=True,
                samesite="Lax",
                secure=self.deps.secure,
            )
        return answer

    def _done(self) -> str:
        said = self.request.cookies.get(DONE_COOKIE, "")
        key = f"desk.done.{said}"
        return self.t(key) if said and key in self.deps.catalogue.keys(self.language) else ""


VISIT: Final = web.RequestKey("visit", Visit)


def visit_of(request: web.Request) -> Visit:
    """Raises KeyError where the session middleware did not run."""
    return request[VISIT]


def as_uuid(text: str) -> uuid.UUID:
    """Raises NotFound `kernel.not_found`: what is no id names nothing."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound("kernel.not_found") from None
