"""Files by hash for renderers, out of the content-addressed store; a recalled file is gone at once."""

from collections.abc import AsyncIterator, Callable

from cms.contract import AssetGone
from media.errors import MediaRefused
from media.store import Store


class StoreAssets:
    """Implements `cms.contract.Assets`. `is_recalled` asks the tombstones about an asset's hash."""

    def __init__(self, store: Store, is_recalled: Callable[[str], bool]) -> None:
        self._store = store
        self._is_recalled = is_recalled

    async def read(self, sha256: str) -> bytes:
        return b"".join([block async for block in self.stream(sha256)])

    async def stream(self, sha256: str) -> AsyncIterator[bytes]:
        if self._is_recalled(sha256):
            raise AssetGone("publishing.asset_recalled", sha256=sha256)
        try:
            async for block in self._store.stream(sha256):
                yield block
        except MediaRefused as refusal:
            if refusal.code in {"media.not_found", "media.damaged", "media.bad_hash"}:
                raise AssetGone("publishing.asset_missing", sha256=sha256[:80]) from refusal
            raise
