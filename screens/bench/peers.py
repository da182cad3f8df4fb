"""A screen's end of a socket for load: the whole handshake without waiting."""

import base64
import enum
import errno
import itertools
import re
import secrets
import socket
from typing import Final

from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_seed_keypair

from cms.trust.keys import b64
from screens.messages import PATH, SUBPROTOCOLS, Have, Hello, encode
from screens.protocol import hello_bytes

SUBPROTOCOL, SPOKEN = next(iter(SUBPROTOCOLS.items()))
_NONCE: Final = re.compile(rb'"nonce":"([A-Za-z0-9_-]+)"')
ADDRESSES: Final = 8
_TURNS: Final = itertools.count()
_BIND_ADDRESS_NO_PORT: Final = 24  # linux/in.h; the port is chosen when both ends are known


class Step(enum.IntEnum):
    """How far a peer has come."""

    DIALLING = 0
    ASKED = 1
    UPGRADED = 2
    WELCOME = 3
    SERVED = 4


class Peer:
    """One connection; `line` is a screen's id and seed, or empty for a socket that says nothing after its upgrade."""

    __slots__ = (
        "_left",
        "_port",
        "_request",
        "_secret",
        "screen",
        "socket",
        "step",
    )

    def __init__(self, line: str, port: int) -> None:
        self.screen, _, seed = line.partition(" ")
        self._secret = crypto_sign_seed_keypair(bytes.fromhex(seed))[1] if seed else b""
        self._port = port
        self._request = request(port)
        self._left = b""
        self.step = Step.DIALLING
        self.socket: socket.socket | None = None

    @property
    def is_served(self) -> bool:
        """Whether it has all that it came for."""
        return self.step is (Step.SERVED if self._secret else Step.UPGRADED)

    @property
    def is_done(self) -> bool:
        return self.is_served and not self._left

    def dial(self, *, buffer: int = 0) -> socket.socket:
        """Starts a connection. Raises OSError."""
        made = self.socket = socket.socket()
        made.settimeout(0)
        if buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.step, self._left = Step.DIALLING, b""
        # One address has ports for 28,000 connections to another; a crowd stands at many.
        made.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        made.bind((f"127.0.1.{1 + next(_TURNS) % ADDRESSES}", 0))
        problem = made.connect_ex(("127.0.0.1", self._port))
        if problem not in {0, errno.EINPROGRESS}:
            raise OSError(problem, "dial")
        return made

    def writable(self) -> None:
        """It is connected, or it never will be. Raises OSError."""
        if self.step is Step.DIALLING:
            self.step = Step.ASKED
            self._send(self._request)

    def readable(self) -> None:
        """Takes what came. Raises OSError when the connection ended or was refused."""
        assert self.socket is not None  # noqa: S101
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionResetError("closed")
        self._left += data
        if self.step is Step.ASKED:
            head, end, rest = self._left.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                raise ConnectionRefusedError(head.decode())
            self.step, self._left = Step.UPGRADED, rest
        while (size := _frame_size(self._left)) and size <= len(self._left):
            frame, self._left = self._left[:size], self._left[size:]
            self._take(frame)

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
        self.socket = None

    def _take(self, frame: bytes) -> None:
        if frame[0] & 15 == 9:
            self._send(b"\x8a\x80\0\0\0\0")
        elif frame[0] & 15 == 1:
            self._said(frame, {126: 4, 127: 10}.get(frame[1], 2))

    def _said(self, frame: bytes, at: int) -> None:
        """What a text frame says, from `at` on."""
        if frame.startswith(b'{"t":"state"', at):
            self.step = Step.SERVED
        elif frame.startswith(b'{"t":"welcome"', at):
            self.step = Step.WELCOME
        elif (found := _NONCE.search(frame, at)) and self._secret:
            said = hello_bytes(found[1].decode(), self.screen, f"127.0.0.1:{self._port}")
            signature = b64(crypto_sign(said, self._secret)[:crypto_sign_BYTES])
            public = self._secret[32:]  # as libsodium keeps a pair: the seed, and behind it the public key
            hello = Hello(self.screen, b64(public), Have(), signature, "bench", {}, SPOKEN)
            self._send(_masked(encode(hello).encode()))
        elif frame.startswith(b'{"t":"bye"', at):
            raise ConnectionRefusedError(frame[at:].decode())

    def _send(self, data: bytes) -> None:
        assert self.socket is not None  # noqa: S101
        self.socket.sendall(data)


def request(port: int) -> bytes:
    """The upgrade that a screen asks for."""
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    lines = (
        f"GET {PATH} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
        "",
        "",
    )
    return "\r\n".join(lines).encode()


def _frame_size(data: bytes) -> int:
    """Of the frame at the start of `data`; 0 while that cannot be told."""
    if len(data) < 2:
        return 0
    if data[1] < 126:
        return 2 + data[1]
    head = 4 if data[1] == 126 else 10
    return head + int.from_bytes(data[2:head], "big") if len(data) >= head else 0


def _masked(body: bytes) -> bytes:
    """A client's text frame; a mask of zeros is a mask."""
    return b"\x81\xfe" + len(body).to_bytes(2, "big") + bytes(4) + body
