"""The tree in a store: several writers, killed at any point, and readers that see whole changes only."""

import asyncio
import datetime as dt
import random
import signal
import sys
from pathlib import Path

import pytest

from cms.contract import File, Files
from cms.kernel.errors import Refused
from cms.publishing import tree_reader, tree_writer
from cms.publishing.tree_reader import TreeReader
from cms.publishing.tree_writer import Link, TreeWriter
from media.store import Store
from tests.integration.publishing.tree_rows import PAGES

NOW = dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC)
ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(f"file://{tmp_path}/store", min_free_bytes=0)


def page(path: str, text: str, *releases: str) -> File:
    return File(path, "text/html; charset=utf-8", text.encode(), releases)


async def read(store: Store, reader: TreeReader, path: str) -> bytes:
    entry = reader.get(path)
    assert entry is not None
    return await store.get(entry.sha256)


async def test_a_reader_sees_what_was_written_and_a_second_time_changes_nothing(store: Store) -> None:
    writer, reader = TreeWriter(store), TreeReader(store)
    files = Files((page("/d/x/", "article", "a" * 64), page("/", "home")))
    one = await writer.apply(files, writer="web", turn=1, now=NOW)
    assert await reader.refresh()
    assert await read(store, reader, "/d/x/") == b"article"
    assert await writer.apply(files, writer="web", turn=1, now=NOW) == tree_writer.Applied(one.seq, 2, 0)
    assert not await reader.refresh()


async def test_a_removed_page_is_gone_and_an_unknown_one_is_nothing(store: Store) -> None:
    writer, reader = TreeWriter(store), TreeReader(store)
    await writer.apply(Files((page("/d/x/", "article"),)), writer="web", turn=1, now=NOW)
    await writer.apply(Files((), remove=("/d/x/", "/d/y/")), writer="web", turn=2, now=NOW)
    await reader.refresh()
    gone = reader.get("/d/x/")
    assert gone is not None
    assert gone.gone
    assert reader.get("/d/y/") is None


async def test_a_worker_whose_turn_is_over_is_refused_and_changes_nothing(store: Store) -> None:
    old, new, reader = TreeWriter(store), TreeWriter(store), TreeReader(store)
    await old.apply(Files((page("/", "1"),)), writer="web", turn=1, now=NOW)
    await new.apply(Files((page("/", "2"),)), writer="web", turn=2, now=NOW)
    with pytest.raises(Refused, match="stale_turn"):
        await old.apply(Files((page("/", "1"),)), writer="web", turn=1, now=NOW)
    await reader.refresh()
    assert await read(store, reader, "/") == b"2"


async def test_a_stored_file_when_linked_is_public_for_all_its_releases(store: Store) -> None:
    stored = await store.put(b"picture", media_type="image/webp")
    writer, reader = TreeWriter(store), TreeReader(store)
    for turn, release in enumerate(("a" * 64, "b" * 64), 1):
        link = Link(stored.sha256, stored.size, "image/webp", (release,))
        await writer.apply(Files(()), writer="web", turn=turn, now=NOW, links=(link,))
    await reader.refresh()
    entry = reader.get(f"/a/{stored.sha256}")
    assert entry is not None
    assert entry.releases == ("a" * 64, "b" * 64)


async def test_a_reader_that_slept_through_a_compaction_loads_the_snapshot(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_writer, "MARGIN", 4)
    monkeypatch.setattr(tree_reader, "MARGIN", 4)
    writer, sleeper = TreeWriter(store, compact_every=5), TreeReader(store)
    await writer.apply(Files((page("/", "0"),)), writer="web", turn=1, now=NOW)
    await sleeper.refresh()
    for turn in range(2, 40):
        await writer.apply(Files((page("/", str(turn)),)), writer="web", turn=turn, now=NOW)
    assert len(await store.list_named("tree/log")) < 15
    assert len(await store.list_named("tree/snapshot")) == 2
    await sleeper.refresh(fully=True)
    assert await read(store, sleeper, "/") == b"39"
    late = TreeReader(store)
    await late.refresh()
    assert late.tree == sleeper.tree


async def test_writers_killed_at_any_point_leave_whole_changes_and_lose_none_acknowledged(
    store: Store, tmp_path: Path
) -> None:
    url, turns, acknowledged = f"file://{tmp_path}/store", dict.fromkeys("pqr", 0), dict.fromkeys("pqr", "0.-1")

    async def run(writer: str) -> None:
        for _ in range(6):
            turns[writer] += 1
            arguments = (url, writer, str(turns[writer]), "1000")
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.integration.publishing.tree_rows",
                *arguments,
                cwd=ROOT,
                stdout=asyncio.subprocess.PIPE,
            )
            assert process.stdout is not None
            for _ in range(random.randint(1, 5)):
                acknowledged[writer] = (await process.stdout.readline()).decode().strip()
            await asyncio.sleep(random.uniform(0, 0.02))
            process.send_signal(signal.SIGKILL)
            rest = (await process.stdout.read()).decode().split()
            acknowledged[writer] = ([acknowledged[writer], *rest])[-1]
            await process.wait()

    await asyncio.gather(*(run(writer) for writer in turns))
    reader = TreeReader(store)
    await reader.refresh()
    for writer, last in acknowledged.items():
        shown = {(await read(store, reader, f"/{writer}/{n}")).decode().rpartition(".")[0] for n in range(PAGES)}
        assert len(shown) == 1
        turn, number = (int(part) for part in shown.pop().split("."))
        assert (turn, number) >= tuple(int(part) for part in last.split("."))
