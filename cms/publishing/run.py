"""One delivery through one channel, without a database: the worker and the tests call the same function.

A display renders and its output is written. A post goes through its stages with a note before and after the call that
cannot be undone; while the outcome of a begun call is open, it is only ever reconciled, never made again.
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from cms.contract import (
    Accepted,
    Channel,
    ContractError,
    Correction,
    Delta,
    Display,
    Files,
    Manifests,
    Manual,
    NotSent,
    Outcome,
    Piece,
    Post,
    Prepared,
    Receipt,
    Removed,
    Sent,
    Services,
    Spent,
    Target,
    Unknown,
)
from cms.kernel.errors import DomainError, TooMany, Unavailable
from media.errors import MediaRefused

# In the detail of a manual receipt: what follows when the person is done, and which post they took down for it.
THEN: Final = "then"
SEND: Final = "send"
OLD: Final = "old"


@dataclass(frozen=True, slots=True)
class Order:
    """What a delivery is to do.

    Attributes:
        piece: what is to be there; None when the document is to be gone, and for a refresh.
        removed: what is to be gone.
        post: the platform's id of what this target already has of the document.
        open_call: our id of an earlier call for it whose outcome is unknown; it must be settled before anything else,
            or what it made would stay there without anybody knowing.
        by_hand: the address of what a person put there or was asked to put there, empty when they did not say it; only
            a person can take it away.
    """

    id: str
    target: Target
    piece: Piece | None = None
    removed: Removed | None = None
    full: bool = False
    post: str | None = None
    open_call: str | None = None
    by_hand: str | None = None

    @property
    def delta(self) -> Delta:
        changed = () if self.piece is None else (self.piece,)
        removed = () if self.removed is None else (self.removed,)
        return Delta(self.target, changed, removed, self.full)


class Ledger(Protocol):
    """What is written down about the calls of one delivery; it survives the worker."""

    async def prepared(self) -> Prepared | None:
        """The frozen payload, when there is one."""
        ...

    async def freeze(self, prepared: Prepared) -> Prepared:
        """Keeps the payload; gives the one that was kept before, if any."""
        ...

    async def begun(self) -> str | None:
        """Our id of a call whose outcome is not known."""
        ...

    async def sent(self) -> str | None:
        """The platform's id of what this delivery already put there."""
        ...

    async def begin(self) -> str:
        """Notes that a call is about to be made and gives its id."""
        ...

    async def end(self, outcome: Outcome) -> None:
        """Notes the outcome of the call; after `Unknown`, and where no other try follows, it stays open."""
        ...


class Outputs(Protocol):
    """Where a display's output goes; each write is whole or not at all, and refused when the lease was lost."""

    async def files(self, order: Order, files: Files) -> Receipt: ...

    async def manifests(self, order: Order, manifests: Manifests) -> Receipt: ...


@dataclass(frozen=True, slots=True)
class Done:
    receipt: Receipt
    post: str | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """Try later: after the back-off, or after `wait`."""

    code: str
    params: dict[str, object]
    wait: dt.timedelta | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """No try can help; a person must. `is_known` says that this is how the open call ended."""

    code: str
    params: dict[str, object]
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """The end is not known; the next try only asks the platform, which `accepted` it or may not have it at all."""

    why: str
    accepted: bool = False
    detail: Mapping[str, Any] = field(default_factory=dict)


Result = Done | Again | Failed | Open


async def run_delivery(
    order: Order,
    channel: Channel,
    services: Services,
    *,
    ledger: Ledger,
    outputs: Outputs,
    now: Callable[[], dt.datetime],
    seconds: float,
) -> Result:
    """Does it, within `seconds`; every expected trouble becomes a result, a defect of the channel passes through."""
    try:
        async with asyncio.timeout(seconds):
            if channel.display is not None:
                return await _display(order, channel.display, services, outputs, now())
            if channel.post is not None:
                return await _Posting(order, channel.post, services, ledger, now()).run()
    except TimeoutError:
        if channel.display is None and await ledger.begun() is not None:
            return Open("time-out")
        return Again("publishing.too_slow", {"seconds": round(seconds)})
    except (DomainError, MediaRefused, ContractError) as problem:
        return _trouble(problem)
    return Failed("publishing.channel_without_renderer", {"kind": channel.kind})


def _trouble(problem: DomainError | MediaRefused | ContractError) -> Result:
    """The class of the error decides: a rule of the house will say no again, everything else may pass."""
    params = dict(problem.params)
    if isinstance(problem, Spent):
        return Again(problem.code, params, problem.wait)
    if isinstance(problem, DomainError) and not isinstance(problem, Unavailable | TooMany):
        return Failed(problem.code, params)
    return Again(problem.code, params)


