"""The public tree in memory, kept up from the store alone: a web node goes on while the database is away."""

import asyncio
from typing import Final

from cms.publishing import tree
from cms.publishing.tree import Entry, Tree
from media.errors import MediaRefused
from media.store import Store

LOG: Final = "tree/log"
SNAPSHOTS: Final = "tree/snapshot"
# Compaction leaves this many segments below the newest snapshot, so that only a reader which slept for very long needs
# to load a snapshot again.
MARGIN: Final = 1000
_LOOK_FOR_SNAPSHOT: Final = 25  # refreshes; each is one listing, which a bucket charges for


def segment_name(seq: int) -> str:
    return f"{LOG}/{seq:012d}.json"


def snapshot_name(seq: int) -> str:
    return f"{SNAPSHOTS}/{seq:012d}.json.gz"


class TreeReader:
    """Lookups are plain dictionary reads; `refresh` folds what is new, one segment at a time and each as a whole."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tree = Tree()
        self._refreshes = 0
        self._turn = asyncio.Lock()

    @property
    def seq(self) -> int:
        """The number of the last segment that was folded; changes exactly when the tree may have changed."""
        return self._tree.seq

    @property
    def tree(self) -> Tree:
        """The fold itself, for the writer; treat it as read-only."""
        return self._tree

    def get(self, path: str) -> Entry | None:
        return self._tree.entries.get(path)

    async def refresh(self, *, fully: bool = False) -> bool:
        """Folds new segments; True when there were any.

        Args:
            fully: look for a newer snapshot as well, which a reader far behind needs (done now and then anyway).

        Raises:
            MediaRefused: the store does not answer; what was folded stays.
        """
        async with self._turn:
            before = self._tree.seq
            if fully or self._refreshes % _LOOK_FOR_SNAPSHOT == 0:
                await self._catch_up()
            self._refreshes += 1
            while (data := await self._read(segment_name(self._tree.seq + 1))) is not None:
                self._tree.fold(tree.decode_segment(data))
            return self._tree.seq != before

    async def newest_snapshot(self) -> int:
        """The number of the newest snapshot, 0 without one."""
        names = await self._store.list_named(SNAPSHOTS)
        return max((int(name.rpartition("/")[2].partition(".")[0]) for name in names), default=0)

    async def _catch_up(self) -> None:
        newest = await self.newest_snapshot()
        # Segments up to the margin are still there; folding them is cheaper than reading everything again.
        if newest > self._tree.seq + MARGIN // 2 or (newest and self._tree.seq == 0):
            data = await self._read(snapshot_name(newest))
            if data is not None:
                self._tree = await asyncio.to_thread(tree.decode_snapshot, data)

    async def _read(self, name: str) -> bytes | None:
        try:
            return await self._store.get_named(name)
        except MediaRefused as refusal:
            if refusal.code == "media.not_found":
                return None
            raise
