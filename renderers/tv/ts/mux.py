"""One slot as transport packets: at a constant rate for a wire, or as short as it is for a playlist's segment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from renderers.tv.ts import tables
from renderers.tv.ts.frames import PICTURE, SLOT, Stored, Unit, pictures, sounds
from renderers.tv.ts.packets import (
    AUDIO_PID,
    EIT_PID,
    NULL,
    PACKET,
    PAT_PID,
    PMT_PID,
    ROUND,
    SDT_PID,
    TIME_PID,
    VIDEO_PID,
    clock,
    cut,
    needed,
    sections,
)
from renderers.tv.ts.placing import DELAY, ORDER, TIMES, Fixed, frame, placed
from renderers.tv.ts.tables import Events, Service
from schedules.linear import SLOT_MS

DATAGRAM: Final = 7  # packets: as many as an Ethernet frame takes
SYSTEM: Final = SLOT * 300  # ticks of 27 MHz of one slot
_EVERY: Final = 6  # pictures between two programme tables of a segment: sixteen of each


class DoesNotFit(Exception):
    """The slot has more than its rate can bring in time."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """A slot's PES packets as transport packets, by unit; pictures first."""

    units: Sequence[Sequence[bytes]]
    pictures: int


def size_of(rate: int) -> int:
    """Packets of a slot at `rate` bits a second, whole datagrams; the true rate is at most this one."""
    return rate * SLOT_MS // (PACKET * 8 * 1000 * DATAGRAM) * DATAGRAM


def rate_of(size: int) -> float:
    """Bits a second of a slot of `size` packets."""
    return size * PACKET * 8 * 1000 / SLOT_MS


def constant(stored: Stored, slot: int, size: int, service: Service, events: Events) -> bytes:
    """A slot at a constant rate: `size` packets, the same bytes wherever they are made.

    Raises:
        DoesNotFit: the rate is too low for this slot.
        MediaRefused: as `samples`.
    """
    made = _cut(stored, slot)
    guide = [*sections(EIT_PID, tables.eit(service, events)[0], 0)]
    guide += sections(EIT_PID, tables.eit(service, events)[1], len(guide))
    order = frame(size, len(guide))
    starts = placed(order, [len(unit) for unit in made.units])
    if starts is None:
        raise DoesNotFit(slot, size)
    line = [NULL] * order.free
    for unit, start in zip(ORDER, starts, strict=True):
        packets = made.units[unit]
        line[start : start + len(packets)] = packets
    out: list[bytes] = []
    at = 0
    write = _writers(service, slot, size, guide, _counters(made, starts))
    for number, fixed in enumerate(order.fixed):
        upto = fixed.place - number
        out += line[at:upto]
        out.append(write[fixed.kind](fixed, upto))
        at = upto
    return b"".join(out + line[at:])


def segment(stored: Stored, slot: int, service: Service) -> bytes:
    """A slot without filling, for players that know nothing but transport streams. Raises MediaRefused."""
    made = _cut(stored, slot)
    program, names = sections(PAT_PID, tables.pat(service), 0)[0], sections(PMT_PID, tables.pmt(service), 0)[0]
    out: list[bytes] = []
    counter = 0
    for unit in ORDER:
        if unit < made.pictures:
            if unit % _EVERY == 0:
                out += (_counted(program, unit // _EVERY), _counted(names, unit // _EVERY))
            out.append(clock(VIDEO_PID, counter - 1, (slot * SLOT + unit * PICTURE) * 300))
            counter += len(made.units[unit])
        out += made.units[unit]
    return b"".join(out)


def _cut(stored: Stored, slot: int) -> _Cut:
    base = slot * SLOT + DELAY
    video, audio = pictures(stored, base), sounds(stored, base)
    return _Cut([*_stream(VIDEO_PID, video), *_stream(AUDIO_PID, audio)], len(video))


def _stream(pid: int, units: Sequence[Unit]) -> Sequence[Sequence[bytes]]:
    """The units of one identifier in a multiple of `ROUND` packets: so many are made one longer than they need."""
    need = [needed(len(unit.data), key=unit.key) for unit in units]
    missing = -sum(count for count, _ in need) % ROUND
    out, counter = [], 0
    for unit, (_, splits) in zip(units, need, strict=True):
        more = splits and missing > 0
        packets = cut(pid, unit.data, counter % ROUND, key=unit.key, split=more)
        missing -= more
        counter += len(packets)
        out.append(packets)
    return out


def _counters(made: _Cut, starts: Sequence[int]) -> Callable[[int], int]:
    """The counter of the last packet of pictures before a free place, asked for ascending places."""
    spans = [(start, len(made.units[unit])) for unit, start in zip(ORDER, starts, strict=True) if unit < made.pictures]
    at = before = 0

    def last(place: int) -> int:
        nonlocal at, before
        while at < len(spans) and spans[at][0] + spans[at][1] <= place:
            before += spans[at][1]
            at += 1
        inside = max(0, place - spans[at][0]) if at < len(spans) else 0
        return before + inside - 1

    return last


_Write = Callable[[Fixed, int], bytes]


def _writers(
    service: Service, slot: int, size: int, guide: Sequence[bytes], last: Callable[[int], int]
) -> Mapping[str, _Write]:
    """By kind, what writes a packet at its place of the slot; the second number is its free place."""
    fixed = {
        "pat": sections(PAT_PID, tables.pat(service), 0)[0],
        "pmt": sections(PMT_PID, tables.pmt(service), 0)[0],
        "sdt": sections(SDT_PID, tables.sdt(service), 0)[0],
    }

    def repeated(what: Fixed, _free: int) -> bytes:
        return _counted(fixed[what.kind], what.number)

    def clocked(what: Fixed, free: int) -> bytes:
        return clock(VIDEO_PID, last(free), slot * SYSTEM + what.place * SYSTEM // size)

    def timed(what: Fixed, _free: int) -> bytes:
        ms = slot * SLOT_MS + what.number * SLOT_MS // TIMES
        told = tables.offset_table(ms) if what.number % 2 else tables.time_table(ms)
        return sections(TIME_PID, told, what.number)[0]

    def guided(what: Fixed, _free: int) -> bytes:
        return _counted(guide[what.number % len(guide)], what.number)

    return dict.fromkeys(fixed, repeated) | {"pcr": clocked, "time": timed, "eit": guided}


def _counted(packet: bytes, counter: int) -> bytes:
    """The same packet with another counter."""
    return packet[:3] + bytes([packet[3] & 0xF0 | counter % ROUND]) + packet[4:]
