"""`./yunping bench playlist`: playlists of hundreds of channels out of one process, and what a channel costs elsewhere.

Our server is the product's own path (tree, plan, clock, headers) in a process of its own; viewers in this one ask over
real sockets, each for another channel at a time. The references of the same run: the same bytes out of a bare aiohttp
handler, and `ffmpeg -re` encoding one channel of 720 lines.
"""

import asyncio
import contextlib
import gc
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from cms.contract import File, Files
from cms.kernel.clock import SystemClock
from renderers.tv import channel, playlists
from renderers.tv.plan import Plan, encode
from renderers.tv.programme import planned, to_ms
from schedules.linear import slot_at
from tests.fakes.channel import NOW
from tests.fakes.house_files import HouseItem, imagined
from tests.fakes.lineups import Office
from tests.fakes.television import Television

GOAL_US: Final = 50
GOAL_RATE: Final = 5_000
GOAL_P99_MS: Final = 20
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_DIFFERENT: Final = 10  # plans; every channel has a file and a name of its own
_TRACKS: Final = ("720", "audio")
_FFMPEG: Final = (
    "ffmpeg -nostdin -v error -re -f lavfi -i testsrc2=size=1280x720:rate=25,noise=alls=8:allf=t "
    "-f lavfi -i sine=frequency=440 -c:v libx264 -preset veryfast -b:v 2500k -maxrate 3000k -bufsize 2500k -g 48 "
    "-c:a aac -b:a 128k -f null -"
)


@dataclass(frozen=True, slots=True)
class Load:
    """What viewers saw, and what it cost the server."""

    rate: float
    per_core: float
    p50_ms: float
    p99_ms: float
    us: float
    errors: int


def run(*, channels: int = 500, seconds: int = 10, viewers: int = 20) -> dict[str, Any]:
    """Requests a second and core, against a bare handler; the processor time of a playlist, and of an encoder.

    Args:
        channels: held by the server.
        seconds: of asking, for ours and for the reference.
        viewers: connections that ask as fast as they are answered.
    """
    cost = _pure(channels)
    with tempfile.TemporaryDirectory(prefix="yunping-bench-") as folder:
        ours, children, memory = asyncio.run(_load("ours", Path(folder), channels, seconds, viewers))
    bare, _, _ = asyncio.run(_load("bare", None, channels, seconds, viewers))
    encoder = _encoder(seconds)
    polls = channels * len(_TRACKS) / 3.84
    return {
        "bench": "playlist",
        "figure": round(ours.per_core),
        "unit": "requests a second and core",
        "reference": round(bare.per_core),
        "ratio": round(ours.per_core / bare.per_core, 3),
        "detail": {
            "channels": channels,
            "goals": {"us": GOAL_US, "requests_a_core": GOAL_RATE, "p99_ms": GOAL_P99_MS, "encoders": 0},
            "playlist_us": cost,
            "ours": _told(ours),
            "bare_aiohttp": _told(bare),
            "encoder_processes": children,
            "server_mib": memory,
            "one_viewer_of_each_channel_cores": round(polls / ours.per_core, 4),
            "ffmpeg_re_one_channel_cores": encoder,
            "encoder_over_ours": round(encoder / (polls / ours.per_core / channels)),
        },
    }


def _told(load: Load) -> dict[str, float]:
    return {
        "requests_a_second": round(load.rate),
        "requests_a_second_and_core": round(load.per_core),
        "p50_ms": round(load.p50_ms, 2),
        "p99_ms": round(load.p99_ms, 2),
        "server_us_a_request": round(load.us, 1),
        "errors": load.errors,
    }


def _plans() -> list[Plan]:
    now = SystemClock().now()
    made = []
    for seed in range(_DIFFERENT):
        office = Office(random.Random(seed))
        made.append(planned(None, office.live(now), office.slate, code="c", name="频道", now=now))
    return made


def _pure(channels: int) -> float:
    """Microseconds of processor time for one list, made anew each time."""
    plans, slot = _plans(), slot_at(to_ms(SystemClock().now())) + 8
    for plan in plans:
        playlists.live(plan, "720", slot)
    gc.collect()
    before = time.process_time()
    rounds = max(channels, 500)
    for number in range(rounds):
        playlists.live(plans[number % len(plans)], "720", slot + number % 50)
    return round((time.process_time() - before) / rounds * 1e6, 1)


