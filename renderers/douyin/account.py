"""One Douyin account: who it is, whether it may post by itself, and its calls as the journal shows them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from cms.contract import NotSent, OutboundRefused, Outcome, Services, Target
from renderers.douyin.errors import Action, Row, Trouble
from renderers.douyin.settings import Mode, Settings
from renderers.douyin.wire import ANSWER_LIMIT, FORM, Answer, Garbled, address, form_body, read_answer

MODE: Final = "mode"
SCAN: Final = "scan"
POSTS: Final = "douyin.own_limit_posts"
TOKENS: Final = "tokens"
_ZONE: Final = ZoneInfo("Asia/Shanghai")


class Halt(Exception):
    """Nothing was posted and nothing more can be done in this go; `outcome` says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class CapabilityGone(Exception):
    """The platform does not let this account post by itself (any more)."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(code, said)
        self.code = code
        self.said = said


def no(answer: Answer) -> Exception:
    """What to raise for a refusal that certainly came before any effect."""
    row = answer.row
    if row.action is Action.outbox:
        return CapabilityGone(answer.code, answer.said)
    return Halt(not_sent(row, answer))


def not_sent(row: Row, answer: Answer) -> NotSent:
    retry = row.action in {Action.retry, Action.wait}
    wait = dt.timedelta(minutes=row.wait) if row.wait else None
    if row.trouble is Trouble.quota and answer.at is not None:
        wait = to_next_day(answer.at)
    return NotSent(row.code, retry=retry, params={"code": answer.code, "said": answer.said or "–"}, wait=wait)


def to_next_day(at: dt.datetime) -> dt.timedelta:
    """From `at` to when the platform counts anew, a few minutes behind Beijing's midnight."""
    here = at.astimezone(_ZONE)
    midnight = dt.datetime.combine(here.date() + dt.timedelta(days=1), dt.time(0, 3), _ZONE)
    return midnight - here


def no_answer(garbled: Garbled) -> Halt:
    """A lost answer to a call that can be repeated without harm."""
    return Halt(NotSent("douyin.no_answer", retry=True, params={"why": garbled.why}))


@dataclass(slots=True)
class Account:
    """Made for one go; `at` is the platform's clock as its last answer told it."""

    target: Target
    services: Services
    settings: Settings
    open_id: str
    tokens: Mapping[str, Any]
    at: dt.datetime | None = None
    attempt: str = ""
    """In whose name calls stand in the journal; empty for what belongs to no attempt."""

    @property
    def now(self) -> dt.datetime:
        """The platform's time where it told it, else ours."""
        return self.at or self.services.now()

    @classmethod
    async def open(cls, target: Target, services: Services, attempt: str = "") -> Self:
        settings = Settings.model_validate(dict(target.settings))
        tokens, _ = await services.state.get(TOKENS)
        tokens = tokens or {}
        open_id = settings.open_id or str(tokens.get("open_id") or "")
        return cls(target, services, settings, open_id, tokens, attempt=attempt)

    async def needs_outbox(self) -> bool:
        """Whether a person must post: set so, never authorised, or the right was withdrawn.

        Raises `Halt` where an account that is set to the interface alone has no consent.
        """
        if self.settings.mode in {Mode.outbox, Mode.scan}:
            return True
        token = await self.services.vault.get("access_token")
        ready = bool(self.settings.client_key and self.open_id and token)
        if self.settings.mode is Mode.api:
            if not ready:
                raise Halt(NotSent("douyin.setup.no_consent", retry=False))
            return False
        mode, _ = await self.services.state.get(MODE)
        return not ready or bool(mode and mode.get("outbox"))

    async def needs_consent(self) -> bool:
        """Whether there is no token to read the account with."""
        token = await self.services.vault.get("access_token")
        return not (self.settings.client_key and self.open_id and token)

    async def downgrade(self, gone: CapabilityGone) -> None:
        """Remembers that a person must post from now on, until the account is authorised anew."""
        mode, version = await self.services.state.get(MODE)
        if not (mode and mode.get("outbox")):
            value = {"outbox": True, "code": gone.code, "said": gone.said, "since": int(self.now.timestamp())}
            await self.services.state.put(MODE, value, version=version)
            await self.services.journal.record("douyin.downgraded", code=gone.code, said=gone.said)

    async def form(self, path: str, **fields: str) -> Answer | Garbled:
        """A call of the consent family: a form without the person's token."""
        url = address(self.settings.base_url, path)
        return await self.request("POST", url, body=form_body(**fields), headers={"content-type": FORM}, name=path)

    async def request(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], name: str
    ) -> Answer | Garbled:
        try:
            status, answered, data = await self.services.outbound.request(
                method, url, body=body, headers=headers, limit=ANSWER_LIMIT
            )
        except OutboundRefused as problem:
            answer: Answer | Garbled = Garbled(problem.code)
        else:
            answer = read_answer(status, answered, data)
        await self._note(name, answer)
        return answer

    async def _note(self, name: str, answer: Answer | Garbled) -> None:
        """Paths, codes and the platform's own sentence only: neither tokens nor bodies stand in the journal."""
        fields: dict[str, object] = {"path": name, "attempt": self.attempt}
        if isinstance(answer, Garbled):
            await self.services.journal.record("douyin.call", **fields, lost=answer.why)
            return
        self.at = answer.at or self.at
        fields["code"] = answer.code
        if answer.code:
            fields |= {"said": answer.said, "log_id": answer.log_id}
        await self.services.journal.record("douyin.call", **fields)
