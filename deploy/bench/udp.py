"""Thirty channels as constant streams over UDP: what one costs of a core, and what others take for the same.

    ./yunping bench udp --json [--option channels=30 --option seconds=24 --option rate=3600000]

Ours is everything the role does for its outputs: plans, stored files, muxing, guide, pacing, sending; to loopback. The
reference is one ``ffmpeg -re -c copy`` with a constant mux rate for one of the channels in the same run; beside it
stands what it costs to send the same bytes at the same times without making them. CPU-seconds, so that a busy machine
does not matter.
"""

import asyncio
import hashlib
import io
import resource
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cms.publishing.services.assets import StoreAssets
from media.fragments import codecs, layout
from media.house import AUDIO, RUNGS, SEGMENT_MS, TRACKS, HouseIndex, Track, write_index
from media.store import Store
from media.threads import in_thread
from renderers.tv import paths
from renderers.tv.plan import House, Item, Plan, encode
from renderers.tv.ts.making import Maker, Stream
from renderers.tv.ts.mux import rate_of, size_of
from renderers.tv.ts.pacing import SLOT_NS
from renderers.tv.ts.sending import Line, Sender, Wire, opened
from renderers.tv.ts.wiring import Wired, fill
from schedules.linear import Run

RUNG: Final = "720"
SEGMENTS: Final = 4
LIMIT: Final = 0.6  # percent of a core for each channel
_TURN: Final = 0.25
_WARM: Final = 4.0
_GRID: Final = "keyint=48:min-keyint=48:scenecut=0:open-gop=0:stitchable=1"
_PATTERNS: Final = ("testsrc2", "testsrc")


@dataclass(frozen=True, slots=True)
class _Cost:
    """Seconds of a processor in seconds of a clock."""

    cpu: float
    wall: float

    @property
    def percent(self) -> float:
        return 100 * self.cpu / self.wall


def run(*, channels: int = 30, seconds: int = 24, rate: int = 3_600_000) -> dict[str, Any]:
    """The figure is percent of a core for each channel."""
    with tempfile.TemporaryDirectory(prefix="yunping-bench-") as name:
        folder = Path(name)
        indexes = [_encoded(folder, number, pattern) for number, pattern in enumerate(_PATTERNS)]
        return asyncio.run(_run(folder, indexes, channels, seconds, rate))


async def _run(
    folder: Path, items: Sequence[tuple[HouseIndex, list[Path]]], channels: int, seconds: int, rate: int
) -> dict[str, Any]:
    store = await in_thread(lambda: Store.open(f"file://{folder / 'store'}", min_free_bytes=0))
    for index, files in items:
        for file in files:
            await store.put(file, media_type="video/mp4")
        await store.put(write_index(index), media_type="application/json")
    plans = {f"tv-{n}": _plan(f"tv-{n}", [index for index, _ in items], n) for n in range(channels)}
    maker = Maker(_Published(plans), StoreAssets(store, lambda _: False), lambda plan, _: plan)
    with _sink() as sink:
        port = sink.getsockname()[1]
        wires = [Wired(Stream(code, RUNG, rate), opened(Wire("127.0.0.1", port), rate)) for code in plans]
        ours = await _sent(maker, wires, seconds)
        stream = b"".join(one[1] for one in sorted(wires[0].line.slots.items()))
        plain = await _plain(wires, stream, seconds)
        for wire in wires:
            wire.line.socket.close()
        reference = await in_thread(_copied, folder, stream, port, rate, seconds)
    each = ours.percent / channels
    counts = [wire.line.counts for wire in wires]
    return {
        "bench": "udp",
        "figure": round(each, 3),
        "unit": "% of a core per channel",
        "reference": round(reference.percent, 3),
        "ratio": round(each / reference.percent, 3),
        "detail": {
            "channels": channels,
            "rate": round(rate_of(size_of(rate))),
            "limit": LIMIT,
            "within": each <= LIMIT,
            "all channels": round(ours.percent, 2),
            "sending alone": round(plain.percent / channels, 3),
            "ratio to sending alone": round(ours.percent / plain.percent, 2),
            "seconds": round(ours.wall, 1),
            "datagrams": sum(one.datagrams for one in counts),
            "missing": sum(one.missing for one in counts) + sum(wire.line.pace.skipped for wire in wires),
            "errors": sum(one.errors for one in counts),
            "short": sum(wire.short for wire in wires),
            "latest ms": round(max(one.worst_ns for one in counts) / 1e6, 1),
        },
    }


