"""The public tree for channels: without what was recalled, from memory, and the same object while nothing changed."""

import dataclasses
import datetime as dt
import json
from pathlib import Path

import pytest

from cms.contract import File, Files
from cms.publishing.published import TreePublished
from cms.publishing.tree_reader import TreeReader
from cms.publishing.tree_writer import TreeWriter
from media.store import Store

NOW = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
ONE, TWO = "1" * 64, "2" * 64
FEED = json.dumps({"items": [{"id": n, "_yunping": {"release": r}} for n, r in enumerate((ONE, TWO))]}).encode()


@dataclasses.dataclass
class Recalled:
    releases: frozenset[str] = frozenset()
    assets: frozenset[str] = frozenset()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(f"file://{tmp_path / 'store'}", min_free_bytes=0)


async def test_tree_when_read_leaves_out_what_was_recalled(store: Store) -> None:
    recalled, reader = Recalled(), TreeReader(store)
    published = TreePublished(reader, store, recalled)
    files = Files((
        File("/tv/a/plan.json", "application/json", FEED, (ONE, TWO)),
        File("/tv/a/page/", "text/html", b"own page", (ONE,)),
        File("/other/", "text/html", b"other"),
    ))  # fmt: skip
    await TreeWriter(store).apply(files, writer="a", turn=1, now=NOW)
    await reader.refresh()
    assert published.paths("/tv/") == ["/tv/a/page/", "/tv/a/plan.json"]
    first = await published.read("/tv/a/plan.json")
    assert first == FEED
    assert await published.read("/tv/a/plan.json") is first
    assert await published.read("/tv/none") is None
    recalled.releases = frozenset({ONE})
    assert published.is_recalled(ONE)
    assert not published.is_recalled(TWO)
    left = await published.read("/tv/a/plan.json")
    assert left is not None
    assert [item["id"] for item in json.loads(left)["items"]] == [1]
    assert await published.read("/tv/a/plan.json") is left
    assert await published.read("/tv/a/page/") is None


async def test_paths_when_the_tree_changes_are_looked_up_again(store: Store) -> None:
    reader, writer = TreeReader(store), TreeWriter(store)
    published = TreePublished(reader, store, Recalled())
    assert published.paths("/tv/") == []
    await writer.apply(Files((File("/tv/b/plan.json", "application/json", b"{}"),)), writer="b", turn=1, now=NOW)
    await reader.refresh()
    assert published.paths("/tv/") == ["/tv/b/plan.json"]
    await writer.apply(Files((), ("/tv/b/plan.json",)), writer="b", turn=2, now=NOW)
    await reader.refresh()
    assert published.paths("/tv/") == []
    assert await published.read("/tv/b/plan.json") is None


async def test_file_that_is_missing_from_the_store_is_not_there(store: Store) -> None:
    reader = TreeReader(store)
    published = TreePublished(reader, store, Recalled())
    await TreeWriter(store).apply(Files((File("/tv/x", "text/plain", b"gone"),)), writer="a", turn=1, now=NOW)
    await reader.refresh()
    entry = reader.get("/tv/x")
    assert entry is not None
    await store.delete(entry.sha256)
    assert await published.read("/tv/x") is None
