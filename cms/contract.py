"""What a renderer may see of the core: pieces, targets, line-ups, receipts, channels and the injected services.

A channel is a folder under `renderers/` with one entry point in ``yunping.renderers`` that returns a `Channel`. It has
renderers of two kinds and no third:

* *Display* shows what is live: ``render(delta) -> Files | Manifests``; the core writes what it returns, atomically.
* *Post* hands a piece to a platform once: ``prepare -> send -> reconcile -> correct -> recall``.

Renderers keep nothing of their own: what must survive a restart goes through the services, which are per account.
Nothing here knows a database; `renderers.conformance` proves every channel against this page.
"""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol, runtime_checkable

# ---------------------------------------------------------------- what is shown


@dataclass(frozen=True, slots=True)
class Byline:
    """Who answers for a piece; all four are duties of the trade and appear on every channel."""

    source: str
    reporter: str
    editor: str
    sponsor: str
    date: dt.datetime


@dataclass(frozen=True, slots=True)
class AssetFile:
    """One file a channel may draw: a rendition of the picture whose master has the hash `of`."""

    sha256: str
    size: int
    media_type: str
    width: int
    height: int
    of: str
    rendition: str


@dataclass(frozen=True, slots=True)
class Piece:
    """An edition as it was approved; `release` is the hash people signed, `bundle` the file that proves it.

    Previews of drafts use the same type with an empty `release` and `bundle`.
    """

    document: str
    edition: int
    release: str
    bundle: str
    bundle_size: int
    kind: str
    column: str
    column_name: str
    language: str
    title: str
    subtitle: str
    summary: str
    pinyin: str
    byline: Byline
    cover: str | None
    body: Mapping[str, Any]
    assets: tuple[AssetFile, ...]
    units: tuple[str, ...]
    channels: tuple[str, ...]
    not_before: dt.datetime
    not_after: dt.datetime | None
    offline: dt.timedelta | None
    published_at: dt.datetime
    corrected_at: dt.datetime | None = None

    def rendition(self, of: str, name: str) -> AssetFile | None:
        """The file of picture `of` in rendition `name`, if the release lists one."""
        return next((a for a in self.assets if a.of == of and a.rendition == name), None)


@dataclass(frozen=True, slots=True)
class Target:
    """A concrete destination. `code` is permanent; `kind` names the channel; `units` is its audience."""

    code: str
    kind: str
    name: str
    units: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


Columns = Sequence[tuple[str, str]]
"""Codes and names of the columns, in their order."""


# ---------------------------------------------------------------- line-ups


@dataclass(frozen=True, slots=True)
class Entry:
    """One turn in a loop: which release, for how long."""

    release: str
    show: dt.timedelta


@dataclass(frozen=True, slots=True)
class Slot:
    """A half-open stretch of time and what loops in it; an empty loop shows the slate."""

    start: dt.datetime
    end: dt.datetime
    loop: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class LineUp:
    """What a target shows over time: gap-free, ascending slots and the pieces they name, by release hash."""

    target: Target
    version: int
    slots: tuple[Slot, ...]
    pieces: Mapping[str, Piece]


@dataclass(frozen=True, slots=True)
class Receiver:
    """One device that shows a line-up: where it stands decides what it gets."""

    id: str
    unit: str
    tags: frozenset[str] = frozenset()


# ---------------------------------------------------------------- display


@dataclass(frozen=True, slots=True)
class Removed:
    """A document that left a target, with every release of it that was ever there."""

    document: str
    releases: tuple[str, ...]
    column: str
    published_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed at a target since its last render; `full` asks for everything (first time, roll-over, repair)."""

    target: Target
    changed: tuple[Piece, ...] = ()
    removed: tuple[Removed, ...] = ()
    full: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """One file of the public tree. `releases` are the signed pieces it shows: a recall of any of them hides it."""

    path: str
    media_type: str
    data: bytes
    releases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Files:
    """The files that change, in the order in which they may become visible (assets, article, lists, home)."""

    write: tuple[File, ...]
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ManifestDraft:
    """The unsigned line-up of one audience, for the guard to sign; `receivers` are the ids that get it."""

    audience: str
    receivers: tuple[str, ...]
    slots: tuple[Slot, ...]
    bundles: Mapping[str, tuple[str, int]]  # release hash -> (sha256 of the bundle file, size in bytes)


@dataclass(frozen=True, slots=True)
class Manifests:
    """The manifests that change; a receiver in none of them keeps what it has."""

    drafts: tuple[ManifestDraft, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of what happened at a target; `places` are where it can be seen (paths, post ids, audience codes)."""

    state: Literal["live", "gone", "manual"]
    at: dt.datetime
    places: tuple[str, ...] = ()
    url: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Display(Protocol):
    """Shows what is live. `render` must be a function of the delta and the services: a retry gives the same bytes."""

    async def render(self, delta: Delta, services: "Services", now: dt.datetime) -> Files | Manifests: ...


# ---------------------------------------------------------------- post


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
class Unknown:
    """The answer was lost after the call may have happened; only `reconcile` may find out, never another send."""

    why: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly not posted: `retry` says whether the same bytes may be sent again."""

    code: str
    retry: bool


Outcome = Sent | Unknown | NotSent


@runtime_checkable
class Post(Protocol):
    """Hands a piece to a platform exactly once. `attempt` is our id of the call and travels with it."""

    correction: Correction

    async def prepare(self, piece: Piece, target: Target, services: "Services") -> Prepared: ...

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: "Services") -> Outcome: ...

    async def reconcile(self, attempt: str, target: Target, services: "Services") -> Outcome: ...

    async def correct(
        self, post: str, prepared: Prepared, attempt: str, target: Target, services: "Services"
    ) -> Outcome: ...

    async def recall(self, post: str, target: Target, services: "Services") -> Receipt: ...


# ---------------------------------------------------------------- services


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


# ---------------------------------------------------------------- channel


@dataclass(frozen=True, slots=True)
class Route:
    """A request route of a channel. `permission` is an action's name, or "public" to say that anyone may."""

    method: str
    path: str
    handler: Callable[..., Awaitable[Any]]
    permission: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What the desk shows of an unsaved draft in one form: a document with its own size, in a sandboxed frame."""

    media_type: str
    data: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Form:
    """One way a channel shows a piece, for previews: «street screen 1080×1920», «phone»."""

    key: str
    title: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Channel:
    """Everything the core needs of a channel."""

    kind: str
    display: Display | None = None
    post: Post | None = None
    routes: tuple[Route, ...] = ()
    forms: tuple[Form, ...] = ()
    form: Callable[[Piece, Site], bytes] | None = None
    """The piece as this channel will show it, rendered at submit; its hash is part of the release. Pure."""
    preview: Callable[[Piece, Form, Site], Preview] | None = None
    settings: type[Any] | None = None
    asset_renditions: frozenset[str] = frozenset()
    """The renditions of pictures this channel draws; they must exist before a piece can be submitted."""


class ContractError(Exception):
    """Raised by services.

    ContractError
    ├── AssetGone         the file was recalled or never was
    ├── Busy              a lease is held elsewhere
    └── OutboundRefused   the address is not allowed, or the answer too large
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params


class AssetGone(ContractError):
    """The file was recalled or never was."""


class Busy(ContractError):
    """A lease is held elsewhere."""


class OutboundRefused(ContractError):
    """The address is not allowed, or the answer is too large."""
