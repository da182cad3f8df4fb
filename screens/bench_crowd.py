"""`./yunping bench crowd`: 50,000 screens on one machine, by several gateway processes on one port.

A fifth of the screens stands on as many processes of its own (`base_gateways=1`: on one), and both streets publish in
turns, so that what disturbs the machine disturbs both. Cost is the processor time of all gateway processes a screen,
from the commit to the last screen and to the ledger row that says who got it. `bench/sender.c` writes the same frames
to as many sockets of either size, shared out to as many processes: what the kernel alone takes for the larger crowd is
told beside our ratio.

All servers stand on one core and whoever listens on the other: the listeners of a street stand elsewhere.
"""

import asyncio
import contextlib
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from cms.kernel.errors import Unavailable
from screens.bench.cores import stay_on
from screens.bench.processes import ask, compiled, free_port
from screens.bench.street import LEAST, MOST, Listeners, Server, Street, gateway, sender
from screens.native.build import build

ROUNDS: Final = 9
GOAL_RATIO: Final = 1.25
GOAL_LAST_MS: Final = 1_000
Found: TypeAlias = dict[str, float]


def run(
    *, screens: int = 50_000, gateways: int = 4, base: int = 10_000, base_gateways: int = 0, rounds: int = ROUNDS
) -> dict[str, Any]:
    """µs of server CPU a screen and publication at `screens`, against `base` of them.

    `base_gateways`: the processes of the base, 0 for as many as the crowd has. Raises Unavailable
    `screens.no_compiler`.
    """
    processes = (base_gateways or gateways, gateways)
    if shutil.which("gcc") is None:
        raise Unavailable("screens.no_compiler")
    build()
    stay_on(-1)
    with tempfile.TemporaryDirectory(prefix="yunping-bench-") as folder:
        small, large = asyncio.run(_run(Path(folder), (base, screens), processes, rounds))
    each = [b["cpu_us"] / a["cpu_us"] for a, b in zip(small.found, large.found, strict=True)]
    limit = [b["limit_cpu_us"] / a["limit_cpu_us"] for a, b in zip(small.found, large.found, strict=True)]
    return {
        "bench": "crowd",
        "figure": large.middle("cpu_us"),
        "unit": f"µs of server CPU a screen and publication, {screens} screens, {gateways} gateway processes",
        "reference": small.middle("cpu_us"),
        "ratio": round(statistics.median(each), 3),
        "detail": {
            "large": large.told(),
            "small": small.told(),
            "ratio_of_each_round": [round(one, 3) for one in each],
            "limit_ratio": round(statistics.median(limit), 3),
            "goals": {"ratio": GOAL_RATIO, "last_ms": GOAL_LAST_MS},
            "reference_is": f"{base} screens on {processes[0]} gateway processes in the same rounds",
            "limit_is": "the same two sizes for C, epoll, plain writes (screens/bench/sender.c)",
        },
    }


@dataclass
class Crowd:
    """One size: its gateways and its C senders, what they hold, and what was found."""

    street: Street
    servers: list[Server]
    screens: Listeners
    limits: list[tuple[asyncio.subprocess.Process, Listeners]]
    kib: float
    shares: list[int]
    found: list[Found]

    def middle(self, name: str) -> float:
        return round(statistics.median(one[name] for one in self.found), 2)

    def told(self) -> dict[str, Any]:
        return {
            "screens": self.street.screens,
            "screens_of_each_process": self.shares,
            "cpu_us": self.middle("cpu_us"),
            "fanout_alone_cpu_us": self.middle("loop_us"),
            "limit_cpu_us": self.middle("limit_cpu_us"),
            "last_ms_from_commit": self.middle("last_ms"),
            "last_ms_from_first": self.middle("spread_ms"),
            "limit_last_ms_from_first": self.middle("limit_spread_ms"),
            "kib_per_connection": self.kib,
        }


async def _run(folder: Path, sizes: tuple[int, int], processes: tuple[int, int], rounds: int) -> tuple[Crowd, Crowd]:
    async with contextlib.AsyncExitStack() as stack:
        both = zip(sizes, processes, strict=True)
        small, large = [await _crowd(stack, folder / str(size), size, gateways) for size, gateways in both]
        for turn in range(rounds + 1):
            for crowd in (small, large) if turn % 2 else (large, small):
                found = await _ours(crowd)
                found |= await _theirs(crowd)
                if turn:  # what is paid once is not measured
                    crowd.found.append(found)
    return small, large


async def _crowd(stack: contextlib.AsyncExitStack, folder: Path, screens: int, gateways: int) -> Crowd:
    await asyncio.to_thread(folder.mkdir)
    await compiled(folder, "listeners", "sender")
    street = await Street.make(folder, screens, 1)
    stack.push_async_callback(street.database.close)
    port = free_port()
    coming = [gateway(street, port=port, options=("--shared",)) for _ in range(gateways)]
    servers = list(await asyncio.gather(*(stack.enter_async_context(one) for one in coming)))
    before = [await one.told() for one in servers]
    listeners = Listeners()
    await listeners.connect(stack, street, port, street.lines)
    await asyncio.sleep(2)  # the last presence of the handshakes is written
    after = [await one.told() for one in servers]
    grown = sum(b["rss_kib"] - a["rss_kib"] for a, b in zip(before, after, strict=True))
    shares = [screens // gateways + (place < screens % gateways) for place in range(gateways)]
    limits = [await stack.enter_async_context(sender(street, share)) for share in shares]
    return Crowd(street, servers, listeners, limits, round(grown / screens, 1), [one["screens"] for one in after], [])


async def _ours(crowd: Crowd) -> Found:
    manifests = await crowd.street.signed()
    await crowd.screens.arm()
    before = await _whole(crowd.servers)
    at = await crowd.street.commit(manifests)
    last, first, _ = await crowd.screens.done()
    after = await _whole(crowd.servers)
    used = sum(b["process_cpu"] - a["process_cpu"] - b["signing"] for a, b in zip(before, after, strict=True))
    return {
        "cpu_us": used / crowd.street.screens * 1e6,
        "loop_us": sum(one["cpu"] for one in after) / sum(one["sent"] for one in after) * 1e6,
        "last_ms": (last - at) / 1e6,
        "spread_ms": (last - first) / 1e6,
    }


async def _whole(servers: Sequence[Server]) -> list[dict[str, Any]]:
    """What each has done; the ledger is written first, which else falls into the longer of two rounds alone."""
    return [await one.told("whole") for one in servers]


async def _theirs(crowd: Crowd) -> Found:
    frames = str(crowd.street.folder / "frames")
    await crowd.servers[0].told(f"frames {frames}")
    for _, others in crowd.limits:
        await others.arm(LEAST, MOST)
    sent = [answer.split() for answer in await asyncio.gather(*(ask(child, frames) for child, _ in crowd.limits))]
    came = [await others.done() for _, others in crowd.limits]
    return {
        "limit_cpu_us": sum(int(one[2]) for one in sent) / crowd.street.screens / 1e3,
        "limit_spread_ms": (max(one[0] for one in came) - min(one[1] for one in came)) / 1e6,
    }