async def _display(order: Order, display: Display, services: Services, outputs: Outputs, now: dt.datetime) -> Result:
    output = await display.render(order.delta, services, now)
    if isinstance(output, Files):
        return Done(await outputs.files(order, output))
    return Done(await outputs.manifests(order, output))


@dataclass(frozen=True, slots=True)
class _Posting:
    """The stages of one post."""

    order: Order
    post: Post
    services: Services
    ledger: Ledger
    now: dt.datetime

    async def run(self) -> Result:
        sent = await self.ledger.sent()
        if sent is not None:
            return Done(Receipt("live", self.now, (sent,)), sent)
        begun = await self.ledger.begun()
        if begun is not None:
            return await self._settled(await self.post.reconcile(begun, self.order.target, self.services))
        if self.order.piece is None:
            return await self._take_back()
        return await self._show(self.order.piece)

    async def _show(self, piece: Piece) -> Result:
        there, waits = await self._earlier()
        if waits is not None:
            return waits
        prepared = await self._prepared(piece)
        if there is not None:
            return await self._correct(there, prepared)
        result = await self._send(prepared)
        if self.order.by_hand is None or not isinstance(result, Done) or result.receipt.state != "live":
            return result
        # The account learned to do it by itself meanwhile; what a person put there before is still beside it.
        task = {"task": "publishing.task.take_down_old", "link": self.order.by_hand, "ask": "none"}
        return Done(replace(result.receipt, state="manual", detail=task), result.post)

    async def _earlier(self) -> tuple[str | None, Again | None]:
        """What is there of the document once an earlier call is settled, or that its end must be waited for."""
        if self.order.open_call is None:
            return self.order.post, None
        outcome = await self.post.reconcile(self.order.open_call, self.order.target, self.services)
        match outcome:
            case Unknown(why=why):
                return self.order.post, Again("publishing.outcome_unknown", {"why": why})
            case Accepted(why=why):
                return self.order.post, Again("publishing.platform_has_it", {"why": why})
            case Sent(post=post):
                return post, None
            case _:
                return self.order.post, None

    async def _prepared(self, piece: Piece) -> Prepared:
        kept = await self.ledger.prepared()
        if kept is not None:
            return kept
        return await self.ledger.freeze(await self.post.prepare(piece, self.order.target, self.services))

    async def _send(self, prepared: Prepared) -> Result:
        attempt = await self.ledger.begin()
        return await self._settled(await self.post.send(prepared, attempt, self.order.target, self.services))

    async def _correct(self, old: str, prepared: Prepared) -> Result:
        target = self.order.target
        match self.post.correction:
            case Correction.MANUAL:
                # Nothing is called: a person changes the post, with the pack the channel makes for it.
                made = await self.post.correct(old, prepared, self.order.id, target, self.services)
                detail = made.detail if isinstance(made, Manual) else {}
                return Done(Receipt("manual", self.now, (old,), detail=detail), old)
            case Correction.REPLACE:
                attempt = await self.ledger.begin()
                return await self._settled(await self.post.correct(old, prepared, attempt, target, self.services))
            case Correction.REPOST:
                gone = await self.post.recall(old, self.order.target, self.services)
                if gone.state != "manual":
                    return await self._send(prepared)
                # Sent once somebody said that the old one is gone; until then this is what remembers it.
                return Done(replace(gone, detail={**gone.detail, THEN: SEND, OLD: old}))

    async def _take_back(self) -> Result:
        there, waits = await self._earlier()
        posts = list(dict.fromkeys(post for post in (self.order.post, there) if post is not None))
        receipts = [await self.post.recall(post, self.order.target, self.services) for post in posts]
        # What is known is taken back now; what the platform still has, as soon as it says how that ended.
        if waits is not None:
            return waits
        if self.order.by_hand is not None:
            task = {"task": "publishing.task.take_down", "link": self.order.by_hand, "ask": "none"}
            receipts.append(Receipt("manual", self.now, detail=task))
            posts.append("")
        if not receipts:
            return Done(Receipt("gone", self.now))
        by_hand = next((one for one in receipts if one.state == "manual"), receipts[-1])
        return Done(by_hand, posts[-1] or None)

    async def _settled(self, outcome: Outcome) -> Result:
        await self.ledger.end(outcome)
        match outcome:
            case Sent(post=post, url=url):
                return Done(Receipt("live", self.now, (post,), url), post)
            case Manual(detail=detail):
                return Done(Receipt("manual", self.now, detail=detail))
            case Accepted(why=why, detail=detail):
                return Open(why, accepted=True, detail=detail)
            case Unknown(why=why):
                return Open(why)
            case NotSent(code=code, retry=True, params=params, wait=wait):
                return Again(code, dict(params), wait)
            case NotSent(code=code, params=params):
                return Failed(code, dict(params), is_known=True)
