"""An answer from a file: nothing stays open behind somebody who went away while it was being opened."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from deploy.stored_file import StoredFile


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.bin"
    path.write_bytes(bytes(range(256)) * 16)
    return path


def _is_open(path: Path) -> bool:
    return any(os.path.realpath(link) == str(path) for link in Path("/proc/self/fd").iterdir())


def test_file_when_the_asker_leaves_while_it_is_opened_is_closed(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, opened = threading.Event(), Path.open
    told: list[Callable[[], object]] = []

    def slowly(path: Path, mode: str = "r") -> Any:
        told[0]()
        assert gone.wait(10)
        return opened(path, mode)

    async def leave() -> None:
        loop, opening = asyncio.get_running_loop(), asyncio.Event()
        loop.set_default_executor(ThreadPoolExecutor(1))
        told.append(lambda: loop.call_soon_threadsafe(opening.set))
        asked = asyncio.create_task(StoredFile(film).prepare(make_mocked_request("GET", "/")))
        await opening.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        gone.set()
        await asyncio.to_thread(int)  # the only thread answers when it is through with the opening
        assert not _is_open(film)

    monkeypatch.setattr(Path, "open", slowly)
    asyncio.run(leave())


async def test_file_when_a_range_is_asked_for_is_that_range(film: Path) -> None:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return StoredFile(film)

    app = web.Application()
    app.router.add_get("/film", answer)
    async with TestClient(TestServer(app)) as client:
        part = await client.get("/film", headers={"Range": "bytes=250-260"})
        assert (part.status, await part.read()) == (206, (bytes(range(256)) * 2)[250:261])
    # A thread closes it after the answer has gone.
    for _ in range(500):
        if not _is_open(film):
            return
        await asyncio.sleep(0.01)
    pytest.fail("the file stays open")
