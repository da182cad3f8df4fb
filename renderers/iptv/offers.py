"""What is offered for an order, and where: its document and its files, for as long as the order stands."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from cms.contract import Ask, Reply, Services, Span, Target
from renderers.iptv.notes import File, Known, Order, Step
from renderers.iptv.settings import AccountSettings

DOCUMENT: Final = "order.xml"
_XML: Final = "text/xml; charset=utf-8"
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


async def base_of(settings: AccountSettings, services: Services) -> str:
    """Where the operator reaches us, with the password that FTP wants in an address."""
    base = (settings.offer or services.site.base_url).rstrip("/")
    user, at, host = base.removeprefix("ftp://").rpartition("@")
    if not at:
        return base
    password = await services.vault.get("ftp_password") or ""
    return f"ftp://{user}:{quote(password, safe='')}@{host}"


def address(base: str, target: Target, correlate: str, name: str) -> str:
    """Where the operator fetches a file of an order; the order's id in it is what lets it."""
    if base.startswith("ftp://"):
        return f"{base}/{target.code}/{correlate}/{name}"
    return f"{base}/hooks/{target.kind}/{target.code}/offer/{correlate}/{name}"


def placeholder(correlate: str, name: str) -> str:
    """What stands for an address in a document at rest, where no password belongs; nobody can write one by chance."""
    return f"{correlate}:{name}"


def offered(ask: Ask, name: str, order: Order | None, newest: Order | None, known: Known) -> Reply:
    """The answer to a fetch: 404 for what never was, 410 for what is over or was taken back.

    Args:
        ask: the request.
        name: of the file.
        order: the order that offers it.
        newest: the newest order about the same piece.
        known: what is known of the piece.
    """
    if order is None:
        return _plain(404)
    removed = newest is not None and newest.removes and newest.step is not Step.VOID and not order.removes
    over = order.step is Step.VOID or ask.now.timestamp() > order.until or removed or not known.order
    if name == DOCUMENT:
        if over or not order.is_open:
            return _plain(410)
        return Reply(200, _XML, (order.document.encode(),))
    file = next((one for one in order.files if one.name == name), None)
    if file is None:
        return _plain(404)
    return _plain(410) if over else _part(file, ask.headers, order.release)


def _part(file: File, headers: Mapping[str, str], release: str) -> Reply:
    """The whole file or the one range that is asked for; fetchers of films go on where they were cut."""
    start, end, status = 0, file.size, 200
    found = _RANGE.fullmatch(headers.get("range", "").strip())
    if found and any(found.groups()):
        first, last = found.groups()
        if first:
            start, end = int(first), min(file.size, int(last) + 1 if last else file.size)
        else:
            start = max(0, file.size - int(last))
        status = 206
        if start >= end:
            return Reply(416, parts=(b"range",), headers={"Content-Range": f"bytes */{file.size}"})
    told = {"Accept-Ranges": "bytes", "ETag": f'"{file.sha256}"'}
    if status == 206:
        told["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    return Reply(status, file.media_type, (Span(file.sha256, start, end - start),), told, releases=(release,))


def _plain(status: int) -> Reply:
    return Reply(status, parts=(b"gone" if status == 410 else b"not found",))
