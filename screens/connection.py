"""One screen's socket: websockets' own connection, with what fan-out and the heartbeat must know of it."""

import asyncio
import contextlib
import datetime as dt
import functools
import itertools
import resource
import uuid
from collections.abc import Iterator
from http import HTTPStatus
from http.client import SWITCHING_PROTOCOLS
from typing import Any, Final, Protocol

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import CONNECTING, OPEN
from websockets.utils import apply_mask

from screens.frames import NOTHING, AudienceFrames, Versions, message_frame
from screens.messages import PATH, FromServer
from screens.upgrading import Upgrade, ordinary, packs

# One state of at most 64 KiB is outstanding; only an answer to a flood of pings could fill more.
MAX_BUFFER: Final = 256 * 2**10
_LANES: Final = itertools.count(1)


_SPENT: Final = Request("", Headers())
_ORDINARY: Final = Request(PATH, Headers())
PONG: Final = b"\x8a\x80"
PONG_SIZE: Final = 6
TEXT_HEAD: Final = 0x81


# Descriptors kept from screens: for the guard, the database, files.
RESERVED: Final = 64


@functools.cache
def descriptor_limit() -> int:
    """How many files this process may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def ends_with_a_frame(data: bytes) -> bool:
    """Whether bytes that begin with a client's frame are whole frames: then the next bytes begin with one, too."""
    at, size = 0, len(data)
    while at + PONG_SIZE <= size:
        length = data[at + 1] & 127
        if length == 127:
            return False  # longer than any message of ours
        at += PONG_SIZE + length if length < 126 else 8 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at == size


def whole_text(data: bytes) -> bytes | None:
    """What a client's text frame says when these bytes are exactly that, final and masked; None for anything else."""
    if len(data) < PONG_SIZE or data[0] != TEXT_HEAD:
        return None
    length, at = data[1] - 128, 2
    if length == 126:
        length, at = int.from_bytes(data[2:4], "big"), 4
        length = -1 if length < 126 else length
    if not 0 <= length < 2**16 or len(data) != at + 4 + length:
        return None
    return apply_mask(data[at + 4 :], data[at : at + 4])


class Audience(Protocol):
    """The group a connection stands in, as far as the connection must know it: `screens.fanout.Group`."""

    told_at: float

    def set_apart(self, connection: "ScreenConnection", /) -> None: ...

    def catch_up(self, connection: "ScreenConnection", /) -> bool: ...

    def leave(self, connection: "ScreenConnection", /) -> None: ...