async def _sent(maker: Maker, wires: Sequence[Wired], seconds: float) -> _Cost:
    """What the role does, with everything in memory that it has after its first slots."""
    sender = Sender(time.time_ns)
    await fill(maker, wires, time.time_ns() // 1_000_000)
    sender.start()
    sender.put(tuple(wire.line for wire in wires))
    await _filled(maker, wires, _WARM)
    for wire in wires:
        wire.line.counts.worst_ns = wire.line.counts.missing = wire.line.counts.datagrams = wire.line.pace.skipped = 0
    began, cpu = time.monotonic(), time.process_time()
    await _filled(maker, wires, seconds)
    cost = _Cost(time.process_time() - cpu, time.monotonic() - began)
    await in_thread(sender.stop)
    await fill(maker, wires, time.time_ns() // 1_000_000 + SEGMENT_MS)
    return cost


async def _filled(maker: Maker, wires: Sequence[Wired], seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        await fill(maker, wires, time.time_ns() // 1_000_000)
        await asyncio.sleep(_TURN)


async def _plain(wires: Sequence[Wired], stream: bytes, seconds: float) -> _Cost:
    """The same datagrams at the same times out of memory: a floor that no muxer gets below."""
    size = len(stream) // max(1, len(wires[0].line.slots))
    first = time.time_ns() // SLOT_NS
    lines: list[Line] = []
    for wire in wires:
        line = opened(wire.line.wire, wire.line.rate)
        line.slots = {first + n: stream[:size] for n in range(int(seconds * 1e9 // SLOT_NS) + 3)}
        lines.append(line)
    sender = Sender(time.time_ns)
    sender.start()
    began, cpu = time.monotonic(), time.process_time()
    sender.put(tuple(lines))
    await asyncio.sleep(seconds)
    cost = _Cost(time.process_time() - cpu, time.monotonic() - began)
    await in_thread(sender.stop)
    for line in lines:
        line.socket.close()
    return cost


def _copied(folder: Path, stream: bytes, port: int, rate: int, seconds: int) -> _Cost:
    """One channel by ffmpeg: a file read at its own pace, copied into a constant stream."""
    given = folder / "given.ts"
    given.write_bytes(stream)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(  # noqa: S603 - our own words
        [  # noqa: S607
            "ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-t", str(seconds), "-i", str(given),
            "-c", "copy", "-f", "mpegts", "-muxrate", str(rate), "-pcr_period", "30", "-pat_period", "0.08",
            f"udp://127.0.0.1:{port}?pkt_size=1316",
        ],
        check=True, timeout=seconds + 60, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _Cost(cpu, time.monotonic() - began)


def _sink() -> socket.socket:
    """A port that takes datagrams and lets the kernel drop them: nobody's CPU but the sender's."""
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sink.bind(("127.0.0.1", 0))
    return sink


class _Published:
    """The tree of thirty channels in memory, as it is on a node that has read it."""

    def __init__(self, plans: dict[str, Plan]) -> None:
        self._files = {paths.plan(code): encode(plan) for code, plan in plans.items()}

    def paths(self, prefix: str) -> Sequence[str]:
        return sorted(path for path in self._files if path.startswith(prefix))

    async def read(self, path: str) -> bytes | None:
        return self._files.get(path)

    def is_recalled(self, release: str) -> bool:  # noqa: ARG002
        return False


def _plan(code: str, indexes: Sequence[HouseIndex], number: int) -> Plan:
    """A day in runs of half a minute, so that there are many joins; each channel begins with another item."""
    items = {f"1.{n}": _item(f"1.{n}", index) for n, index in enumerate(indexes, start=1)}
    start = time.time_ns() // SLOT_NS - 100
    names = [f"1.{(n + number) % len(items) + 1}" for n in range(1500)]
    runs = tuple(Run(start + n * SEGMENTS, SEGMENTS, name) for n, name in enumerate(names))
    return Plan(code, f"频道{number}", start, 0, (House(1, indexes[0].house, start, indexes[0]),), items, runs)


def _item(name: str, index: HouseIndex) -> Item:
    rates = tuple(index.tracks[rung].bandwidth for rung in RUNGS)
    sha256 = _sha(write_index(index))
    return Item(name, name, name, f"节目{name}", "", "", name, sha256, index.segments, 0, rates)


def _encoded(folder: Path, number: int, pattern: str) -> tuple[HouseIndex, list[Path]]:
    """A noisy picture at the rate of a film on the house's grid; one rung, which stands for all."""
    seconds = SEGMENTS * SEGMENT_MS / 1000
    video, audio = folder / f"{number}.mp4", folder / f"{number}-audio.mp4"
    cut = (
        "-map_metadata",
        "-1",
        "-movflags",
        "+empty_moov+default_base_moof",
        "-frag_duration",
        str(SEGMENT_MS * 1000),
    )
    source = f"{pattern}=size=1280x720:rate=25,noise=alls=12:allf=t"
    _ffmpeg(
        "-f", "lavfi", "-i", source, "-t", str(seconds), "-c:v", "libx264", "-preset", "superfast", "-bf", "2",
        "-pix_fmt", "yuv420p", "-x264-params", _GRID, "-b:v", "2500k", "-maxrate", "3000k", "-bufsize", "2500k",
        "-video_track_timescale", "12800", *cut, str(video),
    )  # fmt: skip
    _ffmpeg(
        "-f", "lavfi", "-i", "anoisesrc=a=0.1:r=48000", "-af", f"atrim=end_sample={SEGMENTS * 180 * 1024}",
        "-c:a", "aac", "-ac", "2", "-b:a", "128k", "-bsf:a", "noise=drop='lt(pts,0)'", *cut, str(audio),
    )  # fmt: skip
    files = {name: audio if name == AUDIO else video for name in TRACKS}
    tracks = {name: _track(name, path.read_bytes()) for name, path in files.items()}
    return HouseIndex("bench", SEGMENTS, SEGMENTS * SEGMENT_MS, tracks), [video, audio]


def _track(name: str, data: bytes) -> Track:
    found = layout(io.BytesIO(data))
    ends = tuple(one.end for one in found.fragments[:SEGMENTS])
    peak = max(one.end - one.start for one in found.fragments) * 8000 // SEGMENT_MS
    scale, width, height = (48_000, 0, 0) if name == AUDIO else (12_800, 1280, 720)
    return Track(_sha(data), 0, found.init, ends, width, height, codecs(data[: found.init]), peak, peak, scale)


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments], check=True, timeout=120)  # noqa: S603, S607
