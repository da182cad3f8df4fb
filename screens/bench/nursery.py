"""The zygote of a benchmark: has read what a gateway is made of, and bears one when it is told its options.

As the supervisor has one, so that a gateway that was killed is there again without reading the program
(`cms.kernel.zygote`). A newborn is handed the socket that is its standard input and output.
"""

import os
import socket
from collections.abc import Sequence

import click

from cms.kernel.zygote import serve
from screens.bench import server


def live(text: str, handed: Sequence[int]) -> None:
    """The server of this benchmark with these options."""
    (stream,) = handed
    for standard in (0, 1):
        os.dup2(stream, standard)
    os.close(stream)
    server.main.main(args=text.split(), standalone_mode=False)


@click.command()
@click.option("--socket", "descriptor", type=int, required=True)
def main(descriptor: int) -> None:
    serve(socket.socket(fileno=descriptor), live, name=lambda _: "bench-gateway")


if __name__ == "__main__":
    main()
