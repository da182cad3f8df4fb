"""`./yunping bench reconnect`: kill -9 to the gateway, and when its ten thousand screens are back on the newest state.

The parent kills the process, publishes while nobody listens, and starts a new gateway at once, as the supervisor does.
The screens wait as players do, by what the last welcome told them, and time begins with the first cut connection. The
reference is the same screens coming without any spread to a gateway that stands: handshakes alone.
"""

import asyncio
import contextlib
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from screens.bench.cores import stay_on
from screens.bench.processes import ask, free_port, line, module, process
from screens.bench.street import Street, gateway
from screens.native.build import build

GOAL_SECONDS: Final = 6.0
GOAL_HANDSHAKES: Final = 3.5


def run(*, screens: int = 10_000, gateways: int = 1, kills: int = 3) -> dict[str, Any]:
    """Seconds from the first cut until every screen has the newest state, the median of `kills`."""
    build()
    stay_on(-1)
    with tempfile.TemporaryDirectory(prefix="yunping-bench-") as folder:
        found = asyncio.run(_run(Path(folder), screens, gateways, kills))
    return {
        "bench": "reconnect",
        "figure": found["newest_seconds"],
        "unit": f"s until {screens} screens have the newest state after kill -9",
        "reference": found["handshakes_alone_seconds"],
        "ratio": round(found["newest_seconds"] / found["handshakes_alone_seconds"], 2),
        "detail": {
            **found,
            "screens": screens,
            "gateways": gateways,
            "goals": {"newest_seconds": GOAL_SECONDS, "handshakes_alone_seconds": GOAL_HANDSHAKES, "stuck": 0},
            "reference_is": "the same screens coming at once to a gateway that stands",
        },
    }


async def _run(folder: Path, screens: int, gateways: int, kills: int) -> dict[str, Any]:
    street = await Street.make(folder, screens, 1)
    port = free_port()
    await asyncio.to_thread((folder / "all").write_text, "\n".join(street.lines), encoding="utf-8")
    # Each gateway takes the core of its turn; the screens stay on the other.
    given = ("--port", port, "--core", street.cores[1], "--screens", folder / "all")
    async with process(*module("storm", *given)) as storm, contextlib.AsyncExitStack() as others:
        for _ in range(gateways - 1):
            await others.enter_async_context(gateway(street, port=port, options=("--shared",)))
        first = contextlib.AsyncExitStack()
        server = await first.enter_async_context(gateway(street, port=port, options=("--shared",)))
        before = await server.told()
        alone = json.loads(await ask(storm, "come"))["seconds"]
        after = await server.told()
        rounds = []
        for _ in range(kills):
            await asyncio.sleep(2)  # presence is written
            first, found = await _killed(street, storm, first, port)
            rounds.append(found)
        await first.aclose()
    await street.database.close()
    return {
        "newest_seconds": round(statistics.median(one["newest"] for one in rounds), 2),
        "newest_seconds_of_each": [round(one["newest"], 2) for one in rounds],
        "welcomed_seconds": round(statistics.median(one["welcomed"] for one in rounds), 2),
        "gateway_start_seconds": round(statistics.median(one["start"] for one in rounds), 2),
        "refused_and_tried_again": sum(int(one["refused"]) for one in rounds),
        "stuck": 0,  # a screen that never came back would have ended the run
        "handshakes_alone_seconds": round(alone, 2),
        "server_cpu_us_a_first_handshake": round((after["process_cpu"] - before["process_cpu"]) / screens * 1e6),
        "server_cpu_us_a_return": round(statistics.median(one["cpu_us"] for one in rounds)),
    }


async def _killed(
    street: Street, storm: asyncio.subprocess.Process, running: contextlib.AsyncExitStack, port: int
) -> tuple[contextlib.AsyncExitStack, dict[str, float]]:
    manifests = await street.signed()
    version = json.loads(manifests[0].text)["version"]
    assert storm.stdin is not None  # noqa: S101
    storm.stdin.write(f"back {version}\n".encode())
    await storm.stdin.drain()
    await running.aclose()  # kill -9
    began = time.monotonic()
    next_ = contextlib.AsyncExitStack()
    starting = asyncio.create_task(next_.enter_async_context(gateway(street, port=port, options=("--shared",))))
    await street.commit(manifests)
    server = await starting
    ready = await server.told()
    started = time.monotonic() - began
    found: dict[str, float] = json.loads(await line(storm))
    used = (await server.told())["process_cpu"] - ready["process_cpu"]
    return next_, found | {"start": started, "cpu_us": used / street.screens * 1e6}
