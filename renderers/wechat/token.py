"""The account's token, shared by all processes: in the vault, made anew by one of them at a time."""

import asyncio
import datetime as dt
import json
from typing import Final

from cms.contract import Busy, OutboundRefused, Services
from renderers.wechat.answers import Answer, identity, number, read_answer
from renderers.wechat.errcodes import Held, Lost, Refusal
from renderers.wechat.multipart import json_body
from renderers.wechat.settings import AccountSettings

_NAME: Final = "access_token"
_LEASE: Final = "token"
_LEASE_SECONDS: Final = 45.0
# The platform keeps the old token for about five minutes beside a new one; ours is never used that long.
_EARLY: Final = dt.timedelta(minutes=3)
_SHORTEST: Final = dt.timedelta(minutes=1)
_TURNS: Final = 20
_PAUSE: Final = 0.25
# Of the platform: 20 a day and 30 s apart.
_FORCED_A_DAY: Final = 20
_FORCED_APART: Final = dt.timedelta(seconds=30)


class Token:
    """Gives the token of one account."""

    def __init__(self, settings: AccountSettings, services: Services) -> None:
        self._settings = settings
        self._services = services

    async def get(self, dead: str | None = None) -> str:
        """A token that is not `dead`.

        Raises:
            Held: no AppID or secret, or another process did not finish making one.
            Lost: no answer.
            Refusal: as the platform said.
        """
        for _ in range(_TURNS):
            kept = await self._kept()
            if kept is not None and kept != dead:
                return kept
            try:
                async with self._services.lease.hold(_LEASE, _LEASE_SECONDS):
                    kept = await self._kept()
                    return kept if kept is not None and kept != dead else await self._made(dead)
            except Busy:
                await asyncio.sleep(_PAUSE)
        raise Held("wechat.token_busy", retry=True)

    async def _kept(self) -> str | None:
        text = await self._services.vault.get(_NAME)
        if not text:
            return None
        kept = json.loads(text)
        fresh = dt.datetime.fromisoformat(kept["until"]) > self._services.now()
        return str(kept["token"]) if fresh and kept["appid"] == self._settings.appid else None

    async def _made(self, dead: str | None) -> str:
        answer = await self._asked(force=False)
        if dead is not None and identity_of(answer) == dead:
            # The platform still thinks well of a token that it refuses: only then is one forced.
            await self._may_force()
            answer = await self._asked(force=True)
        token = identity_of(answer)
        lives = dt.timedelta(seconds=max(0, number(answer.get("expires_in")) or 0))
        until = self._services.now() + max(lives - _EARLY, _SHORTEST)
        kept = {"appid": self._settings.appid, "token": token, "until": until.isoformat()}
        await self._services.vault.put(_NAME, json.dumps(kept))
        return token

    async def _may_force(self) -> None:
        now, budget = self._services.now(), self._services.budget
        for name, limit, per in (
            ("wechat.forced_apart", 1, _FORCED_APART),
            ("wechat.forced_day", _FORCED_A_DAY, dt.timedelta(days=1)),
        ):
            wait = await budget.take(name, limit=limit, per=per, now=now)
            if wait is not None:
                raise Held("wechat.token_refused", retry=True, wait=wait, errcode=40001, text="")

    async def _asked(self, *, force: bool) -> Answer:
        secret = await self._services.vault.get("app_secret")
        if not self._settings.appid:
            raise Held("wechat.setup.no_appid", retry=False)
        if not secret:
            raise Held("wechat.setup.no_secret", retry=False)
        asked = {
            "grant_type": "client_credential",
            "appid": self._settings.appid,
            "secret": secret,
            "force_refresh": force,
        }
        url = self._settings.base_url + "/cgi-bin/stable_token"
        errcode = 0
        try:
            status, _, data = await self._services.outbound.request(
                "POST", url, body=json_body(asked), headers={"Content-Type": "application/json"}, limit=64 << 10
            )
            return read_answer(status, data)
        except OutboundRefused as problem:
            if problem.code == "publishing.outbound_refused":
                raise Held("wechat.setup.address_refused", retry=True) from None
            raise Lost(problem.code.removeprefix("publishing.")) from None
        except Refusal as refusal:
            errcode = refusal.errcode
            raise
        finally:
            await self._services.journal.record(
                "wechat.call", path="/cgi-bin/stable_token", forced=force, errcode=errcode
            )


def identity_of(answer: Answer) -> str:
    token = answer.get("access_token")
    return token if isinstance(token, str) and 0 < len(token) <= 2_048 else identity(answer, "access_token")
