"""Writing to many sockets at once: compiled or not, every socket gets its frame, and what it did not take is told."""

import contextlib
import itertools
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from screens.connection import ends_with_a_frame, whole_text
from screens.native import build as built
from screens.native.writer import Batch, Compiled, Short, write_in_python

SMALL = 4_096


def _writers() -> list[Callable[[Batch], list[Short]]]:
    made = built.build()
    return [write_in_python] if made is None else [write_in_python, Compiled(str(made))]


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    made = [socket.socketpair() for _ in range(4)]
    for one in itertools.chain.from_iterable(made):
        one.setblocking(False)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
    yield made
    for one in itertools.chain.from_iterable(made):
        one.close()


@pytest.mark.parametrize("write", _writers())
def test_frames_when_written_reach_each_socket_of_their_group(
    pairs: list[tuple[socket.socket, socket.socket]], write: Callable[[Batch], list[Short]]
) -> None:
    batch = Batch()
    batch.add([ours.fileno() for ours, _ in pairs[:3]], b"first")
    batch.add([], b"nobody's")
    batch.add([pairs[3][0].fileno()], b"second")
    assert write(batch) == []
    assert [theirs.recv(64) for _, theirs in pairs] == [b"first", b"first", b"first", b"second"]
    assert [batch.part(place) for place in range(4)] == [0, 0, 0, 2]
    assert batch.bytes == 21


@pytest.mark.parametrize("write", _writers())
def test_sockets_when_full_broken_or_not_ours_are_told_with_what_they_took(
    pairs: list[tuple[socket.socket, socket.socket]], write: Callable[[Batch], list[Short]]
) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            pairs[0][0].send(b"x" * 1_024)
    pairs[1][1].close()
    batch = Batch()
    batch.add([pairs[0][0].fileno(), pairs[1][0].fileno(), -7, pairs[2][0].fileno()], b"y" * 1_000_000)
    told = dict(write(batch))
    assert told.keys() == {0, 1, 2, 3}
    assert (told[0], told[1], told[2]) == (0, -1, 0)
    assert 0 <= told[3] < 1_000_000


def test_compiler_when_missing_leaves_the_writer_in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(built, "FOLDER", tmp_path / "lib")
    monkeypatch.setattr("screens.native.build.shutil.which", lambda _: None)
    assert built.build() is None
    with pytest.raises(OSError, match="writer"):
        Compiled(str(built.library()))


def _frame(size: int) -> bytes:
    head = bytes([0x81, 0x80 | size]) if size < 126 else bytes([0x81, 0xFE]) + size.to_bytes(2, "big")
    return head + bytes(4) + b"m" * size


def test_bytes_of_a_client_when_cut_anywhere_are_whole_frames_only_at_the_ends_of_frames() -> None:
    sizes = (0, 5, 125, 126, 300)
    data = b"".join(map(_frame, sizes))
    ends = set(itertools.accumulate(len(_frame(size)) for size in sizes))
    assert {cut for cut in range(1, len(data) + 1) if ends_with_a_frame(data[:cut])} == ends
    assert not ends_with_a_frame(bytes([0x81, 0xFF]) + bytes(12))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 300, 65_535])
def test_text_of_a_client_when_it_is_one_frame_is_what_was_said(size: int) -> None:
    said = bytes(place % 251 for place in range(size))
    data = Frame(Opcode.TEXT, said).serialize(mask=True)
    library = ServerProtocol(state=OPEN)
    library.receive_data(data)
    (read,) = library.events_received()
    assert isinstance(read, Frame)
    assert whole_text(data) == said == read.data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        Frame(Opcode.TEXT, b"unmasked").serialize(mask=False),
        Frame(Opcode.TEXT, b"part", fin=False).serialize(mask=True),
        b"\xc1\x86" + bytes(4) + b"packed",
        Frame(Opcode.BINARY, b"bytes").serialize(mask=True),
        Frame(Opcode.CONT, b"rest").serialize(mask=True),
        Frame(Opcode.PING, b"?").serialize(mask=True),
        Frame(Opcode.CLOSE, b"").serialize(mask=True),
        Frame(Opcode.TEXT, b"cut").serialize(mask=True)[:-1],
        Frame(Opcode.TEXT, b"more").serialize(mask=True) + b"\x81",
        Frame(Opcode.TEXT, b"x" * 65_536).serialize(mask=True),
        b"\x81\xfe\x00\x05" + bytes(4) + b"short",
    ],
    ids=range(12),  # masks are drawn at collection, and each worker collects by itself
)
def test_bytes_of_a_client_when_they_are_anything_else_are_left_to_the_library(data: bytes) -> None:
    assert whole_text(data) is None
