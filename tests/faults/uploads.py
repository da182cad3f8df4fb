"""A lecture of gigabytes on its way in: over a line that breaks and a server that is killed, in little memory."""

import asyncio
import base64
import hashlib
import os
import re
import signal
import struct
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from tests.fakes.films import film
from tests.journeys.house import House
from tests.journeys.office import Person

BASE = "/desk/library/uploads"
TUS = {"Tus-Resumable": "1.0.0"}
BLOCK = 1 << 20
GROWTH = 100 << 20
COLOUR = (40, 90, 140)


@dataclass
class Lecture:
    """A film that any player takes, with `size` bytes in all: the rest is a box that players leap over.

    Each block of the rest begins with its number, so that one that went astray is found by the hash.
    """

    size: int
    head: bytes = b""

    def __post_init__(self) -> None:
        made = film(COLOUR, 2.0)
        rest = self.size - len(made)
        self.head = made + struct.pack(">I4sQ", 1, b"free", rest)
        self._fill = b"\x5a" * (BLOCK - 8)

    def part(self, start: int, end: int) -> bytes:
        """[start, end), at most a block."""
        first = start // BLOCK
        found = b"".join(self._block(number) for number in range(first, -(-end // BLOCK)))
        return found[start - first * BLOCK : end - first * BLOCK]

    def _block(self, number: int) -> bytes:
        filled = struct.pack(">Q", number) + self._fill
        begin = number * BLOCK
        return (self.head[begin : begin + BLOCK] + filled)[:BLOCK] if begin < len(self.head) else filled

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for start in range(0, self.size, BLOCK):
            digest.update(self.part(start, min(self.size, start + BLOCK)))
        return digest.hexdigest()


class LineBroke(Exception):
    """What a train does in a tunnel."""


@dataclass
class Web:
    """The process that answers on the port, and how much memory it had at most."""

    port: int
    pid: int = 0
    begun: int = 0
    grown: list[int] = field(default_factory=list)

    def look(self) -> None:
        """Notes the process of this moment."""
        self.pid = _listening(self.port)
        self.begun = _peak(self.pid)

    def measure(self) -> None:
        self.grown.append(_peak(self.pid) - self.begun)


def _peak(pid: int) -> int:
    """Bytes in memory at the most so far."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("utf-8"))
    assert found is not None
    return int(found[1]) << 10


def _listening(port: int) -> int:
    """The newest process that listens on a port: the one that was forked, not the one that keeps the port open."""
    inodes = set()
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        parts = line.split()
        if parts[3] == "0A" and int(parts[1].rpartition(":")[2], 16) == port:
            inodes.add(f"socket:[{parts[9]}]")
    held = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if any(str(link.readlink()) in inodes for link in (folder / "fd").iterdir()):
                    held.append(int(folder.name))
            except OSError:
                continue  # it ended meanwhile
    assert held, "nobody listens"
    return max(held)


class Uploader:
    """A browser that uploads over tus and goes on where it broke off."""

    def __init__(self, home: House, lecture: Lecture, session: aiohttp.ClientSession, token: str) -> None:
        self._home, self._lecture, self._session = home, lecture, session
        self._headers = {**TUS, "X-CSRF-Token": token}
        self._url = ""

    async def begin(self) -> None:
        name = base64.b64encode("四小时讲座.mp4".encode()).decode()
        headers = {**self._headers, "Upload-Length": str(self._lecture.size), "Upload-Metadata": f"filename {name}"}
        async with self._session.post(self._home.url + BASE, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            self._url = self._home.url + answer.headers["Location"]

    async def offset(self) -> int:
        async with self._session.head(self._url, headers=self._headers) as answer:
            assert answer.status == 200
            return int(answer.headers["Upload-Offset"])

    async def send(self, *, breaks: int | None = None, kills: tuple[int, int] | None = None) -> int:
        """Sends what is missing; the line breaks, or the process is killed, at a byte. Where it began."""
        while True:
            at = await self.offset()
            headers = {**self._headers, "Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
            headers["Content-Length"] = str(self._lecture.size - at)
            body = self._body(at, breaks, kills)
            async with self._session.patch(self._url, data=body, headers=headers) as answer:
                # The server may not have noticed yet that the line broke, and more may be there than it said.
                if answer.status in {409, 423}:
                    await asyncio.sleep(0.2)
                    continue
                assert answer.status == 204, await answer.text()
                return at

    async def _body(self, at: int, breaks: int | None, kills: tuple[int, int] | None) -> AsyncIterator[bytes]:
        while at < self._lecture.size:
            end = min(self._lecture.size, at - at % BLOCK + BLOCK)
            yield self._lecture.part(at, end)
            at = end
            if breaks is not None and at >= breaks:
                raise LineBroke
            if kills is not None and at >= kills[1]:
                os.kill(kills[0], signal.SIGKILL)
                kills = None

    async def state(self) -> dict[str, object]:
        async with self._session.get(self._url, headers=self._headers) as answer:
            assert answer.status == 200
            told: dict[str, object] = await answer.json()
            return told


async def _up_again(uploader: Uploader) -> int:
    """Waits until the supervisor has the process back; how much is there."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await uploader.offset()
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(0.1)


async def upload_through_breaks(home: House, editor: Person, size: int) -> dict[str, float]:
    """Uploads a film of `size` bytes while the line breaks once and the web process is killed once; what it took."""
    lecture = Lecture(size)
    web, began = Web(home.port), time.monotonic()
    uploader = Uploader(home, lecture, editor.session, await editor.token())
    await uploader.begin()
    web.look()
    with pytest.raises((aiohttp.ClientError, OSError, LineBroke)):
        await uploader.send(breaks=size // 3)
    at = await uploader.offset()
    assert 0 < at <= size // 3 + BLOCK, "what arrived before the line broke is there"
    web.measure()
    with pytest.raises((aiohttp.ClientError, OSError)):
        await uploader.send(kills=(web.pid, 2 * size // 3))
    again = await _up_again(uploader)
    assert at <= again < size, "what arrived before the process was killed is there"
    web.look()
    began_at = await uploader.send()
    assert again <= began_at < size, "nothing of it is sent again"
    took = time.monotonic() - began
    told = await uploader.state()
    web.measure()
    assert told["state"] == "done", told
    sha256 = await asyncio.to_thread(lecture.sha256)
    [stored] = await asyncio.to_thread(lambda: list(home.data.rglob(f"a/{sha256[:2]}/{sha256}")))
    assert stored.stat().st_size == size, "the bytes that were sent are the file of the library"
    assert max(web.grown) < GROWTH, f"the web process grew by {max(web.grown) >> 20} MiB"
    return {"seconds": took, "MiB": max(web.grown) / (1 << 20)}
