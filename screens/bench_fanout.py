"""`./yunping bench fanout`: what it costs to hand one publication to every screen, against a C sender in the same run.

Three processes take turns on equal sockets: the product's gateway (rows, keys, handshakes, sessions as on a street)
and `bench/sender.c`, each with its own listeners. The parent publishes by writing rows, as a worker does. What counts
is the processor time of the whole server process from the commit to the last screen, whatever it does meanwhile; only
the guard's signatures, made in this process for want of a guard, are left out. TLS is off.
"""

import asyncio
import contextlib
import datetime as dt
import json
import secrets
import shutil
import socket
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from cms.contract import ManifestDraft, Slot
from cms.kernel.base import Base
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database, normal_url, sync_url
from cms.kernel.errors import Unavailable
from cms.kernel.ids import public_id, uuid7
from cms.trust.keys import SigningKey
from cms.trust.signed import Signed
from screens.bench.cores import cores, stay_on
from screens.district import District
from screens.manifest import manifest_body
from screens.states import next_change, next_version, store_state
from screens.tables import Screen

ROUNDS: Final = 7
FOLDER: Final = Path(__file__).parent / "bench"
# A frame with a manifest is longer than a beacon alone by far; a beacon that comes meanwhile is not counted.
LEAST: Final = 1_200
ROUND_SECONDS: Final = 60
# Screens of one listening process; while it connects them it answers no pings, so it must be done within seconds.
AT_ONCE: Final = 400


def run(*, screens: int = 10_000, audiences: Sequence[int] = (1, 801)) -> dict[str, Any]:
    """Figures in µs of the server's processor time a delivery, of the first of `audiences`; `detail` has them all.

    Raises Unavailable `screens.no_compiler`.
    """
    if shutil.which("gcc") is None:
        raise Unavailable("screens.no_compiler")
    stay_on(-1)
    runs = {}
    for count in audiences:
        with tempfile.TemporaryDirectory(prefix="yunping-bench-") as folder:
            runs[str(count)] = asyncio.run(_run(Path(folder), screens, count))
    first = runs[str(audiences[0])]
    return {
        "bench": "fanout",
        "figure": first["cpu_us"],
        "unit": f"µs of server CPU a delivery, {screens} screens, audiences: {audiences[0]}",
        "reference": first["reference_cpu_us"],
        "ratio": first["ratio"],
        "detail": {
            "screens": screens,
            "audiences": runs,
            "reference_is": "C, epoll, plain writes of the same frames to as many sockets (screens/bench/sender.c)",
            "counted": "the whole gateway process from commit to last screen, without the guard's signatures",
            "tls": "off",
        },
    }


async def _run(folder: Path, screens: int, audiences: int) -> dict[str, Any]:
    for name in ("sender", "listeners"):
        await _checked("gcc", "-O2", "-o", str(folder / name), str(FOLDER / f"{name}.c"))
    async with contextlib.AsyncExitStack() as stack:
        street = await Street.make(folder, screens, audiences)
        stack.push_async_callback(street.database.close)
        ours = await stack.enter_async_context(_gateway(street))
        limit = await stack.enter_async_context(_sender(street))
        await _round(street, ours, limit)  # what is paid once is not measured
        rounds = [await _round(street, ours, limit) for _ in range(ROUNDS)]
    return _told(ours, rounds)


def _told(ours: "Side", rounds: list[dict[str, float]]) -> dict[str, Any]:
    middle = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    # The ratio of each round, then the median: what disturbs the machine for a second disturbs both sides of it.
    ratios = [one["whole_us"] / one["reference_cpu_us"] for one in rounds]
    return {
        "cpu_us": round(middle["whole_us"], 2),
        "reference_cpu_us": round(middle["reference_cpu_us"], 2),
        "ratio": round(statistics.median(ratios), 3),
        "ratio_of_each_round": [round(one, 3) for one in ratios],
        "loop_alone_cpu_us": round(middle["loop_us"], 2),
        "frame_bytes": round(middle["bytes"]),
        "last_screen_ms_from_commit": round(middle["last_ms"], 1),
        "last_screen_ms_from_first": round(middle["spread_ms"], 1),
        "reference_last_ms": round(middle["reference_last_ms"], 1),
        "connect_seconds": round(ours.connect_seconds, 1),
        "kib_per_connection": round(ours.kib, 1),
    }


class Street:
    """The rows of the benchmark: screens with keys, spread over the audiences."""

    def __init__(self, folder: Path, database: Database, screens: int, audiences: int) -> None:
        self.folder = folder
        self.database = database
        self.screens = screens
        self.audiences = audiences
        self.clock = SystemClock()
        self.members: list[list[uuid.UUID]] = [[] for _ in range(audiences)]
        self.district = District(self.clock)

    @classmethod
    async def make(cls, folder: Path, screens: int, audiences: int) -> "Street":
        url = normal_url(f"sqlite:///{folder / 'street.db'}")
        engine = sa.create_engine(sync_url(url))
        tables = [table for name, table in Base.metadata.tables.items() if name.startswith("screen")]
        Base.metadata.create_all(engine, tables=tables)
        engine.dispose()
        street = cls(folder, Database(url), screens, audiences)
        await street._enrol()
        await street.commit(await street.signed())
        return street

    async def _enrol(self) -> None:
        now, lines = self.clock.now(), []
        async with self.database.write() as session:
            change = await next_change(session)
            for place in range(self.screens):
                seed, one = secrets.token_bytes(32), uuid7(now)
                key = SigningKey(seed).public.text
                row = Screen(id=one, public=public_id(), name=f"屏 {place}", unit="/320509/04/", key=key, change=change)
                row.paired_at, row.paired_by = now, one
                session.add(row)
                self.members[place % self.audiences].append(one)
                lines.append(f"{one} {seed.hex()}")
        for start in range(0, self.screens, AT_ONCE):
            part = lines[start : start + AT_ONCE]
            await asyncio.to_thread((self.folder / f"screens-{start}").write_text, "\n".join(part))
            await asyncio.to_thread((self.folder / f"nobody-{start}").write_text, "\n" * (len(part) - 1))

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


