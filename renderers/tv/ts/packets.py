"""Transport packets: 188 bytes each, cut from PES packets and sections, with counters and what fills them up."""

from collections.abc import Sequence
from typing import Final

PACKET: Final = 188
PAYLOAD: Final = 184
PAT_PID: Final = 0x0000
SDT_PID: Final = 0x0011
EIT_PID: Final = 0x0012
TIME_PID: Final = 0x0014
PMT_PID: Final = 0x0100
VIDEO_PID: Final = 0x0101
AUDIO_PID: Final = 0x0102
NULL_PID: Final = 0x1FFF
NULL: Final = b"\x47\x1f\xff\x10" + b"\xff" * PAYLOAD
# Of the counters of a packet identifier: each slot has a multiple of them, and begins at nought.
ROUND: Final = 16
_LONGEST: Final = 1 << 14  # packets of one picture; far above what any buffer model allows


def _ring(pid: int) -> Sequence[bytes]:
    """Heads of packets with nothing but payload, their counters going round."""
    return tuple(bytes([0x47, pid >> 8, pid & 0xFF, 0x10 | n % ROUND]) for n in range(_LONGEST + ROUND))


_RINGS: Final = {VIDEO_PID: _ring(VIDEO_PID), AUDIO_PID: _ring(AUDIO_PID)}


def needed(length: int, *, key: bool) -> tuple[int, bool]:
    """How many packets a PES packet fills, and whether its last one can be made two."""
    full, rest = divmod(length + (2 if key else 0), PAYLOAD)
    return full + (rest > 0), rest != 1


def cut(pid: int, data: bytes, counter: int, *, key: bool = False, split: bool = False) -> list[bytes]:
    """A PES packet as transport packets.

    Args:
        pid: of pictures or of sound.
        data: the whole PES packet.
        counter: of the first packet, below `ROUND`.
        key: decoding may begin here.
        split: one packet more than needed; only where `needed` says that it can be.
    """
    at = min(len(data), PAYLOAD - 2 if key else PAYLOAD)
    if split and at == len(data):
        at //= 2
        split = False
    out = [filled(pid, counter, data[:at], start=True, flags=0x40 if key else 0)]
    counter += 1
    full, tail = divmod(len(data) - at, PAYLOAD)
    if split and tail == 0:
        full, tail = full - 1, PAYLOAD
    end = at + full * PAYLOAD
    heads = _RINGS[pid][counter % ROUND : counter % ROUND + full]
    out += [head + data[place : place + PAYLOAD] for head, place in zip(heads, range(at, end, PAYLOAD), strict=True)]
    counter += full
    if split:
        out.append(filled(pid, counter, data[end : end + tail // 2]))
        end, counter = end + tail // 2, counter + 1
    if tail:
        out.append(filled(pid, counter, data[end:]))
    return out


def filled(pid: int, counter: int, payload: bytes, *, start: bool = False, flags: int = 0) -> bytes:
    """One packet, its payload pushed to the end by an adaptation field where it is short."""
    space = PAYLOAD - len(payload)
    head = bytes([0x47, (0x40 if start else 0) | pid >> 8, pid & 0xFF, (0x30 if space else 0x10) | counter % ROUND])
    if space == 0:
        return head + payload
    field = bytes([space - 1, flags]) if space > 1 else b"\0"
    return head + field + b"\xff" * (space - 2) + payload


def clock(pid: int, counter: int, ticks: int) -> bytes:
    """A packet that carries nothing but the programme clock, in ticks of 27 MHz; it does not count."""
    base, extension = divmod(ticks, 300)
    told = (base % (1 << 33) << 15 | 0x3F << 9 | extension).to_bytes(6)
    head = bytes([0x47, pid >> 8, pid & 0xFF, 0x20 | counter % ROUND, PAYLOAD - 1, 0x10])
    return head + told + b"\xff" * (PAYLOAD - 8)


def sections(pid: int, data: bytes, counter: int) -> list[bytes]:
    """One section in packets of its own."""
    data = b"\0" + data
    count = -(-len(data) // PAYLOAD)
    data += b"\xff" * (count * PAYLOAD - len(data))
    return [
        bytes([0x47, (0 if n else 0x40) | pid >> 8, pid & 0xFF, 0x10 | (counter + n) % ROUND])
        + data[n * PAYLOAD : (n + 1) * PAYLOAD]
        for n in range(count)
    ]
