"""The benchmark's screens: real handshakes with real keys, then the process becomes `listeners.c` with their sockets.

Run as ``python -m screens.bench.connect``: Python signs and speaks until each screen holds its first state, C then
only counts, so that the load generator keeps up with any server.
"""

import os
import secrets
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import click

from cms.trust.keys import SigningKey
from screens.bench.cores import stay_on
from screens.messages import PATH, SUBPROTOCOLS, Have, encode
from screens.protocol import Reply, ScreenSide, StateCame

# Handshakes under way at once; more would only wait in the server's backlog.
AT_ONCE = 64


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--core", type=int, required=True)
@click.option(
    "--screens", type=click.Path(path_type=Path), required=True, help="A line a screen: id and seed, or empty."
)
@click.option("--fds", type=click.Path(path_type=Path), required=True)
@click.option("--listeners", required=True)
def main(port: int, core: int, screens: Path, fds: Path, listeners: str) -> None:
    stay_on(core)
    made: list[socket.socket] = []
    lines = screens.read_text().split("\n")
    count = len(lines)
    for start in range(0, count, AT_ONCE):
        made += connected(port, lines[start : min(count, start + AT_ONCE)])
    for one in made:
        one.set_inheritable(True)
    fds.write_text("\n".join(str(one.fileno()) for one in made))
    os.execv(listeners, [listeners, str(fds), str(core)])  # noqa: S606


def connected(port: int, lines: list[str]) -> Iterator[socket.socket]:
    """Sockets whose handshake is done; each stands at the start of a frame."""
    peers = [_open(port) for _ in lines]
    for peer in peers:
        _until(peer, b"\r\n\r\n")
    if not any(lines):
        yield from peers
        return
    sides = [_side(line, port) for line in lines]
    for peer, side in zip(peers, sides, strict=True):
        answer = side.receive(_text(peer))
        if not isinstance(answer, Reply):
            raise TypeError(answer)
        peer.sendall(_masked(encode(answer.message).encode()))
    for peer, side in zip(peers, sides, strict=True):
        while not isinstance(side.receive(_text(peer)), StateCame):
            pass
        yield peer


def _open(port: int) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", port))
    key = secrets.token_urlsafe(16)[:22] + "=="
    lines = (
        f"GET {PATH} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key.replace('-', '+').replace('_', '/')}",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {next(iter(SUBPROTOCOLS))}",
        "",
        "",
    )
    peer.sendall("\r\n".join(lines).encode())
    return peer


def _side(line: str, port: int) -> ScreenSide:
    screen, seed = line.split()
    key = SigningKey(bytes.fromhex(seed))
    return ScreenSide(key=key, screen=screen, host=f"127.0.0.1:{port}", have=Have(), player="bench")


def _until(peer: socket.socket, end: bytes) -> bytes:
    """Byte by byte, so that not a byte of the first frame is taken."""
    got = b""
    while not got.endswith(end):
        got += _exactly(peer, 1)
    if not got.startswith(b"HTTP/1.1 101"):
        raise ConnectionRefusedError(got.decode())
    return got


def _text(peer: socket.socket) -> str:
    """The next text frame; pings of the first seconds are left unanswered."""
    while True:
        kind, size = _exactly(peer, 2)
        if size == 126:
            (size,) = struct.unpack(">H", _exactly(peer, 2))
        elif size == 127:
            (size,) = struct.unpack(">Q", _exactly(peer, 8))
        body = _exactly(peer, size)
        if kind & 15 == 1:
            return body.decode()


def _exactly(peer: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        part = peer.recv(size - len(got))
        if not part:
            raise ConnectionResetError("the server closed")
        got += part
    return got


def _masked(body: bytes) -> bytes:
    """A client's text frame; a mask of zeros is a mask."""
    return b"\x81\xfe" + struct.pack(">H", len(body)) + bytes(4) + body


if __name__ == "__main__":
    main()
