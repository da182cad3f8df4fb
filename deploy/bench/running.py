"""A whole installation run for a measurement, as `./yunping up` runs it, on ports and in a folder of its own."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.demo import addresses
from deploy.settings import Settings

FIRST_RUN: Final = "/desk/first-run"
START: Final = 120.0
LOOK: Final = 0.1


def environment_of(folder: Path) -> dict[str, str]:
    """The settings of an installation in `folder` on free ports; what the shell sets of ours stays out."""
    port, gateway = _free_port(), _free_port()
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("YUNPING_")},  # noqa: TID251
        "YUNPING_DATA": str(folder / "data"),
        "YUNPING_DOMAIN": "bench.example",
        "YUNPING_PORT": str(port),
        "YUNPING_GATEWAY_PORT": str(gateway),
        "YUNPING_METRICS_PORT": "0",
        "YUNPING_ORIGINS": ",".join(addresses()),
    }


@contextlib.asynccontextmanager
async def process(argv: Sequence[str], environment: Mapping[str, str], log: Path) -> AsyncIterator[None]:
    """Runs a program in a session of its own until the block ends."""
    with log.open("ab") as out:
        started = await asyncio.create_subprocess_exec(
            *argv, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(20):
                await started.wait()
        except TimeoutError:
            os.killpg(started.pid, signal.SIGKILL)
            await started.wait()


async def first_secret(settings: Settings, log: Path) -> str:
    """Waits until the installation is up and has shown its code, and returns the guard's secret of the first run.

    A code that it shows later would take the place of the one the administrator of the measurement uses.
    """
    path = settings.guard_dir / "first-run"
    async with asyncio.timeout(START):
        for port in (settings.port, settings.gateway_port):
            while not await _listens(port):  # noqa: ASYNC110 - another process
                await asyncio.sleep(LOOK)
        while FIRST_RUN not in await asyncio.to_thread(log.read_text, "utf-8"):  # noqa: ASYNC110 - another process
            await asyncio.sleep(LOOK)
    return await asyncio.to_thread(path.read_text)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
