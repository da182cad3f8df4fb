"""An SMTP server on the loopback that keeps what it is given; `refuse` makes it say no to every address."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """What arrived, and how it behaves; it knows as much of the protocol as one sender needs."""

    port: int = 0
    refuse: int = 0
    arrived: list[EmailMessage] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            word = line.split(maxsplit=1)[0].upper().strip() if line.strip() else b""
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                self.arrived.append(await self._message(reader))
            if word == b"QUIT":
                break
            no = word == b"RCPT" and self.refuse
            writer.write(f"{self.refuse} no\r\n".encode() if no else b"250 fine\r\n")
            await writer.drain()
        writer.write(b"221 bye\r\n")
        writer.close()

    async def _message(self, reader: asyncio.StreamReader) -> EmailMessage:
        lines = []
        while (line := await reader.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        found = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """Serves on a free port until the block ends."""
    made = MailServer()
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made
