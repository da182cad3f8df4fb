"""Evidence: what was asked of a platform, with secrets masked, and how often each side effect happened."""

import collections
import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from tests.fakes.stage.messages import Request
from tests.fakes.stage.multipart import BadMultipart

BODY_LIMIT: Final = 64 * 1024
ENTRIES: Final = 5000
SECRET_NAMES: Final = frozenset(
    {
        "access_token",
        "access-token",
        "refresh_token",
        "secret",
        "client_secret",
        "code",
        "authorization",
        "cookie",
        "ticket",
        "client_ticket",
    }
)
_IN_JSON = re.compile(r'"(' + "|".join(sorted(SECRET_NAMES)) + r')"\s*:\s*"([^"]*)"')


def masked(value: str) -> str:
    """Enough to tell two secrets apart, and no more."""
    return f"***{hashlib.sha256(value.encode()).hexdigest()[:6]}" if value else ""


@dataclass
class Entry:
    """One request and how it ended."""

    number: int
    at: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    parts: list[dict[str, Any]]
    body: str
    status: int = 0
    code: int | None = None
    fault: str | None = None

    def json(self) -> Any:
        """The body as the object it was."""
        return json.loads(self.body)


@dataclass
class Journal:
    """The newest `ENTRIES` requests."""

    entries: list[Entry] = field(default_factory=list)
    counters: "collections.Counter[str]" = field(default_factory=collections.Counter)
    defects: list[str] = field(default_factory=list)
    """What a reader would see wrong: escapes in a title, markup that was dropped."""
    _count: int = 0

    def open(self, request: Request, at: str) -> Entry:
        self._count += 1
        parts, body = _shown(request)
        entry = Entry(
            self._count,
            at,
            request.method,
            request.path,
            _hidden(request.query),
            _hidden(request.headers),
            parts,
            body,
        )
        self.entries.append(entry)
        del self.entries[:-ENTRIES]
        return entry

    def count(self, effect: str) -> None:
        self.counters[effect] += 1

    def calls(self, path: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.path == path]

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self.entries]


def _hidden(pairs: Any) -> dict[str, str]:
    return {name: masked(value) if name.lower() in SECRET_NAMES else value for name, value in pairs.items()}


def _shown(request: Request) -> tuple[list[dict[str, Any]], str]:
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("multipart/"):
        try:
            parts = request.parts()
        except BadMultipart as wrong:
            return [], f"<{wrong}>"
        return [
            {
                "name": part.name,
                "filename": part.filename,
                "type": part.media_type,
                "size": len(part.data),
                "sha256": hashlib.sha256(part.data).hexdigest(),
                "text": None if part.filename else part.data[:2000].decode("utf-8", "replace"),
            }
            for part in parts
        ], ""
    text = request.body[:BODY_LIMIT].decode("utf-8", "replace")
    if "urlencoded" in content_type:
        return [], json.dumps(_hidden(dict(parse_qsl(text, keep_blank_values=True))), ensure_ascii=False)
    return [], _IN_JSON.sub(lambda found: f'"{found[1]}": "{masked(found[2])}"', text)
