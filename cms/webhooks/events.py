"""Which events of the record may leave the house, how they are written, and how they are signed. Pure."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, Final

from cms.audit.models import AuditEvent
from cms.kernel.clock import to_ms

TEST: Final = "webhook.test"
_SECRET: Final = "whsec_"  # noqa: S105
_BYTES: Final = 32


class EventFamily(StrEnum):
    """What an office may have told; nothing of people, sessions or passwords is in any of them."""

    PIECES = "pieces"
    PUBLISHING = "publishing"
    LIBRARY = "library"
    IMPORTS = "imports"
    SCREENS = "screens"


# Beginnings of the record's actions.
FAMILIES: Final[Mapping[EventFamily, tuple[str, ...]]] = {
    EventFamily.PIECES: ("edition.", "document."),
    EventFamily.PUBLISHING: ("delivery.", "publication.", "placement.", "target."),
    EventFamily.LIBRARY: ("library.",),
    EventFamily.IMPORTS: ("pool.", "import.", "feed."),
    EventFamily.SCREENS: ("screen.",),
}


def prefixes(families: Collection[str]) -> tuple[str, ...]:
    """The beginnings of the actions of these families."""
    return tuple(one for family in EventFamily if family in families for one in FAMILIES[family])


def body_of(event: AuditEvent) -> str:
    """An event as it is sent: what happened to what, where and when, by whom; no address and no session."""
    return written(
        {
            "id": f"evt_{event.seq}",
            "type": event.action,
            "at": to_ms(event.at),
            "unit": event.unit_path,
            "object": {"kind": event.object_kind, "id": event.object_id},
            "person": event.actor_name,
            "details": event.details,
        }
    )


def written(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def new_secret() -> str:
    """32 random bytes in the form other systems know."""
    return _SECRET + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signed(secret: str, call: str, at: int, body: str) -> dict[str, str]:
    """The headers of the Standard Webhooks specification; `at` in seconds, so that an old call is not sent again."""
    key = base64.b64decode(secret.removeprefix(_SECRET))
    mac = hmac.new(key, f"{call}.{at}.{body}".encode(), hashlib.sha256).digest()
    return {
        "webhook-id": call,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
