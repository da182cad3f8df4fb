"""A whole core in memory: what is live at one channel's target, and the services, with faults on demand."""

import asyncio
import collections
import contextlib
import datetime as dt
import hashlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from cms.contract import (
    AssetGone,
    Bench,
    Busy,
    Columns,
    Delta,
    Entry,
    LineUp,
    Made,
    OutboundRefused,
    Piece,
    Receiver,
    Removed,
    Services,
    Site,
    Slot,
    Target,
)
from media.sandbox import Sandbox
from media.workspace import private_folder
from renderers.conformance.samples import COLUMNS, UNITS

_WORK = Path(tempfile.gettempdir())
SHOW = dt.timedelta(seconds=15)
SITE = Site("吴江云屏", "区委宣传部", "https://www.example.cn", "https://www.example.cn")


@dataclass(slots=True)
class Faults:
    """Kills the renderer at its `kill_at`-th call into the core (1 is the first); 0 never."""

    kill_at: int = 0
    calls: int = 0
    gone: set[str] = field(default_factory=set)

    async def call(self) -> None:
        self.calls += 1
        await asyncio.sleep(0)
        if self.calls == self.kill_at:
            raise asyncio.CancelledError


class World:
    """Publishes, corrects and recalls at one target, and answers a renderer's questions about it."""

    def __init__(self, kind: str) -> None:
        self.target = Target("t-" + kind, kind, kind, ("/1/",))
        self.live: dict[str, Piece] = {}
        self.shown: dict[str, list[str]] = collections.defaultdict(list)
        self.faults = Faults()
        self.devices: list[Receiver] = [Receiver(f"r{i}", unit) for i, unit in enumerate(UNITS)]
        self.assets = MemoryAssets(self.faults)
        self.journal: list[tuple[str, Mapping[str, object]]] = []
        self.services = Services(
            SITE,
            self,
            self.assets,
            self,
            MemoryVault(),
            MemoryState(),
            MemoryLease(),
            MemoryBudget(),
            self,
            NoOutbound(),
            MemoryStudio(self.assets),
        )

    # what happens

    def publish(self, piece: Piece) -> Delta:
        self.live[piece.document] = piece
        self.shown[piece.document].append(piece.release)
        return Delta(self.target, changed=(piece,))

    def recall(self, document: str) -> Delta:
        piece = self.live.pop(document)
        gone = Removed(document, tuple(self.shown[document]), piece.column, piece.published_at)
        return Delta(self.target, removed=(gone,))

    def everything(self) -> Delta:
        return Delta(self.target, full=True)

    # LineUps

    async def line_up(self, target: Target, *, start: dt.datetime, end: dt.datetime) -> LineUp:
        await self.faults.call()
        pieces = {p.release: p for p in self._newest()}
        loop = tuple(Entry(release, SHOW) for release in pieces)
        return LineUp(target, 1, (Slot(start, end, loop),), pieces)

    async def newest(
        self,
        target: Target,  # noqa: ARG002 - this world has one
        *,
        column: str | None = None,
        kind: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        limit: int = 50,
    ) -> Sequence[Piece]:
        await self.faults.call()
        found = (
            p
            for p in self._newest()
            if (column is None or p.column == column)
            and (kind is None or p.kind == kind)
            and (since is None or p.published_at >= since)
            and (until is None or p.published_at < until)
        )
        return tuple(found)[:limit]

    async def months(self, target: Target, *, column: str | None = None) -> Sequence[tuple[str, int]]:
        zone = ZoneInfo("Asia/Shanghai")
        pieces = await self.newest(target, column=column, limit=len(self.live))
        counts = collections.Counter(p.published_at.astimezone(zone).strftime("%Y-%m") for p in pieces)
        return sorted(counts.items(), reverse=True)

    async def columns(self) -> Columns:
        await self.faults.call()
        return COLUMNS

    async def targets(self, kind: str) -> Sequence[Target]:
        await self.faults.call()
        return (self.target,) if kind == self.target.kind else ()

    async def receivers(self, kind: str) -> Sequence[Receiver]:
        await self.faults.call()
        return tuple(self.devices) if kind == self.target.kind else ()

    # Search, Journal

    async def find(self, target: Target, words: str, *, limit: int = 20) -> Sequence[Piece]:
        return [p for p in await self.newest(target, limit=len(self.live)) if words in p.title][:limit]

    async def record(self, event: str, **fields: object) -> None:
        self.journal.append((event, fields))

    def _newest(self) -> list[Piece]:
        return sorted(self.live.values(), key=lambda p: (p.published_at, p.document), reverse=True)


