"""`./yunping bench idle`: what ten thousand screens cost that nothing is published for, in memory and processor time.

The product's gateway and `bench/sender.c` each hold as many sockets and keep them alive for the same seconds: the C
sender with a ping every twenty seconds, the gateway with pings, fresh beacons and everything else it does. Memory is
what the process grew by from before the first screen, so it has all our state; the screens' rows are counted apart.
"""

import asyncio
import contextlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from cms.kernel.errors import Unavailable
from screens.bench.cores import stay_on
from screens.bench.processes import ask, compiled
from screens.bench.street import Listeners, Street, gateway, sender
from screens.native.build import build

GOAL_KIB: Final = 16
GOAL_PERCENT: Final = 2.0


def run(*, screens: int = 10_000, seconds: int = 40) -> dict[str, Any]:
    """Percent of a core while idle; `detail` has the memory. Raises Unavailable `screens.no_compiler`."""
    if shutil.which("gcc") is None:
        raise Unavailable("screens.no_compiler")
    build()
    stay_on(-1)
    with tempfile.TemporaryDirectory(prefix="yunping-bench-") as folder:
        found = asyncio.run(_run(Path(folder), screens, seconds))
    return {
        "bench": "idle",
        "figure": found["percent"],
        "unit": f"% of a core, {screens} idle screens, pings every 20 s",
        "reference": found["reference_percent"],
        "ratio": round(found["percent"] / found["reference_percent"], 2),
        "detail": {
            **found,
            "screens": screens,
            "seconds": seconds,
            "goals": {"percent": GOAL_PERCENT, "kib_per_connection": GOAL_KIB},
            "reference_is": "C, epoll, a ping to every socket each 20 s and its answer (screens/bench/sender.c)",
        },
    }


async def _run(folder: Path, screens: int, seconds: int) -> dict[str, float]:
    await compiled(folder, "sender", "listeners")
    async with contextlib.AsyncExitStack() as stack:
        await asyncio.to_thread((folder / "nobody").mkdir)
        nobody = await Street.make(folder / "nobody", 0, 1)
        async with gateway(nobody) as empty:
            bare = (await empty.told())["rss_kib"]
        await nobody.database.close()
        street = await Street.make(folder, screens, 1)
        stack.push_async_callback(street.database.close)
        server = await stack.enter_async_context(gateway(street))
        known = (await server.told())["rss_kib"]
        listeners = Listeners()
        await listeners.connect(stack, street, server.port, street.lines)
        await asyncio.sleep(5)  # the last presence of the handshakes is written
        before, began = await server.told(), time.monotonic()
        await asyncio.sleep(seconds)
        after, wall = await server.told(), time.monotonic() - began
        used = after["process_cpu"] - before["process_cpu"] - after["signing"]
        limit, _ = await stack.enter_async_context(sender(street))
        cpu, limit_wall = (int(word) for word in (await ask(limit, f"idle {seconds}")).split()[1:])
    return {
        "percent": round(used / wall * 100, 2),
        "reference_percent": round(cpu / limit_wall * 100, 2),
        "kib_per_connection": round((after["rss_kib"] - known) / screens, 1),
        "kib_per_screen_known": round((known - bare) / screens, 1),
        "kib_per_screen_with_its_row": round((after["rss_kib"] - bare) / screens, 1),
    }
