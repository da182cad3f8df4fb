"""Files by hash for renderers, out of the content-addressed store; a recalled file is gone at once."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final

from cms.contract import AssetGone
from media.errors import MediaRefused
from media.store import Store

_MISSING: Final = frozenset({"media.not_found", "media.damaged", "media.bad_hash", "media.bad_range"})


class StoreAssets:
    """Implements `cms.contract.Assets`. `is_recalled` asks the tombstones about an asset's hash."""

    def __init__(self, store: Store, is_recalled: Callable[[str], bool]) -> None:
        self._store = store
        self._is_recalled = is_recalled

    async def read(self, sha256: str) -> bytes:
        return b"".join([block async for block in self.stream(sha256)])

    async def stream(self, sha256: str) -> AsyncIterator[bytes]:
        self._check(sha256)
        with _gone(sha256):
            async for block in self._store.stream(sha256):
                yield block

    async def part(self, sha256: str, start: int, length: int) -> bytes:
        self._check(sha256)
        with _gone(sha256):
            return await self._store.get_range(sha256, start, start + length)

    def _check(self, sha256: str) -> None:
        if self._is_recalled(sha256):
            raise AssetGone("publishing.asset_recalled", sha256=sha256)


@contextlib.contextmanager
def _gone(sha256: str) -> Iterator[None]:
    try:
        yield
    except MediaRefused as refusal:
        if refusal.code in _MISSING:
            raise AssetGone("publishing.asset_missing", sha256=sha256[:80]) from refusal
        raise
