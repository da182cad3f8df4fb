"""The library's own server with nothing of ours in it, the peer of `bench reconnect`: it upgrades, and that is all.

On the same loop, socket and collector as a gateway, without packing and without its pings. ``cpu`` is answered with
the processor time of this process.
"""

import asyncio
import json
import resource
import socket
import sys

import click
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from screens.bench.cores import stay_on
from screens.main import BACKLOG, open_many_files, runner, spare_the_collector
from screens.messages import SUBPROTOCOLS


@click.command()
@click.option("--listener", type=int, required=True, help="Descriptor of a socket that listens already.")
@click.option("--core", type=int, required=True)
def main(listener: int, core: int) -> None:
    stay_on(core)
    with runner() as run:
        run.run(_serve(listener))


async def _serve(listener: int) -> None:
    """Until stdin ends."""
    kept = socket.socket(fileno=listener)
    kept.settimeout(0)
    names = [Subprotocol(name) for name in SUBPROTOCOLS]
    plain = serve(_held, sock=kept, subprotocols=names, compression=None, ping_interval=None, backlog=BACKLOG)
    async with plain:
        spare_the_collector()
        open_many_files()
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        _say({"ready": True})
        while await reader.readline():
            used = resource.getrusage(resource.RUSAGE_SELF)
            _say({"process_cpu": used.ru_utime + used.ru_stime})


async def _held(connection: ServerConnection) -> None:
    await connection.wait_closed()


def _say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
