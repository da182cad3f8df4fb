"""The benchmark's server process: the product's gateway as it runs on a street, with a line of commands on stdin.

``cpu`` prints what was written since the last time and the processor time of this process; ``frames PATH`` writes the
frames of the newest states, one an audience, as `sender.c` reads them.
"""

import asyncio
import json
import resource
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.kernel.log import configure
from screens.bench.cores import stay_on
from screens.district import District
from screens.fanout import Report
from screens.gateway import Gateway
from screens.main import GatewaySettings, run_gateway, runner
from screens.messages import signed_text
from screens.signer import BeaconBody


class TimedDistrict(District):
    """Signs in this process for want of a guard, and says how long: the guard's time is not the gateway's."""

    spent = 0.0

    async def sign_beacons(self, bodies: Sequence[BeaconBody]) -> Mapping[str, str]:
        began = time.thread_time()
        try:
            return {body.audience: signed_text(self.beacon(body)) for body in bodies}
        finally:
            self.spent += time.thread_time() - began


@click.command()
@click.option("--database", required=True)
@click.option("--port", type=int, required=True)
@click.option("--core", type=int, required=True)
def main(database: str, port: int, core: int) -> None:
    stay_on(core)
    configure(role="bench", level="WARNING")
    with runner() as run:
        run.run(serve(database, port))


async def serve(url: str, port: int) -> None:
    """Runs the gateway until stdin ends."""
    clock, database, stop = SystemClock(), Database(url), asyncio.Event()
    district = TimedDistrict(clock)
    host = f"127.0.0.1:{port}"
    settings = GatewaySettings("127.0.0.1", port, (host,), (), f"http://{host}", own_process=True)
    commands: list[asyncio.Task[None]] = []

    def ready(gateway: Gateway, _port: int) -> None:
        commands.append(asyncio.get_running_loop().create_task(obey(gateway, district, stop)))

    await run_gateway(settings, database=database, signer=district, clock=clock, stop=stop, ready=ready)
    await asyncio.gather(*commands)
    await database.close()


async def obey(gateway: Gateway, district: TimedDistrict, stop: asyncio.Event) -> None:
    """Answers the parent's commands, one line each."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    say({"ready": True})
    while line := await reader.readline():
        word, _, rest = line.decode().strip().partition(" ")
        if word == "cpu":
            await gateway.fanout.settle()
            use = resource.getrusage(resource.RUSAGE_SELF)
            written, gateway.written = gateway.written, Report()
            signing, district.spent = district.spent, 0.0
            process = {"process_cpu": use.ru_utime + use.ru_stime, "rss_kib": use.ru_maxrss}
            say({**asdict(written), **process, "signing": signing, "screens": len(gateway.registry)})
        elif word == "frames":
            await asyncio.to_thread(Path(rest).write_bytes, newest_frames(gateway))
            say({"frames": rest})
    stop.set()


def newest_frames(gateway: Gateway) -> bytes:
    """What a screen that lacks only the newest manifest is sent, for each audience."""
    made = []
    for _, group in sorted(gateway.registry.groups.items()):
        if group.frames is not None:
            frame = group.frames.frame((*group.frames.has[:3], 0))
            made.append(struct.pack("<I", len(frame)) + frame)
    return b"".join(made)


def say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
