"""Requests to the desk without sockets: the same routes, middlewares and handlers, a few times as quick."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unittest import mock

from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request

from cms.desk.middleware.sessions import session_cookie
from cms.people.sessions import csrf_token


@dataclass(frozen=True)
class Caller:
    """Somebody with a session, or a stranger with the cookie that the sign-in gave."""

    app: web.Application
    token: str
    cookie: str = session_cookie(secure=False)

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, str, str]:
        """Status, where it leads, and what it says; what is streamed says nothing here."""
        cookie = f"{self.cookie}={self.token}"
        headers = {"Host": "127.0.0.1", "Cookie": cookie, "X-CSRF-Token": csrf_token(self.token)}
        data = b""
        if method != "GET":
            is_api = path.startswith("/api/")
            data = json.dumps(body or {}).encode() if is_api else b""
            kind = "application/json" if is_api else "application/x-www-form-urlencoded"
            headers |= {"Content-Type": kind, "Content-Length": str(len(data))}
        payload = StreamReader(mock.create_autospec(BaseProtocol, instance=True), 2**16)
        payload.feed_data(data)
        payload.feed_eof()
        request = make_mocked_request(method, path, headers=headers, payload=payload, app=self.app)
        answer = await self.app._handle(request)
        body_sent = answer.body if isinstance(answer, web.Response) else b""
        said = body_sent.decode(errors="replace") if isinstance(body_sent, bytes) else ""
        return answer.status, answer.headers.get("Location", ""), said
