"""The App's receiver as two calls: an event is posted, or asked about. What its answers mean is a table."""

import json
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import ValidationError

from cms.contract import NotSent, OutboundRefused, Services, Target
from renderers.cityapp.events import Event, signed
from renderers.cityapp.ladder import asked_wait
from renderers.cityapp.settings import SECRETS, AppSettings, settings_of
from renderers.cityapp.standing import MINUTE, PUSHES, QUESTIONS

_LIMIT: Final = 64 << 10
_SAID: Final = 200
_KNOWN: Final = "app:known"
_OWN_ADDRESS: Final = "publishing.outbound_refused"
# Statuses by which a receiver says that it did nothing: the code, and whether the same call may help later.
NO: Final = {
    401: ("cityapp.setup.bad_signature", False),
    403: ("cityapp.setup.bad_signature", False),
    404: ("cityapp.setup.no_receiver", False),
    405: ("cityapp.setup.no_receiver", False),
    410: ("cityapp.setup.no_receiver", False),
    400: ("cityapp.refused", False),
    413: ("cityapp.refused", False),
    415: ("cityapp.refused", False),
    422: ("cityapp.refused", False),
    429: ("cityapp.too_fast", True),
}


class Lost(Exception):
    """Nobody knows whether the App has it."""

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.why = why
        self.status = status


class Held(Exception):
    """The App certainly has not got it by this call."""

    def __init__(self, outcome: NotSent) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Receiver:
    """Calls in the name of one attempt."""

    settings: AppSettings
    services: Services
    secrets: tuple[str, ...]
    attempt: str = ""

    @classmethod
    async def of(cls, target: Target, services: Services, attempt: str = "") -> "Receiver":
        """Raises Held for what an administrator must set."""
        try:
            settings = settings_of(target)
        except ValidationError:
            raise Held(NotSent("cityapp.setup.bad_settings", retry=False)) from None
        if not settings.url:
            raise Held(NotSent("cityapp.setup.no_address", retry=False))
        kept = [await services.vault.get(name) for name in SECRETS]
        if not kept[0]:
            raise Held(NotSent("cityapp.setup.no_secret", retry=False))
        return cls(settings, services, tuple(secret for secret in kept if secret), attempt)

    async def may_push(self) -> None:
        """One of the minute's pushes. Raises Held; asked before anything is noted as begun."""
        await self._take(PUSHES, self.settings.pushes_a_minute)

    async def introduced(self, event: Event) -> None:
        """Asks once, before the first push, whether this receiver answers questions: or a lost answer stays lost.

        Raises Held.
        """
        known, version = await self.services.state.get(_KNOWN)
        if known == self.settings.url:
            return
        try:
            await self.has(event)
        except Lost as lost:
            code, retry = NO.get(lost.status, ("cityapp.no_answer", True))
            raise Held(NotSent(code, retry, {"status": lost.status, "said": "–", "why": lost.why})) from None
        await self.services.state.put(_KNOWN, self.settings.url, version=version)

    async def push(self, event: Event) -> None:
        """Raises Held or Lost unless the App has it now."""
        status, headers, data = await self._called("POST", event, event.body, self.settings.url)
        if 200 <= status < 300:
            return
        said = data[: _SAID * 4].decode("utf-8", "replace")[:_SAID]
        if status not in NO:
            raise Lost(f"HTTP {status}")
        code, retry = NO[status]
        wait = asked_wait(headers.get("retry-after"))
        raise Held(NotSent(code, retry, {"status": status, "said": said or "–"}, wait))

    async def has(self, event: Event) -> bool:
        """Whether the App has seen it. Raises Held or Lost."""
        await self._take(QUESTIONS, self.settings.questions_a_minute)
        status, _, data = await self._called("GET", event, b"", f"{self.settings.url}?event={event.id}")
        try:
            seen = json.loads(data)["seen"] if status == 200 else None
        except (ValueError, TypeError, KeyError):
            seen = None
        if not isinstance(seen, bool):
            # A page of some web server is no word of the App.
            raise Lost(f"HTTP {status}", status)
        return seen

    async def _called(
        self, method: Literal["GET", "POST"], event: Event, body: bytes, url: str
    ) -> tuple[int, dict[str, str], bytes]:
        at = int(self.services.now().timestamp())
        headers = {"Content-Type": "application/json; charset=utf-8", **signed(self.secrets, event.id, at, body)}
        noted: dict[str, object] = {"method": method, "message": event.id, "bytes": len(body)}
        try:
            status, named, data = await self.services.outbound.request(
                method, url, body=body or None, headers=headers, limit=_LIMIT
            )
        except OutboundRefused as problem:
            noted["end"] = problem.code
            if problem.code == _OWN_ADDRESS and method == "GET":
                raise Held(NotSent("cityapp.setup.address_refused", retry=False)) from None
            # Also for an address that is not allowed: it may be a redirect's, after the work was done.
            raise Lost(problem.code.removeprefix("publishing.")) from None
        else:
            noted["end"] = status
            return status, {name.lower(): value for name, value in named.items()}, data
        finally:
            path = "/" + url.partition("://")[2].partition("/")[2].partition("?")[0]
            await self.services.journal.record("cityapp.call", path=path, attempt=self.attempt, **noted)

    async def _take(self, name: str, limit: int) -> None:
        wait = await self.services.budget.take(name, limit=limit, per=MINUTE, now=self.services.now())
        if wait is not None:
            raise Held(NotSent(name, retry=True, params={"limit": limit}, wait=wait))
