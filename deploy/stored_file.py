"""A file of the store as an answer, closed whatever becomes of the one who asked."""

import asyncio
import threading
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter


class StoredFile(web.FileResponse):
    """As `web.FileResponse`, which leaves the file open when the request is cancelled while a thread opens it.

    `_make_response` runs in that thread and gives (result, open file or None, its facts, encoding) — aiohttp 3.9 to
    3.14; `tests/unit/deploy/test_stored_file.py` fails when a later one no longer does.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lock = threading.Lock()
        self._left = False

    def _make_response(self, request: web.BaseRequest, accept_encoding: str) -> Any:
        made = super()._make_response(request, accept_encoding)
        with self._lock:
            self._file = made[1]
            if self._left and self._file is not None:
                self._file.close()
        return made

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        try:
            return await super().prepare(request)
        except asyncio.CancelledError:
            with self._lock:
                self._left = True
                file = getattr(self, "_file", None)
            if file is not None:
                file.close()  # closing twice does no harm
            raise
