"""`./yunping bench reconnect`: kill -9 to the gateway, and when its ten thousand screens are back on the newest state.

The parent kills the processes, publishes while nobody listens, and has new ones born at once, as the supervisor does,
by a zygote that has read the program. The screens wait as players do, by what the last welcome told them, and time
begins with the first cut connection. Beside it the same screens, known by now, come without any spread to gateways that
stand: handshakes alone. The reference is the library's own server with nothing of ours in it (`screens.bench.plain`),
to which as many sockets come just so in turns with them: they are let in by an upgrade and told nothing, where a screen
proves its key and is told its state.

The listening socket is kept by the parent, as the supervisor keeps it: screens wait in line while gateways start. One
gateway has a core for itself and the screens the other. With `--option gateways=2` two take from the line, as on a
machine of two cores; neither they nor the screens are bound to a core then.
"""

import asyncio
import contextlib
import functools
import json
import socket
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

from cms.kernel.zygote import Zygote
from screens.bench import storm
from screens.bench.cores import stay_on
from screens.bench.processes import ask, compiled, free_port, line, module, process, zygote
from screens.bench.street import Server, Street, again
from screens.main import BACKLOG, listening
from screens.native.build import build

GOAL_SECONDS: Final = 6.0
GOAL_HANDSHAKES: Final = 3.5
# Presence and goodbyes are written meanwhile.
PAUSE: Final = 3.0


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
        "reference": found["library_alone_seconds"],
        "ratio": round(found["newest_seconds"] / found["library_alone_seconds"], 2),
        "detail": {
            **found,
            "screens": screens,
            "gateways": gateways,
            "goals": {"newest_seconds": GOAL_SECONDS, "handshakes_alone_seconds": GOAL_HANDSHAKES, "stuck": 0},
            "reference_is": "as many sockets coming at once to the library's own server, which only upgrades them",
        },
    }


async def _run(folder: Path, screens: int, gateways: int, kills: int) -> dict[str, Any]:
    street = await Street.make(folder, screens, 1)
    port = free_port()
    kept = _kept(port)
    await asyncio.to_thread((folder / "all").write_text, "\n".join(street.lines), encoding="utf-8")
    if gateways > 1:
        street.cores = (-1, -1)
    await compiled(folder, "storm")
    async with (
        process(*storm.command(folder, port=port, core=street.cores[1], screens=folder / "all")) as crowd,
        _library(folder, street, screens) as library,
        zygote((kept.fileno(),)) as parent,
    ):
        running = contextlib.AsyncExitStack()
        start = functools.partial(_started, street, parent, kept, gateways)
        servers = await start(running)
        first = json.loads(await ask(crowd, "come"))["seconds"]
        alone, cost, plain = [], [], []
        for _ in range(kills):
            plain.append(await library())
            await ask(crowd, "leave")
            await asyncio.sleep(PAUSE)
            before = await _cpu(servers)
            alone.append(json.loads(await ask(crowd, "come"))["seconds"])
            cost.append((await _cpu(servers) - before) / screens * 1e6)
        rounds = []
        for _ in range(kills):
            await asyncio.sleep(PAUSE)
            running, found = await _killed(street, crowd, running, start)
            rounds.append(found)
        await running.aclose()
    kept.close()
    await street.database.close()
    return {
        "newest_seconds": round(statistics.median(one["newest"] for one in rounds), 2),
        "newest_seconds_of_each": [round(one["newest"], 2) for one in rounds],
        "welcomed_seconds": round(statistics.median(one["welcomed"] for one in rounds), 2),
        "gateway_start_seconds": round(statistics.median(one["start"] for one in rounds), 2),
        "refused_and_tried_again": sum(int(one["refused"]) for one in rounds),
        "stuck": 0,  # a screen that never came back would have ended the run
        "first_handshakes_seconds": round(first, 2),  # the guard signs what each screen is
        "handshakes_alone_seconds": round(statistics.median(alone), 2),
        "library_alone_seconds": round(statistics.median(one for one, _ in plain), 2),
        "handshakes_to_the_library": round(statistics.median(a / b for a, (b, _) in zip(alone, plain, strict=True)), 2),
        "handshakes_of_each": [[round(a, 2), round(b, 2)] for a, (b, _) in zip(alone, plain, strict=True)],
        "server_cpu_us_a_handshake": round(statistics.median(cost)),
        "library_cpu_us_a_handshake": round(statistics.median(one for _, one in plain)),
        "server_cpu_us_a_return": round(statistics.median(one["cpu_us"] for one in rounds)),
    }


@contextlib.asynccontextmanager
async def _library(
    folder: Path, street: Street, sockets: int
) -> AsyncIterator[Callable[[], Awaitable[tuple[float, float]]]]:
    """The library alone and who comes to it; call it for the seconds all took, and µs of processor for each."""
    port, silent = free_port(), folder / "silent"
    await asyncio.to_thread(silent.write_text, "\n" * sockets, encoding="utf-8")
    with _kept(port) as kept:
        bound = ("--listener", kept.fileno(), "--core", street.cores[0])
        async with (
            process(*module("plain", *bound), keeps=(kept.fileno(),)) as server,
            process(*storm.command(folder, port=port, core=street.cores[1], screens=silent)) as crowd,
        ):
            await line(server)

            async def come() -> tuple[float, float]:
                before = json.loads(await ask(server, "cpu"))["process_cpu"]
                seconds = json.loads(await ask(crowd, "come"))["seconds"]
                used = json.loads(await ask(server, "cpu"))["process_cpu"] - before
                await ask(crowd, "leave")
                await asyncio.sleep(PAUSE)
                return seconds, used / sockets * 1e6

            yield come


def _kept(port: int) -> socket.socket:
    """A listening socket that outlives who takes from it."""
    made = listening("127.0.0.1", port)
    made.listen(BACKLOG)
    return made


async def _started(
    street: Street, parent: Zygote, kept: socket.socket, count: int, stack: contextlib.AsyncExitStack
) -> list[Server]:
    """Gateways at one socket, started side by side."""
    coming = [again(street, parent, kept) for _ in range(count)]
    return list(await asyncio.gather(*(stack.enter_async_context(one) for one in coming)))


async def _cpu(servers: Sequence[Server]) -> float:
    """Seconds of processor that these have used."""
    told = [await server.told() for server in servers]
    return sum(float(one["process_cpu"]) for one in told)


async def _killed(
    street: Street,
    crowd: asyncio.subprocess.Process,
    running: contextlib.AsyncExitStack,
    start: Callable[[contextlib.AsyncExitStack], Awaitable[list[Server]]],
) -> tuple[contextlib.AsyncExitStack, dict[str, float]]:
    manifests = await street.signed()
    version = json.loads(manifests[0].text)["version"]
    assert crowd.stdin is not None  # noqa: S101
    crowd.stdin.write(f"back {version}\n".encode())
    await crowd.stdin.drain()
    await running.aclose()  # kill -9
    began = time.monotonic()
    next_ = contextlib.AsyncExitStack()
    starting = asyncio.ensure_future(start(next_))
    await street.commit(manifests)
    servers = await starting
    ready = await _cpu(servers)
    started = time.monotonic() - began
    found: dict[str, float] = json.loads(await line(crowd))
    used = await _cpu(servers) - ready
    return next_, found | {"start": started, "cpu_us": used / street.screens * 1e6}
