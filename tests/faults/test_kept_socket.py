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


def gateways_of(home: House) -> list[int]:
    """The processes of gateways, as the first start or the zygote forked them, or the supervisor started them anew."""
    assert home.process is not None
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            name, line = (folder / "comm").read_text().strip(), (folder / "cmdline").read_bytes()
        except OSError:
            continue
        # The kernel keeps 15 bytes of a name: the second's is cut off behind them.
        is_gateway = name == "yunping-gateway" or b"\0gateway\0" in line
        state, _, _, session = stat[:4]
        if is_gateway and state != "Z" and int(session) == home.process.pid:
            found.append(int(folder.name))
    return found


async def challenged(home: House) -> str:
    """Dials once, as a screen does, and says how the server begins."""
    names = [Subprotocol(name) for name in SUBPROTOCOLS]
    async with connect(f"ws://127.0.0.1:{home.gateway}{PATH}", subprotocols=names, open_timeout=90) as socket:
        return str(json.loads(await socket.recv())["t"])


@pytest.mark.faults
@pytest.mark.parametrize("count", [1, 2])
async def test_screens_that_dial_while_all_gateways_are_killed_are_answered_by_the_next(
    tmp_path: Path, count: int
) -> None:
    async with house(tmp_path, more={"YUNPING_GATEWAYS": str(count)}) as home:
        await home.start()
        for _ in range(KILLS):
            while len(pids := await asyncio.to_thread(gateways_of, home)) < count:  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.05)
            assert await challenged(home) == "challenge"
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            answers = await asyncio.gather(*(challenged(home) for _ in range(DIALLING)), return_exceptions=True)
            # One that was accepted by a dying process has its connection cut; refused is nobody.
            assert not [one for one in answers if isinstance(one, ConnectionRefusedError)]
            assert answers.count("challenge") >= DIALLING - count, answers
