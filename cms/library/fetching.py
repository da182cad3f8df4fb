"""Pictures of other sites on their way into the library: fetched through the one guarded client, then as any upload.

A page that was pasted names its pictures by address; shown from there they would break (hot-linking) and could change
after people signed. What a server answers is as hostile as an upload and takes the same way in.
"""

import asyncio
import posixpath
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import unquote, urlsplit

from cms.contract import Outbound, OutboundRefused
from cms.kernel.db import Database
from cms.kernel.errors import Invalid, Refused
from cms.library.models import Asset
from cms.library.upload import Workshop, upload_picture
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can

MAX_ADDRESS: Final = 2_000
# An article names dozens of pictures, and each is in memory until it is taken in.
AT_ONCE: Final = 3
_OK: Final = 200
# No referrer: sites that stop hot-linking let a plain visit through. No AVIF: our decoder would refuse it.
_HEADERS: Final = {"Accept": "image/jpeg,image/png,image/webp,image/gif", "User-Agent": "yunping/1.0"}
_REASONS: Final = {
    "publishing.outbound_refused": "library.fetch_address",
    "publishing.outbound_too_large": "library.fetch_large",
    "publishing.outbound_too_slow": "library.fetch_slow",
    "publishing.outbound_unreachable": "library.fetch_unreachable",
}


@dataclass(frozen=True, slots=True)
class PictureSource:
    """Where pictures may be fetched.

    Attributes:
        outbound: the one client, which reaches no address inside.
        hosts: names of hosts, each with everything below it; empty: any public host.
        plain: host and port of services that are reached without TLS, such as a simulator.
        at_once: how many pictures one process fetches at a time.
    """

    outbound: Outbound
    hosts: frozenset[str] = frozenset()
    plain: Collection[tuple[str, int]] = frozenset()
    at_once: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE), compare=False)


async def fetch_picture(
    db: Database, workshop: Workshop, actor: Actor, source: PictureSource, *, url: str, now: datetime
) -> Asset:
    """The picture at an address as an asset of the actor's unit.

    Raises:
        Denied: the actor may not upload in their unit.
        Invalid: `library.fetch_address`, `library.fetch_host`.
        Refused: `library.fetch_status`, `…_large`, `…_slow`, `…_unreachable`: the other side.
        MediaRefused: what came is no picture we take; nothing was kept.
    """
    require_can(actor, Action.LIBRARY_UPLOAD, Subject(actor.unit, frozenset({actor.person})))
    address = secured(url, source)
    async with source.at_once:
        data = await _bytes_at(address, source.outbound, workshop.limits.file_bytes)
        return await upload_picture(db, workshop, actor, data, name=name_of(address), now=now)


async def _bytes_at(address: str, outbound: Outbound, limit: int) -> bytes:
    try:
        status, _, data = await outbound.request("GET", address, headers=_HEADERS, limit=limit)
    except OutboundRefused as refused:
        raise _reason(refused, address, limit) from refused
    if status != _OK:
        raise Refused("library.fetch_status", status=status, host=host_of(address))
    return data


def secured(url: str, source: PictureSource) -> str:
    """The address to ask: https, on an allowed host. Raises Invalid."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise Invalid("library.fetch_address", host="") from error
    if len(url) > MAX_ADDRESS or parts.scheme not in {"http", "https"} or not host:
        raise Invalid("library.fetch_address", host=host)
    if source.hosts and not any(host == one or host.endswith(f".{one}") for one in source.hosts):
        raise Invalid("library.fetch_host", host=host)
    # Articles of years ago name their pictures by http; the same servers answer by https today.
    if parts.scheme == "http" and port in {None, 80} and (host, 80) not in source.plain:
        parts = parts._replace(scheme="https", netloc=host)
    return parts._replace(fragment="").geturl()


def host_of(address: str) -> str:
    return urlsplit(address).hostname or ""


def name_of(address: str) -> str:
    """A name for the library: the last part of the path, else the host."""
    return unquote(posixpath.basename(urlsplit(address).path)) or host_of(address)


def _reason(refused: OutboundRefused, address: str, limit: int) -> Refused | Invalid:
    code = _REASONS.get(refused.code, "library.fetch_unreachable")
    if code == "library.fetch_address":
        return Invalid(code, host=host_of(address))
    return Refused(code, host=host_of(address), most=f"{limit >> 20} MiB")
