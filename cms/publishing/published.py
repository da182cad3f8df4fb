"""The public tree for channels that answer by the clock: out of memory and the store, without what was recalled."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, Protocol

from cms.contract import VOLATILE
from cms.publishing.strip import served
from cms.publishing.tree import Entry
from cms.publishing.tree_reader import TreeReader
from media.errors import MediaRefused
from media.store import Store

_MEMORY: Final = 64 * 1024 * 1024
_LISTS: Final = 64
# How old what changes every few seconds may be, and how much of it is remembered.
_FRESH: Final = 0.5
_VOLATILES: Final = 512


def volatile_name(path: str) -> str:
    """The named object behind an address that ends like `VOLATILE`; whoever writes it replaces it whole."""
    return "now" + path


class Tombstones(Protocol):
    """What was recalled, as every serving path asks."""

    @property
    def releases(self) -> frozenset[str]: ...

    @property
    def assets(self) -> frozenset[str]: ...


class TreePublished:
    """Implements `cms.contract.Published`.

    Equal bytes are the same object as long as they are kept, so that whoever parses them can tell by looking.
    """

    def __init__(self, reader: TreeReader, store: Store, tombstones: Tombstones) -> None:
        self._reader = reader
        self._store = store
        self._tombstones = tombstones
        self._memory: OrderedDict[tuple[str, frozenset[str]], bytes] = OrderedDict()
        self._held = 0
        self._lists: dict[str, Sequence[str]] = {}
        self._lists_of = -1
        self._volatile: dict[str, tuple[float, bytes | None]] = {}
        self._turn = asyncio.Lock()

    def paths(self, prefix: str) -> Sequence[str]:
        """Sorted paths below a prefix; looked up again only when the tree has changed."""
        if self._lists_of != self._reader.seq or len(self._lists) > _LISTS:
            self._lists, self._lists_of = {}, self._reader.seq
        if prefix not in self._lists:
            entries = self._reader.tree.entries
            self._lists[prefix] = sorted(p for p, e in entries.items() if p.startswith(prefix) and not e.gone)
        return self._lists[prefix]

    async def read(self, path: str) -> bytes | None:
        if path.endswith(VOLATILE):
            return await self._fresh(path)
        entry = self._reader.get(path)
        if entry is None or entry.is_hidden(self._tombstones.releases, self._tombstones.assets):
            return None
        hidden = self._tombstones.releases.intersection(entry.releases)
        known = self._memory.get((entry.sha256, hidden))
        if known is not None:
            self._memory.move_to_end((entry.sha256, hidden))
            return known
        return await self._loaded(entry, hidden)

    def is_recalled(self, release: str) -> bool:
        return release in self._tombstones.releases

    async def _fresh(self, path: str) -> bytes | None:
        """What stands beside the tree; when the store does not answer, what was known."""
        now = asyncio.get_running_loop().time()
        if (known := self._volatile.get(path)) is not None and now - known[0] < _FRESH:
            return known[1]
        async with self._turn:
            before = self._volatile.get(path)
            if before is not None and before is not known:
                return before[1]  # somebody else looked meanwhile
            old = None if before is None else before[1]
            data: bytes | None
            try:
                data = await self._store.get_named(volatile_name(path))
            except MediaRefused as refusal:
                data = None if refusal.code == "media.not_found" else old
            if len(self._volatile) >= _VOLATILES:
                self._volatile.clear()
            self._volatile[path] = (now, old if data == old else data)
            return self._volatile[path][1]

    async def _loaded(self, entry: Entry, hidden: frozenset[str]) -> bytes | None:
        try:
            data = await self._store.get(entry.sha256)
        except MediaRefused as refusal:
            if refusal.code == "media.not_found":
                return None
            raise
        shown = served(data, media_type=entry.media_type, releases=entry.releases, recalled=hidden)
        if shown is None:
            return None
        key = (entry.sha256, hidden)
        # Another request may have loaded it meanwhile; then its object is the one to keep.
        if key in self._memory:
            return self._memory[key]
        self._memory[key] = shown
        self._held += len(shown)
        while self._held > _MEMORY and len(self._memory) > 1:
            _, dropped = self._memory.popitem(last=False)
            self._held -= len(dropped)
        return shown
