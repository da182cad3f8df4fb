"""The office's webhook: one signed JSON a letter, so that its own messenger can carry it on."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Final

from cms.contract import ContractError
from cms.contract.services import Outbound
from cms.kernel.clock import to_ms
from cms.notices.mail import NotCarried
from cms.notices.models import Letter, Notice
from cms.notices.words import Words

SIGNATURE: Final = "X-Yunping-Signature"
DELIVERY: Final = "X-Yunping-Delivery"
_ANSWER_LIMIT: Final = 64 * 1024
_GONE: Final = frozenset({400, 401, 403, 404, 405, 410, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Where it goes, and the secret both sides know."""

    url: str
    secret: str = field(repr=False)


def body_of(letter: Letter, notice: Notice, words: Words, *, login: str) -> bytes:
    """The same bytes at every try: a receiver may drop a delivery whose id it has seen."""
    value = {
        "format": 1,
        "id": str(letter.id),
        "cause": notice.cause,
        "to": login,
        "title": words.title,
        "link": words.link,
        "at": to_ms(notice.first_at),
        "urgent": notice.urgent,
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def signature(secret: str, at_ms: int, body: bytes) -> str:
    """``t={ms},v1={hex}``: HMAC-SHA-256 over ``{ms}.{body}``; the time lets a receiver refuse what is replayed."""
    digest = hmac.new(secret.encode(), f"{at_ms}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_ms},v1={digest}"


async def send_webhook(outbound: Outbound, settings: WebhookSettings, body: bytes, *, key: str, at_ms: int) -> None:
    """Raises NotCarried."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        SIGNATURE: signature(settings.secret, at_ms, body),
        DELIVERY: key,
    }
    try:
        status, _, _ = await outbound.request("POST", settings.url, body=body, headers=headers, limit=_ANSWER_LIMIT)
    except ContractError as problem:
        raise NotCarried("notices.webhook_away") from problem
    if not 200 <= status < 300:
        raise NotCarried("notices.webhook_refused", final=status in _GONE)
