"""The benchmark's screens: real handshakes with real keys, then the process becomes `listeners.c` with their sockets.

Run as ``python -m screens.bench.connect``: Python signs and speaks until each screen holds its first state, C then
only counts, so that the load generator keeps up with any server.
"""

import os
import select
from collections import deque
from pathlib import Path

import click

from screens.bench.cores import stay_on
from screens.bench.peers import Peer

# Handshakes under way at once; more would only wait in the server's backlog.
AT_ONCE = 64


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--core", type=int, required=True)
@click.option(
    "--screens", type=click.Path(path_type=Path), required=True, help="A line a screen: id and seed, or empty."
)
@click.option("--fds", type=click.Path(path_type=Path), required=True)
@click.option("--listeners", required=True)
@click.option("--buffer", type=int, default=0, help="What a socket may hold that nobody reads; 0: what is usual.")
def main(*, port: int, core: int, screens: Path, fds: Path, listeners: str, buffer: int) -> None:
    stay_on(core)
    peers = [Peer(line, port) for line in screens.read_text().split("\n")]
    connect(peers, buffer)
    made = [peer.socket for peer in peers if peer.socket is not None]
    for one in made:
        one.set_inheritable(True)
    fds.write_text("\n".join(str(one.fileno()) for one in made))
    os.execv(listeners, [listeners, str(fds), str(core)])  # noqa: S606


def connect(peers: list[Peer], buffer: int = 0) -> None:
    """Returns when all are served and each stands at the start of a frame. Raises OSError."""
    poll, waiting = select.epoll(), deque(peers)
    open_: dict[int, Peer] = {}
    missing = len(peers)
    while missing:
        while waiting and len(open_) - (len(peers) - missing) < AT_ONCE:
            peer = waiting.popleft()
            socket = peer.dial(buffer=buffer)
            open_[socket.fileno()] = peer
            poll.register(socket, select.EPOLLIN | select.EPOLLOUT)
        for fd, events in poll.poll(5):
            peer = open_[fd]
            was_done = peer.is_done
            if events & select.EPOLLOUT:
                peer.writable()
                poll.modify(fd, select.EPOLLIN)
            if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                peer.readable()
            missing += was_done - peer.is_done
    poll.close()


if __name__ == "__main__":
    main()
