"""Requests and answers as values, so that a simulator works with and without sockets."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.stage.multipart import Part, read_parts

Json = dict[str, Any]
# A backslash that is itself escaped does not start an escape.
_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u([0-9a-fA-F]{4})")


class BadBody(Exception):
    """The body is not what its sender says it is."""


@dataclass(frozen=True)
class Request:
    """One call. Header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    peer: str = "127.0.0.1"

    def text(self) -> str:
        try:
            return self.body.decode("utf-8")
        except UnicodeDecodeError as wrong:
            raise BadBody("not UTF-8") from wrong

    def json(self, *, literal_escapes: bool = False) -> Json:
        r"""The object in the body. With `literal_escapes`, \\uXXXX stays as typed: so WeChat treats titles."""
        text = self.text()
        if literal_escapes:
            text = _ESCAPE.sub(r"\1\\\\u\2", text)
        try:
            found = json.loads(text)
        except ValueError as wrong:
            raise BadBody("not JSON") from wrong
        if not isinstance(found, dict):
            raise BadBody("not an object")
        return found

    def form(self) -> dict[str, str]:
        """Fields of a urlencoded body, or of a JSON object: newer pages of Douyin ask for either."""
        if "json" in self.headers.get("content-type", ""):
            return {name: str(value) for name, value in self.json().items()}
        return dict(parse_qsl(self.text(), keep_blank_values=True))

    def parts(self) -> list[Part]:
        return read_parts(self.headers.get("content-type", ""), self.body)


@dataclass(frozen=True)
class Answer:
    """What goes back; `delay` is how long a slow platform takes for it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


def request_of(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None, *, peer: str
) -> Request:
    parts = urlsplit(url)
    named = {name.lower(): value for name, value in (headers or {}).items()}
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Request(method.upper(), parts.path or "/", query, named, body or b"", peer)


def json_answer(content: Any, *, status: int = 200, media_type: str = "application/json; charset=utf-8") -> Answer:
    return Answer(status, json.dumps(content, ensure_ascii=False).encode(), {"Content-Type": media_type})


def stringified(content: Any) -> Any:
    """Every number as text, as some of the platforms' servers send them."""
    match content:
        case bool():
            return content
        case int() | float():
            return str(content)
        case dict():
            return {name: stringified(value) for name, value in content.items()}
        case list():
            return [stringified(value) for value in content]
        case _:
            return content
