"""Posts: handing a piece to a platform exactly once."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from cms.contract.display import Receipt
from cms.contract.pieces import Piece, Target
from cms.contract.services import Services


@dataclass(frozen=True, slots=True)
class Prepared:
    """The frozen payload of an irreversible call; stored with its hash, a retry sends the same bytes."""

    payload: bytes
    uploads: Mapping[str, str] = field(default_factory=dict)


class Correction(StrEnum):
    """How a platform can correct what is out."""

    REPLACE = "replace"
    REPOST = "repost"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform answered: `post` is its id."""

    post: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform has it and is not done: it converts, or its people look at it. `reconcile` will tell the end.

    A `detail` with a ``task`` is what a person may do meanwhile, as the `detail` of a `Receipt` tells it; its ``qr`` is
    an address to be scanned.
    """

    why: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manual:
    """This account may not do it by itself: a task for a person, as the `detail` of a `Receipt` tells it."""

    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unknown:
    """The answer was lost after the call may have happened; only `reconcile` may find out, never another send."""

    why: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly not posted: `retry` says whether the same bytes may be sent again.

    `params` go into the sentence of `code`; `wait` is how long the platform asked to be left alone.
    """

    code: str
    retry: bool
    params: Mapping[str, object] = field(default_factory=dict)
    wait: dt.timedelta | None = None


Outcome = Sent | Accepted | Manual | Unknown | NotSent


@runtime_checkable
class Post(Protocol):
    """Hands a piece to a platform exactly once. `attempt` is our id of the call and travels with it."""

    correction: Correction

    async def prepare(self, piece: Piece, target: Target, services: Services) -> Prepared: ...

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome: ...

    async def reconcile(self, attempt: str, target: Target, services: Services) -> Outcome: ...

    async def correct(
        self, post: str, prepared: Prepared, attempt: str, target: Target, services: Services
    ) -> Outcome: ...

    async def recall(self, post: str, target: Target, services: Services) -> Receipt: ...
