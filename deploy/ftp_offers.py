"""What the FTP server finds: the files that a channel offers by its callback, asked for as an HTTP client would."""

import hmac
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cms.contract import Ask, ContractError, Reply, Span
from cms.kernel.errors import DomainError
from cms.kernel.log import logger
from cms.planning.models import Target
from cms.planning.targets import as_contract
from cms.publishing.workshop import ServicesOf
from deploy.ftp import Found, FtpServer
from deploy.installation import Installation
from deploy.spans import blocks_of

# The one channel whose platforms fetch by FTP.
KIND: Final = "iptv"
_PARTS: Final = 3

log = logger("ftp")


class FtpOffers:
    """A `deploy.ftp.Finder` over an installation's targets."""

    def __init__(self, here: Installation, services: ServicesOf) -> None:
        self._here = here
        self._services = services

    async def __call__(self, path: str, user: str, password: str, start: int) -> Found | None:
        """None also while the database does not answer: an operator's fetcher comes again."""
        try:
            return await self._found(path, user, password, start)
        except (ContractError, DomainError, SQLAlchemyError):
            log.warning("an FTP fetch could not be answered")
            return None

    async def _found(self, path: str, user: str, password: str, start: int) -> Found | None:
        parts = path.strip("/").split("/")
        channel = self._here.channels.get(KIND)
        if len(parts) != _PARTS or channel is None or channel.callback is None:
            return None
        code, order, name = parts
        async with self._here.db.read() as session:
            row = await session.scalar(select(Target).where(Target.code == code, Target.kind == KIND))
        if row is None:
            return None
        target = as_contract(row)
        services = self._services(target)
        held = await services.vault.get("ftp_password") or ""
        if not _may(str(row.settings.get("offer") or ""), held, user, password):
            return None
        headers = {"range": f"bytes={start}-"} if start else {}
        ask = Ask("GET", f"offer/{order}/{name}", {}, headers, b"", self._here.clock.now())
        reply = await channel.callback(ask, target, services)
        self._here.metrics.count("yunping_callbacks_total", channel=KIND, outcome=f"{reply.status // 100}xx")
        if reply.status not in {200, 206} or self._is_gone(reply):
            return None
        size = sum(len(part) if isinstance(part, bytes) else part.length for part in reply.parts)
        return Found(size, lambda: blocks_of(self._here.store, reply))

    def _is_gone(self, reply: Reply) -> bool:
        tombstones = self._here.tombstones
        files = (part.sha256 for part in reply.parts if isinstance(part, Span))
        return bool(tombstones.releases.intersection(reply.releases)) or any(one in tombstones.assets for one in files)


async def start_ftp(here: Installation, services: ServicesOf) -> None:
    """Serves until it is cancelled; returns at once where none is set."""
    if not here.settings.ftp:
        return
    listen, _, ports = here.settings.ftp.partition("/")
    host, _, port = listen.rpartition(":")
    first, last = (int(one) for one in ports.split("-"))
    server = FtpServer(FtpOffers(here, services), (first, max(first, last)))
    try:
        async with await server.start(host, int(port)) as listening:
            await listening.serve_forever()
    except (OSError, OverflowError):
        # The desk and the site go on; operators that fetch by HTTP are served.
        log.exception("FTP could not begin")


def _may(offer: str, held: str, user: str, password: str) -> bool:
    """Whether the address an operator was given names this user; only one by FTP lets anybody in here."""
    parts = urlsplit(offer)
    if parts.scheme != "ftp":
        return False
    if parts.username is None:
        return True
    return hmac.compare_digest(f"{user}:{password}".encode(), f"{parts.username}:{held}".encode())