class MemoryAssets:
    """Files of a test, else a kilobyte of nothing; those in `faults.gone` were recalled."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.held: dict[str, bytes] = {}

    async def read(self, sha256: str) -> bytes:
        await self._faults.call()
        if sha256 in self._faults.gone:
            raise AssetGone("asset.gone", sha256=sha256)
        return self.held.get(sha256, b"\0" * 1000)

    async def stream(self, sha256: str) -> AsyncIterator[bytes]:
        yield await self.read(sha256)

    async def part(self, sha256: str, start: int, length: int) -> bytes:
        return (await self.read(sha256))[start : start + length]


class MemoryVault:
    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    async def get(self, name: str) -> str | None:
        return self._secrets.get(name)

    async def put(self, name: str, secret: str) -> None:
        self._secrets[name] = secret


class MemoryState:
    def __init__(self) -> None:
        self._values: dict[str, tuple[Any, int]] = {}

    async def get(self, name: str) -> tuple[Any, int]:
        return self._values.get(name, (None, 0))

    async def put(self, name: str, value: Any, *, version: int) -> bool:
        if self._values.get(name, (None, 0))[1] != version:
            return False
        self._values[name] = (value, version + 1)
        return True


class MemoryLease:
    def __init__(self) -> None:
        self._held: set[str] = set()
        self._fence = 0

    @contextlib.asynccontextmanager
    async def hold(self, name: str, seconds: float) -> AsyncIterator[int]:  # noqa: ARG002 - nobody waits here
        if name in self._held:
            raise Busy("lease.busy", name=name)
        self._held.add(name)
        self._fence += 1
        try:
            yield self._fence
        finally:
            self._held.discard(name)


class MemoryBudget:
    def __init__(self) -> None:
        self._taken: dict[str, list[dt.datetime]] = collections.defaultdict(list)

    async def take(self, name: str, *, limit: int, per: dt.timedelta, now: dt.datetime) -> dt.timedelta | None:
        recent = [at for at in self._taken[name] if at > now - per]
        if len(recent) >= limit:
            return recent[0] + per - now
        self._taken[name] = [*recent, now]
        return None


class MemoryStudio:
    """Makes each file once for all worlds, as a key says everything; what is made can be read by its hash."""

    _made: ClassVar[dict[str, bytes]] = {}

    def __init__(self, assets: MemoryAssets) -> None:
        self._assets = assets

    async def make(self, key: str, work: Callable[[Bench], Awaitable[Path]], *, media_type: str) -> Made:  # noqa: ARG002
        if key not in self._made:
            sandbox = await Sandbox.detect(allow_unsandboxed=True)
            async with private_folder(_WORK) as folder:
                path = await work(Bench(folder, sandbox, self._file))
                self._made[key] = await asyncio.to_thread(path.read_bytes)
        data = self._made[key]
        made = Made(hashlib.sha256(data).hexdigest(), len(data))
        self._assets.held[made.sha256] = data
        return made

    @contextlib.asynccontextmanager
    async def _file(self, sha256: str) -> AsyncIterator[Path]:
        data = await self._assets.read(sha256)
        async with private_folder(_WORK) as folder:
            path = folder / "file"
            await asyncio.to_thread(path.write_bytes, data)
            yield path


class NoOutbound:
    """A display has no business outside."""

    async def request(
        self,
        method: str,  # noqa: ARG002
        url: str,
        *,
        body: bytes | None = None,  # noqa: ARG002
        headers: Mapping[str, str] | None = None,  # noqa: ARG002
        limit: int,  # noqa: ARG002
    ) -> tuple[int, Mapping[str, str], bytes]:
        raise OutboundRefused("outbound.refused", url=url)
