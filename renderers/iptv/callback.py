"""What the operator does at our side: it fetches what orders offer, and it tells how they ended."""

import hmac
from dataclasses import replace
from typing import Final
from xml.sax.saxutils import escape

from pydantic import ValidationError

from cms.contract import Ask, Reply, Services, Target
from renderers.iptv import soap
from renderers.iptv.markup import MOST_BYTES
from renderers.iptv.notes import Notes, Step
from renderers.iptv.offers import DOCUMENT, address, base_of, offered, placeholder
from renderers.iptv.settings import AccountSettings, settings_of

_OFFER: Final = 3  # parts of a path: offer, order, name
_CORRELATE: Final = 32
_TURNS: Final = 5


class Forged(Exception):
    """Not from the operator of this account."""


async def callback(ask: Ask, target: Target, services: Services) -> Reply:
    """Answers below ``/hooks/iptv/{target code}/``: files by GET, ResultNotify by POST."""
    path = ask.path.strip("/").split("/")
    if ask.method in {"GET", "HEAD"} and len(path) == _OFFER and path[0] == "offer":
        return await _fetched(ask, target, (path[1], path[2]), services)
    if ask.method != "POST":
        return Reply(404, parts=(b"not found",))
    try:
        await _check_path(path, services)
        return await _noticed(ask, settings_of(target), services)
    except (Forged, ValidationError):
        return Reply(403, parts=(b"forbidden",))
    except soap.Unreadable:
        return Reply(400, parts=(b"not a ResultNotify",))


async def _fetched(ask: Ask, target: Target, asked: tuple[str, str], services: Services) -> Reply:
    correlate, name = asked
    notes = Notes(services)
    order, _ = await notes.order(correlate) if len(correlate) == _CORRELATE else (None, 0)
    known, _ = await notes.piece(order.piece if order is not None else "")
    newest, _ = await notes.order(known.order) if known.order else (None, 0)
    reply = offered(ask, name, order, newest, known)
    if order is not None and name == DOCUMENT and reply.status == 200:
        try:
            base = await base_of(settings_of(target), services)
        except ValidationError:
            return Reply(503, parts=(b"not set up",))
        document = order.document
        for file in order.files:
            told = address(base, target, correlate, file.name)
            document = document.replace(placeholder(correlate, file.name), escape(told))
        reply = replace(reply, parts=(document.encode(),))
    if reply.status in {200, 206} and ask.method == "GET":
        await notes.noticed(correlate, name)
    return reply


async def _check_path(path: list[str], services: Services) -> None:
    """Where a secret is set, the address the operator was given ends with it. Raises Forged."""
    secret = await services.vault.get("notify_secret")
    given = path[1] if len(path) == 2 and path[0] == "notify" else ""
    if secret and not hmac.compare_digest(given.encode(), secret.encode()):
        raise Forged
    if path[0] not in {"", "notify"}:
        raise Forged


async def _noticed(ask: Ask, settings: AccountSettings, services: Services) -> Reply:
    """Takes a notice down once; the id of an order, which nobody can guess, is what makes it the operator's."""
    if len(ask.body) > MOST_BYTES:
        raise Forged
    notice = soap.read_notice(ask.body)
    if (notice.csp, notice.lsp) != (settings.csp, settings.lsp) or len(notice.correlate) != _CORRELATE:
        raise Forged
    notes = Notes(services)
    for _ in range(_TURNS):
        order, version = await notes.order(notice.correlate)
        if order is None:
            raise Forged
        step = Step.DONE if notice.result == 0 else Step.REFUSED
        # Of two ends of a command that was carried out twice, the one that left something there counts.
        if not order.is_open and not (order.step is Step.REFUSED and step is Step.DONE):
            return _told(hint=False)
        newer = replace(order, step=step, results_at=notice.file, why="" if step is Step.DONE else f"{notice.result}")
        if step is Step.DONE:
            # Nobody reads it again, and rows are for ever.
            newer = replace(newer, document="")
        if await notes.keep(notice.correlate, newer, version=version):
            await services.journal.record("iptv.notice", order=notice.correlate, result=notice.result)
            await notes.hear(noticed=int(services.now().timestamp()))
            return _told(hint=True)
    # Somebody writes all the time; they tell it again.
    return Reply(200, soap.MEDIA_TYPE, (soap.notice_answer(-1, "busy"),))


def _told(*, hint: bool) -> Reply:
    return Reply(200, soap.MEDIA_TYPE, (soap.notice_answer(0),), hint=hint)
