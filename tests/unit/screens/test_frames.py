"""A state for many sockets: encoded once, packed once, and the same bytes to each that holds the same."""

import zlib
from typing import Any

import pytest
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode

from screens import frames
from screens.frames import LEAST_PACKED, NOTHING, PING, AudienceFrames, Parts, packed_frame, text_frame


class _Signed:
    """As much of a signed object as a frame carries."""

    file = "ab" * 32

    def wire(self) -> str:
        return '{"text":"x","signatures":[]}'


class _Trust:
    """As much of what a guard says as a frame carries."""

    root = delegations = recalls = _Signed()
    root_version = 1
    delegations_named = recalls_named = type("Named", (), {"version": 1})()


def made(size: int) -> AudienceFrames:
    """Frames of an audience whose manifest is as long as this."""
    state: Any = type(
        "S", (), {"version": 7, "wire": '{"slots":"' + "0123456789abcdef" * (size // 16) + '"}', "file": ""}
    )()
    trust: Any = _Trust()
    return AudienceFrames(state, '{"text":"beacon"}', Parts.of(trust))


def opened(frame: bytes) -> str:
    """What a socket of permessage-deflate reads, one that has read nothing before."""
    size = frame[1] if frame[1] < 126 else int.from_bytes(frame[2:4], "big")
    payload = frame[-size:]
    assert len(frame) == size + (2 if frame[1] < 126 else 4)
    if frame[0] == 0x81:
        return payload.decode()
    assert frame[0] == 0xC1
    shared = PerMessageDeflate(True, True, 15, 15)
    return bytes(shared.decode(Frame(Opcode.TEXT, payload, fin=True, rsv1=True)).data).decode()


def test_state_when_packed_is_packed_once_and_reads_as_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    packed: list[str] = []

    def counted(text: str) -> bytes:
        packed.append(text)
        return packed_frame(text)

    monkeypatch.setattr(frames, "packed_frame", counted)
    one = made(4_000)
    plain, first = one.frame(NOTHING), one.frame(NOTHING, packs=True)
    assert all(one.frame(NOTHING, packs=True) is first for _ in range(1_000))
    assert len(packed) == 1
    assert opened(first) == opened(plain)
    assert len(first) < len(plain) / 2
    assert one.frame(NOTHING) is plain
    one.pings = True
    assert one.renewal(NOTHING, packs=True) == first + PING


def test_state_that_one_packet_holds_or_that_packing_makes_longer_is_sent_as_it_is() -> None:
    one = made(4_000)
    beacon = one.frame(one.has)
    assert len(beacon) < LEAST_PACKED
    assert one.frame(one.has, packs=True) is beacon
    noise = zlib.compress(bytes(range(256)) * 8).hex()
    assert len(packed_frame("ab")) > len(text_frame("ab"))
    assert opened(packed_frame(noise)) == noise
