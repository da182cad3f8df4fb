"""Two calls of the platform, and what its codes mean for one reader and for the whole."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from cms.contract import NotSent, OutboundRefused, Services
from renderers.wxnotice.settings import NoticeSettings

_LIMIT: Final = 64 << 10
_TOKEN: Final = "access_token"  # noqa: S105 - a name in the vault
_EARLY: Final = dt.timedelta(minutes=3)
_DEAD: Final = frozenset({40001, 40014, 42001})
# The reader does not want it, follows no longer, or is nobody: the others still get theirs. 43101 stands in clients,
# 43004 and 43107 are from memory: were one to mean more than this reader, nobody would be told twice all the same.
_NOT_HER: Final = frozenset({43101, 43004, 40003, 43107})
# Somebody must act before anybody gets anything: what is said, by the platform's codes.
_STOPS: Final = (
    ("wxnotice.setup.refused", frozenset({40002, 40013, 40125, 40164, 40243, 41002, 41004, 50004, 50007})),
    ("wxnotice.setup.bad_template", frozenset({40037, 47003, 41028, 41029, 41030})),
    ("wxnotice.rights.refused", frozenset({48001, 48004, 50001, 50002, 61007})),
)
_WAITS: Final[Mapping[int, dt.timedelta]] = {
    45009: dt.timedelta(hours=1),
    45011: dt.timedelta(minutes=1),
    89503: dt.timedelta(minutes=10),
    89506: dt.timedelta(hours=24),
    89507: dt.timedelta(hours=1),
}


class Lost(Exception):
    """Nobody knows whether it happened."""


class NotHer(Exception):
    """The platform will not send it to this reader."""


class Stopped(Exception):
    """Certainly not sent, and no other reader would get it either."""

    def __init__(self, outcome: NotSent) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls in the name of one attempt."""

    settings: NoticeSettings
    services: Services
    attempt: str

    async def ready(self) -> str:
        """A token. Raises Stopped; asked before an intent is noted."""
        kept = json.loads(await self.services.vault.get(_TOKEN) or "{}")
        fresh = kept.get("appid") == self.settings.appid and kept.get("until", 0) > self.services.now().timestamp()
        return str(kept["token"]) if fresh else await self._made()

    async def send(self, token: str, body: bytes) -> None:
        """Raises Lost, NotHer or Stopped unless the platform took it."""
        way = "template/send" if self.settings.way == "template" else "subscribe/bizsend"
        path = f"/cgi-bin/message/{way}"
        answer = await self._called(path, f"?access_token={quote(token, safe='')}", body)
        code, text = _code(answer)
        if code in _DEAD:
            await self.services.vault.put(_TOKEN, "{}")
        if code in _NOT_HER:
            raise NotHer(text)
        if code == -1:
            raise Lost("busy (-1)")
        if code:
            raise Stopped(_outcome(code, text))

    async def _made(self) -> str:
        secret = await self.services.vault.get("app_secret")
        if not self.settings.appid or not secret:
            raise Stopped(NotSent("wxnotice.setup.no_account", retry=False))
        asked = {"grant_type": "client_credential", "appid": self.settings.appid, "secret": secret}
        try:
            answer = await self._called("/cgi-bin/stable_token", "", json.dumps(asked).encode())
        except Lost as lost:
            raise Stopped(NotSent("wxnotice.no_token", retry=True, params={"why": str(lost)})) from None
        code, text = _code(answer)
        token = answer.get("access_token")
        if code or not isinstance(token, str) or not token:
            again = NotSent("wxnotice.no_token", retry=True, params={"why": text or "–"})
            raise Stopped(again if code in {0, -1} else _outcome(code, text))
        until = self.services.now() + dt.timedelta(seconds=_number(answer.get("expires_in")) or 0) - _EARLY
        kept = {"appid": self.settings.appid, "token": token, "until": until.timestamp()}
        await self.services.vault.put(_TOKEN, json.dumps(kept))
        return token

    async def _called(self, path: str, query: str, body: bytes) -> Mapping[str, Any]:
        noted: dict[str, object] = {"path": path, "attempt": self.attempt, "bytes": len(body)}
        try:
            status, _, data = await self.services.outbound.request(
                "POST",
                self.settings.base_url + path + query,
                body=body,
                headers={"Content-Type": "application/json"},
                limit=_LIMIT,
            )
            answer = _read(status, data)
        except OutboundRefused as problem:
            noted["end"] = problem.code
            raise Lost(problem.code.removeprefix("publishing.")) from None
        except Lost as lost:
            noted["end"] = str(lost)
            raise
        else:
            noted["end"] = _number(answer.get("errcode")) or 0
            return answer
        finally:
            await self.services.journal.record("wxnotice.call", **noted)


def _read(status: int, data: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(data) if status == 200 else None
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or _number(answer.get("errcode", 0)) is None:
        raise Lost(f"HTTP {status}")
    return answer


def _code(answer: Mapping[str, Any]) -> tuple[int, str]:
    return _number(answer.get("errcode")) or 0, str(answer.get("errmsg") or "")[:200]


def _number(value: object) -> int | None:
    """An integer, also where it comes as a string."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def _outcome(code: int, text: str) -> NotSent:
    params = {"errcode": code, "text": text or "–"}
    if code in _DEAD:
        return NotSent("wxnotice.token_refused", retry=True, params=params)
    if code in _WAITS:
        return NotSent("wxnotice.waits", retry=True, params=params, wait=_WAITS[code])
    said = next((name for name, codes in _STOPS if code in codes), "wxnotice.refused")
    return NotSent(said, retry=False, params=params)
