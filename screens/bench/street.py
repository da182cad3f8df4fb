"""The rows and processes of a benchmark: screens with keys, the product's gateways, the C sender, and who listens."""

import asyncio
import contextlib
import datetime as dt
import json
import secrets
import socket
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

import sqlalchemy as sa

from cms.contract import ManifestDraft, Slot
from cms.datafeeds.models import DataFeed
from cms.kernel.base import Base
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database, normal_url, sync_url
from cms.kernel.ids import public_id, uuid7
from cms.kernel.zygote import Zygote
from cms.trust.keys import SigningKey
from cms.trust.signed import Signed
from screens import ledger_rows, proof_rows, watch_rows
from screens.bench.cores import cores
from screens.bench.processes import Child, ask, born, free_port, line, module, process
from screens.district import District
from screens.hands import lines as hand_lines, rollout_tables, tables as hand_tables
from screens.manifest import manifest_body
from screens.states import next_change, next_version, store_state
from screens.tables import Screen

# Read so that their tables are made: a gateway looks into all of them.
TABLES: Final = (hand_lines, hand_tables, ledger_rows, proof_rows, rollout_tables, watch_rows)
# Every process of a benchmark signs as the same guard.
SEED: Final = b"bench"
# Screens of one listening process; while it connects them, the first of them wait for it to answer pings.
AT_ONCE: Final = 2_500
# A frame with a manifest is longer than a beacon alone by far; a beacon that comes meanwhile is not counted.
LEAST: Final = 1_200
MOST: Final = 1 << 20


class Street:
    """Screens with keys, spread over the audiences."""

    def __init__(self, folder: Path, database: Database, screens: int, audiences: int) -> None:
        self.folder = folder
        self.database = database
        self.screens = screens
        self.audiences = audiences
        self.clock = SystemClock()
        self.lines: list[str] = []
        self.members: list[list[uuid.UUID]] = [[] for _ in range(audiences)]
        self.district = District(self.clock, seed=SEED)
        self.cores = cores()

    @classmethod
    async def make(cls, folder: Path, screens: int, audiences: int) -> Self:
        url = normal_url(f"sqlite:///{folder / 'street.db'}")
        await asyncio.to_thread(_make_tables, sync_url(url))
        street = cls(folder, Database(url), screens, audiences)
        await street.enrol()
        await street.commit(await street.signed())
        return street

    async def enrol(self) -> None:
        """Pairs the screens; `lines` has the id and the seed of each."""
        now = self.clock.now()
        async with self.database.write() as session:
            change = await next_change(session)
            for place in range(self.screens):
                one, seed = uuid7(now), secrets.token_bytes(32)
                key = SigningKey(seed).public.text
                row = Screen(id=one, public=public_id(), name=f"屏 {place}", unit="/320509/04/", key=key, change=change)
                row.paired_at, row.paired_by = now, one
                session.add(row)
                self.members[place % self.audiences].append(one)
                self.lines.append(f"{one} {seed.hex()}")

    async def signed(self) -> list[Signed]:
        """A new manifest for every audience, as a district-wide publication makes them."""
        now, trust = self.clock.now(), await self.district.trust()
        made = []
        for place in range(self.audiences):
            async with self.database.write() as session:
                version = await next_version(session)
            slots = (Slot(now, now + dt.timedelta(days=8), ()),)
            draft = ManifestDraft(f"a-{place:04}", (), slots, {})
            made.append(await self.district.sign_manifest(manifest_body(draft, version=version, trust=trust, now=now)))
        return made

    async def commit(self, manifests: Sequence[Signed]) -> int:
        """Makes them the newest in one commit; when that was, in ns."""
        now = self.clock.now()
        async with self.database.write() as session:
            for manifest, members in zip(manifests, self.members, strict=True):
                await store_state(session, manifest, receivers=members, now=now)
        return time.monotonic_ns()


def _make_tables(url: str) -> None:
    engine = sa.create_engine(url)
    tables = [table for name, table in Base.metadata.tables.items() if name.startswith("screen")]
    Base.metadata.create_all(engine, tables=[*tables, DataFeed.metadata.tables[DataFeed.__tablename__]])
    engine.dispose()


class Listeners:
    """The processes that hold the screens' ends of the sockets."""

    def __init__(self) -> None:
        self.children: list[tuple[asyncio.subprocess.Process, int]] = []

    async def connect(
        self, stack: contextlib.AsyncExitStack, street: Street, port: int, lines: Sequence[str], *, buffer: int = 0
    ) -> None:
        """Connects a screen for each of `lines` (an empty one: just a socket); `buffer` limits what each can hold."""
        folder = street.folder
        for start in range(0, len(lines), AT_ONCE):
            part = lines[start : start + AT_ONCE]
            stem = f"{port}-{len(self.children)}"
            screens, fds = folder / f"screens-{stem}", folder / f"fds-{stem}"
            await asyncio.to_thread(screens.write_text, "\n".join(part))
            given = ("--port", port, "--core", street.cores[1], "--fds", fds, "--screens", screens, "--buffer", buffer)
            command = module("connect", *given, "--listeners", folder / "listeners")
            child = await stack.enter_async_context(process(*command))
            await line(child)
            self.children.append((child, len(part)))

    async def arm(self, least: int = LEAST, most: int = MOST) -> None:
        """From now on frames of such a payload are counted."""
        for child, count in self.children:
            await ask(child, f"{count} {least} {most}")

    async def done(self) -> tuple[int, int, int]:
        """When the last, the first and 99 of 100 frames came, in ns; of several processes the latest of each."""
        found = [[int(word) for word in (await line(child)).split()[2:]] for child, _ in self.children]
        return max(one[0] for one in found), min(one[1] for one in found), max(one[2] for one in found)


class Server:
    """One gateway process of the product."""

    def __init__(self, child: Child, port: int) -> None:
        self.child = child
        self.port = port

    async def told(self, command: str = "cpu") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await ask(self.child, command))
        return found


@contextlib.asynccontextmanager
async def gateway(street: Street, *, port: int = 0, options: Sequence[object] = ()) -> AsyncIterator[Server]:
    """A gateway that listens and knows its screens."""
    port = port or free_port()
    given = ("--database", street.database.url, "--port", port, "--core", street.cores[0], *options)
    async with process(*module("server", *given)) as child:
        await line(child)
        yield Server(child, port)


@contextlib.asynccontextmanager
async def again(street: Street, parent: Zygote, kept: socket.socket) -> AsyncIterator[Server]:
    """One that was read already, as the supervisor starts it; it takes from the socket that is kept."""
    port = int(kept.getsockname()[1])
    given = ("--database", street.database.url, "--port", port, "--core", street.cores[0])
    async with born(parent, *given, f"--listener={kept.fileno()}") as child:
        await line(child)
        yield Server(child, port)


@contextlib.asynccontextmanager
async def sender(
    street: Street, count: int | None = None
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Listeners]]:
    """`sender.c` with `count` sockets, or as many as the street has screens, and their listeners."""
    count, port = count or street.screens, free_port()
    argv = (str(street.folder / "sender"), str(port), str(count), str(street.cores[0]))
    async with process(*argv) as child, contextlib.AsyncExitStack() as stack:
        await line(child)
        listeners = Listeners()
        await listeners.connect(stack, street, port, [""] * count)
        await line(child)
        yield child, listeners
