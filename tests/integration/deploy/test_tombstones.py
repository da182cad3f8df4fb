"""What the web role serves out of its tree asks the tombstones first: pages, lists, and files however asked for."""

import asyncio
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cms.contract import File, Files
from cms.publishing.tree_reader import TreeReader
from cms.publishing.tree_writer import Link, TreeWriter
from deploy.public import ErrorPages, PublicSite
from media.store import Store

NOW = dt.datetime(2026, 11, 27, 6, tzinfo=dt.UTC)
DATA = b"0123456789" * 100
ONE, TWO = "a" * 64, "b" * 64


@dataclasses.dataclass
class Recalled:
    """What a test has taken back."""

    releases: frozenset[str] = frozenset()
    assets: frozenset[str] = frozenset()


class Far:
    """A store whose files lie on no disk of this machine, as those of S3."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def local_path(self, _sha256: str) -> None:
        return None


@dataclasses.dataclass
class Served:
    """A page, a list and a file that two releases use, over a socket."""

    client: aiohttp.ClientSession
    recalled: Recalled
    file: str

    async def status(self, path: str, **headers: str) -> int:
        async with self.client.get(path, headers=headers) as answer:
            await answer.read()
            return answer.status

    async def file_statuses(self) -> set[int]:
        """Whole, a part of it, and asked whether it is still the same."""
        tag = f'"{self.file.removeprefix("/a/")}"'
        whole, part = await self.status(self.file), await self.status(self.file, Range="bytes=10-19")
        return {whole, part, await self.status(self.file, **{"If-None-Match": tag})}


@pytest.fixture(params=["local", "far"])
async def served(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Served]:
    store: Any = await asyncio.to_thread(Store.open, f"file://{tmp_path}/store", min_free_bytes=0)
    stored = await store.put(DATA, media_type="image/webp")
    both = (ONE, TWO)
    part = "<!--r:{}-->{}<!--/r-->"
    home = part.format(ONE, "one") + part.format(TWO, "two")
    files = Files(
        (File("/d/one/", "text/html", b"one", (ONE,)), File("/", "text/html; charset=utf-8", home.encode(), both))
    )
    link = Link(stored.sha256, stored.size, "image/webp", both)
    await TreeWriter(store).apply(files, writer="web", turn=1, now=NOW, links=(link,))
    reader = TreeReader(store)
    await reader.refresh()
    recalled, app = Recalled(), web.Application()
    seen: Any = store if request.param == "local" else Far(store)
    app.add_routes(PublicSite(reader, seen, recalled, ErrorPages(b"not found", b"gone")).routes())
    server = TestServer(app)
    await server.start_server()
    async with aiohttp.ClientSession(server.make_url("/")) as client:
        yield Served(client, recalled, f"/a/{stored.sha256}")
    await server.close()


async def test_file_when_recalled_is_gone_whole_in_part_and_by_its_tag(served: Served) -> None:
    assert await served.file_statuses() == {200, 206, 304}
    served.recalled.releases = frozenset({ONE})
    assert await served.file_statuses() == {200, 206, 304}  # the other piece uses it, too
    served.recalled.releases = frozenset({ONE, TWO})
    assert await served.file_statuses() == {410}
    served.recalled.releases, served.recalled.assets = frozenset(), frozenset({served.file.removeprefix("/a/")})
    assert await served.file_statuses() == {410}


async def test_page_when_its_piece_is_recalled_is_gone_and_lists_go_on_without_it(served: Served) -> None:
    async with served.client.get("/") as answer:
        assert "one" in await answer.text()
        tag = answer.headers["ETag"]
    served.recalled.releases = frozenset({ONE})
    assert await served.status("/d/one/") == 410
    async with served.client.get("/", headers={"If-None-Match": tag}) as answer:
        text = await answer.text()
        assert (answer.status, "one" in text, "two" in text) == (200, False, True)
