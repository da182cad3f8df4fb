"""What is written down about each post before and after every call that cannot be undone; it survives any kill.

A post is known by the hash of its frozen payload, not by the attempt: a second attempt finds the draft of the first
one and goes on with it. Every change is a compare-and-set, so that a worker that was thought dead and wakes up can
change nothing.
"""

import dataclasses
import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from cms.contract import AccountState

_ATTEMPT: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MOST_SPARES: Final = 50
_TURNS: Final = 5


class Step(StrEnum):
    """How far a post has come; the two on -ING are intents."""

    OPEN = "open"
    DRAFTING = "drafting"
    DRAFTED = "drafted"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    LIVE = "live"
    HANDED = "handed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Record:
    """One post.

    Attributes:
        key: travelled with its draft.
        at: the instant of the last step.
        way: how it goes out, once that is decided: ``publish`` or ``push``; empty as the account's settings say.
        push: the platform's number of the message to followers.
        data: its number under which readers' comments of the article are kept.
        talk: ``open`` or ``closed`` as somebody set the comments since; empty as the account's settings say.
        tries: submits that may have been made.
        body: hash of the article as it was sent.
        why, params: the refusal that ended it.
    """

    step: Step = Step.OPEN
    key: str = ""
    at: str = ""
    draft: str = ""
    publish: str = ""
    push: str = ""
    article: str = ""
    url: str = ""
    way: str = ""
    data: str = ""
    talk: str = ""
    tries: int = 0
    body: str = ""
    why: str = ""
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def since(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.at)

    def age(self, now: dt.datetime) -> dt.timedelta:
        return now - dt.datetime.fromisoformat(self.at) if self.at else dt.timedelta.max


class Superseded(Exception):
    """Somebody else goes on with this post."""


@dataclass(frozen=True, slots=True)
class Spare:
    """A draft that should not stay in the box: of a post that was not submitted after all."""

    draft: str
    post: str
    at: str


class Notes:
    """The notes of one account."""

    def __init__(self, state: AccountState) -> None:
        self._state = state

    async def claim(self, attempt: str, post: str) -> bool:
        """Binds an attempt to its post; False when it was closed or bound before."""
        return await self._state.put(_try(attempt), {"post": post}, version=0)

    async def post_of(self, attempt: str) -> str | None:
        """The post of an attempt; an attempt without one is closed for ever, so that a late sender cannot begin it."""
        for _ in range(_TURNS):
            value, version = await self._state.get(_try(attempt))
            if version:
                return value.get("post") if isinstance(value, Mapping) else None
            if await self._state.put(_try(attempt), {"post": None}, version=0):
                return None
        raise Superseded

    async def load(self, post: str) -> tuple[Record, int]:
        value, version = await self._state.get(_post(post))
        return (_record(value), version) if isinstance(value, Mapping) else (Record(), version)

    async def save(self, post: str, record: Record, *, version: int) -> int:
        """The new version. Raises Superseded."""
        if not await self._state.put(_post(post), {**asdict(record), "step": record.step.value}, version=version):
            raise Superseded
        return version + 1

    async def remember_article(self, article: str, post: str, appid: str) -> None:
        _, version = await self._state.get(_article(article))
        await self._state.put(_article(article), {"post": post, "appid": appid}, version=version)

    async def origin_of(self, article: str) -> tuple[str, str] | None:
        """The post of an article and the account it went out on, if it is one of ours."""
        value, _ = await self._state.get(_article(article))
        return (str(value["post"]), str(value["appid"])) if isinstance(value, Mapping) else None

    async def remember_push(self, push: str, status: str, url: str) -> None:
        """What an event told of a message to followers; only words and an address, the state is read."""
        name = f"wx:push:{push[:40]}"
        _, version = await self._state.get(name)
        await self._state.put(name, {"status": status, "url": url}, version=version)

    async def push(self, push: str) -> tuple[str, str]:
        """Status and address as they were told; empty when no event came."""
        value, _ = await self._state.get(f"wx:push:{push[:40]}")
        return (str(value["status"]), str(value["url"])) if isinstance(value, Mapping) else ("", "")

    async def spares(self) -> tuple[Spare, ...]:
        value, _ = await self._state.get("wx:spares")
        return tuple(Spare(**one) for one in value or ())

    async def add_spare(self, spare: Spare) -> None:
        await self._change_spares(lambda kept: [*(one for one in kept if one.draft != spare.draft), spare])

    async def drop_spare(self, draft: str) -> None:
        await self._change_spares(lambda kept: [one for one in kept if one.draft != draft])

    async def _change_spares(self, change: Any) -> None:
        for _ in range(_TURNS):
            value, version = await self._state.get("wx:spares")
            kept = [Spare(**one) for one in value or ()]
            after = change(kept)[-_MOST_SPARES:]
            if after == kept:
                return
            if await self._state.put("wx:spares", [dataclasses.asdict(one) for one in after], version=version):
                return


def checked_attempt(attempt: str) -> str:
    """The attempt as it may stand in an address and in the name of a note."""
    if not _ATTEMPT.fullmatch(attempt):
        raise ValueError(f"attempt {attempt[:80]!r}")
    return attempt


def _record(value: Mapping[str, Any]) -> Record:
    return Record(**{**value, "step": Step(value["step"])})


def _try(attempt: str) -> str:
    return f"wx:try:{checked_attempt(attempt)}"


def _post(post: str) -> str:
    return f"wx:post:{post[:40]}"


def _article(article: str) -> str:
    return f"wx:article:{hashlib.sha256(article.encode()).hexdigest()[:40]}"
