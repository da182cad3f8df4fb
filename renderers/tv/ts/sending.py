"""The thread that sends: every output of the process, each datagram at its time, and nothing else.

The loop of the process makes slots ahead of time and lays them here; a slot that is not there when its time comes is
passed over and counted. Nothing in this thread waits for a disk, a database or another machine.
"""

import contextlib
import errno
import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from renderers.tv.ts.mux import DATAGRAM, size_of
from renderers.tv.ts.pacing import Pace, SteadyClock
from renderers.tv.ts.packets import PACKET

# Half of `placing.GUARD`: what is late by one look is still there before it is decoded. A look at all outputs costs as
# much as sending what is due.
TICK_NS: Final = 10_000_000
BYTES: Final = DATAGRAM * PACKET
_BUFFER: Final = 1 << 20
# What Linux takes by one call and sends as datagrams of `BYTES` (udp(7), UDP_SEGMENT; Python has no name for it): three
# calls less in each look, and a call costs more than the bytes. Far below its 64 datagrams and 64 KiB.
_UDP_SEGMENT: Final = 103
_TOGETHER: Final = 32
# How a kernel, an interface without checksums, or one with short frames says that it does not.
_UNCUT: Final = frozenset({errno.EIO, errno.EINVAL, errno.EMSGSIZE})


@dataclass(frozen=True, slots=True)
class Wire:
    """Where an output goes: an address and port; for a group its `ttl` and the address of the interface."""

    address: str
    port: int
    ttl: int = 1
    interface: str = ""


@dataclass(slots=True)
class Counts:
    """What an output has done since it was opened; read by others while the thread writes."""

    slot: int = 0
    datagrams: int = 0
    missing: int = 0
    errors: int = 0
    error: str = ""
    worst_ns: int = 0


@dataclass(slots=True)
class Line:
    """One output that is being sent. `slots` is filled by the loop and emptied by the thread.

    Attributes:
        together: datagrams that the kernel takes by one call and cuts itself; 1 where it cannot.
    """

    wire: Wire
    rate: int
    socket: socket.socket
    pace: Pace
    together: int = 1
    slots: dict[int, bytes] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    _slot: int = -1
    _data: memoryview = field(default_factory=lambda: memoryview(b""))

    @property
    def size(self) -> int:
        return self.pace.per_slot * DATAGRAM

    def send(self, now_ns: int, tick_ns: int = TICK_NS) -> int:
        """Sends what is due; how many datagrams."""
        due = self.pace.due(now_ns, tick_ns)
        at = due.start
        while at < due.stop:
            slot, place = self.pace.place(at)
            if slot != self._slot or (not self._data and slot in self.slots):
                self._turn(slot)
            at += self._passed(place, min(due.stop - at, self.pace.per_slot - place))
        self.pace.sent(due.stop, now_ns)
        self.counts.worst_ns = max(self.counts.worst_ns, self.pace.late_ns)
        return len(due)

    def _passed(self, place: int, count: int) -> int:
        """How many of `count` datagrams of the slot were sent or counted as not sent, from number `place` on."""
        if not self._data:
            self.counts.missing += count
            return count
        count = min(count, self.together)
        try:
            self.socket.send(self._data[place * BYTES : (place + count) * BYTES])
        except OSError as error:  # a cable that is out must not stop the others
            if count > 1 and error.errno in _UNCUT:
                self.together = _cut_by_kernel(self.socket, 0)
                return 0
            self.counts.errors += count
            self.counts.error = error.strerror or type(error).__name__
        else:
            self.counts.datagrams += count
        return count

    def _turn(self, slot: int) -> None:
        data = self.slots.pop(slot, b"")
        for old in [one for one in self.slots if one < slot]:
            self.slots.pop(old, None)
        self._slot, self._data = slot, memoryview(data)
        if data:
            self.counts.slot = slot


def opened(wire: Wire, rate: int) -> Line:
    """An output with its socket connected. Raises OSError."""
    found = prepared(wire)
    try:
        found.connect((wire.address, wire.port))
    except OSError:
        found.close()
        raise
    return Line(wire, rate, found, Pace.of(size_of(rate)), _cut_by_kernel(found, BYTES))


def _cut_by_kernel(found: socket.socket, size: int) -> int:
    """Tells the kernel into what datagrams to cut what it is given, 0 for none; how many may be given at once."""
    try:
        found.setsockopt(socket.IPPROTO_UDP, _UDP_SEGMENT, size)
    except OSError:  # before Linux 4.18
        return 1
    return _TOGETHER if size else 1


def prepared(wire: Wire) -> socket.socket:
    """The socket of an output, its interface and reach set. Raises OSError."""
    group = ipaddress.IPv4Address(wire.address).is_multicast
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        found.setblocking(False)  # noqa: FBT003
        found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        if group:
            found.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, wire.ttl)
        if group and wire.interface:
            found.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(wire.interface))
        elif wire.interface:
            found.bind((wire.interface, 0))
    except OSError:
        found.close()
        raise
    return found


class Sender:
    """The thread. Lines come and go while it runs."""

    def __init__(self, wall_ns: Callable[[], int]) -> None:
        self._wall = wall_ns
        self._lines: tuple[Line, ...] = ()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tv-out", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, lines: tuple[Line, ...]) -> None:
        """Sends these from now on; those that are gone may be closed by the caller after one tick."""
        self._lines = lines

    def stop(self) -> None:
        """Blocking: ends after the tick it is in."""
        self._stop.set()
        self._thread.join()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        clock = SteadyClock(self._wall(), time.monotonic_ns())
        while not self._stop.wait(TICK_NS / 1e9):
            for line in self._lines:
                # A socket that the loop has just closed.
                with contextlib.suppress(ValueError):
                    line.send(clock.at(self._wall(), time.monotonic_ns()))
