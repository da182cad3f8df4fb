"""What a receiver would say of a transport stream, written from ISO 13818-1 and EN 300 468 and not from our muxer."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

WRAP = 1 << 33
SAMPLING = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


@dataclass
class Pes:
    """One PES packet: where its first and last transport packets stand, its stamps, its bytes."""

    first: int
    last: int
    pts: int
    dts: int
    data: bytes
    random: bool


@dataclass(frozen=True)
class Said:
    """What an event section says of its event: seconds since 1970, how many it lasts, whether it is running."""

    start: int
    seconds: int
    running: int


@dataclass
class Report:
    """Everything found; intervals in seconds of the stream's own clock, margins in seconds.

    Attributes:
        table_interval: the longest time between two sections of a table, by its identifier and table id; those for what
            is on and what follows apart, as (0x12, 0x4E) and (0x12, 0x4F).
        said: by number, what an event is said to be.
        clock: the stream's own time beside the seconds since 1970 that the time tables say then.
    """

    packets: int = 0
    pids: Counter[int] = field(default_factory=Counter)
    continuity: list[int] = field(default_factory=list)
    crc: int = 0
    pcr_interval: float = 0.0
    pcr_jitter_ns: float = 0.0
    rate: float = 0.0
    table_interval: dict[tuple[int, int], float] = field(default_factory=dict)
    video_steps: Counter[int] = field(default_factory=Counter)
    sound_steps: Counter[int] = field(default_factory=Counter)
    margin: dict[int, tuple[float, float]] = field(default_factory=dict)
    early: float = 0.0
    names: set[str] = field(default_factory=set)
    events: set[tuple[int, int, str]] = field(default_factory=set)
    said: dict[int, "Said"] = field(default_factory=dict)
    clock: list[tuple[float, int]] = field(default_factory=list)
    pictures: int = 0
    keys: int = 0


Sections = dict[int, list[tuple[int, bytes]]]
Clocks = dict[int, list[tuple[int, int]]]


@dataclass
class Wire:
    """What was read so far, by packet identifier."""

    report: Report
    sections: Sections = field(default_factory=lambda: defaultdict(list))
    clocks: Clocks = field(default_factory=lambda: defaultdict(list))
    pes: dict[int, list[Pes]] = field(default_factory=lambda: defaultdict(list))
    counters: dict[int, int] = field(default_factory=dict)
    held: dict[int, tuple[int, list[int], list[bytes], bool]] = field(default_factory=dict)
    section: dict[int, bytes] = field(default_factory=dict)


def check(data: bytes) -> Report:
    """Reads a stream from a file or a wire."""
    assert len(data) % 188 == 0
    packets = [data[at : at + 188] for at in range(0, len(data), 188)]
    report = Report(packets=len(packets))
    wire = Wire(report)
    for at, packet in enumerate(packets):
        _read(wire, at, packet)
    for pid, held in wire.held.items():
        wire.pes[pid].append(_pes(*held))
    sections, pes, clocks = wire.sections, wire.pes, wire.clocks
    _tables(sections, report)
    program = _program(sections)
    clock = _clocks(clocks[program["pcr"]], report)
    by_table: dict[tuple[int, int], list[float]] = defaultdict(list)
    for pid, found in sections.items():
        for at, told in found:
            # What is on and what follows are two sections of one table, and each has to come in time.
            by_table[pid, told[0] + (told[6] if told[0] == 0x4E else 0)].append(clock(at))
            if told[0] in {0x70, 0x73}:
                report.clock.append((clock(at), _time(told[3:8])))
    for name, times in by_table.items():
        report.table_interval[name] = float(max(b - a for a, b in itertools.pairwise(times)))
    _streams(program, pes, clock, report)
    return report


def _read(wire: Wire, at: int, packet: bytes) -> None:
    assert packet[0] == 0x47, at
    pid = (packet[1] & 0x1F) << 8 | packet[2]
    wire.report.pids[pid] += 1
    if pid == 0x1FFF:
        return
    has_field, has_payload, counter = packet[3] & 0x20, packet[3] & 0x10, packet[3] & 0x0F
    before = wire.counters.get(pid)
    if before is not None and counter != (before + 1 if has_payload else before) & 0x0F:
        wire.report.continuity.append(at)
    wire.counters[pid] = counter
    begin, random = 4, False
    if has_field:
        length = packet[4]
        assert length <= (182 if has_payload else 183)
        begin, random = 5 + length, bool(length and packet[5] & 0x40)
        if length and packet[5] & 0x10:
            value = int.from_bytes(packet[6:12])
            wire.clocks[pid].append((at, (value >> 15) * 300 + (value & 0x1FF)))
    if has_payload:
        _payload(wire, pid, at, packet[begin:], starts=bool(packet[1] & 0x40), random=random)


def _payload(wire: Wire, pid: int, at: int, payload: bytes, *, starts: bool, random: bool) -> None:
    if pid < 0x20 or pid in wire.section or (starts and payload[:3] != b"\0\0\1"):
        wire.section[pid] = payload[1 + payload[0] :] if starts else wire.section.get(pid, b"") + payload
        _section(wire, pid, at)
    elif starts:
        if pid in wire.held:
            wire.pes[pid].append(_pes(*wire.held[pid]))
        wire.held[pid] = (at, [at], [payload], random)
    elif pid in wire.held:
        wire.held[pid][1][0] = at
        wire.held[pid][2].append(payload)


def _section(wire: Wire, pid: int, at: int) -> None:
    data = wire.section[pid]
    length = 3 + ((data[1] & 0x0F) << 8 | data[2]) if len(data) >= 3 else 1 << 16
    if len(data) < length:
        return
    data = data[:length]
    if data[0] != 0x70 and _crc(data):
        wire.report.crc += 1
    wire.sections[pid].append((at, data))
    wire.section[pid] = b""


def _crc(data: bytes) -> int:
    """Bit by bit over the section with its checksum: nought when it is right. Sections repeat, so remembered."""
    if data not in _KNOWN:
        crc = 0xFFFFFFFF
        for bit in itertools.chain.from_iterable(((byte >> n) & 1 for n in range(7, -1, -1)) for byte in data):
            top = crc >> 31 ^ bit
            crc = (crc << 1) & 0xFFFFFFFF ^ (0x04C11DB7 if top else 0)
        _KNOWN[data] = crc
    return _KNOWN[data]


_KNOWN: dict[bytes, int] = {}


def _pes(first: int, last: list[int], parts: list[bytes], random: bool) -> Pes:
    data = b"".join(parts)
    assert data[:3] == b"\0\0\1"
    length = int.from_bytes(data[4:6])
    if length:
        assert len(data) == 6 + length
    else:
        assert data[3] & 0xF0 == 0xE0, "only pictures may leave the length out"
    flags, header = data[7] >> 6, data[8]
    pts = _stamp(data[9:14], flags)
    dts = _stamp(data[14:19], 1) if flags == 3 else pts
    return Pes(first, last[0], pts, dts, data[9 + header :], random)


def _stamp(data: bytes, mark: int) -> int:
    assert data[0] >> 4 == mark
    assert data[0] & data[2] & data[4] & 1
    return (data[0] >> 1 & 7) << 30 | data[1] << 22 | (data[2] >> 1) << 15 | data[3] << 7 | data[4] >> 1


def _program(sections: Sections) -> dict[str, int]:
    pat = sections[0][0][1]
    pmt = (pat[10] & 0x1F) << 8 | pat[11]
    data = sections[pmt][0][1]
    found = {"pmt": pmt, "pcr": (data[8] & 0x1F) << 8 | data[9]}
    at, end = 12 + ((data[10] & 0x0F) << 8 | data[11]), len(data) - 4
    while at < end:
        pid = (data[at + 1] & 0x1F) << 8 | data[at + 2]
        found[{0x1B: "video", 0x0F: "sound"}[data[at]]] = pid
        at += 5 + ((data[at + 3] & 0x0F) << 8 | data[at + 4])
    return found


def _tables(sections: Sections, report: Report) -> None:
    for _, data in sections.get(0x11, ()):
        told = data[16 : len(data) - 4]
        assert told[0] == 0x48
        provider = told[3]
        name = told[5 + provider : 5 + provider + told[4 + provider]]
        report.names.add(_text(name))
    for _, data in sections.get(0x12, ()):
        assert data[0] == 0x4E
        if len(data) > 18:
            told = data[26 : len(data) - 4]
            assert told[0] == 0x4D
            title = _text(told[6 : 6 + told[5]])
            number = data[14] << 8 | data[15]
            report.events.add((data[6], number, title))
            lasts = _decimal(data[21]) * 3600 + _decimal(data[22]) * 60 + _decimal(data[23])
            report.said[number] = Said(_time(data[16:21]), lasts, data[24] >> 5)


def _time(data: bytes) -> int:
    """Seconds since 1970 of a modified Julian day and a time of day in digits (EN 300 468, annex C)."""
    days = (data[0] << 8 | data[1]) - 40_587
    return days * 86_400 + _decimal(data[2]) * 3600 + _decimal(data[3]) * 60 + _decimal(data[4])


def _decimal(byte: int) -> int:
    assert byte >> 4 <= 9
    assert byte & 15 <= 9
    return (byte >> 4) * 10 + (byte & 15)


def _text(data: bytes) -> str:
    return data[1:].decode({0x13: "gb2312", 0x15: "utf-8"}[data[0]])


def _clocks(found: list[tuple[int, int]], report: Report) -> Callable[[int], float]:
    """The rate by the first and the last clock, how far each is from it, and a clock for every place."""
    ticks = [found[0][1]]
    for (_, before), (_, here) in itertools.pairwise(found):
        step = (here - before) % (WRAP * 300)
        report.pcr_interval = max(report.pcr_interval, step / 27e6)
        ticks.append(ticks[-1] + step)
    places = [at for at, _ in found]
    per_packet = Fraction(ticks[-1] - ticks[0], places[-1] - places[0])
    report.rate = float(188 * 8 * 27_000_000 / per_packet)
    off = [t - ticks[0] - (at - places[0]) * per_packet for at, t in zip(places, ticks, strict=True)]
    report.pcr_jitter_ns = float(max(off) - min(off)) / 27e-3
    return lambda at: (ticks[0] + (at - places[0]) * float(per_packet)) / 27e6


def _streams(program: dict[str, int], pes: dict[int, list[Pes]], clock: Callable[[int], float], report: Report) -> None:
    for name in ("video", "sound"):
        found = pes[program[name]]
        margins, early, last = [], 0.0, 0
        offset = 0
        for one in found:
            if one.dts < last - WRAP // 2:
                offset += WRAP
            last = one.dts
            due = (one.dts + offset) / 90_000
            margins.append(due - clock(one.last + 1))
            early = max(early, due - clock(one.first))
        report.margin[program[name]] = (min(margins), max(margins))
        report.early = max(report.early, early)
    video = pes[program["video"]]
    report.video_steps.update((b.dts - a.dts) % WRAP for a, b in itertools.pairwise(video))
    report.pictures, report.keys = len(video), sum(one.random for one in video)
    for one in video:
        assert one.data[:5] == b"\0\0\0\1\x09", "a delimiter first"
        assert (one.pts - one.dts) % WRAP < 3600 * 5
        assert not one.random or b"\0\0\1\x67" in one.data[:200]
    stamps = [stamp for one in pes[program["sound"]] for stamp in _frames(one)]
    report.sound_steps.update((b - a) % WRAP for a, b in itertools.pairwise(stamps))


def _frames(one: Pes) -> Iterator[int]:
    """The time of each ADTS frame of a packet of sound: the first has its stamp, the others follow."""
    at, number = 0, 0
    while at < len(one.data):
        assert one.data[at] == 0xFF
        assert one.data[at + 1] & 0xF6 == 0xF0
        rate = SAMPLING[one.data[at + 2] >> 2 & 15]
        yield (one.pts + number * 1024 * 90_000 // rate) % WRAP
        at += (one.data[at + 3] & 3) << 11 | one.data[at + 4] << 3 | one.data[at + 5] >> 5
        number += 1
    assert at == len(one.data)
