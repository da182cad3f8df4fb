"""What is remembered of an account's pieces and orders, in its own small state; every change a compare-and-set.

``piece:{top id}`` holds what the operator confirmed of a piece, and the newest order about it. ``order:{correlate}``
holds one order from before it is told until its end: its document, the files it offers, and what the operator said.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Self

from cms.contract import AccountState, Services
from renderers.iptv.elements import Standing

_KEY: Final = "order_key"
_TURNS: Final = 5


class Step(StrEnum):
    """Where an order stands."""

    BEGUN = "begun"  # written down, and perhaps told
    TAKEN = "taken"  # the operator's ExecCmd said 0
    DONE = "done"  # their notice said 0
    REFUSED = "refused"
    VOID = "void"  # it was never told, and never will be


@dataclass(frozen=True, slots=True)
class File:
    """A file that an order offers, and the element that it is of."""

    name: str
    sha256: str
    size: int
    media_type: str
    element: str


@dataclass(frozen=True, slots=True)
class Order:
    """One order.

    Attributes:
        piece: the id of the piece's top element.
        after: what the operator has when it is done.
        at: when it was first told, `told` when it was told last, `until` the end of its offer (seconds since 1970).
        fetched: what the operator has fetched so far: names of files, ``order.xml`` for the document itself.
        told_times: how often ExecCmd was sent.
        why: their last word about it; `results_at` is where each object's own result can be read, `results` is that.
    """

    step: Step
    piece: str
    removes: bool = False
    document: str = ""
    release: str = ""
    files: tuple[File, ...] = ()
    after: Standing = field(default_factory=lambda: Standing({}))
    at: int = 0
    told: int = 0
    until: int = 0
    told_times: int = 0
    fetched: tuple[str, ...] = ()
    why: str = ""
    results_at: str = ""
    results: str = ""

    @property
    def is_open(self) -> bool:
        return self.step in {Step.BEGUN, Step.TAKEN}

    def as_json(self) -> dict[str, Any]:
        return {
            "step": self.step.value,
            "piece": self.piece,
            "removes": self.removes,
            "document": self.document,
            "release": self.release,
            "files": [[f.name, f.sha256, f.size, f.media_type, f.element] for f in self.files],
            "after": self.after.as_json(),
            "at": self.at,
            "told": self.told,
            "until": self.until,
            "told_times": self.told_times,
            "fetched": list(self.fetched),
            "why": self.why,
            "results_at": self.results_at,
            "results": self.results,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            **{
                **told,
                "step": Step(told["step"]),
                "files": tuple(File(*one) for one in told["files"]),
                "after": Standing.from_json(told["after"]),
                "fetched": tuple(told["fetched"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a piece: confirmed elements, the newest order about it, how many orders there were."""

    there: Standing = field(default_factory=lambda: Standing({}))
    order: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard last on an account's line (seconds since 1970, 0 for never).

    Attributes:
        answered: they answered ExecCmd; `refused` is their reason where it was a no.
        lost: a call of ours got no answer that could be read; `why` is what became of it.
        noticed: a ResultNotify of theirs came.
    """

    answered: int = 0
    refused: str = ""
    lost: int = 0
    why: str = ""
    noticed: int = 0


LINE: Final = "line"


async def heard(state: AccountState) -> Heard:
    """For the board; an older program's record says nothing."""
    found, _ = await state.get(LINE)
    return Heard(**found) if isinstance(found, dict) and found.keys() == asdict(Heard()).keys() else Heard()


class Notes:
    """The records of one account."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._state = services.state

    async def correlate(self, what: str) -> str:
        """The id of an order: 32 characters that nobody outside can guess, always the same for the same call."""
        key = await self._services.vault.get(_KEY)
        if not key:
            # One delivery of an account works at a time, so nobody else makes one at this moment.
            await self._services.vault.put(_KEY, secrets.token_hex(32))
            key = await self._services.vault.get(_KEY) or ""
        return hmac.new(key.encode(), what.encode(), hashlib.sha256).hexdigest()[:32]

    async def piece(self, top: str) -> tuple[Known, int]:
        found, version = await self._state.get(f"piece:{top}")
        if not found:
            return Known(), version
        return Known(Standing.from_json(found["there"]), found["order"], found["count"]), version

    async def keep_piece(self, top: str, known: Known, *, version: int) -> bool:
        told = {"there": known.there.as_json(), "order": known.order, "count": known.count}
        return await self._state.put(f"piece:{top}", told, version=version)

    async def order(self, correlate: str) -> tuple[Order | None, int]:
        found, version = await self._state.get(f"order:{correlate}")
        return (Order.from_json(found) if found else None), version

    async def keep(self, correlate: str, order: Order, *, version: int) -> bool:
        return await self._state.put(f"order:{correlate}", order.as_json(), version=version)

    async def change(self, correlate: str, **values: Any) -> Order | None:
        """Changes fields of an order that is still open; gives it as it stands then, None when there is none.

        What the operator's notice said is never undone by somebody slower.
        """
        for _ in range(_TURNS):
            order, version = await self.order(correlate)
            if order is None or not order.is_open:
                return order
            newer = replace(order, **values)
            if newer == order or await self.keep(correlate, newer, version=version):
                return newer
        return (await self.order(correlate))[0]

    async def noticed(self, correlate: str, name: str) -> None:
        """The operator fetched a file of an order."""
        order, version = await self.order(correlate)
        if order is not None and order.is_open and name not in order.fetched:
            # A lost race leaves out a word about progress, nothing more.
            await self.keep(correlate, replace(order, fetched=(*order.fetched, name)), version=version)

    async def hear(self, **values: Any) -> None:
        """Writes down what was heard on the line; a lost race leaves out a word for the board, nothing more."""
        _, version = await self._state.get(LINE)
        await self._state.put(LINE, asdict(replace(await heard(self._state), **values)), version=version)

    async def settle(self, correlate: str, order: Order) -> None:
        """Takes over what a finished order left at the operator, once, unless a newer order was begun meanwhile."""
        for _ in range(_TURNS):
            known, version = await self.piece(order.piece)
            if known.order != correlate or order.step is not Step.DONE or known.there == order.after:
                break
            if await self.keep_piece(order.piece, replace(known, there=order.after), version=version):
                break
