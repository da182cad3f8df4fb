"""Ten thousand screens that come back by themselves, as players do: the load of `bench reconnect`.

Run as ``python -m screens.bench.storm``. Each line of stdin is answered by one line of JSON. ``come`` brings everybody
in as fast as they can be, and says in how many seconds all were served; ``leave`` closes them all; ``back N`` waits
until all were cut off and are served version N or a newer one, and says the times from the first cut.
"""

import contextlib
import heapq
import json
import random
import select
import sys
import time
from pathlib import Path
from typing import Final

import click

from screens.bench.cores import stay_on
from screens.bench.peers import Peer, Step

# Handshakes under way at once when nothing spreads them: what a listening socket can queue.
AT_ONCE: Final = 256
LONGEST: Final = 10.0


class Storm:
    """The screens of one process and the times that are asked for."""

    def __init__(self, peers: list[Peer]) -> None:
        self._peers = peers
        self._poll = select.epoll()
        self._open: dict[int, Peer] = {}
        self._due: list[tuple[float, int]] = []
        self._places = {peer: place for place, peer in enumerate(peers)}
        self._failures = [0] * len(peers)
        self._served: set[Peer] = set()
        self._welcomed: set[Peer] = set()
        self._newest = 0
        self.refused = 0
        self.cut_at = 0.0

    def come(self) -> float:
        """Brings everybody in without any spread; the seconds it took."""
        began = time.monotonic()
        waiting = list(range(len(self._peers)))
        while not self.all_served():
            while waiting and len(self._open) - len(self._served) < AT_ONCE:
                self._dial(waiting.pop())
            self.turn()
        return time.monotonic() - began

    def leave(self) -> None:
        """Closes everybody."""
        for fd, peer in self._open.items():
            self._poll.unregister(fd)
            peer.close()
            peer.step = Step.DIALLING
        self._open.clear()
        self._served.clear()
        self._welcomed.clear()

    def back(self, newest: int) -> dict[str, float]:
        """Returns when all were cut off and are served the newest again; seconds from the first cut."""
        self._newest, self.cut_at, self.refused = newest, 0.0, 0
        self._served.clear()
        welcomed = 0.0
        while not (self.cut_at and self.all_served()):
            self.turn()
            if not welcomed and self.cut_at and len(self._welcomed) == len(self._peers):
                welcomed = time.monotonic() - self.cut_at
        return {"welcomed": welcomed, "newest": time.monotonic() - self.cut_at, "refused": self.refused}

    def all_served(self) -> bool:
        return len(self._served) == len(self._peers)

    def turn(self) -> None:
        """Whatever is ready, and dials what is due."""
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            self._dial(heapq.heappop(self._due)[1])
        for fd, events in self._poll.poll(min(0.05, max(0.0, self._due[0][0] - now)) if self._due else 0.05):
            self._ready(fd, events)

    def _ready(self, fd: int, events: int) -> None:
        peer = self._open[fd]
        try:
            if events & select.EPOLLOUT:
                peer.writable()
                self._poll.modify(fd, select.EPOLLIN)
            if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                peer.readable()
            self._count(peer)
        except OSError:
            self._lost(fd, peer)

    def _count(self, peer: Peer) -> None:
        if peer.step >= Step.WELCOME:
            self._welcomed.add(peer)
        if peer.is_served:
            self._failures[self._places[peer]] = 0
            if peer.version >= self._newest:
                self._served.add(peer)

    def _lost(self, fd: int, peer: Peer) -> None:
        now = time.monotonic()
        if not peer.is_served:
            self.refused += 1
        elif not self.cut_at:
            self.cut_at = now
        place = self._places[peer]
        self._failures[place] += 1
        with contextlib.suppress(OSError):
            self._poll.unregister(fd)
        self._open.pop(fd, None)
        peer.close()
        peer.step = Step.DIALLING
        self._served.discard(peer)
        self._welcomed.discard(peer)
        least, most = (one / 1000 for one in peer.retry)
        wait = random.uniform(least, most)  # noqa: S311
        if self._failures[place] > 1:  # as screens/player/link.js
            grown = min(LONGEST, least * 2 ** min(self._failures[place] - 1, 10))
            wait = max(wait, grown * random.uniform(0.5, 1))  # noqa: S311
        heapq.heappush(self._due, (now + wait, place))

    def _dial(self, place: int) -> None:
        peer = self._peers[place]
        socket = peer.dial()
        self._open[socket.fileno()] = peer
        self._poll.register(socket, select.EPOLLIN | select.EPOLLOUT)


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--core", type=int, required=True)
@click.option("--screens", type=click.Path(path_type=Path), required=True)
def main(port: int, core: int, screens: Path) -> None:
    stay_on(core)
    storm = Storm([Peer(line, port) for line in screens.read_text().split("\n")])
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        found: dict[str, float] = {}
        if word == "come":
            found = {"seconds": storm.come()}
        elif word == "leave":
            storm.leave()
        else:
            found = storm.back(int(rest))
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
