"""`./yunping bench readers`: fifty of a thousand screens stop reading, and what that costs the server and the others.

The same frames go to all before and after fifty were stopped for good (their process gets SIGSTOP). Figure and
reference are when 99 of 100 of the others have a frame; memory is what the gateway grew by and what waits in the
kernel for the dead.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import statistics
import tempfile
from pathlib import Path
from typing import Any, Final

from cms.kernel.errors import Unavailable
from screens.bench.cores import stay_on
from screens.bench.processes import compiled
from screens.bench.street import Listeners, Server, Street, gateway
from screens.native.build import build

GOAL_MIB: Final = 16
# What a stopped screen's own side may hold; else it would take megabytes before anything is felt.
BUFFER: Final = 4_096


def run(*, screens: int = 1_000, dead: int = 50, rounds: int = 30, size: int = 32_000) -> dict[str, Any]:
    """Milliseconds until 99 of 100 of the others have a frame. Raises Unavailable `screens.no_compiler`."""
    if shutil.which("gcc") is None:
        raise Unavailable("screens.no_compiler")
    build()
    stay_on(-1)
    with tempfile.TemporaryDirectory(prefix="yunping-bench-") as folder:
        found = asyncio.run(_run(Path(folder), screens, dead, rounds, size))
    return {
        "bench": "readers",
        "figure": found["p99_ms"],
        "unit": f"ms until 99 % of the others have a frame of {size} bytes, {dead} of {screens} dead",
        "reference": found["reference_p99_ms"],
        "ratio": round(found["p99_ms"] / found["reference_p99_ms"], 3),
        "detail": {
            **found,
            "rounds": rounds,
            "goals": {"ratio": "about 1", "mib": GOAL_MIB},
            "reference_is": "the same frames in the same run before they died",
        },
    }


async def _run(folder: Path, screens: int, dead: int, rounds: int, size: int) -> dict[str, float]:
    await compiled(folder, "listeners")
    async with contextlib.AsyncExitStack() as stack:
        street = await Street.make(folder, screens, 1)
        stack.push_async_callback(street.database.close)
        # They answer no pings either; here they stay, so that the worst of it is measured.
        server = await stack.enter_async_context(gateway(street, options=("--silent", 3_600)))
        others, doomed = Listeners(), Listeners()
        await others.connect(stack, street, server.port, street.lines[dead:])
        await doomed.connect(stack, street, server.port, street.lines[:dead], buffer=BUFFER)
        alive = [await _round(server, others, size) for _ in range(rounds)]
        before = await server.told(), (await server.told("queued"))["kib"]
        for child, _ in doomed.children:
            os.kill(child.pid, signal.SIGSTOP)
        with_dead = [await _round(server, others, size) for _ in range(rounds)]
        after = await server.told(), (await server.told("queued"))["kib"]
    grown, waiting = after[0]["rss_kib"] - before[0]["rss_kib"], after[1] - before[1]
    return {
        "p99_ms": round(statistics.median(with_dead), 2),
        "reference_p99_ms": round(statistics.median(alive), 2),
        "mib": round((grown + waiting) / 1024, 2),
        "mib_of_the_process": round(grown / 1024, 2),
        "mib_that_waits": round(waiting / 1024, 2),
    }


async def _round(server: Server, others: Listeners, size: int) -> float:
    await others.arm(size, size)
    began: int = (await server.told(f"send {size}"))["began"]
    _, _, near = await others.done()
    return (near - began) / 1e6
