"""What is injected into a renderer, all of one account."""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from cms.contract.pieces import Columns, LineUp, Piece, Receiver, Target
from cms.kernel.clock import SystemClock

if TYPE_CHECKING:  # the guard reads this room too and needs no sandbox
    from media.sandbox import Sandbox


class LineUps(Protocol):
    """What is live at a target."""

    async def line_up(self, target: Target, *, start: dt.datetime, end: dt.datetime) -> LineUp: ...

    async def newest(
        self,
        target: Target,
        *,
        column: str | None = None,
        kind: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        limit: int = 50,
    ) -> Sequence[Piece]:
        """Live pieces whose first publication lies in [since, until), newest first."""
        ...

    async def months(self, target: Target, *, column: str | None = None) -> Sequence[tuple[str, int]]:
        """Beijing months (``2026-11``) that have live pieces, newest first, with their counts."""
        ...

    async def columns(self) -> Columns: ...

    async def targets(self, kind: str) -> Sequence[Target]: ...

    async def receivers(self, kind: str) -> Sequence[Receiver]:
        """The devices of a channel kind; empty for channels without devices."""
        ...


class Assets(Protocol):
    """Files by hash, out of the content-addressed store."""

    async def read(self, sha256: str) -> bytes:
        """Raises `AssetGone` when the file was recalled or is not there."""
        ...

    def stream(self, sha256: str) -> AsyncIterator[bytes]: ...

    async def part(self, sha256: str, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`, unchecked; of a video only this much is ever in memory.

        Raises `AssetGone` as `read` does, and for a start beyond the end.
        """
        ...


class Search(Protocol):
    """Full-text search over live pieces of a target."""

    async def find(self, target: Target, words: str, *, limit: int = 20) -> Sequence[Piece]: ...


class Vault(Protocol):
    """Secrets of one account, encrypted at rest."""

    async def get(self, name: str) -> str | None: ...

    async def put(self, name: str, secret: str) -> None: ...


class AccountState(Protocol):
    """Small typed values of one account with compare-and-set."""

    async def get(self, name: str) -> tuple[Any, int]:
        """The value (None when unset) and its version (0 when unset)."""
        ...

    async def put(self, name: str, value: Any, *, version: int) -> bool:
        """False when somebody else was faster."""
        ...


class Lease(Protocol):
    """One holder at a time across processes, for a limited time."""

    def hold(self, name: str, seconds: float) -> AbstractAsyncContextManager[int]:
        """Yields the fence number; raises `Busy` when it is held elsewhere."""
        ...


class Budget(Protocol):
    """Rates and quotas of one account that survive restarts."""

    async def take(self, name: str, *, limit: int, per: dt.timedelta, now: dt.datetime) -> dt.timedelta | None:
        """Takes one and returns None, or the time to wait when nothing is left."""
        ...


class Journal(Protocol):
    """Every call to a platform, secrets masked, readable on the desk."""

    async def record(self, event: str, **fields: object) -> None: ...


# How the address of something ends that changes every few seconds: no file of the tree, and never older than a second.
VOLATILE: Final = ".now.json"


class Published(Protocol):
    """The public tree as this process knows it, without the database; what was recalled is not there."""

    def paths(self, prefix: str) -> Sequence[str]: ...

    async def read(self, path: str) -> bytes | None:
        """The bytes of a file of the tree; None when it is not there or was recalled."""
        ...

    def is_recalled(self, release: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Bench:
    """Where a file is made from files: a private folder that is gone afterwards, and the sandbox for hostile work.

    `file` gives a path to the bytes of a hash, to be read only and inside the call only.
    """

    folder: Path
    sandbox: "Sandbox"
    file: Callable[[str], AbstractAsyncContextManager[Path]]


@dataclass(frozen=True, slots=True)
class Made:
    """A file of the store."""

    sha256: str
    size: int


class Studio(Protocol):
    """Makes files from files, each once: covers, cuts, packs. A killed worker's next one finds what was made."""

    async def make(self, key: str, work: Callable[[Bench], Awaitable[Path]], *, media_type: str) -> Made:
        """What `work` makes (a path in the bench's folder), kept under `key`: everything the result depends on."""
        ...


class Outbound(Protocol):
    """The one client for addresses outside."""

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and at most `limit` bytes; raises `OutboundRefused` for an address that is not allowed."""
        ...


@dataclass(frozen=True, slots=True)
class Site:
    """What a page must know of this installation."""

    name: str
    sponsor: str
    base_url: str
    media_url: str
    language: str = "zh-CN"


@dataclass(frozen=True, slots=True)
class Services:
    """What is injected into a renderer, all for one target's account."""

    site: Site
    line_ups: LineUps
    assets: Assets
    search: Search
    vault: Vault
    state: AccountState
    lease: Lease
    budget: Budget
    journal: Journal
    outbound: Outbound
    studio: Studio
    now: Callable[[], dt.datetime] = SystemClock().now
    """The time of the installation: budgets, expiring tokens and receipts of posts need it; the core gives its own."""
