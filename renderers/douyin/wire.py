"""The platform's HTTP as bytes in and out, pure: addresses, multipart bodies, and both envelopes of answers."""

import datetime as dt
import email.utils
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from renderers.douyin.errors import Row, row_of

ANSWER_LIMIT: Final = 1 << 20
FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform said: `code` 0 is yes.

    Attributes:
        at: the platform's clock, when the answer tells it; all its lifetimes are counted by that clock.
    """

    code: int
    said: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    at: dt.datetime | None = None
    log_id: str = ""

    @property
    def row(self) -> Row:
        return row_of(self.code)


@dataclass(frozen=True, slots=True)
class Garbled:
    """An answer that cannot be read; whether the call had its effect is not known."""

    why: str


def address(base: str, path: str, **query: str) -> str:
    """The URL of a call."""
    return base.rstrip("/") + path + (f"?{urlencode(query)}" if query else "")


def form_body(**fields: str) -> bytes:
    return urlencode(fields).encode()


def json_body(value: Mapping[str, Any]) -> bytes:
    # UTF-8 as it is: the platform shows escaped text as it was escaped.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def multipart(name: str, data: bytes, *, filename: str, media_type: str) -> tuple[bytes, str]:
    """One file as multipart/form-data, and its content type; the boundary comes from the data, so bytes repeat."""
    boundary = "yunping" + hashlib.sha256(data).hexdigest()[:40]  # at most 70 characters by RFC 2046
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    )
    return b"".join((head.encode(), data, f"\r\n--{boundary}--\r\n".encode())), (
        f"multipart/form-data; boundary={boundary}"
    )


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer | Garbled:
    """Either envelope: ``{data: {error_code, description, …}, extra: {…}}`` or ``{err_no, err_msg, data}``."""
    if status != 200:
        return Garbled(f"HTTP {status}")
    try:
        found = json.loads(body)
    except ValueError:
        return Garbled("not JSON")
    if not isinstance(found, dict):
        return Garbled("no object")
    data, extra = _part(found, "data"), _part(found, "extra")
    named = ((found, "err_no"), (data, "error_code"), (extra, "error_code"))
    codes = [number(place[name]) for place, name in named if name in place]
    if not codes or None in codes:
        return Garbled("no code")
    code = next((one for one in codes if one), 0)
    said = _first(found.get("err_msg"), data.get("description"), extra.get("sub_description"), extra.get("description"))
    log_id = _first(found.get("log_id"), extra.get("logid"))
    return Answer(code or 0, said[:200], data, _instant(extra.get("now"), headers), log_id[:64])


def number(value: object) -> int | None:
    """An integer that may come as a string."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        text = value.strip()
        digits = text.removeprefix("-")
        return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None
    return None


def truth(value: object) -> bool:
    """A yes that may come as a number or a string."""
    return value is True or number(value) == 1 or (isinstance(value, str) and value.strip().lower() == "true")


def rows(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The ``list`` of an answer; entries that are no objects are not there."""
    found = data.get("list")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _part(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = found.get(name)
    return part if isinstance(part, dict) else {}


def _first(*texts: object) -> str:
    return next((text for text in texts if isinstance(text, str) and text), "")


def _instant(now: object, headers: Mapping[str, str]) -> dt.datetime | None:
    seconds = number(now)
    if seconds:
        # Older answers count milliseconds.
        seconds = seconds // 1000 if seconds > 10**11 else seconds
        try:
            return dt.datetime.fromtimestamp(seconds, dt.UTC)
        except (ValueError, OverflowError, OSError):
            return None
    told = next((value for name, value in headers.items() if name.lower() == "date"), None)
    try:
        read = email.utils.parsedate_to_datetime(told) if told else None
    except ValueError:
        return None
    return read if read is None or read.tzinfo is not None else None
