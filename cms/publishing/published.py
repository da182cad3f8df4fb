"""The public tree for channels that answer by the clock: out of memory and the store, without what was recalled."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, Protocol

from cms.publishing.strip import served
from cms.publishing.tree import Entry
from cms.publishing.tree_reader import TreeReader
from media.errors import MediaRefused
from media.store import Store

_MEMORY: Final = 64 * 1024 * 1024
_LISTS: Final = 64


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

    def paths(self, prefix: str) -> Sequence[str]:
        """Sorted paths below a prefix; looked up again only when the tree has changed."""
        if self._lists_of != self._reader.seq or len(self._lists) > _LISTS:
            self._lists, self._lists_of = {}, self._reader.seq
        if prefix not in self._lists:
            entries = self._reader.tree.entries
            self._lists[prefix] = sorted(p for p, e in entries.items() if p.startswith(prefix) and not e.gone)
        return self._lists[prefix]

    async def read(self, path: str) -> bytes | None:
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
