"""The bytes of a state: encoded once an audience and once a set of missing parts, then shared by every socket."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from screens.messages import FromServer, Have, StateFrame, encode
from screens.signer import Trust
from screens.states import State

# A part above this travels as a file: the same bytes then come from the media cache, not from this process.
INLINE: Final = 16 * 2**10
PING: Final = b"\x89\x00"
# What one packet holds anyway is sent as it is; so is what packing makes no shorter.
LEAST_PACKED: Final = 1_024

Versions: TypeAlias = tuple[int, int, int, int]
"""Root, delegations, recalls and manifest version that a screen has; 0 for none."""

NOTHING: Final[Versions] = (0, 0, 0, 0)


def text_frame(text: str) -> bytes:
    """One unmasked WebSocket text frame (RFC 6455 §5.2)."""
    return _framed(0x81, text.encode())


def packed_frame(text: str) -> bytes:
    """The same as a whole message of permessage-deflate (RFC 7692 §7.2) that builds on no message before it.

    So one packing serves every socket that agreed to it, whatever else was written there.
    """
    press = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data = press.compress(text.encode()) + press.flush(zlib.Z_SYNC_FLUSH)
    return _framed(0xC1, data[:-4])


def _framed(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 2**16:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


def message_frame(message: FromServer) -> bytes:
    return text_frame(encode(message))


def versions_of(have: Have, epoch: int) -> Versions:
    """What a hello said to have; under another epoch all of it counts as nothing."""
    if have.epoch != epoch:
        return NOTHING
    return (have.root, have.delegations, have.recalls, have.version)


@dataclass(frozen=True, slots=True)
class Parts:
    """The wire texts of the guard's objects, made once for all audiences."""

    trust: Trust
    texts: Mapping[str, str]

    @classmethod
    def of(cls, trust: Trust) -> "Parts":
        signed = {"root": trust.root, "delegations": trust.delegations, "recalls": trust.recalls}
        return cls(trust, {name: part_text(part.wire(), part.file) for name, part in signed.items()})

    @property
    def versions(self) -> tuple[int, int, int]:
        return (self.trust.root_version, self.trust.delegations_named.version, self.trust.recalls_named.version)


def part_text(wire: str, file: str) -> str:
    """A part of a state frame as JSON: the object itself, or the name of its file when it is large."""
    return wire if len(wire) <= INLINE else f'{{"file":"{file}"}}'


class AudienceFrames:
    """The frames of one audience at one beacon (its JSON, as it travels); a new beacon is a new object."""

    __slots__ = ("_beacon", "_made", "_packed", "_pinging", "has", "parts", "pings", "state")

    def __init__(self, state: State, beacon: str, parts: Parts) -> None:
        self.state = state
        self.has: Versions = (*parts.versions, state.version)
        self._beacon = beacon
        self.parts = parts
        self._made: dict[int, bytes] = {}
        self._packed: dict[int, bytes] = {}
        self._pinging: dict[bytes, bytes] = {}
        self.pings = False

    def renewal(self, has: Versions, *, packs: bool = False) -> bytes:
        """The same for those who are here: every other beacon asks for a pong, which saves a packet of its own."""
        frame = self.frame(has, packs=packs)
        return self._pinging.setdefault(frame, frame + PING) if self.pings else frame

    def frame(self, has: Versions, *, packs: bool = False) -> bytes:
        """The beacon with every part whose version is not the one in `has`; packed for a socket that `packs`."""
        missing = sum(1 << place for place in range(4) if has[place] != self.has[place])
        made = self._made.get(missing)
        if made is None:
            made = self._made[missing] = self._encode(missing)
        return self._pack(missing, made) if packs and len(made) >= LEAST_PACKED else made

    def _pack(self, missing: int, plain: bytes) -> bytes:
        made = self._packed.get(missing)
        if made is None:
            made = self._packed[missing] = min(packed_frame(self._text(missing)), plain, key=len)
        return made

    def _encode(self, missing: int) -> bytes:
        return text_frame(self._text(missing))

    def _text(self, missing: int) -> str:
        # The parts are JSON already; parsing them to write them again would cost more than all the sends.
        fields = [f'"beacon":{self._beacon}']
        names = StateFrame.PARTS
        texts = self.parts.texts
        fields += [f'"{names[place]}":{texts[names[place]]}' for place in range(3) if missing >> place & 1]
        if missing & 8:
            fields.append(f'"{names[3]}":{part_text(self.state.wire, self.state.file)}')
        return '{"t":"state",' + ",".join(fields) + "}"