# the servers, each in a process of its own


async def serve_ours(folder: Path, channels: int) -> web.Application:
    """The product's serving path over a tree with a plan for each channel."""
    television = Television(folder, HouseItem({}, imagined("slate", segments=2)), channel(), SystemClock())
    plans = [encode(plan) for plan in _plans()]
    # White space behind JSON says nothing and makes each file one of its own.
    files = [
        File(f"/tv/c{n}/plan.json", "application/json", plans[n % _DIFFERENT] + b" " * (n // _DIFFERENT))
        for n in range(channels)
    ]
    await television.writer.apply(Files(tuple(files)), writer="bench", turn=1, now=NOW)
    await television.reader.refresh()
    return television.app


def serve_bare() -> web.Application:
    """One list as bytes, with the headers ours sends."""
    plan = _plans()[0]
    data = playlists.live(plan, "720", slot_at(to_ms(SystemClock().now())) + 8).encode()
    headers = {"Content-Type": playlists.MEDIA_TYPE, "Cache-Control": "public, max-age=1", "ETag": '"x"'}

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=data, headers=headers)

    app = web.Application()
    app.add_routes([web.get("/{path:.*}", answer)])
    return app


async def _serve(kind: str, folder: str, channels: int) -> None:
    app = await serve_ours(Path(folder), channels) if kind == "ours" else serve_bare()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    gc.freeze()
    await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def _server(kind: str, folder: Path | None, channels: int) -> AsyncIterator[tuple[int, int]]:
    """Process and port."""
    command = (sys.executable, "-m", "tests.benchmarks.playlist", kind, str(folder or ""), str(channels))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        port = int(await asyncio.wait_for(process.stdout.readline(), 300))
        yield process.pid, port
    finally:
        process.kill()
        await process.wait()


# the viewers


async def _load(kind: str, folder: Path | None, channels: int, seconds: int, viewers: int) -> tuple[Load, int, float]:
    async with _server(kind, folder, channels) as (pid, port):
        await _ask_each(port, channels)
        before = _cpu(pid)
        began = time.perf_counter()
        told = await asyncio.gather(*(_viewer(port, channels, began + seconds, n) for n in range(viewers)))
        spent, wall = _cpu(pid) - before, time.perf_counter() - began
        children = len(_children(pid))
        memory = _rss(pid)
    times = sorted(one for times, _ in told for one in times)
    count = len(times)
    quantiles = statistics.quantiles(times, n=100)
    load = Load(
        count / wall,
        count / spent,
        quantiles[49] * 1e3,
        quantiles[98] * 1e3,
        spent / count * 1e6,
        sum(e for _, e in told),
    )
    return load, children, memory


async def _ask_each(port: int, channels: int) -> None:
    """Every channel once: the server holds them all from here on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(channels):
        for track in _TRACKS:
            await _ask(reader, writer, f"/tv/c{number}/{track}.m3u8")
    writer.close()


async def _viewer(port: int, channels: int, until: float, seed: int) -> tuple[list[float], int]:
    dice = random.Random(seed)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times: list[float] = []
    errors = 0
    while (begun := time.perf_counter()) < until:
        path = f"/tv/c{dice.randrange(channels)}/{_TRACKS[len(times) % 2]}.m3u8"
        errors += not await _ask(reader, writer, path)
        times.append(time.perf_counter() - begun)
    writer.close()
    return times, errors


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bool:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: box\r\nAccept: */*\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    return head.startswith(b"HTTP/1.1 200") and body.count(b"#EXTINF") == playlists.WINDOW


# what it costs


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _rss(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return round(int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024, 1)


def _children(pid: int) -> list[str]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [child for task in tasks for child in (task / "children").read_text("utf-8").split()]


def _encoder(seconds: int) -> float:
    """Cores that one channel takes the usual way: processor time for each second it shows, however busy the machine."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [*_FFMPEG.split()[:-3], "-t", str(seconds), "-f", "null", "-"], check=True, timeout=seconds * 10 + 60
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / seconds, 3)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], sys.argv[2], int(sys.argv[3])))
