"""The benchmark's server process: the product's gateway as it runs on a street, with a line of commands on stdin.

``cpu`` prints what was written since the last time, the processor time and the memory of this process; ``whole`` the
same once the ledger has its rows. ``frames PATH``
writes the frames of the newest states, one an audience, as `sender.c` reads them. ``send SIZE`` hands a frame with so
many bytes of payload to everybody, through the same fan-out, and answers when all was written or given up.
"""

import asyncio
import json
import resource
import socket
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import click

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.kernel.log import configure
from screens.bench.cores import stay_on
from screens.bench.street import SEED
from screens.district import District
from screens.fanout import Report
from screens.frames import AudienceFrames, text_frame
from screens.gateway import Gateway
from screens.main import GatewaySettings, run_gateway, runner
from screens.messages import signed_text
from screens.native.writer import IS_COMPILED
from screens.signer import BeaconBody

PAGE_KIB: Final = resource.getpagesize() / 1024
_SO_MEMINFO: Final = 55  # linux/asm-generic/socket.h; the third number is what the send queue holds
_MEMINFO: Final = struct.Struct("9I")


class TimedDistrict(District):
    """Signs in this process for want of a guard, and says how long: the guard's time is not the gateway's."""

    spent = 0.0

    async def sign_beacons(self, bodies: Sequence[BeaconBody]) -> Mapping[str, str]:
        began = time.thread_time()
        try:
            return {body.audience: signed_text(self.beacon(body)) for body in bodies}
        finally:
            self.spent += time.thread_time() - began


class PlainFrames(AudienceFrames):
    """Frames of a given size instead of a state."""

    def __init__(self, like: AudienceFrames, size: int) -> None:
        super().__init__(like.state, "", like.parts)
        self._size = size

    def _encode(self, _missing: int) -> bytes:
        return text_frame("x" * self._size)


@click.command()
@click.option("--database", required=True)
@click.option("--port", type=int, required=True)
@click.option("--core", type=int, required=True)
@click.option("--host", default="127.0.0.1")
@click.option("--shared", is_flag=True, help="Shares its port with other gateways.")
@click.option("--listener", type=int, help="Descriptor of a socket that listens already.")
@click.option("--silent", type=float, default=0.0, help="Seconds until a silent screen is dropped; 0: what is usual.")
def main(*, database: str, port: int, core: int, host: str, shared: bool, listener: int | None, silent: float) -> None:
    stay_on(core)
    configure(role="bench", level="WARNING")
    with runner() as run:
        run.run(serve(database, host, port, shared=shared, listener=listener, silent=silent))


async def serve(
    url: str, address: str, port: int, *, shared: bool = False, listener: int | None = None, silent: float = 0
) -> None:
    """Runs the gateway until stdin ends."""
    clock, database, stop = SystemClock(), Database(url), asyncio.Event()
    district = TimedDistrict(clock, seed=SEED)
    host = f"{address}:{port}"
    place = GatewaySettings(address, port, (host,), (), f"http://{host}", reuse_port=shared, listener=listener)
    settings = replace(place, own_process=True)
    commands: list[asyncio.Task[None]] = []

    def ready(gateway: Gateway, _port: int) -> None:
        gateway.wheel.silent = silent or gateway.wheel.silent
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
        if word in {"cpu", "whole"}:
            await gateway.fanout.settle()
            if word == "whole":
                await gateway.presence.flush()
            say(counted(gateway, district))
        elif word == "queued":
            say({"kib": queued(gateway) / 1024})
        elif word == "send":
            began = time.monotonic_ns()
            for group in gateway.registry.groups.values():
                if group.frames is not None:
                    gateway.fanout.publish(group, PlainFrames(group.frames, int(rest)))
            await gateway.fanout.settle()
            say({"began": began})
        elif word == "frames":
            await asyncio.to_thread(Path(rest).write_bytes, newest_frames(gateway))
            say({"frames": rest})
    stop.set()


def counted(gateway: Gateway, district: TimedDistrict) -> dict[str, Any]:
    """What this process has done: since the last question, and in all."""
    use = resource.getrusage(resource.RUSAGE_SELF)
    written, gateway.written = gateway.written, Report()
    signing, district.spent = district.spent, 0.0
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    process = {"process_cpu": use.ru_utime + use.ru_stime, "rss_kib": pages * PAGE_KIB, "compiled": IS_COMPILED}
    return {**asdict(written), **process, "signing": signing, "screens": len(gateway.registry)}


def queued(gateway: Gateway) -> int:
    """Bytes that wait for the screens, in the kernel and in this process."""
    total = 0
    for _, connection in gateway.registry:
        info = connection.transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        total += _MEMINFO.unpack(info)[2] + connection.transport.get_write_buffer_size()
    return total


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
