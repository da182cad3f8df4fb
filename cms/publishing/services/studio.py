"""Files made from files for one account, each once: what was made is remembered by its key, over any kill."""

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from cms.contract import Bench, Made
from cms.publishing.services.account import Account
from cms.publishing.services.state import RowState
from media.sandbox import Sandbox
from media.store import Store
from media.workspace import private_folder


class StoreStudio:
    """Implements `cms.contract.Studio` over the store; `work` is a private folder for temporary files."""

    def __init__(self, account: Account, store: Store, sandbox: Sandbox, work: Path) -> None:
        self._state = RowState(account)
        self._store = store
        self._sandbox = sandbox
        self._work = work

    async def make(self, key: str, work: Callable[[Bench], Awaitable[Path]], *, media_type: str) -> Made:
        name = "made:" + hashlib.sha256(key.encode()).hexdigest()[:48]
        known, version = await self._state.get(name)
        # Files that nobody refers to may have been swept; then it is made again.
        if known is not None and await self._store.exists(known["sha256"]):
            return Made(known["sha256"], known["size"])
        async with private_folder(self._work) as folder:
            path = await work(Bench(folder, self._sandbox, self._store.as_path))
            stored = await self._store.put(path, media_type=media_type)
        # Whoever was faster made the same from the same key.
        await self._state.put(name, {"sha256": stored.sha256, "size": stored.size}, version=version)
        return Made(stored.sha256, stored.size)
