"""The set every serving path asks before it serves: what was recalled, in memory, without a database.

It learns from the guard's socket at once and from the guard's public file within 200 ms, whichever comes first, and
never forgets: a lost connection, a missing or a damaged file leaves it as it is.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from cms.guard.client import GuardClient
from cms.guard.errors import GuardRefused
from cms.trust.canonical import decode
from cms.trust.errors import TrustError
from cms.trust.root import Root
from cms.trust.signed import Signed, Verified
from cms.trust.verify import verify_recalls, verify_root

log = structlog.get_logger()

POLL: Final = 0.15  # seconds between looks at the public file; the promise is 200 ms
_AGAIN: Final = 0.5


class Tombstones:
    """`is_recalled` and `asset_gone` are plain set look-ups. Call `load` before serving and keep `run` going."""

    def __init__(self, public: Path, *, client: GuardClient | None = None) -> None:
        self._public = public
        self._client = client
        self._releases: frozenset[str] = frozenset()
        self._assets: frozenset[str] = frozenset()
        self._seen: tuple[int, int, int] | None = None
        self.version = 0
        self.on_change: list[Callable[[], None]] = []
        """Called with no argument after the set grew, from the event loop."""

    def is_recalled(self, release: str) -> bool:
        """By the release's digest."""
        return release in self._releases

    def asset_gone(self, sha256: str) -> bool:
        """By the hash of a file or of a master. A file that a recalled release used is not gone by that alone."""
        return sha256 in self._assets

    @property
    def releases(self) -> frozenset[str]:
        return self._releases

    @property
    def assets(self) -> frozenset[str]:
        return self._assets

    async def load(self) -> None:
        """Reads the public file now.

        Raises:
            GuardRefused: `guard.recalls_unreadable`: a role that cannot know what was recalled must not serve.
        """
        try:
            self._take(*await asyncio.to_thread(self._read))
        except (OSError, TrustError) as error:
            raise GuardRefused("guard.recalls_unreadable", file=str(self._public / "recalls.json")) from error

    async def run(self) -> None:
        """Follows the socket and the file until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_file())
            if self._client is not None:
                group.create_task(self._follow_socket(self._client))

    async def _follow_file(self) -> None:
        while True:
            try:
                if await asyncio.to_thread(self._changed):
                    signed, root = await asyncio.to_thread(self._read)
                    self._take(signed, root)
            except (OSError, TrustError) as error:
                self._seen = None
                log.warning("guard.recalls_unreadable", error=str(error))
            await asyncio.sleep(POLL)

    async def _follow_socket(self, client: GuardClient) -> None:
        while True:
            try:
                root = await asyncio.to_thread(self._root)
                await client.subscribe(lambda signed, root=root: self._pushed(signed, root))  # type: ignore[misc]
            except (OSError, TrustError, GuardRefused):
                pass  # the file goes on telling
            await asyncio.sleep(_AGAIN)

    def _pushed(self, signed: Signed, root: Verified[Root]) -> None:
        try:
            self._take(signed, root)
        except TrustError as error:
            log.warning("guard.recalls_refused", code=error.code)

    def _take(self, signed: Signed, root: Verified[Root]) -> None:
        recalls = verify_recalls(signed, root).value
        releases, assets = self._releases | recalls.releases, self._assets | recalls.assets
        grown = len(releases) + len(assets) > len(self._releases) + len(self._assets)
        self._releases, self._assets = releases, assets
        self.version = max(self.version, recalls.version)
        for told in self.on_change if grown else ():
            told()

    def _changed(self) -> bool:
        stat = (self._public / "recalls.json").stat()
        seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        changed, self._seen = seen != self._seen, seen
        return changed

    def _read(self) -> tuple[Signed, Verified[Root]]:
        return Signed.read((self._public / "recalls.json").read_bytes()), self._root()

    def _root(self) -> Verified[Root]:
        chain = decode((self._public / "roots.json").read_bytes())
        root: Verified[Root] | None = None
        for one in chain if isinstance(chain, list) else ():
            root = verify_root(Signed.of(one), root)
        if root is None:
            raise TrustError("trust.schema", field="roots")
        return root
