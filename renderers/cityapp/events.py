"""What an App is told: the bytes of an event, its id, and its signature. Pure.

The id follows from the bytes, so that every try of one event, also the one a person asks for a day later, has the same:
an App that has seen it answers yes and does nothing. Headers and signature are those of the Standard Webhooks
specification, for which every language has a library.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from cms.contract import Piece, Site

OG: Final = "og"
_PREFIX: Final = "whsec_"
_ID: Final = 32
_RELEASE: Final = 16


class EventType(StrEnum):
    """What happened to a piece. PUBLISH and CORRECT name the version that holds now."""

    PUBLISH = "publish"
    CORRECT = "correct"
    RECALL = "recall"


@dataclass(frozen=True, slots=True)
class Event:
    """One event: `id` for the App to know it again, `body` as it is sent, `post` as the core remembers it."""

    id: str
    body: bytes
    post: str


def reference(piece: Piece, site: Site) -> bytes:
    """What is frozen of a piece: which version it is and where to fetch it, and enough for a list or a message."""
    told: dict[str, Any] = {
        "format": 1,
        "document": piece.document,
        "edition": piece.edition,
        "release": piece.release,
        "kind": piece.kind,
        "column": piece.column,
        "column_name": piece.column_name,
        "title": piece.title,
        "summary": piece.summary,
        "source": piece.byline.source,
        "url": f"{site.base_url}/d/{piece.document}/",
        "published_at": _seconds(piece.published_at),
        "corrected_at": None if piece.corrected_at is None else _seconds(piece.corrected_at),
        "expires_at": None if piece.not_after is None else _seconds(piece.not_after),
        "cover": cover(piece, site),
    }
    return written(told)


def cover(piece: Piece, site: Site) -> str | None:
    """The address of the cover's 1200×630 file."""
    file = piece.rendition(piece.cover, OG) if piece.cover else None
    return None if file is None else f"{site.media_url}/a/{file.sha256}"


def shown(kind: EventType, frozen: bytes) -> Event:
    """That a version is to be shown now."""
    told = json.loads(frozen)
    post = f"{told['document']}:{told['edition']}:{told['release'][:_RELEASE]}"
    return _event(kind, told, post)


def gone(post: str) -> Event:
    """That a document is to be gone, with every version up to this one."""
    document, edition, release = post.split(":")
    return _event(
        EventType.RECALL,
        {"format": 1, "document": document, "edition": int(edition), "release": release},
        post,
    )


def signed(secrets: Sequence[str], event: str, at: int, body: bytes) -> Mapping[str, str]:
    """The headers of a call made at `at` (seconds): one signature for each secret that holds at the moment."""
    macs = (hmac.new(key_of(secret), f"{event}.{at}.".encode() + body, hashlib.sha256) for secret in secrets)
    return {
        "webhook-id": event,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(mac.digest()).decode()}" for mac in macs),
    }


def key_of(secret: str) -> bytes:
    """The bytes behind a secret: of the specification's form when it has it, else as it was typed."""
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            return secret.encode()
    return secret.encode()


def written(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _event(kind: EventType, told: Mapping[str, Any], post: str) -> Event:
    named = {**told, "type": kind.value}
    event = hashlib.sha256(written(named)).hexdigest()[:_ID]
    return Event(event, written({**named, "id": event}), post)


def _seconds(at: Any) -> int:
    return int(at.timestamp())
