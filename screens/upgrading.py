"""An ordinary upgrade in one look: ten thousand screens that come back send the same dozen lines.

The library reads a request line by line and builds its answer header by header, a fifth of all that a handshake costs.
Here one pattern says whether a request is ordinary: whole, plain, no header twice, nothing but what every player and
browser sends; what many send alike, all but the key, is looked at once. The answer is then the one the library would
give (RFC 6455 §4.2). Every other request, above all a wrong one, is the library's, and so is everything after the
handshake.
"""

import base64
import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, cast

from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.protocol import OPEN, Protocol
from websockets.server import ServerProtocol
from websockets.typing import Origin, Subprotocol

from screens.messages import PATH

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3
_LONGEST: Final = 4_096
_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST: Final = re.compile(
    rb"GET " + re.escape(PATH.encode()) + rb" HTTP/1\.1\r\n((?:" + _TOKEN + rb": ?[!-~](?:[ -~]*[!-~])?\r\n){3,31})\r\n"
)
_LINE: Final = re.compile(rb"([^:\r]+): ?([^\r]+)\r\n")
# Of its own line among the headers, not behind their end.
_KEY: Final = re.compile(rb"(?<!\r\n)\r\nsec-websocket-key: ?([A-Za-z0-9+/]{22}==)(?=\r\n)", re.IGNORECASE)
_KEY_NAME: Final = b"sec-websocket-key"
_OFFER: Final = re.compile(_TOKEN + rb"(?:, ?" + _TOKEN + rb")*")
# Agreed to without context: what is packed once can be read by every socket, and an idle one holds no window.
PACKING: Final = ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)
_PACKED: Final = b"permessage-deflate; server_no_context_takeover; client_no_context_takeover"
# As browsers and programs offer it; a wish for a smaller window is the library's to answer.
_PACKABLE: Final = re.compile(
    rb"permessage-deflate(?:; ?(?:client_max_window_bits|server_no_context_takeover|client_no_context_takeover))*"
)
_CONNECTION: Final = frozenset({b"upgrade", b"keep-alive, upgrade"})
# Of a body, which no upgrade has.
_STRANGE: Final = frozenset({b"content-length", b"transfer-encoding"})


class Asked(NamedTuple):
    """What an ordinary request says of its wishes."""

    origin: Origin | None
    subprotocol: Subprotocol
    packs: bool


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an ordinary request asks for, and the whole answer to it."""

    origin: Origin | None
    subprotocol: Subprotocol
    answer: bytes
    packs: bool = False

    @staticmethod
    def read(protocol: ServerProtocol) -> None:
        """The library's machine as it stands once it has read this request: the next bytes are frames."""
        protocol.parser = Protocol.parse(protocol)
        next(protocol.parser)

    def open(self, protocol: ServerProtocol) -> None:
        """And once it has answered."""
        protocol.accept_called = True
        protocol.origin, protocol.subprotocol = self.origin, self.subprotocol
        if self.packs:
            protocol.extensions = [PerMessageDeflate(True, True, zlib.MAX_WBITS, zlib.MAX_WBITS)]  # noqa: FBT003
        protocol.state = OPEN


def ordinary(data: bytes, protocol: ServerProtocol) -> Upgrade | None:
    """What these first bytes of a connection ask for; None when only the library can say."""
    key = _KEY.search(data) if len(data) <= _LONGEST else None
    if key is None:
        return None
    asked = _asked(data[: key.start()] + data[key.end() :], tuple(protocol.available_subprotocols or ()))
    if asked is None or (protocol.origins is not None and asked.origin not in protocol.origins):
        return None
    accept = base64.b64encode(hashlib.sha1(key[1] + _GUID, usedforsecurity=False).digest())
    agreed = _EXTENSIONS + _PACKED if asked.packs else b""
    answer = _HEAD + accept + agreed + _PROTOCOL + asked.subprotocol.encode() + b"\r\n\r\n"
    return Upgrade(asked.origin, asked.subprotocol, answer, asked.packs)


@lru_cache(maxsize=64)
def _asked(rest: bytes, ours: Sequence[Subprotocol]) -> Asked | None:
    """What a request asks for beside its key, which alone differs between screens of one kind."""
    found = _REQUEST.fullmatch(rest)
    if found is None:
        return None
    lines = _LINE.findall(found[1])
    headers = {name.lower(): value for name, value in lines}
    if (
        len(headers) != len(lines)
        or _KEY_NAME in headers
        or headers.get(b"upgrade", b"").lower() != b"websocket"
        or headers.get(b"connection", b"").lower() not in _CONNECTION
        or headers.get(b"sec-websocket-version") != b"13"
        or not _STRANGE.isdisjoint(headers)
    ):
        return None
    said = headers.get(b"origin")
    chosen = _chosen(headers.get(b"sec-websocket-protocol", b""), ours)
    offer = headers.get(b"sec-websocket-extensions")
    if chosen is None or (offer is not None and not _is_packable(offer)):
        return None
    return Asked(None if said is None else cast("Origin", said.decode("ascii")), chosen, offer is not None)


def packs(protocol: ServerProtocol) -> bool:
    """Whether what is packed with the usual window can be read on the other side."""
    return any(
        isinstance(one, PerMessageDeflate) and one.local_max_window_bits == zlib.MAX_WBITS
        for one in protocol.extensions
    )


def _is_packable(offer: bytes) -> bool:
    """Whether it is that one extension, asked for once with each of its words at most once."""
    found = _PACKABLE.fullmatch(offer)
    words = [one.strip() for one in offer.split(b";")]
    return found is not None and len(set(words)) == len(words)


_HEAD: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
)
_EXTENSIONS: Final = b"\r\nSec-WebSocket-Extensions: "
_PROTOCOL: Final = b"\r\nSec-WebSocket-Protocol: "


def _chosen(offer: bytes, ours: Sequence[Subprotocol]) -> Subprotocol | None:
    """The first of ours that is offered; None where the library has to find words for it."""
    if _OFFER.fullmatch(offer) is None:
        return None
    offered = {one.strip().decode("ascii") for one in offer.split(b",")}
    return next((one for one in ours if one in offered), None)
