"""The transport stream of a film: copied from the house format, even in its steps, at the rate that was asked for."""

import hashlib
import itertools
from collections import Counter

from renderers.conformance.world import World
from renderers.iptv.films import Source, transport_stream
from tests.fakes.house_files import HouseItem

PACKET = 188
KBPS = 2_500


async def test_film_of_two_files_is_a_constant_stream_that_can_be_entered_at_every_key(
    items: tuple[HouseItem, ...],
) -> None:
    world, item = World("iptv"), items[1]
    files = [item.files[name] for name in ("480", "audio")]
    hashes = tuple(hashlib.sha256(data).hexdigest() for data in files)
    world.assets.held.update(zip(hashes, files, strict=True))
    made = await transport_stream(Source("1080", hashes), KBPS, world.services.studio)
    film = world.assets.held[made.sha256]
    packets = [film[at : at + PACKET] for at in range(0, len(film), PACKET)]
    assert {packet[0] for packet in packets} == {0x47}
    assert len(packets[-1]) == PACKET
    counters: dict[int, int] = {}
    stamps: dict[int, list[int]] = {}
    for packet in packets:
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        if pid == 0x1FFF or not packet[3] & 0x10:
            continue
        assert packet[3] & 15 == (counters.get(pid, packet[3] - 1) + 1) & 15, "a packet is missing"
        counters[pid] = packet[3] & 15
        payload = packet[4 + (packet[4] + 1 if packet[3] & 0x20 else 0) :]
        if packet[1] & 0x40 and payload[:3] == b"\0\0\1":
            stamps.setdefault(pid, []).append(_decoded_at(payload))
    video, sound = sorted(stamps.values(), key=len, reverse=True)
    assert Counter(b - a for a, b in itertools.pairwise(video)) == {3600: 96 * item.index.segments - 1}
    assert sound == sorted(sound)
    # Two keys a segment, each with what a decoder must be told before it.
    assert film.count(b"\0\0\1\x67") >= 2 * item.index.segments
    seconds = (video[-1] - video[0] + 3600) / 90_000
    assert abs(len(film) * 8 / seconds / 1000 - KBPS) < KBPS * 0.02


def _decoded_at(payload: bytes) -> int:
    """When a PES packet is decoded, 90 kHz."""
    at = 14 if payload[7] & 0x40 else 9
    first, second, third = payload[at], payload[at + 1 : at + 3], payload[at + 3 : at + 5]
    return (first >> 1 & 7) << 30 | int.from_bytes(second) >> 1 << 15 | int.from_bytes(third) >> 1
