"""`./yunping bench fanout`: what it costs to hand one publication to every screen, against a C sender in the same run.

Three processes take turns on equal sockets: the product's gateway (rows, keys, handshakes, sessions as on a street)
and `bench/sender.c`, each with its own listeners. A *publication* is rows the parent writes, as a worker does, for one
audience or many; a *frame* of 300 or 4,096 bytes goes through the same fan-out without rows. What counts is the
processor time of the whole server process from the commit to the last screen, whatever it does meanwhile; only the
guard's signatures, made in this process for want of a guard, are left out. TLS is off.
"""

import asyncio
import contextlib
import shutil
import statistics
import struct
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from cms.kernel.errors import Unavailable
from screens.bench.cores import stay_on
from screens.bench.processes import ask, compiled
from screens.bench.street import LEAST, MOST, Listeners, Server, Street, gateway, sender
from screens.frames import text_frame
from screens.native.build import build

ROUNDS: Final = 9
SIZES: Final = (300, 4_096)
Found: TypeAlias = dict[str, float]


def run(
    *, screens: int = 10_000, audiences: Sequence[int] = (1, 801), sizes: Sequence[int] = SIZES, rounds: int = ROUNDS
) -> dict[str, Any]:
    """Figures in µs of the server's processor time a delivery, of the first of `audiences`; `detail` has them all.

    Raises Unavailable `screens.no_compiler`.
    """
    if shutil.which("gcc") is None:
        raise Unavailable("screens.no_compiler")
    build()
    stay_on(-1)
    runs: dict[str, Any] = {}
    for place, count in enumerate(audiences):
        with tempfile.TemporaryDirectory(prefix="yunping-bench-") as folder:
            runs |= asyncio.run(_run(Path(folder), screens, count, sizes if place == 0 else (), rounds))
    first = next(iter(runs.values()))
    return {
        "bench": "fanout",
        "figure": first["cpu_us"],
        "unit": f"µs of server CPU a delivery, {screens} screens, audiences: {audiences[0]}",
        "reference": first["reference_cpu_us"],
        "ratio": first["ratio"],
        "detail": {
            "screens": screens,
            "rounds": rounds,
            **runs,
            "reference_is": "C, epoll, plain writes of the same frames to as many sockets (screens/bench/sender.c)",
            "counted": "the whole gateway process from commit to last screen, without the guard's signatures",
            "tls": "off",
        },
    }


@dataclass(frozen=True, slots=True)
class Sides:
    """What takes turns in a round."""

    street: Street
    server: Server
    screens: Listeners
    limit: asyncio.subprocess.Process
    others: Listeners


async def _run(folder: Path, screens: int, audiences: int, sizes: Sequence[int], rounds: int) -> dict[str, Any]:
    await compiled(folder, "sender", "listeners")
    async with contextlib.AsyncExitStack() as stack:
        street = await Street.make(folder, screens, audiences)
        stack.push_async_callback(street.database.close)
        server = await stack.enter_async_context(gateway(street))
        before, began = await server.told(), time.monotonic()
        listeners = Listeners()
        await listeners.connect(stack, street, server.port, street.lines)
        seconds = time.monotonic() - began
        await asyncio.sleep(2)  # the last presence of the handshakes is written
        after = await server.told()
        limit, others = await stack.enter_async_context(sender(street))
        sides = Sides(street, server, listeners, limit, others)
        told = {
            "compiled_writer": after["compiled"],
            "connect_seconds": round(seconds, 1),
            "connect_cpu_us_a_screen": round((after["process_cpu"] - before["process_cpu"]) / screens * 1e6),
            "kib_per_connection": round((after["rss_kib"] - before["rss_kib"]) / screens, 1),
        }
        found = {f"publication, audiences: {audiences}": await _rounds(sides, rounds, _publication) | told}
        for size in sizes:
            found[f"frame of {size} bytes"] = await _rounds(sides, rounds, _frame_of(size))
        return found


async def _rounds(sides: Sides, rounds: int, one: Callable[[Sides], Awaitable[Found]]) -> dict[str, Any]:
    await one(sides)  # what is paid once is not measured
    found = [await one(sides) for _ in range(rounds)]
    middle = {name: statistics.median(each[name] for each in found) for name in found[0]}
    # The ratio of each round, then the median: what disturbs the machine for a second disturbs both sides of it.
    cpu = [each["cpu_us"] / each["reference_cpu_us"] for each in found]
    last = [each["spread_ms"] / each["reference_spread_ms"] for each in found]
    return {
        "cpu_us": round(middle["cpu_us"], 2),
        "reference_cpu_us": round(middle["reference_cpu_us"], 2),
        "ratio": round(statistics.median(cpu), 3),
        "ratio_of_each_round": [round(each, 3) for each in cpu],
        "fanout_alone_cpu_us": round(middle["loop_us"], 2),
        "frame_bytes": round(middle["bytes"]),
        "last_screen_ms_from_start": round(middle["last_ms"], 1),
        "last_screen_ms_from_first": round(middle["spread_ms"], 1),
        "reference_last_ms_from_first": round(middle["reference_spread_ms"], 1),
        "last_ratio": round(statistics.median(last), 3),
    }


async def _publication(sides: Sides) -> Found:
    manifests = await sides.street.signed()
    await sides.screens.arm()
    before = await sides.server.told()
    at = await sides.street.commit(manifests)
    found = await _ours(sides, before, at)
    frames = str(sides.street.folder / "frames")
    await sides.server.told(f"frames {frames}")
    return found | await _theirs(sides, frames, LEAST, MOST)


def _frame_of(size: int) -> Callable[[Sides], Awaitable[Found]]:
    async def one(sides: Sides) -> Found:
        path, frame = sides.street.folder / f"frame-{size}", text_frame("x" * size)
        await asyncio.to_thread(path.write_bytes, struct.pack("<I", len(frame)) + frame)
        await sides.screens.arm(size, size)
        before = await sides.server.told()
        began = (await sides.server.told(f"send {size}"))["began"]
        return await _ours(sides, before, began) | await _theirs(sides, str(path), size, size)

    return one


async def _ours(sides: Sides, before: dict[str, Any], at: int) -> Found:
    last, first, _ = await sides.screens.done()
    after = await sides.server.told()
    used = after["process_cpu"] - before["process_cpu"] - after["signing"]
    return {
        "cpu_us": used / sides.street.screens * 1e6,
        "loop_us": after["cpu"] / after["sent"] * 1e6,
        "bytes": after["bytes"] / after["sent"],
        "last_ms": (last - at) / 1e6,
        "spread_ms": (last - first) / 1e6,
    }


async def _theirs(sides: Sides, frames: str, least: int, most: int) -> Found:
    await sides.others.arm(least, most)
    _, count, cpu, _ = (await ask(sides.limit, frames)).split()
    last, first, _ = await sides.others.done()
    return {"reference_cpu_us": int(cpu) / int(count) / 1e3, "reference_spread_ms": (last - first) / 1e6}
