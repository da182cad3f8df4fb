"""Requests to the desk without sockets: the same routes, middlewares and handlers at a third of the price."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from aiohttp import HttpVersion11, StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import RawRequestMessage
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from cms.desk.middleware.sessions import session_cookie
from cms.people.sessions import csrf_token

HOST = "127.0.0.1"


class _Wire(BaseProtocol):
    """What a request asks of its connection."""

    max_line_length = max_field_size = 8190
    max_headers = 128
    ssl_context = None
    peername = sockname = (HOST, 80)


class _Sink:
    """Where a streamed answer goes: its bytes are kept."""

    output_size = buffer_size = 0
    length: int | None = None

    def __init__(self) -> None:
        self.said = bytearray()

    async def write_headers(self, *_: object) -> None: ...

    def send_headers(self) -> None: ...

    def enable_chunking(self) -> None: ...

    def enable_compression(self, *_: object, **__: object) -> None: ...

    async def drain(self) -> None: ...

    async def write(self, chunk: bytes, **_: object) -> None:
        self.said += chunk

    async def write_eof(self, chunk: bytes = b"") -> None:
        self.said += chunk


@dataclass(frozen=True)
class Sent:
    """What a request carries: an object of the API, a form, or bytes of a kind."""

    data: bytes = b""
    kind: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def as_json(cls, value: object) -> "Sent":
        return cls(json.dumps(value).encode(), "application/json")

    @classmethod
    def as_form(cls, fields: Mapping[str, str]) -> "Sent":
        return cls(URL.build(query=dict(fields)).raw_query_string.encode(), "application/x-www-form-urlencoded")

    @classmethod
    def as_file(cls, name: str, data: bytes) -> "Sent":
        head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        return cls(head.encode() + data + b"\r\n--edge--\r\n", "multipart/form-data; boundary=edge")


@dataclass(frozen=True)
class Caller:
    """Somebody with a session, or a stranger with the cookie that the sign-in gave."""

    app: web.Application
    token: str
    cookie: str = session_cookie(secure=False)

    async def ask(
        self, method: str, path: str, sent: Sent | None = None, *, is_own: bool = True
    ) -> tuple[int, str, str]:
        """Status, where it leads, and what it says; as the page's own script would, unless `is_own` says no."""
        sent = sent or Sent()
        headers = CIMultiDict({"Host": HOST, "Cookie": f"{self.cookie}={self.token}"})
        if is_own:
            headers["X-CSRF-Token"] = csrf_token(self.token)
        if sent.kind:
            headers.update({"Content-Type": sent.kind, "Content-Length": str(len(sent.data))})
        headers.update(sent.headers)
        request, sink = _request(method, path, CIMultiDictProxy(headers), sent.data)
        answer = await self.app._handle(request)
        body = answer.body if isinstance(answer, web.Response) else bytes(sink.said)
        said = body.decode(errors="replace") if isinstance(body, bytes) else ""
        return answer.status, answer.headers.get("Location", ""), said


def _request(method: str, path: str, headers: CIMultiDictProxy[str], data: bytes) -> tuple[web.Request, _Sink]:
    loop = asyncio.get_running_loop()
    wire, sink = _Wire(loop), _Sink()
    payload = StreamReader(wire, 2**20, loop=loop)
    payload.feed_data(data)
    payload.feed_eof()
    raw = tuple((name.encode(), value.encode()) for name, value in headers.items())
    message = RawRequestMessage(
        method, path, HttpVersion11, headers, raw, False, None, False, False, URL(path)
    )  # fmt: skip
    task = asyncio.current_task()
    return web.Request(message, payload, cast("Any", wire), cast("Any", sink), cast("Any", task), loop), sink
