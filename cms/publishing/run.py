"""One delivery through one channel, without a database: the worker and the tests call the same function.

A display renders and its output is written. A post goes through its stages with a note before and after the call that
cannot be undone; while the outcome of a begun call is open, it is only ever reconciled, never made again.
"""

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

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
    Target,
    Unknown,
)
from cms.kernel.errors import DomainError, TooMany, Unavailable
from media.errors import MediaRefused


@dataclass(frozen=True, slots=True)
class Order:
    """What a delivery is to do.

    Attributes:
        piece: what is to be there; None when the document is to be gone, and for a refresh.
        removed: what is to be gone.
        post: the platform's id of what this target already has of the document.
        open_call: our id of an earlier call for it whose outcome is unknown; taking back must settle it first.
    """

    id: str
    target: Target
    piece: Piece | None = None
    removed: Removed | None = None
    full: bool = False
    post: str | None = None
    open_call: str | None = None

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
        """Notes the outcome of the call; `Unknown` leaves it open."""
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
    """No try can help; a person must."""

    code: str
    params: dict[str, object]


@dataclass(frozen=True, slots=True)
class Open:
    """The end is not known; the next try only asks the platform, which `accepted` it or may not have it at all."""

    why: str
    accepted: bool = False


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
        prepared = await self._prepared(self.order.piece)
        if self.order.post is not None:
            return await self._correct(self.order.post, prepared)
        return await self._send(prepared)

    async def _prepared(self, piece: Piece) -> Prepared:
        kept = await self.ledger.prepared()
        if kept is not None:
            return kept
        return await self.ledger.freeze(await self.post.prepare(piece, self.order.target, self.services))

    async def _send(self, prepared: Prepared) -> Result:
        attempt = await self.ledger.begin()
        return await self._settled(await self.post.send(prepared, attempt, self.order.target, self.services))

    async def _correct(self, old: str, prepared: Prepared) -> Result:
        match self.post.correction:
            case Correction.MANUAL:
                return Done(Receipt("manual", self.now, (old,)), old)
            case Correction.REPLACE:
                attempt = await self.ledger.begin()
                target = self.order.target
                return await self._settled(await self.post.correct(old, prepared, attempt, target, self.services))
            case Correction.REPOST:
                gone = await self.post.recall(old, self.order.target, self.services)
                return Done(gone, old) if gone.state == "manual" else await self._send(prepared)

    async def _take_back(self) -> Result:
        old = self.order.post
        if old is None and self.order.open_call is not None:
            outcome = await self.post.reconcile(self.order.open_call, self.order.target, self.services)
            if isinstance(outcome, Unknown | Accepted):
                return Again("publishing.outcome_unknown", {"why": outcome.why})
            old = outcome.post if isinstance(outcome, Sent) else None
        if old is None:
            return Done(Receipt("gone", self.now))
        return Done(await self.post.recall(old, self.order.target, self.services), old)

    async def _settled(self, outcome: Outcome) -> Result:
        await self.ledger.end(outcome)
        match outcome:
            case Sent(post=post, url=url):
                return Done(Receipt("live", self.now, (post,), url), post)
            case Manual(detail=detail):
                return Done(Receipt("manual", self.now, detail=detail))
            case Accepted(why=why):
                return Open(why, accepted=True)
            case Unknown(why=why):
                return Open(why)
            case NotSent(code=code, retry=True, params=params, wait=wait):
                return Again(code, dict(params), wait)
            case NotSent(code=code, params=params):
                return Failed(code, dict(params))
