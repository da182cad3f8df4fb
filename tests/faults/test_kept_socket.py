"""Kill -9 to the gateway of a whole installation: whoever dials while it is away waits in line and is answered."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from screens.messages import PATH, SUBPROTOCOLS
from tests.journeys.house import House, house

KILLS = 3
DIALLING = 40


def gateway_of(home: House) -> int | None:
    """The process of the gateway, as the first start forked it or as the supervisor started it anew."""
    assert home.process is not None
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            name, line = (folder / "comm").read_text().strip(), (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(stat[1]) == home.process.pid and (name == "yunping-gateway" or b"gateway\0--listener" in line):
            return int(folder.name)
    return None


async def challenged(home: House) -> str:
    """Dials once, as a screen does, and says how the server begins."""
    names = [Subprotocol(name) for name in SUBPROTOCOLS]
    async with connect(f"ws://127.0.0.1:{home.gateway}{PATH}", subprotocols=names, open_timeout=90) as socket:
        return str(json.loads(await socket.recv())["t"])


@pytest.mark.faults
async def test_screens_that_dial_while_the_gateway_is_killed_are_answered_by_the_next(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.start()
        for _ in range(KILLS):
            while (pid := await asyncio.to_thread(gateway_of, home)) is None:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
            assert await challenged(home) == "challenge"
            os.kill(pid, signal.SIGKILL)
            answers = await asyncio.gather(*(challenged(home) for _ in range(DIALLING)), return_exceptions=True)
            # One that was accepted by the dying process has its connection cut; refused is nobody.
            assert not [one for one in answers if isinstance(one, ConnectionRefusedError)]
            assert answers.count("challenge") >= DIALLING - 1, answers
