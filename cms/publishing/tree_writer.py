"""Writes the public tree: files first, then one segment that makes them visible together.

A crash before the segment leaves only files that nothing names; after it everything is there. Doing it again changes
nothing. Two writers never lose each other's work: a segment's number is taken by creating its name, once.
"""

import asyncio
import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cms.contract import File, Files
from cms.kernel.clock import to_ms
from cms.kernel.errors import Refused
from cms.publishing import tree
from cms.publishing.tree import ASSETS, Entry, Segment
from cms.publishing.tree_reader import MARGIN, TreeReader, segment_name, snapshot_name
from media.errors import MediaRefused
from media.store import Store

COMPACT_EVERY: Final = 256
_KEEP_SNAPSHOTS: Final = 2
_TRIES: Final = 50


@dataclass(frozen=True, slots=True)
class Link:
    """A stored file that becomes public under ``/a/{sha256}`` for as long as one of its releases is."""

    sha256: str
    size: int
    media_type: str
    releases: tuple[str, ...]

    def entry(self) -> Entry:
        return Entry(f"{ASSETS}{self.sha256}", self.sha256, self.size, self.media_type, self.releases)


@dataclass(frozen=True, slots=True)
class Applied:
    """What `apply` did: the tree's number, and how many paths and bytes were new."""

    seq: int
    paths: int
    size: int


class TreeWriter:
    """One a process; safe to share between tasks."""

    def __init__(self, store: Store, *, compact_every: int = COMPACT_EVERY) -> None:
        self._store = store
        self._reader = TreeReader(store)
        self._compact_every = compact_every
        self._turn = asyncio.Lock()

    async def apply(
        self, files: Files, *, writer: str, turn: int, now: dt.datetime, links: Sequence[Link] = ()
    ) -> Applied:
        """Makes `files` and `links` the truth of the public tree, all at once.

        `writer` is a target's code and `turn` its counter, raised by whoever hands out the work, so that a worker which
        lost its lease cannot write.

        Raises:
            Refused: `publishing.stale_turn` when a later turn was already written.
            MediaRefused: the store refuses; nothing became visible.
        """
        async with self._turn:
            await self._reader.refresh(fully=True)
            entries, size = await self._store_files(files.write)
            linked = tuple(link.entry() for link in links)
            wanted = Segment(0, writer, turn, to_ms(now), tuple(entries), linked, files.remove)
            for _ in range(_TRIES):
                seq = await self._append(wanted)
                if seq is not None:
                    await self._compact()
                    return Applied(seq, len(files.write) + len(files.remove), size)
            raise Refused("publishing.tree_busy")

    async def _store_files(self, files: Sequence[File]) -> tuple[list[Entry], int]:
        entries, size = [], 0
        for file in files:
            sha256 = await asyncio.to_thread(_sha256, file.data)
            known = self._reader.get(file.path)
            if known is None or known.sha256 != sha256:
                await self._store.put(file.data, media_type=file.media_type.partition(";")[0])
                size += len(file.data)
            entries.append(Entry(file.path, sha256, len(file.data), file.media_type, file.releases))
        return entries, size

    async def _append(self, wanted: Segment) -> int | None:
        """The number under which the change stands; None when another writer was faster."""
        fold = self._reader.tree
        if wanted.turn < fold.turns.get(wanted.writer, 0):
            raise Refused("publishing.stale_turn", target=wanted.writer)
        segment = fold.rest(wanted)
        if segment.is_empty and fold.turns.get(wanted.writer) == wanted.turn:
            return fold.seq
        try:
            await self._store.create_named(segment_name(segment.seq), tree.encode_segment(segment))
        except MediaRefused as refusal:
            if refusal.code != "media.name_taken":
                raise
            await self._reader.refresh(fully=True)
            return None
        # A process that stood still for a day may have used a number that was compacted away; then nobody reads it.
        await self._reader.refresh(fully=True)
        return segment.seq if self._reader.tree.turns.get(wanted.writer, 0) >= wanted.turn else None

    async def _compact(self) -> None:
        """Now and then: a snapshot, and segments far below it go. Any two of these may run at once, or stop midway."""
        newest = await self._reader.newest_snapshot()
        if self._reader.seq - newest < self._compact_every:
            return
        fold = self._reader.tree
        await self._store.put_named(snapshot_name(fold.seq), await asyncio.to_thread(tree.encode_snapshot, fold))
        await self._drop(fold.seq - MARGIN)

    async def _drop(self, below: int) -> None:
        for name in await self._store.list_named("tree/log"):
            if name < segment_name(below):
                await self._store.delete_named(name)
        for name in (await self._store.list_named("tree/snapshot"))[:-_KEEP_SNAPSHOTS]:
            await self._store.delete_named(name)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