class Side:
    """A server process and its listeners: each process of them with so many screens."""

    def __init__(
        self, server: asyncio.subprocess.Process, listeners: Sequence[tuple[asyncio.subprocess.Process, int]]
    ) -> None:
        self.server = server
        self.listeners = listeners
        self.connect_seconds = 0.0
        self.kib = 0.0

    async def ask(self, line: str) -> str:
        return await _ask(self.server, line)

    async def arm(self) -> None:
        for process, count in self.listeners:
            await _ask(process, f"{count} {LEAST}")

    async def done(self) -> tuple[int, int]:
        """When the last and the first frame came, in ns."""
        lines = [(await _line(process)).split() for process, _ in self.listeners]
        return max(int(words[2]) for words in lines), min(int(words[3]) for words in lines)


async def _round(street: Street, ours: Side, limit: Side) -> dict[str, float]:
    found: dict[str, float] = {}
    manifests = await street.signed()
    await ours.arm()
    before = json.loads(await ours.ask("cpu"))
    at = await street.commit(manifests)
    last, first = await ours.done()
    after = json.loads(await ours.ask("cpu"))
    found["loop_us"] = after["cpu"] / after["sent"] * 1e6
    found["whole_us"] = (after["process_cpu"] - before["process_cpu"] - after["signing"]) / street.screens * 1e6
    found["bytes"] = after["bytes"] / after["sent"]
    found["last_ms"], found["spread_ms"] = (last - at) / 1e6, (last - first) / 1e6
    frames = str(street.folder / "frames")
    await ours.ask(f"frames {frames}")
    await limit.arm()
    began = time.monotonic_ns()
    _, count, cpu, _ = (await limit.ask(frames)).split()
    last, _ = await limit.done()
    found["reference_cpu_us"] = int(cpu) / int(count) / 1e3
    found["reference_last_ms"] = (last - began) / 1e6
    return found


@contextlib.asynccontextmanager
async def _gateway(street: Street) -> AsyncIterator[Side]:
    port, core = _free_port(), cores()[0]
    options = ("--database", street.database.url, "--port", str(port), "--core", str(core))
    async with _process(sys.executable, "-m", "screens.bench.server", *options) as server:
        await _line(server)
        before = json.loads(await _ask(server, "cpu"))
        began = time.monotonic()
        async with contextlib.AsyncExitStack() as stack:
            listeners = await _listeners(stack, street, port, kind="screens")
            side = Side(server, listeners)
            side.connect_seconds = time.monotonic() - began
            await asyncio.sleep(2)  # the last presence of the handshakes is written
            after = json.loads(await _ask(server, "cpu"))
            side.kib = (after["rss_kib"] - before["rss_kib"]) / street.screens
            yield side


@contextlib.asynccontextmanager
async def _sender(street: Street) -> AsyncIterator[Side]:
    port, core = _free_port(), cores()[0]
    async with _process(str(street.folder / "sender"), str(port), str(street.screens), str(core)) as server:
        await _line(server)
        async with contextlib.AsyncExitStack() as stack:
            listeners = await _listeners(stack, street, port, kind="nobody")
            await _line(server)
            yield Side(server, listeners)


async def _listeners(
    stack: contextlib.AsyncExitStack, street: Street, port: int, *, kind: str
) -> list[tuple[asyncio.subprocess.Process, int]]:
    """Connects all screens, a process for every few hundred; `kind` says whether they introduce themselves."""
    made = []
    for start in range(0, street.screens, AT_ONCE):
        lines, fds = street.folder / f"{kind}-{start}", street.folder / f"fds-{port}-{start}"
        options = ["--port", str(port), "--core", str(cores()[1]), "--fds", str(fds), "--screens", str(lines)]
        options += ["--listeners", str(street.folder / "listeners")]
        process = await stack.enter_async_context(_process(sys.executable, "-m", "screens.bench.connect", *options))
        await _line(process)
        made.append((process, min(AT_ONCE, street.screens - start)))
    return made


@contextlib.asynccontextmanager
async def _process(*argv: str) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*argv, stdin=pipe, stdout=pipe, cwd=FOLDER.parents[1])
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _checked(*argv: str) -> None:
    process = await asyncio.create_subprocess_exec(*argv)
    if await process.wait() != 0:
        raise Unavailable("screens.no_compiler")


async def _ask(process: asyncio.subprocess.Process, line: str) -> str:
    assert process.stdin is not None  # noqa: S101
    process.stdin.write(line.encode() + b"\n")
    await process.stdin.drain()
    return await _line(process)


async def _line(process: asyncio.subprocess.Process) -> str:
    """The next line of a child. Raises TimeoutError, and EOFError when it ended."""
    assert process.stdout is not None  # noqa: S101
    async with asyncio.timeout(ROUND_SECONDS):
        line = await process.stdout.readline()
    if not line:
        raise EOFError(process.returncode)
    return line.decode().strip()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