class ScreenConnection(ServerConnection):
    """A server connection that knows its descriptor, when it was last heard, and what its screen has.

    `paused` (of websockets) is true exactly while the transport holds bytes, because its write limit is zero.

    Attributes:
        packs: whether both sides agreed to packed messages (`screens.upgrading.PACKING`).
        lane: the descriptor to write to directly; a number below 0 under TLS, where only the transport may.
        has, sent: the versions its screen has and the frames it was sent last, while it stands apart from the cohorts.
        fed: what it was told of its feeds last (`screens.feeds.Told`).
        entered_at: when it became a screen's; None before.
        late_since: loop time since which a newer state waits for this socket; 0 when none does.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "write_limit": 0})
        self.link: uuid.UUID = self.id
        self.lane = -next(_LANES)
        self.heard_at = self.told_at = self.loop.time()
        self.group: Audience | None = None
        self.packs = False
        self.has: Versions = NOTHING
        self.sent: AudienceFrames | None = None
        self.fed: object = None
        self.late_since = 0.0
        self.entered_at: dt.datetime | None = None
        self._is_whole = True
        self._held = b""
        self._is_holding = False
        self._is_upgraded = self._is_asked = False
        self._upgrade: Upgrade | None = None

    def trim(self) -> None:
        """Lets go of the handshake's headers, two kilobytes that nobody asks for again."""
        self.request, self.response, self._upgrade = _SPENT, None, None

    def push(self, message: FromServer) -> None:
        """Writes a message now; nothing happens on a connection that is closing."""
        if self.protocol.state is OPEN and not self.transport.is_closing():
            self.told_at = self.loop.time()
            if self._is_holding:
                self._held += message_frame(message)
            else:
                self.write(message_frame(message))

    def write(self, data: bytes) -> None:
        """Frames for the transport, behind what was held back for them."""
        if self._held:
            data, self._held = self._held + data, b""
        self.transport.write(data)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is pushed in here leaves with the next `write`, or at the end: a packet costs the kernel 15 µs."""
        self._is_holding = True
        try:
            yield
        finally:
            self._is_holding = False
            if self._held and not self.transport.is_closing():
                self.write(b"")

    async def handshake(
        self, process_request: Any = None, process_response: Any = None, server_header: str | None = None
    ) -> None:
        """The library's, but for an ordinary upgrade, which is let in by the same `process_request`."""
        await self.request_rcvd
        if self._upgrade is None or self.request is None:
            await super().handshake(process_request, process_response, server_header)
        elif self.protocol.state is CONNECTING:
            refused = process_request(self, self.request)
            if refused is None and not self.server.is_serving():
                refused = self.respond(HTTPStatus.SERVICE_UNAVAILABLE, "closing\n")
            if refused is None:
                self._upgrade.open(self.protocol)
                self._held = self._upgrade.answer  # the challenge follows in the same moment
            else:
                await super().handshake(lambda *_: refused, process_response, server_header)
        self.packs = packs(self.protocol)

    def send_data(self) -> None:
        """As the library does it; only the upgrade waits for the challenge, which follows in the same moment."""
        if self.response is not None and self.response.status_code == SWITCHING_PROTOCOLS and not self._is_upgraded:
            self._is_upgraded = True
            self._held = b"".join(self.protocol.data_to_send())
            return
        if self._held:
            self.write(b"")
        super().send_data()

    def abort(self) -> None:
        """Ends the connection without a word; the other side is not listening."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if transport.get_extra_info("sslcontext") is None:
            self.lane = transport.get_extra_info("socket").fileno()
        else:
            # TLS transports pause at "as many as", plain ones at "more than": with 0 they would never let go.
            self.write_limit_high, self.write_limit_low = 1, 0
        super().connection_made(transport)
        if transport.get_extra_info("socket").fileno() >= descriptor_limit() - RESERVED:
            # Descriptors go out from the lowest: what is left is for the guard and the database, so that recalls go on.
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        # Both loops close the descriptor after this call: until here it was surely ours, from here on it may not be.
        self._leave()
        super().connection_lost(exc)
        if not self.request_rcvd.done():
            self.request_rcvd.set_result(None)  # nobody waits for what never comes

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        is_open = self.protocol.state is OPEN
        if is_open and self._is_whole:
            if len(data) == PONG_SIZE and data[:2] == PONG:
                return  # that it came is all there is to know, and the library takes thirty microseconds to know it
            text = whole_text(data) if self.protocol.current_size is None else None
            if text is not None and not self.recv_messages.closed:
                # Nearly all that screens say. The library takes as long to read it as we do to understand it.
                self.recv_messages.put(Frame(Opcode.TEXT, text))
                return
            self._is_whole = ends_with_a_frame(data)
        elif self.request is None and not self._is_asked:
            self._is_asked = True
            self._upgrade = ordinary(data, self.protocol)
            if self._upgrade is not None:
                self._upgrade.read(self.protocol)
                self.process_event(_ORDINARY)
                return
        super().data_received(data)
        if is_open and self.protocol.state is not OPEN:
            self._leave()  # nothing may follow a close frame
        if self.paused and self.transport.get_write_buffer_size() > MAX_BUFFER:
            self.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.group is not None:
            self.group.set_apart(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.group is not None:
            self.group.catch_up(self)

    def _leave(self) -> None:
        if self.group is not None:
            self.group.leave(self)
