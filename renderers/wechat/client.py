"""One account's calls to the platform: token, budget, journal, and the difference between a no and a silence.

Two kinds of calls. `read` changes nothing: with a dead token it is repeated once with a new one. `act` cannot be
undone: it is never repeated here, and whatever is not a clear answer raises `Lost`.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from cms.contract import OutboundRefused, Services
from renderers.wechat.answers import LIMIT, Answer, read_answer
from renderers.wechat.errcodes import Class, Held, Lost, Refusal
from renderers.wechat.multipart import Upload, form_body, json_body
from renderers.wechat.settings import AccountSettings
from renderers.wechat.standing import CALLS, PUBLISHES
from renderers.wechat.token import Token

_MINUTE: Final = dt.timedelta(minutes=1)
# What of an answer is worth keeping in the journal.
_IDS: Final = ("media_id", "publish_id", "publish_status", "article_id", "total_count")


class Client:
    """Calls in the name of one attempt."""

    def __init__(self, settings: AccountSettings, services: Services, *, attempt: str = "") -> None:
        self.settings = settings
        self._services = services
        self._token = Token(settings, services)
        self._attempt = attempt

    async def read(self, path: str, asked: Mapping[str, object]) -> Answer:
        """A call that changes nothing. Raises Held, Lost or Refusal."""
        return await self._harmless(path, json_body(asked), "application/json")

    async def erase(self, path: str, asked: Mapping[str, object]) -> Answer:
        """Takes something away for good; twice is as once. Raises Held, Lost or Refusal."""
        return await self._harmless(path, json_body(asked), "application/json")

    async def upload(self, path: str, upload: Upload, *, kind: str = "") -> Answer:
        """A picture; twice the same does no harm. Raises Held, Lost or Refusal."""
        body, content_type = form_body("media", upload)
        return await self._harmless(path, body, content_type, kind=kind)

    async def act(self, path: str, asked: Mapping[str, object]) -> Answer:
        """A call that cannot be undone. Raises Held or Refusal (nothing happened) or Lost (nobody knows)."""
        token = await self.ready()
        try:
            return await self._call(path, token, json_body(asked), "application/json")
        except Refusal as refusal:
            if refusal.rule.kind is Class.TOKEN:
                # For the next try; a failure to get one is its business.
                await self._renewed(token)
            raise

    async def ready(self) -> str:
        """A token, or Held: so that nothing is noted as begun while there is none."""
        try:
            return await self._token.get()
        except Lost as lost:
            raise Held("wechat.no_token", retry=True, why=lost.why) from None
        except Refusal as refusal:
            raise Held(
                refusal.rule.code,
                retry=refusal.rule.kind in {Class.CONFIRM, Class.RATE, Class.TOKEN},
                wait=refusal.rule.wait,
                **refusal.params,
            ) from None

    async def _renewed(self, dead: str) -> str | None:
        try:
            return await self._token.get(dead=dead)
        except (Held, Lost, Refusal):
            return None

    async def _harmless(self, path: str, body: bytes, content_type: str, *, kind: str = "") -> Answer:
        token = await self.ready()
        try:
            return await self._call(path, token, body, content_type, kind=kind)
        except Refusal as refusal:
            renewed = await self._renewed(token) if refusal.rule.kind is Class.TOKEN else None
            if renewed is None:
                raise
        return await self._call(path, renewed, body, content_type, kind=kind)

    async def _call(self, path: str, token: str, body: bytes, content_type: str, *, kind: str = "") -> Answer:
        await self._take(CALLS, self.settings.calls_a_minute, _MINUTE)
        url = f"{self.settings.base_url}{path}?access_token={quote(token, safe='')}" + (f"&type={kind}" if kind else "")
        noted: dict[str, object] = {"request": hashlib.sha256(body).hexdigest()[:16], "bytes": len(body)}
        try:
            status, _, data = await self._services.outbound.request(
                "POST", url, body=body, headers={"Content-Type": content_type}, limit=LIMIT
            )
            answer = read_answer(status, data)
        except OutboundRefused as problem:
            # Also for an address that is not allowed: it may be a redirect's, after the work was done.
            noted["end"] = problem.code
            raise Lost(problem.code.removeprefix("publishing.")) from None
        except Lost as lost:
            noted["end"] = lost.why
            raise
        except Refusal as refusal:
            noted |= {"end": "refused", "errcode": refusal.errcode, "text": refusal.text.replace(token, "***")}
            raise
        else:
            noted |= {"end": "ok", **{name: str(answer[name])[:256] for name in _IDS if name in answer}}
            return answer
        finally:
            await self._services.journal.record("wechat.call", path=path, attempt=self._attempt, **noted)

    async def take_publish(self) -> None:
        """One of the day's posts. Raises Held."""
        await self._take(PUBLISHES, self.settings.publishes_a_day, dt.timedelta(days=1))

    async def _take(self, code: str, limit: int, per: dt.timedelta) -> None:
        wait = await self._services.budget.take(code, limit=limit, per=per, now=self._services.now())
        if wait is not None:
            raise Held(code, retry=True, wait=wait, limit=limit)
