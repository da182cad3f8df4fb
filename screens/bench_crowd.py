"""`./yunping bench crowd`: 50,000 screens on one machine, by several gateway processes on one port.

First a fifth of the screens on one process, then all of them on several that share the port (SO_REUSEPORT); every
round publishes to all. Cost is the processor time of all gateway processes a screen, so the first part is the
reference of the second. The listeners run on the same machine.
"""

import asyncio
import contextlib
import statistics
import tempfile
from pathlib import Path
from typing import Any, Final

from screens.bench.cores import stay_on
from screens.bench.processes import compiled, free_port
from screens.bench.street import Listeners, Server, Street, gateway
from screens.native.build import build

ROUNDS: Final = 7
GOAL_RATIO: Final = 1.25
GOAL_LAST_MS: Final = 1_000
SIZES: Final = (300, 4_096)


def run(*, screens: int = 50_000, gateways: int = 4, base: int = 10_000, rounds: int = ROUNDS) -> dict[str, Any]:
    """µs of server CPU a screen and publication at `screens`, against `base` of them on one process."""
    build()
    stay_on(-1)
    found = []
    for count, processes in ((base, 1), (screens, gateways)):
        with tempfile.TemporaryDirectory(prefix="yunping-bench-") as folder:
            found.append(asyncio.run(_run(Path(folder), count, processes, rounds)))
    small, large = found
    return {
        "bench": "crowd",
        "figure": large["cpu_us"],
        "unit": f"µs of server CPU a screen and publication, {screens} screens, {gateways} gateway processes",
        "reference": small["cpu_us"],
        "ratio": round(large["cpu_us"] / small["cpu_us"], 3),
        "detail": {
            "large": large,
            "small": small,
            "goals": {"ratio": GOAL_RATIO, "last_ms": GOAL_LAST_MS},
            "reference_is": f"{base} screens on one gateway process in the same run",
        },
    }


async def _run(folder: Path, screens: int, gateways: int, rounds: int) -> dict[str, Any]:
    await compiled(folder, "listeners")
    street = await Street.make(folder, screens, 1)
    port = free_port()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(street.database.close)
        servers = []
        for place in range(gateways):
            street.cores = (street.cores[place % 2], street.cores[1])
            servers.append(await stack.enter_async_context(gateway(street, port=port, options=("--shared",))))
        before = [await one.told() for one in servers]
        listeners = Listeners()
        await listeners.connect(stack, street, port, street.lines)
        await asyncio.sleep(3)
        after = [await one.told() for one in servers]
        await _round(street, servers, listeners)
        found = [await _round(street, servers, listeners) for _ in range(rounds)]
    grown = sum(b["rss_kib"] - a["rss_kib"] for a, b in zip(before, after, strict=True))
    return {
        "screens": screens,
        "screens_of_each_process": [one["screens"] for one in after],
        "cpu_us": round(statistics.median(one["cpu_us"] for one in found), 2),
        "last_ms_from_commit": round(statistics.median(one["last_ms"] for one in found), 1),
        "last_ms_from_first": round(statistics.median(one["spread_ms"] for one in found), 1),
        "kib_per_connection": round(grown / screens, 1),
    }


async def _round(street: Street, servers: list[Server], listeners: Listeners) -> dict[str, float]:
    manifests = await street.signed()
    await listeners.arm()
    before = [await one.told() for one in servers]
    at = await street.commit(manifests)
    last, first, _ = await listeners.done()
    after = [await one.told() for one in servers]
    used = sum(b["process_cpu"] - a["process_cpu"] - b["signing"] for a, b in zip(before, after, strict=True))
    return {"cpu_us": used / street.screens * 1e6, "last_ms": (last - at) / 1e6, "spread_ms": (last - first) / 1e6}
