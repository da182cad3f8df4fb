"""The reading FTP server against clients that are no fetchers: what is not asked in its way gets nothing."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from deploy.ftp import SESSIONS, Found, FtpServer

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def find(path: str, user: str, password: str, start: int) -> Found | None:
    if (path, user, password) != ("/box/k/m0.ts", "yp", "pw"):
        return None

    async def blocks() -> AsyncGenerator[bytes, None]:
        yield b"film"[start:]

    return Found(4 - start, blocks)


class Dialler:
    """Opens lines and closes them all at the end."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.lines: list[Line] = []

    async def open(self, port: int | None = None) -> Line:
        self.lines.append(await asyncio.open_connection("127.0.0.1", port or self.port))
        return self.lines[-1]

    async def session(self) -> Line:
        line = await self.open()
        await line[0].readline()
        return line

    async def close(self) -> None:
        for _, writer in self.lines:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in self.lines), return_exceptions=True)


@pytest.fixture
async def dialler() -> AsyncIterator[Dialler]:
    async with await FtpServer(find, (0, 0)).start("127.0.0.1", 0) as server:
        made = Dialler(server.sockets[0].getsockname()[1])
        yield made
        await made.close()


async def said(line: Line, *commands: str) -> list[str]:
    """The number of each answer."""
    numbers = []
    for command in commands:
        line[1].write(command.encode() + b"\r\n")
        numbers.append((await line[0].readline()).decode()[:3])
    return numbers


async def test_commands_of_a_stranger_are_refused(dialler: Dialler) -> None:
    line = await dialler.session()
    assert await said(line, "SIZE /box/k/m0.ts", "PASV", "RETR x") == ["530", "530", "530"]
    assert await said(line, "USER yp", "PASS no", "SIZE /box/k/m0.ts") == ["331", "230", "550"]
    assert await said(line, "USER yp", "PASS pw", "SIZE /box/k/m0.ts") == ["331", "230", "213"]
    refused = ("STOR a", "DELE a", "MKD a", "LIST", "NLST", "PORT 127,0,0,1,0,22", "EPRT |1|127.0.0.1|22|", "SITE x")
    assert await said(line, *refused) == ["502"] * len(refused)
    assert await said(line, "REST -1", "REST 1x", "RETR /box/k/m0.ts") == ["502", "502", "425"]
    assert await said(line, "CWD /box", "CWD ../../../k", "PWD", "QUIT") == ["250", "250", "257", "221"]


async def test_film_goes_on_where_it_was_cut(dialler: Dialler) -> None:
    line = await dialler.session()
    await said(line, "USER yp", "PASS pw", "TYPE I")
    line[1].write(b"EPSV\r\n")
    data = await dialler.open(int((await line[0].readline()).split(b"|")[3]))
    assert await said(line, "REST 2", "RETR /box/k/m0.ts") == ["350", "150"]
    assert await data[0].read() == b"lm"
    assert (await line[0].readline())[:3] == b"226"


async def test_line_without_an_end_and_one_session_too_many_are_cut(dialler: Dialler) -> None:
    line = await dialler.session()
    line[1].write(b"A" * 10_000)
    assert await line[0].read() == b""
    for _ in range(SESSIONS):
        await dialler.session()
    last = await dialler.open()
    assert (await last[0].readline())[:3] == b"421"
